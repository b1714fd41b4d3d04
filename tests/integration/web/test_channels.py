"""Channels over REST: what a kind needs, what is wrong with it, and what came of its messages."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications.senders import SendingOptions
from safety_detector.web.app import WebOptions
from tests.api_server import ApiRunner
from tests.eventually import eventually
from tests.webhook_receiver import webhook_receiver

WEBHOOK = {"kind": "webhook", "name": "SOC", "url": "https://u:geheim@soc.example.com/h?k=geheim"}
DINGTALK = {
    "kind": "dingtalk",
    "name": "值班群",
    "url": "https://oapi.dingtalk.com/robot/send?access_token=geheim",
    "secret": "SECgeheim",
    "mention_mobiles": ["13800000000"],
    "keyword": "安全",
}
WECOM = {
    "kind": "wecom",
    "name": "值班群",
    "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim",
    "mention_all": True,
    "pictures": False,
}
FEISHU = {
    "kind": "feishu",
    "name": "值班群",
    "language": "en",
    "url": "https://open.feishu.cn/open-apis/bot/v2/hook/geheim",
    "secret": "geheim",
}
KINDS = pytest.mark.parametrize("body", [WEBHOOK, DINGTALK, WECOM, FEISHU], ids=lambda b: b["kind"])


@KINDS
def test_what_is_said_of_a_channel_comes_back_but_what_is_secret(
    client: httpx2.Client, body: dict[str, Any]
) -> None:
    """In no answer: neither in the address nor beside it."""
    made = client.post("/v1/channels", json={**body, "url": f" {body['url']}\n"})
    assert made.status_code == 201, made.text
    listed = client.get("/v1/channels").text
    assert "geheim" not in made.text + listed
    channel = made.json()
    assert channel["kind"] == body["kind"]
    assert channel["language"] == body.get("language", "en" if body is WEBHOOK else "zh")
    assert body["url"].partition("://")[2].partition("@")[2] or channel["url"].startswith(
        "https://"
    )
    for name in ("mention_all", "mention_mobiles", "keyword", "pictures"):
        if name in body:
            assert channel["settings"][name] == body[name]
    assert (channel["secret"] is not None) == (body is WEBHOOK)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "kind", "it is needed"),
        ({"kind": "pager", "name": "x"}, "kind", "dingtalk"),
        ({"kind": 7}, "kind", "webhook"),
        ({"kind": None}, "kind", "webhook"),
        ({"kind": "webhook", "name": "x"}, "url", "it is needed"),
        *(
            ({**WEBHOOK, "url": url}, "url", "that is no address")
            for url in (
                *("ftp://x", "soc.example.com", "https://", "https:///h", "http://h:99999/"),
                *("http://[::1", "https://a b/", "http://x\\@evil/", "http://h:port/", "x" * 50),
            )
        ),
        ({**WEBHOOK, "url": "https://h/" + "p" * 2000}, "url", "too long"),
        ({**WEBHOOK, "keyword": "x"}, "keyword", "there is no such field"),
        ({**DINGTALK, "name": ""}, "name", ""),
        ({**DINGTALK, "url": WECOM["url"]}, "url", "another kind: wecom"),
        ({**WEBHOOK, "url": FEISHU["url"]}, "url", "another kind: feishu"),
        ({**DINGTALK, "secret": ""}, "secret", ""),
        ({**DINGTALK, "mention_mobiles": ["everybody"]}, "mention_mobiles.0", "13800000000"),
        ({**DINGTALK, "mention_mobiles": ["1"] * 21}, "mention_mobiles", ""),
        ({**DINGTALK, "pictures": True}, "pictures", "there is no such field"),
        ({**WECOM, "secret": "x"}, "secret", "there is no such field"),
        ({**WECOM, "mention_all": "often"}, "mention_all", "true or false"),
        ({**FEISHU, "language": "de"}, "language", "'en', 'zh'"),
        ({**FEISHU, "keyword": "k" * 31}, "keyword", "too long"),
        ({**FEISHU, "url": "https://open.feishu.cn/a\u0000b"}, "url", ""),
    ],
)
def test_what_is_wrong_with_a_channel_is_named(
    client: httpx2.Client, body: dict[str, Any], field: str, says: str
) -> None:
    """The field as it was written, whatever kind it belongs to."""
    answer = client.post("/v1/channels", json=body)
    assert answer.status_code == 422, answer.text
    told = answer.json()["errors"]
    assert field in [one["field"] for one in told]
    assert says in next(one["detail"] for one in told if one["field"] == field)
    assert client.get("/v1/channels").json()["channels"] == []


@pytest.mark.parametrize("body", [[], "webhook", 7, None, [WEBHOOK]])
def test_what_is_no_object_is_refused(client: httpx2.Client, body: Any) -> None:
    """With words, not with a fault of the server."""
    assert client.post("/v1/channels", json=body).status_code in (400, 422)


def last(client: httpx2.Client, channel_id: str) -> dict[str, Any]:
    """The newest message of a channel."""
    messages = client.get(f"/v1/channels/{channel_id}/deliveries").json()["messages"]
    newest: dict[str, Any] = messages[0]
    return newest


def test_the_log_says_what_went_wrong_and_other_channels_go_on(runner: ApiRunner) -> None:
    """One refuses behind status 200, one hangs, one redirects, one has its robot."""
    options = WebOptions(open_without_keys=True, sending=SendingOptions(allow=LOOPBACK_NETWORKS))
    with (
        runner.start(options).client() as client,
        webhook_receiver() as refusing,
        webhook_receiver() as hanging,
        webhook_receiver() as moved,
        webhook_receiver() as well,
    ):
        refusing.statuses = well.statuses = [200]
        refusing.answers = [b'{"errcode":310000,"errmsg":"sign not match"}']
        well.answers = [b'{"errcode":0,"errmsg":"ok"}']
        moved.statuses, moved.headers = [301], {"location": well.url}
        hanging.hang.set()
        ids = []
        for receiver in (hanging, refusing, moved, well):
            body = {"kind": "wecom", "name": "群", "url": receiver.url}
            ids.append(client.post("/v1/channels", json=body).json()["id"])
            client.post(f"/v1/channels/{ids[-1]}/test")
        eventually(lambda: last(client, ids[3])["status"] == "delivered", "the sound one")
        eventually(lambda: last(client, ids[1])["last"] is not None, "the refusing one")
        eventually(lambda: last(client, ids[2])["last"] is not None, "the one that moved")
        refused, redirected = last(client, ids[1])["last"], last(client, ids[2])["last"]
        assert "310000: sign not match" in refused["reason"]
        assert refused["details"]["code"] == "sentences"
        assert "301" in redirected["reason"]
        assert len(well.received) == 1


def test_a_message_is_sent_again_when_somebody_asks(runner: ApiRunner) -> None:
    """Under its id; of a channel or message that is not there it is 404."""
    options = WebOptions(open_without_keys=True, sending=SendingOptions(allow=LOOPBACK_NETWORKS))
    with runner.start(options).client() as client, webhook_receiver() as receiver:
        channel_id = client.post("/v1/channels", json={**WEBHOOK, "url": receiver.url}).json()["id"]
        message_id = client.post(f"/v1/channels/{channel_id}/test").json()["message_id"]
        eventually(lambda: last(client, channel_id)["status"] == "delivered", "the test")
        path = f"/v1/channels/{channel_id}/deliveries/{message_id}/resend"
        assert client.post(path).status_code == 202
        eventually(lambda: len(receiver.received) == 2, "it again")
        assert {one.id for one in receiver.received} == {message_id}
        assert is_unknown(client, f"/v1/channels/{channel_id}/deliveries/{channel_id}/resend")
        assert is_unknown(client, f"/v1/channels/{channel_id}/deliveries/%00/resend")
        assert is_unknown(client, f"/v1/channels/{message_id}/deliveries/{message_id}/resend")


def is_unknown(client: httpx2.Client, path: str) -> bool:
    """Whether there is nothing to send."""
    return client.post(path).status_code == 404
