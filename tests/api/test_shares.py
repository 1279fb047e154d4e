"""Links that show a report, or runs, to whoever has them: what they show, to whom, and what they are no good for."""

from __future__ import annotations

import json

import pytest

from tests.support.protocol import UPSERT as RUN
from tests.support.server import GraphQLError

SAVE = """mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }"""
CREATE = """mutation createAccessToken($viewId: ID!, $projects: [ProjectSpecifier!]!) {
    createAccessToken(input: {viewId: $viewId, projects: $projects}) { accessToken { token type } } }"""
UPDATE = """mutation updateAccessTokenProjects($token: String!, $projects: [ProjectSpecifier!]!) {
    updateAccessTokenProjects(input: {token: $token, projects: $projects}) { success } }"""
REVOKE = "mutation revokeAccessToken($token: String!) { revokeAccessToken(input: {token: $token}) { success } }"
TOKENS = """query($id: ID!) { view(id: $id) { accessTokens { token type revokedAt expiresAt projects { entityName name } } } }"""
SPEC = json.dumps({"blocks": [{"type": "paragraph", "children": [{"text": "what was seen"}]}]})
LINKS_OF_A_REPORT = 10


def log(user, entity: str, project: str, run: str, **config) -> None:
    user.graphql(RUN, {"entity": entity, "project": project, "name": run, "config": json.dumps(config)})
    path = f"/files/{entity}/{project}/{run}/file_stream"
    lines = [json.dumps({"_step": step, "loss": 1.0 / (step + 1)}) for step in range(3)]
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}}
    assert user.server.request("POST", path, key=user.key, json=body).status_code == 200


def save(user, entity: str, kind: str = "runs") -> str:
    values = {"entityName": entity, "projectName": "p", "name": "n", "displayName": "Seen", "spec": SPEC, "type": kind}
    return user.graphql(SAVE, {"input": values})["upsertView"]["view"]["id"]


def specify(*places: tuple[str, str]) -> list[dict]:
    return [{"entityName": entity, "projectName": project} for entity, project in places]


def make(user, view: str, *places: tuple[str, str]) -> str:
    made = user.graphql(CREATE, {"viewId": view, "projects": specify(*places)})["createAccessToken"]["accessToken"]
    assert made["type"] == "PUBLIC"
    return made["token"]


def refusal(user, query: str, **variables) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        user.graphql(query, variables)
    return caught.value


def look(server, token: str):
    return server.request("GET", f"/api/shared/{token}", key=None)


def runs_of(server, token: str, entity: str, project: str, **more):
    return server.request("POST", f"/api/shared/{token}/runs", key=None, json={"entity": entity, "project": project, **more})


def series_of(server, token: str, entity: str, project: str, *runs: str):
    body = {"entity": entity, "project": project, "runs": runs, "keys": ["loss"], "buckets": 10}
    return server.request("POST", f"/api/shared/{token}/buckets", key=None, json=body)


def series_count(answer) -> int:
    assert answer.status_code == 200, answer.text
    return int.from_bytes(answer.content[8:12], "little")


@pytest.fixture
def team(server, make_user):
    """A team's admin, two members and a viewer; its projects p, with a report, and q."""
    people = {role: make_user() for role in ("admin", "author", "other", "viewer")}
    name = people["name"] = f"share-{people['admin'].name}"
    assert server.run_cli("team", "add", name, "--admin", people["admin"].name).returncode == 0
    for role in ("author", "other", "viewer"):
        rank = "viewer" if role == "viewer" else "member"
        assert server.run_cli("team", "member", name, people[role].name, "--role", rank).returncode == 0
    log(people["admin"], name, "p", "one", lr=0.1)
    log(people["admin"], name, "p", "two", lr=0.2)
    log(people["admin"], name, "q", "three", lr=0.3)
    people["report"] = save(people["author"], name)
    return people


# --- what a link shows -----------------------------------------------------------------------------


def test_a_report_is_shown_to_a_stranger_with_the_runs_of_its_projects(server, team):
    name, token = team["name"], make(team["author"], team["report"], (team["name"], "p"), (team["name"], "q"))
    shown = look(server, token)
    assert shown.status_code == 200 and shown.headers["Cache-Control"] == "no-store"
    answer = shown.json()
    assert (answer["report"]["displayName"], answer["report"]["spec"], answer["runs"]) == ("Seen", SPEC, [])
    assert answer["projects"] == [{"entityName": name, "name": "p"}, {"entityName": name, "name": "q"}]

    page = runs_of(server, token, name, "p", order="+config.lr", first=1).json()
    assert [run["name"] for run in page["runs"]] == ["one"] and page["totalCount"] == 2
    rest = runs_of(server, token, name, "p", order="+config.lr", first=1, after=page["endCursor"]).json()
    assert [run["name"] for run in rest["runs"]] == ["two"] and rest["endCursor"] is None
    filtered = runs_of(server, token, name, "q", filters='{"config.lr.value": {"$gt": 1}}').json()
    assert filtered == {"totalCount": 0, "endCursor": None, "runs": []}
    assert set(page["runs"][0]) == {
        "id", "name", "displayName", "state", "group", "jobType", "createdAt", "heartbeatAt", "config", "summaryMetrics",
        "historyLineCount", "historyKeys",
    }  # fmt: skip
    assert series_count(series_of(server, token, name, "p", "one", "two")) == 2
    assert series_count(series_of(server, token, name, "q", "three")) == 1


def test_the_address_of_the_official_package_leads_to_the_page(server, team):
    token = make(team["author"], team["report"])
    page = f"/{team['name']}/p/reports/Seen--{team['report']}?accessToken="
    sent = server.request("GET", page + token, key=None, allow_redirects=False)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/shared/{token}")
    wrong = server.request("GET", page + "0" * 48, key=None, allow_redirects=False)
    assert wrong.status_code == 200 and "Location" not in wrong.headers


def test_a_link_is_told_again_to_those_who_may_make_one(team):
    token = make(team["author"], team["report"], (team["name"], "q"))
    seen = team["other"].graphql(TOKENS, {"id": team["report"]})["view"]["accessTokens"]
    assert [(each["token"], each["type"], each["revokedAt"]) for each in seen] == [(token, "PUBLIC", None)]
    assert seen[0]["projects"] == [{"entityName": team["name"], "name": "p"}, {"entityName": team["name"], "name": "q"}]
    assert team["viewer"].graphql(TOKENS, {"id": team["report"]})["view"]["accessTokens"] == []


def test_the_list_of_links_names_the_report_and_no_token(server, team):
    token = make(team["author"], team["report"])
    listed = server.request("GET", f"/api/shares/{team['name']}/p", key=team["other"].key)
    assert [(each["report"], each["runCount"], each["username"]) for each in listed.json()] == [(team["report"], 0, team["author"].name)]
    assert token not in listed.text
    assert server.request("DELETE", f"/api/shares/{listed.json()[0]['id']}", key=team["other"].key).status_code == 204
    assert look(server, token).status_code == 404


# --- what it does not show -------------------------------------------------------------------------


def test_another_projects_data_is_not_there(server, team):
    name, token = team["name"], make(team["author"], team["report"])
    assert look(server, token).json()["projects"] == [{"entityName": name, "name": "p"}]
    for project in ("q", "nobody-knows-it"):
        assert runs_of(server, token, name, project).status_code == 404
        assert series_of(server, token, name, project, "three").status_code == 404
    told = {runs_of(server, token, name, project).text.partition("request")[0] for project in ("q", "nobody-knows-it")}
    assert len(told) == 1, "what exists answers as what does not"
    assert series_count(series_of(server, token, name, "p", "three")) == 0
    assert team["author"].graphql(UPDATE, {"token": token, "projects": specify((name, "q"))})["updateAccessTokenProjects"]["success"]
    assert series_count(series_of(server, token, name, "q", "three")) == 1


def test_nobody_shares_what_he_may_not_write_to(team, user):
    log(user, user.name, "own", "r")
    assert refusal(team["author"], CREATE, viewId=team["report"], projects=specify((user.name, "own"))).code == "NOT_FOUND"
    assert refusal(team["viewer"], CREATE, viewId=team["report"], projects=[]).code == "FORBIDDEN"
    assert refusal(user, CREATE, viewId=team["report"], projects=[]).code == "NOT_FOUND"
    token = make(team["author"], team["report"])
    for someone in (user, team["viewer"]):
        assert refusal(someone, UPDATE, token=token, projects=[]).code in ("NOT_FOUND", "FORBIDDEN")
        assert refusal(someone, REVOKE, token=token).code in ("NOT_FOUND", "FORBIDDEN")
    assert refusal(team["author"], UPDATE, token=token, projects=specify((user.name, "own"))).code == "NOT_FOUND"


def test_a_link_ends_with_its_makers_right(server, team):
    token = make(team["author"], team["report"])
    assert look(server, token).status_code == 200
    demoted = server.run_cli("team", "member", team["name"], team["author"].name, "--role", "viewer")
    assert demoted.returncode == 0 and look(server, token).status_code == 404
    assert team["other"].graphql(UPDATE, {"token": token, "projects": []})["updateAccessTokenProjects"]["success"]
    assert look(server, token).status_code == 200, "who changes it vouches for it"


def test_a_link_ends_when_it_is_revoked_or_the_report_is_deleted(server, team):
    name, view = team["name"], team["report"]
    first, second = make(team["author"], view), make(team["author"], view)
    assert team["other"].graphql(REVOKE, {"token": first})["revokeAccessToken"]["success"]
    for answer in (look(server, first), runs_of(server, first, name, "p"), series_of(server, first, name, "p", "one")):
        assert answer.status_code == 404
    assert refusal(team["other"], REVOKE, token=first).code == "NOT_FOUND"
    assert [each["token"] for each in team["author"].graphql(TOKENS, {"id": view})["view"]["accessTokens"]] == [second]
    team["author"].graphql("mutation($id: ID!) { deleteView(input: {id: $id}) { success } }", {"id": view})
    for answer in (look(server, second), runs_of(server, second, name, "p"), series_of(server, second, name, "p", "one")):
        assert answer.status_code == 404


def test_a_link_shows_nothing_while_its_report_is_private(server, team):
    token, hide = make(team["author"], team["report"]), "mutation($i: UpsertViewInput!) { upsertView(input: $i) { view { id } } }"
    for is_private, status in ((True, 404), (False, 200)):
        team["author"].graphql(hide, {"i": {"id": team["report"], "private": is_private}})
        assert look(server, token).status_code == status


def test_drafts_and_workspaces_are_not_shared(team):
    for kind in ("runs/draft", "project-view"):
        view = save(team["author"], team["name"], kind)
        assert "not drafts" in str(refusal(team["author"], CREATE, viewId=view, projects=[]))


def test_there_is_an_end_to_links_and_projects(team):
    many = specify(*((team["name"], f"p{i}") for i in range(101)))
    assert "at most 100 projects" in str(refusal(team["author"], CREATE, viewId=team["report"], projects=many))
    for _ in range(LINKS_OF_A_REPORT):
        make(team["author"], team["report"])
    assert refusal(team["author"], CREATE, viewId=team["report"], projects=[]).code == "CONFLICT"


# --- what it is no good for ------------------------------------------------------------------------


def test_a_token_is_no_key(server, team):
    token, name = make(team["author"], team["report"], (team["name"], "p")), team["name"]
    query = {"query": "query($e: String) { project(name: \"p\", entityName: $e) { id } }", "variables": {"e": name}}
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"barograph_session={token}"}, {"X-Access-Token": token}):
        for path in ("/graphql", f"/graphql?accessToken={token}"):
            answer = server.request("POST", path, key=None, json=query, headers=headers)
            assert answer.status_code == 401 or answer.json().get("data", {}).get("project") is None
    for path in (f"/files/{name}/p/one/config.yaml", f"/api/shares/{name}/p", f"/api/runs/{name}/p/one/receipt"):
        assert server.request("GET", f"{path}?accessToken={token}", key=None).status_code == 401
    body = {"entity": name, "project": "p", "runs": ["one"], "keys": ["loss"]}
    assert server.request("POST", f"/api/history/buckets?accessToken={token}", key=None, json=body).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_by_a_link(server, team, method):
    token = make(team["author"], team["report"])
    assert server.request(method, f"/api/shared/{token}", key=None, json={}).status_code in (404, 405)
    if method != "POST":
        assert server.request(method, f"/api/shared/{token}/runs", key=None, json={}).status_code in (404, 405)
    assert look(server, token).status_code == 200


def test_what_is_asked_for_wrongly_is_refused(server, team):
    name, token = team["name"], make(team["author"], team["report"])
    assert runs_of(server, token, name, "p", first=501).status_code == 400
    assert runs_of(server, token, name, "p", filters="{").status_code == 400
    assert server.request("POST", f"/api/shared/{token}/runs", key=None, data=b"x" * (65 << 10)).status_code == 413
    body = {"entity": name, "project": "p", "runs": ["one"]}
    of_runs = server.request("POST", "/api/shares", key=team["author"].key, json=body).json()["token"]
    assert runs_of(server, of_runs, name, "p").status_code == 404
    assert refusal(team["author"], REVOKE, token=of_runs).code == "NOT_FOUND"


@pytest.mark.parametrize("word", ["notes", "description", "host", "program", "repo", "commit", "inputArtifacts", "outputArtifacts"])
def test_what_a_link_does_not_show_cannot_be_asked_for(server, team, word):
    link = make(team["author"], save(team["author"], team["name"]))
    shown = runs_of(server, link, team["name"], "p", order="-config.lr", filters=json.dumps({"tags": None}), first=1)
    assert shown.status_code == 200 and shown.json()["endCursor"] is not None
    for question in ({"order": f"+{word}"}, {"filters": json.dumps({"$or": [{"name": "one"}, {word: {"$regex": "^a"}}]})}):
        answer = runs_of(server, link, team["name"], "p", first=1, **question)
        assert answer.status_code == 400 and "cannot be chosen by" in answer.text, answer.text


def test_a_link_tells_nothing_of_the_machine_nor_of_who_sat_at_it(server, team):
    told = {"cli_version": "0.31.0", "m": [{"1": "loss"}], "visualize": {"c": {"panel_type": "Vega2"}}}
    machine = {"w1": {"email": "alice@example.org", "host": "box", "args": ["--token", "secret"], "git": {"remote": "r"}}}
    config = {"lr": {"value": 0.5}, "_wandb": {"value": {**told, "e": machine, "code_path": "code/a.py"}}, 'quo"te': {"value": 1}}
    log(team["admin"], team["name"], "p", "three", **config)
    report = make(team["author"], save(team["author"], team["name"]))
    brief = server.request("GET", f"/{team['name']}/p/runs/three?jupyter=true", key=team["viewer"].key, allow_redirects=False)
    named = {"entity": team["name"], "project": "p", "runs": ["three"], "days": 1}
    made = server.request("POST", "/api/shares", key=team["author"].key, json=named).json()["token"]
    shown = [runs_of(server, report, team["name"], "p", filters=json.dumps({"name": "three"})), look(server, made),
             look(server, brief.headers["Location"].removeprefix("/shared/").removesuffix("?jupyter=true"))]  # fmt: skip
    for answer in shown:
        assert json.loads(answer.json()["runs"][0]["config"]) == {**config, "_wandb": {"value": told}}
    for question in ({"order": "+config._wandb.value.e.w1.email"}, {"filters": json.dumps({"config._wandb.e.w1.host": "box"})}):
        assert runs_of(server, report, team["name"], "p", **question).status_code == 400


def test_each_change_leaves_a_row(server, team):
    token = make(team["author"], team["report"])
    team["other"].graphql(UPDATE, {"token": token, "projects": []})
    team["other"].graphql(REVOKE, {"token": token})
    listed = server.run_cli("audit", "list", "--action", "share.").stdout
    for action, person in (("share.create", "author"), ("share.change", "other"), ("share.revoke", "other")):
        assert any(action in line and team[person].name in line for line in listed.splitlines())


# --- brief links, for frames -----------------------------------------------------------------------


def test_a_brief_link_is_good_for_its_run_only(server, user):
    import requests

    log(user, user.name, "p", "one")
    log(user, user.name, "p", "two")
    session = requests.Session()
    assert session.post(server.base_url + "/api/session", json={"key": user.key}, timeout=60).ok
    path = f"{server.base_url}/{user.name}/p/runs/one?jupyter=true"
    sent = session.get(path, headers={"Sec-Fetch-Dest": "iframe"}, allow_redirects=False, timeout=60)
    token = sent.headers["Location"].removeprefix("/shared/").partition("?")[0]
    assert [run["name"] for run in look(server, token).json()["runs"]] == ["one"]
    assert series_count(series_of(server, token, user.name, "p", "one", "two")) == 1
    number, _, signature = token.partition(".")
    for other in (f"{int(number) + 1}.{signature}", f"{number}.{signature[:-1]}0x", f"{number}.", f".{signature}", f"x.{signature}"):
        assert look(server, other).status_code == 404
    assert server.request("GET", f"/api/shares/{user.name}/p", key=user.key).json() == [], "it is nowhere kept"
    assert session.delete(server.base_url + "/api/session", headers={"Origin": server.base_url}, timeout=60).ok
    assert look(server, token).status_code == 404, "it ends with the login"
