"""Terminal output: results to stdout, everything else to stderr, hostile names made harmless."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

stderr = Console(stderr=True, highlight=False)


def stdout_is_terminal() -> bool:
    """Whether a person reads stdout; if not, commands print JSON."""
    return sys.stdout.isatty()


def print_json_line(document: Any) -> None:
    """One JSON document on one line of stdout, flushed, Chinese readable."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def printable(text: str) -> str:
    """Text from outside with control and escape characters shown as their codes."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def warn(message: str) -> None:
    """A warning on stderr."""
    stderr.print(f"warning: {printable(message)}", style="yellow", markup=False, soft_wrap=True)
