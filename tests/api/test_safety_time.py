"""Safety rules that show over time: after a rotation, a log-out, an outage, a deletion, a commit in portions."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.conftest import User
from tests.support.artifact_draft import Draft
from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.waiting import wait_until

WHO = {"query": "{ viewer { username } }"}
FILES = """query Q($e: String!) { project(name: "s27", entityName: $e) { run(name: "run") { files(names: ["a.txt"]) {
    edges { node { directUrl } } } } } }"""
PASSWORD = "a password of many words"


def viewer(server, key) -> str | None:
    answer = server.request("POST", "/graphql", key=key, json=WHO)
    return answer.json()["data"]["viewer"]["username"] if answer.ok else None


# ---- 27: the secret ----


def rotate(server) -> None:
    server.stop()
    done = server.run_cli("secret", "rotate", "--data", str(server.data))
    assert done.returncode == 0, done.stderr


def forget_old_secrets(server) -> None:
    server.stop()
    path = server.data / "secret.key"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def test_s27__keys_cookies_and_addresses_outlive_a_rotation_and_move_to_the_new_secret(make_server):
    server = make_server()
    used, unused = User(server, "used"), User(server, "unused")
    run = RunUnderTest(used, "s27", "run")
    assert requests.put(run.upload_urls("a.txt")["a.txt"], data=b"bytes", timeout=30).ok
    address = run.files("a.txt")["a.txt"]["directUrl"]
    cookie = server.request("POST", "/api/session", key=used.key).cookies
    rotate(server)
    server.start()
    assert viewer(server, used.key) == "used"
    assert requests.get(address, timeout=30).content == b"bytes"
    assert server.request("POST", "/graphql", key=None, json=WHO, cookies=cookie, headers={"Origin": server.base_url}).json()["data"]
    forget_old_secrets(server)
    server.start()
    assert viewer(server, used.key) == "used"  # it was shown since
    assert viewer(server, unused.key) is None
    assert requests.get(address, timeout=30).status_code == 403
    assert (server.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_s27__a_running_servers_secret_is_not_rotated(make_server):
    server = make_server()
    done = server.run_cli("secret", "rotate", "--data", str(server.data))
    assert done.returncode == 1
    assert "stop the server first" in done.stderr


def log_in(server, name) -> requests.Session:
    assert server.run_cli("user", "password", name, stdin=PASSWORD + "\n").returncode == 0
    session = requests.Session()
    session.headers["Origin"] = server.base_url
    answer = session.post(f"{server.base_url}/api/session", json={"username": name, "password": PASSWORD}, timeout=30)
    assert answer.status_code == 204, answer.text
    return session


def test_s27__addresses_from_a_browser_die_when_it_logs_out(server, user):
    run = RunUnderTest(user, "s27", "run")
    assert requests.put(run.upload_urls("a.txt")["a.txt"], data=b"bytes", timeout=30).ok
    session = log_in(server, user.name)
    answer = session.post(f"{server.base_url}/graphql", json={"query": FILES, "variables": {"e": user.name}}, timeout=30).json()
    address = answer["data"]["project"]["run"]["files"]["edges"][0]["node"]["directUrl"]
    assert requests.get(address, timeout=30).content == b"bytes"
    assert session.delete(f"{server.base_url}/api/session", timeout=30).status_code == 204
    assert requests.get(address, timeout=30).status_code == 403
    assert requests.get(run.files("a.txt")["a.txt"]["directUrl"], timeout=30).ok  # the key's own lives on


# ---- 8: a failure of ours is never the client's ----

LIVE_RUNS = 100


def test_s08__a_hundred_live_runs_see_no_4xx_while_the_database_is_gone(make_server):
    server = make_server("--workers", "8")
    user = User(server, "alice")
    runs = [RunUnderTest(user, "s08", f"run{i}") for i in range(LIVE_RUNS)]
    gone, seen = threading.Event(), []

    def live(run: RunUnderTest) -> list[int]:
        """Sends until the row is taken, as clients do: again and again, whatever 503 says."""
        statuses = []
        for step in range(3):
            while not statuses or statuses[-1] != 200 or len([s for s in statuses if s == 200]) <= step:
                body = {"files": {"wandb-history.jsonl": {"offset": step, "content": [json.dumps({"_step": step})]}}}
                statuses.append(run.post(body).status_code)
                if step == 0 and statuses[-1] == 200:
                    gone.wait(60)
        return statuses

    with ThreadPoolExecutor(LIVE_RUNS) as pool:
        futures = [pool.submit(live, run) for run in runs]
        with server.database() as holder:
            holder.execute("lock table users, runs, run_files, history_runs" if server.has_postgres else "begin immediate")
            gone.set()
            threading.Event().wait(12)  # longer than works wait together, and then the first of them alone
            holder.execute("rollback")
        for future in futures:
            seen += future.result(120)
    assert set(seen) <= {200, 503}, sorted(set(seen))
    assert 503 in seen  # it was felt
    assert seen.count(200) == 3 * LIVE_RUNS


# ---- what is large is done in portions ----


def test_a_version_of_many_entries_is_committed_whole(user):
    count = 12_001
    draft = Draft(user, "many")
    entries = {f"part/{i:06}": {"digest": f"etag{i}", "ref": f"s3://bucket/{i}", "size": 1} for i in range(count)}
    assert draft.put_manifest(entries).ok
    assert draft.commit()["state"] == "COMMITTED"
    query = "query Q($id: ID!) { artifact(id: $id) { fileCount size files(first: 3) { edges { node { name } } } } }"
    found = user.graphql(query, {"id": draft.id})["artifact"]
    assert (found["fileCount"], found["size"]) == (count, count)
    assert draft.commit()["state"] == "COMMITTED"  # again changes nothing


def test_a_deleted_project_is_gone_at_once_and_its_name_is_free(user):
    runs = [RunUnderTest(user, "going", f"run{i}") for i in range(20)]
    for run in runs:
        run.send_rows(0, [{"_step": 0, "a": 1}])
    query = "query Q($e: String!) { project(name: \"going\", entityName: $e) { id runCount } }"
    project = user.graphql(query, {"e": user.name})["project"]["id"]
    user.graphql("mutation M($id: String!) { deleteModel(input: {id: $id}) { success } }", {"id": project})
    assert user.graphql(query, {"e": user.name})["project"] is None
    assert runs[0].post({"files": {}}).status_code == 410
    user.graphql(UPSERT, {"entity": user.name, "project": "going", "name": "run0"})
    assert user.graphql(query, {"e": user.name})["project"]["runCount"] == 1


# ---- 9: quotas ----


def test_s09__a_full_quota_is_429_until_something_is_deleted_and_the_receipt_tells(make_server):
    server = make_server("--project-quota-mb", "1")
    user = User(server, "alice")
    full, other = RunUnderTest(user, "full", "run"), RunUnderTest(user, "other", "run")
    assert requests.put(full.upload_urls("big.bin")["big.bin"], data=bytes(1 << 20), timeout=30).ok
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}
    other.send_rows(0, [{"_step": 0}])
    wait_until(lambda: full.post({"files": {}}).status_code == 429)
    refused = full.post(body)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "the project holds as much as it may" in refused.text
    assert requests.put(full.upload_urls("more.bin")["more.bin"], data=b"x", timeout=30).status_code == 429
    assert other.post(body).status_code == 200  # others are not held up
    receipt = server.request("GET", "/api/runs/alice/full/run/receipt", key=user.key).json()
    assert receipt["requestsOverQuota"] >= 2
    assert receipt["history"]["rowsStored"] == 0
    file = full.files("big.bin")["big.bin"]["id"]
    user.graphql("mutation M($f: [ID!]!) { deleteFiles(input: {files: $f}) { success } }", {"f": [file]})
    wait_until(lambda: full.post(body).status_code == 200)


def test_the_receipt_counts_lines_that_were_mended(user):
    run = RunUnderTest(user, "mended", "run")
    content = b'{"files": {"output.log": {"offset": 0, "content": ["a\xff\xfe", "b", "c \\" \xc3", "d\xc3\xa9"]}}}'
    path = f"/files/{user.name}/mended/run/file_stream"
    headers = {"Content-Type": "application/json"}
    run.send_rows(0, [{"_step": 0}])
    assert user.server.request("POST", path, key=user.key, data=content, headers=headers).status_code == 200
    receipt = user.server.request("GET", f"/api/runs/{user.name}/mended/run/receipt", key=user.key).json()
    assert receipt["linesRepaired"] == 2


# ---- 20: files on an origin of their own ----


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_s20__with_a_files_url_files_come_from_there_only(make_server):
    port = free_port()
    files = f"http://localhost:{port}"
    server = make_server("--listen", f"127.0.0.1:{port}", "--files-url", files)
    user = User(server, "alice")
    run = RunUnderTest(user, "s20", "run")
    assert requests.put(run.upload_urls("a b.html")["a b.html"], data=b"<b>hi</b>", timeout=30).ok
    direct = run.files("a b.html")["a b.html"]["directUrl"]
    assert direct.startswith(files + "/signed/")
    shown = requests.get(direct, timeout=30)
    assert shown.content == b"<b>hi</b>"
    assert shown.headers["Content-Security-Policy"].startswith("sandbox")
    for address in (f"{server.base_url}/files/alice/s20/run/a b.html", direct.replace("localhost", "127.0.0.1")):
        ours = requests.get(address, auth=("api", user.key), timeout=30, allow_redirects=False)
        assert ours.status_code == 302 and ours.content == b"", address
        assert ours.headers["Location"].startswith(files + "/signed/blobs/")
        assert requests.get(ours.headers["Location"], timeout=30).content == b"<b>hi</b>"
    assert requests.get(ours.headers["Location"].replace("localhost", "127.0.0.1"), timeout=30).status_code == 404
    assert requests.post(files + "/graphql", json=WHO, auth=("api", user.key), timeout=30).status_code == 404
    for path in ("/", "/healthz", "/alice/s20", "/files/alice/s20/run/a b.html"):
        assert requests.get(files + path, auth=("api", user.key), timeout=30).status_code == 404, path
    assert files in requests.get(server.base_url, timeout=30).headers["Content-Security-Policy"]


def test_s20__a_files_url_is_an_origin(make_server, binary, tmp_path):
    done = subprocess.run([binary, "server", "--data", tmp_path / "d", "--files-url", "https://x.org/files"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "without a path" in done.stderr


# ---- 10: addresses outlive what clients live through ----


def test_s10__an_upload_address_outlives_a_restart_and_is_good_for_a_day(make_server):
    server = make_server()
    user = User(server, "alice")
    run = RunUnderTest(user, "s10", "run")
    address = run.upload_urls("late.txt", "never.txt")["late.txt"]
    expires_at = int(address.split("sig=")[1].split(".")[0]) / 1000
    assert expires_at - time.time() > 23 * 3600
    server.kill()
    server.start()
    assert requests.put(address, data=b"late", timeout=30).ok
    receipt = server.request("GET", "/api/runs/alice/s10/run/receipt", key=user.key).json()
    assert [each["name"] for each in receipt["files"]["missingUploads"]] == ["never.txt"]
