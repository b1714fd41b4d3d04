"""``safety-detector incidents``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from safety_detector.database.tables import incidents
from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database
from tests.pictures import jpeg
from tests.unit.service.incidents.test_statistics import opened

from .conftest import RunCommand

ID = "01KAJ8W4T02M5QCZXK1D7H3R9N"


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service with a confirmed fire."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    database = open_migrated_database(load_settings())
    row = opened(1, datetime(2026, 11, 21, 8, 0, tzinfo=UTC)) | {"id": ID}
    with database.write() as connection:
        connection.execute(insert(incidents), row)
    database.close()


def test_an_incident_is_listed_shown_and_dealt_with(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """What is typed is what REST takes; the audit log has the person."""
    assert json.loads(run_command("incidents", "list").out)["id"] == ID
    assert run_command("incidents", "list", "--state", "open").out == ""
    said = run_command(
        *("incidents", "describe", ID, "--location", "tank farm", "--level", "major"),
        *("--if-version", "0"),
    )
    assert said.code == 0, said.err
    assigned = run_command(
        *("incidents", "act", ID, "assign", "--assignee", "Zhao", "--measure", "clear it"),
        *("--due", "2099-01-01", "--unit", "Maintenance", "--funds", "500 CNY"),
    )
    assert assigned.code == 0, assigned.err
    assert json.loads(assigned.out)["responsible_unit"] == "Maintenance"
    after = tmp_path / "after.jpg"
    after.write_bytes(jpeg())
    rectified = run_command("incidents", "act", ID, "rectify", "--picture", str(after))
    assert rectified.code == 0, rectified.err
    assert json.loads(rectified.out)["after"]["status"] == "queued"
    shown = json.loads(run_command("incidents", "show", ID).out)
    assert [one["act"] for one in shown["acts"]] == ["describe", "assign", "rectify"]
    assert shown["incident"]["location"] == "tank farm"
    counted = json.loads(run_command("incidents", "statistics").out)
    assert counted["by_level"]["major"]["found"] == 1
    audited = run_command("audit", "--action", "incident-act").out.splitlines()
    assert len(audited) == 3
    assert all("@" in json.loads(one)["actor"] for one in audited)


def test_a_judgement_names_the_picture_that_was_looked_at(run_command: RunCommand) -> None:
    """Labelled sets take the person's word for it; which one is shown best may change meanwhile."""
    judged = "01KAJ8W4T02M5QCZXK1D7H3R9P"
    database = open_migrated_database(load_settings())
    seen = opened(2, datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    with database.write() as connection:
        connection.execute(
            insert(incidents),
            seen
            | {"state": "acknowledged", "review": None}
            | {"best_inspection_id": judged, "best_box": [0.1, 0.1, 0.4, 0.4]},
        )
    database.close()
    act = ("incidents", "act", str(seen["id"]), "confirm", "--inspection")
    another = run_command(*act, ID)
    assert (another.code, "does not show" in another.err) == (2, True), another.err
    two = run_command(*act, judged, "--inspection", ID)
    assert (two.code, "confirm takes one picture" in two.err) == (2, True), two.err
    file = run_command(*act[:-1], "--picture", __file__)
    assert (file.code, "confirm takes no file" in file.err) == (2, True), file.err
    done = run_command(*act, judged)
    assert done.code == 0, done.err
    [confirmed] = json.loads(run_command("incidents", "show", str(seen["id"])).out)["acts"]
    assert confirmed["shown_inspection_id"] == judged


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("act", ID, "close"), "not possible"),
        (("act", ID, "dismiss"), "needs a text"),
        (("act", ID, "describe"), "PATCH"),
        (("act", ID, "assign", "--assignee", " "), "assignee"),
        (("act", ID, "note", "--text", "x", "--inspection", ID, "--inspection", ID), "takes no"),
        (("act", "01KAJ8W4T02M5QCZXK1D7H3R9X", "note", "--text", "x"), "no incident"),
        (("act", ID, "note", "--text", "x", "--if-version", "7"), "changed"),
        (("describe", ID), "Nothing is said"),
        (("show", "x"), "no incident"),
    ],
)
def test_what_cannot_be_done_is_named(
    run_command: RunCommand, arguments: tuple[str, ...], says: str
) -> None:
    """And exits with 2."""
    refused = run_command("incidents", *arguments)
    assert (refused.code, says in refused.err) == (2, True), refused.err
