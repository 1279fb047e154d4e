"""client.py - the unmodified official client of one age, run in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
SCRIPTS = Path(__file__).parent / "scripts"
AGES = ("0.31.0", "0.21.4", "0.16.6")
SCRIPT_LIMIT_S = 150
# On a busy machine the 0.16 client now and then does not reach its own helper process, before it asks the server anything.
LOST_ITS_OWN_SERVICE = "Connection to wandb service failed"


def venv_of(age: str) -> Path:
    return REPOSITORY / "build" / "venvs" / f"wandb-{age}"


def site_packages_of(age: str) -> Path:
    return next(venv_of(age).glob("lib/python3*/site-packages"))


class Started:
    """A script that runs. `wait` answers what it handed back."""

    def __init__(self, process: subprocess.Popen, result: Path, output: Path):
        self.process, self.result, self.output = process, result, output

    @property
    def text(self) -> str:
        """All it printed so far, both streams."""
        return self.output.read_text(errors="replace")

    def wait_for(self, text: str, limit_s: float = SCRIPT_LIMIT_S) -> None:
        """Until it printed the text."""
        limit = time.monotonic() + limit_s
        while text not in self.text:
            assert self.process.poll() is None, f"ended ({self.process.returncode}):\n{self.text}"
            assert time.monotonic() < limit, f"no {text!r} after {limit_s} s:\n{self.text}"
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to it and to every helper process below it, as when a machine dies."""
        for pid in (*descendants(self.process.pid), self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def check(self, status: int | None) -> None:
        if status is not None and self.process.returncode != status:
            raise AssertionError(f"exit status {self.process.returncode}:\n{self.text}")

    def wait(self, limit_s: float = SCRIPT_LIMIT_S, status: int | None = 0):
        """The script's result, None if it handed none back; status None accepts any."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not finished after {limit_s} s:\n{self.text}") from None
        self.check(status)
        return json.loads(self.result.read_text()) if self.result.exists() else None


def descendants(pid: int) -> list[int]:
    """The processes below pid, children before their own children."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]


class Client:
    """One account's client: nothing it reads or writes is shared with another, or with the machine."""

    def __init__(self, age: str, server, entity: str, key: str | None, home: Path):
        self.age, self.server, self.entity, self.home = age, server, entity, home
        self.count = 0
        (home / "config").mkdir(parents=True, exist_ok=True)
        self.env = {
            "PATH": f"{venv_of(age) / 'bin'}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
            "WANDB_BASE_URL": server.base_url,
            "WANDB_DIR": str(home),
            "WANDB_CACHE_DIR": str(home / "cache"),
            "WANDB_CONFIG_DIR": str(home / "config"),
            "WANDB_DATA_DIR": str(home / "data"),
            "WANDB_ERROR_REPORTING": "false",
            "GIT_CEILING_DIRECTORIES": "/",
        }
        if key is not None:
            self.env["WANDB_API_KEY"] = key

    def _env(self, changes: dict | None) -> dict:
        """The client's environment with some variables changed; None takes one away."""
        return {k: v for k, v in {**self.env, **(changes or {})}.items() if v is not None}

    def start(self, script: str, env: dict | None = None, **parameters) -> Started:
        """Runs scripts/SCRIPT.py with the parameters, in a working folder of its own."""
        self.count += 1
        folder = self.home / f"{self.count}-{script}"
        folder.mkdir()
        result, output = folder / "result.json", folder / "output.txt"
        command = [venv_of(self.age) / "bin" / "python", SCRIPTS / f"{script}.py", json.dumps(parameters), result]
        with open(output, "wb") as out:
            process = subprocess.Popen(
                command, cwd=folder, env=self._env(env), stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )
        return Started(process, result, output)

    def script(self, script: str, status: int | None = 0, env: dict | None = None, **parameters):
        """Runs a script to its end and answers its result."""
        started = self.start(script, env, **parameters)
        result = started.wait(status=None)
        if started.process.returncode != 0 and LOST_ITS_OWN_SERVICE in started.text:
            started = self.start(script, env, **parameters)
            result = started.wait(status=None)
        started.check(status)
        return result

    def wandb(self, *arguments, env: dict | None = None) -> subprocess.CompletedProcess:
        """The client's own command line."""
        return subprocess.run(
            [venv_of(self.age) / "bin" / "wandb", *map(str, arguments)],
            cwd=self.home,
            env=self._env(env),
            capture_output=True,
            text=True,
            timeout=SCRIPT_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )


class Lab:
    """Runs each scenario once for each age, the ages side by side, and keeps what came out.

    A scenario is a function of a Client; its outcome is looked at by many tests.
    """

    def __init__(self, server, home: Path, ages=AGES):
        self.server, self.home, self.ages = server, home, ages
        self.pool = ThreadPoolExecutor(max_workers=len(ages))
        self.futures: dict[tuple, Future] = {}
        self.clients: dict[str, Client] = {}

    def client(self, age: str) -> Client:
        if age not in self.clients:
            name = "age-" + age.replace(".", "-")
            key = self.server.add_user(name)
            self.clients[age] = Client(age, self.server, name, key, self.home / name)
        return self.clients[age]

    def outcome(self, age: str, scenario):
        """What scenario(client) answered, or the exception it raised, for each test again."""
        for each in self.ages:
            if (each, scenario) not in self.futures:
                self.futures[each, scenario] = self.pool.submit(scenario, self.client(each))
        return self.futures[age, scenario].result()

    def newest(self, scenario):
        """The same for what only the newest age can do."""
        age = self.ages[0]
        if (age, scenario) not in self.futures:
            self.futures[age, scenario] = self.pool.submit(scenario, self.client(age))
        return self.futures[age, scenario].result()
