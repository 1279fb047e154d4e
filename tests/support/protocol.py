"""protocol.py - the few calls of the wire protocol that tests of the program itself make.

What the official client sends is tested with the official client; here are requests it never makes,
or makes only when something goes wrong.
"""

from __future__ import annotations

import json

UPSERT = """mutation UpsertBucket($name: String, $project: String, $entity: String, $config: JSONString, $tags: [String!]) {
    upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, config: $config, tags: $tags}) {
        bucket { id name state historyLineCount project { name entity { name } } } inserted } }"""

READ = """query Read($entity: String, $project: String!, $run: String!) {
    project(name: $project, entityName: $entity) { run(name: $run) {
        id name state exitcode historyLineCount logLineCount eventsLineCount config summaryMetrics
        history(minStep: 0, maxStep: 100000000, samples: 100000000) } } }"""

FILES = """mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
    createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
        runID uploadHeaders files { name uploadUrl } } }"""

LIST_FILES = """query RunFiles($entity: String!, $project: String!, $run: String!, $names: [String] = []) {
    project(name: $project, entityName: $entity) { run(name: $run) { fileCount
        files(names: $names, first: 1000) { edges { node { id name url directUrl sizeBytes md5 mimetype } } } } } }"""


class RunUnderTest:
    """One run of one user, spoken to line by line."""

    def __init__(self, user, project: str, name: str, config: dict | None = None):
        self.user, self.server, self.project, self.name = user, user.server, project, name
        variables = {"entity": user.name, "project": project, "name": name, "config": json.dumps(config or {})}
        self.answer = user.graphql(UPSERT, variables)["upsertBucket"]
        self.id = self.answer["bucket"]["id"]

    @property
    def variables(self) -> dict:
        return {"entity": self.user.name, "project": self.project, "run": self.name}

    def post(self, body, key: str | None = None, **more):
        """One file_stream request; body is JSON, or bytes as they are."""
        path = f"/files/{self.user.name}/{self.project}/{self.name}/file_stream"
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.server.request("POST", path, key=key or self.user.key, **content, **more)

    def send(self, file: str, offset: int, lines: list[str], **more):
        """Lines of one file, which must be accepted."""
        response = self.post({"files": {file: {"offset": offset, "content": lines}}, **more})
        assert response.status_code == 200, response.text
        return response.json()

    def send_rows(self, offset: int, rows: list[dict], **more):
        return self.send("wandb-history.jsonl", offset, [json.dumps(row) for row in rows], **more)

    def read(self) -> dict:
        run = self.user.graphql(READ, self.variables)["project"]["run"]
        run["rows"] = [json.loads(row) for row in run["history"]]
        return run

    def upload_urls(self, *names: str) -> dict[str, str]:
        answer = self.user.graphql(FILES, {**self.variables, "files": list(names)})["createRunFiles"]
        return {file["name"]: file["uploadUrl"] for file in answer["files"]}

    def put(self, name: str, content: bytes, **headers: str):
        return self.server.request("PUT", self.upload_urls(name)[name], key=None, data=content, headers=headers)

    def files(self, *names: str) -> dict[str, dict]:
        run = self.user.graphql(LIST_FILES, {**self.variables, "names": list(names)})["project"]["run"]
        return {edge["node"]["name"]: edge["node"] for edge in run["files"]["edges"]}
