"""An ONVIF device's streams: four messages of SOAP (ONVIF Core and Media specifications).

The password goes as WS-UsernameToken's digest (OASIS Web Services Security UsernameToken Profile
1.0), made with the device's own time, since its clock may be anything; by HTTP Digest where the
device asks for that.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from xml.sax.saxutils import escape

import httpx2

from safety_detector.camera_sources.discovery.probing import FoundDevice
from safety_detector.camera_sources.source import parse_source, redacted
from safety_detector.errors import (
    CameraAddressRefused,
    CameraLoginFailed,
    CameraStreamBroken,
    CameraTimedOut,
    CameraUnavailable,
    CameraUnreachable,
)
from safety_detector.network.xml_messages import MOST_BYTES, Element, read_xml

_WITHIN_S = 10.0  # for all of one device
_AT_ONCE = 16
_MOST_PROFILES = 6
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
    "#PasswordDigest"
)


@dataclass(frozen=True, slots=True)
class DeviceStream:
    """A stream of a device.

    Attributes:
        profile: what the device calls it.
        url: without user and password.
        codec: as the device writes it.
        width, height: pixels.
    """

    profile: str
    url: str
    codec: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class DiscoveredCamera:
    """A device, and its streams where it tells them.

    Attributes:
        device: as it answered.
        streams: the smallest picture first: enough to look at, and the cheapest to decode.
        fault: why there are none.
    """

    device: FoundDevice
    streams: tuple[DeviceStream, ...] = ()
    fault: CameraUnavailable | None = None


@dataclass(frozen=True, slots=True)
class OnvifLogin:
    """User and password of the devices."""

    username: str
    password: str = field(repr=False)


def ask_for_streams(
    devices: Sequence[FoundDevice], login: OnvifLogin | None
) -> tuple[DiscoveredCamera, ...]:
    """The devices with their streams; what one of them does delays no other."""
    return asyncio.run(_ask_all(devices, login))


async def _ask_all(
    devices: Sequence[FoundDevice], login: OnvifLogin | None
) -> tuple[DiscoveredCamera, ...]:
    places = asyncio.Semaphore(_AT_ONCE)

    async def ask(device: FoundDevice) -> DiscoveredCamera:
        async with places:
            try:
                async with asyncio.timeout(_WITHIN_S):
                    return DiscoveredCamera(device, await _streams_of(device, login))
            except CameraUnavailable as exc:
                return DiscoveredCamera(device, fault=exc)
            except TimeoutError:
                slow = CameraTimedOut(
                    "camera-answer-timeout", address=device.address, seconds=_WITHIN_S
                )
                return DiscoveredCamera(device, fault=slow)

    return tuple(await asyncio.gather(*(ask(one) for one in devices)))


async def _streams_of(device: FoundDevice, login: OnvifLogin | None) -> tuple[DeviceStream, ...]:
    auth = httpx2.DigestAuth(login.username, login.password) if login else None
    async with httpx2.AsyncClient(
        auth=auth, trust_env=False, follow_redirects=False, verify=_any_certificate()
    ) as client:
        asked = _Device(client, device, login)
        await asked.read_clock()
        media = await asked.media_service()
        profiles = await asked.call(media, f'<GetProfiles xmlns="{_MEDIA}"/>')
        streams = []
        for profile in profiles.find_all("Profiles")[:_MOST_PROFILES]:
            stream = await asked.stream_of(media, profile)
            if stream is not None:
                streams.append(stream)
    return tuple(sorted(streams, key=lambda one: (one.width or 0) * (one.height or 0)))


def _any_certificate() -> ssl.SSLContext:
    """Devices have certificates of their own; the password is not shown to them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Device:
    def __init__(
        self, client: httpx2.AsyncClient, device: FoundDevice, login: OnvifLogin | None
    ) -> None:
        self._client = client
        self._device = device
        self._login = login
        self._clock = timedelta(0)

    async def read_clock(self) -> None:
        """Sets how far its clock is off; anybody may ask for it."""
        question = f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>'
        answer = await self.call(self._device.service, question, is_open=True)
        told = answer.find("UTCDateTime")
        parts = {one.name: one.text for one in told.walk()} if told else {}
        names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
        try:
            moment = datetime(*(int(parts[name]) for name in names), tzinfo=UTC)  # type: ignore[arg-type, misc]
        except (KeyError, ValueError):
            return
        self._clock = moment - datetime.now(UTC)

    async def media_service(self) -> str:
        """The address of its media service, on the device itself whatever it says."""
        question = (
            f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>'
        )
        answer = await self.call(self._device.service, question)
        media = answer.find("Media")
        told = media.find("XAddr") if media else None
        if told is None or not told.text:
            raise CameraStreamBroken("onvif-without-media", address=self._device.address)
        own = urlsplit(self._device.service)
        try:
            path = urlsplit(told.text[:500]).path
        except ValueError:
            path = "/onvif/media_service"
        return urlunsplit((own.scheme, own.netloc, path, "", ""))

    async def stream_of(self, media: str, profile: Element) -> DeviceStream | None:
        """The stream of a profile; None where it tells no address."""
        token = profile.attributes.get("token", "")
        question = (
            f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup>'
            f'<Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
            f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            f"<ProfileToken>{escape(token[:200])}</ProfileToken></GetStreamUri>"
        )
        answer = await self.call(media, question)
        told = answer.find("Uri")
        url = self._own_url(told.text) if told else None
        if url is None:
            return None
        encoder = profile.find("VideoEncoderConfiguration")
        name = next((one.text for one in profile.children if one.name == "Name"), "") or token
        return DeviceStream(
            profile=_shown(name),
            url=url,
            codec=_shown(_text(encoder, "Encoding")) or None,
            width=_number(_text(encoder, "Width")),
            height=_number(_text(encoder, "Height")),
        )

    async def call(self, service: str, question: str, *, is_open: bool = False) -> Element:
        """The answer's message.

        Raises:
            CameraUnavailable: there is none, or a fault.
        """
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>'
            f"{'' if is_open else self._token()}</s:Header><s:Body>{question}</s:Body></s:Envelope>"
        )
        headers = {
            "Content-Type": "application/soap+xml; charset=utf-8",
            # Compressed answers are not read: bombs end here.
            "Accept-Encoding": "identity",
        }
        received = bytearray()
        try:
            async with self._client.stream(
                "POST", service, content=body.encode(), headers=headers
            ) as response:
                async for chunk in response.aiter_raw():
                    received += chunk
                    if len(received) > MOST_BYTES:
                        raise CameraStreamBroken("camera-sends-too-much", limit=MOST_BYTES)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as exc:
            cause = str(exc)[:200] or type(exc).__name__
            raise CameraUnreachable(
                "onvif-not-asked", address=self._device.address, cause=cause
            ) from exc
        message = read_xml(bytes(received))
        root = message.root
        fault = root.find("Fault") if root else None
        if response.status_code in (401, 403) or (fault and "NotAuthorized" in _words(fault)):
            code = "onvif-password-wrong" if self._login else "onvif-wants-password"
            raise CameraLoginFailed(code, address=self._device.address)
        if root is None or message.fault is not None or fault or response.status_code >= 300:
            cause = _shown(_words(fault)) if fault else message.fault or ""
            raise CameraStreamBroken(
                "onvif-answer-senseless",
                address=self._device.address,
                status=response.status_code,
                cause=cause or "-",
            )
        return root

    def _token(self) -> str:
        if self._login is None:
            return ""
        nonce = secrets.token_bytes(16)
        created = (datetime.now(UTC) + self._clock).strftime("%Y-%m-%dT%H:%M:%SZ")
        secret = nonce + created.encode() + self._login.password.encode()
        digest = hashlib.sha1(secret, usedforsecurity=False).digest()  # the profile knows no other
        return (
            f'<Security s:mustUnderstand="1" xmlns="{_SECURITY}"><UsernameToken>'
            f"<Username>{escape(self._login.username)}</Username>"
            f'<Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</Password>'
            f"<Nonce>{base64.b64encode(nonce).decode()}</Nonce>"
            f'<Created xmlns="{_UTILITY}">{created}</Created></UsernameToken></Security>'
        )

    def _own_url(self, told: str) -> str | None:
        """The address of a stream, on the device itself: some name another one, or none at all."""
        try:
            parts = urlsplit(told.strip())
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in ("rtsp", "rtsps", "http", "https"):
            return None
        place = self._device.address if port is None else f"{self._device.address}:{port}"
        try:
            return redacted(parse_source(urlunsplit(parts._replace(netloc=place))))
        except CameraAddressRefused:
            return None


def _text(element: Element | None, name: str) -> str:
    found = element.find(name) if element else None
    return found.text if found else ""


def _words(element: Element) -> str:
    return " ".join(one.text for one in element.walk() if one.text)


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:128].strip()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else None
