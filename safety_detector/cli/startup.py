"""What commands find out first: the settings, and whether what they name can be used."""

from __future__ import annotations

import os
import ssl
from contextlib import closing, suppress

from safety_detector.cli.console import warn
from safety_detector.host.file_size_limit import allow_large_files
from safety_detector.settings import Settings, load_settings, setting_warnings
from safety_detector.web.connection.tls import Tls, load_tls
from safety_detector.wiring import build_embedded_detector, open_storage, require_data_folder


def settings_with_warnings() -> Settings:
    """The effective settings; what is probably not meant is warned about on stderr.

    That is unknown ``SAFETY_*`` names, bad lines, and settings without an effect.

    Raises:
        ConfigurationInvalid: a value cannot work.
    """
    for sentence in setting_warnings():
        warn(sentence)
    settings = load_settings()
    if settings.second_look != "off" and settings.effective_backend == "embedded":
        warn(
            f"SAFETY_SECOND_LOOK={settings.second_look} has no effect with SAFETY_BACKEND=embedded "
            'but on cameras with "backend": "qwen": nobody else\'s pictures are shown to the '
            "language model"
        )
    return settings


def settings_of_existing_service() -> Settings:
    """The effective settings, for a command about a service that was started or migrated before.

    Raises:
        ConfigurationInvalid: a value cannot work, or there is no such service here.
    """
    settings = settings_with_warnings()
    require_data_folder(settings)
    return settings


def keep_data_private(settings: Settings) -> None:
    """Lets nobody else read what this process and its children write; says what others may do.

    What they write may be as large as the system allows.

    Pictures show people, and the database holds hashes of keys.

    Raises:
        StorageUnavailable: the data folder cannot be made.
    """
    os.umask(0o077)
    allow_large_files()
    storage = open_storage(settings)
    with suppress(OSError):  # what comes next says why
        storage.room.keep()
    exposure = storage.exposure()
    if exposure is not None:
        warn(exposure)


def refuse_unusable_weights(settings: Settings) -> None:
    """Before workers start: each of theirs would fail, be started anew, and fail again.

    Raises:
        WeightsInvalid: the embedded detector's weights are missing, broken or not of ours.
    """
    with closing(build_embedded_detector(settings)):
        pass


def refuse_unusable_tls(settings: Settings) -> None:
    """Before the API starts as a process of its own, which would fail again and again.

    Raises:
        ConfigurationInvalid: certificate or key cannot be used.
    """
    _load_tls(settings)


def read_tls(settings: Settings) -> ssl.SSLContext | None:
    """Certificate and key of the API, None for plain http; what clients mind is warned about.

    Raises:
        ConfigurationInvalid: they cannot be used.
    """
    tls = _load_tls(settings)
    if tls is not None and tls.warning is not None:
        warn(tls.warning)
    return tls.context if tls else None


def _load_tls(settings: Settings) -> Tls | None:
    if settings.tls_cert is None:
        return None
    password = settings.tls_key_password
    return load_tls(
        settings.tls_cert, settings.tls_key, password.get_secret_value() if password else None
    )
