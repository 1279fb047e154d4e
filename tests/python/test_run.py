"""test_run.py - what a script logs is what the server has, whatever happens to the script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

from tests.official.client import venv_of
from tests.support.waiting import wait_until

RUN = """query($entity: String!, $project: String!, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    displayName state config summaryMetrics historyLineCount tags notes history(samples: 100000)
    files(first: 50) { edges { node { name } } } } } }"""


def read_run(user, project: str, run: str) -> dict | None:
    variables = {"entity": user.name, "project": project, "run": run}
    project_answer = user.graphql(RUN, variables)["project"]
    return project_answer["run"] if project_answer else None


def rows_of(run: dict) -> list[dict]:
    return [json.loads(row) for row in run["history"]]


def test_a_script_for_the_official_client_runs_unchanged(scripts, user):
    scripts.run("""
        import barograph as wandb
        with wandb.init(project="p", id="r1", name="n", tags=["a", "b"], notes="hi", config={"lr": 0.1, "l": [1, None]}) as run:
            run.define_metric("acc", summary="max")
            run.config.update({"batch": 8})
            run.log({"loss": 1.5, "acc": 2, "deep": {"a": 1, "b": {"c": "x"}}})
            run.log({"loss": 0.5}, commit=False)
            run.log({"acc": 1})
            run.log({"loss": float("inf"), "ok": True}, step=10)
            run.log({"more": 1}, step=10, commit=True)
            run.summary["final"] = 3
            assert run.summary["acc"]["max"] == 2 and run.summary.final == 3 and run.step == 11
        """)
    run = read_run(user, "p", "r1")
    assert (run["displayName"], run["state"], run["tags"], run["notes"]) == ("n", "finished", ["a", "b"], "hi")
    config = {key: value["value"] for key, value in json.loads(run["config"]).items() if key != "_wandb"}
    assert config == {"lr": 0.1, "l": [1, None], "batch": 8}
    rows = [{key: value for key, value in row.items() if key[0] != "_"} | {"step": row["_step"]} for row in rows_of(run)]
    assert rows == [
        {"loss": 1.5, "acc": 2, "deep": {"a": 1, "b": {"c": "x"}}, "step": 0},
        {"loss": 0.5, "acc": 1, "step": 1},
        {"loss": float("inf"), "ok": True, "more": 1, "step": 10},
    ]
    assert json.loads(run["summaryMetrics"])["final"] == 3
    assert {"config.yaml", "wandb-summary.json", "wandb-metadata.json"} <= {
        edge["node"]["name"] for edge in run["files"]["edges"]
    }


def test_what_cannot_be_logged_is_named(scripts):
    output = scripts.run("""
        import barograph
        run = barograph.init(mode="offline")
        for row in ({"bad": object()}, {"in": {"deep": [object()]}}, {3: 1}):
            try:
                run.log(row)
            except TypeError as error:
                print(error)
        print(run.step)
        """)
    assert output.splitlines() == [
        "key 'bad': a value of type 'object' cannot be logged",
        "key 'in': key 'deep': a value of type 'object' cannot be logged",
        "keys are texts, got 3",
        "0",
    ]


def test_a_killed_training_loses_nothing_and_has_failed(scripts, user):
    process = scripts.start("""
        import barograph, os, signal
        run = barograph.init(project="p", id="killed")
        for i in range(5000):
            run.log({"i": i})
        run.log({"open": 1}, commit=False)
        os.kill(os.getpid(), signal.SIGKILL)
        """)
    assert process.wait(30) == -signal.SIGKILL
    run = wait_until(lambda: (r := read_run(user, "p", "killed")) and r["state"] == "failed" and r)
    rows = rows_of(run)
    assert [row["i"] for row in rows[:-1]] == list(range(5000)) and rows[-1]["open"] == 1


def senders_of(log) -> list[int]:
    """Processes whose command line names the log."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if log.name.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            continue
    return found


def test_when_both_are_killed_sync_brings_the_rest(scripts, user):
    process = scripts.start("""
        import barograph, time
        run = barograph.init(project="p", id="both")
        for i in range(3000):
            run.log({"i": i})
        print("logged", flush=True)
        time.sleep(60)
        """)
    assert process.stdout.readline() == "logged\n"
    log = scripts.logs()[0]
    for pid in (*senders_of(log), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    # A sender that is dying holds its log for a moment more.
    sync = lambda: user.server.run_cli("sync", str(scripts.folder / "wandb"), key=user.key)  # noqa: E731
    assert wait_until(lambda: sync().returncode == 0), sync().stderr
    run = read_run(user, "p", "both")
    assert run["state"] == "failed" and [row["i"] for row in rows_of(run)] == list(range(3000))


def test_a_killed_sender_is_told_of_and_sync_brings_the_rest(scripts, user):
    process = scripts.start("""
        import barograph, sys
        run = barograph.init(project="p", id="alone")
        run.log({"i": 0})
        print("logged", flush=True)
        sys.stdin.readline()
        run.log({"i": 1})
        run._settings.quiet = False
        run.finish()
        """)
    process.stdin = None
    assert process.stdout.readline() == "logged\n"
    for pid in senders_of(scripts.logs()[0]):
        os.kill(pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert "barograph sync" in errors
    done = user.server.run_cli("sync", str(scripts.folder / "wandb"), key=user.key)
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "alone")
    assert run["state"] == "finished" and [row["i"] for row in rows_of(run)] == [0, 1]


def test_forked_children_and_threads_log_to_the_same_run(scripts, user):
    scripts.run("""
        import barograph, os, threading
        run = barograph.init(project="p", id="many")
        def work(who):
            for i in range(200):
                run.log({"who": who, "i": i})
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        children = []
        for n in range(8, 12):
            pid = os.fork()
            if pid == 0:
                work(n)
                os._exit(0)
            children.append(pid)
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        for thread in threads:
            thread.join()
        run.finish()
        """)
    rows = rows_of(read_run(user, "p", "many"))
    assert [row["_step"] for row in rows] == list(range(12 * 200))
    assert {(row["who"], row["i"]) for row in rows} == {(n, i) for n in range(12) for i in range(200)}


def test_a_server_that_is_down_delays_nothing_and_gets_all_later(scripts, make_server):
    server = make_server()
    key, url = server.add_user("late"), server.base_url
    server.stop()
    started = time.monotonic()
    process = scripts.start("""
        import barograph
        run = barograph.init(project="p", id="late", settings={"init_timeout": 5.0, "finish_timeout": 1.0})
        run.log({"i": 0})
        """, BAROGRAPH_BASE_URL=url, BAROGRAPH_API_KEY=key)
    process.communicate(timeout=30)
    assert process.returncode == 0 and time.monotonic() - started < 15
    server.start()
    answer = wait_until(lambda: server.graphql(RUN, {"entity": "late", "project": "p", "run": "late"}, key=key)["project"])
    wait_until(lambda: server.graphql(RUN, {"entity": "late", "project": "p", "run": "late"}, key=key)["project"]["run"]["historyLineCount"] == 1)
    assert answer["run"] is not None


def test_the_official_client_sends_our_offline_run(scripts, user):
    scripts.run("""
        import barograph
        with barograph.init(project="p", id="off", mode="offline", config={"lr": 1}) as run:
            for i in range(100):
                run.log({"i": i, "deep": {"x": i / 3}})
        """)
    env = {**scripts.env, "WANDB_BASE_URL": user.server.base_url, "WANDB_API_KEY": user.key}
    command = [venv_of("0.31.0") / "bin" / "wandb", "sync", scripts.logs()[0].parent]
    done = subprocess.run(command, env=env, cwd=scripts.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "off")
    assert [row["deep"]["x"] for row in rows_of(run)] == [i / 3 for i in range(100)]
    assert json.loads(run["config"])["lr"]["value"] == 1


def test_sync_sends_the_official_clients_offline_run(scripts, user):
    code = """
import wandb
with wandb.init(project="p", id="theirs", config={"lr": 1}, tags=["t"]) as run:
    for i in range(100):
        run.log({"i": i, "deep": {"x": i / 3}})
"""
    env = {**scripts.env, "WANDB_MODE": "offline", "PATH": os.environ["PATH"]}
    command = [venv_of("0.31.0") / "bin" / "python", "-c", code]
    subprocess.run(command, env=env, cwd=scripts.folder, check=True, capture_output=True, timeout=120)
    done = user.server.run_cli("sync", str(scripts.folder / "wandb"), key=user.key)
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "theirs")
    assert (run["state"], run["tags"]) == ("finished", ["t"])
    assert [row["deep"]["x"] for row in rows_of(run)] == [i / 3 for i in range(100)]


def test_a_long_offline_run_ends(scripts):
    output = scripts.run("""
        import barograph
        run = barograph.init(mode="offline")
        row = {f"m{i}": i / 3 for i in range(8)}
        for _ in range(50000):
            run.log(row)
        run.finish()
        print("finished")
        """)
    assert output == "finished\n" and scripts.logs()[0].stat().st_size > 10_000_000


def test_short_offline_runs_hear_that_their_sender_is_done(scripts):
    """A sender that leaves while a message to it is on its way is not a sender that died."""
    for number in range(10):
        process = scripts.start(f"""
            import barograph
            with barograph.init(project="p", id="short{number}", mode="offline") as run:
                run.log({{"i": 0}})
            """)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0 and "gone" not in errors, errors
