"""A channel is changed over REST: what is secret stays where it is, or goes; never elsewhere."""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx2
import pytest

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications.senders import SendingOptions
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner
from tests.eventually import eventually
from tests.webhook_receiver import webhook_receiver

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
WEBHOOK = {"kind": "webhook", "name": "SOC", "url": "https://soc.example.com/h?k=geheim",
           "secret": SECRET}  # fmt: skip
DINGTALK = {"kind": "dingtalk", "name": "群", "secret": "SECgeheim", "keyword": "安全",
            "url": "https://oapi.dingtalk.com/robot/send?access_token=geheim"}  # fmt: skip
FEISHU = {"kind": "feishu", "name": "群", "secret": "geheim",
          "url": "https://open.feishu.cn/open-apis/bot/v2/hook/geheim"}  # fmt: skip
MAIL = {"kind": "mail", "name": "office", "url": "smtp://mail.example.com",
        "username": "alarm", "password": "geheim", "sender": "a@example.com",
        "receivers": ["b@example.com"]}  # fmt: skip
MQTT = {"kind": "mqtt", "name": "bus", "url": "mqtts://broker.example.com", "username": "safety",
        "password": "geheim"}  # fmt: skip


def add(client: httpx2.Client, body: dict[str, Any]) -> dict[str, Any]:
    """The channel that becomes of it."""
    made = client.post("/v1/channels", json=body)
    assert made.status_code == 201, made.text
    channel: dict[str, Any] = made.json()
    return channel


def as_shown(body: dict[str, Any], channel: dict[str, Any]) -> dict[str, Any]:
    """What somebody sends who has seen the channel and knows none of its secrets."""
    left = {name: one for name, one in body.items() if name not in ("secret", "password")}
    return {**left, "url": channel["url"]}


def kept(api: Api, channel: dict[str, Any]) -> tuple[str, str | None]:
    """Address and secret with which messages are sent."""
    found = api.service.notifications.channels.destinations(channel["kind"])
    (destination,) = [where for one, where in found if one.id == channel["id"]]
    return destination.url, destination.secret


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An open API."""
    return runner.start()


@pytest.mark.parametrize("body", [WEBHOOK, DINGTALK, FEISHU, MAIL, MQTT], ids=lambda b: b["kind"])
def test_what_is_not_sent_stays(api: Api, body: dict[str, Any]) -> None:
    """A name is changed by somebody who sees neither the whole address nor the secret."""
    with api.client() as client:
        channel = add(client, body)
        before = kept(api, channel)
        path = f"/v1/channels/{channel['id']}"
        changed = client.put(path, json={**as_shown(body, channel), "name": "Night shift"})
        assert changed.status_code == 200, changed.text
        assert changed.json()["name"] == "Night shift"
        assert changed.json()["secret"] is None
        assert "geheim" not in changed.text + client.get("/v1/audit").text
    assert kept(api, channel) == before


def test_what_is_sent_takes_the_place(api: Api) -> None:
    """Address and secret anew; null takes a secret away, or has a webhook's made anew."""
    with api.client() as client:
        robot, hook = add(client, DINGTALK), add(client, WEBHOOK)
        path = f"/v1/channels/{robot['id']}"
        url = "https://oapi.dingtalk.com/robot/send?access_token=another"
        assert client.put(path, json={**DINGTALK, "url": url, "secret": "SECother"}).is_success
        assert kept(api, robot) == (url, "SECother")
        assert client.put(path, json={**as_shown(DINGTALK, robot), "secret": None}).is_success
        assert kept(api, robot) == (url, None)
        body = {**as_shown(WEBHOOK, hook), "secret": None}
        changed = client.put(f"/v1/channels/{hook['id']}", json=body).json()
    assert changed["secret"] not in (None, SECRET)
    assert kept(api, hook) == (WEBHOOK["url"], changed["secret"])


@pytest.mark.attack("passwords sent elsewhere")
@pytest.mark.parametrize(
    ("body", "change"),
    [
        (MAIL, {"url": "smtp://evil.example"}),
        (MAIL, {"url": "smtp://mail.example.com:2525"}),
        (MAIL, {"url": "smtps://mail.example.com"}),
        (MAIL, {"encryption": "none"}),
        (MAIL, {"username": "somebody"}),
        (MQTT, {"url": "mqtts://evil.example"}),
        (MQTT, {"url": "mqtt://broker.example.com"}),
    ],
)
def test_a_password_goes_to_no_other_server(
    api: Api, body: dict[str, Any], change: dict[str, Any]
) -> None:
    """Whoever does not know it cannot have it sent anywhere else, or in the clear."""
    with api.client() as client:
        channel = add(client, body)
        path = f"/v1/channels/{channel['id']}"
        refused = client.put(path, json={**as_shown(body, channel), **change})
        assert refused.status_code == 422, refused.text
        assert refused.json()["detail"].startswith("password:")
        assert kept(api, channel)[0] == channel["url"]
        anew = {**as_shown(body, channel), **change, "password": "new"}
        assert client.put(path, json=anew).status_code == 200
        assert kept(api, channel)[1] == "new"


def test_without_its_user_a_password_goes(api: Api) -> None:
    """A server that asks for nobody is told of nobody."""
    with api.client() as client:
        channel = add(client, MAIL)
        body = as_shown(MAIL, channel)
        del body["username"]
        assert client.put(f"/v1/channels/{channel['id']}", json=body).is_success
        assert kept(api, channel) == (MAIL["url"], None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "wecom", "secret": None}, None),
        ({"name": ""}, "name"),
        ({"url": "https://"}, "url"),
        ({"secret": "short"}, None),
        ({"enabled": "perhaps"}, "enabled"),
        ({"id": "01KAJA0C5V7N9M4R2T6Y8W1E3Q"}, "id"),
    ],
)
def test_what_cannot_be_changes_nothing(
    api: Api, change: dict[str, Any], field: str | None
) -> None:
    """It is said what is wrong, and the channel is as it was."""
    with api.client() as client:
        channel = add(client, WEBHOOK)
        path = f"/v1/channels/{channel['id']}"
        before = client.get(path).json()
        refused = client.put(path, json={**as_shown(WEBHOOK, channel), **change})
        assert refused.status_code == 422, refused.text
        assert field is None or field in [one["field"] for one in refused.json()["errors"]]
        assert client.get(path).json() == before
        assert (
            client.put("/v1/channels/01KAJA0C5V7N9M4R2T6Y8W1E3Q", json=WEBHOOK).status_code == 404
        )
    assert kept(api, channel) == (WEBHOOK["url"], SECRET)


def test_one_that_is_switched_off_is_told_nothing_but_tests(runner: ApiRunner) -> None:
    """Not even what waits for another try; a test that arrives does not switch it on."""
    options = WebOptions(open_without_keys=True, sending=SendingOptions(allow=LOOPBACK_NETWORKS))
    api = runner.start(options)
    with api.client() as client, webhook_receiver() as receiver:
        receiver.statuses = [500, 200]
        body = {"kind": "webhook", "name": "SOC", "url": receiver.url}
        channel = add(client, body)
        path = f"/v1/channels/{channel['id']}"
        client.post(f"{path}/test")

        def newest() -> dict[str, Any]:
            listed = client.get("/v1/messages", params={"channel_id": channel["id"]}).json()
            message: dict[str, Any] = listed["messages"][0]
            return message

        eventually(lambda: newest()["attempts"] == 1, "a try that fails")
        off = client.put(path, json={**body, "enabled": False}).json()
        assert off["disabled_details"]["code"] == "channel-switched-off"
        assert newest()["status"] == "failed"
        client.post(f"{path}/test")
        eventually(lambda: newest()["status"] == "delivered", "the test")
        assert client.get(path).json()["disabled_reason"] is not None
        assert client.put(path, json=body).json()["disabled_reason"] is None
        assert client.get("/v1/messages", params={"status": "failed"}).json()["messages"]


def test_what_the_receiver_switched_off_is_no_persons_word(runner: ApiRunner) -> None:
    """Renamed it stays off by the receiver's word, so that a test that arrives ends that."""
    options = WebOptions(open_without_keys=True, sending=SendingOptions(allow=LOOPBACK_NETWORKS))
    api = runner.start(options)
    with api.client() as client, webhook_receiver() as receiver:
        body = {"kind": "webhook", "name": "SOC", "url": receiver.url}
        channel = add(client, body)
        path = f"/v1/channels/{channel['id']}"

        def code() -> str | None:
            details = client.get(path).json()["disabled_details"]
            return details and str(details["code"])

        def end_it() -> None:
            receiver.statuses = [410]
            client.post(f"{path}/test")
            eventually(lambda: code() == "receiver-gone", "that it is off")

        end_it()
        renamed = client.put(path, json={**body, "name": "SOC night", "enabled": True}).json()
        assert renamed["disabled_details"]["code"] == "receiver-gone"
        assert renamed["enabled"]
        receiver.statuses = [200]
        client.post(f"{path}/test")
        eventually(lambda: code() is None, "that it is on again")
        end_it()
        off = client.put(path, json={**body, "enabled": False}).json()
        assert (off["disabled_details"]["code"], off["enabled"]) == ("channel-switched-off", False)
        assert client.put(path, json=body).json()["disabled_details"] is None
        end_it()
        elsewhere = {**body, "url": f"{receiver.url}/other"}
        assert client.put(path, json=elsewhere).json()["disabled_details"] is None


@pytest.mark.parametrize(
    "url",
    [
        "https://open.feishu.cn/open-apis/bot/v2/hook/…",
        "https://open.feishu.cn/open-apis/bot/v2/hook/%E2%80%A6",
        "https://open.feishu.cn/open-apis/bot/v2/hook/%e2%80%a6?a=b",
        "https://feishu.example.com/hook/abc…",
        "https://feishu.example.com/hook?key=…",
    ],
)
def test_an_address_as_it_is_shown_takes_no_place(api: Api, url: str) -> None:
    """Of a channel that has another one by now, or none yet: it would lead nowhere."""
    moved = {**FEISHU, "url": "https://feishu.example.com/hook/geheim"}
    with api.client() as client:
        channel = add(client, FEISHU)
        path = f"/v1/channels/{channel['id']}"
        assert client.put(path, json=moved).is_success
        refused = client.put(path, json={**FEISHU, "name": "夜班", "url": url})
        assert (refused.status_code, refused.json()["field"]) == (422, "url")
        assert "paste the whole one" in refused.json()["detail"]
        assert client.get(path).json()["name"] == FEISHU["name"]
        assert kept(api, channel)[0] == moved["url"]
        assert client.post("/v1/channels", json={**FEISHU, "url": url}).status_code == 422


@pytest.mark.parametrize(
    ("language", "said"), [("en", "paste the whole one"), ("zh-CN", "请粘贴完整地址")]
)
def test_a_shortened_address_is_said_at_its_field(api: Api, language: str, said: str) -> None:
    """In the form of a new channel, in the reader's language; what was typed stays."""
    with api.client() as client:
        client.headers["Accept-Language"] = language
        path = "/alerts/channels/new"
        form = client.get(path, params={"kind": "feishu"}).text
        token = re.search(r'name="form_token" value="(\w+)"', form)
        assert token is not None
        url = "https://open.feishu.cn/open-apis/bot/v2/hook/…"
        filled = {"form_token": token[1], "kind": "feishu", "name": "值班群", "language": "zh",
                  "url": url, "enabled": "1"}  # fmt: skip
        answer = client.post(path, data=filled)
        assert answer.status_code == 422
        at_field = re.search(r'id="wrong-url"[^>]*>([^<]*)', answer.text)
        assert at_field is not None
        assert said in at_field[1]
        assert f'value="{url}"' in answer.text
