"""Addresses of a Redis or Valkey server: checked when settings are read, verified TLS by default.

Celery, kombu and redis-py each read a part of such a URL, at different moments; what none of them
can use is refused here, in words that never repeat the password.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from safety_detector.message_texts.reason import Reason

_NETWORK_SCHEMES = ("redis", "rediss")
_SOCKET_SCHEMES = ("redis+socket", "unix")
_EXAMPLE = "for example redis://host:6379/0"
# What ends the part with user and password for one of the readers, or is read by none.
_UNSAFE_IN_CREDENTIALS = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:%-]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def check_redis_url(url: str) -> None:
    """Passes an address that Celery and redis-py both understand.

    Raises:
        ValueError: they do not; the message says why, and what to write, without the password.
    """
    if any(not char.isprintable() or char.isspace() for char in url):
        raise ValueError(
            "there is white space or a control character in it; a blank in a path is written %20"
        )
    scheme, separator, rest = url.partition("://")
    if scheme.startswith("sentinel"):
        raise ValueError(
            "Redis Sentinel is not supported; name the server itself, or a proxy that follows "
            "Sentinel"
        )
    if not separator or scheme not in (*_NETWORK_SCHEMES, *_SOCKET_SCHEMES):
        known = ", ".join(f"{one}://" for one in (*_NETWORK_SCHEMES, _SOCKET_SCHEMES[0]))
        raise ValueError(f"it does not begin with one of {known}; {_EXAMPLE}")
    if scheme in _SOCKET_SCHEMES:
        _check_socket(scheme, rest)
    else:
        _check_network(url, rest)


def with_verified_tls(url: str, ca_file: Path | None) -> str:
    """The address with what makes a ``rediss://`` server show a certificate for its name.

    kombu verifies nothing unless it is told to; what the address itself says goes before.

    Args:
        url: from ``check_redis_url``.
        ca_file: certificates (PEM) that are trusted in place of the system's.
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return url
    wanted = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
    if ca_file is not None:
        wanted["ssl_ca_certs"] = str(ca_file)
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "ssl_cert_reqs" in said:  # kombu's documents write CERT_NONE, which redis-py does not know
        said["ssl_cert_reqs"] = said["ssl_cert_reqs"].lower().removeprefix("cert_")
    return urlunsplit(parts._replace(query=urlencode(wanted | said)))


def _check_socket(scheme: str, rest: str) -> None:
    if scheme == "unix":
        raise ValueError(f"a socket is written redis+socket:///path, not {scheme}://")
    if "#" in rest:
        raise ValueError("there is a # in it; one in a path is written %23")
    path, _, _ = rest.partition("?")
    if _BARE_PERCENT.search(path):
        raise ValueError("in a path % is written %25")
    if not path.startswith("/") or path == "/":
        raise ValueError("a socket is named by its absolute path: redis+socket:///run/redis.sock")


def _check_network(url: str, rest: str) -> None:
    credentials, at, place = rest.rpartition("@")
    if at:
        _check_credentials(credentials)
    if "#" in place:
        raise ValueError(
            "there is a # in it; one in a password is written %23, and an address has none"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise ValueError(f"its host or port makes no sense; {_EXAMPLE}") from exc
    if not host or "," in host or ";" in rest.partition("?")[0].rpartition("@")[2]:
        raise ValueError(f"it has to name one host; {_EXAMPLE}")
    if port == 0:
        raise ValueError("port 0 is no port")
    database = parts.path.removeprefix("/")
    if database and not (database.isascii() and database.isdecimal()):
        raise ValueError(
            "what follows the host is the number of a database, for example /0; "
            "a / in a password is written %2F"
        )


def _check_credentials(credentials: str) -> None:
    wrong = _UNSAFE_IN_CREDENTIALS.search(credentials)
    if wrong:
        escaped = "".join(f"%{byte:02X}" for byte in wrong[0].encode())
        raise ValueError(f"in a user's name or password {wrong[0]} is written {escaped}")
    if _BARE_PERCENT.search(credentials):
        raise ValueError("in a user's name or password % is written %25")
    if credentials and ":" not in credentials:
        raise ValueError("a password stands behind a colon: redis://:password@host:6379/0")


def why_no_answer(error: Exception) -> str | Reason:
    """What a client says of a server, without a full stop; what to do where it trusts nobody."""
    said = str(error).rstrip(".")
    if re.search("self.signed|local issuer", said):
        return Reason.of("redis-untrusted", cause=said)
    return said
