"""Links to histories as Parquet: what a client may keep for ever is never contradicted, and no link outlives its right."""

from __future__ import annotations

import io
import json
import time
from types import SimpleNamespace

import pyarrow.parquet as parquet
import pytest
import requests

from tests.support.protocol import RunUnderTest

PARQUET = """query P($entity: String!, $project: String!, $run: String!) { project(name: $project, entityName: $entity) {
    run(name: $run) { parquetHistory { parquetUrls liveData } } } }"""
DELETE = "mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }"
REWIND = """mutation R($entity: String, $run: String!, $step: Float!) { rewindRun(input: {entityName: $entity, projectName: "links",
    runName: $run, metricName: "_step", metricValue: $step}) { rewoundRun { id } } }"""

MOVE = "mutation M($input: MoveRunsInput!) { moveRuns(input: $input) { success } }"


def rows(first: int, end: int) -> list[dict]:
    return [{"_step": step, "loss": step * 0.5} for step in range(first, end)]


def answer_of(run) -> dict:
    return run.user.graphql(PARQUET, run.variables)["project"]["run"]["parquetHistory"]


def links_of(run) -> list[str]:
    """Once the ended run is sealed."""
    for _ in range(200):
        if urls := answer_of(run)["parquetUrls"]:
            return urls
        time.sleep(0.05)
    raise AssertionError("the run was never final")


def stays_live(run) -> bool:
    """After the worker, which looks each second, has sealed and compacted it: then its files would be final."""
    time.sleep(2.5)
    return answer_of(run) == {"parquetUrls": [], "liveData": [{"_step": 0}]}


def end(run) -> None:
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200


def finished(user, name: str, config: dict | None = None, count: int = 20) -> RunUnderTest:
    run = RunUnderTest(user, "links", name, config)
    run.send_rows(0, rows(0, count))
    end(run)
    return run


def read(urls: list[str]) -> list[dict]:
    """As the official client does: without credentials."""
    tables = [parquet.read_table(io.BytesIO(requests.get(url, timeout=30).content)) for url in urls]
    return [row for table in tables for row in table.to_pylist()]


def fork_of(user, parent: str, step: int, name: str) -> RunUnderTest:
    return RunUnderTest(user, "links", name, {"_wandb": {"value": {"branch_point": {"run_id": parent, "step": step}}}})


def test_finished_run__is_in_its_files(user):
    run = finished(user, "run")
    assert read(links_of(run)) == rows(0, 20)
    assert answer_of(run)["liveData"] == []


def test_running_run__is_answered_live(user):
    run = RunUnderTest(user, "links", "run")
    run.send_rows(0, rows(3, 9))
    assert answer_of(run) == {"parquetUrls": [], "liveData": [{"_step": 3}]}


def test_rows_that_come_after_the_end__are_in_the_files_too(user):
    run = finished(user, "run")
    run.send_rows(20, rows(20, 30))
    assert answer_of(run)["parquetUrls"] == []
    end(run)
    assert read(links_of(run)) == rows(0, 30)


# ---- what a client has kept is never contradicted ----


def rewind_it(run):
    run.user.graphql(REWIND, {"entity": run.user.name, "run": run.name, "step": 9})


def go_on(run):
    run.send_rows(20, rows(20, 30))


def write_a_sealed_line_again(run):
    run.send_rows(7, [{"_step": 7, "loss": -1.0}])


@pytest.mark.parametrize("change", [rewind_it, go_on, write_a_sealed_line_again])
def test_history_that_changed_after_it_was_handed_out__is_live_for_good(user, change):
    run = finished(user, "run")
    assert len(links_of(run)) == 1
    change(run)
    end(run)
    assert stays_live(run)


def test_name_that_was_used_before__gets_no_files(user):
    first = finished(user, "run")
    links_of(first)
    user.graphql(DELETE, {"id": first.id})
    again = finished(user, "run", count=5)
    assert stays_live(again)


# ---- forks ----


def test_fork_at_its_parents_end__shares_the_files_and_keeps_them(user):
    parent = finished(user, "parent")
    parent_links = links_of(parent)
    child = fork_of(user, "parent", 19, "child")
    child.send_rows(20, rows(20, 25))
    end(child)
    child_links = links_of(child)
    assert read(child_links) == rows(0, 25)
    assert [url.split("?")[0] for url in child_links[:1]] == [url.split("?")[0] for url in parent_links]
    user.graphql(DELETE, {"id": parent.id})
    assert read(child_links) == rows(0, 25)
    assert read(links_of(child)) == rows(0, 25)
    user.graphql(DELETE, {"id": child.id})
    assert [requests.get(url, timeout=30).status_code for url in child_links] == [404, 404]


def test_fork_in_the_middle__is_live_because_its_files_hold_more_than_it(user):
    parent = finished(user, "parent")
    links_of(parent)
    child = fork_of(user, "parent", 9, "child")
    child.send_rows(10, rows(20, 22))
    end(child)
    assert stays_live(child)
    expected = [*range(10), 20, 21]
    assert [row["_step"] for row in child.read()["rows"]] == expected
    user.graphql(DELETE, {"id": parent.id})
    assert [row["_step"] for row in child.read()["rows"]] == expected


# ---- rights ----


def test_link__is_dead_when_its_run_is(user):
    run = finished(user, "run")
    (url,) = links_of(run)
    assert requests.get(url, timeout=30).ok
    user.graphql(DELETE, {"id": run.id})
    assert requests.get(url, timeout=30).status_code == 404


def test_link__is_dead_when_the_right_to_its_run_is(server, user, make_user):
    team, member = f"{user.name}-team", make_user()
    assert server.run_cli("team", "add", team, "--admin", user.name).returncode == 0
    assert server.run_cli("team", "member", team, member.name, "--role", "member").returncode == 0
    run = finished(SimpleNamespace(name=team, server=server, key=member.key, graphql=member.graphql), "run")
    (url,) = links_of(run)
    assert requests.get(url, timeout=30).ok
    user.graphql(MOVE, {"input": {"ids": [run.id], "filters": "{}", "sourceEntityName": team, "sourceProjectName": "links",
                                  "destinationEntityName": user.name, "destinationProjectName": "mine"}})
    assert requests.get(url, timeout=30).status_code == 404


def test_link__names_one_file_only(user, make_user):
    other = finished(make_user(), "run")
    (theirs,), (ours,) = links_of(other), links_of(finished(user, "run"))
    path, signature = theirs.split("?")[0], ours.split("?")[1]
    assert requests.get(f"{path}?{signature}", timeout=30).status_code == 403
    assert requests.get(path, timeout=30).status_code == 403


def test_link__answers_ranges_as_parquet_readers_ask(user):
    (url,) = links_of(finished(user, "run"))
    whole = requests.get(url, timeout=30).content
    assert whole[:4] == whole[-4:] == b"PAR1"
    tail = requests.get(url, headers={"Range": "bytes=-8"}, timeout=30)
    assert (tail.status_code, tail.content) == (206, whole[-8:])
    beyond = requests.get(url, headers={"Range": f"bytes={len(whole)}-"}, timeout=30)
    assert beyond.status_code == 416


# ---- bad lines (rule 9) ----


def test_lines_that_are_no_rows__never_end_a_stream(user):
    run = RunUnderTest(user, "links", "run")
    for at, line in enumerate(["", "null", "[1]", '{"_step":"x"}', '{"a":', '{"a":1}}', "{" * 50, '"\\ud800"']):
        assert run.post({"files": {"wandb-history.jsonl": {"offset": at, "content": [line]}}}).status_code == 200
    run.send_rows(8, [{"_step": 8, "a": 1}])
    assert [json.loads(row)["_step"] for row in run.read()["history"]] == [8]
