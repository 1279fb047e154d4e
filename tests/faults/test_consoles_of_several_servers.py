"""What a run prints arrives at two servers over one PostgreSQL at once: every line is there once, and pages at both hear of each."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tests.faults.test_several_servers import KEY, database, start_one  # noqa: F401  (fixtures)
from tests.support.page import Page
from tests.support.protocol import RunUnderTest

COUNT, LINES, WRITERS = 100, 2, ("", "one", "two")


class Administrator:
    name, key = "admin", KEY

    def __init__(self, server):
        self.server = server

    def graphql(self, query: str, variables: dict | None = None) -> dict:
        return self.server.graphql(query, variables, key=KEY)


@pytest.fixture
def runs(start_one):  # noqa: F811
    """One run, as each of the servers knows it."""
    return [RunUnderTest(Administrator(start_one(number)), "p", "r") for number in range(2)]


def write(run: RunUnderTest, writer: str, together: threading.Barrier | None, failures: list) -> None:
    headers = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-ASYNC-CLIENT-ID": writer} if writer else {}
    try:
        for first in range(0, COUNT, LINES):
            if together:
                together.wait(60)
            lines = [f"{writer}-{number}" for number in range(first, first + LINES)]
            answer = run.post({"files": {"output.log": {"offset": first, "content": lines}}}, headers=headers)
            assert answer.status_code == 200, answer.text
    except BaseException as failure:  # told by the test
        failures.append(failure)
        if together:
            together.abort()


class Reader(threading.Thread):
    """A page that shows the log: pushes follow each other without a gap."""

    def __init__(self, server, expected: set):
        super().__init__()
        self.page, self.expected, self.seen, self.failure = Page(server.base_url, KEY), expected, set(), None
        where = {"entity": "admin", "project": "p", "run": "r"}
        self.page.socket.settimeout(120)
        self.page.send({"watch": [where], "logs": [{**where, "after": 0}]})

    def run(self):
        try:
            change = 0
            while self.seen != self.expected:
                message = self.page.receive()
                if message["type"] != "log":
                    continue
                assert message["after"] == change and message["change"] > change and not message["isMore"], message
                change = message["change"]
                self.seen |= {(line["stream"], line["number"], line["line"]) for line in message["lines"]}
        except BaseException as failure:  # told by the test
            self.failure = failure


def test_lines_of_one_run_at_two_servers__are_there_once_and_seen_live_at_both(runs, database):  # noqa: F811
    """Two writers have a server each; what the third says comes to both at the same moment, as from a client that gave the first up."""
    expected = {(writer, number, f"{writer}-{number}") for writer in WRITERS for number in range(COUNT)}
    readers = [Reader(run.server, expected) for run in runs]
    together, failures = threading.Barrier(2), []
    pairs = [(runs[0], "", together), (runs[1], "", together), (runs[0], "one", None), (runs[1], "two", None)]
    writers = [threading.Thread(target=write, args=(*pair, failures)) for pair in pairs]
    for thread in (*readers, *writers):
        thread.start()
    for thread in (*writers, *readers):
        thread.join()
    assert failures == [] and [reader.failure for reader in readers] == [None, None]
    with psycopg.connect(database) as connection:
        rows = connection.execute("select stream, number, line, change from console_lines").fetchall()
    assert {(stream, number, line) for stream, number, line, _ in rows} == expected and len(rows) == len(expected)
    assert len({change for *_, change in rows}) == len(rows), "no two have one number: who asks for what came after it misses none"
