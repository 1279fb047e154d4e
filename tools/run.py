#!/usr/bin/env python3
"""Starts the server on ./data and says how to log to it. Usage: run.py BINARY

The server's own BAROGRAPH_ variables hold. On a terminal the server becomes the foreground group of its own, so that
Ctrl+C reaches it alone: it ends what it is doing, and `make run` ends with its status instead of an interrupt.
"""

import os
import pathlib
import signal
import subprocess
import sys

HOW_TO_LOG = """
  Barograph is at   {url}
  Log in with       {key}

  In the shell of your training script (pip install wandb):

    export WANDB_BASE_URL={url}
    export WANDB_API_KEY={key}
    python3 -c "import wandb; r = wandb.init(project='first'); [r.log({{'loss': 1 / (i + 1)}}) for i in range(100)]; r.finish()"

  Ctrl+C stops the server.
"""


def open_terminal():
    """The terminal's descriptor when it is ours to hand on, else None."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return None
    if os.tcgetpgrp(terminal) == os.getpgrp():
        return terminal
    os.close(terminal)
    return None


def say_how_to_log(url, data):
    for everywhere in ("//0.0.0.0:", "//[::]:"):
        url = url.replace(everywhere, "//127.0.0.1:")
    key = os.environ.get("BAROGRAPH_ADMIN_KEY") or (data / "admin.key").read_text().strip()
    print(HOW_TO_LOG.format(url=url, key=key), flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    data = pathlib.Path(os.environ.get("BAROGRAPH_DATA") or "data")
    terminal = open_terminal()
    if terminal is not None:
        # Handing the terminal back comes from the background; and only the server would be put to sleep by Ctrl+Z.
        for number in (signal.SIGTTOU, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
    server = subprocess.Popen([sys.argv[1], "server", "--data", str(data)], stdout=subprocess.PIPE, text=True,
                              process_group=0 if terminal is not None else None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: server.terminate())
    if terminal is not None:
        os.tcsetpgrp(terminal, server.pid)
    for line in server.stdout:
        print(line, end="", flush=True)
        if line.startswith("listening on "):
            say_how_to_log(line.split()[-1], data)
    status = server.wait()
    if terminal is not None:
        os.tcsetpgrp(terminal, os.getpgrp())
    if status == 0:
        print("stopped")
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
