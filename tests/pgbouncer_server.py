"""A real PgBouncer for tests, in front of a PostgreSQL server of theirs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

_PORT = 6432  # names the socket; nothing listens on TCP
_START_TIMEOUT_S = 60.0


class PgbouncerMissing(Exception):
    """There is none on this machine."""


class PgbouncerServer:
    """A pooler on a socket of its own, which may be killed and started again.

    Attributes:
        url: of the database behind it.
    """

    def __init__(self, folder: Path, program: str, url: str, options: Mapping[str, str]) -> None:
        self._folder = folder
        behind = make_url(url)
        self.url = f"postgresql://{behind.username}@/pooled?host={folder}&port={_PORT}"
        settings = {
            "unix_socket_dir": str(folder),
            "listen_port": str(_PORT),
            "auth_type": "any",
            "pool_mode": "transaction",
            **options,
        }
        lines = [
            "[databases]",
            f"pooled = host={behind.query['host']} dbname={behind.database} user={behind.username}",
            "[pgbouncer]",
            *(f"{name} = {value}" for name, value in settings.items()),
        ]
        configuration = folder / "pgbouncer.ini"
        configuration.write_text("\n".join(lines) + "\n")
        # It refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._command = [program, str(configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and waits until it lets somebody in."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                user=self._user,
                extra_groups=[] if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from error
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Ends it without a word, with everything that is under way."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
        for socket in self._folder.glob(".s.PGSQL.*"):
            socket.unlink()


@contextmanager
def running_pgbouncer(
    postgresql_url: str, options: Mapping[str, str] | None = None
) -> Iterator[PgbouncerServer]:
    """Runs one in transaction mode, unless told otherwise.

    Args:
        postgresql_url: of the server behind it, on a socket.
        options: of ``pgbouncer.ini``.

    Raises:
        PgbouncerMissing: it is not installed.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise PgbouncerMissing("no PgBouncer: install pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir="/tmp"))
    try:
        server = PgbouncerServer(folder, program, postgresql_url, options or {})
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
