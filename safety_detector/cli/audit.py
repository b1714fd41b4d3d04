"""``safety-detector audit``: who did what."""

from __future__ import annotations

import json
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.access.audit import AuditAction, AuditFilter
from safety_detector.web.audit.documents import AuditEntryDocument


def run_audit(
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    *,
    as_json: bool,
) -> int:
    """Shows entries of the audit log; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no such action.
    """
    try:
        wanted = AuditFilter(AuditAction(action) if action else None, since, until)
    except ValueError as exc:
        raise ConfigurationInvalid(
            "unknown-action", action=action, known=", ".join(AuditAction)
        ) from exc
    with operated_service() as service:
        entries = service.access.audit.entries(wanted, limit)
    if as_json or not stdout_is_terminal():
        for entry in entries:
            print_json_line(AuditEntryDocument.of(entry).as_json())
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("When", "Who", "Did", "To", "Details"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        table.add_row(
            Text(in_local_zone(entry.at).isoformat(sep=" ", timespec="seconds")),
            Text(printable(entry.actor.name)),
            Text(entry.action),
            Text(printable(entry.subject or "")),
            Text(printable(json.dumps(entry.details, ensure_ascii=False))),
        )
    Console().print(table)
    return DONE
