"""When incidents open and end at cameras of which nothing else is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from safety_detector.database.engine import Database
from safety_detector.domain.incidents.opening_rules import RuleChanges
from safety_detector.service.cameras.rule_versions import keep_site_rules


class SiteRules:
    """Keeps them where every process reads them, and former ones for the pictures of then.

    Args:
        database: where they are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def keep(self, changes: RuleChanges) -> None:
        """They hold from now on; nothing happens where they are as they were."""
        with self._database.write() as connection:
            keep_site_rules(connection, changes, self._clock())
