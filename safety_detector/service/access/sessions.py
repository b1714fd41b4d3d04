"""Who is signed in: a random cookie in the browser, its hash here, ended here.

A session lives while it is used, and a month at most: a screen at the wall stays signed in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import api_keys, people, sessions
from safety_detector.domain.people import Role
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.access.people import Person
from safety_detector.service.records import Principal, Scope

_TOKEN_BYTES = 32
_IDLE = timedelta(hours=12)
_AT_MOST = timedelta(days=30)
_NOTED_EVERY = timedelta(minutes=5)
_LONGEST_ADDRESS = 64
_LONGEST_AGENT = 300
_MOST_LISTED = 200
_ID_CHARACTERS = 16  # of the hash of a cookie; 64 bits


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is.

    Attributes:
        name: of the person, or of the API key.
        actor: for the audit log.
    """

    name: str
    role: Role
    actor: Actor


@dataclass(frozen=True, slots=True)
class Session:
    """Where somebody is signed in.

    Attributes:
        id: tells sessions apart; says nothing of the cookie.
        address, agent: from where, and with which browser, it was begun.
    """

    id: str
    begun_at: datetime
    seen_at: datetime
    address: str | None
    agent: str | None


class Sessions:
    """Begins, finds and ends sessions.

    Args:
        database: where they are kept.
        clock: the present moment.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self, who: Person | Principal, address: str | None = None, agent: str | None = None
    ) -> str:
        """Signs somebody in; gives the text of the cookie.

        Args:
            who: a person, or the holder of a key while there are no people.
            address: from where.
            agent: what their browser calls itself.
        """
        now, token = self._clock(), secrets.token_urlsafe(_TOKEN_BYTES)
        by = (
            Actor(who.name, None, who.id)
            if isinstance(who, Person)
            else Actor(who.name, who.key_id)
        )
        row = {
            "token_hash": _hash(token),
            "person_id": by.person_id,
            "key_id": by.key_id,
            "begun_at": now,
            "seen_at": now,
            "address": address and address[:_LONGEST_ADDRESS],
            "agent": agent and "".join(one for one in agent if one.isprintable())[:_LONGEST_AGENT],
        }
        with self._database.write() as connection:
            # What nobody can use any more goes with the next one that begins.
            connection.execute(
                delete(sessions).where(
                    (sessions.c.seen_at < now - _IDLE) | (sessions.c.begun_at < now - _AT_MOST)
                )
            )
            connection.execute(insert(sessions), row)
            note_act(connection, by, AuditAction.SIGNED_IN, now, by.person_id or by.key_id)
        return token

    def find(self, token: str) -> SignedIn | None:
        """Whose cookie it is; None if its session has ended, or its person may not any more."""
        now, row = self._clock(), sessions.c
        query = (
            select(
                row.person_id, row.key_id, row.seen_at, people.c.name, people.c.role,
                api_keys.c.name.label("key_name"), api_keys.c.scopes, api_keys.c.revoked_at,
                people.c.disabled_at,
            )
            .select_from(
                sessions.outerjoin(people, people.c.id == row.person_id).outerjoin(
                    api_keys, api_keys.c.id == row.key_id
                )
            )
            .where(
                row.token_hash == _hash(token),
                # Of a key until there are accounts: one may have begun just when the first came.
                row.person_id.is_not(None) | ~exists(select(people.c.id).correlate(None)),
                row.seen_at >= now - _IDLE,
                row.begun_at >= now - _AT_MOST,
            )
        )  # fmt: skip
        with self._database.read() as connection:
            found = connection.execute(query).one_or_none()
        if found is None or found.disabled_at is not None or found.revoked_at is not None:
            return None
        if now - found.seen_at >= _NOTED_EVERY:
            self._note(token, now)
        if found.name is not None:
            actor = Actor(found.name, None, found.person_id)
            return SignedIn(found.name, Role(found.role), actor)
        role = role_of(frozenset(Scope(one) for one in found.scopes or ()))
        if role is None:
            return None
        return SignedIn(found.key_name, role, Actor(found.key_name, found.key_id))

    def end(self, token: str) -> None:
        """Signs somebody out: the cookie is worth nothing from now on."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))

    def of_person(self, person_id: str) -> tuple[Session, ...]:
        """Where somebody is signed in, the one that was used last first."""
        row = sessions.c
        query = (
            select(row.token_hash, row.begun_at, row.seen_at, row.address, row.agent)
            .where(row.person_id == person_id, *self._alive())
            .order_by(row.seen_at.desc(), row.token_hash)
            .limit(_MOST_LISTED)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        return tuple(
            Session(_id_of(one.token_hash), one.begun_at, one.seen_at, one.address, one.agent)
            for one in found
        )

    def count(self) -> dict[str, int]:
        """How often each person is signed in, of those who are."""
        row = sessions.c
        query = (
            select(row.person_id, func.count())
            .where(row.person_id.is_not(None), *self._alive())
            .group_by(row.person_id)
        )
        with self._database.read() as connection:
            return {str(person_id): number for person_id, number in connection.execute(query)}

    def end_all(self, person_id: str, by: Actor, *, but: str | None = None) -> None:
        """Signs somebody out everywhere.

        Args:
            person_id: whom.
            by: who wants it, for the audit log.
            but: the cookie of the session that goes on.
        """
        theirs = sessions.c.person_id == person_id
        if but is not None:
            theirs &= sessions.c.token_hash != _hash(but)
        with self._database.write() as connection:
            ended = connection.execute(delete(sessions).where(theirs)).rowcount
            if ended:
                note_act(
                    connection,
                    by,
                    AuditAction.SESSIONS_ENDED,
                    self._clock(),
                    person_id,
                    sessions=ended,
                )

    def end_one(self, person_id: str, session_id: str, by: Actor) -> None:
        """Signs somebody out of one browser; nothing happens if it is none of theirs."""
        with self._database.write() as connection:
            ended = connection.execute(
                delete(sessions).where(
                    sessions.c.person_id == person_id,
                    sessions.c.token_hash.startswith(session_id, autoescape=True),
                )
            ).rowcount
            if ended:
                note_act(
                    connection,
                    by,
                    AuditAction.SESSIONS_ENDED,
                    self._clock(),
                    person_id,
                    sessions=ended,
                )

    def _alive(self) -> tuple[ColumnElement[bool], ...]:
        now = self._clock()
        return sessions.c.seen_at >= now - _IDLE, sessions.c.begun_at >= now - _AT_MOST

    def _note(self, token: str, now: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(
                update(sessions).where(sessions.c.token_hash == _hash(token)).values(seen_at=now)
            )


def role_of(scopes: frozenset[Scope]) -> Role | None:
    """What a key may do on pages; None for one that is for sending pictures alone."""
    if Scope.ADMIN in scopes:
        return Role.ADMINISTRATOR
    return Role.VIEWER if Scope.READ in scopes else None


def session_id_of(token: str) -> str:
    """The id of the session of a cookie."""
    return _id_of(_hash(token))


def _id_of(token_hash: str) -> str:
    return token_hash[:_ID_CHARACTERS]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
