"""What a run prints is pushed to the pages that show its log, and pages that do not read cost nothing, as docs/web-api.md has it."""

from __future__ import annotations

import json
import socket

import pytest

from tests.api.test_live_charts import chart_of
from tests.api.test_memory import forget_peak, peak_bytes
from tests.support.page import Page

QUEUE_BYTES = 256 << 10
LINES_MAX = 400


def show(user, first: int, lines: list[str], run: str = "r") -> None:
    body = {"files": {"output.log": {"offset": first, "content": lines}}}
    assert user.server.file_stream(user.name, "p", run, body, key=user.key).status_code == 200


@pytest.fixture
def run(user):
    show(user, 0, ["before"])
    return user


def ask(user, fields: str) -> dict:
    query = "query($e: String!) { project(name: \"p\", entityName: $e) { run(name: \"r\") { %s } } }" % fields
    return user.graphql(query, {"e": user.name})["project"]["run"]


def log_of(user, after: int = 1, run: str = "r") -> dict:
    return {"entity": user.name, "project": "p", "run": run, "after": after}


def open_page(user, key: str | None = None, logs: list | None = None) -> Page:
    page = Page(user.server.base_url, key or user.key)
    page.send({"watch": [{"entity": user.name, "project": "p", "run": "r"}], "logs": [log_of(user)] if logs is None else logs})
    return page


def receive_log(page: Page) -> dict:
    while (message := page.receive())["type"] != "log":
        pass
    return message


def numbers(message: dict) -> list[int]:
    return [line["number"] for line in message["lines"]]


def test_lines_are_pushed_as_they_come_and_as_they_are_written_again(run):
    pages = [open_page(run), open_page(run)]
    for page in pages:
        assert page.receive()["type"] == "watching"
    show(run, 1, ['{"ts":"2026-11-21T01:52:54.733389","level":"error","label":"rank0","content":"\\u001b[31mred"}', "plain"])
    for page in pages:
        message = receive_log(page)
        assert (message["after"], message["change"], message["isMore"]) == (1, 3, False)
        structured, plain = message["lines"]
        assert structured == {
            "stream": "", "number": 1, "timestamp": "2026-11-21T01:52:54.733389", "level": "error", "label": "rank0", "line": "\x1b[31mred",
        }
        assert (plain["number"], plain["line"], plain["label"]) == (2, "plain", None)
    show(run, 0, ["rewritten"])
    for page in pages:
        message = receive_log(page)
        assert (message["after"], message["change"]) == (3, 4)
        assert [(line["number"], line["line"]) for line in message["lines"]] == [(0, "rewritten")]


def test_a_page_gets_what_came_between_its_own_reading_and_its_word(run):
    known = ask(run, "logChange logStreams { name label lineCount }")
    assert known == {"logChange": 1, "logStreams": [{"name": "", "label": None, "lineCount": 1}]}
    show(run, 1, ["between"])
    message = receive_log(open_page(run, logs=[log_of(run, known["logChange"])]))
    assert (numbers(message), message["isMore"]) == ([1], False)


def test_of_many_lines_the_newest_are_pushed_and_the_page_hears_of_more(run):
    show(run, 1, [f"line {i}" for i in range(1, 3000)])
    message = receive_log(open_page(run))
    assert (message["isMore"], message["change"], len(message["lines"])) == (True, 3000, LINES_MAX)
    assert numbers(message) == list(range(2600, 3000))


@pytest.mark.parametrize("line", ["x" * 100_000, "\x1b" * 15_000])
def test_of_long_lines_as_many_are_pushed_as_fit(run, line):
    """Of the second, each byte is six on the way."""
    page = open_page(run)
    show(run, 1, [line] * 20)
    message = receive_log(page)
    assert (message["isMore"], message["change"]) == (True, 21)
    assert numbers(message) == list(range(21 - len(message["lines"]), 21))
    assert len(json.dumps(message)) < QUEUE_BYTES
    show(run, 21, ["short"])
    assert numbers(receive_log(page)) == [21]


def test_a_log_goes_on_when_it_is_named_again_and_ends_when_it_is_not(run):
    page = open_page(run)
    show(run, 1, ["one"])
    assert numbers(receive_log(page)) == [1]
    page.send({"watch": [{"entity": run.name, "project": "p"}], "logs": [log_of(run)]})
    show(run, 2, ["two"])
    assert numbers(receive_log(page)) == [2]
    page.send({"watch": [{"entity": run.name, "project": "p"}]})
    while page.receive()["type"] != "watching":
        pass
    show(run, 3, ["three"])
    assert page.receive()["type"] == "runs"


def test_writers_of_a_shared_run_are_told_apart(run):
    for writer in ("a", "b"):
        body = {"files": {"output.log": {"offset": 0, "content": [json.dumps({"label": f"rank {writer}", "content": f"of {writer}"})]}}}
        headers = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-ASYNC-CLIENT-ID": writer}
        assert run.server.file_stream(run.name, "p", "r", body, key=run.key, headers=headers).status_code == 200
    message = receive_log(open_page(run))
    assert [(line["stream"], line["number"], line["line"]) for line in message["lines"]] == [("a", 0, "of a"), ("b", 0, "of b")]
    streams = ask(run, "logLineCount logStreams { name label lineCount }")
    assert streams["logLineCount"] == 3
    assert [s["label"] for s in streams["logStreams"]] == [None, "rank a", "rank b"]


def test_strangers_are_pushed_nothing(run, make_user):
    page = open_page(run, key=make_user().key)
    assert page.receive()["watching"] == [False]
    mine = open_page(run)
    show(run, 1, ["secret"])
    receive_log(mine)
    page.send({"watch": [], "logs": [log_of(run, 0)]})
    assert page.receive() == {"type": "watching", "watching": [], "charts": []}


def test_what_is_wrong_ends_the_connection(run):
    page = open_page(run, logs=[{"entity": run.name, "project": "p", "run": "r"}])
    with pytest.raises(AssertionError, match="closed the page"):
        page.receive()


def test_pages_that_never_read_are_told_less_often_and_cost_the_server_no_more(run):
    """Points and lines stream to pages that read nothing. What is kept for each is one queue, a page that reads hears of all of
    it at once, and one that begins to read goes on where it was, with fewer words."""
    wanted = {"watch": [{"entity": run.name, "project": "p"}], "logs": [log_of(run)], "charts": [chart_of(run, start=-1)]}
    slow = [Page(run.server.base_url, run.key) for _ in range(10)]
    quick = Page(run.server.base_url, run.key)
    for page in slow:  # the system holds some for it too
        page.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 << 10)
    for page in (*slow, quick):
        page.send(wanted)
    assert quick.receive()["charts"] == [1]
    before = forget_peak(run.server)
    rounds, lines, text = 80, 100, "x" * 600
    for i in range(rounds):
        rows = [json.dumps({"_step": i * lines + k, "loss": (i * 7919 + k) / 3}) for k in range(lines)]
        files = {"wandb-history.jsonl": {"offset": i * lines, "content": rows}, "output.log": {"offset": 1 + i * lines, "content": [text] * lines}}
        assert run.server.file_stream(run.name, "p", "r", {"files": files}, key=run.key).status_code == 200
        assert numbers(receive_log(quick))[-1] == (i + 1) * lines
    assert peak_bytes(run.server) - before < len(slow) * 2 * QUEUE_BYTES + (32 << 20)

    heard, words = 1, 0
    while heard < rounds * lines + 1:
        message = receive_log(slow[0])
        assert message["after"] == heard, "the server knows what the page was told"
        heard, words = message["change"], words + 1
    assert numbers(message)[-1] == rounds * lines
    assert words < rounds, "its queue was never full"
