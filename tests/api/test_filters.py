"""Filters, orders and pages of runs, asked over GraphQL."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.support.server import GraphQLError

UPSERT = "mutation($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted } }"
RUNS = """query($filters: JSONString, $order: String, $first: Int, $after: String) { project(name: "p") {
    runCount(filters: $filters) runs(filters: $filters, order: $order, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } edges { cursor node { name } } } } }"""


@pytest.fixture
def runs(user):
    """Ten runs r0 to r9; r9 has neither config nor summary."""
    for n in range(10):
        config = {"lr": {"value": n / 10}, "opt": {"value": {"name": ["adam", "sgd"][n % 2]}}}
        values = {
            "name": f"r{n}", "modelName": "p", "displayName": f"Run Number {n}", "tags": ["even"] if n % 2 == 0 else [],
            "groupName": f"g{n // 5}", "jobType": "train", "config": json.dumps(config if n < 9 else {}),
            "summaryMetrics": json.dumps({"loss": (n * 7) % 9, "val": {"acc": n}} if n < 9 else {}),
        }  # fmt: skip
        user.graphql(UPSERT, {"input": values})
        time.sleep(0.002)  # created_at counts milliseconds, and an order by it shall have no ties
    return user


def ask(user, filters=None, order=None, first=100, after=None) -> dict:
    text = filters if filters is None or isinstance(filters, str) else json.dumps(filters)
    return user.graphql(RUNS, {"filters": text, "order": order, "first": first, "after": after})["project"]


def names(user, filters=None, order="+created_at") -> str:
    answer = ask(user, filters, order)
    found = [edge["node"]["name"][1:] for edge in answer["runs"]["edges"]]
    assert answer["runCount"] == answer["runs"]["totalCount"] == len(found)
    return "".join(found)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "0123456789"),
        ("", "0123456789"),
        ({"config.lr": 0.3}, "3"),
        ({"config.lr.value": {"$gt": 0.6}}, "78"),
        ({"config.opt.name": "adam"}, "02468"),
        ({"config.opt.value.name": {"$ne": "adam"}}, "13579"),
        ({"config.lr": {"$exists": False}}, "9"),
        ({"summary_metrics.loss": {"$lte": 2}}, "048"),
        ({"summary_metrics.val.acc": {"$in": [1, 5]}}, "15"),
        ({"$or": [{"name": "r1"}, {"display_name": {"$regex": "(?i)number [23]$"}}]}, "123"),
        ({"$and": [{"group": "g1"}, {"tags": "even"}]}, "68"),
        ({"$nor": [{"group": "g1"}, {"tags": "even"}]}, "13"),
        ({"tags": None}, "13579"),
        ({"tags": {"$nin": ["even"]}}, "13579"),
        ({"state": "running", "jobType": "train", "name": {"$not": {"$in": ["r0", "r1"]}}}, "23456789"),
        ({"state": {"$in": ["failed"]}}, ""),
        ({"created_at": {"$gt": "2020-01-01T00:00:00"}}, "0123456789"),
        ({"createdAt": {"$lt": "2020-01-01T00:00:00Z"}}, ""),
    ],
    ids=str,
)
def test_filters__hold_for_exactly_these(runs, filters, expected):
    assert names(runs, filters) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("+created_at", "0123456789"),
        ("-created_at", "9876543210"),
        ("+summary_metrics.loss", None),
        ("-config.lr.value", "8765432109"),
        ("config.opt.name,-summary_metrics.val.acc", "8642075319"),
        ("-name", "9876543210"),
        ("group,-created_at", "4321098765"),
    ],
    ids=str,
)
def test_orders__put_missing_values_last(runs, order, expected):
    if expected is None:
        by_loss = sorted(range(9), key=lambda n: (n * 7) % 9)
        expected = "".join(map(str, by_loss)) + "9"
    assert names(runs, None, order) == expected


@pytest.mark.parametrize("order", ["-created_at", "+summary_metrics.loss", "-summary_metrics.loss", "group"])
def test_pages__join_to_the_whole(runs, order):
    whole, after, found = names(runs, None, order), None, ""
    for _ in range(4):
        page = ask(runs, None, order, first=3, after=after)["runs"]
        found += "".join(edge["node"]["name"][1:] for edge in page["edges"])
        after = page["edges"][-1]["cursor"]
        assert after == page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (len(found) < 10)
    assert found == whole


def test_pages__stay_in_place_while_runs_arrive(runs):
    page = ask(runs, None, "-created_at", first=5)["runs"]
    runs.graphql(UPSERT, {"input": {"name": "rx", "modelName": "p"}})
    rest = ask(runs, None, "-created_at", first=100, after=page["pageInfo"]["endCursor"])["runs"]
    assert [edge["node"]["name"] for edge in rest["edges"]] == ["r4", "r3", "r2", "r1", "r0"]


@pytest.mark.parametrize(
    ("filters", "place"),
    [
        ("{", "filters are not JSON"),
        ("[]", "filters: must be an object"),
        ({"colour": "red"}, "filters.colour: unknown key 'colour' of runs"),
        ({"state": {"$foo": 1}}, "filters.state.$foo: unknown operator"),
        ({"$and": [{}, {"config.a": {"$gt": []}}]}, "filters.$and[1].config.a.$gt: must be a number or a string"),
        ({"name": {"$regex": "(a"}}, "filters.name.$regex: regular expression"),
        ({"created_at": {"$gt": "soon"}}, "filters.created_at.$gt: must be an ISO 8601"),
    ],
    ids=str,
)
def test_what_cannot_be_understood__is_an_error_with_its_path(runs, filters, place):
    with pytest.raises(GraphQLError) as caught:
        ask(runs, filters)
    assert caught.value.code == "BAD_USER_INPUT"
    assert place in str(caught.value)


@pytest.mark.parametrize("values", [{"order": "-colour"}, {"after": "nonsense"}])
def test_bad_order_or_cursor__is_an_error(runs, values):
    with pytest.raises(GraphQLError) as caught:
        ask(runs, **values)
    assert caught.value.code == "BAD_USER_INPUT"


def test_evil_regex__ends_soon(runs):
    runs.graphql(UPSERT, {"input": {"name": "evil", "modelName": "p", "notes": "a" * 1_000_000 + "!"}})
    assert names(runs, {"notes": {"$regex": "^(a+)+$"}}) == ""


def test_changes__are_seen_at_once(runs):
    assert names(runs, {"config.lr": 0.3}) == "3"
    for n in range(3):
        runs.graphql(UPSERT, {"input": {"name": f"r{n}", "modelName": "p", "config": '{"lr":{"value":0.3}}'}})
        assert len(names(runs, {"config.lr": 0.3})) == n + 2


def test_questions_while_many_write__are_answered_and_right_in_the_end(user):
    faults = []

    def guarded(work):
        try:
            work()
        except GraphQLError as error:
            faults.append(str(error))

    def write(writer: int):
        for n in range(20):
            values = {"name": f"r{writer}-{n}", "modelName": "p", "config": json.dumps({"a": {"value": n % 7}})}
            user.graphql(UPSERT, {"input": values})

    def read():
        for _ in range(20):
            ask(user, {"config.a": {"$gte": 3}}, "-summary_metrics.x", first=20)

    user.graphql(UPSERT, {"input": {"name": "first", "modelName": "p"}})
    works = [lambda writer=writer: write(writer) for writer in range(6)] + [read] * 8
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert ask(user, {"config.a": {"$gte": 3}})["runCount"] == 6 * sum(n % 7 >= 3 for n in range(20))


def log(user, run: str, first: int, values: list) -> None:
    rows = [f'{{"_step": {first + i}, "val/loss": {value}}}' for i, value in enumerate(values)]
    body = {"files": {"wandb-history.jsonl": {"offset": first, "content": rows}}}
    assert user.server.file_stream(user.name, "p", run, body, key=user.key).status_code == 200


def test_runs_are_sorted_by_the_lowest_and_the_highest_value_that_they_logged(runs):
    for run, values in (("r0", [5, 1, 3]), ("r1", [4, 9, 4]), ("r2", [2, 2.5, "NaN"])):
        log(runs, run, 0, values)
    assert names(runs, order="+min:val/loss")[:3] == "021"
    assert names(runs, order="-max:val/loss")[:3] == "102"
    assert names(runs, {"max:val/loss": {"$gt": 4}}) == "01"
    page = ask(runs, order="-max:val/loss", first=1)
    after = page["runs"]["pageInfo"]["endCursor"]
    assert [e["node"]["name"] for e in ask(runs, order="-max:val/loss", first=2, after=after)["runs"]["edges"]] == ["r0", "r2"]
    log(runs, "r2", 3, [100])
    assert names(runs, order="-max:val/loss")[:3] == "210"
