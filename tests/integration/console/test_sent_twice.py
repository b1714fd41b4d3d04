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


@pytest.mark.usefixtures("person_id")
@pytest.mark.parametrize("version", [None, "", "one", "-1", "1.0", "9" * 40])
def test_a_correction_says_which_version_its_sender_saw(api: Api, version: str | None) -> None:
    """Without it nothing is saved, so that nobody's correction is replaced unseen."""
    path = filled("/pictures/{inspection_id}/correction", api)
    with session_of(api, Role.ADMINISTRATOR) as client:
        fields = {"form_token": token_of(client), "boxes": "[]", "note": "mine"}
        said = fields if version is None else {**fields, "version": version}
        answer = client.post(path, data=said)
        assert answer.status_code == 422
        assert "version" in answer.text
        assert client.get(f"{path}.json").status_code == 404
        assert client.post(path, data={**fields, "version": "0"}).status_code == 303
        assert client.get(f"{path}.json").json()["note"] == "mine"
