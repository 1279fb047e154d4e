"""What is new of charts is pushed to the pages that draw them, as docs/web-api.md has it."""

from __future__ import annotations

import json
import struct

import pytest

from tests.support.page import Page

FIRST_ROWS = 3


def log(user, first: int, values: list[float], run: str = "r") -> None:
    rows = [json.dumps({"_step": first + i, "loss": value}) for i, value in enumerate(values)]
    body = {"files": {"wandb-history.jsonl": {"offset": first, "content": rows}}}
    assert user.server.file_stream(user.name, "p", run, body, key=user.key).status_code == 200


@pytest.fixture
def run(user):
    log(user, 0, [0.5] * FIRST_ROWS)
    return user


def chart_of(user, chart: int = 1, start: float = FIRST_ROWS - 1, width: float = 0, **more) -> dict:
    lists = {"runs": ["nobody", "r"], "keys": ["loss", "other"], "series": [[1, 0, start, width], [1, 1, 0, 0]]}
    return {"id": chart, "entity": user.name, "project": "p", "x": "_step", "point": "last", "log": False, "buckets": 16, **lists, **more}


def open_page(user, key: str | None = None, charts: list | None = None) -> Page:
    page = Page(user.server.base_url, key or user.key)
    page.send({"watch": [{"entity": user.name, "project": "p"}], "charts": [chart_of(user)] if charts is None else charts})
    return page


def read_push(push: bytes):
    """The chart, its rows (run, key, lines, start), and the points of the first series: few of them are doubles."""
    magic, version, chart, count = struct.unpack_from("<4sIII", push)
    assert (magic, version) == (b"BARL", 1)
    rows = [struct.unpack_from("<IIdd", push, 16 + 24 * i) for i in range(count)]
    answer = push[16 + 24 * count :]
    magic, version, series, _ = struct.unpack_from("<4sIII", answer)
    assert (magic, version) == (b"BARB", 2)
    if series == 0:
        return chart, rows, []
    run, key, kind, x_code, y_code, has_marks, n, _, _ = struct.unpack_from("<IIBBBBIQI", answer, 16)
    assert (run, key, kind, x_code, y_code, has_marks) == (1, 0, 0, 0, 0, 0)
    x, y = struct.unpack_from(f"<{n}d", answer, 44), struct.unpack_from(f"<{n}d", answer, 44 + 8 * n)
    return chart, rows, list(zip(x, y, strict=True))


def receive_push(page: Page):
    while not isinstance(message := page.receive_any(), bytes):
        pass
    return read_push(message)


def test_points_are_pushed_to_every_page_before_the_word_of_them(run):
    pages = [open_page(run), open_page(run)]
    for page in pages:
        assert page.receive() == {"type": "watching", "watching": [True], "charts": [1]}
    log(run, 3, [1.5, 2.5])
    for page in pages:
        chart, rows, points = read_push(page.receive_any())
        assert (chart, rows) == (1, [(1, 0, 5.0, 2.0), (1, 1, 5.0, 0.0)])
        assert points == [(2, 0.5), (3, 1.5), (4, 2.5)]
        assert page.receive_any()["runs"][0]["lines"] == 5
    log(run, 5, [3.5])
    for page in pages:
        assert read_push(page.receive_any())[1:] == ([(1, 0, 6.0, 4.0), (1, 1, 6.0, 0.0)], [(4, 2.5), (5, 3.5)])


def test_a_chart_goes_on_when_it_is_named_again_and_ends_when_it_is_not(run):
    page = open_page(run)
    assert page.receive()["charts"] == [1]
    log(run, 3, [1.5])
    assert receive_push(page)[2] == [(2, 0.5), (3, 1.5)]
    page.send({"watch": [{"entity": run.name, "project": "p"}], "charts": [{"id": 1}, {"id": 2}]})
    while (word := page.receive())["type"] != "watching":
        pass
    assert word["charts"] == [1]
    log(run, 4, [2.5])
    assert receive_push(page)[2] == [(3, 1.5), (4, 2.5)]
    page.send({"watch": [{"entity": run.name, "project": "p"}]})
    while (word := page.receive())["type"] != "watching":
        pass
    assert word["charts"] == []
    log(run, 5, [3.5])
    assert page.receive_any()["type"] == "runs"


def test_a_page_with_more_than_there_is_time_for_hears_the_word_and_nothing_in_part(run):
    """A thousand series over all rows: one of a run is not pushed without the others, and no other page waits for them."""
    for first in range(FIRST_ROWS, 30000 + FIRST_ROWS, 10000):
        log(run, first, [0.25] * 10000)
    greedy = chart_of(run, start=-1e300, width=1e300, series=[[1, 0, -1e300, 1e300]] * 1000)
    page = open_page(run, charts=[greedy])
    assert page.receive()["charts"] == [1]
    log(run, 30000 + FIRST_ROWS, [1.5])
    assert page.receive_any()["runs"][0]["lines"] == 30001 + FIRST_ROWS


def test_a_page_that_comes_back_gets_all_since_where_it_ended(run):
    page = open_page(run)
    page.receive()
    page.socket.close()
    log(run, 3, [1.5, 2.5])
    page = open_page(run)
    assert page.receive()["charts"] == [1]
    log(run, 5, [3.5])
    assert receive_push(page)[2] == [(2, 0.5), (3, 1.5), (4, 2.5), (5, 3.5)]


def test_a_page_that_does_not_read_holds_up_nobody_and_misses_nothing(run):
    slow, quick = open_page(run), open_page(run)
    for page in (slow, quick):
        page.receive()
    for step in range(3, 60):
        log(run, step, [float(step)])
        while not any(x == step for x, _ in receive_push(quick)[2]):
            pass
    points = dict(receive_push(slow)[2])
    while 59 not in points:
        points.update(receive_push(slow)[2])
    assert points == {2: 0.5, **{step: float(step) for step in range(3, 60)}}


def test_a_run_that_goes_back_is_pushed_no_more(run):
    page = open_page(run)
    page.receive()
    log(run, 3, [1.5, 2.5])
    assert receive_push(page)[2][-1] == (4, 2.5)
    mutation = "mutation($input: RewindRunInput!) { rewindRun(input: $input) { rewoundRun { historyLineCount } } }"
    values = {"runName": "r", "entityName": run.name, "projectName": "p", "metricName": "_step", "metricValue": 1.0}
    run.graphql(mutation, {"input": values})
    word = page.receive_any()
    while isinstance(word, bytes) or word["runs"][0]["lines"] > 2:
        word = page.receive_any()
    log(run, 2, [9.0])
    assert page.receive_any()["runs"][0]["lines"] == 3


def test_strangers_are_told_and_pushed_nothing(run, make_user):
    stranger = make_user()
    page = open_page(run, key=stranger.key)
    assert page.receive()["watching"] == [False]
    mine = open_page(run)
    mine.receive()
    log(run, 3, [1.5])
    receive_push(mine)
    page.send({"watch": []})
    assert page.receive() == {"type": "watching", "watching": [], "charts": []}


def test_what_is_wrong_ends_the_connection(run):
    page = open_page(run, charts=[chart_of(run, series=[[5, 0, 0, 0]])])
    with pytest.raises(AssertionError, match="closed the page"):
        page.receive()
