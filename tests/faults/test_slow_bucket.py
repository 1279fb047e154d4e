"""Large uploads to a bucket that takes its time: they hold up nobody who asks for something else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.odd_bucket import OddBucket
from tests.support.waiting import wait_until

UPLOADS = 24  # of each size, and many more than the server has workers
WORKERS = 2
LIMIT_S = 120


@pytest.fixture
def slow_bucket(bucket_store):
    """It answers uploads of blobs once `may_answer` is set."""
    bucket = OddBucket(bucket_store.endpoint)
    bucket.may_answer = threading.Event()

    def wait(request):
        if request.method == "PUT" and "/blobs/" in request.path:
            assert bucket.may_answer.wait(LIMIT_S)

    bucket.rule = wait
    yield bucket
    bucket.may_answer.set()
    bucket.stop()


@pytest.mark.parametrize("size", [2_000, 3_000_000], ids=["small", "large"])
def test_uploads_to_a_slow_bucket__hold_up_nobody_else(start, slow_bucket, bucket_store, open_run, tmp_path, size):
    address = f"s3://slow-{size}/team?endpoint={slow_bucket.endpoint}"
    server = start(tmp_path / "data", "--blobs", address, "--workers", str(WORKERS), env=bucket_store.env)
    urls = open_run(server).upload_urls(*(f"{number}.bin" for number in range(UPLOADS)))
    contents = [bytes([number]) * size for number in range(UPLOADS)]
    with ThreadPoolExecutor(UPLOADS) as pool:
        answers = [pool.submit(server.request, "PUT", url, key=None, data=content, timeout=LIMIT_S) for url, content in zip(urls.values(), contents, strict=True)]
        wait_until(lambda: len(slow_bucket.of("PUT", "/blobs/")) > WORKERS, what="more uploads than workers go to the bucket")
        for _ in range(20):
            assert server.graphql("{ viewer { username } }")["viewer"]["username"] == "admin"
        assert not any(answer.done() for answer in answers)
        slow_bucket.may_answer.set()
        assert [answer.result().status_code for answer in answers] == [200] * UPLOADS
