"""What people say is in pictures, over REST."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.api_server import Api, make_jpeg
from tests.console_stand import add_incidents


@pytest.fixture
def path(client: httpx2.Client, api: Api) -> str:
    """Of a picture with one fire, at 80, 60, 160, 120 of 320 × 240."""
    jpeg = {"Content-Type": "image/jpeg"}
    sent = client.post("/v1/inspections", content=make_jpeg(1), headers=jpeg)
    api.work()
    return f"/v1/inspections/{sent.json()['id']}"


def box(*corners: int, label: str = "fire", state: str = "severe", **more: Any) -> dict[str, Any]:
    """A box of a body."""
    return {"bbox_2d": corners, "label": label, "sub_label": state} | more


def test_each_box_keeps_where_it_is_from(client: httpx2.Client, path: str) -> None:
    """Kept, moved, drawn and removed are told apart, and what the detector said stays."""
    before = client.get(path).json()
    assert client.get(f"{path}/correction").status_code == 404
    drawn = box(0, 0, 20, 40, label="person", state="no_helmet")
    moved = box(81, 60, 160, 120, detection=0)
    answer = client.put(f"{path}/correction", json={"boxes": [moved, drawn], "complete": True})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert [one["origin"] for one in said["boxes"]] == ["changed", "added"]
    assert said["boxes"][0]["detection"]["bbox_2d"] == [80, 60, 160, 120]
    assert (said["verdict"], said["removed"], said["version"]) == ("hazard", [], 1)
    kept = box(80, 60, 160, 120, detection=0)
    said = client.put(f"{path}/correction", json={"boxes": [kept], "complete": False}).json()
    assert [one["origin"] for one in said["boxes"]] == ["kept"]
    said = client.put(f"{path}/correction", json={"boxes": [], "complete": True}).json()
    assert [one["bbox_2d"] for one in said["removed"]] == [[80, 60, 160, 120]]
    assert (said["verdict"], said["version"]) == ("clear", 3)
    assert client.get(f"{path}/correction").json() == said
    history = client.get(f"{path}/corrections").json()["corrections"]
    assert [one["version"] for one in history] == [3, 2, 1]
    assert client.get(path).json() == before
    acts = client.get("/v1/audit", params={"action": "corrected"}).json()["entries"]
    assert len(acts) == 3


def test_whoever_was_second_is_told(client: httpx2.Client, path: str) -> None:
    """With the tag of what they read; nothing is saved then, and the first one is named."""
    body = {"boxes": [], "complete": True}
    address = f"{path}/correction"
    first = client.put(address, json=body, headers={"If-None-Match": "*"})
    tag = first.headers["ETag"]
    assert client.get(address).headers["ETag"] == tag
    late = client.put(address, json=body, headers={"If-None-Match": "*"})
    assert (late.status_code, late.json()["code"]) == (412, "correction-changed")
    assert client.put(address, json=body, headers={"If-Match": tag}).status_code == 200
    late = client.put(address, json=body, headers={"If-Match": tag})
    assert late.status_code == 412
    assert client.put(address, json=body, headers={"If-Match": '"x"'}).status_code == 412
    assert client.put(address, json=body, headers={"If-Match": "1"}).status_code == 422
    assert client.get(address).json()["version"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        box(10, 10, 10, 20),
        box(20, 10, 10, 20),
        box(-1, 0, 10, 20),
        box(0, 0, 321, 240),
        box(0, 0, 320, 241),
        box(0, 0, 10, 10, label="person", state="severe"),
        box(0, 0, 10, 10, label="fire", state="helmet"),
        box(0, 0, 10, 10, label="steam"),
        box(0, 0, 10, 10, detection=1),
        box(0, 0, 10, 10, detection=-1),
        box(0, 0, 10, 10, score=1),
        {"bbox_2d": [0, 0, 10], "label": "fire", "sub_label": "severe"},
        {"bbox_2d": [0.5, 0, 10, 10], "label": "fire", "sub_label": "severe"},
        {"bbox_2d": ["a", 0, 10, 10], "label": "fire", "sub_label": "severe"},
    ],
)
def test_what_is_no_box_of_the_picture_is_refused(
    client: httpx2.Client, path: str, wrong: dict[str, Any]
) -> None:
    """As a whole, and the answer names the box."""
    good = box(0, 0, 10, 10, detection=0)
    answer = client.put(f"{path}/correction", json={"boxes": [good, wrong], "complete": True})
    assert answer.status_code == 422, answer.text
    assert "1" in answer.json()["detail"] or "2" in answer.json()["detail"]
    assert client.get(f"{path}/correction").status_code == 404
    twice = {"boxes": [good, good], "complete": True}
    assert client.put(f"{path}/correction", json=twice).status_code == 422


def test_lists_tell_what_a_person_has_judged(client: httpx2.Client, path: str) -> None:
    """And what not, so that one can go through the rest."""
    jpeg = {"Content-Type": "image/jpeg"}
    other = client.post("/v1/inspections", content=make_jpeg(2), headers=jpeg).json()["id"]
    client.put(f"{path}/correction", json={"boxes": [], "complete": True})

    def listed(corrected: str) -> list[str]:
        answer = client.get("/v1/inspections", params={"corrected": corrected}).json()
        return [one["id"] for one in answer["inspections"]]

    assert listed("true") == [path.rpartition("/")[2]]
    assert listed("false") == [other]


def test_what_is_not_inspected_yet_is_not_corrected(client: httpx2.Client) -> None:
    """409, and 404 where there is no such picture."""
    jpeg = {"Content-Type": "image/jpeg"}
    sent = client.post("/v1/inspections", content=make_jpeg(2), headers=jpeg).json()
    body = {"boxes": [], "complete": True}
    answer = client.put(f"/v1/inspections/{sent['id']}/correction", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "inspection-unfinished")
    assert client.delete(f"/v1/inspections/{sent['id']}").status_code == 409
    missing = "/v1/inspections/01KAJ8W4T0X2V7Q9R5N3M1B6CD"
    assert client.put(f"{missing}/correction", json=body).status_code == 404
    assert client.delete(missing).status_code == 404


def test_a_correction_goes_with_its_picture_and_is_held_with_it(
    client: httpx2.Client, api: Api, path: str
) -> None:
    """A hold keeps both; without it both are gone for good."""
    client.put(f"{path}/correction", json={"boxes": [], "complete": True})
    assert client.put(f"{path}/hold", json={"reason": "case 7"}).status_code == 200
    refused = client.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "inspection-kept")
    assert client.get(f"{path}/correction").status_code == 200
    assert client.delete(f"{path}/hold").status_code == 204
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert api.service.inspections.corrections.get(path.rpartition("/")[2]) is None
    entry = client.get("/v1/audit", params={"action": "purged"}).json()["entries"][0]
    assert entry["details"]["first"] == path.rpartition("/")[2]


def test_evidence_of_an_open_incident_is_not_deleted(client: httpx2.Client, api: Api) -> None:
    """Its best picture stays, whoever wants it gone."""
    (incident_id,) = add_incidents(api, "Gate")
    best = client.get(f"/v1/incidents/{incident_id}").json()["best"]["inspection_id"]
    refused = client.delete(f"/v1/inspections/{best}")
    assert (refused.status_code, refused.json()["code"]) == (409, "inspection-kept")
