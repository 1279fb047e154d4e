"""What large answers take of the server's memory: a piece at a time, whatever is asked for, and a word where that cannot be."""

from __future__ import annotations

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest

ROWS, KEYS, BATCH = 300_000, 8, 50_000
VALUE_BYTES = 8
TABLE_MAX_BYTES = 128 << 20
HISTORY = "/api/history/columns"


def peak_bytes(server) -> int:
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def forget_peak(server) -> int:
    """The peak is what is resident now, from here on."""
    with open(f"/proc/{server.process.pid}/clear_refs", "w") as file:
        file.write("5")
    return peak_bytes(server)


@pytest.fixture(scope="module")
def long_run(server) -> RunUnderTest:
    run = RunUnderTest(User(server, "longmemory"), "p", "long")
    keys = "".join(f',"k{key}":{key}.%d' for key in range(KEYS))
    for first in range(0, ROWS, BATCH):
        lines = [f'{{"_step":{step}{keys % ((step % 97,) * KEYS)}}}' for step in range(first, first + BATCH)]
        run.send("wandb-history.jsonl", first, lines)
    return run


def page_faults(server) -> int:
    with open(f"/proc/{server.process.pid}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[7])


def ask(of: RunUnderTest, route: str, **more):
    body = {"entity": of.user.name, "project": of.project, **more}
    return of.server.request("POST", route, key=of.user.key, json=body, stream=True)


def size_of(answer) -> int:
    assert answer.status_code == 200, answer.text
    return sum(len(piece) for piece in answer.iter_content(1 << 16))


def growth(server, do) -> tuple[int, object]:
    before = forget_peak(server)
    result = do()
    return peak_bytes(server) - before, result


def test_a_whole_history_is_made_while_it_is_sent(long_run):
    # The first try that is not disturbed: the server merges what has just arrived. Made whole, an answer takes twice its size.
    for _ in range(40):
        grown, size = growth(long_run.server, lambda: size_of(ask(long_run, HISTORY, runs=[long_run.name])))
        assert size >= ROWS * (KEYS + 1) * VALUE_BYTES
        if grown < size:
            return
    pytest.fail(f"{grown} bytes for an answer of {size}")


CHART = """query Chart($entity: String!, $project: String!, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    sampledHistory(specs: ["{\\"keys\\":[\\"loss\\"],\\"samples\\":500}"]) } } }"""


def test_what_a_chart_took_is_kept_for_the_next(make_server):
    charts, faults_max, faults = 50, 50, []
    server = make_server()
    run = RunUnderTest(User(server, "drawer"), "p", "r")
    run.send("wandb-history.jsonl", 0, [f'{{"_step":{step},"loss":{step % 97}}}' for step in range(30_000)])
    for _ in range(20):  # the first round that is not disturbed, once all workers have had their turn
        before = page_faults(server)
        for _ in range(charts):
            run.user.graphql(CHART, run.variables)
        faults.append((page_faults(server) - before) / charts)
        if faults[-1] < faults_max:
            return
    pytest.fail(f"a chart that was drawn before takes {faults} page faults")


def test_a_table_that_is_too_large_is_not_read(server, user):
    run = RunUnderTest(user, "p", "r")
    assert run.put("media/table/t.table.json", bytes(TABLE_MAX_BYTES + 1)).status_code == 200
    asked = {"run": run.name, "path": "media/table/t.table.json"}
    grown, answer = growth(server, lambda: ask(run, "/api/tables/columns", **asked))
    assert answer.status_code == 413 and "fetch its file" in answer.text
    assert grown < TABLE_MAX_BYTES / 2


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/runs/columns", {"runs": ["r"] * 100_001}),
        (HISTORY, {"runs": ["r"] * 100_001}),
        (HISTORY, {"runs": ["r"], "keys": ["k"] * 10_001, "samples": 10}),
        (HISTORY, {"runs": ["r"], "samples": 10**9}),
    ],
)
def test_what_nobody_means_is_refused_before_it_costs(user, path, more):
    run = RunUnderTest(user, "p", "r")
    answer = ask(run, path, **more)
    assert answer.status_code == 400 and ("at most" in answer.text or "from 1 to" in answer.text), answer.text
