"""Tables that are made and migrated at the start: by several servers at once, slowly, and cut off in the middle."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.postgres import make_database
from tests.support.server import Server
from tests.support.waiting import wait_until

KEY = "k" * 40
SECRET = {"BAROGRAPH_SECRET": "ab" * 32}

# Holds up whoever makes tables, in the middle of all migrations, for as long as somebody holds the lock 1.
SLOW = """create function wait_in_the_middle() returns event_trigger language plpgsql as $$ begin
              if to_regclass('sweeps') is not null and to_regclass('views') is null then
                  while exists (select 1 from pg_locks where locktype = 'advisory' and objid = 1 and granted) loop
                      perform pg_sleep(0.05);
                  end loop;
              end if;
          end $$;
          create event trigger slow on ddl_command_end when tag in ('CREATE TABLE') execute function wait_in_the_middle()"""
WAITING = "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
TABLES = "select count(*) from pg_tables where schemaname = 'public'"


@pytest.fixture
def database(postgres, request):
    return make_database(postgres.url, f"migrated-{abs(hash(request.node.name))}")


@pytest.fixture
def slow(database):
    """A connection that holds migrations up until it ends."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SLOW)
        connection.execute("select pg_advisory_lock(1)")
        yield connection


@pytest.fixture
def make(binary, database, bucket_store, request, tmp_path):
    servers = []
    blobs = f"s3://migrated-{abs(hash(request.node.name))}?endpoint={bucket_store.endpoint}"

    def make() -> Server:
        data = tmp_path / f"server-{len(servers)}" / "data"
        data.parent.mkdir()
        servers.append(Server(binary, data, ("--database", database, "--blobs", blobs, "--admin-key", KEY), {**SECRET, **bucket_store.env}))
        return servers[-1]

    yield make
    for server in servers:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def launch(server: Server) -> subprocess.Popen:
    """Does not wait until it is ready."""
    command = [server.binary, "server", "--data", server.data, "--listen", "127.0.0.1:0", *server.options]
    with open(server.log_path, "ab") as log:
        server.process = subprocess.Popen(command, stdout=log, stderr=log, env=server.env)
    return server.process


def start_all(servers) -> None:
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(lambda server: server.start(), servers))


def assert_all_good(servers, database) -> None:
    for server in servers:
        assert server.graphql("{ viewer { username } }", key=KEY)["viewer"]["username"] == "admin"
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*), count(distinct version) from schema_version").fetchone()[0] > 20
        assert connection.execute("select count(*) from users").fetchone() == (1,)


def count(connection, query: str) -> int:
    return connection.execute(query).fetchone()[0]


def test_servers_that_start_at_once__make_the_tables_once(make, database):
    servers = [make() for _ in range(5)]
    start_all(servers)
    assert_all_good(servers, database)


def test_servers__wait_for_one_that_migrates_for_long(make, slow, database):
    """For longer than any lock of the running service is waited for (10 s)."""
    first, *others = servers = [make() for _ in range(3)]
    launch(first)
    wait_until(lambda: count(slow, f"select count(*) {WAITING}") == 1)
    processes = [launch(server) for server in others]
    wait_until(lambda: all("waiting for it" in server.log() for server in others))
    with pytest.raises(subprocess.TimeoutExpired):
        processes[0].wait(12)
    slow.execute("select pg_advisory_unlock(1)")
    for server in servers:
        server.base_url = server._wait_until_ready(0)
    assert_all_good(servers, database)


def test_server_killed_in_the_middle__leaves_nothing_and_the_next_does_it(make, slow, database):
    process = launch(make())
    wait_until(lambda: count(slow, f"select count(*) {WAITING}") == 1)
    process.kill()
    process.wait()
    wait_until(lambda: count(slow, f"select count(*) {WAITING}") == 0)
    assert count(slow, TABLES) == 0
    slow.execute("select pg_advisory_unlock(1)")
    servers = [make() for _ in range(2)]
    start_all(servers)
    assert_all_good(servers, database)


def test_session_ended_in_the_middle__is_begun_anew_by_the_same_server(make, slow, database):
    server = make()
    launch(server)
    wait_until(lambda: count(slow, f"select count(*) {WAITING}") == 1)
    (first,) = slow.execute(f"select pid {WAITING}").fetchone()
    slow.execute("select pg_terminate_backend(%s)", (first,))
    wait_until(lambda: count(slow, f"select count(*) {WAITING} and pid <> {first}") == 1)
    assert count(slow, TABLES) == 0
    slow.execute("select pg_advisory_unlock(1)")
    server.base_url = server._wait_until_ready(0)
    assert_all_good([server], database)
