"""The service behind PgBouncer, where each transaction may have another server connection."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
import psycopg
import pytest
from sqlalchemy import select, text

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import inspections, metadata, tallies
from safety_detector.errors import DatabaseUnavailable
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.pgbouncer_server import PgbouncerMissing, PgbouncerServer, running_pgbouncer
from tests.postgresql_server import PostgresqlMissing, running_postgresql

UPLOADS = 55
IMPATIENT = timedelta(milliseconds=300)

StartPgbouncer = Callable[..., PgbouncerServer]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """A PostgreSQL of these tests alone: the next one finds it without tables."""
    try:
        with running_postgresql() as server:
            yield server.url
    except PostgresqlMissing as exc:
        pytest.skip(str(exc))


@pytest.fixture
def pgbouncer(server_url: str) -> Iterator[StartPgbouncer]:
    """Starts PgBouncers in front of a PostgreSQL without tables."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    with ExitStack() as running:

        def start(options: Mapping[str, str] | None = None) -> PgbouncerServer:
            few = {"default_pool_size": "4"}  # far less than there are clients
            try:
                return running.enter_context(running_pgbouncer(server_url, few | (options or {})))
            except PgbouncerMissing as exc:
                pytest.skip(str(exc))

        yield start


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[ApiRunner]:
    """Starts APIs; they end with the test."""
    runner = ApiRunner(tmp_path)
    yield runner
    runner.stop()


def upload_all(api: Api, count: int, patience_s: float) -> tuple[list[str], Counter[int]]:
    """Uploads so many at once, each until it is accepted; their ids, and all answers."""
    answers: Counter[int] = Counter()

    def upload(number: int) -> str:
        deadline = time.monotonic() + patience_s
        with api.client() as client:
            while True:
                answer = client.post(
                    "/v1/inspections",
                    content=make_jpeg(number),
                    headers={"Idempotency-Key": f"picture-{number}"},
                )
                answers[answer.status_code] += 1
                if answer.status_code in (httpx2.codes.OK, httpx2.codes.ACCEPTED):
                    inspection_id: str = answer.json()["id"]
                    return inspection_id
                assert time.monotonic() < deadline, answer.text

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(upload, range(count))), answers


def check_all_completed(api: Api, accepted: list[str]) -> None:
    """Three workers inspect everything; each picture that was accepted is completed once."""
    with ThreadPoolExecutor(3) as threads:
        done = sum(threads.map(lambda _: api.work(), range(3)))
    with api.service.database.read() as connection:
        rows = connection.execute(select(inspections.c.id, inspections.c.status)).all()
    stored = {row.id: row.status for row in rows}
    assert stored == dict.fromkeys(accepted, "completed")
    counters = api.service.operation.figures.counters()
    assert (done, counters.accepted, counters.lost) == (len(accepted), len(accepted), 0)


@pytest.mark.parametrize(
    "options",
    [
        {"pool_mode": "transaction"},
        {"pool_mode": "transaction", "default_pool_size": "1"},
        {"pool_mode": "transaction", "server_reset_query_always": "1"},
        {"pool_mode": "transaction", "server_lifetime": "0"},
        {"pool_mode": "session", "default_pool_size": "60"},
    ],
    ids=lambda options: "-".join(f"{name}={value}" for name, value in options.items()),
)
def test_uploads_at_once_are_all_accepted_stored_and_inspected(
    pgbouncer: StartPgbouncer, runner: ApiRunner, options: dict[str, str]
) -> None:
    """In the modes that keep a transaction together nothing fails, and nothing is done twice."""
    api = runner.start(database=Database(pgbouncer(options).url))
    accepted, answers = upload_all(api, UPLOADS, patience_s=0)
    assert answers == {202: UPLOADS}
    check_all_completed(api, accepted)


def test_what_was_accepted_survives_a_kill_of_the_pooler(
    pgbouncer: StartPgbouncer, runner: ApiRunner
) -> None:
    """Killed again and again under uploads: each is refused, or accepted and there."""
    pooler = pgbouncer()
    api = runner.start(database=Database(pooler.url))
    over = threading.Event()

    def kill_and_start() -> None:
        while not over.wait(0.4):
            pooler.kill()
            pooler.start()

    killer = threading.Thread(target=kill_and_start)
    killer.start()
    try:
        accepted, answers = upload_all(api, UPLOADS, patience_s=120)
    finally:
        over.set()
        killer.join()
    assert set(answers) <= {200, 202, 503}
    check_all_completed(api, accepted)


def why_it_fails_beside_a_lock(url: str, lock_from: str) -> str:
    """What a writer is told while somebody else has locked its table, once his time is over."""
    database = Database(url, lock_timeout=IMPATIENT)
    with psycopg.connect(lock_from) as other:
        other.execute("LOCK TABLE tallies IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseUnavailable) as raised, database.write() as connection:
            add_to_tally(connection, "x")
    database.close()
    return raised.value.message


def hang_in_a_transaction(database: Database) -> None:
    """Returns never, but fails when the server has ended the transaction."""
    with database.write() as connection:
        while True:
            add_to_tally(connection, "x")
            time.sleep(4 * IMPATIENT.total_seconds())


def test_time_limits_hold_as_without_it(pgbouncer: StartPgbouncer, server_url: str) -> None:
    """A lock of somebody else is an outage in the same words, and no statement runs for ever."""
    url = pgbouncer().url
    database = Database(url, lock_timeout=IMPATIENT)
    migrate(database)
    told = why_it_fails_beside_a_lock(url, server_url)
    assert told == why_it_fails_beside_a_lock(server_url, server_url)
    assert "lock timeout" in told
    with pytest.raises(DatabaseUnavailable, match="statement timeout"), database.read() as one:
        one.execute(text("SELECT pg_sleep(100)"))
    with pytest.raises(DatabaseUnavailable, match="idle-in-transaction"):
        hang_in_a_transaction(database)
    database.close()


def test_other_clients_of_the_pooler_are_left_in_peace(pgbouncer: StartPgbouncer) -> None:
    """Neither our time limits nor their prepared statements get to the other side."""
    pooler = pgbouncer({"default_pool_size": "1"})
    with psycopg.connect(pooler.url, autocommit=True, prepare_threshold=0) as theirs:
        theirs.execute("SELECT 'theirs'")  # prepared under the name that our driver takes first
        database = Database(pooler.url)
        migrate(database)
        for _ in range(20):
            with database.write() as connection:
                add_to_tally(connection, "x")
        with database.read() as connection:
            assert sum(connection.scalars(select(tallies.c.total))) == 20
        database.close()
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            row = theirs.execute(f"SHOW {limit}".encode(), prepare=False).fetchone()
            assert row == ("0",), limit


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pool_mode": "statement"}, "set pool_mode = transaction"),
        ({"query_wait_timeout": "1", "default_pool_size": "1"}, "within its query_wait_timeout"),
        ({"max_client_conn": "1"}, "max_client_conn is reached"),
    ],
    ids=["statement mode", "no server free", "too many clients"],
)
def test_what_it_refuses_is_said_in_words(
    pgbouncer: StartPgbouncer, options: dict[str, str], words: str
) -> None:
    """And by the names of its settings; nothing is left of the transaction."""
    pooler = pgbouncer(options)
    with ExitStack() as others:
        if "pool_mode" not in options:  # somebody has what there is
            other = others.enter_context(psycopg.connect(pooler.url))
            other.execute("SELECT 1")
        database = Database(pooler.url, lock_timeout=IMPATIENT)
        with pytest.raises(DatabaseUnavailable, match=words):
            migrate(database)
        database.close()


def test_processes_that_migrate_at_once_share_one_connection(pgbouncer: StartPgbouncer) -> None:
    """Four of them, in turns, and no lock stays behind in a connection that others get."""
    pooler = pgbouncer({"default_pool_size": "1"})
    databases = [Database(pooler.url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrate, databases))
    with databases[0].read() as connection:
        tables = set(
            connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        )
        locks = connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
    assert (tables - {"alembic_version"}, locks) == (set(metadata.tables), 0)
    for database in databases:
        database.close()
