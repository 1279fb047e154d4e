"""Artifacts with the official client of each age: logged, deduplicated, used, linked, fetched, changed and deleted."""

from __future__ import annotations

import pytest

from tests.official.client import Client


def use_artifacts(client):
    return client.script("artifacts", entity=client.entity)


@pytest.fixture
def used(lab, age) -> dict:
    return lab.outcome(age, use_artifacts)


def test_versions__are_numbered_and_the_same_again_is_none(used):
    assert used["names"] == ["set:v0", "set:v1", "set:v1"]


def test_version__is_used_with_what_it_says(used):
    assert used["used"] == ["v0", "numbers", {"rows": 3}]


def test_references__are_kept_beside_files(used):
    assert used["manifest"] == [["a.txt", None], ["b.txt", None], ["far", "vault"], ["reference.py", "file"]]


def test_bytes__come_back_one_by_one_and_whole(used):
    assert used["single"] == "beta"
    assert used["downloaded"] == {"a.txt": "alpha", "b.txt": "changed"}
    assert "a.txt" in used["spoilt"]["message"]


def test_lineage__is_known_in_both_directions(used):
    assert [used["maker"], used["users"]] == ["maker", ["user"]]
    assert [used["run_made"], used["run_used"]] == [["set:v0", "set:v1"], ["set:v0"]]


def test_alias__moves_at_once(used):
    assert used["moved"] == ["v1", ["good", "latest"], {"rows": 4}]
    assert used["first_left"] == []
    assert used["shelf"]


def test_version_with_aliases__is_deleted_only_with_them(used):
    assert "alias" in used["refused"]["message"]
    assert used["gone"]["error"] == "CommError"


def test_bytes__outlive_the_collection_that_first_had_them(used):
    assert used["kept"] == ["kept", "kept"]


def test_commits__have_hashes_of_their_own(used):
    assert used["commits"] == [2, True]


# ---- several writers, and the less trodden ways ----


def write_together(client):
    jobs = [client.start("artifact_writer", number=number, is_last=False) for number in (1, 2)]
    for each in jobs:
        each.wait()
    name = client.script("artifact_writer", number=3, is_last=True)
    return name, client.script("artifact_reader", place=f"{client.entity}/jobs/together:latest")


def go_the_ways(client):
    return client.script("artifact_ways", entity=client.entity)


@pytest.fixture
def ways(lab, age) -> dict:
    return lab.outcome(age, go_the_ways)


def test_jobs__write_one_version_together(lab, age):
    name, read = lab.outcome(age, write_together)
    assert name == "together:v0"
    assert read == {f"part-{number}.txt": f"of job {number}" for number in (1, 2, 3)}


def test_version__grows_from_the_one_before(ways):
    assert ways["grown"] == {"one": "1", "two": "changed", "three": "3"}


def test_download__is_whole_or_of_one_folder(ways):
    assert ways["left"] == sorted(f"left/{number}" for number in range(1, 60, 2))
    assert ways["all"] == 60


def test_connection_cut_in_the_middle__never_spoils_bytes(ways):
    assert ways["cuts_left"] == [0, 0]
    assert ways["cut"] != "wrong" and ways["big"]


def test_reference__is_checked_where_it_lies(ways):
    assert ways["remote"] == "from elsewhere"
    assert "digest" in str(ways["remote_changed"]["message"]).lower()


def test_code_and_own_versions__are_listed_with_their_run(ways):
    assert "code" in ways["made"] and ways["code"] == [["source.py"]]
    assert ways["own"] == [["own:v0"], True]


def test_version_with_an_end__is_gone_after_it(ways):
    assert ways["gone"] in ("CommError", "ValueError")


def test_older_layout__is_served(lab):
    client = lab.client("0.16.6")
    assert client.script("artifact_layout") == ["V1", "of layout V1"]


def delete_what_was_used(client):
    return client.script("artifact_ends", entity=client.entity, refused_by="0.31.0")


def test_deleted_version__leaves_the_list_of_what_was_used_readable(lab, age):
    told = lab.outcome(age, delete_what_was_used)
    assert told["before"] == [["set:v0", "COMMITTED"], ["set:v1", "COMMITTED"]]
    assert told["after"][-1] == ["set:v1", "COMMITTED"]  # the deleted one may be forgotten by now
    assert told["after"][:-1] in ([], [["set:v0", "DELETED"]])
    assert told["made"] == ["set:v1"]


def test_name_that_no_system_takes__is_refused_with_the_rule(lab):
    told = lab.outcome("0.31.0", delete_what_was_used)
    assert "without '.', '..', backslashes" in told["refused"]["message"]


# ---- references to what lies elsewhere ----


@pytest.fixture(scope="module")
def referred(server, tmp_path_factory) -> dict:
    client = Client("references", server, "admin", server.admin_key, tmp_path_factory.mktemp("references"))
    return client.script("references", entity="admin")


@pytest.mark.parametrize("scheme", ["s3", "gs", "http", "file"])
def test_reference__is_read_where_it_lies(referred, scheme):
    found = referred[scheme]
    beside = {"all/a.bin": f"of {scheme}", "all/b.bin": "beside"} if scheme in ("s3", "file") else {}
    assert found["ref"].startswith(f"{scheme}://") and found["size"] == len(f"of {scheme}")
    assert found["files"] == {"a.bin": f"of {scheme}", **beside}
    assert found["verified"] is None


def test_reference__says_which_version_of_an_object_it_means(referred):
    assert referred["s3"]["extra"] == ["etag", "versionID"] and referred["gs"]["extra"] == ["versionID"]
    assert referred["s3"]["changed"] == "of s3"


@pytest.mark.parametrize("scheme", ["gs", "file"])
def test_reference__to_what_was_changed_since_is_not_taken_for_it(referred, scheme):
    assert "Digest mismatch" in referred[scheme]["changed"]["message"]


# ---- jobs ----


def make_jobs(client):
    return client.script("jobs", entity=client.entity)


@pytest.fixture
def jobs(lab) -> dict:
    return lab.newest(make_jobs)


def test_run__leaves_the_code_it_ran_and_a_job_of_it(jobs):
    assert jobs["made"] == ["code"]
    assert jobs["after_run"] == ["job-source-jobs-train.py"]
    assert jobs["of_run"]["entrypoint"][-1] == "train.py" and "train.py" in jobs["of_run"]["code"]


def test_job__is_made_by_hand_of_a_folder(jobs):
    assert jobs["by_hand"][0] == 0 and "by-hand:v0, with aliases: good, latest" in jobs["by_hand"][1]
    assert jobs["after_both"] == ["by-hand", "job-source-jobs-train.py"]
    assert jobs["of_hand"]["entrypoint"] == ["python", "train.py"] and "train.py" in jobs["of_hand"]["code"]
    assert "by-hand -- versions (3): v0," in jobs["shown"]


# ---- aliases ----


def give_a_number(client):
    return client.script("alias_number", entity=client.entity)


def test_number__is_no_alias_and_harms_nothing(lab):
    given = lab.newest(give_a_number)
    assert "by their number" in given["logged"]["message"]
    assert given["after"] == ["v0", ["latest"]]
    assert given["handed_on"] == ["v0", ["latest"]]
