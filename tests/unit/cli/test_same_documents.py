"""What the command line prints is what REST answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safety_detector import detect
from safety_detector.service.records import Finding, Submission
from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database
from tests.api_server import Api, ApiRunner
from tests.pictures import jpeg
from tests.service_stand import next_claim

from .conftest import RunCommand

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An API on the data folder and the database that the commands find."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    runner = ApiRunner(tmp_path)
    yield runner.start(database=open_migrated_database(load_settings()))
    runner.stop()


@pytest.fixture
def client(api: Api) -> Iterator[httpx2.Client]:
    """A client of it."""
    with api.client() as client:
        yield client


def inspect(api: Api, picture: bytes, name: str) -> str:
    """The id of a picture that was inspected as the command ``detect`` does it."""
    accepted = api.service.inspections.intake.accept(picture, Submission(name))
    claim = next_claim(api.service)
    assert claim is not None
    found = detect(picture, backend="embedded")
    finding = Finding(claim, found.detections, found.runs, found.verdict, found.annotated_jpeg())
    assert api.service.inspections.findings.record([finding]) == [True]
    return accepted.id


def without_occasion(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what differs from one inspection of a picture to the next."""
    for run in document["runs"]:
        run["timings_ms"] = sorted(run["timings_ms"])
    occasion = ("id", "links", "received_at", "taken_at")
    return {name: value for name, value in document.items() if name not in occasion}


@pytest.mark.processes
@pytest.mark.parametrize("lang", [None, "zh"])
def test_a_result_is_the_same_document(
    api: Api, client: httpx2.Client, run_command: RunCommand, tmp_path: Path, lang: str | None
) -> None:
    """``detect --json`` and REST say the same of a picture, by the same names in the same order."""
    path = tmp_path / "gate 北.jpg"
    path.write_bytes(jpeg(3))
    inspection_id = inspect(api, path.read_bytes(), path.name)
    answered = client.get(
        f"/v1/inspections/{inspection_id}", params={"lang": lang} if lang else {}
    ).json()
    options = ["--lang", lang] if lang else []
    outcome = run_command("detect", str(path), "--json", "--backend", "embedded", *options)
    printed = json.loads(outcome.out)
    assert list(printed) == list(answered)
    assert [list(one) for one in printed["runs"]] == [list(one) for one in answered["runs"]]
    for document in (printed, answered):
        assert TIME.fullmatch(document["received_at"])
        assert TIME.fullmatch(document["taken_at"])
    assert without_occasion(printed) == without_occasion(answered)


@pytest.mark.processes
def test_holds_and_the_log_are_the_same_documents(
    api: Api, client: httpx2.Client, run_command: RunCommand
) -> None:
    """What a command prints of a hold, and of who set it, is what an admin reads by REST."""
    accepted = api.service.inspections.intake.accept(jpeg(1), Submission("1.jpg"))
    set_now = run_command("hold", "set", "--reason", "事故 17", accepted.id, "--json").out
    held = run_command("hold", "list", "--json").out
    logged = run_command("audit", "--json").out
    (hold,) = client.get("/v1/holds").json()["holds"]
    assert json.loads(set_now) == json.loads(held) == hold
    assert TIME.fullmatch(hold["set_at"])
    entries = client.get("/v1/audit").json()["entries"]
    assert [json.loads(line) for line in logged.splitlines()] == entries
    assert all(TIME.fullmatch(one["at"]) for one in entries)


@pytest.mark.processes
@pytest.mark.usefixtures("api")
def test_keys_are_told_with_the_times_of_all_documents(run_command: RunCommand) -> None:
    """A program reads the times of keys as it reads all others."""
    made = json.loads(
        run_command("keys", "create", "gate", "--scope", "read", "--scope", "submit", "--json").out
    )
    revoked = run_command("keys", "revoke", made["id"])
    assert revoked.code == 0
    (listed,) = json.loads(run_command("keys", "list", "--json").out)["keys"]
    assert TIME.fullmatch(listed["created_at"])
    assert TIME.fullmatch(listed["revoked_at"])
    assert {**listed, "revoked_at": None, "key": made["key"]} == made
    assert listed["scopes"] == ["read", "submit"]
