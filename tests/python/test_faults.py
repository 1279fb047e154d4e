"""test_faults.py - what goes wrong around a training: servers, disks, processes, values. No row is lost, no step waits."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.python.support import read_run, rows_of, senders_of
from tests.support.relay import Relay
from tests.support.waiting import wait_until


@pytest.fixture
def storm(user):
    relay = Relay(user.server.base_url)
    yield relay
    relay.stop()


STEADY = """
    import barograph, sys, time
    run = barograph.init(project="p", id="r")
    print("begun", flush=True)
    for i in range(60):
        run.log({"i": i})
        time.sleep(0.05)
    run.finish()
    print("finished", flush=True)
    """


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_storm_of_refusals_loses_nothing(scripts, user, storm, status):
    process = scripts.start(STEADY, BAROGRAPH_BASE_URL=storm.url)
    assert process.stdout.readline() == "begun\n"
    storm.status, storm.retry_after = status, "1" if status == 429 else None
    time.sleep(2.5)
    storm.status = None
    output, errors = process.communicate(timeout=60)
    assert output == "finished\n" and storm.refused > 0, errors
    run = read_run(user, "p", "r")
    assert [row["i"] for row in rows_of(run)] == list(range(60)) and run["state"] == "finished"


def test_a_server_that_dies_in_the_middle_gets_all_of_it(scripts, make_server):
    server = make_server()
    key = server.add_user("brave")
    process = scripts.start(STEADY, BAROGRAPH_BASE_URL=server.base_url, BAROGRAPH_API_KEY=key)
    assert process.stdout.readline() == "begun\n"
    server.kill() if hasattr(server, "kill") else server.stop()
    time.sleep(2)
    server.start()
    output, errors = process.communicate(timeout=90)
    assert output == "finished\n", errors

    class Reader:
        name = "brave"

        @staticmethod
        def graphql(document, variables):
            return server.graphql(document, variables, key=key)

    assert [row["i"] for row in rows_of(read_run(Reader, "p", "r"))] == list(range(60))


def test_log_never_waits_for_a_server(scripts, storm):
    output = scripts.run("""
        import barograph, time
        run = barograph.init(project="p", id="r", settings={"finish_timeout": 0.5})
        slowest = 0.0
        for i in range(20000):
            began = time.perf_counter()
            run.log({"i": i})
            slowest = max(slowest, time.perf_counter() - began)
        print(slowest)
        run.finish()
        """, BAROGRAPH_BASE_URL="http://127.0.0.1:9")  # fmt: skip
    assert float(output) < 1.0


def test_the_start_without_a_server_says_how_to_sync(scripts):
    process = scripts.start("""
        import barograph
        run = barograph.init(project="p", id="r", settings={"quiet": False, "finish_timeout": 0.5})
        run.log({"i": 1})
        run.finish()
        """, BAROGRAPH_BASE_URL="http://127.0.0.1:9")  # fmt: skip
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and errors.count("barograph sync wandb/run-") == 2, errors


def test_a_key_that_is_not_accepted_is_an_error_at_once(scripts):
    output = scripts.run("""
        import barograph
        try:
            barograph.init(project="p")
        except barograph.AuthenticationError as error:
            print("login" in str(error))
        """, BAROGRAPH_API_KEY="x" * 40)  # fmt: skip
    assert output == "True\n"


def test_the_next_init_finishes_what_was_orphaned(scripts, user):
    process = scripts.start("""
        import barograph, os, signal, time
        run = barograph.init(project="p", id="orphan")
        for i in range(1000):
            run.log({"i": i})
        print(run.sync_dir, flush=True)
        time.sleep(60)
        """)
    log = process.stdout.readline().strip()
    for pid in senders_of(os.path.basename(log)):
        os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
    scripts.run("import barograph; barograph.init(project='p', id='next').finish()")
    run = wait_until(lambda: (r := read_run(user, "p", "orphan")) and r["state"] == "failed" and r)
    assert [row["i"] for row in rows_of(run)] == list(range(1000))


def test_a_living_run_is_no_orphan(scripts, user):
    process = scripts.start("""
        import barograph, os, time
        run = barograph.init(project="p", id="alive")
        run.log({"i": 0})
        print(run.sync_dir, flush=True)
        while not os.path.exists("go"):
            time.sleep(0.05)
        run.log({"i": 1})
        run.finish()
        """)
    folder = process.stdout.readline().strip()
    for pid in senders_of(os.path.basename(folder)):
        os.kill(pid, signal.SIGKILL)
    scripts.run("import barograph; barograph.init(project='p', id='next').finish()")
    refused = user.server.run_cli("sync", folder, key=user.key)
    assert refused.returncode == 1 and "--follow" in refused.stderr
    (scripts.folder / "go").touch()
    process.communicate(timeout=60)
    done = user.server.run_cli("sync", folder, key=user.key)
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "alive")
    assert run["state"] == "finished" and [row["i"] for row in rows_of(run)] == [0, 1]


def test_a_sender_without_owner_and_server_sleeps_between_its_tries(scripts, make_server):
    server = make_server()
    process = scripts.start("""
        import barograph, time
        run = barograph.init(project="p", id="left")
        run.log({"i": 0})
        print(run.sync_dir, flush=True)
        time.sleep(60)
        """, BAROGRAPH_BASE_URL=server.base_url, BAROGRAPH_API_KEY=server.add_user("left"))  # fmt: skip
    folder = os.path.basename(process.stdout.readline().strip())
    server.kill()
    process.kill()
    process.wait()
    (sender,) = senders_of(folder)
    try:
        time.sleep(1)
        before = cpu_seconds(sender)
        time.sleep(2)
        assert cpu_seconds(sender) - before < 0.3
    finally:
        os.kill(sender, signal.SIGKILL)


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_sixty_four_threads_log_every_row(scripts, user):
    scripts.run("""
        import barograph, threading
        run = barograph.init(project="p", id="r")
        def work(who):
            for i in range(200):
                run.log({"who": who, "i": i})
        threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        run.finish()
        """)
    rows = rows_of(read_run(user, "p", "r"))
    assert {(row["who"], row["i"]) for row in rows} == {(n, i) for n in range(64) for i in range(200)}
    assert [row["_step"] for row in rows] == list(range(64 * 200))


def test_worker_processes_log_to_their_parents_run(scripts, user):
    scripts.run("""
        import barograph, multiprocessing
        run = barograph.init(project="p", id="r")
        def work(who):
            run.log({"who": who})
            return who
        with multiprocessing.get_context("fork").Pool(4) as pool:
            pool.map(work, range(40))
        run.finish()
        """)
    run = read_run(user, "p", "r")
    assert sorted(row["who"] for row in rows_of(run)) == list(range(40)) and run["state"] == "finished"


def test_a_step_backwards_is_a_warning_and_no_row(scripts, user):
    process = scripts.start("""
        import barograph
        run = barograph.init(project="p", id="r", settings={"silent": False})
        run.log({"i": 1}, step=5)
        run.log({"i": 2}, step=3)
        run.log({"i": 3}, step=6)
        run.finish()
        """)
    _, errors = process.communicate(timeout=60)
    assert "step 3 is behind the run's step 5" in errors and "define_metric" in errors
    assert [row["i"] for row in rows_of(read_run(user, "p", "r"))] == [1, 3]


def test_odd_numbers_and_keys_arrive_or_are_refused(scripts, user):
    output = scripts.run("""
        import barograph, datetime, decimal, json
        run = barograph.init(project="p", id="r")
        run.log({"nan": float("nan"), "inf": float("inf"), "ninf": float("-inf"), "big": 2**70, "key with space": 1,
                 "uni\\u00e9": "\\U0001f600", "when": datetime.date(2026, 1, 2), "none": None, "bytes": b"ab", "": 1})
        for bad in ({1: 2}, {None: 1}, {"x": decimal.Decimal(1)}, {"x": object()}, [1], "text", {"x": {"y": {3: object()}}}):
            try:
                run.log(bad)
                print("accepted", bad)
            except (TypeError, ValueError) as error:
                print(type(error).__name__)
        run.finish()
        """)
    assert output.split() == ["TypeError"] * 4 + ["ValueError"] * 2 + ["TypeError"]
    (row,) = rows_of(read_run(user, "p", "r"))
    assert row["big"] == 2**70 and row["inf"] == float("inf") and row["nan"] != row["nan"]
    assert row["uni\u00e9"] == "\U0001f600" and row["when"] == "2026-01-02" and row["none"] is None and row["bytes"] == "ab"


def test_a_torn_last_record_is_passed_over(scripts, user):
    scripts.run("""
        import barograph
        with barograph.init(project="p", id="r", mode="offline") as run:
            for i in range(100):
                run.log({"i": i})
        """)
    log = scripts.logs()[0]
    log.write_bytes(log.read_bytes()[:-37])
    done = user.server.run_cli("sync", str(log.parent), key=user.key)
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "r")
    assert [row["i"] for row in rows_of(run)] == list(range(100))[: len(rows_of(run))] and len(rows_of(run)) >= 99


@pytest.mark.parametrize("no_mmap", ["0", "1"])
def test_a_full_disk_is_a_warning_and_not_the_end(scripts, user, no_mmap):
    """The limit on a file's size stands for the disk: setting room aside, and writing, fails as it does there."""
    output = scripts.run("""
        import barograph, resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        run = barograph.init(project="p", id="r", settings={"finish_timeout": 5})
        for i in range(100):
            run.log({"i": i})
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limit[1]))
        text = "x" * 1000
        for i in range(100, 5000):
            run.log({"i": i, "text": text})
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        import time
        time.sleep(0.2)
        run.log({"i": 5000})
        run.finish()
        print("alive")
        """, BAROGRAPH_NO_MMAP=no_mmap)  # fmt: skip
    assert output == "alive\n"
    assert [row["i"] for row in rows_of(read_run(user, "p", "r"))] == list(range(5001))


def test_a_request_to_stop_interrupts_the_training(scripts, user):
    process = scripts.start("""
        import barograph, time
        run = barograph.init(project="p", id="r")
        run.log({"i": 0})
        print("begun", flush=True)
        try:
            while True:
                run.log({"i": 1})
                time.sleep(0.2)
        except KeyboardInterrupt:
            print("stopped", flush=True)
        """)
    assert process.stdout.readline() == "begun\n"
    run_id = wait_until(lambda: read_run(user, "p", "r"))["id"]
    user.graphql("mutation($id: ID!) { stopRun(input: {id: $id}) { success } }", {"id": run_id})
    output, _ = process.communicate(timeout=60)
    assert output == "stopped\n"


def test_several_writers_make_one_run(scripts, user):
    writer = """
        import barograph
        run = barograph.init(project="p", id="shared", mode="shared",
                             settings={"x_label": "rank{n}", "x_primary": {primary}})
        for i in range(50):
            run.log({"m{n}": i})
        print("from rank {n}")
        run.finish()
        """
    first = scripts.start(writer.replace("{n}", "0").replace("{primary}", "True"))
    second = scripts.start(writer.replace("{n}", "1").replace("{primary}", "False"))
    for process in (first, second):
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    rows = rows_of(read_run(user, "p", "shared"))
    assert [row["m0"] for row in rows if "m0" in row] == list(range(50))
    assert [row["m1"] for row in rows if "m1" in row] == list(range(50))


def test_a_log_that_cannot_be_mapped_is_written(scripts, user):
    """As on network file systems: threads, children and a kill lose nothing there either."""
    process = scripts.start("""
        import barograph, os, signal, threading
        run = barograph.init(project="p", id="r")
        def work(who):
            for i in range(100):
                run.log({"who": who, "i": i})
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        pid = os.fork()
        if pid == 0:
            work(4)
            os._exit(0)
        os.waitpid(pid, 0)
        run.log({"who": 5, "i": 0}, commit=False)
        os.kill(os.getpid(), signal.SIGKILL)
        """, BAROGRAPH_NO_MMAP="1")  # fmt: skip
    process.communicate(timeout=60)
    run = wait_until(lambda: (r := read_run(user, "p", "r")) and r["state"] == "failed" and r)
    expected = {(n, i) for n in range(5) for i in range(100)} | {(5, 0)}
    assert {(row["who"], row["i"]) for row in rows_of(run)} == expected


def test_the_page_is_known_as_soon_as_the_server_is_there(scripts, make_server):
    server = make_server()
    key = server.add_user("late")
    server.stop()
    process = scripts.start("""
        import barograph, time
        run = barograph.init(project="p", id="r")
        print(run.url, flush=True)
        limit = time.monotonic() + 40
        while run.url is None and time.monotonic() < limit:
            time.sleep(0.1)
        print(run.url, run.entity)
        run.finish()
        """, BAROGRAPH_BASE_URL=server.base_url, BAROGRAPH_API_KEY=key)  # fmt: skip
    assert process.stdout.readline() == "None\n"
    server.start()
    output, errors = process.communicate(timeout=60)
    assert output.split() == [f"{server.base_url}/late/p/runs/r", "late"], errors
