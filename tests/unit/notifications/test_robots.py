"""Robots of groups: what they are sent, and what is made of what they answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications import dingtalk, feishu, robots
from safety_detector.notifications.dingtalk import DingTalkSender
from safety_detector.notifications.feishu import FeishuSender
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.senders import ChannelSender
from safety_detector.notifications.wecom import WeComSender
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.bodies import digest_body
from safety_detector.service.notifications.records import (
    Attempt,
    ChannelKind,
    Destination,
    MessageType,
)
from tests.pictures import jpeg
from tests.told_messages import INCIDENT_ID, told_message, told_of_incident
from tests.webhook_receiver import Receiver, webhook_receiver

SECRET = "SECb8f1e2d3c4a5968778695a4b3c2d1e0f"  # noqa: S105 (of no robot)
OK = {"dingtalk": b'{"errcode":0,"errmsg":"ok"}', "feishu": b'{"code":0,"data":{},"msg":"success"}'}
OK["wecom"] = OK["dingtalk"]
PUBLIC = "https://safety.example.cn"


class OnePicture:
    """The best picture of any incident."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data

    def jpeg(self, body: Any, most_bytes: int, side_px: int = 1920) -> bytes | None:
        """It, as long as it is small enough."""
        return self.data if self.data and len(self.data) <= most_bytes else None


@pytest.fixture
def robot() -> Iterator[Receiver]:
    """A robot on loopback."""
    with webhook_receiver() as one:
        one.statuses = [200]
        yield one


def sender(kind: str, picture: bytes | None = None, public: str | None = PUBLIC) -> ChannelSender:
    """The sender of a kind, which may reach loopback."""
    wording = Wording(public, UTC)
    if kind == "wecom":
        return WeComSender(Reach(LOOPBACK_NETWORKS), wording, OnePicture(picture))
    return {"dingtalk": DingTalkSender, "feishu": FeishuSender}[kind](
        Reach(LOOPBACK_NETWORKS), wording
    )


def send(
    robot: Receiver, kind: str, settings: Any = None, secret: Any = None, **facts: Any
) -> Attempt:
    """Tells a robot of an incident."""
    message = told_of_incident(ChannelKind(kind), **facts)
    return sender(kind, facts.pop("picture", None)).send(
        message, Destination(robot.url, secret, settings or {})
    )


KINDS = pytest.mark.parametrize("kind", ["dingtalk", "wecom", "feishu"])


def text_of(received: Any) -> str:
    """All texts of what a robot was sent."""
    return json.dumps(json.loads(received.body), ensure_ascii=False)


@KINDS
def test_a_robot_is_told_what_where_how_severe_since_when_and_by_whom(
    robot: Receiver, kind: str
) -> None:
    """In Chinese, with a link that opens the incident, and what was held back."""
    robot.answers = [OK[kind]]
    assert send(robot, kind, held_back=4, zone_id="tanks").is_delivered
    said = text_of(robot.received[0])
    for word in (
        "3号门",
        "火焰",
        "中等",
        "2026-11-21 07:59:58",
        "未经大模型确认",
        "检测模型最高得分：0.83",
        "4 起",
        "tanks",
    ):
        assert word in said, word
    assert f"{PUBLIC}/" in said
    assert INCIDENT_ID in said


@KINDS
def test_the_place_is_told_by_its_name_and_the_time_by_its_clock(
    robot: Receiver, kind: str
) -> None:
    """A camera in another zone than the site: with the offset, so that nobody is misled."""
    robot.answers = [OK[kind]]
    message = replace(
        told_of_incident(ChannelKind(kind), zone_id="z1"),
        time_zone="Asia/Shanghai",
        zone_name="储罐区",
    )
    sender(kind).send(message, Destination(robot.url, None, {}))
    said = text_of(robot.received[0])
    assert "2026-11-21 15:59:58 (UTC+0800)" in said
    assert "储罐区" in said
    unknown = replace(message, time_zone="Nowhere/At-All")
    assert sender(kind).send(unknown, Destination(robot.url, None, {})).is_delivered


@KINDS
def test_without_a_public_address_there_is_no_link_but_the_id(robot: Receiver, kind: str) -> None:
    """A link that leads nowhere is worse than none."""
    robot.answers = [OK[kind]]
    message = told_of_incident(ChannelKind(kind))
    sender(kind, public=None).send(message, Destination(robot.url, None, {}))
    said = text_of(robot.received[0])
    assert "http" not in said
    assert INCIDENT_ID in said


def test_apprise_makes_the_same_signature_for_dingtalk(
    robot: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that is not ours signs the same moment with the same secret."""
    monkeypatch.setattr(time, "time", lambda: 1_795_000_000.123)
    theirs = NotifyDingTalk(token="a" * 64, secret=SECRET).get_signature()
    robot.answers = [OK["dingtalk"]]
    assert send(robot, "dingtalk", secret=SECRET).is_delivered
    query = robot.received[0].path.partition("?")[2]
    assert f"timestamp={theirs[0]}&sign={theirs[1]}" in query
    assert parse_qs(query)["token"] == ["s3cret"]


def published_by_feishu(timestamp: str, secret: str) -> str:
    """As Feishu's own page shows it in Python."""
    string_to_sign = f"{timestamp}\n{secret}"
    hmac_code = hmac.new(string_to_sign.encode("utf-8"), digestmod=hashlib.sha256).digest()
    return base64.b64encode(hmac_code).decode("utf-8")


def test_feishus_published_code_accepts_the_signature(robot: Receiver) -> None:
    """The moment is in seconds and stands in the body."""
    robot.answers = [OK["feishu"]]
    assert send(robot, "feishu", secret=SECRET).is_delivered
    body = json.loads(robot.received[0].body)
    assert body["sign"] == published_by_feishu(body["timestamp"], SECRET)
    assert abs(int(body["timestamp"]) - time.time()) < 60


def test_wecom_gets_the_picture_with_the_md5_of_its_bytes(robot: Receiver) -> None:
    """Behind the text, as a message of its own."""
    robot.answers, picture = [OK["wecom"]], jpeg()
    message = told_of_incident(ChannelKind.WECOM)
    assert sender("wecom", picture).send(message, Destination(robot.url, None, {})).is_delivered
    first, second = (json.loads(one.body) for one in robot.received)
    assert first["msgtype"] == "text"
    assert base64.b64decode(second["image"]["base64"]) == picture
    assert second["image"]["md5"] == hashlib.md5(picture).hexdigest()  # noqa: S324 (as they want)
    robot.received.clear()
    sender("wecom", picture).send(message, Destination(robot.url, None, {"pictures": False}))
    assert len(robot.received) == 1


def test_a_picture_that_wecom_refuses_does_not_make_the_text_come_twice(robot: Receiver) -> None:
    """It is delivered, and the log says what became of the picture."""
    robot.answers = [OK["wecom"], b'{"errcode":40009,"errmsg":"invalid image size"}']
    message = told_of_incident(ChannelKind.WECOM)
    attempt = sender("wecom", jpeg()).send(message, Destination(robot.url, None, {}))
    assert attempt.is_delivered
    assert attempt.reason is not None
    assert "invalid image size" in attempt.reason.text("en")
    assert "图片未送达" in attempt.reason.text("zh")


@pytest.mark.parametrize(
    ("kind", "answer", "says", "pause_s"),
    [
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, "加签", None),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, "310000", None),
        ("dingtalk", {"errcode": 300001, "errmsg": "token is not exist"}, "重新复制", None),
        ("dingtalk", {"errcode": 400102, "errmsg": "机器人已停用"}, "启用", None),
        (
            "dingtalk",
            {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
            "过于频繁",
            600,
        ),
        ("dingtalk", {"errcode": 660026, "errmsg": "limited"}, "过于频繁", 600),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, "重新复制", None),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, "过于频繁", 60),
        ("wecom", {"errcode": -1, "errmsg": "system busy"}, "system busy", None),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, "签名密钥", None),
        ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, "关键词", None),
        ("feishu", {"code": 11232, "msg": "frequency limited psm[x]"}, "过于频繁", 60),
        ("feishu", {"code": 9499, "msg": "too many request"}, "过于频繁", 60),
        ("feishu", {"code": 9499, "msg": "Bad Request"}, "Bad Request", None),
    ],
)
def test_an_error_behind_status_200_is_a_failure_in_words(
    robot: Receiver, kind: str, answer: dict[str, Any], says: str, pause_s: float | None
) -> None:
    """What the robot said, what to do about it, and when it is asked again."""
    robot.answers = [json.dumps(answer, ensure_ascii=False).encode()]
    attempt = send(robot, kind)
    assert not attempt.is_delivered
    assert not attempt.is_gone
    assert attempt.retry_after_s == pause_s
    assert attempt.reason is not None
    assert says in attempt.reason.text("zh")
    assert str(answer.get("errcode", answer.get("code"))) in attempt.reason.text("en")


@pytest.mark.parametrize(
    ("answer", "is_taken"),
    [
        (b'{"Extra":null,"StatusCode":0,"StatusMessage":"success"}', True),
        (b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}', True),
        (b'{"StatusCode":0,"code":19021,"msg":"sign match fail"}', False),
        (b'{"StatusCode":1,"StatusMessage":"no"}', False),
    ],
)
def test_feishu_of_earlier_versions_says_it_by_another_name(
    robot: Receiver, answer: bytes, is_taken: bool
) -> None:
    """The newer name counts where both are there."""
    robot.answers = [answer]
    assert send(robot, "feishu").is_delivered == is_taken


@KINDS
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>captive portal</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"errcode":"0","code":"0"}',
        b'{"errcode":false,"code":false}',
        b'{"errcode":null,"code":null}',
        b"\xff\xfe\x00",
        b'{"x":"' + b"y" * 200_000,
    ],
    ids=lambda answer: repr(answer[:20]),
)
def test_what_is_no_robot_took_nothing(robot: Receiver, kind: str, answer: bytes) -> None:
    """A status of 200 alone is no delivery: a proxy or a captive portal says that of anything."""
    robot.answers = [answer]
    attempt = send(robot, kind)
    assert not attempt.is_delivered
    assert attempt.reason is not None
    assert attempt.reason.code == "robot-no-robot"


@KINDS
@pytest.mark.parametrize(
    ("status", "answer", "says"),
    [
        (302, b"", "302"),
        (404, b"gone fishing", "404"),
        (429, b"", "429"),
        (502, b"<html>", "502"),
        (
            400,
            b'{"code":19001,"msg":"param invalid","errcode":19001,"errmsg":"param invalid"}',
            "19001",
        ),
        (500, b'{"code":0,"errcode":0}', "500"),
    ],
)
def test_http_errors_are_told_too(
    robot: Receiver, kind: str, status: int, answer: bytes, says: str
) -> None:
    """With the robot's own words where it has some."""
    robot.statuses, robot.answers, robot.headers = [status], [answer], {"retry-after": "77"}
    attempt = send(robot, kind)
    assert not attempt.is_delivered
    assert attempt.retry_after_s == (None if status == 302 else 77) or status == 302
    assert attempt.reason is not None
    assert says in attempt.reason.text("en")


@KINDS
def test_a_robot_that_hangs_is_left_in_time(
    robot: Receiver, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and picture together take less than a lease."""
    monkeypatch.setattr(robots, "_DEADLINE_S", 0.3)
    robot.hang.set()
    attempt = send(robot, kind)
    assert attempt.reason is not None
    assert attempt.reason.code == "receiver-silent"


@KINDS
def test_private_addresses_need_the_operators_word(robot: Receiver, kind: str) -> None:
    """Robots' senders reach no other network than webhooks."""
    wording = Wording(None, UTC)
    ours: dict[str, ChannelSender] = {
        "dingtalk": DingTalkSender(Reach(), wording),
        "feishu": FeishuSender(Reach(), wording),
        "wecom": WeComSender(Reach(), wording, OnePicture(None)),
    }
    attempt = ours[kind].send(told_of_incident(ChannelKind(kind)), Destination(robot.url, None, {}))
    assert attempt.reason is not None
    assert attempt.reason.code == "receiver-not-allowed"
    assert robot.received == []


LONG = "很长的摄像头名称" * 40


@KINDS
@pytest.mark.parametrize("public", [None, PUBLIC + "/" + "p" * 200])
def test_long_names_are_cut_to_what_a_robot_takes(
    robot: Receiver, kind: str, public: str | None
) -> None:
    """WeCom takes 2,048 bytes of text; the others 20,000 of all.  The link is never cut."""
    robot.answers = [OK[kind]]
    facts = {"camera_name": LONG, "zone_id": LONG, "because": ["severity", "extent", "fire"]}
    message = told_of_incident(ChannelKind(kind), message_type=MessageType.ESCALATED, **facts)
    assert sender(kind, public=public).send(message, Destination(robot.url, None, {})).is_delivered
    body = json.loads(robot.received[0].body)
    assert len(robot.received[0].body) <= 20_000
    if kind == "wecom":
        assert len(body["text"]["content"].encode()) <= 2048
        assert "程度严重" in body["text"]["content"] or "中等" in body["text"]["content"]
    if public is not None:
        assert f"{public}/" in text_of(robot.received[0])
        assert INCIDENT_ID in text_of(robot.received[0])


@pytest.mark.parametrize(
    "name",
    [
        "[点我](http://evil.example)",
        "![](http://evil.example/x.png)",
        "<at id=all></at>",
        "<font color='red'>x</font>",
        "a\n# 一切正常\n",
        "`x` **y** \\[z]",
    ],
)
def test_names_are_no_markup(robot: Receiver, name: str) -> None:
    """Whoever names a camera, or writes its error messages, adds no link, picture or call."""
    robot.answers = [OK["dingtalk"]]
    send(robot, "dingtalk", camera_name=name)
    text = json.loads(robot.received[0].body)["markdown"]["text"]
    assert text.count("](") == 1  # ours
    assert "![" not in text
    assert "<" not in text
    assert "\n# " not in text
    digest = digest_body(
        [told_of_incident(ChannelKind.DINGTALK, camera_name=name).body] * 2,
        "群",
        "zh",
        datetime(2026, 11, 21, 8, tzinfo=UTC),
    )
    told = told_message(ChannelKind.DINGTALK, digest, "zh", MessageType.DIGEST)
    sender("dingtalk").send(told, Destination(robot.url, None, {}))
    text = json.loads(robot.received[1].body)["markdown"]["text"]
    assert text.count("](") == 1
    assert "<" not in text
    robot.answers = [OK["feishu"]]
    send(robot, "feishu", camera_name=name)
    card = json.loads(robot.received[2].body)["card"]
    assert {one["tag"] for one in card["elements"]} == {"div", "action"}
    assert card["elements"][0]["text"]["tag"] == card["header"]["title"]["tag"] == "plain_text"


@pytest.mark.parametrize("public", [None, PUBLIC, PUBLIC + "/" + "p" * 300])
def test_wecom_is_told_of_every_incident_of_a_digest(robot: Receiver, public: str | None) -> None:
    """Twenty with long names; a link goes before any of their numbers does."""
    robot.answers = [OK["wecom"]]
    ids = [f"01KAJ8W4T02M5QCZXK1D7H3R{number:02}" for number in range(20)]
    bodies = [
        told_of_incident(ChannelKind.WECOM, id=one, camera_name=LONG, hazards=["no_helmet"]).body
        for one in ids
    ]
    digest = digest_body(bodies, "群", "zh", datetime(2026, 11, 21, 8, tzinfo=UTC))
    told = told_message(ChannelKind.WECOM, digest, "zh", MessageType.DIGEST)
    sender("wecom", public=public).send(told, Destination(robot.url, None, {}))
    content = json.loads(robot.received[0].body)["text"]["content"]
    assert len(content.encode()) <= 2048
    assert [one for one in ids if one not in content] == []


@KINDS
def test_alarms_call_people_where_that_is_wanted_and_other_messages_do_not(
    robot: Receiver, kind: str
) -> None:
    """Everybody, or some phones."""
    robot.answers = [OK[kind]]
    settings = {"mention_all": True, "mention_mobiles": ["13800000000"]}

    def calls(received: Any) -> tuple[bool, bool]:
        body = json.loads(received.body)
        if kind == "dingtalk":
            return body["at"]["isAtAll"], body["at"]["atMobiles"] == ["13800000000"]
        if kind == "wecom":
            text = body["text"]
            return "@all" in text.get("mentioned_list", []), "mentioned_mobile_list" in text
        return "<at id=all></at>" in text_of(received), True

    send(robot, kind, settings)
    send(robot, kind, settings, message_type=MessageType.QUIET)
    assert calls(robot.received[0]) == (True, True)
    assert calls(robot.received[1])[0] is False
    send(robot, kind, {})
    assert calls(robot.received[2])[0] is False


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_keyword_that_a_robot_insists_on_is_in_every_message(robot: Receiver, kind: str) -> None:
    """Added where the message has not got it, once where it has."""
    robot.answers = [OK[kind]]
    for keyword in ("安环部", "3号门"):
        send(robot, kind, {"keyword": keyword})
        said = text_of(robot.received[-1])
        assert keyword in said
    test = told_message(ChannelKind(kind), {"data": {}}, "zh", MessageType.TEST)
    sender(kind).send(test, Destination(robot.url, None, {"keyword": "安环部"}))
    assert "安环部" in text_of(robot.received[-1])
    assert "值班群" in text_of(robot.received[-1])


def test_signing_keeps_the_robots_own_query() -> None:
    """The token stays; a channel without secret is not signed."""
    url = "https://oapi.dingtalk.com/robot/send?access_token=abc"
    assert dingtalk.signed(url, None, 1) == url
    query = parse_qs(urlsplit(dingtalk.signed(url, SECRET, 1)).query)
    assert set(query) == {"access_token", "timestamp", "sign"}
    assert len(base64.b64decode(feishu.signature(SECRET, 1))) == 32
