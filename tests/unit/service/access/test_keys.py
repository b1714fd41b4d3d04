"""API keys."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from safety_detector.errors import ConfigurationInvalid, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Scope
from tests.service_stand import Stand


def test_a_key_tells_who_comes_and_what_they_may(stand: Stand) -> None:
    """Only the granted scopes are granted."""
    key, shown = stand.service.access.keys.create("reporting", [Scope.READ])
    principal = stand.service.access.keys.authenticate(shown)
    assert principal is not None
    assert (principal.key_id, principal.name) == (key.id, "reporting")
    assert principal.may(Scope.READ)
    assert not principal.may(Scope.SUBMIT)
    assert not principal.may(Scope.ADMIN)
    assert not principal.may_push_to("gate")


def test_an_admin_may_everything(stand: Stand) -> None:
    """The scope includes the others."""
    _, shown = stand.service.access.keys.create("root", [Scope.ADMIN])
    principal = stand.service.access.keys.authenticate(shown)
    assert principal is not None
    assert all(principal.may(scope) for scope in Scope)
    assert principal.may_push_to("gate")


def test_a_camera_key_may_push_to_its_own_camera_and_nothing_else(stand: Stand) -> None:
    """Whoever steals a camera's key can neither read nor push elsewhere."""
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate")
    _, shown = stand.service.access.keys.create("gate", [Scope.ADMIN], camera_id="gate")
    principal = stand.service.access.keys.authenticate(shown)
    assert principal is not None
    assert principal.may_push_to("gate")
    assert not principal.may_push_to("crane")
    assert not any(principal.may(scope) for scope in Scope)


def test_a_key_for_a_camera_that_is_not_there_is_refused(stand: Stand) -> None:
    """A mistyped id is noticed when the key is made."""
    with pytest.raises(UnknownCamera):
        stand.service.access.keys.create("gate", [], camera_id="gaet")


def test_what_is_no_key_of_ours_opens_nothing(stand: Stand) -> None:
    """Neither made-up text, nor a key with another's id or another secret."""
    _, shown = stand.service.access.keys.create("a", [Scope.READ])
    prefix, key_id, secret = shown.split("_", 2)
    _, other = stand.service.access.keys.create("b", [Scope.READ])
    other_secret = other.split("_", 2)[2]
    theirs = [
        f"{prefix}_{key_id}_",
        f"{prefix}_{key_id}_{secret}x",
        f"{prefix}_{key_id}_{other_secret}",
        f"{prefix}_{key_id}_\udc80",
        f"x{shown}",
    ]
    for wrong in ["", "x", "__", "sdk_", "\udc80", *theirs]:
        assert stand.service.access.keys.authenticate(wrong) is None, wrong


def test_a_revoked_key_opens_nothing_and_stays_listed(stand: Stand) -> None:
    """The record of who had access is kept, and that there ever was a key."""
    assert not stand.service.access.keys.any_made()
    key, shown = stand.service.access.keys.create("a", [Scope.READ])
    assert stand.service.access.keys.any_active()
    assert stand.service.access.keys.revoke(key.id)
    assert not stand.service.access.keys.revoke(key.id)
    assert stand.service.access.keys.authenticate(shown) is None
    assert not stand.service.access.keys.any_active()
    assert stand.service.access.keys.any_made()
    assert [one.revoked_at is not None for one in stand.service.access.keys.list()] == [True]


def test_the_secret_is_not_in_the_database(stand: Stand) -> None:
    """Whoever reads the database cannot use the keys."""
    _, shown = stand.service.access.keys.create("a", [Scope.READ])
    secret = shown.split("_", 2)[2]
    with stand.service.database.read() as connection:
        rows = connection.execute(text("SELECT * FROM api_keys")).all()
    assert secret not in str(rows)


FIRST = "sdk_first_" + "0123456789abcdef" * 4


def test_the_operator_s_own_first_key_is_an_admin_s(stand: Stand) -> None:
    """A deployment has a key from the start, and starting again changes nothing."""
    assert stand.service.access.keys.adopt_first(FIRST)
    assert stand.service.access.keys.adopt_first(FIRST)
    principal = stand.service.access.keys.authenticate(FIRST)
    assert principal is not None
    assert principal.may(Scope.ADMIN)
    assert stand.service.access.keys.authenticate(FIRST[:-1]) is None
    stand.service.access.keys.create("gate", [Scope.READ])
    assert [key.name for key in stand.service.access.keys.list()] == ["first key", "gate"]


def test_the_first_key_is_taken_only_while_there_is_none(stand: Stand) -> None:
    """A file left lying about opens nothing later, least of all after the key was revoked."""
    assert stand.service.access.keys.adopt_first(FIRST)
    assert not stand.service.access.keys.adopt_first(FIRST.replace("0", "1"))
    assert stand.service.access.keys.revoke("first")
    assert not stand.service.access.keys.adopt_first(FIRST)
    assert stand.service.access.keys.authenticate(FIRST) is None


@pytest.mark.parametrize("text", ["", "secret", "sdk_first_short", FIRST + "\n", "x" + FIRST])
def test_a_first_key_that_could_be_guessed_is_refused(stand: Stand, text: str) -> None:
    """The message says how to make one, and does not repeat what was given."""
    with pytest.raises(ConfigurationInvalid, match="openssl rand") as caught:
        stand.service.access.keys.adopt_first(text)
    assert not text or text not in caught.value.message
