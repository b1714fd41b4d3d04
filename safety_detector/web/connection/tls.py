"""The certificate and key with which the API speaks https, examined before anybody connects."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import Reason, system_cause

_SOON_S = 14 * 86_400.0
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_… of openssl/x509_vfy.h
_MOST_ROUNDS = 10  # of a handshake; it takes three


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server needs for https.

    Attributes:
        context: with certificate and key.
        warning: what clients will not like about the certificate, a sentence; None for nothing.
    """

    context: ssl.SSLContext
    warning: str | None


def load_tls(cert: Path, key: Path | None, password: str | None) -> Tls:
    """Reads the files and tries them.

    Args:
        cert: PEM file with the certificate and its chain.
        key: PEM file with the key; None if it is in the same file.
        password: of the key.

    Raises:
        ConfigurationInvalid: they cannot be used; the message says which, why, and what to do.
    """
    if b"-----BEGIN CERTIFICATE-----" not in _read("SAFETY_TLS_CERT", cert):
        raise ConfigurationInvalid("certificate-not-pem", path=cert)
    name, key_path = ("SAFETY_TLS_CERT", cert) if key is None else ("SAFETY_TLS_KEY", key)
    key_text = _read(name, key_path)
    if b"PRIVATE KEY-----" not in key_text:
        reason = "certificate-without-key" if key is None else "key-file-without-key"
        raise ConfigurationInvalid(reason, path=key_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # Without a function OpenSSL would ask for the password at the terminal.
        context.load_cert_chain(cert, key, password=lambda: password or "")
    except (ssl.SSLError, ValueError) as exc:
        raise ConfigurationInvalid(_why(exc, cert, key_path, key_text, password)) from exc
    return Tls(context, _warning(context, cert))


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigurationInvalid(
            "setting-file-unreadable", setting=setting, path=path, cause=system_cause(exc)
        ) from exc


def _why(
    exc: ssl.SSLError | ValueError, cert: Path, key: Path, key_text: bytes, password: str | None
) -> Reason:
    if getattr(exc, "reason", None) == "KEY_VALUES_MISMATCH":
        return Reason.of("key-of-another-certificate", key=key, certificate=cert)
    if b"ENCRYPTED" in key_text:
        if password is None:
            return Reason.of("key-encrypted", key=key)
        return Reason.of("key-password-wrong", key=key)
    return Reason.of("certificate-unusable", certificate=cert, key=key, cause=exc)


def _warning(context: ssl.SSLContext, cert: Path) -> str | None:
    """What a client says that trusts this very certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cafile=cert)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        seen = _shake_hands(context, client)
    except ssl.SSLCertVerificationError as exc:
        if exc.verify_code == _EXPIRED:
            return f"The certificate in {cert} has expired; clients will refuse it."
        if exc.verify_code == _NOT_YET_VALID:
            return f"The certificate in {cert} is not valid yet; clients will refuse it."
        return f"Clients may refuse the certificate in {cert}: {exc.verify_message}."
    except ssl.SSLError as exc:
        return f"Clients may not be able to use the certificate in {cert}: {exc.reason}."
    until = seen.get("notAfter")
    if until and ssl.cert_time_to_seconds(until) - time.time() < _SOON_S:
        return f"The certificate in {cert} expires on {until}; renew it and start again."
    return None


def _shake_hands(context: ssl.SSLContext, client: ssl.SSLContext) -> Mapping[str, Any]:
    """The server's certificate as a client sees it, over no network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server)
    far = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(_MOST_ROUNDS):
        try:
            near.do_handshake()
            break
        except ssl.SSLWantReadError:
            try:
                far.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return near.getpeercert() or {}
