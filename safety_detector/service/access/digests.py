"""HTTP Digest with API keys (RFC 7616, and RFC 2069 for old devices): what a check needs of a key.

Digest needs the hash of user, realm and password, which opens as much as the password does.  The
key itself is random and long, so that the hash gives nothing of it away; sealed, it is of no use to
whoever has the database alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

REALM = "safety-detector"
"""What keys are for; part of every hash, so that it stays."""

ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    # Many devices know MD5 alone.  What breaks it, collisions, helps nobody against a random key.
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
"""Hashes by their name in challenges, the one that every device knows first."""


@dataclass(frozen=True, slots=True)
class DigestAnswer:
    """What a client answers to a challenge, as it stands in its header.

    Attributes:
        uri: of the request, as the client wrote it.
        qop: ``auth``, or empty where the client knows none (RFC 2069).
        count: ``nc``.
    """

    username: str
    algorithm: str
    nonce: str
    uri: str
    response: str
    qop: str = ""
    count: str = ""
    client_nonce: str = ""


def hashes_of(username: str, token: str) -> dict[str, str]:
    """By algorithm, what an answer with this user name and key is checked with."""
    text = f"{username}:{REALM}:{token}".encode("utf-8", "surrogateescape")
    return {name: digest(text) for name, digest in ALGORITHMS.items()}


def is_answered(answer: DigestAnswer, hashes: Mapping[str, str], method: str) -> bool:
    """Whether who answers knows the key of these hashes."""
    digest, known = ALGORITHMS.get(answer.algorithm), hashes.get(answer.algorithm)
    if digest is None or known is None:
        return False
    asked = digest(f"{method}:{answer.uri}".encode())
    told = (answer.nonce, answer.count, answer.client_nonce, answer.qop, asked)
    middle = ":".join(told if answer.qop else (answer.nonce, asked))
    expected = digest(f"{known}:{middle}".encode())
    given = answer.response.lower().encode("utf-8", "replace")
    return hmac.compare_digest(expected.encode(), given)
