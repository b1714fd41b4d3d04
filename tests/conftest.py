"""Databases for tests: each test that asks for ``database`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import metadata
from tests.migrated_sqlite import migrated_sqlite
from tests.postgresql_server import PostgresqlMissing, postgresql_server

# What a machine takes for an example says nothing about the example; and whoever changes nothing
# sees the same examples, so that a failure is about the change.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command that runs in this process sends the log to the stderr of its test, which closes."""
    loggers = [logging.getLogger(name) for name in (None, "alembic", "httpx2")]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


_FOLDER = pytest.StashKey[Path]()
_LOG_END_CHARS = 4000


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Pytest's, noted for the reports of failures."""
    request.node.stash[_FOLDER] = tmp_path
    return tmp_path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows what programs logged where a test fails; its folder is soon gone."""
    report = yield
    if report.failed and _FOLDER in item.stash:
        for log in filter(Path.is_file, sorted(item.stash[_FOLDER].glob("*.log"))):
            end = log.read_text(errors="replace")[-_LOG_END_CHARS:]
            report.sections.append((f"end of {log.name} ({call.when})", end))
    return report


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: fsync costs nothing there and does nothing."""
    memory = Path("/dev/shm")  # noqa: S108 (a folder of our own is made in it)
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="safety-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server's empty database, as one URL for the whole session."""
    try:
        with postgresql_server() as url:
            yield url
    except PostgresqlMissing as exc:
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def migrated_postgresql_url(postgresql_url: str) -> str:
    """The same with the service's tables."""
    database = Database(postgresql_url)
    migrate(database)
    database.close()
    return postgresql_url


@pytest.fixture
def migrated_sqlite_file(tmp_path: Path) -> Path:
    """A SQLite file with the service's tables and no rows."""
    path = tmp_path / "migrated.db"
    path.write_bytes(migrated_sqlite())
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, quick_path: Path) -> str:
    """The URL of a database with the service's tables and no rows."""
    if request.param == "sqlite":
        copy = quick_path / "service.db"
        copy.write_bytes(migrated_sqlite())
        return sqlite_url(copy)
    url: str = request.getfixturevalue("migrated_postgresql_url")
    database = Database(url)
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_keeps_all"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        connection.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_keeps_all"))
    database.close()
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database with the service's tables and no rows."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are cores: many tests wait for servers of theirs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max((cores or 1) * 3 // 2, 2)


# Starts a process, once; the OpenAI client asks for it at its first request, in whichever test.
platform.processor()

_started: list[str] = []


def _note_start(event: str, _arguments: tuple[object, ...]) -> None:
    if event in {"subprocess.Popen", "os.fork", "os.posix_spawn"}:
        _started.append(event)


sys.addaudithook(_note_start)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Where tests that start processes are left out, one that starts some none the less fails."""
    before = len(_started)
    result = yield
    if item.config.getoption("markexpr") == "not processes":
        assert _started[before:] == [], "to be marked with pytest.mark.processes"
    return result


# Modules with which a test starts something that runs beside it, and a fixture that does.
_STARTERS = ("multiprocessing", "subprocess")
_SERVERS = (
    "benchmarks.t4_processes",
    "tests.api_server",
    "tests.nginx_server",
    "tests.pgbouncer_server",
    "tests.postgresql_server",
    "tests.service_stand",
)
_SERVER_FIXTURES = frozenset({"postgresql_url", "start_serve"})


def _starts_processes(item: pytest.Item) -> bool:
    """Whether a test, or others of its module, start programs, servers or databases."""
    callspec = getattr(item, "callspec", None)
    values = callspec.params.values() if callspec else ()
    if any(isinstance(value, str) and value == "postgresql" for value in values):
        return True
    if _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
        return True
    names = vars(getattr(item, "module", object)).values()
    modules = {getattr(one, "__module__", None) or getattr(one, "__name__", None) for one in names}
    return bool(modules.intersection((*_STARTERS, *_SERVERS)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what starts processes, and notes for the summary which list of attacks a test is of."""
    for item in items:
        if _starts_processes(item):
            item.add_marker(pytest.mark.processes)
        marker = item.get_closest_marker("attack")
        if marker is not None:
            item.user_properties.append(("attack", marker.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says of each list of attacks how many were tried and how many refused."""
    tried: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, attack in getattr(report, "user_properties", []):
                if name == "attack":
                    tried[str(attack)] += 1
                    refused[str(attack)] += outcome == "passed"
    if tried:
        terminalreporter.section("attacks")
    for attack, count in sorted(tried.items()):
        terminalreporter.line(f"{attack}: tried {count}, refused {refused[attack]}")
