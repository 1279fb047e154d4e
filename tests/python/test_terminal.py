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

    def end(self) -> str:
        assert self.process.wait(60) == 0, self.text
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
