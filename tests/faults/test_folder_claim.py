"""One PostgreSQL without a bucket: the files of its server lie in one data folder, and a second server is refused."""

from __future__ import annotations

import shutil
import signal

import psycopg
import pytest

from tests.faults.conftest import administrator_of
from tests.support.postgres import make_database
from tests.support.protocol import RunUnderTest
from tests.support.server import Server

ROWS = 5


@pytest.fixture
def database(postgres, request) -> str:
    return make_database(postgres.url, f"claim-{abs(hash(request.node.name))}")


@pytest.fixture
def first(start, tmp_path, database) -> Server:
    server = start(tmp_path / "first", "--database", database)
    RunUnderTest(administrator_of(server), "p", "r").send_rows(0, [{"_step": n, "a": n} for n in range(ROWS)], complete=True, exitcode=0)
    return server


def test_second_server__is_refused_in_words_and_leaves_nothing(first, start, tmp_path, database):
    with pytest.raises(RuntimeError, match="lie in another data folder.*need a bucket"):
        start(tmp_path / "second", "--database", database)
    assert not (tmp_path / "second" / "files.id").exists()
    assert first.graphql("{ viewer { username } }")["viewer"]["username"] == "admin"
    with pytest.raises(RuntimeError, match="lie in another data folder"):  # nor when the first is away
        first.stop()
        start(tmp_path / "second", "--database", database)


def test_killed_server__starts_again_at_once_wherever_its_folder_is(first, start, tmp_path, database):
    for name in ("first", "moved", "restored"):
        data = tmp_path / name
        server = start(data, "--database", database) if name != "first" else first
        found = server.graphql('{ project(name: "p", entityName: "admin") { run(name: "r") { history } } }')["project"]["run"]
        assert len(found["history"]) == ROWS
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        if name == "first":
            data.rename(tmp_path / "moved")
        elif name == "moved":
            shutil.copytree(data, tmp_path / "restored")
            shutil.rmtree(data)


def test_files_brought_by_hand__are_taken_with_the_word_that_the_refusal_says(first, start, tmp_path, database):
    word = (tmp_path / "first" / "files.id").read_text().strip()
    first.stop()
    for name in ("blobs", "history", "secret.key", "admin.key"):
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "first" / name).rename(tmp_path / "other" / name)
    with pytest.raises(RuntimeError, match=word):
        start(tmp_path / "other", "--database", database)
    (tmp_path / "other" / "files.id").write_text(word)
    start(tmp_path / "other", "--database", database)


def test_database_that_was_used_with_a_bucket__may_have_any_folder(first, start, tmp_path, database, bucket_store):
    first.stop()
    options = ("--database", database, "--blobs", f"s3://claimed-folder?endpoint={bucket_store.endpoint}")
    shutil.copytree(tmp_path / "first", tmp_path / "second", ignore=shutil.ignore_patterns("files.id", "blobs", "history"))
    start(tmp_path / "second", *options, env=bucket_store.env).stop()
    with psycopg.connect(database) as connection:
        assert connection.execute("select value from settings where name = 'files_folder'").fetchone() == ("",)
    start(tmp_path / "second", "--database", database)
