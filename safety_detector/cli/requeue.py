"""``safety-detector requeue``: failed inspections again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.cli.operator import operated_service, operator
from safety_detector.errors import ConfigurationInvalid


def run_requeue(
    inspection_ids: Sequence[str], failed_since: datetime | None, *, as_json: bool
) -> int:
    """Queues inspections again; returns the exit code, 3 if some of the named are not failed.

    Raises:
        ConfigurationInvalid: neither ids nor a moment are given, or both.
    """
    if bool(inspection_ids) == (failed_since is not None):
        raise ConfigurationInvalid("requeue-what")
    with operated_service() as service:
        if failed_since is not None:
            requeued = service.inspections.recovery.requeue_failed(failed_since, by=operator())
        else:
            requeued = service.inspections.recovery.requeue(inspection_ids, operator())
    left = sorted(set(inspection_ids) - set(requeued))
    if as_json or not stdout_is_terminal():
        print_json_line({"requeued": list(requeued), "left": left})
    for inspection_id in left:
        stderr.print(f"{printable(inspection_id)} is no failed inspection.", markup=False)
    stderr.print(f"{len(requeued)} run again.")
    return PARTLY_FAILED if left else DONE
