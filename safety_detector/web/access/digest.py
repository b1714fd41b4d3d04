"""HTTP Digest on the server's side, for devices that can do nothing better.

Nonces are made here and hold their time under a code of this process, so that asking for one leaves
nothing behind; of those that were answered rightly it is kept which counts were used, so that no
request is taken twice.  Another process does not know them, and asks again (``stale``).
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from safety_detector.service.access.digests import ALGORITHMS, REALM, DigestAnswer

_LIFETIME_S = 300.0
_MOST_NONCES = 10_000
_WINDOW = 64  # counts of one nonce that may come out of order, over several connections
_LONGEST_HEADER = 4096
_FIELD = re.compile(r'([a-z]{1,20})\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))', re.IGNORECASE)
_COUNT = re.compile(r"[0-9A-Fa-f]{1,8}")


@dataclass(slots=True)
class _Used:
    """Counts of a nonce: the highest, and which of those below it were used."""

    highest: int
    below: int = 0


class Nonces:
    """Makes nonces, and lets each be used once a count.

    Args:
        clock_s: seconds that never go back.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._secret = secrets.token_bytes(32)
        self._used: OrderedDict[str, _Used] = OrderedDict()

    def make(self) -> str:
        """A new one."""
        body = f"{int(self._clock_s() * 1000):x}.{secrets.token_hex(8)}"
        return f"{body}.{self._code(body)}"

    def is_fresh(self, nonce: str) -> bool:
        """Whether it is one of this process, and not too old."""
        body, _, code = nonce.rpartition(".")
        if not hmac.compare_digest(code.encode("utf-8", "replace"), self._code(body).encode()):
            return False
        made_s = int(body.partition(".")[0], 16) / 1000
        return self._clock_s() - made_s <= _LIFETIME_S

    def spend(self, nonce: str, count: int) -> bool:
        """Uses a count of a fresh nonce; false where it was used, or is far behind.

        A client that knows no counts has one request a nonce: its count is 0.
        """
        used = self._used.get(nonce)
        if used is None:
            self._used[nonce] = _Used(count)
            if len(self._used) > _MOST_NONCES:
                self._used.popitem(last=False)
            return True
        if count > used.highest:
            used.below = ((used.below << 1) | 1) << (min(count - used.highest, _WINDOW + 1) - 1)
            used.below &= (1 << _WINDOW) - 1
            used.highest = count
            return True
        bit = 1 << max(used.highest - count - 1, 0)
        if count == used.highest or used.highest - count > _WINDOW or used.below & bit:
            return False
        used.below |= bit
        return True

    def _code(self, body: str) -> str:
        return hmac.new(self._secret, body.encode("utf-8", "replace"), "sha256").hexdigest()[:32]


def challenges(nonce: str, *, stale: bool) -> list[str]:
    """A challenge for each algorithm."""
    note = ", stale=true" if stale else ""
    return [
        f'Digest realm="{REALM}", qop="auth", algorithm={name}, nonce="{nonce}"{note}'
        for name in ALGORITHMS
    ]


def read_answer(credentials: str) -> DigestAnswer | None:
    """What stands behind ``Digest`` in the header; None where it is no answer to us."""
    if len(credentials) > _LONGEST_HEADER:
        return None
    told: dict[str, str] = {}
    for name, quoted, plain in _FIELD.findall(credentials):
        told.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    if told.get("realm") != REALM or not {"username", "nonce", "uri", "response"} <= told.keys():
        return None
    qop = told.get("qop", "").lower()
    if qop not in ("", "auth") or (qop and not _COUNT.fullmatch(told.get("nc", ""))):
        return None
    return DigestAnswer(
        username=told["username"],
        algorithm=told.get("algorithm", "MD5").upper(),
        nonce=told["nonce"],
        uri=told["uri"],
        response=told["response"],
        qop=told.get("qop", ""),
        count=told.get("nc", "") if qop else "",
        client_nonce=told.get("cnonce", ""),
    )


def is_about(answer: DigestAnswer, scope: Mapping[str, object], base_path: str) -> bool:
    """Whether an answer is about this request's path; devices leave queries and prefixes out."""
    told = answer.uri.partition("?")[0]
    if "://" in told:
        told = "/" + told.partition("://")[2].partition("/")[2]
    path = str(scope["path"])
    return unquote(told) in (path, f"{base_path}{path}")
