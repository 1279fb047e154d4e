"""Files in a bucket: read back by a server that has nothing of them, and the bucket going away for a while."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import polars
import pytest
import requests
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow.dataset import dataset
from pyarrow.fs import FileSelector, S3FileSystem

from tests.faults.length import rounds
from tests.support.seaweed import KEY_ID, SECRET


@pytest.fixture
def start_on_bucket(start, bucket_store, tmp_path, request):
    address = f"s3://{request.node.name[:40].replace('_', '-')}/team?endpoint={bucket_store.endpoint}"

    def start_it():
        return start(tmp_path / "data", "--blobs", address, env=bucket_store.env)

    start_it.address = address
    return start_it


def put(run, name: str, content: bytes) -> int:
    return run.put(name, content).status_code


def get(run, name: str) -> requests.Response:
    return requests.get(run.files(name)[name]["directUrl"], timeout=60)


def wait_until_sealed(server):
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with server.database() as connection:
            if connection.execute("select count(*) from history_segments").fetchone() == (1,):
                return
        time.sleep(0.1)
    raise AssertionError("nothing was sealed")


def forget_cache(server):
    """As a new machine has it: the folder of what was used lately is empty."""
    server.stop()
    shutil.rmtree(server.data / "blobs")
    shutil.rmtree(server.data / "history")


def test_files__come_back_from_the_bucket(start_on_bucket, open_run, binary):
    server = start_on_bucket()
    run = open_run(server)
    contents = {"a.txt": b"hello", "empty.bin": b"", "folder/large.bin": os.urandom(70 << 20)}
    for name, content in contents.items():
        assert put(run, name, content) == 200
    forget_cache(server)
    server.start()
    for name, content in contents.items():
        answer = get(run, name)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest(), name
    forget_cache(server)
    command = [binary, "verify", "--data", server.data, "--blobs", start_on_bucket.address, *server.store_options]
    done = subprocess.run(command, env=server.env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_histories__come_back_from_the_bucket(start_on_bucket, open_run):
    server = start_on_bucket()
    run = open_run(server)
    run.send_rows(0, [{"_step": step, "a": step * 0.5} for step in range(1000)])
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    wait_until_sealed(server)
    forget_cache(server)
    server.start()
    assert [row["a"] for row in run.read()["rows"]] == [step * 0.5 for step in range(1000)]


def test_bucket_away__is_503_until_it_is_back(start_on_bucket, open_run, bucket_store):
    server = start_on_bucket()
    run = open_run(server)
    assert put(run, "before.txt", b"before") == 200
    forget_cache(server)
    server.start()
    bucket_store.stop()
    try:
        for _ in rounds(1):
            assert put(run, "during.txt", b"during") == 503
            assert get(run, "before.txt").status_code == 503
        assert server.request("GET", "/healthz", key=None).status_code == 200
    finally:
        bucket_store.start()
    assert put(run, "during.txt", b"during") == 200
    assert get(run, "during.txt").content == b"during"
    assert get(run, "before.txt").content == b"before"


def test_bucket_without_credentials__says_which_are_missing(start, bucket_store, tmp_path):
    with pytest.raises(RuntimeError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        address = f"s3://nobodys?endpoint={bucket_store.endpoint}"
        start(tmp_path / "data", "--blobs", address, env={"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)})


class InBucket(ArrowFSWrapper):
    """What DuckDB reads through."""

    protocol = "bucket"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.removeprefix("bucket://")


def test_histories__are_read_in_the_bucket_by_other_programs(start_on_bucket, open_run, bucket_store):
    """In place: nothing is copied out of the bucket first. DuckDB's own way to buckets is an extension that comes from its
    makers' server at run time; its Parquet reader is led there by pyarrow's file system instead."""
    server = start_on_bucket()
    run = open_run(server)
    run.send_rows(0, [{"_step": step, "a": step * 0.5, "name": f"é{step}"} for step in range(1000)])
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    wait_until_sealed(server)
    place = start_on_bucket.address.removeprefix("s3://").partition("?")[0] + "/history"
    wanted = [(step, step * 0.5, f"é{step}") for step in range(1000)]

    options = {
        "aws_endpoint_url": bucket_store.endpoint, "aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET,
        "aws_region": "us-east-1", "aws_allow_http": "true",
    }  # fmt: skip
    lazy = polars.scan_parquet(f"s3://{place}/**/*.parquet", storage_options=options)
    assert lazy.select("_step", "a", "name").sort("_step").collect().rows() == wanted
    assert lazy.filter(polars.col("_step") >= 990).select("a").sum().collect().item() == sum(step * 0.5 for step in range(990, 1000))

    bucket = S3FileSystem(
        access_key=KEY_ID, secret_key=SECRET, endpoint_override=bucket_store.endpoint.removeprefix("http://"), scheme="http"
    )
    assert dataset(place, filesystem=bucket, format="parquet").count_rows() == 1000
    with duckdb.connect() as connection:
        connection.register_filesystem(InBucket(bucket))
        (name,) = [found.path for found in bucket.get_file_info(FileSelector(place, recursive=True)) if found.is_file]
        rows = connection.execute(f"select _step, a, name from read_parquet('bucket://{name}') order by _step").fetchall()
    assert rows == wanted


def test_folder_of_another_database__is_refused_and_left_alone(start_on_bucket, start, open_run, bucket_store, tmp_path):
    """Its housekeeping would take the files for nobody's."""
    server = start_on_bucket()
    run = open_run(server)
    assert put(run, "a.txt", b"hello") == 200
    with pytest.raises(RuntimeError, match="the files in the bucket are another database's"):
        start(tmp_path / "other", "--blobs", start_on_bucket.address, env=bucket_store.env)
    beside = start(tmp_path / "beside", "--blobs", start_on_bucket.address.replace("/team", "/others"), env=bucket_store.env)
    assert beside.stop() == 0
    forget_cache(server)
    server.start()
    assert get(run, "a.txt").content == b"hello"
    assert "no conditional puts" not in server.log()


def test_folder_that_two_databases_want_at_once__is_given_to_one(start, bucket_store, tmp_path):
    address = f"s3://wanted-by-two/team?endpoint={bucket_store.endpoint}"

    def outcome(number: int) -> str:
        try:
            start(tmp_path / f"data-{number}", "--blobs", address, env=bucket_store.env)
        except RuntimeError as error:
            return "refused" if "another database's" in str(error) else str(error)
        return "started"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(outcome, range(4))) == ["refused"] * 3 + ["started"]
