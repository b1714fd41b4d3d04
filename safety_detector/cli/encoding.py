"""Text in and out of the command is UTF-8, whatever the locale; file names are the disk's bytes."""

from __future__ import annotations

import io
import locale
import os
import sys

_UTF8_MODE = "PYTHONUTF8"


def use_utf8() -> None:
    """Starts the program anew in Python's UTF-8 mode if the locale has another encoding.

    In a GBK or Latin-1 locale Python would decode file names by it, write files in it, and fail in
    the middle of a run at the first character that it lacks.  The mode is fixed when the
    interpreter starts (PEP 540) and is handed on to child processes by the environment.
    """
    if _is_utf8(sys.getfilesystemencoding()) or os.environ.get(_UTF8_MODE) == "1":
        return
    environment = {**os.environ, _UTF8_MODE: "1"}
    sys.stdout.flush()
    arguments = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, arguments, environment)  # noqa: S606 (this very program)


def write_utf8() -> None:
    """Makes stdout UTF-8 unless a terminal shows it, and lets no character end the program.

    A terminal gets what its locale can show; the rest as escapes.  ``PYTHONIOENCODING`` may have
    said otherwise, but JSON is UTF-8 (RFC 8259).
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        encoding = locale.getencoding() if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") == "utf8"
