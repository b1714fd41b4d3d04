"""The API key that a deployment brings along, so that nobody has to make one by hand."""

from __future__ import annotations

from safety_detector.cli.console import warn
from safety_detector.service.access.keys import Keys
from safety_detector.settings import Settings


def adopt_first_key(settings: Settings, keys: Keys) -> None:
    """Registers ``SAFETY_FIRST_API_KEY`` if it is set and there never was a key.

    Raises:
        ConfigurationInvalid: the text could be guessed.
    """
    if settings.first_api_key is None:
        return
    if not keys.adopt_first(settings.first_api_key.get_secret_value()):
        warn(
            "SAFETY_FIRST_API_KEY opens nothing: there was a key already. Make further ones with "
            "safety-detector keys create NAME --scope admin."
        )
