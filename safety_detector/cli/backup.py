"""``safety-detector backup``: a copy of the service's SQLite database while it runs."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from safety_detector.cli.console import stderr
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.picture_files import prepare_output_file
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.database.backup import back_up_sqlite
from safety_detector.errors import ConfigurationInvalid
from safety_detector.wiring import sqlite_path


def run_backup(target: Path) -> int:
    """Copies the database; returns the exit code.

    Raises:
        ConfigurationInvalid: the service keeps its records in PostgreSQL, or the target is the
            database itself.
        DatabaseUnavailable: it cannot be read, or the copy cannot be written.
    """
    settings = settings_of_existing_service()
    if settings.database_url is not None:
        raise ConfigurationInvalid("backup-of-postgresql")
    source = sqlite_path(settings)
    prepare_output_file(target)
    if target.exists() and target.samefile(source):
        raise ConfigurationInvalid("backup-onto-itself", path=target)
    with Progress(console=stderr, transient=True) as progress:
        task = progress.add_task("Copying the database")
        back_up_sqlite(
            source,
            target.absolute(),
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    stderr.print(f"Copied to {target}. The pictures are files: copy the data folder's too.")
    return DONE
