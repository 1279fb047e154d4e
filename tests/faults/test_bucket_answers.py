"""What buckets answer beside yes and no: another region, another clock, too fast, damaged; and who we are to them."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import pytest
import requests

from tests.support.odd_bucket import Answer, Moto, OddBucket, Request, refusal
from tests.support.page import Page
from tests.support.seaweed import Seaweed
from tests.support.server import GraphQLError
from tests.support.waiting import wait_until

HANG_LIMIT_S = 300  # longer than anybody waits here
LARGE = 66 << 20  # goes in parts
KEY = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a secret", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def seaweed():
    store = Seaweed("s3.test").start()
    yield store
    store.remove()


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    moto = Moto(tmp_path_factory.mktemp("moto") / "log")
    yield moto
    moto.stop()


@pytest.fixture
def before():
    """before(store): what stands before it; ends with the test."""
    made = []

    def before(store) -> OddBucket:
        made.append(OddBucket(store.endpoint))
        return made[-1]

    yield before
    for bucket in made:
        bucket.stop()


@pytest.fixture
def name(request) -> str:
    return "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_").lower())[:60].strip("-")


@pytest.fixture
def start_on(start, tmp_path, name):
    def start_it(bucket: OddBucket, more: str = "", env: dict | None = None, endpoint: str = ""):
        address = f"s3://{name}/team?endpoint={endpoint or bucket.endpoint}{more}"
        home = {"HOME": str(tmp_path), "NO_PROXY": ""}
        return start(tmp_path / "data", "--blobs", address, env={**home, **(KEY if env is None else env)})

    return start_it


def get(run, name: str) -> requests.Response:
    return requests.get(run.files(name)[name]["directUrl"], timeout=60)


def forget_cache(server):
    """As a new machine has it: the folder of what was used lately is empty."""
    for folder in ("blobs", "history"):
        for path in (server.data / folder).iterdir():
            if len(path.name) == 2 or folder == "history":
                shutil.rmtree(path)


def goes_and_comes(server, open_run, content: bytes = b"content") -> None:
    run = open_run(server)
    assert run.put("a.txt", content).status_code == 200
    forget_cache(server)
    assert get(run, "a.txt").content == content


# ---- where it is ----


@pytest.mark.parametrize("form", ["redirect", "malformed"])
def test_region__is_learnt_from_the_refusal(form, moto, before, start_on, open_run):
    bucket = before(moto)

    def rule(request: Request) -> Answer | None:
        if request.scope[2] == "eu-west-3":
            return None
        if form == "redirect":
            return refusal(301, "PermanentRedirect", x_amz_bucket_region="eu-west-3")
        return refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>")

    if form == "redirect":  # from the first question on, which is a HEAD: the answer's head says it
        bucket.rule = rule
    server = start_on(bucket, "&region=us-west-1")
    bucket.rule = rule
    goes_and_comes(server, open_run)
    assert "is in eu-west-3" in server.log()
    regions = [region for region, _ in groupby(request.scope[2] for request in bucket.seen)]
    assert regions == ["us-west-1", "eu-west-3"], "it stays learnt"


def test_region__that_two_learn_at_once_is_no_failure(moto, before, start_on, open_run):
    bucket = before(moto)
    server = start_on(bucket, "&region=us-west-1")
    run = open_run(server)
    for number in range(2):
        assert run.put(f"{number}.txt", b"%d" % number).status_code == 200
    slow = []

    def rule(request: Request) -> Answer | None:
        if request.scope[2] == "eu-west-3":
            return None
        slow.append(request)
        limit = time.monotonic() + 5
        while len(slow) < 2 and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(0.2 * slow.index(request))
        return refusal(301, "PermanentRedirect", x_amz_bucket_region="eu-west-3")

    bucket.rule = rule
    forget_cache(server)
    with ThreadPoolExecutor(2) as pool:
        contents = list(pool.map(lambda number: get(run, f"{number}.txt").content, range(2)))
    assert contents == [b"0", b"1"] and len(slow) == 2


def test_host_style__names_the_bucket_in_the_host(seaweed, before, start_on, open_run, name):
    bucket = before(seaweed)
    env = {**seaweed.env, "HTTP_PROXY": bucket.endpoint}
    server = start_on(bucket, "&style=host", env, endpoint="http://s3.test")
    goes_and_comes(server, open_run)
    ours = [request for request in bucket.seen if "/team/" in request.path]
    assert {request.headers["host"] for request in ours} == {f"{name}.s3.test"}
    assert all(request.path.startswith(("/team/blobs/", "/team/barograph.owner")) for request in ours)


# ---- its clock ----


@pytest.mark.parametrize("with_body", [True, False])
def test_clock__of_the_bucket_is_taken_over(with_body, moto, before, start_on, open_run):
    bucket = before(moto)
    bucket.clock_ahead_s = 3600

    def rule(request: Request) -> Answer | None:
        theirs = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        signed = datetime.datetime.strptime(request.headers["x-amz-date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
        if abs(theirs - signed) < datetime.timedelta(minutes=15):
            return None
        said = theirs.strftime("<ServerTime>%Y-%m-%dT%H:%M:%SZ</ServerTime>") if with_body else ""
        return refusal(403, "RequestTimeTooSkewed", said)

    bucket.rule = rule
    server = start_on(bucket)
    goes_and_comes(server, open_run)
    assert "requests are signed with the bucket's" in server.log()


def test_clock__that_is_right_leaves_a_refusal_alone(seaweed, before, start_on):
    bucket = before(seaweed)
    with pytest.raises(RuntimeError, match="answered 403"):
        start_on(bucket, env={**seaweed.env, "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert len(bucket.seen) == 1


# ---- too fast ----


def test_slow_down__is_heeded_with_pauses_that_grow_and_differ(moto, before, start_on, open_run):
    bucket = before(moto)
    server = start_on(bucket)
    run = open_run(server)
    shares = []
    for number in range(3):
        bucket.seen.clear()
        refused = iter([refusal(503, "SlowDown")] * 5)
        bucket.rule = lambda request: next(refused, None) if request.method == "PUT" else None
        assert run.put(f"{number}.txt", b"%d" % number).status_code == 200
        tries = [request.at for request in bucket.of("PUT")]
        assert len(tries) == 6
        pauses_s = [later - earlier for earlier, later in zip(tries, tries[1:])]
        shares += [pause_s / (0.05 * 2**i) for i, pause_s in enumerate(pauses_s)][2:]
    assert min(shares) >= 0.49, "half of the longest pause at least"
    assert max(shares) - min(shares) > 0.05, "servers that were refused together must not come back together"


# ---- damage ----


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_sent_bytes__damaged_on_the_way_are_sent_again(seaweed, before, start_on, open_run):
    bucket = before(seaweed)
    server = start_on(bucket, env=seaweed.env)
    damaged = iter([True])
    bucket.change_sent = lambda request: flipped(request.body) if request.method == "PUT" and next(damaged, False) else request.body
    goes_and_comes(server, open_run, b"whole" * 1000)
    assert len(bucket.of("PUT", "/team/blobs/")) == 2


def test_fetched_bytes__damaged_on_the_way_are_fetched_again(seaweed, before, start_on, open_run):
    bucket = before(seaweed)
    server = start_on(bucket, env=seaweed.env)
    run = open_run(server)
    content = b"whole" * 1000
    assert run.put("a.txt", content).status_code == 200
    forget_cache(server)

    def change(request: Request, answer: Answer) -> Answer:
        is_ours = request.method == "GET" and "/team/blobs/" in request.path
        return Answer(answer.status, flipped(answer.body), answer.headers) if is_ours and next(damaged, False) else answer

    bucket.change_answer = change
    damaged = iter([True] * 3)
    assert get(run, "a.txt").status_code >= 500, "what is not what was stored is never handed out"
    damaged = iter([True])
    bucket.seen.clear()
    assert get(run, "a.txt").content == content
    assert len(bucket.of("GET", "/team/blobs/")) == 2
    assert "is not what was stored" in server.log()


@pytest.fixture
def far_run(seaweed, before, start_on, open_run):
    """A run whose rows lie in the bucket only, and what stands before that."""
    bucket = before(seaweed)
    server = start_on(bucket, env=seaweed.env)
    run = open_run(server)
    run.send_rows(0, [{"_step": step, "a": step * 0.37} for step in range(5000)])
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    path = "/api/runs/admin/faults/run/receipt"
    limit = time.monotonic() + 60
    while server.request("GET", path).json()["history"]["segments"] == 0:
        assert time.monotonic() < limit
        time.sleep(0.05)
    start_without_cache(server)
    return run, bucket


def start_without_cache(server) -> None:
    server.stop()
    forget_cache(server)
    server.start()


@pytest.fixture
def far_history(far_run):
    """Such a run, and damage(times): so many of the next answers are other bytes."""
    run, bucket = far_run
    left: list[int] = []

    def change(request: Request, answer: Answer) -> Answer:
        if request.method != "GET" or ".parquet" not in request.path or not left:
            return answer
        left.pop()
        return Answer(answer.status, flipped(answer.body), answer.headers)

    def damage(times: int):
        left[:] = range(times)
        return left

    bucket.change_answer = change
    return run, damage


def sampled(run) -> list:
    """From the overview that lies beside the column."""
    query = "query S($s: [JSONString!]!) { project(name: \"faults\", entityName: \"admin\") { run(name: \"run\") { sampledHistory(specs: $s) } } }"
    answer = run.user.graphql(query, {"s": [json.dumps({"keys": ["_step", "a"], "samples": 100})]})
    return answer["project"]["run"]["sampledHistory"][0]


def test_history__damaged_on_the_way_is_read_again(far_history):
    run, damage = far_history
    left = damage(1)
    assert [row["a"] for row in run.read()["rows"]] == [step * 0.37 for step in range(5000)]
    assert not left, "it was damaged"
    assert "reading it again" in run.server.log()
    whole = sampled(run)
    start_without_cache(run.server)  # what it read is kept
    left = damage(1)
    assert sampled(run) == whole and len(whole) > 50
    assert not left, "it was damaged"


def test_history__damaged_each_time_is_not_shown(far_history):
    run, damage = far_history
    left = damage(1000)
    with pytest.raises(GraphQLError, match="CORRUPT"):
        run.read()
    assert len(left) == 1000 - 3, "it is not asked for without end"
    damage(0)
    assert [row["a"] for row in run.read()["rows"]] == [step * 0.37 for step in range(5000)], "nothing of it is kept"


@pytest.fixture
def hanging(far_run):
    """Such a run that was rewound, and what is set when the bucket goes on answering for histories."""
    run, bucket = far_run
    run.user.graphql(
        'mutation { rewindRun(input: {entityName: "admin", projectName: "faults", runName: "run", metricName: "_step", metricValue: 3000})'
        " { rewoundRun { id } } }"
    )
    start_without_cache(run.server)  # that fetched what it needed
    goes_on = threading.Event()

    def hang(request: Request) -> None:
        if ".parquet" in request.path:
            goes_on.wait(HANG_LIMIT_S)

    bucket.seen.clear()
    bucket.rule = hang
    yield run, bucket, goes_on
    goes_on.set()


def test_bucket_that_hangs__holds_up_no_page(hanging):
    run, bucket, _ = hanging
    chart = {"id": 1, "entity": "admin", "project": "faults", "x": "_step", "point": "last", "buckets": 16}
    chart |= {"runs": ["run"], "keys": ["a"], "series": [[0, 0, 0, 0]]}
    page = Page(run.server.base_url, run.server.admin_key)
    page.send({"watch": [{"entity": "admin", "project": "faults"}], "charts": [chart]})
    assert page.receive()["charts"] == [1]
    run.send_rows(3001, [{"_step": 3001, "a": 0.5}])
    lines = 0
    while lines != 3002:
        word = page.receive_any()
        assert isinstance(word, dict), "what is far is not pushed: the page asks for it"
        lines = word["runs"][0]["lines"]
    assert not bucket.of("GET", ".parquet")


def test_bucket_that_hangs__holds_up_only_who_asks_for_what_lies_there(hanging):
    run, bucket, goes_on = hanging

    def ask(order: str) -> list:
        query = "query Q($o: String) { project(name: \"faults\", entityName: \"admin\") { runs(order: $o) { edges { node { name } } } } }"
        return run.user.graphql(query, {"o": order})["project"]["runs"]["edges"]

    with ThreadPoolExecutor() as pool:
        try:
            far = pool.submit(ask, "-max:a")
            wait_until(lambda: bucket.of("GET", ".parquet"))
            assert len(pool.submit(ask, "-created_at").result(timeout=60)) == 1
            assert not far.done()
        finally:
            goes_on.set()
        assert len(far.result(timeout=60)) == 1


FORK = """mutation F($c: JSONString) { upsertBucket(input: {entityName: "admin", modelName: "faults", name: "child", config: $c}) {
    bucket { historyLineCount } } }"""
REWIND = """mutation { rewindRun(input: {entityName: "admin", projectName: "faults", runName: "run", metricName: "_step", metricValue: 2000}) {
    rewoundRun { historyLineCount } } }"""
BRANCH = {"_wandb": {"value": {"branch_point": {"run_id": "run", "step": 1000}}}}


@pytest.mark.parametrize("query, variables", [(FORK, {"c": json.dumps(BRANCH)}), (REWIND, {})], ids=["fork", "rewind"])
def test_bucket_that_hangs__holds_up_no_writer(hanging, query, variables):
    run, bucket, goes_on = hanging
    with ThreadPoolExecutor() as pool:
        try:
            asked = pool.submit(run.user.graphql, query, variables)
            wait_until(lambda: bucket.of("GET", ".parquet"))
            run.send_rows(3001, [{"_step": 3001, "a": 0.5}])  # is answered
            assert not asked.done()
        finally:
            goes_on.set()
        (payload,) = asked.result(timeout=60).values()
        (changed,) = payload.values()
        assert changed["historyLineCount"] == (1001 if query is FORK else 2001)


# ---- in parts ----


def uploads(moto, name: str) -> str:
    return requests.get(f"{moto.endpoint}/{name}?uploads", headers={"authorization": "AWS4-HMAC-SHA256 Credential=x/y/z/s3/aws4_request"}).text


def test_parts__of_an_upload_that_fails_are_aborted(moto, before, start_on, open_run, name):
    bucket = before(moto)
    server = start_on(bucket)
    bucket.rule = lambda request: refusal(400, "InvalidArgument") if "partNumber=2" in request.path else None
    assert open_run(server).put("a.bin", bytes(LARGE)).status_code >= 400
    assert len(bucket.of("PUT", "partNumber=1")) == 1 and len(bucket.of("DELETE", "uploadId=")) == 1
    assert "ListMultipartUploadsResult" in uploads(moto, name) and "<Upload>" not in uploads(moto, name)


def test_parts__whose_last_answer_is_lost_are_there(moto, before, start_on, open_run):
    bucket = before(moto)
    server = start_on(bucket)
    run = open_run(server)
    lost = iter([None])
    ends = lambda request: request.method == "POST" and "uploadId=" in request.path  # noqa: E731
    bucket.change_answer = lambda request, answer: next(lost, answer) if ends(request) else answer
    ended = lambda: any(ends(request) for request in bucket.seen[:-1])  # noqa: E731
    bucket.rule = lambda request: refusal(404, "NoSuchUpload") if ends(request) and ended() else None  # as Amazon says
    content = os.urandom(1 << 20) * (LARGE >> 20)
    assert run.put("a.bin", content).status_code == 200
    assert len([request for request in bucket.seen if ends(request)]) == 2
    forget_cache(server)
    assert get(run, "a.bin").content == content


# ---- who we are ----


def test_environment__may_hold_a_key_that_was_lent(moto, before, start_on, open_run):
    bucket = before(moto)
    goes_and_comes(start_on(bucket, env={**KEY, "AWS_SESSION_TOKEN": "lent"}), open_run)
    assert {(request.scope[0], request.headers["x-amz-security-token"]) for request in bucket.seen} == {("an-id", "lent")}
    assert all("x-amz-security-token" in request.headers["authorization"] for request in bucket.seen)


FILE = """
[default]
aws_access_key_id = first
aws_secret_access_key = one
# a remark
[team]
aws_access_key_id=second
aws_secret_access_key=two
aws_session_token=lent
"""


@pytest.mark.parametrize("profile, wanted", [("", ("first", None)), ("team", ("second", "lent"))])
def test_credentials_file__is_read_by_profile(profile, wanted, moto, before, start_on, open_run, tmp_path):
    bucket = before(moto)
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(FILE)
    env = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": profile}
    goes_and_comes(start_on(bucket, env=env), open_run)
    assert {(request.scope[0], request.headers.get("x-amz-security-token")) for request in bucket.seen} == {wanted}


def test_credentials_file__without_the_profile_says_so(moto, before, start_on, tmp_path):
    (tmp_path / "elsewhere").write_text(FILE)
    env = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "nobody", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "elsewhere")}
    with pytest.raises(RuntimeError, match="no credentials for the bucket"):
        start_on(before(moto), env=env)


def test_machine__lends_its_role_for_a_token(moto, before, start_on, open_run):
    bucket, machine = before(moto), before(moto)
    goes_and_comes(start_on(bucket, env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": machine.endpoint}), open_run)
    assert [(request.method, request.path.rpartition("/")[2]) for request in machine.seen] == [
        ("PUT", "token"), ("GET", ""), ("GET", "default-role"),
    ]  # fmt: skip
    assert [request.headers.get("x-aws-ec2-metadata-token") for request in machine.seen][1:] == ["fake-imdsv2-token"] * 2
    found = {(request.scope[0], request.headers["x-amz-security-token"]) for request in bucket.seen}
    assert found == {("test-key", "test-session-token")}


@pytest.fixture
def identity(moto, before, tmp_path):
    """A web identity's service and the environment that leads to it."""
    token = tmp_path / "token"
    token.write_text("a.web.token\n")
    sts = before(moto)
    env = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/barograph",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ENDPOINT_URL_STS": sts.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return sts, env


def test_web_identity__is_taken_to_sts(moto, before, start_on, open_run, identity):
    (sts, env), bucket = identity, before(moto)
    goes_and_comes(start_on(bucket, env=env), open_run)
    (asked,) = sts.seen
    assert asked.method == "POST" and asked.path == "/", "a token in an address ends in somebody's log"
    assert b"WebIdentityToken=a.web.token" in asked.body and b"Action=AssumeRoleWithWebIdentity" in asked.body
    assert all(request.scope[0].startswith("ASIA") and request.headers["x-amz-security-token"] for request in bucket.seen)


def test_web_identity__that_ends_soon_is_used_while_sts_is_away(moto, before, start_on, open_run, identity):
    (sts, env), bucket = identity, before(moto)

    def ends_soon(request: Request, answer: Answer) -> Answer:
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=4)
        start, _, rest = answer.body.partition(b"<Expiration>")
        after = rest.partition(b"</Expiration>")[2]
        said = soon.strftime("<Expiration>%Y-%m-%dT%H:%M:%SZ</Expiration>").encode()
        return Answer(answer.status, start + said + after, answer.headers)

    sts.change_answer = ends_soon
    server = start_on(bucket, env=env)
    sts.rule = lambda request: refusal(500, "InternalFailure")
    goes_and_comes(server, open_run)
    assert "could not be renewed yet" in server.log()


def test_web_identity__is_taken_anew_when_the_bucket_says_it_ended(moto, before, start_on, open_run, identity):
    (sts, env), bucket = identity, before(moto)
    server = start_on(bucket, env=env)
    (first,) = {request.scope[0] for request in bucket.seen}
    bucket.rule = lambda request: refusal(400, "ExpiredToken") if request.scope[0] == first else None
    goes_and_comes(server, open_run)
    assert len(sts.seen) == 2


def test_sts_away__at_the_start_is_waited_for(moto, before, start_on, open_run, identity):
    (sts, env), bucket = identity, before(moto)
    away = iter([refusal(503, "ServiceUnavailable")] * 2)
    sts.rule = lambda request: next(away, None)
    goes_and_comes(start_on(bucket, env=env), open_run)
    assert len(sts.seen) == 3
