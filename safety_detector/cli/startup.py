"""What each command does first: the settings, and a warning for each name that is none."""

from __future__ import annotations

from safety_detector.cli.console import warn
from safety_detector.settings import Settings, load_settings, unknown_settings


def settings_with_warnings() -> Settings:
    """The effective settings; unknown ``SAFETY_*`` names are warned about on stderr.

    Raises:
        ConfigurationInvalid: a value cannot work.
    """
    for sentence in unknown_settings():
        warn(sentence)
    return load_settings()
