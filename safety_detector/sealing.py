"""Seals what must not be read from the database: passwords of cameras.

The key is a file of the installation, beside the database and not in it: whoever gets a copy of the
database alone reads nothing.  It is made at the first need, by whichever process needs it first.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from safety_detector.errors import SecretsLost, StorageUnavailable
from safety_detector.host.lock_files import opened_lock_file
from safety_detector.host.output_files import sync_folder
from safety_detector.message_texts.reason import system_cause
from safety_detector.name_bytes import readable_text


class Seal:
    """Seals texts with the key of a file, and opens what was sealed with it.

    Nothing is kept but where the key is, so that a key which is put back counts at once.

    Args:
        key_file: the file; made for this user alone when something is first sealed.
    """

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    def seal(self, texts: Mapping[str, str]) -> bytes:
        """The texts in a form that only ``open`` reads.

        Raises:
            SecretsLost: the file is there and holds no key, or cannot be read.
            StorageUnavailable: there is no key yet, and none can be made.
        """
        key = self._read_key() or self._make_key()
        return self._fernet(key).encrypt(json.dumps(dict(texts)).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        """The texts that were sealed.

        Raises:
            SecretsLost: the key is gone, or is another one.
        """
        key = self._read_key()
        if key is None:
            raise SecretsLost("seal-key-gone", path=self._shown)
        try:
            texts: dict[str, str] = json.loads(self._fernet(key).decrypt(sealed))
        except InvalidToken:  # nothing of what was sealed is said
            raise SecretsLost("seal-key-another", path=self._shown) from None
        return texts

    def _read_key(self) -> bytes | None:
        """The key; None if there is none, or an empty file."""
        try:
            return self._key_file.read_bytes().strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise SecretsLost(
                "seal-key-unreadable", path=self._shown, cause=system_cause(exc)
            ) from exc

    def _make_key(self) -> bytes:
        """Makes the key, unless another process does at this moment; the key that counts."""
        try:
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened_lock_file(self._key_file.with_name(f".{self._key_file.name}.lock")) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                key = self._read_key()
                if key is None:
                    key = Fernet.generate_key()
                    self._write_durably(key)
        except OSError as exc:
            raise StorageUnavailable(
                "seal-key-not-made", path=self._shown, cause=system_cause(exc)
            ) from exc
        return key

    def _write_durably(self, key: bytes) -> None:
        part = self._key_file.with_name(f".{self._key_file.name}.part")
        part.unlink(missing_ok=True)  # of a process that was killed
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            file.write(key + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._key_file)
        sync_folder(part.parent)

    def _fernet(self, key: bytes) -> Fernet:
        try:
            return Fernet(key)
        except ValueError:
            raise SecretsLost("seal-key-malformed", path=self._shown) from None

    @property
    def _shown(self) -> str:
        return readable_text(str(self._key_file))
