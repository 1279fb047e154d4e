"""The safety rules on the program itself: a store that fails, and how it is built and confined (rules 8 and 29)."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import User
from tests.support.protocol import UPSERT, RunUnderTest

# ---- 8: a failure of ours is never the client's ----


def test_s08__a_database_that_cannot_be_written_is_503_and_says_when_to_try_again(make_server):
    server = make_server()
    user = User(server, "alice")
    run = RunUnderTest(user, "s08", "run")
    address = run.upload_urls("a.txt")["a.txt"]
    with server.database() as holder:
        holder.execute("lock table users, runs, run_files, history_runs" if server.has_postgres else "begin immediate")
        answers = {
            "graphql": server.request("POST", "/graphql", key=user.key, json={"query": UPSERT, "variables": {
                "entity": "alice", "project": "s08", "name": "other"}}),
            "file_stream": run.post({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}),
            "upload": server.request("PUT", address, key=None, data=b"x"),
        }
        holder.execute("rollback")
    for name, answer in answers.items():
        assert answer.status_code == 503, f"{name}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) > 0, name
    assert run.send_rows(0, [{"_step": 0}]) is not None


# ---- 29: how the program is built ----


def read_elf(binary: Path, *options: str) -> str:
    if shutil.which("readelf") is None:
        pytest.skip("needs readelf")
    return subprocess.run(["readelf", "--wide", *options, binary], capture_output=True, text=True, check=True).stdout


def test_s29__the_program_is_hardened(binary):
    assert "Type:                              DYN" in read_elf(binary, "--file-header"), "not position independent"
    segments = read_elf(binary, "--segments")
    assert "GNU_RELRO" in segments
    stack = re.search(r"GNU_STACK.*", segments)[0]
    assert " E" not in stack.split("0x")[-2] + stack, f"the stack may be executed: {stack}"
    assert re.search(r"BIND_NOW|FLAGS_1.*NOW", read_elf(binary, "--dynamic"))
    symbols = read_elf(binary, "--dyn-syms")
    assert "__stack_chk_fail" in symbols
    if "__asan_init" not in read_elf(binary, "--syms"):
        assert re.search(r"__(memcpy|snprintf|vsnprintf|memset|read)_chk", symbols), "built without FORTIFY"


def test_s29__the_process_is_confined_to_its_data_folder(make_server, binary):
    if "__asan_init" in read_elf(binary, "--syms"):
        pytest.skip("a sanitizer runs other programs")
    server = make_server()
    if "cannot confine" in server.log():
        pytest.skip("this kernel has no Landlock")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert re.search(r"NoNewPrivs:\s+1", status)
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        assert re.search(r"NoNewPrivs:\s+1", (task / "status").read_text()), "a thread was started before"


def test_s29__certificates_reload_also_when_confined(make_server, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    cert, key = tmp_path / "tls" / "cert.pem", tmp_path / "tls" / "key.pem"
    cert.parent.mkdir()

    def renew(name):
        new = [cert.with_suffix(".new"), key.with_suffix(".new")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", new[1], "-out", new[0]], check=True, capture_output=True)
        new[1].rename(key)
        new[0].rename(cert)

    def shows_the_certificate():
        shown = ssl.get_server_certificate(("127.0.0.1", int(server.listen.rsplit(":", 1)[1])))
        return shown == cert.read_text()

    renew("first")
    server = make_server("--tls-cert", str(cert), "--tls-key", str(key))
    assert shows_the_certificate()
    renew("second")
    limit = time.monotonic() + 10
    while not shows_the_certificate():
        assert time.monotonic() < limit, server.log()
        time.sleep(0.2)
