"""What the service stands on is away: it says so, keeps nothing half, and comes back by itself."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import FunctionType

import httpx2
import psycopg
import pytest

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.postgresql_server import PostgresqlMissing, administer, running_postgresql

IMPATIENT = timedelta(milliseconds=300)
CONNECTIONS = 12
RECOVERED_WITHIN_S = 120.0  # at once, but the machine may be busy


def check_refusal(client: httpx2.Client, part: str) -> None:
    """Pictures are refused with when to come back, and the probe names what is wrong."""
    refused = client.post("/v1/inspections", content=make_jpeg())
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (503, f"{part}-unavailable")
    assert problem["detail"]
    assert refused.headers["Retry-After"]
    deadline = time.monotonic() + RECOVERED_WITHIN_S
    while (probe := client.get("/readyz")).status_code == 200:  # the answer of a moment ago
        assert time.monotonic() < deadline, probe.text
    check = probe.json()["checks"][part]
    assert (probe.status_code, check["status"]) == (503, "failed")
    if part != "database":  # without it nobody knows who may read more
        assert check["detail"]
    assert client.get("/livez").status_code == 200


def wait_until_ready(client: httpx2.Client) -> None:
    """Asks the probe until it is content; an impatient database also fails on a busy machine."""
    deadline = time.monotonic() + RECOVERED_WITHIN_S
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, client.get("/readyz").text
        time.sleep(0.05)


def check_recovery(client: httpx2.Client, api: Api) -> None:
    """The very picture is accepted now, once, and nobody had to start anything anew."""
    wait_until_ready(client)
    accepted = client.post("/v1/inspections", content=make_jpeg())
    assert accepted.status_code == 202, accepted.text
    assert api.work() == 1
    counters = api.service.operation.figures.counters()
    assert (counters.accepted, counters.completed, counters.lost) == (1, 1, 0)


@contextmanager
def without_data_folder(folder: Path) -> Iterator[None]:
    """The data folder is elsewhere, as that of a network drive that was unmounted."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    yield
    elsewhere.rename(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The data folder cannot be written, as a disk that the kernel remounted after an error."""
    if os.geteuid() != 0:
        writable = [path for path in (folder, *folder.rglob("*")) if path.is_dir()]
        for path in writable:
            path.chmod(0o555)
        yield
        for path in writable:
            path.chmod(0o755)
        return
    bind = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(bind, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("outage", [without_data_folder, read_only])
def test_a_data_folder_that_is_away_comes_back(
    runner: ApiRunner, outage: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Gone or read-only; nothing of what was refused is left in it, and little in the log."""
    api = runner.start()
    with api.client() as client:
        with outage(api.folder / "data"):
            check_refusal(client, "storage")
        check_recovery(client, api)
    folder = api.folder / "data"
    files = [one for one in folder.rglob("*") if one.is_file() and one.parent.name != "fonts"]
    assert len(files) == 2  # the picture and its annotated one
    told = [one for one in caplog.records if "storage-unavailable" in one.getMessage()]
    assert [one.exc_info for one in told] == [None]  # a line an upload, not a page


def test_a_locked_sqlite_file_comes_back(runner: ApiRunner, tmp_path: Path) -> None:
    """Another process keeps the write lock, a backup for example; results are read meanwhile."""
    file = tmp_path / "test.db"
    api = runner.start(database=Database(sqlite_url(file), lock_timeout=IMPATIENT))
    other = Database(sqlite_url(file))
    with api.client() as client:
        with other.write():
            check_refusal(client, "database")
            assert client.get("/v1/inspections").status_code == 200
        check_recovery(client, api)
    other.close()


@pytest.fixture(scope="module")
def small_server() -> Iterator[str]:
    """A PostgreSQL with few connections."""
    options = {"max_connections": str(CONNECTIONS), "superuser_reserved_connections": "0"}
    try:
        with running_postgresql(options) as server:
            yield server.url
    except PostgresqlMissing as exc:
        pytest.skip(str(exc))


ENDS_THEIRS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'safety-detector'"
)


@contextmanager
def connections_used_up(url: str) -> Iterator[None]:
    """Others have every connection that the server gives."""
    taken, deadline = 0, time.monotonic() + RECOVERED_WITHIN_S
    own: psycopg.Connection | None = None
    with ExitStack() as opened:
        while taken < CONNECTIONS:  # those of earlier clients may not be free yet
            assert time.monotonic() < deadline, f"{taken} connections were to be had"
            try:
                own = opened.enter_context(psycopg.connect(url, autocommit=True))
                taken += 1
            except psycopg.OperationalError:
                if own is not None:  # the API's threads connect anew, now and then
                    own.execute(ENDS_THEIRS)
        yield


@contextmanager
def tables_locked(url: str) -> Iterator[None]:
    """Somebody works on the tables by hand."""
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE inspections, pictures IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def read_only_server(url: str) -> Iterator[None]:
    """The server takes no writes, as a standby or one whose disk is full."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
    yield
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        admin.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize("outage", [connections_used_up, tables_locked, read_only_server])
def test_a_postgresql_that_is_no_use_comes_back(
    runner: ApiRunner, small_server: str, outage: FunctionType
) -> None:
    """Its connections are used up, its tables locked for too long, or it takes no writes."""
    name = outage.__name__
    administer(small_server, f"CREATE DATABASE {name}")
    url = small_server.replace("/postgres?", f"/{name}?")
    api = runner.start(database=Database(url, lock_timeout=IMPATIENT))
    with api.client() as client:
        wait_until_ready(client)
        administer(small_server, ENDS_THEIRS)  # nobody has connections but those who come first
        with outage(url):
            check_refusal(client, "database")
        check_recovery(client, api)
