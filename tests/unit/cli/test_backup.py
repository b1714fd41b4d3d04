"""``backup``: a copy of the database that a restored service runs on."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from safety_detector.database.backup import back_up_sqlite
from safety_detector.errors import DatabaseUnavailable

from .conftest import RunCommand


@pytest.fixture
def data_dir(run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service's data folder with one key in its database."""
    folder = tmp_path / "data"
    monkeypatch.setenv("SAFETY_DATA_DIR", str(folder))
    assert run_command("migrate").code == 0
    assert run_command("keys", "create", "me", "--scope", "admin").code == 0
    return folder


@pytest.mark.usefixtures("data_dir")
def test_a_restored_copy_is_the_service_as_it_was(run_command: RunCommand, tmp_path: Path) -> None:
    """The copy alone, without a log beside it, put into a new data folder."""
    copy = tmp_path / "backup" / "safety.db"
    assert run_command("backup", copy).code == 0
    assert [one.name for one in copy.parent.iterdir()] == ["safety.db"]
    assert copy.stat().st_mode & 0o077 == 0  # nobody else reads hashes of keys
    restored = tmp_path / "restored"
    restored.mkdir()
    copy.rename(restored / "safety-detector.db")
    [key] = json.loads(run_command("keys", "list", "--data-dir", restored).out)["keys"]
    assert key["name"] == "me"


def test_a_copy_of_a_database_in_use_is_one_moment_s(tmp_path: Path) -> None:
    """Pairs that are written together stand in it together, however much is written meanwhile."""
    source = tmp_path / "busy.db"
    stop = threading.Event()
    begun = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE one (n INTEGER, filling TEXT)")
            connection.execute("CREATE TABLE two (n INTEGER)")
            number = 0
            while not stop.is_set():
                number += 1
                with connection:
                    connection.execute("INSERT INTO one VALUES (?, ?)", (number, "x" * 5000))
                    connection.execute("INSERT INTO two VALUES (?)", (number,))
                if number == 100:
                    begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(120)
        back_up_sqlite(source, tmp_path / "copy.db")
    finally:
        stop.set()
        writer.join()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        [[ones, twos]] = copy.execute(
            "SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM two)"
        ).fetchall()
    assert ones == twos >= 100


def test_a_damaged_database_replaces_no_earlier_copy(tmp_path: Path) -> None:
    """Whoever copies day by day keeps the last whole one."""
    source, copy = tmp_path / "service.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE one (filling TEXT)")
        connection.executemany("INSERT INTO one VALUES (?)", [("x" * 3000,)] * 200)
    back_up_sqlite(source, copy)
    whole = copy.read_bytes()
    damaged = bytearray(source.read_bytes())
    damaged[8192:40960] = b"\xff" * 32768
    source.write_bytes(damaged)
    with pytest.raises(DatabaseUnavailable):
        back_up_sqlite(source, copy)
    assert copy.read_bytes() == whole
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.db", "service.db"]


@pytest.mark.usefixtures("data_dir")
def test_another_database_is_left_to_its_own_tools(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the tool, not the password."""
    monkeypatch.setenv("SAFETY_DATABASE_URL", "postgresql://user:secret@host/name")
    done = run_command("backup", "copy.db")
    assert done.code == 2
    assert "pg_dump" in done.err
    assert "secret" not in done.err


def test_the_database_is_no_copy_of_itself(data_dir: Path, run_command: RunCommand) -> None:
    """It would be replaced under the service's hands."""
    done = run_command("backup", data_dir / "safety-detector.db")
    assert done.code == 2
    assert "itself" in done.err
