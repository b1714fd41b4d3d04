"""Five hundred alarms in one minute: what robots of groups and a webhook get of them.

    python -m benchmarks.alarm_minute [--alarms 500] [--seconds 60]

A real API with its sending threads, a database of its own, and a real HTTP receiver a channel,
which answers as DingTalk's, WeCom's and Feishu's robots do.  Each alarm is a small fire (one of
twenty: a severe one) before a camera of its own; results are recorded as workers do it.  Counted is
what arrives:

* the first message within 5 s of the first incident;
* a robot gets no more than 20 requests in any 60 s;
* every incident is named in a message or a digest, of each channel.

Exit status 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path

from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.notifications.senders import SendingOptions
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.notifications.records import ChannelKind, NewChannel
from safety_detector.service.records import Finding, Submission
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.service_stand import next_claim
from tests.webhook_receiver import Receiver, webhook_receiver

MOST_A_MINUTE = 20
FIRST_WITHIN_S = 5.0
_PATIENCE_S = 240.0
_LOOPBACK = ip_network("127.0.0.0/8")
_ANSWERS = {
    ChannelKind.WEBHOOK: b"",
    ChannelKind.DINGTALK: b'{"errcode":0,"errmsg":"ok"}',
    ChannelKind.WECOM: b'{"errcode":0,"errmsg":"ok"}',
    ChannelKind.FEISHU: b'{"code":0,"msg":"success"}',
}


def main() -> int:
    """Runs it; 0 if all holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--alarms", type=int, default=500, help="incidents (default: 500)")
    parser.add_argument("--seconds", type=float, default=60.0, help="in which (default: 60)")
    options = parser.parse_args()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        receivers = {kind: stack.enter_context(webhook_receiver()) for kind in _ANSWERS}
        runner = ApiRunner(Path(folder))
        stack.callback(runner.stop)
        api = runner.start(WebOptions(sending=SendingOptions(allow=(_LOOPBACK,))))
        for kind, receiver in receivers.items():
            if _ANSWERS[kind]:
                receiver.statuses, receiver.answers = [200], [_ANSWERS[kind]]
            channel = NewChannel(kind, kind.value, receiver.url, "zh")
            api.service.notifications.channels.create(channel)
        first_at = _alarm(api, options.alarms, options.seconds)
        took_s = time.time() - first_at
        found = api.service.incidents.records.list(IncidentFilter(), 2 * options.alarms)
        ids = {one.id for one in found}
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and any(
            ids - _named(one, ids) for one in receivers.values()
        ):
            time.sleep(1)
        print(f"{len(ids)} incidents in {took_s:.0f} s")
        return _judge(receivers, ids, first_at)


def _alarm(api: Api, alarms: int, seconds: float) -> float:
    """One incident after the other; when the first was recorded."""
    for number in range(alarms):
        settings = CameraSettings(f"Camera {number}", expected=False)
        api.service.cameras.records.create(settings, f"c{number}")
    picture = make_jpeg()
    began, first_at = time.monotonic(), 0.0
    for number in range(alarms):
        state = SubLabel.SEVERE if number % 20 == 0 else SubLabel.MINOR
        for _ in range(2):
            frame = Submission("f.jpg", camera_id=f"c{number}")
            api.service.inspections.intake.accept(picture, frame)
            claim = next_claim(api.service)
            if claim is None:
                raise RuntimeError("a frame that was accepted is not there")
            found = (Detection(Box(80, 60, 140, 120), Hazard(Label.FIRE, state), 0.9),)
            runs = (DetectorRun("embedded", "made up"),)
            finding = Finding(claim, found, runs, decide_verdict(found, runs), picture)
            api.service.inspections.findings.record([finding])
        first_at = first_at or time.time()
        time.sleep(max(0.0, began + (number + 1) * seconds / alarms - time.monotonic()))
    return first_at


def _named(receiver: Receiver, ids: set[str]) -> set[str]:
    """The incidents that what came in names."""
    text = "\n".join(one.body.decode() for one in list(receiver.received))
    return {one for one in ids if one in text}


def _judge(receivers: dict[ChannelKind, Receiver], ids: set[str], first_at: float) -> int:
    """Prints the table; 0 if all holds."""
    faults = []
    print(f"{'channel':<10}{'first':>8}{'requests':>10}{'most in 60 s':>14}{'named':>8}{'last':>8}")
    for kind, receiver in receivers.items():
        moments = sorted(one.at for one in receiver.received)
        most = max((sum(0 <= other - one < 60 for other in moments) for one in moments), default=0)
        named = len(_named(receiver, ids))
        first_s = moments[0] - first_at if moments else float("inf")
        last_s = moments[-1] - first_at if moments else float("inf")
        print(
            f"{kind.value:<10}{first_s:>7.1f}s{len(moments):>10}{most:>14}{named:>8}{last_s:>7.0f}s"
        )
        if first_s > FIRST_WITHIN_S:
            faults.append(f"{kind}: the first after {first_s:.1f} s")
        if kind is not ChannelKind.WEBHOOK and most > MOST_A_MINUTE:
            faults.append(f"{kind}: {most} requests in a minute")
        if named < len(ids):
            faults.append(f"{kind}: {len(ids) - named} incidents in no message")
    webhook = receivers[ChannelKind.WEBHOOK].received
    told = [json.loads(one.body)["data"]["id"] for one in webhook]
    if len(told) != len(set(told)):
        faults.append(f"webhook: {len(told) - len(set(told))} incidents told twice")
    print("\n".join(faults) or "all holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
