"""barograph verify finds whatever is changed, cut off or taken away on disk, and nothing when all is well."""

from __future__ import annotations

import sqlite3
import subprocess
import time

import pytest


def verify(binary, data):
    return subprocess.run([binary, "verify", "--data", data], capture_output=True, text=True, timeout=60)


@pytest.fixture
def data(tmp_path, start, open_run):
    """A stopped server's folder with a sealed run, a run that goes on, a rewound line, files and console lines."""
    server = start(tmp_path / "data")
    done, going = open_run(server, "done"), open_run(server, "going")
    for run in (done, going):
        run.send_rows(0, [{"_step": step, "value": step * 0.5, "text": "x" * 50, "flag": step % 2 == 0} for step in range(2000)])
        run.send_rows(10, [{"_step": 10, "value": None}])
        run.send("output.log", 0, ["one", "two"])
        run.send("output.log", 1, ["two again"])
        run.send("wandb-history.jsonl", 2000, ["bad"])
        assert run.put("model.bin", run.name.encode() * 10_000).status_code == 200
        assert run.put("small.txt", f"small bytes of {run.name}".encode()).status_code == 200
    done.post({"complete": True, "exitcode": 0})
    path = "/api/runs/admin/faults/done/receipt"
    while server.request("GET", path).json()["history"]["segments"] == 0:
        time.sleep(0.05)
    server.stop()
    return tmp_path / "data"


def segments(data):
    return sorted(data.glob("history/**/*.parquet"))


def blobs(data):
    return [path for path in sorted(data.glob("blobs/??/*")) if path.is_file()]


def change_byte(path, at: int):
    content = bytearray(path.read_bytes())
    content[at] ^= 0x40
    path.write_bytes(content)


def test_folder_as_a_server_left_it__has_nothing_wrong(binary, data):
    done = verify(binary, data)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 things are wrong" in done.stdout and "wrong:" not in done.stdout
    assert "2 histories of 4000 rows (1 segments" in done.stdout and "4 blobs" in done.stdout


def cut_segment(data):
    path = segments(data)[0]
    path.write_bytes(path.read_bytes()[:-100])
    return path.name


def change_segment(data):
    change_byte(segments(data)[0], 100)
    return segments(data)[0].name


def change_footer(data):
    path = segments(data)[0]
    change_byte(path, path.stat().st_size - 2)
    return path.name


def remove_segment(data):
    path = segments(data)[0]
    path.unlink()
    return path.name


def change_blob(data):
    change_byte(blobs(data)[0], 17)
    return blobs(data)[0].name


def cut_blob(data):
    path = blobs(data)[0]
    path.write_bytes(path.read_bytes()[:-1])
    return path.name


def remove_blob(data):
    path = blobs(data)[0]
    path.unlink()
    return path.name


def run_sql(data, statement: str):
    connection = sqlite3.connect(data / "barograph.db")
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def small_blob(data) -> str:
    with sqlite3.connect(data / "barograph.db") as database:
        return database.execute("select lower(hex(sha256)) from blobs join blob_bytes on blob_id = id order by id limit 1").fetchone()[0]


def change_small_blob(data):
    run_sql(data, "update blob_bytes set bytes = cast('other bytes of a run' as blob) where blob_id = (select min(blob_id) from blob_bytes)")
    return small_blob(data)


def lose_small_blob(data):
    name = small_blob(data)
    run_sql(data, "delete from blob_bytes where blob_id = (select min(blob_id) from blob_bytes)")
    return name


def lose_batch(data):
    run_sql(data, "delete from history_tail where seq = (select min(seq) from history_tail)")
    return "rows"


def lose_blob_row(data):
    run_sql(data, "delete from blobs where rowid = (select min(rowid) from blobs)")
    return "missing from the table"


def lose_console_line(data):
    run_sql(data, "delete from console_lines where number = 0")
    return "console lines"


@pytest.mark.parametrize(
    "damage",
    [
        cut_segment, change_segment, change_footer, remove_segment, change_blob, cut_blob, remove_blob, change_small_blob,
        lose_small_blob, lose_batch, lose_blob_row, lose_console_line,
    ],
)
def test_damage__is_named_and_the_exit_status_is_1(binary, data, damage):
    name = damage(data)
    done = verify(binary, data)
    assert done.returncode == 1, done.stdout
    complaints = [line for line in done.stdout.splitlines() if line.startswith("wrong: ")]
    assert complaints and any(name in line for line in complaints), done.stdout + done.stderr


# What migrations 0062 and 0063 found: small bytes lay in files, and some of them for a second in the database, too.
BEFORE_0062 = """
    drop index artifact_uploads_by_blob;
    alter table artifact_uploads drop column blob_id;
    create index artifact_uploads_by_sha256 on artifact_uploads (sha256);
    create index artifact_uploads_by_md5 on artifact_uploads (artifact_id, md5);
    create table old_blobs (sha256 blob primary key, size_bytes integer not null, created_at integer not null);
    insert into old_blobs select sha256, size_bytes, created_at from blobs;
    drop table blobs;
    alter table old_blobs rename to blobs;
    create table held_bytes (id integer primary key, sha256 blob not null, bytes blob not null);
    drop table blob_bytes;
    delete from schema_version where version in (62, 63);
"""


def as_it_was_before(data) -> None:
    """One small file whole, and one torn by a power cut: its bytes are held."""
    with sqlite3.connect(data / "barograph.db") as database:
        small = database.execute("select sha256, bytes from blobs join blob_bytes on blob_id = id order by bytes").fetchall()
        database.executescript(BEFORE_0062)
        for number, (sha256, content) in enumerate(small):
            path = data / "blobs" / sha256.hex()[:2] / sha256.hex()[2:]
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content[: 5 if number == 0 else None])
        database.executemany("insert into held_bytes (sha256, bytes) values (?, ?)", [small[0], small[0]])


def test_small_files_from_before__stay_readable(binary, data, start):
    as_it_was_before(data)
    server = start(data)
    for name in ("done", "going"):
        file = server.request("GET", f"/files/admin/faults/{name}/small.txt")
        assert (file.status_code, file.text) == (200, f"small bytes of {name}")
    server.stop()
    assert "0 things are wrong" in verify(binary, data).stdout
    with sqlite3.connect(data / "barograph.db") as database:
        assert database.execute("select cast(bytes as text) from blob_bytes").fetchall() == [("small bytes of done",)]


def test_folder_of_a_running_server__is_left_alone(binary, data, start):
    start(data)
    done = verify(binary, data)
    assert done.returncode == 1 and "stop the server first" in done.stderr


def test_folder_that_is_not_there__is_not_made(binary, tmp_path):
    done = verify(binary, tmp_path / "none")
    assert done.returncode == 1 and "no data folder" in done.stderr
    assert not (tmp_path / "none").exists()
