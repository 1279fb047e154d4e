"""references.py - files that stay where they are: in S3, in Google's storage, on a web server, in a folder."""

import functools
import http.server
import os
import pathlib
import shutil
import threading

import task

given = task.parameters()
folder = pathlib.Path.cwd()
(folder / "served").mkdir()
(folder / "own").mkdir()


def serve_folder():
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def serve_s3():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    os.environ.update(AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1",
                      AWS_S3_ENDPOINT_URL="http://{}:{}".format(*server.get_host_and_port()))  # fmt: skip
    import boto3

    bucket = boto3.resource("s3", endpoint_url=os.environ["AWS_S3_ENDPOINT_URL"]).create_bucket(Bucket="far")
    bucket.Versioning().enable()
    return lambda name, content: bucket.put_object(Key=name, Body=content)


def serve_gs():
    from gcp_storage_emulator.server import create_server

    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket="far")
    server.start()
    host, port = server._api._httpd.server_address if hasattr(server._api, "_httpd") else server._api.server_address
    os.environ.update(STORAGE_EMULATOR_HOST=f"http://{host}:{port}", GOOGLE_CLOUD_PROJECT="test")
    from google.cloud import storage

    bucket = storage.Client().bucket("far")
    return lambda name, content: bucket.blob(name).upload_from_string(content)


places = {}
web = serve_folder()
puts = {
    "s3": serve_s3(),
    "gs": serve_gs(),
    "http": lambda name, content: (folder / "served" / name).write_bytes(content),
    "file": lambda name, content: (folder / "own" / name).write_bytes(content),
}
addresses = {"s3": "s3://far/{}", "gs": "gs://far/{}", "http": web + "/{}", "file": f"file://{folder}/own/{{}}"}
import wandb  # noqa: E402

result = {}
with wandb.init(project="references", id="run") as run:
    for scheme, put in puts.items():
        put("a.bin", f"of {scheme}".encode())
        artifact = wandb.Artifact(scheme, type="t")
        artifact.add_reference(addresses[scheme].format("a.bin"), name="a.bin")
        if scheme in ("s3", "file"):  # a whole folder of them
            put("b.bin", b"beside")
            artifact.add_reference(addresses[scheme].format(""), name="all")
        run.log_artifact(artifact).wait()

api = wandb.Api()
for scheme, put in puts.items():
    shutil.rmtree(os.environ["WANDB_CACHE_DIR"], ignore_errors=True)
    artifact = api.artifact(f"{given.entity}/references/{scheme}:v0")
    entry = artifact.manifest.entries["a.bin"]
    root = pathlib.Path(artifact.download(root=f"down-{scheme}"))
    result[scheme] = {
        "ref": entry.ref,
        "size": entry.size,
        "extra": sorted(entry.extra),
        "files": {str(each.relative_to(root)): each.read_text() for each in sorted(root.rglob("*")) if each.is_file()},
        "verified": task.attempt(lambda: artifact.verify(str(root))),  # noqa: B023
    }
    put("a.bin", b"changed since")
    shutil.rmtree(os.environ["WANDB_CACHE_DIR"], ignore_errors=True)
    shutil.rmtree(root)
    result[scheme]["changed"] = task.attempt(lambda: pathlib.Path(entry.download(root="again")).read_text())  # noqa: B023
task.answer(result)
os._exit(0)  # the stand-ins have threads of their own
