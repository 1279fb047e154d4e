"""kill -9 in the middle of ingest, again and again: what was answered with 200 is there."""

from __future__ import annotations

import random
import threading
import time

import requests

from tests.faults.length import rounds

WRITERS, ROUNDS, ROWS_PER_REQUEST = 4, 5, 3


class Writer(threading.Thread):
    """Sends small batches until the server dies; knows which were answered, and repeats the one that was not."""

    def __init__(self, run):
        super().__init__()
        self.run_, self.acknowledged, self.refusals, self.is_last = run, 0, [], False

    def run(self):
        while not self.is_last:
            first = self.acknowledged
            rows = [{"_step": step, "value": step * 0.25} for step in range(first, first + ROWS_PER_REQUEST)]
            try:
                self.run_.send_rows(first, rows)
            except requests.ConnectionError:
                return
            except AssertionError as error:
                self.refusals.append(str(error))
                return
            self.acknowledged = first + ROWS_PER_REQUEST


def check(runs, acknowledged):
    for run, count in zip(runs, acknowledged):
        read = run.read()
        assert [row["_step"] for row in read["rows"]][:count] == list(range(count))
        # What was sent and not answered may be there, whole, or not at all.
        assert len(read["rows"]) in (count, count + ROWS_PER_REQUEST)
        assert all(row["value"] == row["_step"] * 0.25 for row in read["rows"])
        assert read["historyLineCount"] == len(read["rows"])


def test_server_killed_in_a_loop__loses_nothing_that_was_answered(tmp_path, start, open_run):
    server = start(tmp_path / "data")
    runs = [open_run(server, f"run{number}") for number in range(WRITERS)]
    acknowledged = [0] * WRITERS
    rng = random.Random(1)
    for _ in rounds(ROUNDS):
        writers = [Writer(run) for run in runs]
        for writer, count in zip(writers, acknowledged):
            writer.acknowledged = count
            writer.start()
        time.sleep(rng.uniform(0.2, 0.6))
        server.kill()
        for writer in writers:
            writer.join()
            assert writer.refusals == []
        acknowledged = [writer.acknowledged for writer in writers]
        server.start()
        check(runs, acknowledged)
    assert min(acknowledged) > ROUNDS * ROWS_PER_REQUEST
