"""``safety-detector worker --check``: is a worker of this machine alive, for health checks.

Apart from the roles, since it runs every minute and should load little.
"""

from __future__ import annotations

from contextlib import closing

from safety_detector.cli.console import stderr
from safety_detector.cli.exit_codes import DONE, UNREACHABLE
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.database.clock import database_now
from safety_detector.service.operation.figures import PRESENCE, Figures
from safety_detector.service.operation.presence import works_here
from safety_detector.wiring import open_database


def check_worker(queue: str | None) -> int:
    """Says whether a worker of the queue is alive on this machine; returns the exit code.

    Alive is who reported to the database lately, which the process that works does and no other.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    settings = settings_of_existing_service()
    wanted = queue or settings.effective_backend
    with closing(open_database(settings)) as database:
        seen = Figures(database, database_now).present_workers()
    alive = [worker for worker in seen if works_here(worker, wanted)]
    if not alive:
        stderr.print(
            f"No {wanted} worker of this machine gave a sign of life in the last "
            f"{PRESENCE.total_seconds():.0f} s."
        )
        return UNREACHABLE
    stderr.print(f"{len(alive)} {wanted} workers of this machine are alive.")
    return DONE
