"""Backups: taken while runs are written, restored after the original is destroyed, refused when a byte is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import threading

import pytest

if os.environ.get("BAROGRAPH_TEST_DATABASE"):
    pytest.skip("PostgreSQL has backups of its own", allow_module_level=True)


def back_up(server, file):
    return server.run_cli("backup", str(file))


def restore(binary, file, data, stdin=None):
    command = [binary, "restore", file, "--data", data]
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=60)


@pytest.fixture
def filled(tmp_path, start, open_run):
    """A server with a finished run, its file, and one that is still running."""
    server = start(tmp_path / "data")
    done, live = open_run(server, "done"), open_run(server, "live")
    done.send_rows(0, [{"_step": step, "a": step * 0.5} for step in range(2000)])
    assert done.put("weights.bin", bytes(range(256)) * 4096).status_code == 200
    assert done.post({"complete": True, "exitcode": 0}).status_code == 200
    live.send_rows(0, [{"_step": 0, "a": 1}])
    return server


def test_backup__comes_back_after_the_original_is_destroyed(filled, tmp_path, binary, start, open_run):
    server, key = filled, filled.admin_key
    done = back_up(server, tmp_path / "b.tar")
    assert done.returncode == 0, done.stderr
    server.kill()
    shutil.rmtree(server.data)
    again = restore(binary, tmp_path / "b.tar", server.data)
    assert again.returncode == 0, again.stderr
    checked = subprocess.run([binary, "verify", "--data", server.data], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    server.start()
    assert server.admin_key == key
    run = open_run(server, "done")
    assert [row["a"] for row in run.read()["rows"]] == [step * 0.5 for step in range(2000)]
    address = run.files("weights.bin")["weights.bin"]["directUrl"]
    assert server.request("GET", address, key=None).content == bytes(range(256)) * 4096
    open_run(server, "live").send_rows(1, [{"_step": 1, "a": 2}])


def test_backup__is_of_one_moment_while_runs_are_written(filled, tmp_path, binary, start, open_run):
    """Each acknowledged prefix is there whole; sealing and compaction go on under the copy."""
    runs = [open_run(filled, f"busy{number}") for number in range(3)]
    is_over = threading.Event()
    written = [0] * len(runs)

    def write(number):
        while not is_over.is_set():
            first = written[number]
            runs[number].send_rows(first, [{"_step": step, "a": step} for step in range(first, first + 500)])
            written[number] = first + 500
            if first % 5000 == 0:
                runs[number].post({"complete": True, "exitcode": 0})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(runs))]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            before = list(written)
            assert back_up(filled, tmp_path / f"{number}.tar").returncode == 0
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    filled.stop()
    data = tmp_path / "restored"
    assert restore(binary, tmp_path / "2.tar", data).returncode == 0
    server = start(data)
    for number, least in enumerate(before):
        steps = [row["_step"] for row in open_run(server, f"busy{number}").read()["rows"]]
        assert steps == list(range(len(steps))) and len(steps) >= least


def test_stopped_server__is_backed_up_from_its_folder(filled, tmp_path, binary):
    filled.stop()
    command = [binary, "backup", tmp_path / "b.tar", "--data", filled.data]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    names = tarfile.open(tmp_path / "b.tar").getnames()
    assert names[0] == "barograph-backup.json" and names[-1] == "SHA256SUMS"
    assert {"secret.key", "admin.key", "barograph.db"} <= set(names)
    listed = subprocess.run(["tar", "-tf", tmp_path / "b.tar"], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == names
    with open(tmp_path / "b.tar", "rb") as archive:
        assert restore(binary, "-", tmp_path / "piped", stdin=archive).returncode == 0


def test_archive_with_a_wrong_byte__is_refused_and_leaves_nothing(filled, tmp_path, binary):
    assert back_up(filled, tmp_path / "b.tar").returncode == 0
    content = bytearray((tmp_path / "b.tar").read_bytes())
    where = content.index(bytes(range(256)) * 2)
    damages = {"flipped": content[:where] + bytes([content[where] ^ 1]) + content[where + 1 :], "cut": content[: len(content) // 2]}
    for name, damaged in damages.items():
        (tmp_path / name).write_bytes(damaged)
        done = restore(binary, tmp_path / name, tmp_path / "restored")
        assert done.returncode == 1
        assert ("not those that were backed up" if name == "flipped" else "ends too early") in done.stderr
        assert not (tmp_path / "restored").exists() and not (tmp_path / "restored.restoring").exists()


def test_restore__on_a_full_disk_or_killed_leaves_nothing_in_the_way(filled, tmp_path, binary, start, open_run):
    assert back_up(filled, tmp_path / "b.tar").returncode == 0
    limited = f"ulimit -f 400; trap '' XFSZ; exec {binary} restore {tmp_path}/b.tar --data {tmp_path}/restored"
    full = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, timeout=60)
    assert full.returncode == 1 and "File too large" in full.stderr
    assert not (tmp_path / "restored").exists() and not (tmp_path / "restored.restoring").exists()
    # Killed while it reads: it has half of the archive, and waits for the rest.
    process = subprocess.Popen([binary, "restore", "-", "--data", tmp_path / "restored"], stdin=subprocess.PIPE)
    content = (tmp_path / "b.tar").read_bytes()
    process.stdin.write(content[: len(content) // 2])
    process.stdin.flush()
    process.kill()
    process.wait()
    process.stdin.close()
    assert not (tmp_path / "restored").exists()
    assert restore(binary, tmp_path / "b.tar", tmp_path / "restored").returncode == 0
    assert not (tmp_path / "restored.restoring").exists()
    filled.stop()
    assert len(open_run(start(tmp_path / "restored"), "done").read()["rows"]) == 2000


def test_archive_of_others__writes_nothing_outside(tmp_path, binary):
    with tarfile.open(tmp_path / "evil.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in {"barograph-backup.json": b'{"format": 1}', "blobs/../../escaped": b"x"}.items():
            (tmp_path / "content").write_bytes(text)
            archive.add(tmp_path / "content", name)
    done = restore(binary, tmp_path / "evil.tar", tmp_path / "restored")
    assert done.returncode == 2 and "is no file of a backup" in done.stderr
    assert not (tmp_path / "escaped").exists() and not (tmp_path.parent / "escaped").exists()


def test_folder_that_is_in_use__is_not_written_over(filled, tmp_path, binary):
    assert back_up(filled, tmp_path / "b.tar").returncode == 0
    done = restore(binary, tmp_path / "b.tar", filled.data)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert back_up(filled, tmp_path / "b.tar").returncode == 1


def test_backup__is_for_administrators(filled):
    key = filled.add_user("somebody")
    assert filled.request("GET", "/api/backup", key=key).status_code == 403
    assert filled.request("GET", "/api/backup", key=None).status_code == 401
