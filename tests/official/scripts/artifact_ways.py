"""artifact_ways.py - the less trodden ways of artifacts: added to, cut off, in part, from elsewhere, of code, with an end."""

import datetime
import http.server
import os
import pathlib
import shutil
import socket
import threading
import time

import task

given = task.parameters()
MEBI = 1 << 20


class Cutter:
    """Between the client and the server: of connections that carry much in one direction, the first is cut in the middle."""

    def __init__(self, target):
        self.target, self.left = target, {"up": 1, "down": 1}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for way, source, sink in (("up", near, far), ("down", far, near)):
                threading.Thread(target=self.carry, args=(way, source, sink), daemon=True).start()

    def carry(self, way, source, sink):
        carried = 0
        try:
            while chunk := source.recv(1 << 16):
                carried += len(chunk)
                if carried > MEBI and self.left[way] > 0:
                    self.left[way] -= 1
                    break
                sink.sendall(chunk)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A web server with one file, which says a checksum."""

    content = b"from elsewhere"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.send_header("ETag", f'"{len(self.content)}"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.content)

    def log_message(self, *arguments):
        pass


def elsewhere():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/file.bin"


host, _, port = os.environ["WANDB_BASE_URL"].split("://")[1].partition(":")
cutter = Cutter((host, int(port)))
os.environ["WANDB_BASE_URL"] = cutter.address
os.environ["WANDB_CACHE_DIR"] = os.path.abspath("cache")
import wandb  # noqa: E402

place = f"{given.entity}/ways"
result = {}
big = os.urandom(4 * MEBI)


def add(artifact, **files):
    for name, content in files.items():
        with artifact.new_file(name.replace("__", "/"), mode="wb") as file:
            file.write(content)
    return artifact


def log(run, artifact):
    run.log_artifact(artifact)
    artifact.wait()
    return artifact


def contents(folder):
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(pathlib.Path(folder).rglob("*")) if each.is_file()}


def forget():
    """What was logged lies in the client's cache: without it, bytes come from the server."""
    for path in pathlib.Path(os.environ["WANDB_CACHE_DIR"]).rglob("*"):
        if path.is_file():
            path.unlink()


with wandb.init(project="ways", id="run") as run:
    brief = wandb.Artifact("brief", type="t")
    brief.ttl = datetime.timedelta(seconds=1)
    log(run, add(brief, a=b"brief"))
    log(run, add(wandb.Artifact("grown", type="t"), one=b"1", two=b"2"))
    log(run, add(wandb.Artifact("big", type="t"), big=big))
    log(run, add(wandb.Artifact("wide", type="t"), **{f"{'left' if i % 2 else 'right'}__{i}": str(i).encode() for i in range(60)}))
    remote = wandb.Artifact("remote", type="t")
    remote.add_reference(elsewhere(), name="file.bin")
    log(run, remote)
    pathlib.Path("source.py").write_text("print('code')\n")
    run.log_code(".").wait()
    more = wandb.Artifact("grown", type="t", incremental=True)
    log(run, add(more, two=b"changed", three=b"3"))
    own = log(run, add(wandb.Artifact("own", type="t"), a=b"own"))
    run.use_artifact(own)

forget()
api = wandb.Api()
result["cuts_left"] = [cutter.left["up"]]
result["grown"] = {name: text.decode() for name, text in contents(api.artifact(f"{place}/grown:v1").download(root="grown")).items()}
result["left"] = sorted(contents(api.artifact(f"{place}/wide:v0").download(root="wide", path_prefix="left")))
result["all"] = len(contents(api.artifact(f"{place}/wide:v0").download(root="whole")))
cut = task.attempt(lambda: api.artifact(f"{place}/big:v0").download(root="big"))
result["cut"] = "error" if isinstance(cut, dict) else "whole" if contents(cut)["big"] == big else "wrong"
forget()
result["big"] = contents(api.artifact(f"{place}/big:v0").download(root="again"))["big"] == big
result["cuts_left"].append(cutter.left["down"])

remote = api.artifact(f"{place}/remote:v0")
result["remote"] = contents(remote.download(root="remote"))["file.bin"].decode()
Elsewhere.content = b"changed there since"
forget()
shutil.rmtree("remote")
result["remote_changed"] = task.attempt(remote.get_path("file.bin").download, root="remote")

run = api.run(f"{place}/run")
result["made"] = sorted({each.type for each in run.logged_artifacts()})
result["code"] = [sorted(each.manifest.entries) for each in run.logged_artifacts() if each.type == "code"]
result["own"] = [[each.name for each in run.used_artifacts()], "own:v0" in [each.name for each in run.logged_artifacts()]]

limit = time.monotonic() + 45
gone = None
while not isinstance(gone, dict) and time.monotonic() < limit:
    time.sleep(0.5)
    gone = task.attempt(lambda: wandb.Api().artifact(f"{place}/brief:v0"))
result["gone"] = gone["error"] if isinstance(gone, dict) else None
task.answer(result)
