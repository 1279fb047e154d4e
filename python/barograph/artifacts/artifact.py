"""artifact.py - Artifact: a named, versioned set of files, as a draft or as a server has it."""

from __future__ import annotations

import os
import secrets
import string
import weakref
from copy import copy
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping

from barograph.artifacts import cache, documents
from barograph.artifacts.content import METHODS, ArtifactContent, once_logged
from barograph.artifacts.errors import ArtifactNotFoundError, ArtifactNotLoggedError
from barograph.artifacts.facts import ArtifactFacts
from barograph.artifacts.manifest import ArtifactManifest
from barograph.artifacts.names import (
    ArtifactPath,
    checked_aliases,
    checked_metadata,
    checked_name,
    checked_type,
    is_version,
    logical,
)
from barograph.errors import CommError

if TYPE_CHECKING:
    from barograph.transport import Transport

CLIENT_ID_LEN = 128
_ALPHABET = string.ascii_lowercase + string.digits
_in_this_process: weakref.WeakValueDictionary[str, Artifact] = weakref.WeakValueDictionary()


def _client_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(CLIENT_ID_LEN))


class Artifact(ArtifactFacts):
    """A versioned set of files, made by one run and used by others.

    Args:
        name: letters, digits, dashes, underscores and dots. All versions share it.
        type: groups artifacts: "dataset", "model", ...
        description: free text.
        metadata: up to 100 keys of JSON.
        incremental: the new version is the last one with what is added now.
        use_as: no longer has a meaning.
        storage_region: where the server shall keep the files, for servers that have several places.
        digest_algorithm: MD5, or XXH128 for servers that know it.
    """

    def __init__(
        self,
        name: str,
        type: str,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        storage_region: str | None = None,
        digest_algorithm: str = "MD5",
    ) -> None:
        super().__init__(storage_region, digest_algorithm)
        self._name = self._source_name = checked_name(name)
        self._type = checked_type(type, name)
        self._description = description
        self._metadata = checked_metadata(metadata)
        self._incremental = incremental
        self._use_as = use_as
        self._begin()

    def _begin(self) -> None:
        super()._begin()
        self._client_id, self._sequence_client_id = _client_id(), _client_id()
        _in_this_process[self._client_id] = self
        self._base_id: str | None = None
        self._wait_for_id: Callable[[float | None], str] | None = None

    @classmethod
    def _own(cls, name: str, type: str, incremental: bool = False) -> Artifact:
        """An artifact of a type that is the clients' own, tables' and code's."""
        artifact = cls(name, "placeholder", incremental=incremental)
        artifact._type = type
        return artifact

    def __repr__(self) -> str:
        return f"<Artifact {self.id or self.name}>"

    # ---- from a server ----

    @classmethod
    def _from_server(
        cls,
        transport: Transport,
        entity: str,
        project: str,
        name: str,
        fields: Mapping[str, Any],
        membership: Mapping[str, Any] | None = None,
    ) -> Artifact:
        """An artifact as a GraphQL answer describes it; fields as documents.ARTIFACT_FIELDS asks for them.

        membership says of which collection's version it was asked, when that is not the one it was logged to.
        """
        artifact = cls.__new__(cls)
        ArtifactContent.__init__(artifact, None, "MD5")
        artifact._incremental, artifact._use_as = False, None
        artifact._begin()
        artifact._transport, artifact._entity, artifact._project = transport, entity, project
        artifact._name = name
        artifact._take(fields, membership)
        artifact.finalize()
        return artifact

    @classmethod
    def _from_membership(
        cls, transport: Transport, membership: Mapping[str, Any], entity: str, project: str, name: str
    ) -> Artifact:
        collection = membership["artifactCollection"]
        place = collection.get("project")
        if place:
            entity, project = place["entity"]["name"], place["name"]
        if not membership.get("artifact"):
            raise ValueError(f"artifact {name!r} was not in the server's answer")
        # It keeps the name it was asked by, an alias included; without one, its version is appended.
        alias = name.partition(":")[2]
        named = f"{collection['name']}:{alias}" if alias else collection["name"]
        return cls._from_server(transport, entity, project, named, membership["artifact"], membership)

    @classmethod
    def _by_name(cls, transport: Transport, path: ArtifactPath) -> Artifact:
        """ArtifactNotFoundError when the project or the artifact is not there, or not for us to see."""
        name = path.name if ":" in path.name else f"{path.name}:latest"
        data = transport.query(documents.BY_NAME, {"entity": path.entity, "project": path.project, "name": name})
        if not data.get("project"):
            raise ArtifactNotFoundError(f"project {path.project!r} not found under entity {path.entity!r}")
        membership = data["project"]["artifactCollectionMembership"]
        if not membership:
            raise ArtifactNotFoundError(f"artifact {name!r} not found in {path.entity}/{path.project}")
        return cls._from_membership(transport, membership, path.entity or "", path.project or "", name)

    @classmethod
    def _of_id(cls, transport: Transport, artifact_id: str) -> Artifact | None:
        fields = transport.query(documents.BY_ID, {"id": artifact_id}).get("artifact")
        if not fields:
            return None
        sequence = fields["artifactSequence"]
        place = sequence.get("project") or {"name": "", "entity": {"name": ""}}
        name = f"{sequence['name']}:v{fields['versionIndex']}"
        return cls._from_server(transport, place["entity"]["name"], place["name"], name, fields)

    def _by_id(self, artifact_id: str) -> Artifact:
        found = self._of_id(self._connected(), artifact_id)
        if found is None:
            raise ValueError(f"the artifact that {self.name!r} refers to is not there any more")
        return found

    @staticmethod
    def _of_this_process(client_id: str) -> Artifact:
        artifact = _in_this_process.get(client_id.split(":")[0])
        if artifact is None:
            raise ValueError("an artifact that was not logged can be referred to only by the process that made it")
        return artifact

    def _take(self, fields: Mapping[str, Any], membership: Mapping[str, Any] | None = None) -> None:
        sequence = fields["artifactSequence"]
        place = sequence.get("project") or {"name": "", "entity": {"name": ""}}
        version = f"v{fields['versionIndex']}"
        self._facts = dict(fields)
        self._id, self._state = fields["id"], fields["state"]
        self._source_entity, self._source_project = place["entity"]["name"], place["name"]
        self._source_version, self._source_name = version, f"{sequence['name']}:{version}"
        self._entity = self._entity or self._source_entity
        self._project = self._project or self._source_project
        collection = self._name.split(":")[0]
        self._is_link = (self._entity, self._project, collection) != (
            self._source_entity,
            self._source_project,
            sequence["name"],
        )
        aliases = self._aliases_in(fields, membership, collection)
        versions = [alias for alias in aliases if is_version(alias)]
        if versions:
            version = versions[0]
        elif membership is not None and membership.get("versionIndex") is not None:
            version = f"v{membership['versionIndex']}"
        self._version = version
        if ":" not in self._name:
            self._name = f"{self._name}:{version}"
        self._aliases = [alias for alias in aliases if not is_version(alias)]
        self._saved_aliases = list(self._aliases)
        self._take_editable(fields)
        if membership is not None and self._is_link:
            self._linked_at = membership.get("createdAt")

    def _take_editable(self, fields: Mapping[str, Any]) -> None:
        self._type, self._description = fields["artifactType"]["name"], fields.get("description")
        self._metadata = checked_metadata(fields.get("metadata"))
        self._tags = [tag["name"] for tag in fields.get("tags") or []]
        self._saved_tags = list(self._tags)
        seconds = fields.get("ttlDurationSeconds") or 0
        self._ttl_seconds = seconds if seconds > 0 else None
        self._ttl_is_inherited = bool(fields.get("ttlIsInherited"))
        self._ttl_was_set = False
        self._algorithm = "XXH128" if fields.get("digestAlgorithm") == METHODS["XXH128"] else "MD5"
        self._manifest = None

    def _aliases_in(
        self, fields: Mapping[str, Any], membership: Mapping[str, Any] | None, collection: str
    ) -> list[str]:
        if membership is not None:
            return [alias["alias"] for alias in membership.get("aliases") or []]
        names = []
        for alias in fields.get("aliases") or []:
            of = alias.get("artifactCollection") or {}
            place = of.get("project") or {}
            if (place.get("entity", {}).get("name"), place.get("name"), of.get("name")) == (
                self._entity,
                self._project,
                collection,
            ):
                names.append(alias["alias"])
        return names

    def _fetched_manifest(self) -> ArtifactManifest:
        found = self._query(documents.MANIFEST, {"id": self.id}).get("artifact")
        if not found or not found.get("currentManifest"):
            raise ValueError(f"the server has no manifest of {self.name!r}")
        reply = self._connected().request("GET", found["currentManifest"]["file"]["directUrl"])
        return ArtifactManifest.from_manifest_json(reply.json(), self._algorithm)

    # ---- links ----

    @property
    @once_logged
    def source_artifact(self) -> Artifact:
        """What a link leads to; itself when it is no link."""
        if not self._is_link:
            return self
        path = ArtifactPath(self.source_name, self.source_project, self.source_entity)
        return self._by_name(self._connected(), path)

    @property
    @once_logged
    def linked_artifacts(self) -> list[Artifact]:
        """Its links in other collections. A link has none."""
        if self._is_link:
            return []
        found = self._query(documents.LINKS, {"id": self.id}).get("artifact")
        if not found:
            raise ValueError(f"the server does not know {self.name!r} any more")
        nodes = (edge["node"] for edge in found["artifactMemberships"]["edges"])
        return [self._as_linked(node) for node in nodes if node["artifactCollection"]["__typename"] == "ArtifactPortfolio"]

    def _as_linked(self, membership: Mapping[str, Any]) -> Artifact:
        link = copy(self)
        collection = membership["artifactCollection"]
        version = f"v{membership['versionIndex']}"
        link._entity, link._project = collection["project"]["entity"]["name"], collection["project"]["name"]
        link._name, link._version, link._is_link = f"{collection['name']}:{version}", version, True
        link._aliases = list(dict.fromkeys([alias["alias"] for alias in membership["aliases"]] + [version]))
        link._saved_aliases = list(link._aliases)
        link._linked_at = membership["createdAt"]
        return link

    # ---- its life ----

    def is_draft(self) -> bool:
        """Whether no server has it yet."""
        return self._state == "PENDING"

    def _is_draft_save_started(self) -> bool:
        return self._wait_for_id is not None

    @once_logged
    def new_draft(self) -> Artifact:
        """The next version, to be changed and logged: what this one holds, it holds already."""
        draft = Artifact(self.source_name.split(":")[0], self.type, self.description, self.metadata)
        draft._entity, draft._project = self._source_entity, self._source_project
        draft._source_entity, draft._source_project = self._source_entity, self._source_project
        draft._base_id, draft._transport, draft._algorithm = self.id, self._transport, self._algorithm
        draft._manifest = ArtifactManifest.from_manifest_json(self.manifest.to_manifest_json(), self._algorithm)
        return draft

    def save(self, project: str | None = None, settings: Any = None) -> None:
        """Sends a draft to the server, by the current run or by one made for it; or sends edits."""
        import barograph

        if not self.is_draft():
            self._save_edits()
            return
        if barograph.run is not None:
            barograph.run.log_artifact(self)
            return
        place = project or self._source_project
        with barograph.init(entity=self._source_entity, project=place, job_type="auto", settings=settings) as run:
            run.log_artifact(self)

    def wait(self, timeout: int | None = None) -> Artifact:
        """Waits until the server has it; WaitTimeoutError after timeout seconds."""
        if not self.is_draft():
            return self
        if self._wait_for_id is None:
            raise ArtifactNotLoggedError("Artifact.wait", self)
        artifact_id = self._wait_for_id(timeout)
        fields = self._query(documents.BY_ID, {"id": artifact_id}).get("artifact")
        if not fields:
            raise ValueError(f"the server does not know the artifact {artifact_id!r} that it has just taken")
        self._take(fields)
        self._is_link = False
        return self

    def _save_edits(self) -> None:
        self._save_aliases()
        if self._is_link and self._is_source_read_only():
            return
        wanted, saved = set(self._tags), set(self._saved_tags)
        from barograph.util import json_dumps_safer

        data = self._query(
            documents.UPDATE,
            {
                "input": {
                    "artifactID": self.id,
                    "description": self._description,
                    "metadata": json_dumps_safer(self._metadata),
                    "ttlDurationSeconds": self._ttl_to_send(),
                    "tagsToAdd": [{"tagName": tag} for tag in sorted(wanted - saved)],
                    "tagsToDelete": [{"tagName": tag} for tag in sorted(saved - wanted)],
                }
            },
        )
        fields = (data.get("updateArtifact") or {}).get("artifact")
        if not fields:
            raise ValueError(f"the server did not say what became of {self.name!r}")
        self._facts = dict(fields)
        self._take_editable(fields)

    def _is_source_read_only(self) -> bool:
        place = {"entity": self._source_entity, "project": self._source_project}
        project = self._query(documents.IS_READ_ONLY, place).get("project")
        return not project or bool(project.get("readOnly"))

    def _save_aliases(self) -> None:
        wanted, saved = set(self._aliases), set(self._saved_aliases)
        for document, names in ((documents.ADD_ALIASES, wanted - saved), (documents.DELETE_ALIASES, saved - wanted)):
            if not names:
                continue
            place = {
                "entityName": self.entity,
                "projectName": self.project,
                "artifactCollectionName": self.name.split(":")[0],
            }
            aliases = [{**place, "alias": name} for name in sorted(names)]
            self._query(document, {"input": {"artifactID": self.id, "aliases": aliases}})
        self._saved_aliases = list(self._aliases)

    @once_logged
    def delete(self, delete_aliases: bool = False) -> None:
        """Removes the version and its files, or only the link. With aliases it must be told to."""
        if self._is_link:
            self.unlink()
            return
        self._query(documents.DELETE, {"input": {"artifactID": self.id, "deleteAliases": delete_aliases}})

    def link(self, target_path: str, aliases: Iterable[str] | None = None) -> Artifact:
        """Puts the version into another collection too, which is made if need be, and answers the link."""
        if self.is_draft():
            if not self._is_draft_save_started():
                self.save(project=self._source_project)
            self.wait()
        target = ArtifactPath.parse(target_path)
        target = target.filled(None, cache._variable("PROJECT") or "uncategorized")
        entity = self._registry_entity(target.entity) if target.is_in_registry else target.entity or self.source_entity
        told = {
            "artifactID": self.id,
            "artifactPortfolioName": target.name,
            "entityName": entity,
            "projectName": target.project,
            "aliases": [{"alias": alias, "artifactCollectionName": target.name} for alias in checked_aliases(aliases)],
        }
        linked = self._query(documents.LINK, {"input": told}).get("linkArtifact") or {}
        if linked.get("artifactMembership"):
            place = (entity, target.project or "", target.name)
            return self._from_membership(self._connected(), linked["artifactMembership"], *place)
        if linked.get("versionIndex") is None:
            raise ValueError(f"the server did not say which version of {target} the link is")
        path = ArtifactPath(f"{target.name}:v{linked['versionIndex']}", target.project, entity)
        return self._by_name(self._connected(), path)

    def _registry_entity(self, organization: str | None) -> str:
        """The entity that holds an organization's registries, by the organization's name or ours when it has one."""
        entity = self._query(documents.ORG_OF_ENTITY, {"entity": self.source_entity}).get("entity") or {}
        known = [entity["organization"]] if entity.get("organization") else (entity.get("user") or {}).get("organizations")
        for org in known or []:
            if organization in (None, org["name"], org["orgEntity"]["name"]) and (organization or len(known or []) == 1):
                return str(org["orgEntity"]["name"])
        if organization:
            return organization
        names = ", ".join(org["name"] for org in known or []) or "none"
        raise ValueError(f"a registry belongs to an organization; name one in the path ({names} of {self.source_entity!r})")

    @once_logged
    def unlink(self) -> None:
        """Takes a link out of its collection. The version itself stays."""
        if not self._is_link:
            raise ValueError(f"{self.qualified_name!r} is not a link; delete() removes the version itself")
        place = {"entity": self.entity, "project": self.project, "collection": self.name.split(":")[0]}
        project = self._query(documents.COLLECTION_ID, place).get("project") or {}
        if not project.get("artifactCollection"):
            raise CommError(f"the collection of {self.qualified_name!r} is not there")
        portfolio = project["artifactCollection"]["id"]
        self._query(documents.UNLINK, {"input": {"artifactID": self.id, "artifactPortfolioID": portfolio}})

    # ---- who used it ----

    @once_logged
    def used_by(self) -> list[Any]:
        """The runs that used it."""
        found = self._query(documents.USED_BY, {"id": self.id}).get("artifact") or {}
        edges = (found.get("usedBy") or {}).get("edges") or []
        return [self._public_run(edge["node"]) for edge in edges if edge["node"].get("project")]

    @once_logged
    def logged_by(self) -> Any:
        """The run that made it; None when no run did, or it is gone."""
        found = self._query(documents.CREATED_BY, {"id": self.id}).get("artifact") or {}
        run = found.get("createdBy") or {}
        return self._public_run(run) if run.get("project") else None

    def _public_run(self, node: Mapping[str, Any]) -> Any:
        from barograph.apis.public import Run

        project = node["project"]
        return Run(self._connected(), project["entity"]["name"], project["name"], node["name"])

    @once_logged
    def files(self, names: list[str] | None = None, per_page: int = 50, start: str | None = None) -> Any:
        """Its files, page by page."""
        from barograph.apis.public import ArtifactFiles

        return ArtifactFiles(self._connected(), self, names, per_page)

    def _default_root(self, include_version: bool = True) -> str:
        name = self.source_name if include_version else self.source_name.split(":")[0]
        return os.path.join(cache.artifact_dir(), logical(name))

    @once_logged
    def json_encode(self) -> dict[str, Any]:
        """How a run's config or history refers to it."""
        return {
            "_type": "artifactVersion",
            "_version": "v0",
            "id": self.id,
            "version": self.source_version,
            "sequenceName": self.source_name.split(":")[0],
            "usedAs": self._use_as,
        }
