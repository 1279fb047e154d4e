"""test_terminal.py - what somebody who looks at a terminal sees of a run, and where nothing is shown."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap
import threading

import pytest

from tests.conftest import User
from tests.python.conftest import Scripts
from tests.support.proxy import Proxy

# Found by the proxy only: what is on this machine itself is never behind one.
NAME = "barograph.test"
SCRIPT = """
import os, barograph
run = barograph.init(project="p", id="shown", name="a name")
for step in range(40):
    run.log({"loss": 1 / (step + 1), "rising": step})
run.summary["best"] = "yes"
with open("large.bin", "wb") as file:
    file.write(os.urandom(3_000_000))
run.save("large.bin", policy="end")
run.finish()
"""
SPARKS = re.compile("[▁▂▃▄▅▆▇█]{10,}")


class Terminal:
    """A script whose standard error is a terminal, and all that was written there."""

    def __init__(self, scripts: Scripts, code: str, **env: str):
        ours, theirs = pty.openpty()
        whole = {**scripts.env, "BAROGRAPH_QUIET": "false", "TERM": "xterm", **env}
        self.process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=scripts.folder, env=whole, stderr=theirs)
        os.close(theirs)
        self._content = b""
        self._reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reader.start()

    def _read(self, ours: int) -> None:
        try:
            while part := os.read(ours, 1 << 16):
                self._content += part
        except OSError:  # so a terminal ends
            pass
        os.close(ours)

    @property
    def text(self) -> str:
        return self._content.decode()

    def end(self, status: int = 0) -> str:
        assert self.process.wait(60) == status, self.text
        self._reader.join(10)
        return self.text


@pytest.fixture
def shown(make_server, package, tmp_path):
    """Runs the script behind a proxy that is slow, and answers what the terminal shows: shown(CI="true")."""
    server = make_server("--hosts", NAME)
    scripts = Scripts(package, User(server, "someone"), tmp_path)
    slow = Proxy("a", "b", pause_s=0.04)
    base = f"http://{NAME}:{server.base_url.rsplit(':', 1)[1]}"
    env = {"BAROGRAPH_BASE_URL": base, "HTTP_PROXY": f"http://a:b@{slow.address}"}
    yield lambda **more: Terminal(scripts, SCRIPT, **env, **more).end()
    slow.stop()


def test_a_terminal_shows_where_a_run_is_how_it_goes_on_and_how_it_was(shown):
    text = shown()
    start, _, end = text.partition("uploading")
    assert "recording run a name" in start and f"http://{NAME}:" in start and "/someone/p/runs/shown" in start
    assert start.count("\n") <= 3 and "\033[1;34mbarograph\033[0m:" in start
    assert re.search(r"uploading \[[#.]{20}\] [\d.]+ [KM]?B of 3\.00? MB", text), text
    # The bar is wiped away before the last block.
    block = end.rpartition("\r\033[K")[2]
    assert "history" in block and len(SPARKS.findall(block)) == 2
    assert re.search(r"loss +0\.025\b", block) and re.search(r"best +yes", block)
    assert "run a name is at " in block


def test_continuous_integration_sees_lines_but_no_bar_and_no_colour(shown):
    text = shown(CI="true")
    assert "uploading" not in text and "\033[" not in text
    assert "recording run a name" in text and SPARKS.search(text)


@pytest.mark.parametrize("variable", ["BAROGRAPH_QUIET", "WANDB_SILENT"])
def test_everything_can_be_silenced(shown, variable):
    assert shown(**{variable: "true"}) == ""


def test_colours_can_be_declined(shown):
    text = shown(NO_COLOR="1")
    assert "barograph: recording run a name" in text and "\033[1" not in text


def test_a_run_that_fails_says_so_and_one_value_is_no_course(scripts):
    text = Terminal(scripts, """
        import barograph
        with barograph.init(project="p", name="short") as run:
            run.log({"loss": 1})
            raise SystemExit(3)
        """).end(3)  # fmt: skip
    assert "run short failed with exit code 3 and is at " in text and "history" not in text
    assert re.search(r"loss +1\b", text)


def test_a_bar_that_says_the_same_is_written_once(scripts):
    output = scripts.run("""
        import io, sys, time
        class Screen(io.StringIO):
            def isatty(self):
                return True
        sys.__stderr__ = Screen()
        from barograph.terminal import Progress
        progress = Progress(True)
        progress._began -= 1
        for sent in (1, 1, 1, 2):
            progress.show(sent, 4, 0, None)
        progress.end()
        print(sys.__stderr__.getvalue().count("uploading"))
        """)
    assert output.split() == ["2"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("barograph.init(project='p')", "there is no API key for http"),
        ("barograph.init(project='a/b')", "the project has 1 to 128 characters"),
        ("barograph.log({'a': 1})", "call barograph.init() before barograph.log()"),
    ],
)
def test_errors_say_what_to_do(scripts, code, says):
    scripts.env.pop("BAROGRAPH_API_KEY")
    process = scripts.start(f"import barograph\n{code}")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and says in errors.splitlines()[-1]


def test_a_project_of_somebody_else_and_a_sweep_that_is_not_there_are_told_by_name(scripts):
    process = scripts.start("import barograph; barograph.init(project='p', entity='nobody')")
    said = process.communicate(timeout=60)[1].splitlines()[-1]
    assert "there is no user or team 'nobody', or the key may not write to it" in said
    process = scripts.start("import barograph; barograph.agent('nosuch', function=print, project='q')")
    assert "there is no sweep nosuch in q; a sweep is written [[ENTITY/]PROJECT/]SWEEP" in process.communicate(timeout=60)[1]
