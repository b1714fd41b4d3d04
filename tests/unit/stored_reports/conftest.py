"""The service on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from tests.service_stand import Stand, build_stand


@pytest.fixture
def stand(database: Database, quick_path: Path) -> Stand:
    """A service on an empty database and data folder."""
    return build_stand(database, quick_path)
