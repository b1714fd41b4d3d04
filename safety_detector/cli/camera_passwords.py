"""Where a command gets the password of a camera from: never from its arguments."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from safety_detector.cli.secret_files import first_line
from safety_detector.errors import ConfigurationInvalid

VARIABLE = "CAMERA_PASSWORD"
"""Of the environment."""


def read_password(file: Path | None, username: str | None) -> str | None:
    """The password for a user; None where none is given and no user is named.

    From the file, else the environment, else the terminal.

    Args:
        file: its first line counts; ``-`` for stdin.
        username: whose it is.

    Raises:
        ConfigurationInvalid: it cannot be read, or nobody is there who could be asked.
    """
    # Taken out in any case, so that no child of ours inherits it.
    of_environment = os.environ.pop(VARIABLE, None)
    if file is not None:
        return first_line(file, "--password-file")
    if of_environment:
        return of_environment
    if username is None:
        return None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigurationInvalid("camera-password-missing", variable=VARIABLE)
    return getpass.getpass(f"Password of {username}: ", stream=sys.stderr)
