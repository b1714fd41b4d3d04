"""Signing in: passwords are tried slower and slower, in the same time for names that nobody has.

Failures are counted before a password is looked at, in the database that all processes share, so
that many tries at once are as slow as one after the other.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from safety_detector.database.engine import Database
from safety_detector.database.statements import Turn, take_turn, upsert
from safety_detector.database.tables import sign_in_failures
from safety_detector.service.access.keys import KEY_BEGINNING, Keys
from safety_detector.service.access.people import People, Person, login_of
from safety_detector.service.access.sessions import role_of
from safety_detector.service.records import Principal

_LONGEST_WAIT = timedelta(minutes=5)
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What tries have in common, how many are free, and how long one waits at most after them."""

    key: str
    free: int
    most: timedelta


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try.

    Attributes:
        who: signed in; None where name or password is wrong.
        wait: how long nothing is tried any more; zero where it was tried.
    """

    who: Person | Principal | None
    wait: timedelta = timedelta(0)


class SignIn:
    """Lets people in.

    Args:
        database: where failures are counted.
        people: whose passwords are tried.
        keys: API keys are taken for a password too, until there are accounts.
        clock: the present moment.
    """

    def __init__(
        self, database: Database, people: People, keys: Keys, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._people = people
        self._keys = keys
        self._clock = clock

    def attempt(self, name: str, password: str, address: str) -> Outcome:
        """Tries a password.

        Args:
            name: as it was typed.
            password: as it was typed, or an API key.
            address: from where.
        """
        subjects = _subjects(name, address)
        wait = self._count(subjects)
        if wait > timedelta(0):
            return Outcome(None, wait)
        who = self._who(name, password)
        if who is not None:
            self._forget(subjects)
        return Outcome(who)

    def _who(self, name: str, password: str) -> Person | Principal | None:
        if password.startswith(KEY_BEGINNING) and not self._people.any_made():
            principal = self._keys.authenticate(password.strip())
            if principal is not None and role_of(principal.scopes) is not None:
                return principal
        return self._people.authenticate(name, password)

    def _count(self, subjects: tuple[_Subject, ...]) -> timedelta:
        """Counts a failure, which it is until it is not; or says how long to wait."""
        now, row = self._clock(), sign_in_failures.c
        with self._database.write() as connection:
            take_turn(connection, Turn.SIGN_IN)
            connection.execute(delete(sign_in_failures).where(row.last_at < now - _FORGOTTEN_AFTER))
            known = {
                one.subject: one
                for one in connection.execute(
                    select(sign_in_failures).where(row.subject.in_([one.key for one in subjects]))
                )
            }
            free_at = max((one.free_at for one in known.values()), default=now)
            if free_at > now:
                return timedelta(seconds=max(1.0, (free_at - now).total_seconds()))
            for one in subjects:
                before = known[one.key].failures if one.key in known else 0
                _write(connection, one, before + 1, now)
        return timedelta(0)

    def _forget(self, subjects: tuple[_Subject, ...]) -> None:
        """The right password ends what was counted for this name from this place."""
        with self._database.write() as connection:
            take_turn(connection, Turn.SIGN_IN)
            connection.execute(
                delete(sign_in_failures).where(
                    sign_in_failures.c.subject.in_([one.key for one in subjects])
                )
            )


def _write(connection: Connection, subject: _Subject, failures: int, now: datetime) -> None:
    beyond = failures - subject.free
    wait = min(subject.most, timedelta(seconds=2 ** min(beyond, 16))) if beyond > 0 else None
    values = {
        "subject": subject.key,
        "failures": failures,
        "last_at": now,
        "free_at": now + (wait or timedelta(0)),
    }
    write = upsert(
        connection.dialect.name,
        sign_in_failures,
        on=("subject",),
        overwrite=("failures", "last_at", "free_at"),
    )
    connection.execute(write, values)


def _subjects(name: str, address: str) -> tuple[_Subject, ...]:
    """One name from one place, all names from one place, and one name from everywhere.

    The last is the mildest: whoever types wrong passwords for a name shall not keep its person out.
    """
    login, place = login_of(name), _place(address)
    return (
        _Subject(_key("both", login, place), 3, _LONGEST_WAIT),
        _Subject(_key("place", place), 30, timedelta(minutes=1)),
        _Subject(_key("name", login), 50, timedelta(seconds=10)),
    )


def _place(address: str) -> str:
    """An address; of IPv6 the network, since everybody has billions of addresses in theirs."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
