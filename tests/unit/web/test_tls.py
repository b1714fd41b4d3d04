"""Certificates and keys, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from safety_detector.errors import ConfigurationInvalid
from safety_detector.web.connection.tls import load_tls
from tests.certificates import make_certificate


def test_good_files_are_taken_without_a_word(tmp_path: Path) -> None:
    """A certificate with its key, in two files or one, is used."""
    files = make_certificate(tmp_path)
    assert load_tls(files.cert, files.key, None).warning is None
    both = tmp_path / "both.pem"
    both.write_bytes(files.key.read_bytes() + files.cert.read_bytes())
    assert load_tls(both, None, None).warning is None


def test_key_may_have_a_password(tmp_path: Path) -> None:
    """The right password opens the key; none and a wrong one are told apart."""
    files = make_certificate(tmp_path, password="geheim")  # noqa: S106 (of a test)
    assert load_tls(files.cert, files.key, "geheim").warning is None
    with pytest.raises(ConfigurationInvalid, match="SAFETY_TLS_KEY_PASSWORD_FILE"):
        load_tls(files.cert, files.key, None)
    with pytest.raises(ConfigurationInvalid, match=r"password of the key in .* is wrong"):
        load_tls(files.cert, files.key, "falsch")


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Each fault of the files is told in a sentence with the setting's or the file's name."""
    good, other = make_certificate(tmp_path), make_certificate(tmp_path, "other")
    missing, text, der = tmp_path / "no.pem", tmp_path / "text", tmp_path / "x.der"
    text.write_text("hello")
    certificate = x509.load_pem_x509_certificate(good.cert.read_bytes())
    der.write_bytes(certificate.public_bytes(Encoding.DER))
    broken = tmp_path / "broken.pem"
    broken.write_bytes(good.cert.read_bytes()[:200] + b"\n-----END CERTIFICATE-----\n")
    for cert, key, told in [
        (missing, good.key, "SAFETY_TLS_CERT names .*no.pem, which cannot be read: No such file"),
        (good.cert, missing, "SAFETY_TLS_KEY names .*no.pem, which cannot be read: No such file"),
        (tmp_path, good.key, "cannot be read: Is a directory"),
        (text, good.key, "holds no certificate in PEM form"),
        (der, good.key, "holds no certificate in PEM form"),
        (good.key, good.key, "holds no certificate in PEM form"),
        (good.cert, text, "SAFETY_TLS_KEY names .*, which holds no private key"),
        (good.cert, None, "SAFETY_TLS_KEY names the file with the key"),
        (good.cert, other.key, "does not belong to the first certificate"),
        (broken, good.key, "cannot be used"),
    ]:
        with pytest.raises(ConfigurationInvalid, match=told):
            load_tls(cert, key, None)


@pytest.mark.parametrize(
    ("days", "told"), [(-1, "has expired"), (3, "expires on"), (0.5, "expires on")]
)
def test_dates_that_clients_mind_are_warned_about(tmp_path: Path, days: float, told: str) -> None:
    """An expired certificate is used, since the service must run, but not in silence."""
    files = make_certificate(tmp_path, days=days)
    warning = load_tls(files.cert, files.key, None).warning
    assert warning is not None
    assert told in warning
