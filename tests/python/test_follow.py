"""test_follow.py - barograph sync --follow: runs are seen live while their logs are written, by either client."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import User
from tests.official.client import descendants
from tests.python.conftest import Scripts
from tests.python.support import files_of, read_run, rows_of, senders_of
from tests.support.waiting import wait_until

LIMIT_S = 90
ROWS = 30
# Goes on until it was seen. The official client writes a block of 32 kB when it is full, and what there is every 15 s.
STEADY = """
import {module} as wandb, time, pathlib
run = wandb.init(project="p", id="live", mode="offline")
print("begun", flush=True)
i = 0
while not pathlib.Path("seen").exists():
    run.log({{"i": i, "text": "x" * 4000}})
    i += 1
    time.sleep(0.1)
run.finish()
print(i)
"""
# Rows of 4 kB: they go over the ends of the log's blocks, which have 32 kB.
WHOLE = """
import {module} as wandb
for name in {names!r}:
    with wandb.init(project="p", id=name, mode="offline") as run:
        for i in range(30):
            run.log({{"i": i, "text": "x" * 4000}})
            print("row", i)
"""


class Follower:
    """barograph sync --follow, by a user; it may be killed and started again."""

    def __init__(self, user, folder: Path, name: str = "wandb"):
        self.user, self.folder, self.name = user, folder, name
        self.start()

    def start(self) -> None:
        env = {**os.environ, "BAROGRAPH_BASE_URL": self.user.server.base_url, "BAROGRAPH_API_KEY": self.user.key}
        command = [self.user.server.binary, "sync", "--follow", self.name]
        self.process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self, number: int = signal.SIGTERM) -> None:
        children = descendants(self.process.pid)
        self.process.send_signal(number)
        self.process.wait(LIMIT_S)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), LIMIT_S)


@pytest.fixture
def follow():
    """Starts followers that end with the test."""
    followers = []

    def start(*arguments) -> Follower:
        followers.append(Follower(*arguments))
        return followers[-1]

    yield start
    for follower in followers:
        if follower.process.poll() is None:
            follower.end()


class Copy:
    """A finished log that is written once more, piece by piece, into a folder that is followed."""

    def __init__(self, log: Path, folder: Path):
        self.content = log.read_bytes()
        self.place = folder / log.parent.name / log.name
        self.place.parent.mkdir(parents=True)
        self.written = 0

    def write(self, end: int) -> None:
        """As far as the end; a negative one counts from the whole log's."""
        end = end if end > 0 else len(self.content) + end
        with self.place.open("ab") as file:
            file.write(self.content[self.written : end])
        self.written = end


def start_writer(scripts, module: str, code: str) -> subprocess.Popen:
    return scripts.start(code) if module == "barograph" else scripts.start_official(code)


def start_steady(scripts, module: str) -> subprocess.Popen:
    """A training that goes on, offline."""
    writer = start_writer(scripts, module, STEADY.format(module=module))
    assert writer.stdout.readline() == "begun\n"
    return writer


def write_whole(scripts, module: str, *names: str) -> dict[str, Path]:
    """Logs of runs that were offline, by their ids."""
    process = start_writer(scripts, module, WHOLE.format(module=module, names=names))
    _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    return {log.stem.removeprefix("run-"): log for log in scripts.logs()}


def wait_for_run(user, name: str, holds) -> dict:
    return wait_until(lambda: (run := read_run(user, "p", name)) and holds(run) and run, LIMIT_S)


def steps_of(run: dict) -> list:
    return [row["i"] for row in rows_of(run)]


@pytest.mark.parametrize("module", ["barograph", "wandb"])
def test_a_log_is_followed_while_it_is_written(scripts, user, follow, module):
    writer = start_steady(scripts, module)
    follow(user, scripts.folder)
    seen = wait_for_run(user, "live", lambda run: run["historyLineCount"] > 0)
    assert seen["state"] == "running"
    (scripts.folder / "seen").touch()
    output, errors = writer.communicate(timeout=LIMIT_S)
    assert writer.returncode == 0, errors
    run = wait_for_run(user, "live", lambda run: run["state"] == "finished")
    assert steps_of(run) == list(range(int(output.split()[-1])))


@pytest.mark.parametrize("module", ["barograph", "wandb"])
def test_a_torn_tail_is_waited_for(scripts, user, follow, module):
    copy = Copy(write_whole(scripts, module, "torn")["torn"], scripts.folder / "shared")
    copy.write(len(copy.content) // 2)
    follow(user, scripts.folder, "shared")
    run = wait_for_run(user, "torn", lambda run: run["historyLineCount"] > 5)
    assert run["historyLineCount"] < ROWS
    for end in (-40000, -20000, -1):
        copy.write(end)
    run = wait_for_run(user, "torn", lambda run: run["historyLineCount"] == ROWS)
    assert run["state"] == "running"  # what says that it ended is torn still
    copy.write(len(copy.content))
    assert steps_of(wait_for_run(user, "torn", lambda run: run["state"] == "finished")) == list(range(ROWS))


@pytest.mark.parametrize("module", ["barograph", "wandb"])
def test_a_follower_that_is_killed_and_started_again_doubles_nothing(scripts, user, follow, module):
    copy = Copy(write_whole(scripts, module, "again")["again"], scripts.folder / "shared")
    copy.write(len(copy.content) // 3)
    follower = follow(user, scripts.folder, "shared")
    first = wait_for_run(user, "again", lambda run: run["historyLineCount"] > 0)
    follower.end(signal.SIGKILL)
    copy.write(2 * len(copy.content) // 3)
    follower.start()
    wait_for_run(user, "again", lambda run: run["historyLineCount"] > first["historyLineCount"])
    follower.end()
    copy.write(len(copy.content))
    follower.start()
    run = wait_for_run(user, "again", lambda run: run["state"] == "finished")
    assert steps_of(run) == list(range(ROWS)) and run["historyLineCount"] == run["logLineCount"] == ROWS


def test_several_runs_are_followed_and_one_that_comes_later(scripts, user, follow):
    logs = write_whole(scripts, "barograph", "a", "b", "late")
    a, b = (Copy(logs[name], scripts.folder / "shared") for name in ("a", "b"))
    for copy in (a, b):
        copy.write(len(copy.content) // 2)
    follow(user, scripts.folder, "shared")
    for name in ("a", "b"):
        assert wait_for_run(user, name, lambda run: run["historyLineCount"] > 0)["state"] == "running"
    late = Copy(logs["late"], scripts.folder / "shared")
    late.write(len(late.content))
    assert steps_of(wait_for_run(user, "late", lambda run: run["state"] == "finished")) == list(range(ROWS))
    a.write(len(a.content))
    assert steps_of(wait_for_run(user, "a", lambda run: run["state"] == "finished")) == list(range(ROWS))
    assert read_run(user, "p", "b")["state"] == "running"


def test_a_run_whose_training_was_killed_has_failed(scripts, user, follow):
    writer = start_steady(scripts, "barograph")
    follow(user, scripts.folder)
    wait_for_run(user, "live", lambda run: run["historyLineCount"] > 0)
    writer.kill()
    # The sender beside it, offline too, writes the end into the log.
    run = wait_for_run(user, "live", lambda run: run["state"] != "running")
    assert run["state"] == "failed" and steps_of(run) == list(range(run["historyLineCount"]))


@pytest.mark.parametrize("module", ["barograph", "wandb"])
def test_a_run_of_which_nothing_lives_any_more_crashes_and_is_ended_by_sync(package, make_server, tmp_path, follow, module):
    user = User(make_server("--crash-after-s", "3"), "alone")
    scripts = Scripts(package, user, tmp_path)
    writer = start_steady(scripts, module)
    follower = follow(user, scripts.folder)
    wait_for_run(user, "live", lambda run: run["historyLineCount"] > 0)
    beside = senders_of(scripts.logs()[0].parent.name) if module == "barograph" else descendants(writer.pid)
    for pid in (*beside, writer.pid):
        os.kill(pid, signal.SIGKILL)
    writer.wait()
    crashed = wait_for_run(user, "live", lambda run: run["state"] == "crashed")
    follower.end()
    assert user.server.run_cli("sync", str(scripts.folder / "wandb"), key=user.key).returncode == 0
    run = read_run(user, "p", "live")
    assert run["state"] == "failed" and run["historyLineCount"] >= crashed["historyLineCount"]
    assert steps_of(run) == list(range(run["historyLineCount"]))


def test_followers_send_no_links(scripts, user, follow):
    (scripts.folder / "secret.txt").write_text("secret")
    scripts.run("""
        import barograph, os
        run = barograph.init(project="p", id="links", mode="offline")
        os.symlink(os.path.abspath("secret.txt"), os.path.join(run.dir, "link.txt"))
        open(os.path.join(run.dir, "plain.txt"), "w").write("plain")
        run._save_file("link.txt"); run._save_file("plain.txt")
        run.finish()
        """)
    follow(user, scripts.folder)
    run = wait_for_run(user, "links", lambda run: run["state"] == "finished")
    assert "plain.txt" in files_of(run) and "link.txt" not in files_of(run)
