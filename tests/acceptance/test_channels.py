"""People are told: a fire stands in a group's chat, and the operator sees why not."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.eventually import eventually
from tests.webhook_receiver import webhook_receiver

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"
GATE = {
    "id": "gate",
    "name": "3号门",
    # A small flame of which the embedded detector is not sure enough to alarm otherwise.
    "incident_rules": {"opening": {"fire": {"opening_score": 0.5}}},
}


def run(serve: Serve, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Runs a command on the data folder of a service."""
    command = [sys.executable, "-m", "safety_detector", *arguments]
    done = subprocess.run(
        [*command, "--data-dir", str(serve.data_dir)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_group_is_told_of_a_fire_with_its_picture(start_serve: StartServe) -> None:
    """By commands alone: added, tried, and told in Chinese, with the annotated picture behind."""
    with webhook_receiver() as robot:
        robot.statuses, robot.answers = [200], [b'{"errcode":0,"errmsg":"ok"}']
        serve = start_serve(
            SAFETY_UNCHANGED_MAX="0", SAFETY_PUBLIC_URL="https://safety.example.cn/"
        )
        assert serve.client.post("/v1/cameras", json=GATE).is_success
        code, out, _ = run(serve, "channels", "add", "wecom", "-", "--name", "群", stdin=robot.url)
        assert code == 0, out
        channel_id = json.loads(out)["id"]
        assert "s3cret" not in out + run(serve, "channels", "list")[1]
        code, out, err = run(serve, "channels", "test", channel_id)
        assert (code, json.loads(out)["status"]) == (0, "delivered"), err
        for _ in range(3):
            answer = serve.client.post(
                "/v1/cameras/gate/frames",
                content=FIRE.read_bytes(),
                headers={"Content-Type": "image/jpeg"},
            )
            serve.wait_for(answer.json()["inspection"]["id"])
        eventually(lambda: len(robot.received) >= 3, "the alarm and its picture")
        said = [json.loads(one.body) for one in robot.received]
        alarm = next(one["text"]["content"] for one in said[1:] if one["msgtype"] == "text")
        assert alarm.startswith("3号门：发现火焰（程度")
        assert "https://safety.example.cn/" in alarm
        assert any(one["msgtype"] == "image" for one in said)


def test_what_a_robot_refuses_is_told_and_sent_again(start_serve: StartServe) -> None:
    """Exit code 3 and the robot's words; mended, the same message is delivered."""
    with webhook_receiver() as robot:
        robot.statuses = [200]
        robot.answers = [b'{"errcode":310000,"errmsg":"sign not match"}', b'{"errcode":0}']
        serve = start_serve()
        add = ("channels", "add", "dingtalk", robot.url, "--name", "群", "--set", "keyword=安全")
        channel_id = json.loads(run(serve, *add)[1])["id"]
        code, out, _ = run(serve, "channels", "test", channel_id)
        message = json.loads(out)
        assert code == 3
        assert "sign not match" in message["last"]["reason"]
        code, out, err = run(serve, "channels", "resend", channel_id, message["id"])
        assert (code, json.loads(out)["status"]) == (0, "delivered"), err
        log = json.loads(run(serve, "channels", "deliveries", channel_id)[1])["messages"]
        assert [(one["id"], one["status"]) for one in log] == [(message["id"], "delivered")]
        path = f"/v1/channels/{channel_id}/deliveries/{message['id']}"
        tries = serve.client.get(path).json()["tries"]
        assert [one["number"] for one in tries] == list(range(1, len(tries) + 1))
        assert "sign not match" in tries[0]["reason"]
        assert tries[-1]["reason"] is None
        assert run(serve, "channels", "remove", channel_id)[0] == 0
        assert run(serve, "channels", "remove", channel_id)[0] == 3
