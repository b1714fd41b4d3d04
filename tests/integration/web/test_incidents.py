"""Incidents over REST: what people say of them and do about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from safety_detector.service.records import Scope
from tests.api_server import Api, make_jpeg
from tests.event_stream import events_of, following

FRAMES = "/v1/cameras/gate-3/frames"


@pytest.fixture
def gate(client: httpx2.Client) -> httpx2.Client:
    """A client of an API with one camera."""
    made = client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    assert made.status_code == 201, made.text
    return client


def burn(api: Api, client: httpx2.Client, seed: int = 0, age_s: float = 0) -> str:
    """A frame of the gate that shows a severe fire; returns its inspection."""
    taken_at = datetime.now(UTC) - timedelta(seconds=age_s)
    pushed = client.post(
        FRAMES,
        params={"captured_at": taken_at.isoformat()},
        content=make_jpeg(seed),
        headers={"Content-Type": "image/jpeg"},
    )
    assert pushed.status_code == 202, pushed.text
    api.work()
    return str(pushed.json()["inspection"]["id"])


def the_incident(client: httpx2.Client) -> dict[str, Any]:
    """The only one."""
    (found,) = client.get("/v1/incidents").json()["incidents"]
    assert isinstance(found, dict)
    return found


def act(client: httpx2.Client, incident: dict[str, Any], **body: object) -> httpx2.Response:
    """Does something about it."""
    return client.post(f"/v1/incidents/{incident['id']}/acts", json=body)


def in_days(days: float) -> str:
    """A moment in the future."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_what_a_person_says_of_the_hazard_is_kept_and_audited(
    api: Api, gate: httpx2.Client
) -> None:
    """Place, description, rule and level are a person's; what is left out stays, null takes it."""
    burn(api, gate)
    path = f"/v1/incidents/{the_incident(gate)['id']}"
    said = {"location": "油罐区 2 号泵", "description": "油布起火", "level": "major"}
    answer = gate.patch(path, json=said | {"basis": "GB 50016-2014"})
    assert answer.status_code == 200, answer.text
    assert gate.patch(path, json={"basis": None}).json()["location"] == "油罐区 2 号泵"
    found = gate.get(path).json()
    assert {name: found[name] for name in said} == said
    assert found["basis"] is None
    assert found["version"] == 2
    assert [one["act"] for one in gate.get(f"{path}/acts").json()["acts"]] == ["describe"] * 2
    audited = gate.get("/v1/audit", params={"action": "incident-act"}).json()["entries"]
    assert audited[0]["details"] == {"act": "describe", "changed": {"basis": None}}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "Nothing is said"),
        ({"level": "huge"}, "level"),
        ({"location": " "}, "location"),
        ({"description": "a\0b"}, "description"),
        ({"severity": "minor"}, "severity"),
        ({"basis": "x" * 2001}, "basis"),
        ({"location": 3}, "location"),
    ],
)
def test_what_cannot_be_said_is_named(
    api: Api, gate: httpx2.Client, body: dict[str, object], fault: str
) -> None:
    """And nothing is changed; what cameras see is not a person's to change."""
    burn(api, gate)
    before = the_incident(gate)
    answer = gate.patch(before["links"]["self"], json=body)
    assert answer.status_code == 422, answer.text
    assert fault in answer.text
    assert the_incident(gate) == before


def test_an_assignment_holds_the_five_assurances(api: Api, gate: httpx2.Client) -> None:
    """Measure, person, money, time and plan; whoever gets more time keeps the rest."""
    burn(api, gate)
    incident = the_incident(gate)
    assert act(gate, incident, act="confirm").status_code == 201
    said = {
        "assignee": "王磊", "responsible_unit": "维修部", "measure": "清理油布", "funds": "500 元",
        "contingency_plan": "专人监护",
    }  # fmt: skip
    assigned = act(gate, incident, act="assign", due_at=in_days(3), **said)
    assert assigned.status_code == 201, assigned.text
    longer = act(gate, incident, act="assign", due_at=in_days(9)).json()
    assert {name: longer[name] for name in said} == said
    assert longer["due_at"] > assigned.json()["due_at"]
    late = act(gate, incident, act="assign", due_at=in_days(-1))
    assert late.status_code == 422
    assert "due_at" in late.text


def test_a_key_that_may_only_read_changes_nothing(api: Api, gate: httpx2.Client) -> None:
    """It sees incidents; acts and words are refused before their body is looked at."""
    burn(api, gate)
    path = f"/v1/incidents/{the_incident(gate)['id']}"
    for scope in (Scope.READ, Scope.SUBMIT):
        with api.client(api.key(scope)) as other:
            assert other.post(f"{path}/acts", json={"act": "confirm"}).status_code == 403
            assert other.patch(path, json={"level": "major"}).status_code == 403
    with api.client(api.key(Scope.READ)) as reader:
        assert reader.get(path).json()["version"] == 0


def test_of_two_people_at_once_one_is_told_who_did_what(api: Api, gate: httpx2.Client) -> None:
    """`If-Match` refuses what was decided on an older state, in every way in which it can be."""
    burn(api, gate)
    incident = the_incident(gate)
    path = f"/v1/incidents/{incident['id']}"
    tag = gate.get(path).headers["ETag"]
    first = gate.patch(path, json={"level": "major"}, headers={"If-Match": tag})
    assert (first.status_code, first.headers["ETag"] != tag) == (200, True)
    late = gate.post(f"{path}/acts", json={"act": "confirm"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["code"] == "incident-changed"
    assert "describe: anyone on this machine" in late.json()["detail"]
    for refused, status in (
        (f"W/{first.headers['ETag']}", 412),
        ('"of another service"', 412),
        (f'"{"0" * 26}-1"', 412),
        ("3", 422),
        (",", 422),
    ):
        answer = gate.patch(path, json={"level": None}, headers={"If-Match": refused})
        assert answer.status_code == status, (refused, answer.text)
    for taken in ("*", '"x", {}'):
        present = taken.format(gate.get(path).headers["ETag"])
        answer = gate.patch(path, json={"level": None}, headers={"If-Match": present})
        assert answer.status_code == 200, answer.text
    burn(api, gate)
    now = gate.get(path)
    assert now.json()["looks"] == 2
    confirmed = gate.post(
        f"{path}/acts", json={"act": "confirm"}, headers={"If-Match": now.headers["ETag"]}
    )
    assert confirmed.status_code == 201


def test_an_after_picture_that_shows_the_hazard_needs_a_word(api: Api, gate: httpx2.Client) -> None:
    """Its result is shown; who rectifies and who verifies each say why it counts all the same."""
    burn(api, gate)
    incident = the_incident(gate)
    act(gate, incident, act="confirm")
    act(gate, incident, act="assign", assignee="Zhao")
    after = gate.post(
        "/v1/inspections", content=make_jpeg(5), headers={"Content-Type": "image/jpeg"}
    ).json()["id"]
    waiting = act(gate, incident, act="rectify", text="cleared", inspection_id=after)
    assert waiting.status_code == 201, waiting.text
    assert waiting.json()["after"]["status"] == "queued"
    other = api.client(api.key(Scope.HANDLE, Scope.READ))
    early = act(other, incident, act="verify")
    assert (early.status_code, "not inspected yet" in early.text) == (409, True)
    api.work()
    shown = gate.get(incident["links"]["self"], headers=dict(other.headers)).json()["after"]
    assert (shown["verdict"], shown["hazards"]) == ("hazard", ["fire"])
    doubted = act(other, incident, act="verify")
    assert doubted.status_code == 409
    assert "sees in the after-picture: Fire" in doubted.json()["detail"]
    assert act(other, incident, act="verify", override=True).status_code == 422
    verified = act(other, incident, act="verify", override=True, text="a poster of a fire")
    assert verified.status_code == 201, verified.text
    last = other.get(f"{incident['links']['self']}/acts").json()["acts"][-1]
    assert (last["act"], last["override"], last["text"]) == ("verify", True, "a poster of a fire")
    other.close()


def test_a_picture_of_before_shows_nothing_put_right(api: Api, gate: httpx2.Client) -> None:
    """Neither one of before the incident, nor one after which a camera saw it again."""
    burn(api, gate, age_s=30)
    incident = the_incident(gate)
    act(gate, incident, act="confirm")
    act(gate, incident, act="assign", assignee="Zhao")

    def picture_of(age_s: float) -> str:
        taken_at = datetime.now(UTC) - timedelta(seconds=age_s)
        sent = gate.post(
            "/v1/inspections",
            params={"captured_at": taken_at.isoformat()},
            content=make_jpeg(int(age_s)),
            headers={"Content-Type": "image/jpeg"},
        )
        return str(sent.json()["id"])

    before, between = picture_of(60), picture_of(20)
    early = act(gate, incident, act="rectify", inspection_id=before)
    assert (early.status_code, "before the incident" in early.text) == (422, True)
    burn(api, gate)
    again = act(gate, incident, act="rectify", inspection_id=between)
    assert (again.status_code, "saw the hazard again" in again.text) == (409, True)
    unknown = act(gate, incident, act="rectify", inspection_id="01KAJ8W4T0X2V7Q9R5N3M1B6CD")
    assert unknown.status_code == 422


def test_ids_of_merged_incidents_lead_on(api: Api, gate: httpx2.Client) -> None:
    """The document is that of the whole, and says where it is; the part itself can be asked for."""
    gate.post("/v1/cameras", json={"id": "tank", "name": "Tank"})
    burn(api, gate)
    gate.post(
        "/v1/cameras/tank/frames", content=make_jpeg(9), headers={"Content-Type": "image/jpeg"}
    )
    api.work()
    listed = gate.get("/v1/incidents").json()["incidents"]
    whole = next(one for one in listed if one["camera_id"] == "gate-3")
    part = next(one for one in listed if one["camera_id"] == "tank")
    merged = act(gate, whole, act="merge", incident_id=part["id"], text="one fire, two cameras")
    assert merged.status_code == 201, merged.text
    led = gate.get(part["links"]["self"])
    assert (led.json()["id"], led.json()["parts"]) == (whole["id"], [part["id"]])
    assert led.headers["Content-Location"] == whole["links"]["self"]
    own = gate.get(part["links"]["self"], params={"follow": "false"}).json()
    assert (own["id"], own["merged_into"]) == (part["id"], whole["id"])
    assert [one["id"] for one in gate.get("/v1/incidents").json()["incidents"]] == [whole["id"]]
    query = {"stage": "merged"}
    assert [one["id"] for one in gate.get("/v1/incidents", params=query).json()["incidents"]] == [
        part["id"]
    ]
    again = act(gate, part, act="merge", incident_id=whole["id"])
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "油布"}, 1), ({"q": "GATE 3"}, 1), ({"q": "gate-3"}, 1), ({"q": "100%"}, 0),
        ({"q": "pump_"}, 0), ({"level": "major"}, 1), ({"level": "general"}, 0),
        ({"review": "confirmed"}, 1), ({"review": "false_alarm"}, 0), ({"assignee": "Zhao"}, 1),
        ({"overdue": "false"}, 1), ({"overdue": "true"}, 0), ({"zone_id": "tanks"}, 0),
        ({"responsible_unit": "维修部"}, 1), ({"severity": "severe"}, 1), ({"hazard": "smoke"}, 0),
        ({"stage": "merged"}, 0), ({"stage": "open"}, 1),
    ],
)  # fmt: skip
def test_the_list_is_filtered(
    api: Api, gate: httpx2.Client, query: dict[str, str], found: int
) -> None:
    """By what people said and what cameras saw; a search takes no wildcards."""
    burn(api, gate)
    incident = the_incident(gate)
    gate.patch(incident["links"]["self"], json={"description": "pump: 油布起火", "level": "major"})
    act(gate, incident, act="confirm")
    said = {"assignee": "Zhao", "responsible_unit": "维修部", "due_at": in_days(1)}
    act(gate, incident, act="assign", **said)
    answer = gate.get("/v1/incidents", params=query)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["incidents"]) == found


def test_every_picture_of_an_incident_can_be_gone_through(api: Api, gate: httpx2.Client) -> None:
    """In pages, each once, with where it is; what is parted from it is no longer among them."""
    shown = [burn(api, gate, seed, age_s=20 - 2 * seed) for seed in range(5)]
    path = the_incident(gate)["links"]["self"]
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        page = gate.get(f"{path}/pictures", params=query).json()
        found += page["pictures"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [one["inspection_id"] for one in found] == shown
    assert found[0]["boxes"] == [[0.25, 0.25, 0.5, 0.5]]
    assert (found[0]["severity"], found[0]["score"], found[0]["is_kept"]) == ("severe", 0.9, True)
    assert gate.get(found[0]["links"]["original"]).status_code == 200
    wrong = gate.get(f"{path}/pictures", params={"cursor": "0" * 26})
    assert wrong.status_code == 422
    parted = act(gate, the_incident(gate), act="split", inspection_ids=[shown[1]])
    assert parted.status_code == 201, parted.text
    left = gate.get(f"{path}/pictures").json()["pictures"]
    assert [one["inspection_id"] for one in left] == [shown[0], *shown[2:]]
    new_id = gate.get(f"{path}/acts").json()["acts"][-1]["incident_id"]
    (other,) = gate.get(f"/v1/incidents/{new_id}/pictures").json()["pictures"]
    assert other["inspection_id"] == shown[1]


def test_statistics_count_what_the_list_shows(api: Api, gate: httpx2.Client) -> None:
    """With the same filter; what was called a false alarm is no hazard."""
    nothing = gate.get("/v1/incidents/statistics").json()
    assert (nothing["total"]["found"], nothing["total"]["closure_rate"]) == (0, None)
    gate.post("/v1/cameras", json={"id": "tank", "name": "Tank"})
    burn(api, gate, age_s=100)
    gate.post(
        "/v1/cameras/tank/frames", content=make_jpeg(9), headers={"Content-Type": "image/jpeg"}
    )
    api.work()
    by_camera = {one["camera_id"]: one for one in gate.get("/v1/incidents").json()["incidents"]}
    act(gate, by_camera["tank"], act="dismiss", text="steam")
    act(gate, by_camera["gate-3"], act="confirm")
    act(gate, by_camera["gate-3"], act="assign", assignee="Zhao", responsible_unit="维修部")
    told = gate.get("/v1/incidents/statistics").json()
    assert told["by_state"]["assigned"] == told["by_state"]["false_alarm"] == 1
    assert (told["total"]["found"], told["total"]["false_alarms"]) == (1, 1)
    assert told["by_camera"]["tank"]["found"] == 0
    assert told["by_unit"]["维修部"]["solved"] == 0
    assert told["by_hazard"]["fire"]["rectification_rate"] == 0.0
    assert 40 < told["total"]["mean_s_to_acknowledge"] < 140
    assert sum(day["found"] for day in told["by_day"].values()) == 1
    of_tank = gate.get("/v1/incidents/statistics", params={"camera_id": "tank"}).json()
    assert (of_tank["total"]["found"], of_tank["total"]["false_alarms"]) == (0, 1)
    assert gate.get("/v1/incidents/statistics", params={"camera": "x"}).status_code == 422


def test_incidents_are_followed_and_resumed(api: Api, gate: httpx2.Client) -> None:
    """What cameras see and what people do come as events; none is missed behind the last one."""
    with following(gate) as blocks:
        start = next(blocks).id
        burn(api, gate)
        told = events_of(blocks, 4)
        assert [one.event for one in told] == ["queued", "running", "completed", "incident.opened"]
        opened = told[3].data
        assert opened is not None
        incident = opened["incident"]
        assert (incident["id"], incident["hazards"]) == (opened["incident_id"], ["fire"])
        act(gate, incident, act="confirm")
        gate.patch(incident["links"]["self"], json={"level": "general"})
        assert [one.event for one in events_of(blocks, 2)] == [
            "incident.confirmed", "incident.described",
        ]  # fmt: skip
    with following(gate, last_id=told[2].id, camera_id="gate-3") as blocks:
        assert [one.event for one in events_of(blocks, 3)] == [
            "incident.opened", "incident.confirmed", "incident.described",
        ]  # fmt: skip
    with following(gate, last_id=start, kind="incident.opened") as blocks:
        assert events_of(blocks, 1)[0].id == told[3].id
    act(gate, incident, act="note", text="on its way")
    with following(gate, last_id=start, camera_id="elsewhere", kind="incident.noted") as blocks:
        burn(api, gate)
        assert next(blocks).event is None
