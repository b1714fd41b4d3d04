"""A camera's source: what it is, where it is, and what opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from safety_detector.errors import CameraAddressRefused
from safety_detector.ingest.fetching import has_open_password, without_credentials
from safety_detector.message_texts.reason import Reason

_USER_PLACE, _PASSWORD_PLACE = "{username}", "{password}"
_LONGEST_URL = 2048
_HIDDEN = "…"

# In queries, and in paths such as XiongMai's ``/user=admin&password=…&channel=1&stream=0.sdp``.
_USER_KEY = r"(?:user|usr|username|loginuse|login)"
_SEALED_FIELD = (
    r"(?:pass|pwd|passwd|password|psw|psd|userpwd|usrpwd|loginpas|auth|authbasic|token|"
    r"access_?token|api_?key|key|secret|sig|signature)"
)
# Up to the next field, which XiongMai also writes behind an underscore.
_VALUE = r"((?:(?!_[A-Za-z]+=)[^&/;#])*)"
_USER_IN_PLACE = re.compile(rf"((?:^|[?&/;_]){_USER_KEY}=){_VALUE}", re.IGNORECASE)
_PASSWORD_IN_PLACE = re.compile(rf"((?:^|[?&/;_]){_SEALED_FIELD}=){_VALUE}", re.IGNORECASE)

# Where makers serve one picture; all else by HTTP is taken for video.
_SNAPSHOT = re.compile(
    r"\.(?:jpe?g|png)$|snapshot|snap\.cgi|/snap\b|/picture\b|/jpg/|/jpeg\b|image\.cgi|tmpfs/auto",
    re.IGNORECASE,
)


class SourceKind(StrEnum):
    """How a camera's pictures come."""

    PUSH = "push"
    RTSP = "rtsp"
    HTTP = "http"
    """Video by HTTP: an MJPEG stream, HLS, or a file."""
    FILE = "file"
    SNAPSHOT = "snapshot"
    FOLDER = "folder"
    DAHUA = "dahua"


class Transport(StrEnum):
    """How an RTSP server sends its packets."""

    TCP = "tcp"
    UDP = "udp"


class Taken(StrEnum):
    """What becomes of a drop folder's file that was accepted."""

    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What is said of a source besides its address.

    Attributes:
        loop: whether a file begins again at its end.
        taken: what becomes of a drop folder's accepted files.
        move_to: the folder that they are moved into; None for ``accepted`` beside them.
    """

    loop: bool = True
    taken: Taken = Taken.MOVED
    move_to: str | None = None


_SCHEMES = {
    SourceKind.RTSP: ("rtsp", "rtsps"),
    SourceKind.HTTP: ("http", "https"),
    SourceKind.SNAPSHOT: ("http", "https"),
    SourceKind.DAHUA: ("http", "https"),
}
_PATH_KINDS = (SourceKind.FILE, SourceKind.FOLDER)


@dataclass(frozen=True, slots=True)
class CameraSource:
    """Where a camera's pictures come from.

    Attributes:
        kind: how they come.
        url: without user and password: where these stood in its path or query are the places
            ``{username}`` and ``{password}``.  The path of a file or folder; empty for ``push``.
        username: None where nobody logs in.
        password: a secret; never shown.
        transport: of RTSP alone.
        options: of files and folders.
    """

    kind: SourceKind
    url: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    transport: Transport = Transport.TCP
    options: SourceOptions = field(default_factory=SourceOptions)

    @property
    def is_pulled(self) -> bool:
        """Whether pictures have to be fetched, rather than being sent."""
        return self.kind is not SourceKind.PUSH

    @property
    def is_remote(self) -> bool:
        """Whether it is reached over the network."""
        return self.kind in _SCHEMES


def parse_source(
    address: str,
    *,
    kind: SourceKind | None = None,
    username: str | None = None,
    password: str | None = None,
    transport: Transport = Transport.TCP,
    options: SourceOptions | None = None,
) -> CameraSource:
    """The source that an address means.

    User and password are taken out of the address, wherever makers put them; of a URL by HTTP its
    form tells whether it is one picture or a video.

    Args:
        address: a URL, or the path of a file or folder.
        kind: where it is known; None to tell it by the address.
        username: beside the address; one in it has to be the same.
        password: likewise.
        transport: of RTSP.
        options: of files and folders.

    Raises:
        CameraAddressRefused: no such address, or user and password are there twice.

    Example:
        >>> parse_source("rtsp://admin:s3cret@10.0.0.7/Streaming/Channels/102").url
        'rtsp://10.0.0.7/Streaming/Channels/102'
    """
    options = options or SourceOptions()
    if kind is SourceKind.PUSH:
        return CameraSource(kind, options=options)
    address = address.strip()
    if not address or "\0" in address:
        raise CameraAddressRefused("camera-address-empty")
    scheme, separator, rest = address.partition("://")
    scheme = scheme.lower()
    if not separator or scheme == "file":
        return _of_path(unquote(rest) if separator else address, kind, options)
    known = {one for schemes in _SCHEMES.values() for one in schemes}
    if scheme not in known:
        raise CameraAddressRefused("camera-address-scheme", scheme=scheme[:20])
    url, user, secret = _without_secrets(address, _Login(username, password))
    kind = kind or _kind_of(scheme, url)
    if scheme not in _SCHEMES.get(kind, ()):
        raise CameraAddressRefused("camera-kind-differs", kind=kind.value, scheme=scheme)
    return CameraSource(kind, url, user, secret, transport, options)


def redacted(source: CameraSource) -> str:
    """The source's address as it may be shown: without user, password and what looks like them."""
    hidden = without_credentials(source.url)
    hidden = _PASSWORD_IN_PLACE.sub(rf"\g<1>{_HIDDEN}", hidden)
    return _USER_IN_PLACE.sub(rf"\g<1>{_HIDDEN}", hidden)


def with_secrets(source: CameraSource) -> str:
    """The address with user and password in their places in path and query; never to be shown."""
    url = source.url.replace(_USER_PLACE, quote(source.username or "", safe=""))
    return url.replace(_PASSWORD_PLACE, quote(source.password or "", safe=""))


def _of_path(path: str, kind: SourceKind | None, options: SourceOptions) -> CameraSource:
    if not path.startswith("/"):
        # Not repeated: an address with a typing error may be one with a password.
        raise CameraAddressRefused("camera-path-relative")
    if kind is None:
        is_folder = path.endswith("/") or Path(path).is_dir()
        kind = SourceKind.FOLDER if is_folder else SourceKind.FILE
    if kind not in _PATH_KINDS:
        raise CameraAddressRefused("camera-kind-differs", kind=kind.value, scheme="a path")
    return CameraSource(kind, path, options=options)


def _kind_of(scheme: str, url: str) -> SourceKind:
    if scheme in _SCHEMES[SourceKind.RTSP]:
        return SourceKind.RTSP
    return SourceKind.SNAPSHOT if _SNAPSHOT.search(urlsplit(url).path) else SourceKind.HTTP


@dataclass(slots=True)
class _Login:
    """User and password from where they stand; two that differ are refused."""

    username: str | None
    password: str | None

    def add(self, username: str | None, password: str | None) -> None:
        for ours, theirs in ((self.username, username), (self.password, password)):
            if ours is not None and theirs is not None and ours != theirs:
                raise CameraAddressRefused("camera-address-two-passwords")
        self.username = username if self.username is None else self.username
        self.password = password if self.password is None else self.password


def _without_secrets(address: str, login: _Login) -> tuple[str, str | None, str | None]:
    """The address without user and password, and these."""
    if len(address) > _LONGEST_URL or not address.isprintable() or " " in address:
        raise _senseless("camera-address-characters")
    if has_open_password(address):
        raise CameraAddressRefused("camera-address-open-password")
    parts = _split(address)
    user_info, at, place = parts.netloc.rpartition("@")
    if at:
        user, colon, secret = user_info.partition(":")
        login.add(unquote(user), unquote(secret) if colon else None)

    def take_user(found: re.Match[str]) -> str:
        if found[2] not in ("", _USER_PLACE):
            login.add(unquote(found[2]), None)
        return found[1] + (_USER_PLACE if found[2] else "")

    def take_password(found: re.Match[str]) -> str:
        if found[2] not in ("", _PASSWORD_PLACE):
            login.add(None, unquote(found[2]))
        return found[1] + (_PASSWORD_PLACE if found[2] else "")

    path, query = (
        _USER_IN_PLACE.sub(take_user, _PASSWORD_IN_PLACE.sub(take_password, one))
        for one in (parts.path, parts.query)
    )
    plain = parts._replace(scheme=parts.scheme.lower(), netloc=place, path=path, query=query)
    plain = plain._replace(fragment="")  # which no server is told
    return urlunsplit(plain), login.username, login.password


def _split(address: str) -> SplitResult:
    """The parts of an address with a host and a port that make sense.

    What the library says of them is not repeated: of ``rtsp://viewer:secret`` it calls ``secret``
    the port.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise _senseless("camera-address-host") from None
    if not host:
        raise CameraAddressRefused("camera-address-without-host")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _senseless("camera-address-port")
    return parts


def _senseless(cause: str) -> CameraAddressRefused:
    return CameraAddressRefused("camera-address-senseless", cause=Reason(cause))
