"""What commands find out first: the settings, and whether what they name can be used."""

from __future__ import annotations

from contextlib import closing

from safety_detector.cli.console import warn
from safety_detector.settings import Settings, load_settings, unknown_settings
from safety_detector.wiring import build_embedded_detector, require_data_folder


def settings_with_warnings() -> Settings:
    """The effective settings; unknown ``SAFETY_*`` names are warned about on stderr.

    Raises:
        ConfigurationInvalid: a value cannot work.
    """
    for sentence in unknown_settings():
        warn(sentence)
    return load_settings()


def settings_of_existing_service() -> Settings:
    """The effective settings, for a command about a service that was started or migrated before.

    Raises:
        ConfigurationInvalid: a value cannot work, or there is no such service here.
    """
    settings = settings_with_warnings()
    require_data_folder(settings)
    return settings


def refuse_unusable_weights(settings: Settings) -> None:
    """Before workers start: each of theirs would fail, be started anew, and fail again.

    Raises:
        WeightsInvalid: the embedded detector's weights are missing, broken or not of ours.
    """
    with closing(build_embedded_detector(settings)):
        pass
