"""A version of an artifact in the making, step by step as the official client makes one."""

from __future__ import annotations

import base64
import hashlib
import json

import requests

from tests.conftest import User

CREATE_ARTIFACT = """mutation M($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }"""
CREATE_MANIFEST = """mutation M($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
    artifactManifest { id file { uploadUrl } } } }"""
CREATE_FILES = """mutation M($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { name uploadUrl artifact { id } } } } } }"""
COMMIT = """mutation M($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id state } } }"""


def md5_of(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


class Draft:
    """Its files are announced, its manifest is put, and it is committed."""

    def __init__(self, user: User, project: str, name: str = "data", **more):
        self.user = user
        given = {"entityName": user.name, "projectName": project, "artifactTypeName": "dataset", "artifactCollectionName": name,
                 "digest": "0" * 32, **more}
        self.id = user.graphql(CREATE_ARTIFACT, {"input": given})["createArtifact"]["artifact"]["id"]
        given = {"artifactID": self.id, "digest": "", "name": "wandb_manifest.json", "type": "FULL"}
        self.manifest = user.graphql(CREATE_MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]

    def announce(self, *files: tuple[str, bytes]) -> dict[str, str | None]:
        specs = [{"artifactID": self.id, "name": name, "md5": md5_of(content)} for name, content in files]
        edges = self.user.graphql(CREATE_FILES, {"input": {"artifactFiles": specs}})["createArtifactFiles"]["files"]["edges"]
        return {edge["node"]["name"]: edge["node"]["uploadUrl"] for edge in edges}

    def put_manifest(self, entries: dict) -> requests.Response:
        document = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": entries}
        return requests.put(self.manifest["file"]["uploadUrl"], data=json.dumps(document), timeout=60)

    def commit(self):
        return self.user.graphql(COMMIT, {"id": self.id})["commitArtifact"]["artifact"]


def entry(content: bytes) -> dict:
    return {"digest": md5_of(content), "size": len(content)}
