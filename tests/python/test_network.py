"""test_network.py - the ways to a server: proxies, certificates of one's own, IPv6, a path below a reverse proxy.

Each is gone by the sender, with a run, a file and an artifact, and by the public API, which reads them back.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import pytest

from tests.conftest import User
from tests.python.conftest import Scripts
from tests.support.proxy import Proxy

# A name that no resolver knows: only a proxy finds it.
NAME = "barograph.test"
USER, PASSWORD = "some one", "p@ss:word"
CREDENTIALS = "some%20one:p%40ss%3Aword"

SCRIPT = """
import barograph
with open("note.txt", "w") as file:
    file.write("hello " * 1000)
with barograph.init(project="network", id="run") as run:
    run.log({"loss": 0.5})
    run.log({"table": barograph.Table(columns=["a"], data=[[1], [2]])})
    run.save("note.txt", policy="now")
    artifact = run.log_artifact("note.txt", name="note", type="text")
    artifact.wait(30)
    print(run.url)
api = barograph.Api()
read = api.run("network/run")
assert read.state == "finished", read.state
assert [row["loss"] for row in read.scan_history(keys=["loss"])] == [0.5]
with read.file("note.txt").download("again") as file:
    assert file.read() == "hello " * 1000
artifact = api.artifact("network/note:latest")
assert open(artifact.file("there")).read() == "hello " * 1000
"""


@pytest.fixture
def place(package, make_server, tmp_path):
    """Starts a server and answers it with scripts of a user of its own: place("--listen", ...)."""

    def make(*options: str, **env: str) -> tuple:
        server = make_server(*options, env=env)
        scripts = Scripts(package, User(server, "someone"), tmp_path)
        return server, scripts

    return make


@pytest.fixture
def proxy():
    made = Proxy(USER, PASSWORD)
    yield made
    made.stop()


@pytest.fixture
def certificate(tmp_path):
    """The files of a key, and of a certificate that nobody's system trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = f"subjectAltName=DNS:{NAME},IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}", "-addext", names,
         "-keyout", key, "-out", cert], check=True, capture_output=True)  # fmt: skip
    return key, cert


def port_of(server) -> str:
    return server.base_url.rsplit(":", 1)[1].strip("/")


def test_http_proxy__is_what_everything_goes_through(place, proxy):
    server, scripts = place("--hosts", NAME)
    base = f"http://{NAME}:{port_of(server)}"
    scripts.run(SCRIPT, BAROGRAPH_BASE_URL=base, HTTP_PROXY=f"http://{CREDENTIALS}@{proxy.address}")
    assert {"POST /graphql", "POST /files/someone/network/run/file_stream"} <= set(proxy.passed)
    assert any(each.startswith("PUT ") for each in proxy.passed)
    assert proxy.agents == {"barograph", "barograph-python"}  # the sender, and the public API


def test_https_proxy__is_asked_for_a_tunnel(place, proxy, certificate):
    key, cert = certificate
    server, scripts = place("--tls-key", str(key), "--tls-cert", str(cert), "--hosts", NAME, SSL_CERT_FILE=str(cert))
    base = f"https://{NAME}:{port_of(server)}"
    scripts.run(SCRIPT, BAROGRAPH_BASE_URL=base, https_proxy=f"{CREDENTIALS}@{proxy.address}", SSL_CERT_FILE=str(cert))
    assert len(proxy.passed) >= 2 and set(proxy.passed) == {f"CONNECT {NAME}:{port_of(server)}"}


def test_no_proxy__names_what_is_reached_directly(place, proxy):
    # An address of this machine that is none of those which no proxy is ever asked for.
    server, scripts = place("--hosts", "0.0.0.0")
    base, through = f"http://0.0.0.0:{port_of(server)}", f"http://{CREDENTIALS}@{proxy.address}"
    scripts.run(SCRIPT, BAROGRAPH_BASE_URL=base, HTTP_PROXY=through, NO_PROXY="elsewhere.test,0.0.0.0")
    assert proxy.passed == []
    scripts.run("import barograph\nprint(barograph.Api().viewer.username)", BAROGRAPH_BASE_URL=base, HTTP_PROXY=through)
    assert proxy.passed


def test_this_machine_is_never_behind_a_proxy(scripts):
    scripts.run(SCRIPT, HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")


def test_certificates__of_ones_own_are_named_by_a_variable(place, certificate):
    key, cert = certificate
    server, scripts = place("--tls-key", str(key), "--tls-cert", str(cert), SSL_CERT_FILE=str(cert))
    scripts.run(SCRIPT, BAROGRAPH_BASE_URL=server.base_url, SSL_CERT_FILE=str(cert))


def test_certificates__may_be_a_folder_of_them(place, certificate, tmp_path):
    key, cert = certificate
    server, scripts = place("--tls-key", str(key), "--tls-cert", str(cert), SSL_CERT_FILE=str(cert))
    folder = tmp_path / "trusted"
    folder.mkdir()
    shutil.copy(cert, folder)
    subprocess.run(["openssl", "rehash", folder], check=True)
    scripts.run(SCRIPT, BAROGRAPH_BASE_URL=server.base_url, REQUESTS_CA_BUNDLE=str(folder))


def test_certificates__that_nobody_trusts_are_refused_and_the_run_says_why(place, certificate):
    key, cert = certificate
    server, scripts = place("--tls-key", str(key), "--tls-cert", str(cert), SSL_CERT_FILE=str(cert))
    process = scripts.start(
        """
        import barograph
        with barograph.init(project="network", settings=barograph.Settings(finish_timeout=2)) as run:
            run.log({"x": 1})
        try:
            barograph.Api().viewer
        except barograph.CommError as error:
            print(error)
        """,
        BAROGRAPH_BASE_URL=server.base_url,
        BAROGRAPH_QUIET="false",
    )
    output, errors = process.communicate(timeout=60)
    assert "certificate that is not trusted" in output and "SSL_CERT_FILE" in output
    assert "certificate" in errors and "barograph sync" in errors


def test_ipv6__addresses_are_base_urls(place):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server, scripts = place("--listen", "[::1]:0")
    assert server.base_url.startswith("http://[::1]:")
    output = scripts.run(SCRIPT, BAROGRAPH_BASE_URL=server.base_url)
    assert output.startswith(f"{server.base_url}/someone/network/runs/")


@pytest.fixture
def below_a_path(place, tmp_path):
    """A server behind a proxy that gives it what is asked for below /tracking."""
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}/tracking"
    server, scripts = place("--public-url", base, "--trusted-proxies", "127.0.0.1")
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n mode http\n timeout connect 2s\n timeout client 60s\n timeout server 60s\n"
        f"frontend f\n bind 127.0.0.1:{port}\n acl below path_beg /tracking/\n"
        " http-request deny deny_status 404 unless below\n http-request replace-path /tracking/(.*) /\\1\n"
        f" default_backend b\nbackend b\n server s {server.base_url.split('://')[1]}\n"
    )
    process = subprocess.Popen(["haproxy", "-f", config, "-db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
        assert process.poll() is None
        time.sleep(0.02)
    yield base, scripts
    process.kill()
    process.wait()


def test_path_prefix__is_kept_in_every_address(below_a_path):
    base, scripts = below_a_path
    output = scripts.run(SCRIPT, BAROGRAPH_BASE_URL=base + "/")
    assert output.startswith(f"{base}/someone/network/runs/run")
