"""An ONVIF device on loopback: answers probes by UDP and questions by SOAP."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope '
    'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    "<SOAP-ENV:Body>{}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
_PROFILE = (
    '<trt:Profiles token="{name}"><tt:Name>{name}</tt:Name><tt:VideoEncoderConfiguration>'
    "<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
    "<tt:Height>{height}</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>"
)
_NOT_AUTHORIZED = (
    "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>"
    "<SOAP-ENV:Subcode><SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode>"
    "</SOAP-ENV:Code></SOAP-ENV:Fault>"
)


@dataclass
class OnvifDevice:
    """A device, and how it misbehaves.

    Attributes:
        password: of the user ``viewer``.
        clock: how far its clock is ahead.
        host: what it calls itself in the addresses that it tells.
        answers: by the name of a question, whole bodies in place of the right ones.
        probe_answer: likewise, of a probe.
        asked: names of the questions.
    """

    password: str = "pa55"  # noqa: S105 (of a test)
    clock: timedelta = timedelta(0)
    host: str = "127.0.0.1"
    answers: dict[str, bytes] = field(default_factory=dict)
    probe_answer: bytes | None = None
    asked: list[str] = field(default_factory=list)
    port: int = 0
    udp_port: int = 0

    def match(self) -> bytes:
        """What a probe is answered."""
        if self.probe_answer is not None:
            return self.probe_answer
        body = (
            "<d:ProbeMatches><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/Gate%203 "
            "onvif://www.onvif.org/hardware/DS-2CD2143 onvif://www.onvif.org/location/yard"
            f"</d:Scopes><d:XAddrs>http://[fe80::1]/onvif/device_service "
            f"http://127.0.0.1:{self.port}/onvif/device_service</d:XAddrs>"
            "</d:ProbeMatch></d:ProbeMatches>"
        )
        return _ENVELOPE.format(body).encode()

    def answer(self, question: str) -> tuple[int, bytes]:
        """What a question is answered."""
        found = re.search("GetSystemDateAndTime|GetCapabilities|GetProfiles|GetStreamUri", question)
        name = found[0] if found else ""
        self.asked.append(name)
        if name in self.answers:
            return 200, self.answers[name]
        if name != "GetSystemDateAndTime" and not self._knows_password(question):
            return 400, _ENVELOPE.format(_NOT_AUTHORIZED).encode()
        return 200, _ENVELOPE.format(self._told(name, question)).encode()

    def _told(self, name: str, question: str) -> str:
        now = datetime.now(UTC) + self.clock
        match name:
            case "GetSystemDateAndTime":
                return (
                    "<R><tt:UTCDateTime>"
                    f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
                    f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}"
                    f"</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
                    "</tt:Date></tt:UTCDateTime></R>"
                )
            case "GetCapabilities":
                return f"<R><tt:Media><tt:XAddr>http://{self.host}/onvif/Media</tt:XAddr></tt:Media></R>"
            case "GetProfiles":
                main = _PROFILE.format(name="main", codec="H265", width=2688, height=1520)
                sub = _PROFILE.format(name="sub", codec="H264", width=640, height=360)
                return f"<R>{main}{sub}</R>"
            case _:
                number = 1 if ">main<" in question else 2
                return (
                    f"<R><tt:Uri>rtsp://admin:geheim@{self.host}:554/Streaming/Channels/10{number}"
                    "?transportmode=unicast</tt:Uri></R>"
                )

    def _knows_password(self, question: str) -> bool:
        told = dict(re.findall(r"<(Nonce|Created|Password|Username)(?: [^>]*)?>([^<]+)<", question))
        if told.get("Username") != "viewer":
            return False
        created = datetime.fromisoformat(told["Created"])
        is_now = abs(created - datetime.now(UTC) - self.clock) < timedelta(seconds=10)
        secret = base64.b64decode(told["Nonce"]) + (told["Created"] + self.password).encode()
        digest = hashlib.sha1(secret, usedforsecurity=False).digest()
        return is_now and base64.b64decode(told["Password"]) == digest


@contextmanager
def running(device: OnvifDevice) -> Iterator[OnvifDevice]:
    """The device, on ports of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, body = device.answer(question)
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml")
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    device.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as responder:
        responder.bind(("127.0.0.1", 0))
        device.udp_port = responder.getsockname()[1]

        def respond() -> None:
            with suppress(OSError):
                while True:
                    data, sender = responder.recvfrom(65_535)
                    if b"Probe" in data:
                        responder.sendto(device.match(), sender)

        threading.Thread(target=respond, daemon=True).start()
        try:
            yield device
        finally:
            server.shutdown()
            server.server_close()
