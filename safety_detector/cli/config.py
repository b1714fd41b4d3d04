"""``safety-detector config``: the effective settings."""

from __future__ import annotations

from typing import Any

from safety_detector.cli.console import print_json_line, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.settings import Settings
from safety_detector.web.operation.settings import setting_documents


def run_config(*, as_json: bool) -> int:
    """Prints every setting; returns the exit code."""
    settings = settings_with_warnings()
    rows = [one.as_json() for one in setting_documents(settings)]
    if as_json or not stdout_is_terminal():
        print_json_line({"backend": settings.effective_backend, "settings": rows})
    else:
        _print_table(rows, settings)
    return DONE


def _print_table(rows: list[dict[str, Any]], settings: Settings) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"Settings (backend in use: {settings.effective_backend})", box=None)
    for column in ("Setting", "Value", "From"):
        table.add_column(column, overflow="fold", no_wrap=column == "Setting")
    for row in rows:
        value = row["value"]
        shown = ", ".join(value) if isinstance(value, list) else value
        style = "" if row["source"] == "default" else "bold"
        table.add_row(
            Text(row["name"], style=style),
            Text("" if shown is None else str(shown), style=style),
            Text(row["source"], style=style),
        )
    Console().print(table)
