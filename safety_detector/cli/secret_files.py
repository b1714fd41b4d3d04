"""Secrets that a command reads from files: in its arguments other users would see them."""

from __future__ import annotations

import sys
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause

_MOST_CHARACTERS = 4096


def first_line(path: Path, option: str) -> str:
    """The first line of a file; ``-`` is stdin.

    Args:
        path: the file.
        option: that named it, for messages.

    Raises:
        ConfigurationInvalid: it cannot be read, or is empty.
    """
    try:
        if str(path) == "-":
            line = sys.stdin.readline(_MOST_CHARACTERS)
        else:
            with path.open(encoding="utf-8") as file:
                line = file.readline(_MOST_CHARACTERS)
    except OSError as exc:
        raise ConfigurationInvalid(
            "secret-file-unreadable", option=option, path=path, cause=system_cause(exc)
        ) from exc
    except UnicodeDecodeError:  # which would show the bytes
        raise ConfigurationInvalid("secret-file-not-utf8", option=option, path=path) from None
    text = line.rstrip("\r\n")
    if not text:
        raise ConfigurationInvalid("secret-file-empty", option=option, path=path)
    return text
