"""server.py - one real server for tests: started, killed, started again, asked.

Nothing is replaced: it is the built program on a data folder of its own, on a free port, spoken to over
its documented endpoints.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests

from tests.support.postgres import make_database
from tests.support.front import Front

READY = re.compile(r"listening on (https?://\S+)")
START_LIMIT_S = 30
STOP_LIMIT_S = 30


class GraphQLError(Exception):
    """An answer with errors; `errors` is their list, `data` what came beside them."""

    def __init__(self, status: int, errors: list[dict], data: dict | None):
        super().__init__(f"{status}: " + "; ".join(error.get("message", "") for error in errors))
        self.status, self.errors, self.data = status, errors, data

    @property
    def code(self) -> str | None:
        return (self.errors[0].get("extensions") or {}).get("code")


class Server:
    """A server over one data folder. It keeps its port when it is started again."""

    def __init__(self, binary: Path, data: Path, options: tuple[str, ...] = (), env=None):
        self.store_options = _options_of_store()
        if "BAROGRAPH_TEST_PROXY" in os.environ:
            options = ("--trusted-proxies", "127.0.0.1", *options)
        options = (*self.store_options, *options)
        self.binary = Path(binary).resolve()
        self.data = Path(data)
        self.options = options
        # Tests of deletion want to see it: the trash is tested with one of its own.
        self.env = {**_without_ours(os.environ), "BAROGRAPH_TRASH_DAYS": "0", **(env or {})}
        self.listen = "127.0.0.1:0"
        self.base_url = ""
        self.process: subprocess.Popen | None = None
        self.proxy: Front | None = None  # that stands before it, with BAROGRAPH_TEST_PROXY
        self.log_path = self.data.parent / f"{self.data.name}.log"

    def start(self) -> "Server":
        command = [self.binary, "server", "--data", self.data, "--listen", self.listen, *self.options]
        start_of_log = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.env)
        self.base_url = self._wait_until_ready(start_of_log)
        self.listen = self.base_url.split("://", 1)[1]
        if "BAROGRAPH_TEST_PROXY" in os.environ:
            certificates = Path(os.environ["BAROGRAPH_TEST_CERTIFICATES"])
            self.proxy = self.proxy or Front(os.environ["BAROGRAPH_TEST_PROXY"], certificates).before(self.base_url)
            self.base_url = self.proxy.base_url
        return self

    def _wait_until_ready(self, start_of_log: int) -> str:
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit:
            match = READY.search(self.log(start_of_log))
            if match:
                return match.group(1).rstrip("/")
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended ({self.process.returncode}): {self.log()}")
            time.sleep(0.01)
        raise RuntimeError(f"the server was not ready in {START_LIMIT_S} s: {self.log()}")

    def log(self, start: int = 0) -> str:
        with open(self.log_path, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def kill(self) -> None:
        """As a power cut looks to the process: no handler runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ends it gracefully and answers its exit status."""
        if self.proxy is not None:
            self.proxy.stop()
            self.proxy = None
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.terminate()
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    @property
    def has_postgres(self) -> bool:
        return "--database" in self.store_options

    @property
    def has_bucket(self) -> bool:
        return "--blobs" in self.store_options

    @contextmanager
    def database(self):
        """A connection to what the server stores, behind its back; committed at the end."""
        if self.has_postgres:
            connection = psycopg.connect(self.store_options[1])
        else:
            connection = sqlite3.connect(self.data / "barograph.db")
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    @property
    def data_options(self) -> tuple[str, ...]:
        """What a command needs to work on a stopped server."""
        return ("--data", str(self.data), *(self.store_options[:2] if self.has_postgres else ()))

    @property
    def admin_key(self) -> str:
        return (self.data / "admin.key").read_text().strip()

    # --- asking ---

    def request(self, method: str, path: str, key: str | None = "admin", **more) -> requests.Response:
        """One HTTP request. key "admin" is the administrator's, None sends no credentials."""
        key = self.admin_key if key == "admin" else key
        if key is not None:
            more.setdefault("auth", ("api", key))
        more.setdefault("timeout", 30)
        url = path if "://" in path else self.base_url + path
        return requests.request(method, url, **more)

    def graphql(self, query: str, variables: dict | None = None, key: str | None = "admin") -> dict:
        """The data of the answer; GraphQLError if there are errors."""
        body = {"query": query, "variables": variables or {}}
        response = self.request("POST", "/graphql", key=key, json=body)
        answer = response.json()
        if answer.get("errors") or "data" not in answer:
            raise GraphQLError(response.status_code, answer.get("errors") or [], answer.get("data"))
        return answer["data"]

    def file_stream(self, entity, project, run, body, key="admin", **more) -> requests.Response:
        path = f"/files/{entity}/{project}/{run}/file_stream"
        return self.request("POST", path, key=key, json=body, **more)

    def run_cli(self, *arguments: str, key: str | None = "admin", stdin: str | None = None):
        """The command line against this server; the finished process, whatever its status."""
        key = self.admin_key if key == "admin" else key
        env = {**self.env, "BAROGRAPH_BASE_URL": self.base_url}
        if key is not None:
            env["BAROGRAPH_API_KEY"] = key
        return subprocess.run(
            [self.binary, *arguments], env=env, input=stdin, capture_output=True, text=True, timeout=60
        )

    def add_user(self, name: str, *options: str) -> str:
        """A new user's key."""
        done = self.run_cli("user", "add", name, *options)
        if done.returncode != 0:
            raise RuntimeError(f"user add {name}: {done.stderr}")
        return done.stdout.strip()


def _options_of_store() -> tuple[str, ...]:
    """None for the data folder; a new database on BAROGRAPH_TEST_DATABASE, a new bucket on BAROGRAPH_TEST_BUCKETS, to which
    clients are sent with BAROGRAPH_TEST_DIRECT=on."""
    database_server, bucket_server = os.environ.get("BAROGRAPH_TEST_DATABASE"), os.environ.get("BAROGRAPH_TEST_BUCKETS")
    name, options = f"test-{os.getpid()}-{next(_stores)}", ()
    if database_server:
        options += ("--database", make_database(database_server, name))
    if bucket_server:  # one bucket for all: SeaweedFS keeps volumes aside for each
        direct = os.environ.get("BAROGRAPH_TEST_DIRECT", "off")
        options += ("--blobs", f"s3://tests/{name}?endpoint={bucket_server}&direct={direct}")
    return options


_stores = itertools.count(1)


def _without_ours(environ) -> dict[str, str]:
    """The caller's environment without settings that would reach the server or the client."""
    return {k: v for k, v in environ.items() if not k.startswith(("BAROGRAPH_", "WANDB_"))}
