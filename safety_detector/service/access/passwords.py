"""Passwords of people: hashed by argon2id, compared in the same time for those that nobody has."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

from safety_detector.errors import SubmissionRefused

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
"""Characters; what is typed by people and tried at most some thousand times a day needs no more."""

LONGEST = 256


def hash_password(password: str, name: str) -> str:
    """What is kept of a password.

    Args:
        password: as it was typed.
        name: of its person, which it must not be.

    Raises:
        SubmissionRefused: it is too short or too long, or could be guessed at once.
    """
    if len(password) < SHORTEST:
        raise SubmissionRefused("password-too-short", least=SHORTEST)
    if len(password) > LONGEST:
        raise SubmissionRefused("password-too-long", most=LONGEST)
    folded = password.casefold()
    if len(set(folded)) < 4 or name.casefold() in folded:
        raise SubmissionRefused("password-guessable")
    return str(_hasher().hash(_as_bytes(password)))


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the one that is kept; without one it takes as long, and is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        is_right = _hasher().verify(kept or _of_nobody(), _as_bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return bool(is_right) and bool(kept)


@cache
def _hasher() -> PasswordHasher:
    # RFC 9106's second choice: 64 MiB, three passes.
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _of_nobody() -> str:
    return str(_hasher().hash(secrets.token_bytes(16)))


def _as_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogateescape")
