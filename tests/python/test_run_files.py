"""test_run_files.py - what is sent beside the lines: files, artifacts, alerts, the console."""

from __future__ import annotations

import json
import urllib.request

from tests.python.support import files_of, read_run
from tests.support.waiting import wait_until


def content(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def test_saved_files_arrive_under_their_names(scripts, user, tmp_path):
    output = scripts.run("""
        import barograph, os, pathlib
        os.makedirs("sub/deep"); os.makedirs("far/run1")
        pathlib.Path("a.txt").write_text("a"); pathlib.Path("sub/deep/b.txt").write_text("b")
        pathlib.Path("far/run1/c.bin").write_bytes(bytes(3_000_000))
        run = barograph.init(project="p", id="f")
        print(run.save("a.txt", policy="now"), file=__import__("sys").stderr)
        run.save("sub/*/*.txt", base_path="sub")
        run.save(os.path.abspath("far/run1/*"), policy="end")
        pathlib.Path(run.dir, "own.txt").write_text("own")
        run.save(os.path.join(run.dir, "own.txt"), policy="now")
        for wrong in (dict(glob_str="a.txt", policy="sometimes"), dict(glob_str="/etc/hostname", base_path="sub")):
            try:
                run.save(**wrong)
            except ValueError as error:
                print("refused")
        run.finish()
        """)
    assert output.split() == ["refused", "refused"]
    files = files_of(read_run(user, "p", "f"))
    assert {"a.txt", "deep/b.txt", "run1/c.bin", "own.txt"} <= set(files)
    assert content(files["deep/b.txt"]) == b"b" and content(files["run1/c.bin"]) == bytes(3_000_000)


def test_a_live_file_is_sent_as_it_was_at_the_end(scripts, user):
    scripts.run("""
        import barograph, pathlib, time
        pathlib.Path("live.txt").write_text("early")
        run = barograph.init(project="p", id="f")
        run.save("live.txt")
        time.sleep(0.5)
        pathlib.Path("live.txt").write_text("late and longer")
        run.finish()
        """)
    assert content(files_of(read_run(user, "p", "f"))["live.txt"]) == b"late and longer"


def test_restore_brings_a_file_back(scripts):
    output = scripts.run("""
        import barograph, pathlib, os
        pathlib.Path("a.txt").write_text("as it was")
        with barograph.init(project="p", id="f") as run:
            run.save("a.txt")
            path = run.path
        os.makedirs("other")
        print(barograph.restore("a.txt", path, root="other").read())
        try:
            barograph.restore("none.txt", path, root="other")
        except ValueError:
            print("no such file")
        """)
    assert output.splitlines() == ["as it was", "no such file"]


def test_an_artifact_comes_back_as_it_was_logged(scripts):
    output = scripts.run("""
        import barograph, pathlib, os
        os.makedirs("data/sub")
        for i in range(30):
            pathlib.Path(f"data/sub/{i}.bin").write_bytes(os.urandom(1000 + i))
        pathlib.Path("data/big.bin").write_bytes(os.urandom(5_000_000))
        with barograph.init(project="p", id="a") as run:
            artifact = barograph.Artifact("set", type="dataset", metadata={"k": 1})
            artifact.add_dir("data")
            logged = run.log_artifact(artifact, aliases=["best"])
            logged.wait()
            print(logged.version, sorted(logged.aliases), logged.state)
            path = run.path.rsplit("/", 1)[0]
        with barograph.init(project="p", id="b") as run:
            used = run.use_artifact("set:best")
            folder = used.download("back")
            same = all(pathlib.Path(folder, "sub", f"{i}.bin").read_bytes() == pathlib.Path(f"data/sub/{i}.bin").read_bytes()
                       for i in range(30))
            print(same, pathlib.Path(folder, "big.bin").read_bytes() == pathlib.Path("data/big.bin").read_bytes())
            again = barograph.Artifact("set", type="dataset", metadata={"k": 1})
            again.add_dir("data")
            print(run.log_artifact(again).wait().version)
        """)
    assert output.splitlines() == ["v0 ['best', 'latest'] COMMITTED", "True True", "v0"]


def test_what_is_printed_is_the_runs_console(scripts, user):
    for mode in ("wrap", "redirect"):
        output = scripts.run("""
            import barograph, os, subprocess, sys
            run = barograph.init(project="p", id=os.environ["MODE"], settings={"console": os.environ["MODE"]})
            print("from python", flush=True)
            print("to stderr", file=sys.stderr)
            sys.stdout.write("bar 10%\\rbar 100%\\n")
            sys.stdout.flush()
            if os.environ["MODE"] == "redirect":
                subprocess.run(["echo", "from a child"])
                os.write(1, b"from c\\n")
            run.finish()
            print("after the end")
            """, MODE=mode)
        text = content(files_of(read_run(user, "p", mode))["output.log"]).decode()
        assert "from python\n" in text and "to stderr\n" in text and "bar 100%\n" in text and "after the end" not in text
        assert "from python\n" in output and "after the end\n" in output
        if mode == "redirect":
            assert "from a child\n" in text and "from c\n" in text and "from a child\n" in output


def test_the_console_can_be_left_alone(scripts, user):
    scripts.run("""
        import barograph, sys
        write = sys.stdout.write
        run = barograph.init(project="p", id="off", settings={"console": "off"})
        assert sys.stdout.write == write
        print("not recorded")
        run.finish()
        """)
    assert "output.log" not in files_of(read_run(user, "p", "off"))


def test_an_alert_is_sent(scripts, user):
    output = scripts.run("""
        import barograph, datetime
        with barograph.init(project="p", id="al") as run:
            run.alert("Low accuracy", "it is 0.1", level=barograph.AlertLevel.WARN, wait_duration=datetime.timedelta(seconds=5))
            barograph.alert(title="plain", text="text")
            for wrong in (dict(level="LOUD"), dict(wait_duration="soon")):
                try:
                    run.alert("x", "y", **wrong)
                except ValueError:
                    print("refused")
        """)
    assert output.split() == ["refused", "refused"]


def test_preempting_is_told_at_once(scripts, user):
    process = scripts.start("""
        import barograph, sys
        run = barograph.init(project="p", id="pre")
        run.mark_preempting()
        print("marked", flush=True)
        import time; time.sleep(90)
        """)
    process.stdin = None
    assert process.stdout.readline() == "marked\n"
    wait_until(lambda: read_run(user, "p", "pre")["state"] == "preempting")
    process.kill()
    process.wait()


def test_status_says_what_is_left(scripts):
    output = scripts.run("""
        import barograph
        run = barograph.init(project="p", id="s")
        run.log({"i": 1})
        status = run.status()
        print(status.sync_items_pending >= 0, status.sync_items_total >= status.sync_items_pending)
        run.finish()
        """)
    assert output.split() == ["True", "True"]


def test_metadata_and_requirements_are_there(scripts, user):
    scripts.run("""
        import barograph, sys
        sys.argv = ["train.py", "--lr", "0.1", "--api-key", "very-secret", "--token=hidden"]
        barograph.init(project="p", id="m").finish()
        """)
    files = files_of(read_run(user, "p", "m"))
    metadata = json.loads(content(files["wandb-metadata.json"]))
    assert metadata["args"] == ["--lr", "0.1", "--api-key", "***", "--token=***"]
    assert metadata["python"].startswith("CPython 3") and metadata["host"] and metadata["os"].startswith("Linux")
    requirements = content(files["requirements.txt"]).decode().splitlines()
    assert any(line.startswith("pytest==") for line in requirements)
