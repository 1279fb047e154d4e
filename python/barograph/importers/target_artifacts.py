"""target_artifacts.py - writes artifacts, what collections have beside them, and who used what, into a project."""

from __future__ import annotations

import hashlib
import mmap
import re
import tempfile
from typing import Any

from barograph.errors import CommError, Error
from barograph.importers.connection import Connection, Digests, FilePart
from barograph.importers.model import Artifact, SourceFile, md5_of

PIECE_BYTES, TRIES = 1 << 20, 3
_MADE_BY_SERVERS = re.compile(r"latest|v\d+")  # aliases
_CREATE = "mutation Create($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }"
_CREATE_MANIFEST = """mutation Create($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
  artifactManifest { id file { uploadUrl } } } }"""
_CREATE_FILES = """mutation Create($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
  files { edges { node { name uploadUrl } } } } }"""
_COMMIT = "mutation Commit($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }"
_READ = "query Read($id: ID!) { artifact(id: $id) { id createdAt createdBy { ... on User { username } } description metadata ttlDurationSeconds tags { name } aliases { alias artifactCollection { name } } } }"
_UPDATE = "mutation Update($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"
_USE = "mutation Use($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }"
_FIND = "query Find($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) { artifact(name: $name) { id } } }"
_COLLECTION = """query Find($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) {
  artifactCollection(name: $name) { id description tags { edges { node { name } } } } } }"""
_DESCRIBE = """mutation Describe($sequence: UpdateArtifactSequenceInput!) { updateArtifactSequence(input: $sequence) { artifactCollection { id } } }"""
_DESCRIBE_PORTFOLIO = """mutation Describe($portfolio: UpdateArtifactPortfolioInput!) { updateArtifactPortfolio(input: $portfolio) { artifactCollection { id } } }"""
_TAG = "mutation Tag($input: CreateArtifactCollectionTagAssignmentsInput!) { createArtifactCollectionTagAssignments(input: $input) { tags { id } } }"
_LINK = "mutation Link($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"


def send_file(connection: Connection, url: str, file: SourceFile) -> None:
    """From where it lies, if it lies in an archive; from another server through a file, since it may be larger than memory."""
    if file.open is not None:
        with tempfile.TemporaryFile() as spool:
            _send_part(connection, url, _fetched(file, spool))
    elif file.part is not None:
        _send_part(connection, url, file)
    else:
        connection.fetch("PUT", url, file.read())


def _fetched(file: SourceFile, spool: Any) -> SourceFile:
    for left in reversed(range(TRIES)):
        spool.seek(0)
        spool.truncate()
        sha256 = hashlib.sha256()
        try:
            with file.open() as answer:  # type: ignore[misc]
                while piece := answer.read(PIECE_BYTES):
                    spool.write(piece)
                    sha256.update(piece)
            break
        except CommError:
            if left == 0:
                raise
    spool.flush()
    content = memoryview(mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)) if spool.tell() else memoryview(b"")
    return SourceFile(file.name, lambda: content, part=FilePart(spool, 0, content), digests=Digests(sha256.digest()))


def _send_part(connection: Connection, url: str, file: SourceFile) -> None:
    """A server that answers with the digest has held what came against it; otherwise it is done here."""
    assert file.part is not None
    try:
        _, told = connection.send("PUT", url, file.part, **file.digests.field())
    except Error:
        file.check()
        raise
    if told.sha256 != file.digests.sha256:
        file.check()


class Artifacts:
    """Of one project. The ids that its versions have there are remembered by the numbers that they had."""

    def __init__(self, connection: Connection, where: dict[str, str], send_all: Any):
        self._connection, self._where, self._send_all = connection, where, send_all
        self._place = {"entityName": where["entity"], "projectName": where["project"]}
        self._ids: dict[tuple[str, int], str] = {}

    def take(self, artifact: Artifact) -> tuple[bool, dict[str, Any]]:
        """True when it was not there, and what the server says of it."""
        facts = artifact.facts
        aliases = [{"artifactCollectionName": facts["name"], "alias": alias} for alias in facts["aliases"] if not _MADE_BY_SERVERS.fullmatch(alias)]
        who = {**self._place, "runName": facts["runName"]}
        # The same names for the same version each time: what is there already is found again.
        client = hashlib.sha256(f"{facts['name']}:{facts['versionIndex']}:{facts['digest']}".encode()).hexdigest()[:32]
        sequence = hashlib.sha256(f"{self._where}{facts['name']}".encode()).hexdigest()[:32]
        made = self._connection.graphql(_CREATE, input={
            **who, "artifactTypeName": facts["type"], "artifactCollectionName": facts["name"], "digest": facts["digest"],
            "digestAlgorithm": "MANIFEST_MD5", "description": facts["description"], "metadata": facts["metadata"], "clientID": client,
            "sequenceClientID": sequence, "enableDigestDeduplication": True, "aliases": aliases, "historyStep": facts.get("historyStep"),
            "tags": [{"tagName": tag} for tag in facts.get("tags", [])],
        })["createArtifact"]["artifact"]  # fmt: skip
        self._ids[facts["name"], facts["versionIndex"]] = made["id"]
        if made["state"] == "COMMITTED":
            for _ in self._send_all(SourceFile.check, artifact.files):
                pass
            return False, self._update(made["id"], facts, aliases)
        self._upload(artifact, made["id"], who)
        return True, self._update(made["id"], facts, aliases)

    def _upload(self, artifact: Artifact, id: str, who: dict[str, Any]) -> None:
        manifest = self._connection.graphql(_CREATE_MANIFEST, input={
            **who, "artifactID": id, "name": "wandb_manifest.json", "digest": md5_of(artifact.manifest), "type": "FULL",
        })["createArtifactManifest"]["artifactManifest"]  # fmt: skip
        for _ in self._send_all(lambda file: self._send_file(file, id, manifest["id"]), artifact.files):
            pass
        self._connection.fetch("PUT", manifest["file"]["uploadUrl"], artifact.manifest)
        self._connection.graphql(_COMMIT, id=id)

    def _send_file(self, file: SourceFile, artifact: str, manifest: str) -> None:
        node = self._connection.graphql(_CREATE_FILES, input={"storageLayout": "V2", "artifactFiles": [
            {"artifactID": artifact, "name": file.name, "md5": file.md5 or md5_of(file.read()), "artifactManifestID": manifest},
        ]})["createArtifactFiles"]["files"]["edges"][0]["node"]  # fmt: skip
        if node["uploadUrl"]:
            send_file(self._connection, node["uploadUrl"], file)
        else:
            file.check()

    def _update(self, id: str, facts: dict[str, Any], aliases: list[dict[str, str]]) -> dict[str, Any]:
        """What may change of a version that is there: its words, its aliases, its tags. The answer is what was there before."""
        there = self._connection.graphql(_READ, id=id)["artifact"]
        change: dict[str, Any] = {name: facts[name] for name in ("description", "metadata", "ttlDurationSeconds") if name in facts and facts[name] != there[name]}
        ours = {alias["alias"] for alias in aliases}
        theirs = {alias["alias"] for alias in there["aliases"] if (alias["artifactCollection"] or {}).get("name") == facts["name"]}
        if ours != {alias for alias in theirs if not _MADE_BY_SERVERS.fullmatch(alias)}:
            kept = [{"artifactCollectionName": facts["name"], "alias": alias} for alias in sorted(theirs) if alias == "latest"]
            change["aliases"] = aliases + kept
        if "tags" in facts:
            tags = {tag["name"] for tag in there["tags"]}
            change |= {"tagsToAdd": [{"tagName": tag} for tag in facts["tags"] if tag not in tags]} if set(facts["tags"]) - tags else {}
            change |= {"tagsToDelete": [{"tagName": tag} for tag in sorted(tags - set(facts["tags"]))]} if tags - set(facts["tags"]) else {}
        if change:
            self._connection.graphql(_UPDATE, input={"artifactID": id, **change})
        return {**there, "username": (there["createdBy"] or {}).get("username")}

    # ---- lineage, collections ----

    def _id_of(self, version: dict[str, Any]) -> str:
        known = self._ids.get((version["name"], version["versionIndex"]))
        if known and "project" not in version:
            return known
        place = {"entity": version.get("entity", self._where["entity"]), "project": version.get("project", self._where["project"])}
        name = f"{version['name']}:v{version['versionIndex']}"
        found = (self._connection.graphql(_FIND, name=name, **place)["project"] or {}).get("artifact")
        if not found:
            raise Error(f"{place['entity']}/{place['project']}/{name} is not there")
        return str(found["id"])

    def use(self, run: str, version: dict[str, Any]) -> None:
        self._connection.graphql(_USE, input={**self._place, "runName": run, "artifactID": self._id_of(version)})

    def take_collection(self, facts: dict[str, Any]) -> None:
        """A portfolio is made by the first version that it links to."""
        for link in facts.get("versions", ()):
            aliases = [{"artifactCollectionName": facts["name"], "alias": alias} for alias in link["aliases"] if not _MADE_BY_SERVERS.fullmatch(alias)]
            asked = {**self._place, "artifactPortfolioName": facts["name"], "artifactID": self._id_of(link["version"]), "aliases": aliases}
            self._connection.graphql(_LINK, input=asked)
        there = self._connection.graphql(_COLLECTION, name=facts["name"], **self._where)["project"]["artifactCollection"]
        if there is None:
            raise Error("it has no versions that were carried")
        self._describe(facts, there)

    def _describe(self, facts: dict[str, Any], there: dict[str, Any]) -> None:
        if (facts["description"] or "") != (there["description"] or ""):
            words = {"description": facts["description"] or ""}
            if facts["isPortfolio"]:
                self._connection.graphql(_DESCRIBE_PORTFOLIO, portfolio={"artifactPortfolioID": there["id"], **words})
            else:
                self._connection.graphql(_DESCRIBE, sequence={"artifactSequenceID": there["id"], **words})
        tags = set(facts["tags"]) - {edge["node"]["name"] for edge in there["tags"]["edges"]}
        if tags:
            self._connection.graphql(_TAG, input={**self._place, "artifactCollectionName": facts["name"], "tags": [{"tagName": tag} for tag in sorted(tags)]})
