"""Moving all of a server's data to PostgreSQL and a bucket and back: whole, cut off in the middle, and while it is used."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import psycopg
import pytest

from tests.support.postgres import make_database

if os.environ.get("BAROGRAPH_TEST_DATABASE") or os.environ.get("BAROGRAPH_TEST_BUCKETS"):
    pytest.skip("these tests move from one store to the other by themselves", allow_module_level=True)


@pytest.fixture
def target(postgres, bucket_store, request):
    """Options that name a new database and a bucket that is not there yet."""
    name = request.node.name[len("test_migrate__") :][:30].replace("_", "-")
    address = f"s3://{name}/all?endpoint={bucket_store.endpoint}"
    return {"database": make_database(postgres.url, name), "blobs": address}


@pytest.fixture
def migrate(binary, bucket_store):
    def run(*options, is_awaited=True):
        env = {**os.environ, **bucket_store.env}
        process = subprocess.Popen([binary, "migrate", *map(str, options)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if not is_awaited:
            return process
        out, error = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, error)

    return run


CONTENT = {"weights.bin": bytes(range(256)) * 4096, "empty.txt": b"", "é/ü.txt": b"umlauts"}
NOTE = "a NUL is none: é 😀 \n"


@pytest.fixture
def filled(tmp_path, start, open_run):
    """A server with a run that is sealed, one that still runs, files, and what was deleted."""
    server = start(tmp_path / "data")
    done, live, gone = open_run(server, "done"), open_run(server, "live"), open_run(server, "gone")
    done.send_rows(0, [{"_step": step, "a": step * 0.5, "text": NOTE} for step in range(2000)])
    for name, content in CONTENT.items():
        assert done.put(name, content).status_code == 200
    assert done.post({"complete": True, "exitcode": 0}).status_code == 200
    live.send_rows(0, [{"_step": 0, "a": 1}])
    live.send("output.log", 0, ["one", "two"])
    server.graphql("mutation Delete($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", {"id": gone.id})
    return server


def to(target):
    return ("--database", target["database"], "--blobs", target["blobs"])


def read_back(server, open_run):
    done, live = open_run(server, "done"), open_run(server, "live")
    rows = done.read()["rows"]
    assert [(row["_step"], row["a"], row["text"]) for row in rows] == [(step, step * 0.5, NOTE) for step in range(2000)]
    for name, file in done.files(*CONTENT).items():
        assert server.request("GET", file["directUrl"], key=None).content == CONTENT[name]
    return live.read()


def tables_of(path):
    """All but what a database says about itself."""
    with sqlite3.connect(path) as connection:
        names = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
    return names - {"schema_version", "sqlite_sequence", "transfers", "write_marks"}


def all_rows(path):
    """Of each table, in no order: what a database is, without how it lies on the disk."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")]
        own = {"schema_version", "sqlite_sequence"}
        tables = {name: sorted(map(repr, connection.execute(f"select * from {name}"))) for name in names if name not in own}
        # A table that never gave out an id has no row of its own in one of the two.
        tables["ids"] = sorted(map(repr, connection.execute("select * from sqlite_sequence where seq > 0 and name in "
            "(select name from sqlite_schema where sql like '%autoincrement%')")))
        return tables


def all_files(data):
    trees = [data / "blobs", data / "history"]
    return {path.relative_to(data): path.read_bytes() for tree in trees for path in tree.rglob("*") if path.is_file()}


def test_migrate__there_and_back_is_the_same(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    filled.stop()
    done = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    assert done.returncode == 0, done.stderr
    assert "runs 3 " in done.stdout and "wrong" not in done.stdout
    assert {line.split()[0] for line in done.stdout.splitlines()} - {"files"} == tables_of(filled.data / "barograph.db"), "a table was forgotten"
    back = migrate("--from-database", target["database"], "--from-blobs", target["blobs"], "--from", tmp_path / "new",
                   "--data", tmp_path / "back", "--finish")  # fmt: skip
    assert back.returncode == 0, back.stderr
    assert done.stdout == back.stdout, "rows or digests changed on the way"
    assert all_rows(tmp_path / "back" / "barograph.db") == all_rows(filled.data / "barograph.db")
    assert all_files(tmp_path / "back") == all_files(filled.data)
    server = start(tmp_path / "back")
    assert server.admin_key == filled.admin_key
    read_back(server, open_run)


def test_migrate__serves_what_it_carried(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    filled.stop()
    done = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(filled.data)
    server = start(tmp_path / "new", *to(target), env=bucket_store.env)
    assert [row["a"] for row in read_back(server, open_run)["rows"]] == [1]
    live = open_run(server, "live")
    live.send_rows(1, [{"_step": 1, "a": 2}])
    assert [row["a"] for row in live.read()["rows"]] == [1, 2]
    open_run(server, "another").send_rows(0, [{"_step": 0}])
    with psycopg.connect(target["database"]) as connection:
        assert connection.execute("select count(*) from pg_constraint where contype = 'f'").fetchone()[0] > 10
        assert connection.execute("select count(*) from transfers").fetchone() == (0,)


def test_migrate__goes_on_while_the_server_is_used(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    runs = [open_run(filled, f"busy{number}") for number in range(2)]
    is_over, sent = threading.Event(), [0, 0]

    def write(index):
        while not is_over.is_set():
            first = sent[index]
            runs[index].send_rows(first, [{"_step": step, "a": step} for step in range(first, first + 500)])
            sent[index] += 500

    threads = [threading.Thread(target=write, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    first = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new")
    early = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    is_over.set()
    for thread in threads:
        thread.join()
    assert first.returncode == 0, first.stderr
    assert early.returncode == 1 and "stop the old server" in early.stderr
    filled.graphql("mutation Delete($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", {"id": open_run(filled, "live").id})
    filled.stop()
    with pytest.raises(RuntimeError, match="is not whole"):
        start(tmp_path / "new", *to(target), env=bucket_store.env)
    assert (tmp_path / "new" / "migrate.compared").exists()
    last = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    assert last.returncode == 0, last.stderr
    assert "of the files were compared when they were carried" in last.stderr and not (tmp_path / "new" / "migrate.compared").exists()
    server = start(tmp_path / "new", *to(target), env=bucket_store.env)
    for index in range(2):
        rows = open_run(server, f"busy{index}").read()["rows"]
        assert [row["a"] for row in rows] == list(range(sent[index]))


def test_migrate__that_was_killed_goes_on(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    run = open_run(filled, "many")
    for number in range(60):
        assert run.put(f"{number}.bin", os.urandom(200_000)).status_code == 200
    filled.stop()
    options = ("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    for pause_s in (0.1, 0.3, 0.5, 0.8, 1.2):
        process = migrate(*options, is_awaited=False)
        time.sleep(pause_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            break  # a fast machine was done before
    else:
        done = migrate(*options)
        assert done.returncode == 0, done.stderr
    again = migrate(*options)
    assert again.returncode == 1 and "holds something already" in again.stderr
    read_back(start(tmp_path / "new", *to(target), env=bucket_store.env), open_run)


def test_migrate__on_a_full_disk_says_so_and_goes_on(filled, binary, migrate, start, tmp_path, open_run):
    filled.stop()
    limited = f"ulimit -f 1800; trap '' XFSZ; exec {binary} migrate --from {filled.data} --data {tmp_path}/new --finish"
    full = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, timeout=60)
    assert full.returncode == 1 and "File too large" in full.stderr, full.stderr
    with pytest.raises(RuntimeError, match="is not whole"):
        start(tmp_path / "new")
    done = migrate("--from", filled.data, "--data", tmp_path / "new", "--finish")
    assert done.returncode == 0, done.stderr
    read_back(start(tmp_path / "new"), open_run)


def test_migrate__refuses_to_overwrite(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    other = start(tmp_path / "other", *to(target), env=bucket_store.env)
    open_run(other, "theirs")
    filled.stop()
    other.stop()
    done = migrate("--from", filled.data, *to(target), "--finish")
    assert done.returncode == 1 and "not empty" in done.stderr


def test_migrate__says_which_file_is_wrong(filled, target, migrate, tmp_path):
    filled.stop()
    victim = max((path for path in (filled.data / "blobs").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[1000] ^= 1
    victim.write_bytes(content)
    done = migrate("--from", filled.data, *to(target), "--finish")
    assert done.returncode == 1
    assert f"'blobs/{victim.parent.name}/{victim.name}'" in done.stdout and "1 files are not the same" in done.stderr


def test_migrate__misused_is_told(migrate, tmp_path):
    assert migrate("--from", tmp_path).returncode == 2
    assert migrate("--data", tmp_path).returncode == 2
    none = migrate("--from", tmp_path, "--data", tmp_path / "new")
    assert none.returncode == 1 and "there is no database" in none.stderr


def test_migrate__finish_sees_a_server_that_uses_the_database(filled, target, migrate, start, bucket_store, tmp_path, open_run):
    filled.stop()
    done = migrate("--from", filled.data, *to(target), "--data", tmp_path / "new", "--finish")
    assert done.returncode == 0, done.stderr
    server = start(tmp_path / "new", *to(target), env=bucket_store.env)
    limit = time.monotonic() + 60
    while "has the duty 'upkeep'" not in server.log():
        assert time.monotonic() < limit, server.log()
        time.sleep(0.05)
    back = ("--from-database", target["database"], "--from-blobs", target["blobs"], "--data", tmp_path / "back")
    early = migrate(*back, "--finish")
    assert early.returncode == 1 and "stop every old server before --finish" in early.stderr
    ahead = migrate(*back)
    assert ahead.returncode == 0, ahead.stderr
    server.stop()
    last = migrate(*back, "--finish")
    assert last.returncode == 0, last.stderr
