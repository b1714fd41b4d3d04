"""People who sign in to the console: names, roles, passwords."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.statements import Turn, take_turn
from safety_detector.database.tables import people, sessions
from safety_detector.domain.people import Role, role_of_groups
from safety_detector.errors import SignInRefused, SubmissionRefused
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.access.keys import FIRST_KEY_NOTICED_WITHIN_S
from safety_detector.service.access.passwords import hash_password, is_password

_LONGEST_NAME = 64
_MOST_NAMESAKES = 1000

NO_PASSWORD = ""
"""Stands in the place of a password's hash; no password is the right one."""
_ANYBODY = select(people.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in.

    Attributes:
        disabled_at: since when they may not any more; the name stays theirs, for what they did.
        signed_in_elsewhere: whether another system says who they are; they have no password then.
    """

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    signed_in_elsewhere: bool = False


class People:
    """Keeps the accounts.

    Args:
        database: where they are kept.
        clock: the present moment.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._none_until_s = 0.0

    def add(self, name: str, role: Role, password: str, by: Actor = PROGRAM) -> Person:
        """Makes an account.

        Raises:
            SubmissionRefused: the name is taken or none, or the password is not good enough.
        """
        shown, now = checked_name(name), self._clock()
        person = Person(str(ULID.from_datetime(now)), shown, role, now)
        kept = hash_password(password, shown)
        row = {"id": person.id, "name": shown, "login": login_of(shown), "role": role}
        try:
            with self._database.write() as connection:
                connection.execute(insert(people).values(**row, password_hash=kept, created_at=now))
                # Keys sign in until there are accounts, and not longer.
                connection.execute(delete(sessions).where(sessions.c.key_id.is_not(None)))
                note_act(
                    connection, by, AuditAction.PERSON_ADDED, now, person.id, name=shown, role=role
                )
        except IntegrityError as exc:
            raise SubmissionRefused("person-exists", name=shown) from exc
        self._none_until_s = 0.0
        return person

    def list(self) -> tuple[Person, ...]:
        """Everybody, the first first."""
        with self._database.read() as connection:
            query = select(people).order_by(people.c.created_at, people.c.id)
            return tuple(to_person(row) for row in connection.execute(query).mappings())

    def get(self, person_id: str) -> Person | None:
        """Somebody by their id."""
        with self._database.read() as connection:
            query = select(people).where(people.c.id == person_id)
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else to_person(row)

    def change(
        self,
        name: str,
        by: Actor = PROGRAM,
        *,
        role: Role | None = None,
        password: str | None = None,
        disabled: bool | None = None,
        keeps_administrator: bool = False,
        seen_role: Role | None = None,
    ) -> Person:
        """Gives somebody another role or password, or takes their leave; ends their sessions.

        Args:
            name: whose.
            by: who wants it, for the audit log.
            role: what they may do from now on; None for what stays, here and below.
            password: another one.
            disabled: whether they may sign in no more.
            keeps_administrator: refuses what would leave nobody who may undo it on a page.
            seen_role: which role they have to have still; None where any will do.

        Raises:
            SubmissionRefused: there is nobody of that name, the password is not good enough, no
                administrator would be left, or somebody gave them another role meanwhile.
        """
        now = self._clock()
        values: dict[str, Any] = {}
        if role is not None:
            values["role"] = role
        if password is not None:
            values["password_hash"] = hash_password(password, name)
        if disabled is not None:
            values["disabled_at"] = now if disabled else None
        with self._database.write() as connection:
            take_turn(connection, Turn.PEOPLE)  # two who demote each other would leave none
            row = _of_login(connection, login_of(name), lock=True)
            if row is None:
                raise SubmissionRefused("person-unknown", name=name[:_LONGEST_NAME])
            if seen_role not in (None, row["role"]):
                raise SubmissionRefused("changed-meanwhile")
            if password is not None and row["identity"] is not None:
                raise SubmissionRefused("person-has-no-password", name=row["name"])
            loses = disabled or role not in (None, Role.ADMINISTRATOR)
            if keeps_administrator and loses and not _has_other_administrator(connection, row):
                raise SubmissionRefused("person-last-administrator", name=row["name"])
            connection.execute(update(people).where(people.c.id == row["id"]).values(**values))
            connection.execute(delete(sessions).where(sessions.c.person_id == row["id"]))
            told = {"role": role, "disabled": disabled, "password": True if password else None}
            told = {name: value for name, value in told.items() if value is not None}
            note_act(
                connection, by, AuditAction.PERSON_CHANGED, now, row["id"], name=row["name"], **told
            )
            fresh = _of_login(connection, login_of(name))
        if fresh is None:
            raise RuntimeError("a person who was changed is not there")
        return to_person(fresh)

    def authenticate(self, name: str, password: str) -> Person | None:
        """Who this is; None after the same time whether the name or the password is wrong."""
        with self._database.read() as connection:
            row = _of_login(connection, login_of(name))
        kept = None if row is None or row["disabled_at"] is not None else row["password_hash"]
        if not is_password(password, kept) or row is None:
            return None
        return to_person(row)

    def of_elsewhere(
        self, system: str, subject: str, name: str, roles: Mapping[str, Role], groups: Iterable[str]
    ) -> Person:
        """Somebody whom another system has signed in; made where they come for the first time.

        Args:
            system: which one.
            subject: by what it knows them; names may change.
            name: what they are called; where somebody else has it, with a number.
            roles: of its groups; empty where roles are given here.
            groups: to which they belong.

        Raises:
            SignInRefused: their account is disabled, or none of their groups may look; where they
                are signed in already, they are so no more.
            SubmissionRefused: the name is none.
        """
        role = role_of_groups(groups, roles) if roles else None
        identity = hashlib.sha256(f"{system}\0{subject}".encode()).hexdigest()
        if roles and role is None:
            self._end_sessions(identity)
            raise SignInRefused("person-without-role")
        query = select(people).where(people.c.identity == identity)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return self._add_of_elsewhere(identity, system, checked_name(name), role)
        if row["disabled_at"] is not None:
            raise SignInRefused("person-disabled", name=row["name"])
        if role is not None and role != row["role"]:
            with self._database.write() as connection:
                connection.execute(update(people).where(people.c.id == row["id"]).values(role=role))
                note_act(
                    connection,
                    PROGRAM,
                    AuditAction.PERSON_CHANGED,
                    self._clock(),
                    row["id"],
                    name=row["name"],
                    role=role,
                )
        person = to_person(row)
        return person if role is None else replace(person, role=role)

    def _end_sessions(self, identity: str) -> None:
        """Of somebody who has no role any more, whatever browser they are signed in with."""
        theirs = select(people.c.id).where(people.c.identity == identity).scalar_subquery()
        begun = select(sessions.c.person_id).where(sessions.c.person_id == theirs).limit(1)
        with self._database.read() as connection:
            person_id = connection.scalar(begun)
        if person_id is None:
            return
        with self._database.write() as connection:
            of_person = delete(sessions).where(sessions.c.person_id == person_id)
            if ended := connection.execute(of_person).rowcount:
                action, now = AuditAction.SESSIONS_ENDED, self._clock()
                note_act(connection, PROGRAM, action, now, person_id, sessions=ended)

    def _add_of_elsewhere(self, identity: str, system: str, name: str, role: Role | None) -> Person:
        now = self._clock()
        of_identity = select(people).where(people.c.identity == identity)
        with self._database.write() as connection:
            take_turn(connection, Turn.SIGN_IN)
            row = connection.execute(of_identity).mappings().one_or_none()
            if row is not None:  # two requests of somebody new
                return to_person(row)
            shown = _free_name(connection, name)
            person_id = str(ULID.from_datetime(now))
            given = role or Role.VIEWER
            connection.execute(
                insert(people).values(
                    id=person_id,
                    name=shown,
                    login=login_of(shown),
                    role=given,
                    password_hash=NO_PASSWORD,
                    created_at=now,
                    identity=identity,
                )
            )
            connection.execute(delete(sessions).where(sessions.c.key_id.is_not(None)))
            note_act(
                connection,
                PROGRAM,
                AuditAction.PERSON_ADDED,
                now,
                person_id,
                name=shown,
                role=given,
                signed_in_by=system,
            )
        self._none_until_s = 0.0
        return Person(person_id, shown, given, now, None, signed_in_elsewhere=True)

    def any_active(self) -> bool:
        """Whether somebody may sign in."""
        with self._database.read() as connection:
            query = _ANYBODY.where(people.c.disabled_at.is_(None))
            return connection.scalar(query) is not None

    def any_made(self) -> bool:
        """Whether there ever was an account; from then on every request needs one, or a key."""
        asked_s = time.monotonic()
        with self._database.read() as connection:
            found = connection.scalar(_ANYBODY) is not None
        self._none_until_s = 0.0 if found else asked_s + FIRST_KEY_NOTICED_WITHIN_S
        return found

    def had_none_lately(self) -> bool:
        """Whether ``any_made`` found none within the last half second; asks nobody."""
        return time.monotonic() < self._none_until_s


def checked_name(name: str) -> str:
    """The name as it is shown.

    Raises:
        SubmissionRefused: nobody could read it, or it is too long.
    """
    shown = unicodedata.normalize("NFC", " ".join(name.split()))
    if not shown or not shown.isprintable() or len(login_of(shown)) > _LONGEST_NAME:
        raise SubmissionRefused("person-name-unfit", most=_LONGEST_NAME)
    return shown


def login_of(name: str) -> str:
    """The name as it is compared."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def to_person(row: RowMapping) -> Person:
    """A row of the table."""
    return Person(
        row["id"],
        row["name"],
        Role(row["role"]),
        row["created_at"],
        row["disabled_at"],
        row["identity"] is not None,
    )


def _free_name(connection: Connection, name: str) -> str:
    """The name, with a number behind it where somebody else has it."""
    for number in range(1, _MOST_NAMESAKES):
        end = "" if number == 1 else f" {number}"
        shown = name[: _LONGEST_NAME - len(end)].rstrip() + end
        if len(login_of(shown)) <= _LONGEST_NAME and _of_login(connection, login_of(shown)) is None:
            return shown
    raise SubmissionRefused("person-exists", name=name)


def _has_other_administrator(connection: Connection, row: RowMapping) -> bool:
    query = select(people.c.id).where(
        people.c.role == Role.ADMINISTRATOR,
        people.c.disabled_at.is_(None),
        people.c.id != row["id"],
    )
    return connection.scalar(query.limit(1)) is not None


def _of_login(connection: Connection, login: str, *, lock: bool = False) -> RowMapping | None:
    if not login.isprintable() or len(login) > _LONGEST_NAME:
        return None  # what no account has, and not every database can look for
    query = select(people).where(people.c.login == login)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().one_or_none()
