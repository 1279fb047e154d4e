"""artifacts.py - a project's artifacts: types, collections, versions, and lists of files."""

from __future__ import annotations

import json
from typing import Any, Collection, Iterable, Literal, Mapping, Sequence

from barograph.apis.attrs import nodes
from barograph.apis.client import ApiError, as_client
from barograph.apis.paginator import Paginator, SizedPaginator
from barograph.apis.public.files import File
from barograph.artifacts.documents import ARTIFACT_FIELDS

TYPE_FIELDS = "id name description createdAt"
COLLECTION_FIELDS = """__typename id name description createdAt updatedAt
  tags { edges { node { id name } } } defaultArtifactType { name }
  project { id internalId name entity { name organization { name } } }"""
_PAGE_INFO = "pageInfo { endCursor hasNextPage }"
_IN_PROJECT = "project(name: $project, entityName: $entity)"
_PLACE = "$entity: String!, $project: String!"
_PAGING = "$cursor: String, $perPage: Int"


class ArtifactTypes(Paginator["ArtifactType"]):
    """The types of a project's artifacts."""

    QUERY = f"""query ArtifactTypes({_PLACE}, {_PAGING}) {{ {_IN_PROJECT} {{
      artifactTypes(after: $cursor, first: $perPage) {{ edges {{ node {{ {TYPE_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }}"""

    def __init__(self, client: Any, entity: str, project: str, per_page: int | None = 50, start: str | None = None) -> None:
        self.entity = entity
        self.project = project
        super().__init__(client, {"entity": entity, "project": project}, per_page, start)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        return _project_of(response, self.entity, self.project)["artifactTypes"]

    def convert(self, node: dict[str, Any]) -> ArtifactType:
        return ArtifactType(self.client, self.entity, self.project, node["name"], node)


class ArtifactType:
    """A kind of artifact: "model", "dataset"."""

    def __init__(
        self, client: Any, entity: str, project: str, type_name: str, attrs: Mapping[str, Any] | None = None
    ) -> None:
        self.client = as_client(client)
        self.entity = entity
        self.project = project
        self.type = type_name
        self._attrs = dict(attrs) if attrs else self.load()

    def load(self) -> dict[str, Any]:
        """Fetches it."""
        document = f"""query ArtifactType({_PLACE}, $type: String!) {{ {_IN_PROJECT} {{
          artifactType(name: $type) {{ {TYPE_FIELDS} }} }} }}"""
        data = self.client.query(document, {"entity": self.entity, "project": self.project, "type": self.type})
        found = _project_of(data, self.entity, self.project)["artifactType"]
        if found is None:
            raise ApiError(f"Could not find artifact type {self.type!r} in {self.entity}/{self.project}")
        self._attrs = dict(found)
        return self._attrs

    @property
    def id(self) -> str:
        """The server's identifier."""
        return str(self._attrs["id"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self._attrs["name"])

    def collections(
        self,
        per_page: int = 50,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        start: str | None = None,
    ) -> ArtifactCollections:
        """The collections of this type."""
        return ArtifactCollections(self.client, self.entity, self.project, self.type, filters, order, per_page, start)

    def collection(self, name: str) -> ArtifactCollection:
        """One of them."""
        return ArtifactCollection(self.client, self.entity, self.project, name, self.type)

    def __repr__(self) -> str:
        return f"<ArtifactType {self.type}>"


class ProjectArtifactCollections(SizedPaginator["ArtifactCollection"]):
    """The collections of a project, of all types."""

    QUERY = f"""query ProjectCollections({_PLACE}, {_PAGING}, $filters: JSONString, $order: String) {{ {_IN_PROJECT} {{
      artifactCollections(after: $cursor, first: $perPage, filters: $filters, order: $order) {{ totalCount
        edges {{ node {{ {COLLECTION_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }}"""

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
        **variables: Any,
    ) -> None:
        self.entity = entity
        self.project = project
        self.filters = filters
        self.order = order
        variables = {"entity": entity, "project": project, "order": order, "filters": _json(filters), **variables}
        super().__init__(client, variables, per_page, start)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        return _project_of(response, self.entity, self.project)["artifactCollections"]

    def convert(self, node: dict[str, Any]) -> ArtifactCollection | None:
        return collection_of(self.client, node)


class ArtifactCollections(ProjectArtifactCollections):
    """The collections of one type."""

    QUERY = f"""query Collections({_PLACE}, $type: String!, {_PAGING}, $filters: JSONString, $order: String) {{
      {_IN_PROJECT} {{ artifactType(name: $type) {{
        artifactCollections(after: $cursor, first: $perPage, filters: $filters, order: $order) {{ totalCount
          edges {{ node {{ {COLLECTION_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        type_name: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
    ) -> None:
        self.type_name = type_name
        super().__init__(client, entity, project, filters, order, per_page, start, type=type_name)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        found = _project_of(response, self.entity, self.project)["artifactType"]
        if found is None:
            raise ApiError(f"Could not find artifact type {self.type_name!r} in {self.entity}/{self.project}")
        return found["artifactCollections"]


class ArtifactCollection:
    """Versions of one thing. name, description, tags and type are changed by save()."""

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        name: str,
        type: str,
        organization: str | None = None,
        attrs: Mapping[str, Any] | None = None,
    ) -> None:
        self.client = as_client(client)
        self.organization = organization
        self._aliases: list[str] | None = None
        self._take(dict(attrs) if attrs else self.load(entity, project, type, name))

    def load(self, entity: str, project: str, type_: str, name: str) -> dict[str, Any]:
        """Fetches it."""
        document = f"""query Collection({_PLACE}, $type: String!, $name: String!) {{ {_IN_PROJECT} {{
          artifactType(name: $type) {{ artifactCollection(name: $name) {{ {COLLECTION_FIELDS} }} }} }} }}"""
        data = self.client.query(document, {"entity": entity, "project": project, "type": type_, "name": name})
        found = _project_of(data, entity, project)["artifactType"]
        if found is None or found["artifactCollection"] is None:
            raise ApiError(f"Could not find artifact collection {entity}/{project}/{name} of type {type_!r}")
        fields: dict[str, Any] = found["artifactCollection"]
        return fields

    def _take(self, fields: dict[str, Any]) -> None:
        self._attrs = fields
        self._name, self._description = fields["name"], fields.get("description")
        self._type = fields["defaultArtifactType"]["name"]
        self._tags = [tag["name"] for tag in nodes(fields.get("tags"))]

    @property
    def id(self) -> str:
        """The server's identifier."""
        return str(self._attrs["id"])

    @property
    def entity(self) -> str:
        """Whose it is."""
        return str(self._attrs["project"]["entity"]["name"])

    @property
    def project(self) -> str:
        """The project it belongs to."""
        return str(self._attrs["project"]["name"])

    @property
    def project_id(self) -> str:
        """The project's identifier."""
        return str(self._attrs["project"]["id"])

    @property
    def project_internal_id(self) -> str | None:
        """The project's number."""
        return self._attrs["project"].get("internalId")

    @property
    def created_at(self) -> str:
        return str(self._attrs["createdAt"])

    @property
    def updated_at(self) -> str | None:
        return self._attrs.get("updatedAt")

    @property
    def aliases(self) -> list[str]:
        """All the aliases of its versions."""
        if self._aliases is None:
            document = """query CollectionAliases($id: ID!, $cursor: String) { artifactCollection(id: $id) {
              aliases(after: $cursor, first: 1000) { edges { node { alias } cursor } pageInfo { endCursor hasNextPage } } } }"""
            self._aliases, cursor = [], None
            while True:
                page = self.client.query(document, {"id": self.id, "cursor": cursor})["artifactCollection"]["aliases"]
                self._aliases += [node["alias"] for node in nodes(page)]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                cursor = page["pageInfo"]["endCursor"]
        return self._aliases

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def description(self) -> str | None:
        """What it holds."""
        return self._description

    @description.setter
    def description(self, description: str | None) -> None:
        self._description = description

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return self._tags

    @tags.setter
    def tags(self, tags: Collection[str]) -> None:
        self._tags = list(tags)

    @property
    def type(self) -> str:
        """What kind of artifact its versions are."""
        return self._type

    @type.setter
    def type(self, type: str) -> None:
        if not self.is_sequence():
            raise ValueError("only collections that versions are logged to can change their type, not those they are linked to")
        self._type = type

    def is_sequence(self) -> bool:
        """Whether versions are logged to it; they are linked to the others (registries')."""
        return self._attrs["__typename"] == "ArtifactSequence"

    def artifacts(self, per_page: int = 50, start: str | None = None) -> Artifacts:
        """Its versions, newest first."""
        kind = self._attrs["defaultArtifactType"]["name"]
        return Artifacts(self.client, self.entity, self.project, self._attrs["name"], kind, per_page=per_page, start=start)

    def versions(self, per_page: int = 50) -> Artifacts:
        """As artifacts()."""
        return self.artifacts(per_page)

    def change_type(self, new_type: str) -> None:
        """Makes its versions another kind of artifact, at once."""
        self.type = new_type
        self._save_type()

    def save(self) -> None:
        """Keeps name, description, tags and type as they are now."""
        kind = "ArtifactSequence" if self.is_sequence() else "ArtifactPortfolio"
        document = f"mutation Update($input: Update{kind}Input!) {{ update{kind}(input: $input) {{ artifactCollection {{ id }} }} }}"
        identifier = kind[0].lower() + kind[1:] + "ID"
        values = {identifier: self.id, "name": self._name, "description": self._description}
        self.client.query(document, {"input": values})
        if self._type != self._attrs["defaultArtifactType"]["name"]:
            self._save_type()
        self._attrs.update(name=self._name, description=self._description)
        self._save_tags()

    def _save_type(self) -> None:
        document = """mutation MoveCollection($input: MoveArtifactSequenceInput!) {
          moveArtifactSequence(input: $input) { artifactCollection { id } } }"""
        values = {"artifactSequenceID": self.id, "destinationArtifactTypeName": self._type}
        self.client.query(document, {"input": values})
        self._attrs["defaultArtifactType"] = {"name": self._type}

    def _save_tags(self) -> None:
        before = {tag["name"] for tag in nodes(self._attrs.get("tags"))}
        now = set(self._tags)
        self._change_tags("create", now - before)
        self._change_tags("delete", before - now)
        self._attrs["tags"] = {"edges": [{"node": {"name": tag}} for tag in self._tags]}

    def _change_tags(self, verb: Literal["create", "delete"], tags: Iterable[str]) -> None:
        if not tags:
            return
        kind = verb.title() + "ArtifactCollectionTagAssignments"
        answer = "tags { id }" if verb == "create" else "success"
        document = f"mutation Tags($input: {kind}Input!) {{ {verb}ArtifactCollectionTagAssignments(input: $input) {{ {answer} }} }}"
        values = {
            "entityName": self.entity,
            "projectName": self.project,
            "artifactCollectionName": self._attrs["name"],
            "tags": [{"tagName": tag} for tag in sorted(tags)],
        }
        self.client.query(document, {"input": values})

    def delete(self) -> None:
        """Deletes the collection; with it the versions that were logged to it."""
        kind = "ArtifactSequence" if self.is_sequence() else "ArtifactPortfolio"
        identifier = kind[0].lower() + kind[1:] + "ID"
        document = f"mutation Delete($id: ID!) {{ delete{kind}(input: {{{identifier}: $id}}) {{ artifactCollection {{ id }} }} }}"
        self.client.query(document, {"id": self.id})

    def __repr__(self) -> str:
        return f"<ArtifactCollection {self._name} ({self._type})>"


class Artifacts(SizedPaginator[Any]):
    """The versions of a collection. Made by `Api.artifacts`."""

    QUERY = f"""query Artifacts({_PLACE}, $type: String!, $collection: String!, {_PAGING}, $filters: JSONString, $order: String) {{
      {_IN_PROJECT} {{ artifactType(name: $type) {{ artifactCollection(name: $collection) {{
        artifacts(after: $cursor, first: $perPage, filters: $filters, order: $order) {{ totalCount
          edges {{ version node {{ {ARTIFACT_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        collection_name: str,
        type: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        tags: str | list[str] | None = None,
        start: str | None = None,
    ) -> None:
        self.entity = entity
        self.project = project
        self.collection_name = collection_name
        self.type = type
        self.filters = {"state": "COMMITTED"} if filters is None else filters
        self.order = order
        self.tags = [tags] if isinstance(tags, str) else list(tags or ())
        variables = {
            "entity": entity,
            "project": project,
            "type": type,
            "collection": collection_name,
            "order": order,
            "filters": _json(self.filters),
        }
        super().__init__(client, variables, per_page, start)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        found = _project_of(response, self.entity, self.project)["artifactType"]
        if found is None or found["artifactCollection"] is None:
            place = f"{self.entity}/{self.project}/{self.collection_name}"
            raise ApiError(f"Could not find artifact collection {place} of type {self.type!r}")
        return found["artifactCollection"]["artifacts"]

    def convert_objects(self) -> list[Any]:
        from barograph.artifacts import Artifact

        edges = self.connection(self.last_response or {})["edges"]
        found = [
            Artifact._from_server(
                self.client, self.entity, self.project, f"{self.collection_name}:{edge['version']}", edge["node"]
            )
            for edge in edges
            if edge.get("node")
        ]
        return [artifact for artifact in found if set(self.tags).issubset(artifact.tags)]

    def __repr__(self) -> str:
        return f"<Artifacts {self.entity}/{self.project}/{self.collection_name}>"


ArtifactVersions = Artifacts


class RunArtifacts(SizedPaginator[Any]):
    """The versions that a run made, or those that it used."""

    def __init__(
        self,
        client: Any,
        run: Any,
        mode: Literal["logged", "used"] = "logged",
        per_page: int | None = 50,
        start: str | None = None,
    ) -> None:
        fields = {"logged": "outputArtifacts", "used": "inputArtifacts"}
        if mode not in fields:
            raise ValueError(f"mode is logged or used, got {mode!r}")
        self.run = run
        self.QUERY = f"""query RunArtifacts({_PLACE}, $run: String!, {_PAGING}) {{ {_IN_PROJECT} {{ run(name: $run) {{
          artifacts: {fields[mode]}(after: $cursor, first: $perPage) {{ totalCount
            edges {{ node {{ {ARTIFACT_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }}"""
        super().__init__(client, {"entity": run.entity, "project": run.project, "run": run.id}, per_page, start)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        run = _project_of(response, self.run.entity, self.run.project)["run"]
        if run is None:
            raise ApiError(f"Could not find run {'/'.join(self.run.path)}")
        return run["artifacts"]

    def convert(self, node: dict[str, Any]) -> Any:
        from barograph.artifacts import Artifact

        sequence = node["artifactSequence"]
        place = sequence.get("project")
        if place is None:
            return None
        name = f"{sequence['name']}:v{node['versionIndex']}"
        return Artifact._from_server(self.client, place["entity"]["name"], place["name"], name, node)

    def __repr__(self) -> str:
        return f"<RunArtifacts {'/'.join(self.run.path)}>"


class ArtifactFiles(SizedPaginator[File]):
    """The files of an artifact version."""

    QUERY = f"""query ArtifactFiles({_PLACE}, $collection: String!, $alias: String!, $names: [String], {_PAGING}) {{
      {_IN_PROJECT} {{ artifactCollection(name: $collection) {{ artifactMembership(aliasName: $alias) {{
        files(names: $names, after: $cursor, first: $perPage) {{ totalCount
          edges {{ node {{ id name url sizeBytes storagePath mimetype updatedAt digest md5 directUrl }} cursor }}
          {_PAGE_INFO} }} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        artifact: Any,
        names: Sequence[str] | None = None,
        per_page: int | None = 50,
        start: str | None = None,
    ) -> None:
        self.artifact = artifact
        variables = {
            "entity": artifact.entity,
            "project": artifact.project,
            "collection": artifact.name.split(":")[0],
            "alias": artifact.version,
            "names": list(names) if names is not None else None,
        }
        super().__init__(client, variables, per_page, start)

    @property
    def path(self) -> list[str]:
        """[entity, project, name]."""
        return [self.artifact.entity, self.artifact.project, self.artifact.name]

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        collection = _project_of(response, self.artifact.entity, self.artifact.project)["artifactCollection"] or {}
        membership = collection.get("artifactMembership")
        if membership is None:
            raise ApiError(f"Could not find artifact {'/'.join(self.path)}")
        return membership["files"]

    def convert(self, node: dict[str, Any]) -> File:
        return File(self.client, node)

    def __repr__(self) -> str:
        return f"<ArtifactFiles {'/'.join(self.path)} ({len(self)})>"


# ---- shared ----


def collection_of(client: Any, node: dict[str, Any], organization: str | None = None) -> ArtifactCollection | None:
    """A collection as a list has it; None for one whose project may not be read."""
    place = node.get("project")
    if not place:
        return None
    kind = node["defaultArtifactType"]["name"]
    return ArtifactCollection(client, place["entity"]["name"], place["name"], node["name"], kind, organization, node)


def check_logged(artifact: Any) -> None:
    """Raises unless it is an artifact that a server has."""
    from barograph.artifacts import Artifact

    if not isinstance(artifact, Artifact):
        raise ValueError("a run takes what Api().artifact() answers")
    if artifact.is_draft():
        raise ValueError(f"artifact {artifact.name!r} was not logged yet; log it with a run first")


def _project_of(response: dict[str, Any], entity: str, project: str) -> dict[str, Any]:
    found: dict[str, Any] | None = response.get("project")
    if found is None:
        raise ApiError(f"Could not find project {entity}/{project}")
    return found


def _json(filters: Mapping[str, Any] | None) -> str | None:
    return None if filters is None else json.dumps(filters)
