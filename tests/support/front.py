"""front.py - the examples of packaging/proxies before a real server: nginx and HAProxy, with TLS.

Usage: python -m tests.support.front nginx|haproxy COMMAND...

Servers that COMMAND's tests start (tests.support.server) stand behind the proxy then, and their base_url is the proxy's.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "packaging" / "proxies"
START_LIMIT_S = 10


def program(kind: str) -> str | None:
    """Debian keeps both where only root's path leads."""
    return shutil.which(kind, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certificate(folder: Path) -> None:
    """chain.pem, key.pem and both.pem for 127.0.0.1, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "barograph tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + 10 * day)
    certificate = builder.add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    chain = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(private)
    (folder / "both.pem").write_bytes(chain + private)


class Front:
    """The example, word for word but for addresses and paths."""

    def __init__(self, kind: str, certificates: Path, folder: Path | None = None):
        self.kind, self.certificates = kind, certificates
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"barograph-{kind}-"))
        self.port, self.plain_port = free_port(), free_port()
        self.base_url = f"https://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def write(self, *backends: str) -> Path:
        name = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[self.kind]
        text = (EXAMPLES / name).read_text().replace("/etc/ssl/barograph", str(self.certificates))
        if self.kind == "nginx":
            text = text.replace("server 127.0.0.1:8080;", " ".join(f"server {backend};" for backend in backends))
            text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl").replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
            text = text.replace("http {", f"http {{ access_log off; {self._nginx_paths()}", 1)
            text = f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log;\n{text}"
        else:
            lines = "\n    ".join(f"server s{number} {backend}" for number, backend in enumerate(backends))
            text = text.replace("server one 127.0.0.1:8080", lines)
            text = text.replace("maxconn 20000", "maxconn 2000")  # as many as tests may open
            text = text.replace("bind :443", f"bind 127.0.0.1:{self.port}").replace("bind :80", f"bind 127.0.0.1:{self.plain_port}")
        path = self.folder / name
        path.write_text(text)
        return path

    def _nginx_paths(self) -> str:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        return " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)

    def before(self, *urls: str) -> "Front":
        """Starts it before the servers at these addresses."""
        path = self.write(*(re.sub(r"^http://", "", url) for url in urls))
        command = ["-p", self.folder, "-c", path] if self.kind == "nginx" else ["-db", "-f", path]
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([program(self.kind), *command], stdout=log, stderr=log)
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError(f"{self.kind} did not start: {(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def main(kind: str, *command: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(Path(folder))
        chain = f"{folder}/chain.pem"
        more = {"BAROGRAPH_TEST_PROXY": kind, "BAROGRAPH_TEST_CERTIFICATES": folder, "REQUESTS_CA_BUNDLE": chain, "SSL_CERT_FILE": chain}
        return subprocess.run(command, env={**os.environ, **more}).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
