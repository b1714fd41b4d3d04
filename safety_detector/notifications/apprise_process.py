"""One message by Apprise, in a process of its own that reaches nothing but the receiver.

``python -m safety_detector.notifications.apprise_process`` reads an order as JSON from stdin and
writes what came of it to stdout.

Apprise's hundred services each connect by themselves, and some read files that their address
names.  Whoever may add a channel is not by that allowed to read the machine's files or to reach
its networks.  So what the process does is watched by Python itself (``sys.addaudithook``): each
connection is checked by the address that it goes to, after the name was looked up and after each
redirect; no file is opened but Python's own; nothing is started.  A hook cannot be taken away.
"""

from __future__ import annotations

import base64
import errno
import importlib
import ipaddress
import json
import logging
import os
import re
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from safety_detector.network.permitted import Network, is_permitted

_MOST_SECONDS = 25  # longer than whoever started it waits
_MOST_MEMORY = 2**30
_MOST_WORDS = 500
_SHORTEST_SECRET = 6
_READ_ONLY = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_DIRECTORY

# Of the machine, and no secret: types of files, time zones, randomness, how names are looked up.
_READABLE = (
    "/etc/mime.types",
    "/usr/share/zoneinfo/",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
)

# What no service needs: other programs, other code, changes of files.
_NEVER = re.compile(
    r"subprocess\.|os\.(system|exec|fork|forkpty|posix_spawn|spawn|startfile|kill|killpg|link"
    r"|symlink|rename|remove|mkdir|rmdir|chmod|chown|truncate|utime|putenv|setxattr)"
    r"|pty\.|ctypes\.|shutil\.|sqlite3\.|ftplib\.|telnetlib\.|webbrowser\.|socket\.bind"
)


class Watch:
    """The hook; what it refused.

    Args:
        allow: networks that may be reached besides public ones.
    """

    def __init__(self, allow: Sequence[Network]) -> None:
        self.refused: list[str] = []
        self._allow = allow
        paths = (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))  # noqa: PTH120
        self._folders = tuple(f"{os.path.realpath(path)}/" for path in paths) + tuple(
            f"{os.path.realpath(path)}/" for path in sys.path if path.endswith("-packages")
        )

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises where something is done that may not be."""
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(arguments[0], arguments[-1])
        elif event == "open":
            self._check_file(arguments[0], arguments[2])
        elif _NEVER.match(event):
            self._refuse(event)

    def _check_address(self, connection: socket.socket, address: Any) -> None:
        if address is None:
            return  # to where it is connected
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            self._refuse(str(connection.family.name))
        host = str(address[0]).partition("%")[0]
        try:
            is_allowed = is_permitted(ipaddress.ip_address(host), self._allow)
        except ValueError:
            is_allowed = False  # a name, which would be looked up once more
        if not is_allowed:
            self._refuse(host)

    def _check_file(self, path: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        name = os.path.realpath(os.fsdecode(path))
        is_known = name.startswith(self._folders) or name.startswith(_READABLE)
        if not is_known or (isinstance(flags, int) and flags & ~_READ_ONLY):
            self._refuse(name)

    def _refuse(self, what: str) -> None:
        self.refused.append(what)
        raise PermissionError(errno.EACCES, "not allowed", what)


class Words(logging.Handler):
    """Keeps what Apprise says of what went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line."""
        self.said.append(record.getMessage())


def send(order: Mapping[str, Any]) -> dict[str, Any]:
    """Does what an order says; what came of it.

    Args:
        order: ``url``, ``title``, ``body``, ``kind`` of notification, ``allow`` (networks), and
            ``picture`` (a JPEG in base64, or null).
    """
    apprise: Any = importlib.import_module("apprise")  # before the watch: its hundred modules
    words, log = Words(), logging.getLogger("apprise")
    log.addHandler(words)
    log.propagate = False
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, plugin_paths=[])
    apprise.Apprise.instantiate("json://localhost", asset=asset)
    ssl.create_default_context()
    watch = Watch([ipaddress.ip_network(one) for one in order["allow"]])
    sys.addaudithook(watch)
    try:
        service = apprise.Apprise.instantiate(order["url"], asset=asset, suppress_exceptions=True)
        is_known = service is not None
        is_delivered = is_known and bool(
            service.notify(
                body=order["body"],
                title=order["title"],
                notify_type=apprise.NotifyType(order["kind"]),
                body_format=apprise.NotifyFormat.TEXT,
                attach=_attachment(order["picture"], asset),
            )
        )
    except Exception as exc:  # noqa: BLE001 (whatever a service's module does)
        is_known, is_delivered = True, False
        words.said.append(f"{type(exc).__name__}: {exc}")
    said = " ".join(" ".join(words.said).split())
    return {
        "is_known": is_known,
        "is_delivered": is_delivered,
        "refused": watch.refused[:1],
        "said": without(order["url"], said)[:_MOST_WORDS],
    }


def without(url: str, text: str) -> str:
    """The text without what may be secret of an address."""
    for part in sorted(re.split(r"[/:@?&=,\s]+", url), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text


def _attachment(picture: str | None, asset: Any) -> Any:
    if picture is None:
        return None
    memory: Any = importlib.import_module("apprise.attachment.memory")
    return memory.AttachMemory(
        content=base64.b64decode(picture), name="incident.jpg", mimetype="image/jpeg", asset=asset
    )


def main() -> None:
    """Reads an order, does it, says what came of it."""
    signal.alarm(_MOST_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin)
    answers = sys.stdout
    sys.stdout = sys.stderr  # a service's module may print
    json.dump(send(order), answers)
    answers.flush()


if __name__ == "__main__":
    main()
