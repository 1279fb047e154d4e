"""documents.py - what is asked of a server about artifacts."""

from __future__ import annotations

_PROJECT = "project { id internalId name entity { name } }"
_COLLECTION = "__typename id name " + _PROJECT

ARTIFACT_FIELDS = f"""
    id versionIndex description metadata ttlDurationSeconds ttlIsInherited historyStep
    state size digest digestAlgorithm commitHash fileCount createdAt updatedAt
    artifactSequence {{ id name {_PROJECT} }}
    artifactType {{ name }}
    tags {{ id name }}
    aliases {{ id alias artifactCollection {{ {_COLLECTION} }} }}
"""
MEMBERSHIP_FIELDS = f"""
    id versionIndex createdAt aliases {{ id alias }} artifactCollection {{ {_COLLECTION} }}
    artifact {{ {ARTIFACT_FIELDS} }}
"""

BY_NAME = f"""query ($entity: String!, $project: String!, $name: String!) {{
    project(name: $project, entityName: $entity) {{ artifactCollectionMembership(name: $name) {{ {MEMBERSHIP_FIELDS} }} }}
}}"""
BY_ID = f"query ($id: ID!) {{ artifact(id: $id) {{ {ARTIFACT_FIELDS} }} }}"
TYPE_OF = """query ($entity: String!, $project: String!, $name: String!) {
    project(name: $project, entityName: $entity) { artifact(name: $name) { artifactType { name } } }
}"""
MANIFEST = "query ($id: ID!) { artifact(id: $id) { currentManifest { file { directUrl } } } }"
FILE_URLS = """query ($entity: String!, $project: String!, $collection: String!, $alias: String!, $cursor: String,
        $perPage: Int) {
    project(name: $project, entityName: $entity) {
        artifactCollection(name: $collection) {
            artifactMembership(aliasName: $alias) {
                files(after: $cursor, first: $perPage) {
                    pageInfo { endCursor hasNextPage }
                    edges { node { name directUrl } }
                }
            }
        }
    }
}"""
COLLECTION_ID = """query ($entity: String!, $project: String!, $collection: String!) {
    project(name: $project, entityName: $entity) { artifactCollection(name: $collection) { __typename id } }
}"""
IS_READ_ONLY = "query ($entity: String!, $project: String!) { project(name: $project, entityName: $entity) { readOnly } }"
USED_BY = f"query ($id: ID!) {{ artifact(id: $id) {{ usedBy {{ edges {{ node {{ id name {_PROJECT} }} }} }} }} }}"
CREATED_BY = f"query ($id: ID!) {{ artifact(id: $id) {{ createdBy {{ __typename ... on Run {{ id name {_PROJECT} }} }} }} }}"
LINKS = f"""query ($id: ID!) {{ artifact(id: $id) {{ artifactMemberships {{ edges {{ node {{
    versionIndex createdAt aliases {{ alias }} artifactCollection {{ {_COLLECTION} }}
}} }} }} }} }}"""
ORG_OF_ENTITY = """query ($entity: String!) { entity(name: $entity) {
    organization { name orgEntity { name } }
    user { organizations { name orgEntity { name } } }
} }"""

USE = "mutation ($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }"
UPDATE = f"mutation ($input: UpdateArtifactInput!) {{ updateArtifact(input: $input) {{ artifact {{ {ARTIFACT_FIELDS} }} }} }}"
ADD_ALIASES = "mutation ($input: AddAliasesInput!) { addAliases(input: $input) { success } }"
DELETE_ALIASES = "mutation ($input: DeleteAliasesInput!) { deleteAliases(input: $input) { success } }"
DELETE = "mutation ($input: DeleteArtifactInput!) { deleteArtifact(input: $input) { artifact { id } } }"
LINK = f"""mutation ($input: LinkArtifactInput!) {{ linkArtifact(input: $input) {{
    versionIndex artifactMembership {{ {MEMBERSHIP_FIELDS} }}
}} }}"""
UNLINK = "mutation ($input: UnlinkArtifactInput!) { unlinkArtifact(input: $input) { success } }"
