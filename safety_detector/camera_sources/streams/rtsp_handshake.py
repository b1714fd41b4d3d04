"""Asks an RTSP server what it has, before FFmpeg is let near it.

FFmpeg says "could not open" of everything.  One question (DESCRIBE, RFC 2326) tells a wrong
password from a wrong path and from a server that speaks something else; redirects are followed
here, each checked, so that FFmpeg gets an address that was.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from safety_detector.camera_sources.source import with_secrets
from safety_detector.camera_sources.streams.connecting import (
    Conversation,
    Peer,
    connect,
    resolve,
)
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.streams.tls import connect_tls
from safety_detector.errors import (
    CameraAddressRefused,
    CameraLoginFailed,
    CameraStreamBroken,
    CameraStreamMissing,
)

_PORTS = {"rtsp": 554, "rtsps": 322}
_MOST_HEAD_BYTES = 16 * 1024
_MOST_BODY_BYTES = 64 * 1024
_MOST_REDIRECTS = 3
_STATUS = re.compile(rb"RTSP/\d\.\d +(\d{3})[ \t]*([^\r\n]{0,80})")
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
# Names of payloads (RFC 3551 and others) that the decoders of OpenCV's FFmpeg read.
_CODECS = {
    "H264": "h264",
    "H265": "hevc",
    "HEVC": "hevc",
    "JPEG": "mjpeg",
    "MP4V-ES": "mpeg4",
    "MPV": "mpeg2video",
    "MP2T": None,
    "AV1": "av1",
    "VP8": "vp8",
    "VP9": "vp9",
    "H263-1998": "h263",
    "H263-2000": "h263",
}
_STATIC_PAYLOADS = {26: "JPEG", 32: "MPV", 33: "MP2T", 34: "H263-1998"}


@dataclass(frozen=True, slots=True)
class RtspTarget:
    """A server that has video at an address.

    Attributes:
        url: with the checked address, user and password.
        peer: where FFmpeg's connections have to go.
        codec: as FFmpeg calls it; None where the server does not say.
    """

    url: str
    peer: Peer
    codec: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    words: str
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str | None:
        return next((value for one, value in self.headers if one == name), None)


def shake_hands(job: StreamJob) -> RtspTarget:
    """What FFmpeg is to open.

    Raises:
        CameraUnavailable: as its class says.
    """
    url = with_secrets(job.source)
    for _ in range(_MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        peer = resolve(parts.hostname or "", port, job.networks, job.limits.connect_s)
        plain = urlunsplit(parts._replace(netloc=peer.authority))
        answer = _describe(job, peer, plain)
        location = answer.header("location")
        if 300 <= answer.status < 400 and location:
            url = _redirected(url, location)
            continue
        _check(answer, peer)
        netloc = _credentials(job) + peer.authority
        return RtspTarget(urlunsplit(parts._replace(netloc=netloc)), peer, _codec(answer.body))
    raise CameraStreamMissing("camera-redirects", limit=_MOST_REDIRECTS)


def _redirected(url: str, location: str) -> str:
    following = urljoin(url, location)
    if urlsplit(following).scheme not in _PORTS or not urlsplit(following).hostname:
        raise CameraAddressRefused(
            "camera-address-scheme", scheme=urlsplit(following).scheme[:20] or "nothing"
        )
    parts = urlsplit(following)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _credentials(job: StreamJob) -> str:
    source = job.source
    if source.username is None and source.password is None:
        return ""
    return f"{quote(source.username or '', safe='')}:{quote(source.password or '', safe='')}@"


def _connection(job: StreamJob, peer: Peer, url: str) -> socket.socket:
    if is_encrypted(url):
        return connect_tls(peer, job.ca_path, job.limits.connect_s)
    return connect(peer, job.limits.connect_s)


def is_encrypted(url: str) -> bool:
    """Whether an address asks for TLS."""
    return urlsplit(url).scheme == "rtsps"


def _describe(job: StreamJob, peer: Peer, url: str) -> _Answer:
    limits = job.limits
    with _connection(job, peer, url) as connection:
        talk = Conversation(connection, peer, limits.answer_s)
        answer = _ask(talk, peer, url, 1, None)
        source = job.source
        if answer.status == 401 and (source.username is not None or source.password is not None):
            asked = [value for name, value in answer.headers if name == "www-authenticate"]
            authorization = _authorization(asked, source.username or "", source.password or "", url)
            answer = _ask(talk, peer, url, 2, authorization)
            if answer.status in (401, 403):
                raise CameraLoginFailed("camera-password-wrong", status=answer.status)
    return answer


def _ask(
    talk: Conversation, peer: Peer, url: str, number: int, authorization: str | None
) -> _Answer:
    lines = [
        f"DESCRIBE {url} RTSP/1.0",
        f"CSeq: {number}",
        "Accept: application/sdp",
        "User-Agent: safety-detector",
    ]
    if authorization:
        lines.append(f"Authorization: {authorization}")
    talk.ask("\r\n".join([*lines, "", ""]).encode("utf-8", "replace"))
    head = talk.take_until(b"\r\n\r\n", _MOST_HEAD_BYTES)
    found = _STATUS.match(head)
    if found is None or not head.endswith(b"\r\n\r\n"):
        if head.startswith(b"HTTP/") or b"<html" in head[:1000].lower():
            raise CameraStreamMissing("camera-speaks-http", address=peer.authority)
        raise CameraStreamMissing("camera-speaks-no-rtsp", address=peer.authority)
    headers = []
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers.append((name.strip().lower(), value.strip()))
    length = next((value for name, value in headers if name == "content-length"), "0")
    count = min(int(length), _MOST_BODY_BYTES) if length.isdecimal() and len(length) < 10 else 0
    body = talk.take(count).decode("utf-8", "replace") if count else ""
    return _Answer(int(found[1]), found[2].decode("latin-1").strip(), headers, body)


def _check(answer: _Answer, peer: Peer) -> None:
    """Raises what an answer means, unless it describes a video."""
    shown = f"{answer.status} {answer.words}".strip()
    match answer.status:
        case 200:
            pass
        case 401:
            raise CameraLoginFailed("camera-wants-password", status=401)
        case 403:
            raise CameraLoginFailed("camera-forbids", answer=shown)
        case 404 | 410 | 454 | 457:
            raise CameraStreamMissing("camera-no-such-path", answer=shown)
        case 453 | 503:
            raise CameraStreamBroken("camera-has-no-room", answer=shown)
        case _:
            raise CameraStreamMissing("camera-answers", answer=shown)
    if "m=video" not in answer.body:
        raise CameraStreamMissing("camera-without-video", address=peer.authority)
    payload = _payload(answer.body)
    if payload is not None and payload not in _CODECS:
        raise CameraStreamBroken("camera-codec-unknown", codec=payload[:20])


def _payload(description: str) -> str | None:
    """What the description's first video consists of, by its name in capitals."""
    video = description[description.find("m=video") :].split("\nm=")[0]
    number = re.match(r"m=video\s+\S+\s+\S+\s+(\d{1,3})", video)
    if number is None:
        return None
    mapped = re.search(rf"a=rtpmap:{number[1]}\s+([\w.-]+)/", video)
    return mapped[1].upper() if mapped else _STATIC_PAYLOADS.get(int(number[1]))


def _codec(description: str) -> str | None:
    return _CODECS.get(_payload(description) or "")


def _authorization(challenges: list[str], user: str, password: str, url: str) -> str:
    """The header that answers the strongest challenge (RFC 7616, RFC 2617)."""
    for challenge in challenges:
        if challenge.lower().startswith("digest"):
            fields = {
                name.lower(): quoted or plain
                for name, quoted, plain in _PARAMETER.findall(challenge[6:])
            }
            algorithm = fields.get("algorithm", "MD5").upper()
            if algorithm in _HASHES:
                return _digest(_HASHES[algorithm], fields, algorithm, user, password, url)
    if any(challenge.lower().startswith("basic") for challenge in challenges):
        return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")
    raise CameraLoginFailed("camera-login-unknown", scheme=", ".join(challenges)[:80])


def _digest(
    hashed: Callable[[bytes], str],
    fields: dict[str, str],
    algorithm: str,
    user: str,
    password: str,
    url: str,
) -> str:
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    secret = hashed(f"{user}:{realm}:{password}".encode())
    asked = hashed(f"DESCRIBE:{url}".encode())
    parts = {"username": user, "realm": realm, "nonce": nonce, "uri": url}
    bare = ""
    if "auth" in fields.get("qop", "").replace(",", " ").split():
        own = secrets.token_hex(8)
        parts["response"] = hashed(f"{secret}:{nonce}:00000001:{own}:auth:{asked}".encode())
        parts["cnonce"] = own
        bare = ", qop=auth, nc=00000001"
    else:
        parts["response"] = hashed(f"{secret}:{nonce}:{asked}".encode())
    if "opaque" in fields:
        parts["opaque"] = fields["opaque"]
    if "algorithm" in fields:
        bare += f", algorithm={algorithm}"
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in parts.items()) + bare
