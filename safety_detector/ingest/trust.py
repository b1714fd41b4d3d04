"""Whose certificates are believed: the usual authorities, the operator's, cameras' own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx2

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.network.authorities import usual_authorities


@dataclass(frozen=True, slots=True)
class Trust:
    """How a server proves who it is.

    Attributes:
        context: checks its certificate.
        certificates: if not None the certificates (DER) of which it has to show one.
    """

    context: ssl.SSLContext
    certificates: frozenset[bytes] | None = None


@lru_cache(maxsize=4)
def trusted_authorities(ca_file: Path | None) -> Trust:
    """Servers whose certificate is issued for their name by an authority.

    Args:
        ca_file: certificates (PEM) that are trusted besides the usual ones.

    Raises:
        ConfigurationInvalid: the file cannot be read or holds none.
    """
    if ca_file is None:
        return Trust(usual_authorities())
    context = httpx2.create_ssl_context()
    _load(context, ca_file)
    return Trust(context)


@lru_cache(maxsize=4)
def known_certificates(ca_file: Path) -> Trust:
    """Servers that show one of the very certificates in a file, whatever name stands in it.

    Raises:
        ConfigurationInvalid: the file cannot be read or holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load(context, ca_file)
    # All of the file, not only those that may issue others.
    text = ca_file.read_text(encoding="ascii", errors="ignore")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [begin + part.partition(end)[0] + end + "\n" for part in text.split(begin)[1:]]
    return Trust(context, frozenset(ssl.PEM_cert_to_DER_cert(block) for block in blocks))


def certificate_problem(error: BaseException) -> Reason | None:
    """What is wrong with a server's certificate, and what to do; None if that is not the error."""
    cause: BaseException | None = error
    while not isinstance(cause, ssl.SSLError):
        if cause is None:
            return None
        cause = cause.__cause__ or cause.__context__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return Reason.of("tls-failed", cause=cause.reason or cause)
    return Reason.of("certificate-not-trusted", cause=cause.verify_message.rstrip("."))


def _load(context: ssl.SSLContext, ca_file: Path) -> None:
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigurationInvalid("fetch-ca-empty", path=ca_file, cause=system_cause(exc)) from exc
