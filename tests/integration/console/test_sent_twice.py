"""What is sent twice, or without what its sender saw, over pages' forms."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from safety_detector.domain.people import Role
from tests.api_server import Api, make_jpeg

from .test_people import filled, session_of, token_of

PASSWORD = "a password for the tests 1"  # noqa: S105


@pytest.fixture
def person_id(api: Api) -> str:
    """Of somebody who may do everything."""
    person = api.service.access.people.add("the administrator", Role.ADMINISTRATOR, PASSWORD)
    return str(person.id)


def test_an_after_picture_sent_twice_is_one_and_says_who_sent_it(
    api: Api, person_id: str, tmp_path: Path
) -> None:
    """A button pressed twice makes one inspection, its sender's; another picture is new."""
    path = filled("/incidents/{incident_id}/after", api)
    with session_of(api, Role.ADMINISTRATOR) as client:
        fields = {"form_token": token_of(client)}
        for number in (98, 98, 99):
            files = {"file": ("after.jpg", make_jpeg(number, (640, 360)), "image/jpeg")}
            sent = client.post(path, data=fields, files=files, headers={"X-In-Place": "1"})
            assert sent.status_code == 200, sent.text
    with sqlite3.connect(tmp_path / "test.db") as database:
        query = "SELECT submitted_by FROM inspections WHERE name = 'after.jpg'"
        assert database.execute(query).fetchall() == [(person_id,), (person_id,)]
    database.close()
