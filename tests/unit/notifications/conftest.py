"""A service for senders that show pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from tests.migrated_sqlite import migrated_sqlite, sqlite_url
from tests.service_stand import Stand, build_stand


@pytest.fixture
def stand(quick_path: Path) -> Iterator[Stand]:
    """A service on an empty database and data folder."""
    copy = quick_path / "service.db"
    copy.write_bytes(migrated_sqlite())
    database = Database(sqlite_url(copy))
    yield build_stand(database, quick_path)
    database.close()
