"""Providers of OpenID Connect: a whole one that is not ours, and one that lies on demand."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.eventually import eventually
from tests.ports import free_port

_KEY = RSAKey.generate_key(2048, {"kid": "the one", "use": "sig"})
_OTHER_KEY = RSAKey.generate_key(2048, {"kid": "the one", "use": "sig"})


@contextmanager
def real_provider(*people: Mapping[str, Any]) -> Iterator[str]:
    """A provider by Authlib's server side, in a process of its own; gives its address."""
    port = free_port()
    users = [part for one in people for part in ("--user-claims", json.dumps(one))]
    program = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), *users]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(issuer), within_s=60)
        yield issuer
    finally:
        process.terminate()
        process.wait(30)


def _answers(issuer: str) -> bool:
    try:
        return httpx2.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).is_success
    except httpx2.HTTPError:
        return False


@dataclass
class LyingProvider:
    """Says what a test wants; by itself the truth.

    Attributes:
        claims: in place of the true ones; None takes one out.
        description: the same of what it says of itself.
        signed_by: ``key``, ``other key``, ``nothing``, ``public key`` (as a shared secret).
        userinfo: what it tells whoever asks once more.
        forms: what it was sent for a token.
    """

    issuer: str = ""
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    signed_by: str = "key"
    userinfo: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    forms: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """What stands under a path."""
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._described()
            case "/jwks":
                return 200, KeySet([_KEY]).as_dict(private=False)
            case "/token":
                token = {"access_token": "a", "token_type": "Bearer", "id_token": self._token()}
                return self.token_status, token
            case "/userinfo":
                return 200, self.userinfo
        return 404, {}

    def _described(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.description,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _token(self) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "sub": "4711",
            "aud": "console",
            "exp": now + 300,
            "iat": now,
            "nonce": self.nonce,
            "preferred_username": "Wang Lei",
            "groups": ["ehs"],
            **self.claims,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        match self.signed_by:
            case "other key":
                return jwt.encode({"alg": "RS256", "kid": "the one"}, claims, _OTHER_KEY)
            case "nothing":
                return _by_hand({"alg": "none"}, claims, lambda _: b"")
            case "public key":
                secret = _KEY.as_pem(private=False)
                head = {"alg": "HS256", "kid": "the one"}
                return _by_hand(head, claims, lambda text: hmac.digest(secret, text, "sha256"))
        return jwt.encode({"alg": "RS256", "kid": "the one"}, claims, _KEY)


def _by_hand(
    head: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]
) -> str:
    """A token that libraries refuse to make."""
    text = b".".join(_base64(json.dumps(one).encode()) for one in (head, claims))
    return (text + b"." + _base64(sign(text))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """One that listens, until the block ends."""
    provider = LyingProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            provider.forms.append(self.rfile.read(length).decode())
            self._send()

        def _send(self) -> None:
            status, document = provider.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
