"""Forms whose write fails: what somebody typed comes back, and scripts get words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.domain.people import Role
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.console_stand import add_incidents

from .test_people import filled, session_of, token_of

IMPATIENT = timedelta(seconds=0.3)
TYPED = "this took ten minutes to write"
PASSWORD = "a password for the tests 1"  # noqa: S105


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Path]]:
    """An API that soon gives up waiting for its database, and the database's file."""
    folder = tmp_path_factory.mktemp("away")
    file = folder / "impatient.db"
    runner = ApiRunner(folder)
    api = runner.start(database=Database(sqlite_url(file), lock_timeout=IMPATIENT))
    add_incidents(api, "Gate 1")
    push_again(api)
    api.service.access.people.add("the administrator", Role.ADMINISTRATOR, PASSWORD)
    yield api, file
    runner.stop()


def push_again(api: Api) -> None:
    """Shows it once more, so that it has pictures to part."""
    with api.client() as client:
        pushed = client.post(
            "/v1/cameras/camera-1/frames",
            content=make_jpeg(50, (640, 360)),
            headers={"Content-Type": "image/jpeg"},
        )
    assert pushed.status_code == 202, pushed.text
    api.work()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process writes and does not come to an end; everybody may read."""
    other = sqlite3.connect(file, timeout=60, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


FORMS = {
    "/incidents/{incident_id}/acts": {"act": "note", "text": TYPED},
    "/incidents/{incident_id}/description": {"place": "x", "location": TYPED},
    "/incidents/{incident_id}/parts": {
        "act": "split",
        "text": TYPED,
        "inspection_ids": "{inspection_id}",
    },
    "/pictures/{inspection_id}/correction": {
        "boxes": "[]",
        "note": TYPED,
        "version": "0",
    },
    "/pictures/{inspection_id}/hold": {"reason": TYPED},
    "/system/people": {
        "name": TYPED,
        "role": "viewer",
        "password": PASSWORD,
        "again": PASSWORD,
    },
    "/system/keys": {"name": TYPED, "for": "program", "scope-read": "1"},
}


@pytest.mark.parametrize("template", FORMS)
def test_what_was_typed_comes_back_when_the_write_fails(
    away: tuple[Api, Path], template: str
) -> None:
    """The page says what is wrong, and holds the text that could not be saved."""
    api, file = away
    fields = {name: filled(text, api) for name, text in FORMS[template].items()}
    path = filled(template, api)
    with session_of(api, Role.ADMINISTRATOR) as client:
        token = token_of(client)
        with locked(file):
            answer = client.post(path, data={**fields, "form_token": token})
    assert answer.status_code == (422 if "keys" in path else 503)
    assert "database" in answer.text
    assert TYPED in answer.text


IN_PLACE = (
    "/incidents/{incident_id}/acts",
    "/pictures/{inspection_id}/correction",
    "/pictures/{inspection_id}/release",
)


@pytest.mark.parametrize("template", IN_PLACE)
def test_a_script_is_told_in_words_that_the_write_failed(
    away: tuple[Api, Path], template: str
) -> None:
    """What a script shows beside its form is a sentence, not the source of a page."""
    api, file = away
    fields = FORMS.get(template, {})
    path = filled(template, api)
    with session_of(api, Role.ADMINISTRATOR) as client:
        data = {**fields, "form_token": token_of(client)}
        with locked(file):
            answer = client.post(path, data=data, headers={"X-In-Place": "1"})
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "database" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/incidents/{incident_id}/acts",
        "/incidents/{incident_id}/description",
        "/pictures/{inspection_id}/correction",
        "/system/people",
    ],
)
def test_a_script_with_a_form_that_no_longer_fits_is_told_in_words(
    away: tuple[Api, Path], path: str
) -> None:
    """A form of an earlier sign-in is refused with a sentence that can stand beside it."""
    api, _ = away
    with session_of(api, Role.ADMINISTRATOR) as client:
        answer = client.post(
            filled(path, api),
            data={"form_token": "expired"},
            headers={"X-In-Place": "1"},
        )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text == "You may not do this"
