"""What alert rules come to over REST: the week of who is told, and what one would have told."""

from __future__ import annotations

from datetime import datetime

from safety_detector.domain.camera_rules import Day
from safety_detector.domain.incidents.hazards import IncidentHazard
from tests.api_server import ApiRunner
from tests.console_stand import add_incidents

ROBOT = {"kind": "wecom", "name": "群", "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}
ALWAYS = [{"days": [day], "from": "00:00", "to": "24:00"} for day in Day]
NIGHTS = [{"days": list(Day), "from": "19:00", "to": "07:00"}]


def test_the_week_is_drawn_from_the_rules(runner: ApiRunner) -> None:
    """Who is told when, and when nobody is, also because a channel is switched off."""
    with runner.start().client() as client:
        nobody = client.get("/v1/alert-rules/week").json()
        assert [one["hours"] for one in nobody["untold"]] == [ALWAYS] * len(IncidentHazard)
        first = client.post("/v1/channels", json=ROBOT).json()["id"]
        second = client.post("/v1/channels", json=ROBOT).json()["id"]
        everybody = client.get("/v1/alert-rules/week").json()
        assert [one["hours"] for one in everybody["untold"]] == [[]] * len(IncidentHazard)
        rule = {"name": "nights", "channel_ids": [first, second], "hazards": ["fire"],
                "schedule": NIGHTS}  # fmt: skip
        assert client.post("/v1/alert-rules", json=rule).is_success
        week = client.get("/v1/alert-rules/week").json()
        assert week["channels"][0]["hours"][0] == {"days": ["mon"], "from": "00:00", "to": "07:00"}
        by_hazard = {one["hazard"]: one["hours"] for one in week["untold"]}
        assert by_hazard["smoke"] == ALWAYS
        assert by_hazard["fire"] == [{"days": [day], "from": "07:00", "to": "19:00"} for day in Day]
        for channel_id in (first, second):
            off = {**ROBOT, "enabled": False}
            assert client.put(f"/v1/channels/{channel_id}", json=off).is_success
        assert client.get("/v1/alert-rules/week").json()["untold"][0]["hours"] == ALWAYS


def test_what_limited_rules_leave_out_is_named(runner: ApiRunner) -> None:
    """A rule of one camera, or of what is severe, is no comfort: hours and rule are named."""
    api = runner.start()
    add_incidents(api, "Gate", "Yard")
    with api.client() as client:
        channel = client.post("/v1/channels", json=ROBOT).json()["id"]
        rule = {"name": "kiln fire", "channel_ids": [channel], "camera_ids": ["camera-1"]}
        rule_id = client.post("/v1/alert-rules", json=rule).json()["id"]
        for one in client.get("/v1/alert-rules/week").json()["untold"]:
            assert (one["hours"], one["limited_rule_ids"]) == (ALWAYS, [rule_id])
        page = client.get("/alerts").text
        assert "nobody would be told of the rest" in page
        assert "(kiln fire)" in page
        both = {**rule, "camera_ids": ["camera-1", "camera-2"]}
        assert client.put(f"/v1/alert-rules/{rule_id}", json=both).is_success
        assert [one["hours"] for one in client.get("/v1/alert-rules/week").json()["untold"]] == [
            *([[]] * len(IncidentHazard))
        ]
        assert "nobody would be told of the rest" not in client.get("/alerts").text


def test_that_nobody_is_told_of_faults_of_cameras_is_said(runner: ApiRunner) -> None:
    """A rule for hazards alone leaves them out: one line, or more where faults differ."""
    with runner.start().client() as client:
        channel = client.post("/v1/channels", json=ROBOT).json()["id"]
        assert "nobody would be told" not in client.get("/alerts").text
        seen = {"name": "seen", "channel_ids": [channel], "hazards": ["fire", "smoke", "no_helmet"]}
        assert client.post("/v1/alert-rules", json=seen).is_success
        untold = client.get("/v1/alert-rules/week").json()["untold"]
        assert [one["hours"] for one in untold[:3]] == [[]] * 3
        assert {one["hazard"] for one in untold if one["hours"] == ALWAYS} == {
            one.value for one in IncidentHazard if one.is_of_camera
        }
        assert client.get("/alerts").text.count("nobody would be told") == 1
        chinese = client.get("/alerts", headers={"Accept-Language": "zh-CN"}).text
        assert chinese.count("时无人收到通知") == 1
        silent = {"name": "silent", "channel_ids": [channel], "hazards": ["camera_silent"]}
        assert client.post("/v1/alert-rules", json={**silent, "schedule": NIGHTS}).is_success
        assert client.get("/alerts").text.count("nobody would be told") == 2


def test_a_rule_is_tried_on_what_happened(runner: ApiRunner) -> None:
    """It tells of what it is about, holds back what follows, and is kept nowhere."""
    api = runner.start()
    gate, yard = add_incidents(api, "Gate", "Yard")
    with api.client() as client:
        channel = client.post("/v1/channels", json=ROBOT).json()["id"]

        def tried(**of: object) -> dict[str, object]:
            rule = {"name": "tried", "channel_ids": [channel], **of}
            answer = client.post("/v1/alert-rules/dry-run", json=rule)
            assert answer.status_code == 200, answer.text
            told: dict[str, object] = answer.json()
            return told

        every = tried()
        assert (every["looked_at"], every["told"]) == (2, [yard, gate])
        assert tried(camera_ids=["camera-1"])["told"] == [gate]
        assert tried(hazards=["smoke"])["told"] == []
        assert tried(min_severity="severe")["told"] == [yard, gate]
        assert tried(tell=["closed"])["told"] == []
        assert tried(permitted="only")["told"] == []
        assert client.get("/v1/alert-rules").json() == {"alert_rules": []}
        assert client.post("/v1/alert-rules/dry-run", json={"name": "x"}).status_code == 422
        opened = datetime.fromisoformat(client.get(f"/v1/incidents/{gate}").json()["opened_at"])
        other_day = list(Day)[(opened.weekday() + 3) % 7]
        other = [{"days": [other_day], "from": "00:00", "to": "24:00"}]
        never = tried(schedule=other)
        assert (never["told"], never["outside_hours"]) == ([], 2)
