"""What the operator's commands share: who they are for the audit log, and the service."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.service.access.audit import Actor
from safety_detector.service.core import Service
from safety_detector.wiring import open_migrated_database, open_service


def operator() -> Actor:
    """Who runs this command: user and machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = f"uid {os.getuid()}"
    return Actor(f"{user}@{socket.gethostname()}")


@contextmanager
def operated_service() -> Iterator[Service]:
    """The configured service with the tables of this version; workers notice changes themselves.

    Raises:
        ConfigurationInvalid, StorageUnavailable, DatabaseUnavailable: as for the settings.
    """
    settings = settings_of_existing_service()
    open_migrated_database(settings).close()
    # Nobody is woken: the sweeper looks for what is due every second.
    with closing(open_service(settings, wake_up=lambda _backend: None)) as service:
        yield service
