"""facts.py - what an artifact says of itself: its names and places, what can be edited, and what its server knows of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from barograph.artifacts.content import ArtifactContent, once_logged
from barograph.artifacts.errors import ArtifactNotLoggedError
from barograph.artifacts.names import REGISTRY_PREFIX, checked_aliases, checked_metadata, checked_tags
from barograph.artifacts.ttl import ArtifactTTL

if TYPE_CHECKING:
    from barograph.transport import Transport

TTL_INHERITED, TTL_NONE = -1, -2


class ArtifactFacts(ArtifactContent):
    """The properties. Nothing here asks the server; save() sends what was edited."""

    _name: str
    _source_name: str
    _type: str
    _description: str | None
    _metadata: dict[str, Any]
    _incremental: bool
    _use_as: str | None

    def _begin(self) -> None:
        self._transport: Transport | None = None
        self._id: str | None = None
        self._entity: str | None = None
        self._project: str | None = None
        self._version: str | None = None
        self._source_entity: str | None = None
        self._source_project: str | None = None
        self._source_version: str | None = None
        self._is_link = False
        self._ttl_seconds: int | None = None
        self._ttl_is_inherited = True
        self._ttl_was_set = False
        self._aliases: list[str] = []
        self._saved_aliases: list[str] = []
        self._tags: list[str] = []
        self._saved_tags: list[str] = []
        self._distributed_id: str | None = None
        self._state = "PENDING"
        self._facts: dict[str, Any] = {}
        self._linked_at: str | None = None

    def _connected(self) -> Transport:
        if self._transport is None:
            from barograph.transport import Transport

            self._transport = Transport.of_environment()
        return self._transport

    def _query(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        return self._connected().query(document, variables)

    # ---- who and where it is ----

    @property
    def id(self) -> str | None:
        """The server's name for it; None for a draft."""
        return None if self.is_draft() else self._id

    @property
    @once_logged
    def entity(self) -> str:
        """Who owns the collection it was asked of."""
        return self._entity or ""

    @property
    @once_logged
    def project(self) -> str:
        """The project of the collection it was asked of."""
        return self._project or ""

    @property
    def name(self) -> str:
        """collection:version, or the collection alone for a draft."""
        return self._name

    @property
    def qualified_name(self) -> str:
        """entity/project/collection:version"""
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    @once_logged
    def version(self) -> str:
        """v0, v1, ..."""
        return self._version or ""

    @property
    @once_logged
    def collection(self) -> Any:
        """The collection it was asked of."""
        from barograph.apis.public import ArtifactCollection

        return ArtifactCollection(self._connected(), self.entity, self.project, self.name.split(":")[0], self.type)

    @property
    @once_logged
    def source_entity(self) -> str:
        """Who owns the collection it was logged to."""
        return self._source_entity or ""

    @property
    @once_logged
    def source_project(self) -> str:
        """The project it was logged to."""
        return self._source_project or ""

    @property
    def source_name(self) -> str:
        """collection:version where it was logged."""
        return self._source_name

    @property
    def source_qualified_name(self) -> str:
        """entity/project/collection:version where it was logged."""
        return f"{self.source_entity}/{self.source_project}/{self.source_name}"

    @property
    @once_logged
    def source_version(self) -> str:
        """Its version where it was logged."""
        return self._source_version or ""

    @property
    @once_logged
    def source_collection(self) -> Any:
        """The collection it was logged to."""
        from barograph.apis.public import ArtifactCollection

        collection = self.source_name.split(":")[0]
        return ArtifactCollection(self._connected(), self.source_entity, self.source_project, collection, self.type)

    @property
    def is_link(self) -> bool:
        """Whether it was asked of a collection that only links to it."""
        return self._is_link

    @property
    def type(self) -> str:
        """What kind of artifact it is."""
        return self._type

    @property
    @once_logged
    def url(self) -> str:
        """Its page."""
        base, collection = self._connected().base_url, self.name.split(":")[0]
        if self._is_link and (self.project.startswith(REGISTRY_PREFIX) or self.project == "model-registry"):
            chosen = quote(f"{self.entity}/{self.project}/{collection}", safe="")
            place = f"{self.entity}/registry/{self.project.removeprefix(REGISTRY_PREFIX)}"
            return f"{base}/{place}?selectionPath={chosen}&view=membership&version={self.version}"
        return f"{base}/{self.entity}/{self.project}/artifacts/{quote(self.type)}/{quote(collection)}/{self.version}"

    # ---- what can be edited; save() sends it ----

    @property
    def description(self) -> str | None:
        """Free text."""
        return self._description

    @description.setter
    def description(self, description: str | None) -> None:
        self._description = description

    @property
    def metadata(self) -> dict[str, Any]:
        """Facts about the content, as JSON."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: dict[str, Any]) -> None:
        self._metadata = checked_metadata(metadata)

    @property
    def ttl(self) -> timedelta | None:
        """How long it is kept from its making on; None for ever."""
        if self._ttl_is_inherited and (self.is_draft() or self._ttl_was_set):
            raise ArtifactNotLoggedError("Artifact.ttl", self)
        return timedelta(seconds=self._ttl_seconds) if self._ttl_seconds is not None else None

    @ttl.setter
    def ttl(self, ttl: timedelta | ArtifactTTL | None) -> None:
        if self._type == "wandb-history":
            raise ValueError("a history has no TTL of its own")
        if self._is_link:
            raise ValueError("a link has no TTL of its own; set it on source_artifact")
        if isinstance(ttl, timedelta) and ttl.total_seconds() <= 0:
            raise ValueError(f"a TTL is longer than nothing, got {ttl.total_seconds()} s")
        self._ttl_was_set = True
        self._ttl_is_inherited = isinstance(ttl, ArtifactTTL)
        self._ttl_seconds = int(ttl.total_seconds()) if isinstance(ttl, timedelta) else None

    def _ttl_to_send(self) -> int | None:
        if not self._ttl_was_set:
            return None
        return TTL_INHERITED if self._ttl_is_inherited else self._ttl_seconds or TTL_NONE

    @property
    @once_logged
    def aliases(self) -> list[str]:
        """Names that move from version to version: latest, best, ..."""
        return self._aliases

    @aliases.setter
    @once_logged
    def aliases(self, aliases: list[str]) -> None:
        self._aliases = checked_aliases(aliases)

    @property
    @once_logged
    def tags(self) -> list[str]:
        """Words for finding it."""
        return self._tags

    @tags.setter
    @once_logged
    def tags(self, tags: list[str]) -> None:
        self._tags = checked_tags(tags)

    @property
    def distributed_id(self) -> str | None:
        """What writers of one artifact share."""
        return self._distributed_id

    @distributed_id.setter
    def distributed_id(self, distributed_id: str | None) -> None:
        self._distributed_id = distributed_id

    # ---- facts ----

    @property
    def incremental(self) -> bool:
        """Whether it adds to the version before."""
        return self._incremental

    @property
    def use_as(self) -> str | None:
        """No longer has a meaning."""
        return self._use_as

    @property
    def state(self) -> str:
        """PENDING, COMMITTED or DELETED."""
        return self._state

    @property
    def digest(self) -> str:
        """The digest of the manifest: two artifacts with the same content have the same."""
        if self._manifest is None and self._facts.get("digest") is not None:
            return str(self._facts["digest"])
        return self.manifest.digest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        if self._manifest is None and self._facts.get("size") is not None:
            return int(self._facts["size"])
        return self.manifest.size()

    @property
    @once_logged
    def commit_hash(self) -> str:
        """The hash of the version's commit."""
        return self._facts.get("commitHash") or ""

    @property
    @once_logged
    def file_count(self) -> int:
        """How many files it has, references counted."""
        return int(self._facts.get("fileCount") or 0)

    @property
    @once_logged
    def created_at(self) -> str:
        """When it was made."""
        return str(self._facts["createdAt"])

    @property
    @once_logged
    def updated_at(self) -> str:
        """When it was last changed."""
        return str(self._facts.get("updatedAt") or self._facts["createdAt"])

    @property
    @once_logged
    def linked_at(self) -> str | None:
        """When the link was made; None when it is none."""
        return self._linked_at

    @property
    @once_logged
    def history_step(self) -> int | None:
        """The run's step at which it was logged."""
        step = self._facts.get("historyStep")
        return None if step is None else max(0, step - 1)
