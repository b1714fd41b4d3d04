"""What goes wrong with one message is told in its log, and the next is sent."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from safety_detector.notifications.sender import Sender
from safety_detector.notifications.senders import ChannelSender
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    ChannelKind,
    ClaimedMessage,
    Destination,
    Message,
    MessageStatus,
    NewChannel,
)
from tests.service_stand import Stand


class Broken:
    """A sender with a fault."""

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Fails."""
        raise KeyError("x")


class Sound:
    """A receiver that takes everything."""

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Takes it."""
        return Attempt(True, 1, 200)


def told(stand: Stand, kind: ChannelKind) -> str:
    """A channel with a test message that waits."""
    channels = stand.service.notifications.channels
    channel, _ = channels.create(NewChannel(kind, "x", "https://soc.example.com/h"))
    channels.test(channel.id)
    return channel.id


def send_all(stand: Stand, senders: Mapping[ChannelKind, ChannelSender]) -> None:
    """Sends whatever is due."""
    here = stand.service.notifications
    sender = Sender(here.pacing, here.outcomes, here.seal, senders)
    while claims := here.jobs.claim(NOTIFY_QUEUE, "sender"):
        for claim in claims:
            assert sender.handle(claim, lambda: None)


def newest(stand: Stand, channel_id: str) -> Message:
    """What came of a channel's message."""
    return stand.service.notifications.channels.messages(channel_id, 1)[0]


def test_a_fault_of_ours_is_one_channels_alone(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, tried again by the schedule, and the others are sent."""
    broken, sound = told(stand, ChannelKind.WECOM), told(stand, ChannelKind.WEBHOOK)
    send_all(stand, {ChannelKind.WECOM: Broken(), ChannelKind.WEBHOOK: Sound()})
    assert newest(stand, sound).status is MessageStatus.DELIVERED
    message = newest(stand, broken)
    assert message.status is MessageStatus.WAITING
    assert message.last is not None
    assert message.last.reason is not None
    assert "KeyError" in message.last.reason.text("en")
    assert "unexpected fault" in caplog.text


def test_a_lost_key_of_the_seal_is_told_in_the_log(stand: Stand) -> None:
    """And put back it counts at once."""
    channel_id = told(stand, ChannelKind.WEBHOOK)
    key = next(stand.service.storage.root.glob("keys/seal.key"))
    kept = key.read_bytes()
    key.unlink()
    send_all(stand, {ChannelKind.WEBHOOK: Sound()})
    message = newest(stand, channel_id)
    assert message.last is not None
    assert message.last.reason is not None
    assert "seal.key" in message.last.reason.text("zh")
    key.write_bytes(kept)
    stand.clock.advance(6)
    send_all(stand, {ChannelKind.WEBHOOK: Sound()})
    assert newest(stand, channel_id).status is MessageStatus.DELIVERED
