"""seaweed.py - an S3-compatible store of our own: SeaweedFS, on a folder in /tmp, on free ports. It checks signatures.

    build/venv/bin/python -m tests.support.seaweed COMMAND ...   runs a command with BAROGRAPH_TEST_BUCKETS set to its
                                                                endpoint, and AWS_* to its key
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

START_LIMIT_S = 90
KEY_ID, SECRET = "barograph", "barograph-test-secret"


def _free_ports(count: int) -> list[int]:
    """Each with its neighbour 10,000 above free too: SeaweedFS takes that for gRPC."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe, socket.socket() as above:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            if port > 55000:
                continue
            try:
                above.bind(("127.0.0.1", port + 10000))
            except OSError:
                continue
            found.append(port)
    return found


class Seaweed:
    """domain: with it, a bucket may be named in the host, too: BUCKET.domain."""

    def __init__(self, domain: str = ""):
        self.domain = domain
        self.folder = Path(tempfile.mkdtemp(prefix="barograph-seaweed-"))
        self.port, self.master, self.volume, self.filer = _free_ports(4)
        self.process: subprocess.Popen | None = None
        credentials = [{"accessKey": KEY_ID, "secretKey": SECRET}]
        identity = {"name": "test", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    def start(self) -> "Seaweed":
        # Each bucket takes seven volumes, and each test makes a bucket of its own.
        command = [
            Path(sys.executable).parent / "weed", "-logdir", self.folder, "server", f"-dir={self.folder}", "-ip=127.0.0.1",
            f"-master.port={self.master}", f"-volume.port={self.volume}", "-volume.max=1000", "-master.volumeSizeLimitMB=64",
            "-filer", f"-filer.port={self.filer}", "-s3", f"-s3.port={self.port}", f"-s3.config={self.folder}/s3.json",
            "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.domainName={self.domain}",
        ]  # fmt: skip
        with open(f"{self.folder}.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        limit = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(Path(log.name).read_text()[-4000:])
            time.sleep(0.1)
        return self

    def _is_ready(self) -> bool:
        """Unsigned questions are refused by who is ready to answer signed ones."""
        try:
            urllib.request.urlopen(self.endpoint, timeout=5)
        except urllib.error.HTTPError as error:
            return error.code == 403
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(f"{self.folder}.log").unlink(missing_ok=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: python -m tests.support.seaweed COMMAND ...", file=sys.stderr)
        return 2
    store = Seaweed().start()
    try:
        env = {**os.environ, **store.env, "BAROGRAPH_TEST_BUCKETS": store.endpoint}
        return subprocess.run(sys.argv[1:], env=env).returncode
    finally:
        store.remove()


if __name__ == "__main__":
    sys.exit(main())
