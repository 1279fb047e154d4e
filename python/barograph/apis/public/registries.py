"""registries.py - registries: an organization's shared collections of versions that were chosen for a use."""

from __future__ import annotations

import base64
import json
from typing import Any, Generic, Iterable, Literal, Mapping, TypeVar

from barograph.apis.client import ApiError, as_client
from barograph.apis.paginator import SizedPaginator
from barograph.apis.public.artifacts import COLLECTION_FIELDS, ArtifactCollection, collection_of
from barograph.artifacts.documents import MEMBERSHIP_FIELDS
from barograph.artifacts.names import REGISTRY_PREFIX

Visibility = Literal["organization", "restricted"]
_ACCESS = {"organization": "PRIVATE", "restricted": "RESTRICTED"}
_VISIBILITY = {access: visibility for visibility, access in _ACCESS.items()}

REGISTRY_FIELDS = """__typename id internalId name entity { name organization { name } } description createdAt updatedAt
  access allowAllArtifactTypes: allowAllArtifactTypesInRegistry artifactTypes(includeAll: true) { edges { node { name } } }"""
_HEAD = "$org: String!, $cursor: String, $perPage: Int, $order: String"
_PAGE_INFO = "pageInfo { endCursor hasNextPage }"

Item = TypeVar("Item")


class _InOrganization(SizedPaginator[Item], Generic[Item]):
    """A list that belongs to an organization's entity."""

    FIELD = ""

    def __init__(
        self, client: Any, organization: str, order: str | None, per_page: int, start: str | None, **filters: Any
    ) -> None:
        self.organization = organization
        self.order = order
        variables = {name: json.dumps(value) if value is not None else None for name, value in filters.items()}
        super().__init__(client, {"org": organization, "order": order, **variables}, per_page, start)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        entity = (response.get("organization") or {}).get("orgEntity")
        if entity is None:
            raise ApiError(f"Could not find organization {self.organization!r}")
        return entity.get(self.FIELD) or {}


class Registries(_InOrganization["Registry"]):
    """The registries of an organization. Made by `Api.registries`."""

    FIELD = "projects"
    QUERY = f"""query Registries({_HEAD}, $filters: JSONString) {{ organization(name: $org) {{ orgEntity {{ name
      projects(filters: $filters, after: $cursor, first: $perPage, order: $order) {{
        edges {{ node {{ {REGISTRY_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        organization: str,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> None:
        self.filter = _with_prefix(filter or {})
        super().__init__(client, organization, order, per_page, start, filters=self.filter)

    @property
    def length(self) -> int | None:
        """As many as there are: all are fetched."""
        return len(self[:])

    def convert(self, node: dict[str, Any]) -> Registry:
        entity = node["entity"]["name"]
        return Registry(self.client, self.organization, entity, node["name"].removeprefix(REGISTRY_PREFIX), node)

    def collections(
        self,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Collections:
        """The collections of these registries."""
        return Collections(self.client, self.organization, self.filter, filter, order, per_page, start)

    def versions(
        self,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Versions:
        """The versions in these registries."""
        return Versions(self.client, self.organization, self.filter, None, filter, order, per_page, start)

    def __repr__(self) -> str:
        return f"<Registries {self.organization}>"


class Collections(_InOrganization[ArtifactCollection]):
    """Collections of registries."""

    FIELD = "artifactCollections"
    QUERY = f"""query RegistryCollections({_HEAD}, $registries: JSONString, $collections: JSONString) {{
      organization(name: $org) {{ orgEntity {{ name
        artifactCollections(projectFilters: $registries, filters: $collections, collectionTypes: [PORTFOLIO],
          after: $cursor, first: $perPage, order: $order) {{ totalCount
            edges {{ node {{ {COLLECTION_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        organization: str,
        registry_filter: Mapping[str, Any] | None = None,
        collection_filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> None:
        self.registry_filter = _with_prefix(registry_filter or {})
        self.collection_filter = collection_filter or {}
        super().__init__(
            client, organization, order, per_page, start, registries=self.registry_filter, collections=self.collection_filter
        )

    def convert(self, node: dict[str, Any]) -> ArtifactCollection | None:
        return collection_of(self.client, node, self.organization)

    def versions(
        self,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Versions:
        """The versions in these collections."""
        return Versions(
            self.client, self.organization, self.registry_filter, self.collection_filter, filter, order, per_page, start
        )


class Versions(_InOrganization[Any]):
    """Versions in registries."""

    FIELD = "artifactMemberships"
    QUERY = f"""query RegistryVersions({_HEAD}, $registries: JSONString, $collections: JSONString, $versions: JSONString) {{
      organization(name: $org) {{ orgEntity {{ name
        artifactMemberships(projectFilters: $registries, collectionFilters: $collections, filters: $versions,
          after: $cursor, first: $perPage, order: $order) {{ totalCount
            edges {{ node {{ {MEMBERSHIP_FIELDS} }} cursor }} {_PAGE_INFO} }} }} }} }}"""

    def __init__(
        self,
        client: Any,
        organization: str,
        registry_filter: Mapping[str, Any] | None = None,
        collection_filter: Mapping[str, Any] | None = None,
        artifact_filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> None:
        filters = {
            "registries": _with_prefix(registry_filter or {}),
            "collections": collection_filter or {},
            "versions": artifact_filter or {},
        }
        super().__init__(client, organization, order, per_page, start, **filters)

    def convert(self, node: dict[str, Any]) -> Any:
        from barograph.artifacts import Artifact

        place = node["artifactCollection"].get("project")
        if not place or not node.get("artifact"):
            return None
        name = f"{node['artifactCollection']['name']}:v{node['versionIndex']}"
        return Artifact._from_membership(self.client, node, place["entity"]["name"], place["name"], name)


class Registry:
    """A registry. name, description, visibility and artifact_types are changed by save()."""

    def __init__(
        self, client: Any, organization: str, entity: str, name: str, attrs: Mapping[str, Any] | None = None
    ) -> None:
        self.client = as_client(client)
        self._organization = organization
        self._entity = entity
        self._attrs: dict[str, Any] = {}
        self.name = name
        self.description: str | None = None
        self.allow_all_artifact_types = True
        self.artifact_types: list[str] = []
        self._visibility = "organization"
        if attrs is not None:
            self._take(attrs)

    def _take(self, attrs: Mapping[str, Any]) -> None:
        self._attrs = dict(attrs)
        self.name = attrs["name"].removeprefix(REGISTRY_PREFIX)
        self.description = attrs.get("description")
        self.allow_all_artifact_types = bool(attrs.get("allowAllArtifactTypes"))
        self.artifact_types = self._saved_types()
        self._visibility = _VISIBILITY.get(attrs.get("access") or "", "organization")

    def _saved_types(self) -> list[str]:
        return [edge["node"]["name"] for edge in (self._attrs.get("artifactTypes") or {"edges": []})["edges"]]

    @property
    def id(self) -> str:
        """The server's identifier."""
        return str(self._attrs["id"])

    @property
    def internal_id(self) -> str | None:
        return self._attrs.get("internalId")

    @property
    def full_name(self) -> str:
        """The name of the project that it is."""
        return REGISTRY_PREFIX + self.name

    @property
    def entity(self) -> str:
        """The organization's entity."""
        return self._entity

    @property
    def organization(self) -> str:
        return self._organization

    @property
    def created_at(self) -> str:
        return str(self._attrs["createdAt"])

    @property
    def updated_at(self) -> str | None:
        return self._attrs.get("updatedAt")

    @property
    def path(self) -> list[str]:
        """[entity, full name]."""
        return [self.entity, self.full_name]

    @property
    def visibility(self) -> str:
        """organization: everybody in it may read. restricted: members of the registry only."""
        return self._visibility

    @visibility.setter
    def visibility(self, value: str) -> None:
        if value not in _ACCESS:
            raise ValueError(f"visibility is {' or '.join(_ACCESS)}, got {value!r}")
        self._visibility = value

    # ---- what is in it ----

    def collections(
        self,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Collections:
        """Its collections."""
        return Collections(self.client, self.organization, {"name": self.full_name}, filter, order, per_page, start)

    def versions(
        self,
        filter: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Versions:
        """Its versions."""
        return Versions(self.client, self.organization, {"name": self.full_name}, None, filter, order, per_page, start)

    # ---- changing ----

    @classmethod
    def create(
        cls,
        api: Any,
        organization: str,
        name: str,
        visibility: Visibility,
        description: str | None = None,
        artifact_types: list[str] | None = None,
    ) -> Registry:
        """Makes a registry, for all artifact types or for some."""
        made = cls(api.client, organization, api.organization(organization).org_entity.name, name)
        made.visibility, made.description = visibility, description
        made.allow_all_artifact_types, made.artifact_types = not artifact_types, list(artifact_types or ())
        if not made._upsert(made.full_name):
            raise ValueError(f"organization {organization!r} has a registry {name!r} already")
        return made

    def _upsert(self, project: str) -> bool:
        document = """mutation UpsertRegistry($input: UpsertModelInput!) { upsertModel(input: $input) {
          inserted project { %s } } }""" % REGISTRY_FIELDS
        values = {
            "name": project,
            "entityName": self._entity,
            "description": self.description,
            "access": _ACCESS[self._visibility],
            "allowAllArtifactTypesInRegistry": self.allow_all_artifact_types,
            "artifactTypes": [{"name": name} for name in self.artifact_types if name not in self._saved_types()],
        }
        done = self.client.query(document, {"input": values})["upsertModel"]
        name = self.name
        self._take(done["project"])
        self.name = name
        return bool(done["inserted"])

    def save(self) -> None:
        """Keeps name, description, visibility and artifact types as they are now."""
        removed = set(self._saved_types()) - set(self.artifact_types)
        if removed:
            raise ValueError(f"artifact types stay in a registry once they are saved: {', '.join(sorted(removed))}")
        if self.allow_all_artifact_types and set(self.artifact_types) - set(self._saved_types()):
            raise ValueError("set allow_all_artifact_types to False before naming artifact types")
        before = self._attrs["name"]
        self._upsert(before)
        if self.full_name != before:
            document = """mutation RenameRegistry($input: RenameProjectInput!) { renameProject(input: $input) {
              inserted project { %s } } }""" % REGISTRY_FIELDS
            values = {"entityName": self._entity, "oldProjectName": before, "newProjectName": self.full_name}
            self._take(self.client.query(document, {"input": values})["renameProject"]["project"])

    def load(self) -> None:
        """Fetches it; what was changed and not saved is lost."""
        document = """query FetchRegistry($name: String!, $entity: String!) { entity(name: $entity) {
          project(name: $name) { %s } } }""" % REGISTRY_FIELDS
        found = self.client.query(document, {"name": self.full_name, "entity": self._entity}).get("entity") or {}
        if found.get("project") is None:
            raise ApiError(f"Could not find registry {self.name!r} in organization {self.organization!r}")
        self._take(found["project"])

    def delete(self) -> None:
        """Deletes it. Versions stay in the collections that they were logged to."""
        self.client.query("mutation DeleteRegistry($id: String!) { deleteModel(input: {id: $id}) { success } }", {"id": self.id})

    # ---- members ----

    def members(self) -> list[UserMember | TeamMember]:
        """Users, then teams, that have a role of their own in it."""
        return [*self.user_members(), *self.team_members()]

    def user_members(self) -> list[UserMember]:
        """Users."""
        from barograph.apis.public.users import User

        fields = "members { id name username email role { name } }"
        return [UserMember(User(self.client, each), each["role"]["name"]) for each in self._members(fields)["members"]]

    def team_members(self) -> list[TeamMember]:
        """Teams."""
        from barograph.apis.public.teams import Team

        fields = "teamMembers { team { id name } role { name } }"
        found = self._members(fields)["teamMembers"]
        return [TeamMember(Team(self.client, each["team"]["name"], each["team"]), each["role"]["name"]) for each in found]

    def _members(self, fields: str) -> dict[str, Any]:
        document = """query RegistryMembers($project: String!, $entity: String!) {
          project(name: $project, entityName: $entity) { %s } }""" % fields
        data = self.client.query(document, {"project": self.full_name, "entity": self._entity})
        if data.get("project") is None:
            raise ApiError(f"Could not find registry {self.name!r} in organization {self.organization!r}")
        found: dict[str, Any] = data["project"]
        return found

    def add_members(self, *members: Any) -> Registry:
        """Gives users and teams the role that the registry gives by itself."""
        self._change_members("create", members)
        return self

    def remove_members(self, *members: Any) -> Registry:
        """Takes it away."""
        self._change_members("delete", members)
        return self

    def _change_members(self, verb: str, members: Iterable[Any]) -> None:
        kinds: dict[str, list[str]] = {"User": [], "Entity": []}
        for member in members:
            identifier = _member_id(member)
            kinds[_kind(identifier)].append(identifier)
        if not any(kinds.values()):
            raise TypeError("name at least one user or team")
        document = f"""mutation Members($input: {verb.title()}ProjectMembersInput!) {{
          {verb}ProjectMembers(input: $input) {{ success }} }}"""
        values = {"projectId": self.id, "userIds": sorted(kinds["User"]), "teamIds": sorted(kinds["Entity"])}
        self.client.query(document, {"input": values})

    def update_member(self, member: Any, role: str) -> Registry:
        """Gives a member another role: admin, member, viewer, restricted_viewer."""
        identifier = _member_id(member)
        who, kind = ("user", "") if _kind(identifier) == "User" else ("team", "Team")
        document = f"""mutation Member($input: UpdateProject{kind}MemberInput!) {{
          updateProject{kind}Member(input: $input) {{ success }} }}"""
        values = {"projectId": self.id, f"{who}Id": identifier, f"{who}ProjectRole": str(role)}
        self.client.query(document, {"input": values})
        return self

    def __repr__(self) -> str:
        return f"<Registry {self.organization}/{self.name}>"


class UserMember:
    """A user and its role in a registry."""

    def __init__(self, user: Any, role: str) -> None:
        self.user = user
        self.role = role

    def __repr__(self) -> str:
        return f"<UserMember {self.user!r} ({self.role})>"


class TeamMember:
    """A team and its role in a registry."""

    def __init__(self, team: Any, role: str) -> None:
        self.team = team
        self.role = role

    def __repr__(self) -> str:
        return f"<TeamMember {self.team!r} ({self.role})>"


def _member_id(member: Any) -> str:
    """The identifier of a user, a team, a member, or of what is one already."""
    if isinstance(member, str):
        return member
    member = getattr(member, "user", None) or getattr(member, "team", None) or member
    return str(member._attrs["id"])


def _kind(identifier: str) -> str:
    try:
        kind = base64.b64decode(identifier, validate=True).decode().split(":")[0]
    except ValueError:
        kind = ""
    if kind not in ("User", "Entity"):
        raise TypeError(f"a member is a User, a Team, or the id of one, got {identifier!r}")
    return kind


def _with_prefix(filters: Any) -> Any:
    """Registries are filtered by the names that people see; on the server they carry a prefix."""
    if isinstance(filters, Mapping):
        return {key: _prefixed(value) if key == "name" else _with_prefix(value) for key, value in filters.items()}
    if isinstance(filters, list):
        return [_with_prefix(part) for part in filters]
    return filters


def _prefixed(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.startswith(REGISTRY_PREFIX) else REGISTRY_PREFIX + value
    if isinstance(value, list):
        return [_prefixed(each) for each in value]
    if isinstance(value, Mapping):
        return {op: operand if op in ("$regex", "$contains") else _prefixed(operand) for op, operand in value.items()}
    return value

