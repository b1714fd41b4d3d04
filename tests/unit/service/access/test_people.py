"""Accounts, sessions, and signing in slower and slower."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from safety_detector.domain.people import Role
from safety_detector.errors import SignInRefused, SubmissionRefused
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.records import Scope
from tests.service_stand import Stand

PASSWORD = "correct horse 9"  # noqa: S105 (of a test)
OTHER = "another horse 9"
HERE = "192.0.2.7"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs is the library's; here it is little."""
    from argon2 import PasswordHasher

    from safety_detector.service.access import passwords

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    passwords._of_nobody.cache_clear()


def sign_in(stand: Stand, name: str, password: str, address: str = HERE) -> str | float:
    """The name of who came in, or how many seconds nothing is tried; 0 for wrong."""
    outcome = stand.service.access.sign_in.attempt(name, password, address)
    return outcome.who.name if outcome.who else outcome.wait.total_seconds()


@pytest.mark.parametrize("typed", ["Wang Lei", " wang  LEI", "ｗａｎｇ ｌｅｉ"])
def test_a_name_is_the_same_however_it_is_typed(stand: Stand, typed: str) -> None:
    """Capitals, spaces and the wide letters of Chinese keyboards make nobody else."""
    stand.service.access.people.add("Wang Lei", Role.REVIEWER, PASSWORD)
    assert sign_in(stand, typed, PASSWORD) == "Wang Lei"
    with pytest.raises(SubmissionRefused):
        stand.service.access.people.add(typed, Role.VIEWER, PASSWORD)


@pytest.mark.parametrize("name", ["", " ", "a\nb\0", "x" * 65, "\u202eevil"])
def test_a_name_that_nobody_could_read_is_refused(stand: Stand, name: str) -> None:
    """What stands beside acts for years is legible."""
    if name == "a\nb\0":
        name = "a\0b"
    with pytest.raises(SubmissionRefused):
        stand.service.access.people.add(name, Role.VIEWER, PASSWORD)


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaa", "wanglei2026!", "x" * 257, "ababababab"]
)
def test_a_password_that_is_guessed_at_once_is_refused(stand: Stand, password: str) -> None:
    """Too short, too long, the name itself, one letter over and over."""
    with pytest.raises(SubmissionRefused):
        stand.service.access.people.add("wanglei", Role.VIEWER, password)


@pytest.mark.attack("passwords")
@pytest.mark.parametrize("password", ["", "wrong horse 9", PASSWORD + " ", "\udcff", "密" * 300])
def test_a_wrong_password_lets_nobody_in(stand: Stand, password: str) -> None:
    """Nor does one that is no text at all."""
    stand.service.access.people.add("me", Role.VIEWER, PASSWORD)
    assert sign_in(stand, "me", password) == 0
    assert sign_in(stand, "nobody", PASSWORD) == 0


@pytest.mark.attack("passwords")
@pytest.mark.parametrize("name", ["me", "nobody", "\0", "ME"])
def test_tries_get_slower_for_every_name_alike(stand: Stand, name: str) -> None:
    """Whoever guesses learns from the waits neither a password nor which names there are."""
    stand.service.access.people.add("me", Role.VIEWER, PASSWORD)
    waits = []
    for _ in range(12):
        wait = sign_in(stand, name, "wrong horse 9")
        waits.append(wait)
        stand.clock.advance(float(wait) + 0.01)
    tried = [wait for wait in waits if wait == 0]
    refused = [round(float(wait)) for wait in waits if wait]
    assert len(tried) >= 3
    assert refused == sorted(refused)
    assert refused[-1] >= 16


@pytest.mark.attack("passwords")
def test_tries_at_once_are_as_slow_as_one_after_the_other(stand: Stand) -> None:
    """Whoever guesses with many connections gets the four tries that one connection gets."""
    stand.service.access.people.add("me", Role.VIEWER, PASSWORD)
    with ThreadPoolExecutor(16) as threads:
        waits = list(threads.map(lambda _: sign_in(stand, "me", "wrong horse 9"), range(48)))
    assert waits.count(0) == 4


def test_the_right_password_waits_too_and_then_ends_the_waiting(stand: Stand) -> None:
    """While nothing is tried not even the right one is: else guessing would go on."""
    stand.service.access.people.add("me", Role.VIEWER, PASSWORD)
    for _ in range(4):
        sign_in(stand, "me", "wrong horse 9")
    assert sign_in(stand, "me", PASSWORD) == pytest.approx(2, abs=1.1)
    stand.clock.advance(5)
    assert sign_in(stand, "me", PASSWORD) == "me"
    assert sign_in(stand, "me", "wrong horse 9") == 0


def test_whoever_guesses_does_not_keep_a_person_out(stand: Stand) -> None:
    """From another place their own password counts, after seconds at most."""
    stand.service.access.people.add("me", Role.VIEWER, PASSWORD)
    for number in range(200):
        sign_in(stand, "me", "wrong horse 9", f"198.51.100.{number}")
    stand.clock.advance(11)
    assert sign_in(stand, "me", PASSWORD) == "me"


@pytest.mark.attack("passwords")
def test_one_place_cannot_try_one_password_for_many_names(stand: Stand) -> None:
    """Nor from the many addresses of one IPv6 network."""
    found = [
        sign_in(stand, f"person-{number}", "wrong horse 9", f"2001:db8::{number:x}")
        for number in range(1, 60)
    ]
    assert any(found)


def test_a_session_is_ended_here(stand: Stand) -> None:
    """Signing out, another password, another role and leave make the cookie worthless."""
    access = stand.service.access
    person = access.people.add("me", Role.VIEWER, PASSWORD)
    token = access.sessions.begin(person)
    found = access.sessions.find(token)
    assert found is not None
    assert (found.name, found.role, found.actor.person_id) == ("me", Role.VIEWER, person.id)
    access.sessions.end(token)
    assert access.sessions.find(token) is None
    for change in ({"role": Role.MANAGER}, {"password": OTHER}, {"disabled": True}):
        token = access.sessions.begin(person)
        access.people.change("me", **change)
        assert access.sessions.find(token) is None
    assert sign_in(stand, "me", OTHER) == 0


@pytest.mark.parametrize("token", ["", "x", "\udcff", "a" * 5000])
def test_a_made_up_cookie_is_nobodys(stand: Stand, token: str) -> None:
    """Whatever a browser sends."""
    assert stand.service.access.sessions.find(token) is None


def test_a_session_that_nobody_uses_ends_by_itself(stand: Stand) -> None:
    """After half a day; one that is used goes on, for a month at most."""
    access = stand.service.access
    person = access.people.add("me", Role.VIEWER, PASSWORD)
    used, unused = access.sessions.begin(person), access.sessions.begin(person)
    for _ in range(30 * 3 - 1):
        stand.clock.advance(8 * 3600)
        assert access.sessions.find(used) is not None
    assert access.sessions.find(unused) is None
    stand.clock.advance(8 * 3600)
    assert access.sessions.find(used) is None


def test_a_key_signs_in_with_what_it_may(stand: Stand) -> None:
    """Until there are accounts whoever installed the service has only its first key."""
    access = stand.service.access
    keys = {scope: access.keys.create(f"key {scope}", [scope]) for scope in Scope}
    roles = {}
    for scope, (key, text) in keys.items():
        outcome = access.sign_in.attempt("", text, HERE)
        if outcome.who is not None:
            token = access.sessions.begin(outcome.who)
            found = access.sessions.find(token)
            assert found is not None
            roles[scope] = found.role
            access.keys.revoke(key.id)
            assert access.sessions.find(token) is None
    assert roles == {Scope.READ: Role.VIEWER, Scope.ADMIN: Role.ADMINISTRATOR}


@pytest.mark.parametrize("disabled", [False, True])
def test_a_key_signs_in_no_more_once_there_are_accounts(stand: Stand, disabled: bool) -> None:
    """Nor does a session go on that one began: every act is from then on somebody's."""
    access = stand.service.access
    _, text = access.keys.create("first", [Scope.ADMIN])
    outcome = access.sign_in.attempt("", text, HERE)
    assert outcome.who is not None
    before = access.sessions.begin(outcome.who)
    assert access.sessions.find(before) is not None
    access.people.add("me", Role.ADMINISTRATOR, PASSWORD)
    if disabled:
        access.people.change("me", disabled=True)
    at_once = access.sessions.begin(outcome.who)
    assert access.sessions.find(before) is None
    assert access.sessions.find(at_once) is None
    assert sign_in(stand, "", text) == 0
    assert sign_in(stand, "me", text) == 0
    if not disabled:
        assert sign_in(stand, "me", PASSWORD) == "me"


@pytest.mark.parametrize("loss", [{"role": Role.VIEWER}, {"disabled": True}], ids=str)
def test_administrators_who_demote_each_other_at_once_leave_one(
    stand: Stand, loss: dict[str, Any]
) -> None:
    """Whichever of them comes first, somebody is left who may undo it on a page."""
    people, names = stand.service.access.people, ("ann", "bob", "cho")
    for name in names:
        people.add(name, Role.ADMINISTRATOR, PASSWORD)

    def lose(name: str, start: Barrier) -> bool:
        start.wait(30)
        try:
            people.change(name, keeps_administrator=True, **loss)
        except SubmissionRefused:
            return False
        return True

    for _ in range(8):
        for name in names:
            people.change(name, role=Role.ADMINISTRATOR, disabled=False)
        start = Barrier(len(names))
        with ThreadPoolExecutor(len(names)) as threads:
            lost = list(threads.map(partial(lose, start=start), names))
        assert lost.count(True) == len(names) - 1
    left = [one for one in people.list() if one.role is Role.ADMINISTRATOR and not one.disabled_at]
    assert len(left) == 1


def test_who_has_left_all_groups_is_signed_in_nowhere(stand: Stand) -> None:
    """What another system says when they come again counts for their other browsers too."""
    access, roles = stand.service.access, {"ehs": Role.MANAGER}
    leaves, stays = (
        access.people.of_elsewhere("provider", subject, subject, roles, ["ehs"])
        for subject in ("4711", "4712")
    )
    tokens = [access.sessions.begin(leaves) for _ in range(2)]
    others = access.sessions.begin(stays)
    for _ in range(2):
        with pytest.raises(SignInRefused):
            access.people.of_elsewhere("provider", "4711", "4711", roles, ["canteen"])
    with pytest.raises(SignInRefused):
        access.people.of_elsewhere("provider", "unknown", "4712", roles, ["canteen"])
    assert [access.sessions.find(one) for one in tokens] == [None, None]
    assert access.sessions.find(others) is not None
    ended = access.audit.entries(AuditFilter(action=AuditAction.SESSIONS_ENDED), 10)
    assert [(one.subject, one.details) for one in ended] == [(leaves.id, {"sessions": 2})]


def test_what_is_done_to_accounts_is_in_the_audit_log_without_passwords(stand: Stand) -> None:
    """Who made whom, gave which role, and signed in."""
    people = stand.service.access.people
    person = people.add("me", Role.VIEWER, PASSWORD, Actor("root@host"))
    people.change("me", Actor("root@host"), role=Role.MANAGER, password=OTHER)
    stand.service.access.sessions.begin(person)
    entries = stand.service.access.audit.entries(AuditFilter(), 10)
    assert [one.action for one in entries] == ["signed-in", "person-changed", "person-added"]
    assert entries[0].actor.person_id == person.id
    assert "horse" not in str(entries)
