"""Log lines on stderr, as text for people or as one JSON object a line.

Whatever looks like a secret (a password in a URL, an API key) is masked in both, wherever it comes
from.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

from safety_detector.observability.log_stream import LogStream, log_stream

LogFormat = Literal["text", "json"]

_SECRETS = (
    (re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@"), r"\1:***@"),
    (re.compile(r"\b(sdk_[0-9A-Z]{26})_[\w-]+"), r"\1_***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
)
# ``color_message`` is how uvicorn says the same for a terminal.
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
# They tell at INFO of each request that we make, and of what is loaded at the start.
_CHATTY = ("alembic", "httpx2")


def configure_logging(log_format: LogFormat, level: str) -> None:
    """Sends every log line of this process to stderr in one format."""
    formatter = _JsonLines() if log_format == "json" else _TextLines()

    def tell_dropped(count: int) -> str:
        told = f"{count} lines of the log were dropped: its reader stood still"
        facts = {"name": __name__, "levelname": "WARNING", "levelno": logging.WARNING, "msg": told}
        return formatter.format(logging.makeLogRecord(facts))

    lines: logging.StreamHandler[TextIO | LogStream]
    lines = logging.StreamHandler(log_stream(sys.stderr, tell_dropped))
    lines.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(
            logging.WARNING if root.level == logging.INFO else logging.NOTSET
        )


def mask_secrets(text: str) -> str:
    """The text with passwords in URLs, API keys and authorisation headers masked."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class _TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record) + _written_extras(record))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **_extras(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return mask_secrets(json.dumps(line, default=str, ensure_ascii=False))


def _extras(record: logging.LogRecord) -> dict[str, object]:
    """What was given to the log call as ``extra``."""
    return {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}


def _written_extras(record: logging.LogRecord) -> str:
    return "".join(f" {name}={value}" for name, value in sorted(_extras(record).items()))
