"""``safety-detector migrate``: the database's tables in the form that this version needs."""

from __future__ import annotations

from contextlib import closing

from safety_detector.cli.console import printable, stderr
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.first_key import adopt_first_key
from safety_detector.cli.startup import keep_data_private, settings_with_warnings
from safety_detector.database.migrate import current_revision, migrate
from safety_detector.service.access.keys import Keys
from safety_detector.service.core import now_utc
from safety_detector.wiring import open_database


def run_migrate() -> int:
    """Brings the database up to date and registers the first API key; returns the exit code.

    Raises:
        ConfigurationInvalid: the first API key could be guessed.
        DatabaseUnavailable: it does not answer.
        DatabaseOutdated: it was made by a newer version of the program.
    """
    settings = settings_with_warnings()
    keep_data_private(settings)
    with closing(open_database(settings)) as database:
        before = current_revision(database)
        migrate(database)
        after = current_revision(database)
        change = "was up to date" if before == after else f"{before or 'empty'} → {after}"
        stderr.print(f"{printable(database.shown_url)}: {change}", markup=False, soft_wrap=True)
        adopt_first_key(settings, Keys(database, now_utc))
    return DONE
