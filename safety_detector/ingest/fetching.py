"""Pictures by http(s) URL, from public networks and those that the operator allows.

A host name is resolved here, its addresses are checked, and the connection goes to the checked
address, so that a name which resolves differently the second time (DNS rebinding) gains nothing.
Redirects are followed by hand and checked the same way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias, TypeVar

import httpcore2
import httpx2

from safety_detector.errors import AddressRefused, FetchFailed
from safety_detector.ingest.admission import Limits, read_file
from safety_detector.ingest.camera_bodies import Arrived, read_picture
from safety_detector.ingest.lenient_http import LenientBackend
from safety_detector.ingest.trust import (
    Trust,
    certificate_problem,
    known_certificates,
    trusted_authorities,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.network.lookups import NameNotResolved, NoAddressAllowed, look_up
from safety_detector.network.permitted import (
    Address,
    AllowedNetworks,
    Network,
    is_permitted,
)

BodyT = TypeVar("BodyT")
ReadBody: TypeAlias = Callable[[httpcore2.Response, str], Awaitable[BodyT]]
"""Reads the body of an answer, of an address as it may be shown."""

_MAX_REDIRECTS = 5
_LOOKUP_S = 10.0  # for one name; the system's resolver would try for half a minute and more
_STATUSES = frozenset(HTTPStatus)
_HTTP_ERRORS = (
    httpx2.HTTPError,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.UnsupportedProtocol,
)
_REDIRECTS = (301, 302, 303, 307, 308)
# A user, and behind the colon what is no port: a password with a sign that should be escaped.
_OPEN_PASSWORD = re.compile(
    r"([^:/?#]+://)(?!\[)[^:/?#@\\]*:(?![0-9]*(?:[/?#\\]|$))[^/?#@\\]*[/?#\\].*@", re.DOTALL
)
_USER_INFO = re.compile(r"([^:/?#]+://)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched.

    Attributes:
        limits: bytes are counted against ``limits.max_bytes`` while they arrive.
        allow: networks that may be reached besides public ones, for example the cameras'.
        networks: if not None those that may be reached, and no others.
        deadline: for the whole fetch, redirects and name resolution included.
        ca_file: certificates (PEM) that are trusted besides the usual ones: of an authority, or of
            cameras themselves, whatever name stands in those.
        arrived: is told of bytes as they arrive; what it raises ends the fetch.
    """

    limits: Limits = field(default_factory=Limits)
    allow: tuple[Network, ...] = ()
    networks: AllowedNetworks | None = None
    deadline: timedelta = timedelta(seconds=30)
    ca_file: Path | None = None
    arrived: Arrived = lambda _count: None

    def permits(self, address: Address) -> bool:
        """Whether a connection to the address is allowed."""
        if self.networks is not None:
            return self.networks.permits(address)
        return is_permitted(address, self.allow)


def is_url(text: str) -> bool:
    """Whether a command-line argument or list entry means a URL rather than a file."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").isalnum()


def read_source(source: str, policy: FetchPolicy) -> bytes:
    """The bytes of a picture that a path or a URL names.

    Raises:
        PictureUnreadable, PictureTooLarge: as for ``read_file``.
        AddressRefused, FetchFailed: as for ``fetch_picture``.
    """
    if is_url(source):
        return fetch_picture(source, policy)
    return read_file(Path(source), policy.limits)


def fetch_picture(url: str, policy: FetchPolicy) -> bytes:
    """The bytes behind an http(s) URL.

    Raises:
        AddressRefused: another scheme, no host, or a network that is not allowed.
        PictureTooLarge: more bytes than the limit.
        FetchFailed: the server could not be reached, did not answer 200, or took too long.
    """
    seconds = policy.deadline.total_seconds()

    async def read(response: httpcore2.Response, shown: str) -> bytes:
        return await read_picture(response, policy.limits, shown, policy.arrived)

    try:
        # asyncio only because its time-out bounds everything: a server that drips its headers byte
        # by byte stays within any time-out that counts single reads.
        return asyncio.run(asyncio.wait_for(follow_url(url, policy, read), seconds))
    except TimeoutError as exc:
        raise FetchFailed("not-delivered", url=_shown(url), seconds=seconds) from exc


async def follow_url(url: str, policy: FetchPolicy, read: ReadBody[BodyT]) -> BodyT:
    """What ``read`` makes of the answer with status 200 that a URL leads to.

    No time-out but those of the operating system: the deadline is for whoever calls.

    Raises:
        AddressRefused, FetchFailed: as for ``fetch_picture``.
    """
    try:
        return await _follow(url, policy, read)
    except _HTTP_ERRORS as exc:
        cause = certificate_problem(exc) or str(exc) or type(exc).__name__
        raise FetchFailed("not-fetched", url=_shown(url), cause=cause) from exc


async def _follow(url: str, policy: FetchPolicy, read: ReadBody[BodyT]) -> BodyT:
    target = _parse(url)
    credentials = _Credentials.in_url(target)
    for _ in range(_MAX_REDIRECTS + 1):
        answer = await _ask(target, credentials, policy, read)
        if not isinstance(answer, _Redirect):
            return answer
        following = _parse(answer.location, target)
        # What opens one server is not shown to another that it leads to.
        if _origin(following) != _origin(target):
            credentials = None
        credentials = _Credentials.in_url(following) or credentials
        target = following
    raise FetchFailed("too-many-redirects", url=_shown(url), limit=_MAX_REDIRECTS)


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where an answer leads instead."""

    location: str


@dataclass(frozen=True, slots=True)
class _Credentials:
    """User and password from a URL."""

    user: str
    password: str

    @classmethod
    def in_url(cls, url: httpx2.URL) -> _Credentials | None:
        return cls(url.username, url.password) if url.userinfo else None

    def answer(self, url: httpx2.URL, challenge: httpcore2.Response) -> str:
        """The ``Authorization`` header for what the server asks for: Digest, or else Basic."""
        request = httpx2.Request("GET", url)
        asked = httpx2.Response(401, headers=challenge.headers, request=request)
        if "digest" not in _schemes(asked.headers.get_list("www-authenticate")):
            flow = httpx2.BasicAuth(self.user, self.password).auth_flow(request)
            return next(flow).headers["Authorization"]
        flow = httpx2.DigestAuth(self.user, self.password).auth_flow(request)
        next(flow)
        try:
            return flow.send(asked).headers["Authorization"]
        except (StopIteration, ValueError, NotImplementedError, httpx2.ProtocolError) as exc:
            # In this order: no challenge that it takes, a field without a value, only a quality of
            # protection that it lacks, a challenge without its fields or of an unknown algorithm.
            raise FetchFailed("digest-not-understood", url=_shown(str(url))) from exc


def _schemes(challenges: Sequence[str]) -> list[str]:
    return [challenge.partition(" ")[0].lower() for challenge in challenges]


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _ask(
    target: httpx2.URL,
    credentials: _Credentials | None,
    policy: FetchPolicy,
    read: ReadBody[BodyT],
) -> BodyT | _Redirect:
    """What is read of the answer, or where the server says that it is."""
    address = await _permitted_address(target, policy)
    if target.scheme != "https":
        return await _exchange(target, address, credentials, None, read)
    try:
        trust = trusted_authorities(policy.ca_file)
        return await _exchange(target, address, credentials, trust, read)
    except httpcore2.ConnectError as exc:
        if policy.ca_file is None or certificate_problem(exc) is None:
            raise
        # A camera's own certificate seldom names the address at which the camera is.
        trust = known_certificates(policy.ca_file)
        return await _exchange(target, address, credentials, trust, read)


async def _exchange(
    target: httpx2.URL,
    address: Address,
    credentials: _Credentials | None,
    trust: Trust | None,
    read: ReadBody[BodyT],
) -> BodyT | _Redirect:
    """Asks, and asks again with user and password where the server wants to know them."""
    async with _get(target, address, trust, None) as response:
        if response.status != 401 or credentials is None:
            return await _read(response, target, None, read)
        authorization = credentials.answer(target, response)
    async with _get(target, address, trust, authorization) as response:
        return await _read(response, target, credentials, read)


@asynccontextmanager
async def _get(
    target: httpx2.URL, address: Address, trust: Trust | None, authorization: str | None
) -> AsyncIterator[httpcore2.Response]:
    """One request on a connection of its own; no proxy, which would resolve the name again."""
    headers = {
        "Host": target.netloc.decode("ascii"),
        # Compressed bodies are refused: a picture gains nothing, and bombs end here.
        "Accept-Encoding": "identity",
        "Accept": "image/*, multipart/x-mixed-replace, */*;q=0.5",
        "User-Agent": "safety-detector",
        "Connection": "close",
    }
    if authorization is not None:
        headers["Authorization"] = authorization
    url = httpcore2.URL(
        scheme=target.raw_scheme,
        host=str(address).encode("ascii"),
        port=target.port,
        target=target.raw_path,
    )
    async with (
        httpcore2.AsyncConnectionPool(
            ssl_context=trust.context if trust else None,
            max_keepalive_connections=0,
            network_backend=LenientBackend(trust.certificates if trust else None),
        ) as pool,
        pool.stream(
            "GET",
            url,
            headers=list(headers.items()),
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        yield response


async def _read(
    response: httpcore2.Response,
    target: httpx2.URL,
    credentials: _Credentials | None,
    read: ReadBody[BodyT],
) -> BodyT | _Redirect:
    """What is read of the answer, or where it leads.

    Args:
        response: its body was not read.
        target: what was asked for.
        credentials: those that the question brought along.
        read: is given the answer if it is one.
    """
    answered = httpx2.Headers(response.headers)
    location = answered.get("location")
    if response.status in _REDIRECTS and location is not None:
        return _Redirect(location)
    shown = _shown(str(target))
    if response.status == 401:
        raise FetchFailed(_unauthorised(shown, answered, credentials))
    if response.status != 200:
        name = HTTPStatus(response.status).phrase if response.status in _STATUSES else ""
        answer_line = f"{response.status} {name}".rstrip()
        raise FetchFailed("url-answered", url=shown, status=response.status, answer=answer_line)
    return await read(response, shown)


def _unauthorised(shown: str, answered: httpx2.Headers, credentials: _Credentials | None) -> Reason:
    if credentials is not None:
        return Reason.of("url-password-wrong", url=shown, status=401)
    schemes = _schemes(answered.get_list("www-authenticate"))
    asked = "Digest" if "digest" in schemes else "Basic"
    return Reason.of("url-wants-password", url=shown, status=401, scheme=asked)


def _parse(url: str, base: httpx2.URL | None = None) -> httpx2.URL:
    """A URL that may be fetched; a relative one, from a redirect, is joined with its base."""
    if has_open_password(url):
        raise AddressRefused("open-password", url=_shown(url))
    try:
        parsed = httpx2.URL(url) if base is None else base.join(url)
    except (httpx2.InvalidURL, ValueError) as exc:
        raise AddressRefused("not-a-url", url=_shown(url), cause=exc) from exc
    if parsed.scheme not in ("http", "https"):
        if not parsed.scheme:
            raise AddressRefused("url-without-scheme", url=_shown(url))
        raise AddressRefused("url-scheme-not-fetched", url=_shown(url), scheme=parsed.scheme)
    if not parsed.host:
        raise AddressRefused("url-without-host", url=_shown(url))
    return parsed


async def _permitted_address(target: httpx2.URL, policy: FetchPolicy) -> Address:
    host = target.host
    try:
        async with asyncio.timeout(_LOOKUP_S):
            return (await asyncio.wrap_future(look_up(host, policy.permits)))[0]
    except TimeoutError as exc:
        silent = Reason.of("resolver-silent", seconds=_LOOKUP_S)
        raise FetchFailed("host-unresolved", host=host, cause=silent) from exc
    except NameNotResolved as exc:
        raise FetchFailed("host-unresolved", host=host, cause=exc.cause) from exc
    except NoAddressAllowed as exc:
        raise AddressRefused(_not_allowed(host, str(exc), policy)) from exc


def _not_allowed(host: str, addresses: str, policy: FetchPolicy) -> Reason:
    if policy.networks is not None:
        return Reason.of(
            "camera-network-not-allowed", address=addresses, networks=str(policy.networks)
        )
    if addresses == host:
        return Reason.of("address-not-public", address=addresses, host=host)
    return Reason.of("host-not-public", host=host, address=addresses)


def has_open_password(url: str) -> bool:
    """Whether a sign in the password, such as ``/``, would have to be escaped."""
    return _OPEN_PASSWORD.match(url) is not None


def without_credentials(url: str) -> str:
    """The URL without user and password, also where these break it up.

    Of ``http://user:pa/ss@host`` every reader takes ``user`` for the host, and what is shown of a
    path would be the rest of the password.
    """
    found = _OPEN_PASSWORD.match(url) or _USER_INFO.match(url)
    return f"{found[1]}{url[found.end() :]}" if found else url


def _shown(url: str) -> str:
    """The URL as it may stand in messages and logs: without credentials, query or fragment."""
    return re.split("[?#]", without_credentials(url), maxsplit=1)[0][:200]
