"""What was answered survives the power cut: nothing of it waits in the kernel's memory."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.disk import HEADER, SYNC_ALL, PowerCut
from tests.support.waiting import wait_until

ROWS = 40


@pytest.fixture
def recorded(disk, start, open_run):
    """A run's life on a disk that is written down; each answer with the moment it came."""
    server = start(disk.data, env=disk.logging_env)
    run = open_run(server)
    answers = []
    for step in range(ROWS):
        run.send_rows(step, [{"_step": step, "value": step * 0.5}])
        answers.append((disk.position(), step + 1))
    assert run.put("model.bin", b"weights" * 5000).status_code == 200
    file_at = disk.position()
    # The end of the run seals its rows into a segment; the tail's rows are dropped in turn.
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    ended_at = disk.position()
    wait_until_sealed(server, run)
    sealed_at = disk.position()
    server.kill()
    return disk, answers, file_at, ended_at, sealed_at


def wait_until_sealed(server, run):
    path = f"/api/runs/admin/faults/{run.name}/receipt"
    for _ in range(100):
        if server.request("GET", path).json()["history"]["segments"] > 0:
            return
        time.sleep(0.05)
    raise AssertionError("the run was never sealed")


def rows_after(cut: PowerCut, folder, start, open_run) -> list[int]:
    server = start(cut.write_to(folder))
    rows = open_run(server).read()["rows"]
    server.kill()
    assert all(row["value"] == row["_step"] * 0.5 for row in rows)
    return [row["_step"] for row in rows]


def test_what_was_answered__is_there_after_a_power_cut_at_any_answer(recorded, tmp_path, start, open_run):
    disk, answers, *_ = recorded
    for moment, count in answers[:: ROWS // 5] + answers[-1:]:
        cut = PowerCut(disk, moment)
        assert rows_after(cut, tmp_path / f"cut{count}", start, open_run)[:count] == list(range(count))


def test_sealed_rows__are_there_after_a_power_cut(recorded, tmp_path, start, open_run):
    disk, *_, sealed_at = recorded
    assert rows_after(PowerCut(disk, sealed_at), tmp_path / "cut", start, open_run) == list(range(ROWS))


def test_sealing__loses_nothing_wherever_the_power_goes(recorded, tmp_path, start, open_run):
    disk, *_, ended_at, sealed_at = recorded
    step = max(1, (sealed_at - ended_at) // 6)
    moments = [next_record(disk, at) for at in range(ended_at, sealed_at, step)]
    for number, moment in enumerate(sorted(set(moments))):
        cut = PowerCut(disk, moment)
        assert rows_after(cut, tmp_path / f"cut{number}", start, open_run) == list(range(ROWS)), moment


def next_record(disk, at: int) -> int:
    """The first moment from there on that is not in the middle of a record."""
    moment = 0
    for _, _, _, first, second in disk.records(disk.position()):
        moment += HEADER.size + len(first) + len(second)
        if moment >= at:
            break
    return moment


@pytest.mark.parametrize("seed", range(4))
def test_changes_that_arrive_in_any_order__do_no_harm(recorded, tmp_path, start, open_run, seed):
    disk, answers, *_ = recorded
    moment, count = answers[ROWS // 2 + seed]
    cut = PowerCut(disk, moment, chance=0.5, seed=seed)
    assert rows_after(cut, tmp_path / "cut", start, open_run)[:count] == list(range(count))


def test_uploaded_file__is_there_after_a_power_cut(recorded, tmp_path, start):
    disk, _, file_at, *_ = recorded
    server = start(PowerCut(disk, file_at).write_to(tmp_path / "cut"))
    response = server.request("GET", "/files/admin/faults/run/model.bin")
    assert (response.status_code, response.content) == (200, b"weights" * 5000)


def is_whole(cut: PowerCut, folder, start, open_run) -> bool:
    try:
        server = start(cut.write_to(folder))
        file = server.request("GET", "/files/admin/faults/run/model.bin")
        return file.status_code == 200 and len(open_run(server).read()["rows"]) == ROWS
    except Exception:  # noqa: BLE001 - refusing to start, or answering 503, shows the loss too
        return False


def test_missing_sync__would_be_seen(recorded, tmp_path, start, open_run):
    """The tests above can fail: without the syncs of these paths, something that was answered is gone."""
    disk, *_, sealed_at = recorded
    assert is_whole(PowerCut(disk, sealed_at), tmp_path / "synced", start, open_run)
    for number, unsynced in enumerate(["barograph.db-wal", "/history/staged/", "/history/", "/blobs/"]):
        cut = PowerCut(disk, sealed_at, skip_syncs=unsynced)
        assert not is_whole(cut, tmp_path / f"unsynced{number}", start, open_run), unsynced


SMALL, LARGE = 1, 4000  # times "bytes of ...": small ones stay in the database


def content_of(name: str, size: int) -> str:
    return f"bytes of {name}" * size


def put_many(disk, start, open_run, size: int):
    """Files put side by side: the server that is still up, their names, and the moments at which they were answered."""
    server = start(disk.data, env=disk.logging_env)
    run = open_run(server)
    names = [f"f{i}.txt" for i in range(60)]
    urls = run.upload_urls(*names)

    def put(name: str) -> int:
        assert server.request("PUT", urls[name], key=None, data=content_of(name, size)).status_code == 200
        return disk.position()

    with ThreadPoolExecutor(30) as pool:
        return server, names, list(pool.map(put, names))


def are_whole(cut: PowerCut, folder, start, names, size: int) -> bool:
    server = start(cut.write_to(folder))
    answers = [server.request("GET", f"/files/admin/faults/run/{name}") for name in names]
    server.kill()
    return all(answer.status_code == 200 and answer.text == content_of(name, size) for name, answer in zip(names, answers))


def test_files_put_side_by_side__are_there_after_a_power_cut(disk, tmp_path, start, open_run):
    server, names, _ = put_many(disk, start, open_run, LARGE)
    moment = disk.position()
    server.kill()
    assert SYNC_ALL in {operation for operation, *_ in disk.records(moment)}
    assert are_whole(PowerCut(disk, moment), tmp_path / "cut", start, names, LARGE)
    assert not are_whole(PowerCut(disk, moment, skip_syncs="/blobs"), tmp_path / "unsynced", start, names, LARGE)


def test_small_files__are_there_after_a_power_cut(disk, tmp_path, start, open_run):
    server, names, moments = put_many(disk, start, open_run, SMALL)
    moment = disk.position()
    server.kill()
    assert not [path for path in (disk.data / "blobs").glob("??/*")]  # they are none: the database has their bytes
    assert are_whole(PowerCut(disk, moment), tmp_path / "cut", start, names, SMALL)
    for seed in range(3):
        assert are_whole(PowerCut(disk, moment, chance=0.5, seed=seed), tmp_path / f"torn{seed}", start, names, SMALL)
    for number in range(0, len(names), 15):
        moment = sorted(moments)[number]
        answered = [name for name, at in zip(names, moments) if at <= moment]
        assert are_whole(PowerCut(disk, moment), tmp_path / f"cut{number}", start, answered, SMALL)
    assert not are_whole(PowerCut(disk, moment, skip_syncs="barograph.db-wal"), tmp_path / "unsynced", start, names, SMALL)
