"""One HTTP request to a receiver, at an address that was checked, whatever the receiver does."""

from __future__ import annotations

import asyncio
import base64
import email.utils
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpcore2
import httpx2

from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.trust import certificate_problem, trusted_authorities
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.network.lookups import NameNotResolved, NoAddressAllowed, look_up
from safety_detector.network.permitted import Address, Network, is_permitted
from safety_detector.service.notifications.records import Attempt

_DEADLINE_S = 15.0  # as Standard Webhooks recommends: 15 to 30 s
_LOOKUP_S = 10.0
_MOST_ANSWER_BYTES = 64 * 1024
_STATUSES = frozenset(HTTPStatus)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go, and whom they believe.

    Attributes:
        allow: networks that may be reached besides public ones.
        ca_file: certificates (PEM) that are trusted besides those of the usual authorities.
    """

    allow: Sequence[Network] = ()
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered.

    Attributes:
        attempt: how the try went, as far as HTTP tells.
        body: the beginning of the answer; empty where there was none.
    """

    attempt: Attempt
    body: bytes = b""


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    reach: Reach,
    deadline_s: float | None = None,
) -> Answer:
    """Sends a request once; what becomes of it is no exception.

    Args:
        url: http or https, with user and password in it where the receiver asks for them.
        headers: besides those of every request.
        body: as it is sent.
        reach: how far it may go.
        deadline_s: for all of it; None for the usual time.
    """
    deadline_s = _DEADLINE_S if deadline_s is None else deadline_s
    sent = {
        "User-Agent": "safety-detector",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    began = time.monotonic()
    try:
        status, answered, said = asyncio.run(
            asyncio.wait_for(_request(url, sent, body, reach), deadline_s)
        )
    except TimeoutError:
        return _failed(began, Reason.of("receiver-silent", seconds=deadline_s))
    except _NotReached as exc:
        return _failed(began, exc.reason)
    except (
        OSError,
        UnicodeError,
        SafetyDetectorError,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.TimeoutException,
        httpcore2.UnsupportedProtocol,
        httpx2.InvalidURL,
    ) as exc:
        return _failed(began, _problem(exc))
    return Answer(_judged(status, answered, began), said)


def _problem(error: BaseException) -> Reason:
    """Why there is no connection, in the reader's language where it is a common reason."""
    refused = certificate_problem(error)
    if refused is not None and refused.code == "certificate-not-trusted":
        return Reason.of("receiver-not-trusted", cause=refused.facts["cause"])
    cause: BaseException | None = error
    while refused is None and cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            refused = system_cause(cause)
        cause = cause.__cause__ or cause.__context__
    said = (str(error) or type(error).__name__)[:300]
    return Reason.of("receiver-unreachable", cause=refused or said)


def _failed(began: float, reason: Reason) -> Answer:
    return Answer(Attempt(False, _milliseconds(began), reason=reason))


def _judged(status: int, answered: httpx2.Headers, began: float) -> Attempt:
    took_ms = _milliseconds(began)
    if 200 <= status < 300:
        return Attempt(True, took_ms, status)
    if status == HTTPStatus.GONE:
        return Attempt(False, took_ms, status, Reason("receiver-gone"), is_gone=True)
    if 300 <= status < 400:
        reason = Reason.of("receiver-redirects", status=status)
    else:
        text = HTTPStatus(status).phrase if status in _STATUSES else ""
        reason = Reason.of("receiver-answered", status=status, text=text)
    return Attempt(False, took_ms, status, reason, _retry_after_s(answered))


def _retry_after_s(answered: httpx2.Headers) -> float | None:
    """Seconds that the receiver wants to be left alone, or a date, as RFC 9110 writes them."""
    written = answered.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return float(written[:9])
    try:
        moment = email.utils.parsedate_to_datetime(written)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


class _NotReached(Exception):
    """The receiver is unknown, or where nothing may be sent."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text("en"))
        self.reason = reason


async def _request(
    url: str,
    headers: dict[str, str],
    body: bytes,
    reach: Reach,
) -> tuple[int, httpx2.Headers, bytes]:
    target = httpx2.URL(url)
    asked = httpcore2.URL(
        scheme=target.raw_scheme,
        host=target.raw_host,
        port=target.port,
        target=target.raw_path,
    )
    if target.userinfo:
        basic = base64.b64encode(target.userinfo).decode()
        headers = headers | {"Authorization": f"Basic {basic}"}
    sent = {"Host": target.netloc.decode("ascii"), **headers, "Content-Length": str(len(body))}
    context = trusted_authorities(reach.ca_file).context if target.scheme == "https" else None
    async with (
        httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_keepalive_connections=0,
            network_backend=_CheckedBackend(reach.allow),
        ) as pool,
        pool.stream("POST", asked, headers=list(sent.items()), content=body) as response,
    ):
        said = bytearray()
        async for chunk in response.aiter_stream():
            said += chunk
            if len(said) > _MOST_ANSWER_BYTES:
                break
        kept = bytes(said[:_MOST_ANSWER_BYTES])
        return response.status, httpx2.Headers(response.headers), kept


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, so that no second look at the name finds another."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of the host that may be reached."""
        try:
            async with asyncio.timeout(_LOOKUP_S):
                addresses = await asyncio.wrap_future(look_up(host, self._permits))
        except TimeoutError as exc:
            silent = Reason.of("resolver-silent", seconds=_LOOKUP_S)
            raise _NotReached(Reason.of("receiver-unknown", host=host, cause=silent)) from exc
        except NameNotResolved as exc:
            raise _NotReached(Reason.of("receiver-unknown", host=host, cause=exc.cause)) from exc
        except NoAddressAllowed as exc:
            raise _NotReached(Reason.of("receiver-not-allowed", host=host, address=exc)) from exc
        return await self._inner.connect_tcp(
            str(addresses[0]), port, timeout, local_address, socket_options
        )

    def _permits(self, address: Address) -> bool:
        return is_permitted(address, self._allow)
