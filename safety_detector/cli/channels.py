"""``safety-detector channels``: add, try, change, remove channels; show what they were told."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.cli.operator import operated_service, operator
from safety_detector.cli.secret_files import first_line
from safety_detector.errors import ConfigurationInvalid, SubmissionRefused
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.notifications.channels import Channels
from safety_detector.service.notifications.records import Channel, Message, MessageStatus
from safety_detector.web.channels.bodies import BODIES, ChannelBody
from safety_detector.web.channels.change_bodies import ChannelChangeBody
from safety_detector.web.channels.documents import (
    ChannelDocument,
    MessageDocument,
    NewChannelDocument,
)
from safety_detector.web.channels.kind_body import KindBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class NewChannelOptions:
    """What ``channels add`` says; see there."""

    kind: str
    address: str
    name: str
    language: str | None
    secret_file: Path | None
    settings: Sequence[str]

    def body(self) -> dict[str, Any]:
        """As REST takes it.

        Raises:
            ConfigurationInvalid: something of it cannot be.
        """
        model = BODIES.get(self.kind)
        if model is None:
            raise ConfigurationInvalid(
                "channel-kind-unknown", kind=self.kind, kinds=", ".join(BODIES)
            )
        told: dict[str, Any] = {"kind": self.kind, "name": self.name}
        told["url"] = _address(self.address)
        if self.language is not None:
            told["language"] = self.language
        return told | _secret(self.secret_file, model) | _settings(self.settings, model)


@dataclass(frozen=True, slots=True)
class ChangedChannelOptions:
    """What ``channels change`` says; see there.  None stays as it is."""

    address: str | None
    name: str | None
    language: str | None
    secret_file: Path | None
    settings: Sequence[str]
    on: bool | None

    def body(self, channel: Channel) -> dict[str, Any]:
        """As REST takes it.

        Raises:
            ConfigurationInvalid: something of it cannot be.
        """
        model = BODIES[channel.kind]
        is_on = channel.enabled if self.on is None else self.on
        return {
            **channel.settings,
            "kind": channel.kind.value,
            "name": channel.name if self.name is None else self.name,
            "url": channel.url if self.address is None else _address(self.address),
            "language": self.language or channel.language,
            "enabled": is_on,
            **_secret(self.secret_file, model),
            **_settings(self.settings, model),
        }


def run_channels_add(options: NewChannelOptions, *, as_json: bool) -> int:
    """Adds a channel; returns the exit code.

    Raises:
        ConfigurationInvalid, SubmissionRefused: something of it cannot be.
    """
    try:
        wanted = checked(ChannelBody, options.body()).wanted()
    except RequestProblem as exc:
        raise ConfigurationInvalid("channel-invalid", problems=exc.detail) from exc
    with operated_service() as service:
        channel, secret = service.notifications.channels.create(wanted, operator())
    document = ChannelDocument.of(channel)
    if as_json or not stdout_is_terminal():
        print_json_line({**document.as_json(), "secret": secret})
        return DONE
    _print(f"{channel.id}  {channel.kind} {channel.url}")
    if secret is not None:
        _print(f"secret: {secret}")
        stderr.print("Keep it now: it is not shown again.")
    stderr.print(f"Try it: safety-detector channels test {channel.id}", markup=False)
    return DONE


def run_channels_change(channel_id: str, options: ChangedChannelOptions, *, as_json: bool) -> int:
    """Changes a channel; returns the exit code.

    Raises:
        ConfigurationInvalid, SubmissionRefused: something of it cannot be, or there is none.
    """
    with operated_service() as service:
        channels = service.notifications.channels
        before = channels.get(channel_id)
        if before is None:
            raise SubmissionRefused("no-channel", channel_id=channel_id)
        try:
            body = checked(ChannelChangeBody, options.body(before))
        except RequestProblem as exc:
            raise ConfigurationInvalid("channel-not-changed", problems=exc.detail) from exc
        changed = channels.replace(
            channel_id, body.wanted(), operator(), keeps_secret=body.keeps_secret
        )
        if changed is None:
            raise SubmissionRefused("no-channel", channel_id=channel_id)
    channel, secret = changed
    if as_json or not stdout_is_terminal():
        print_json_line(NewChannelDocument.with_secret(channel, secret).as_json())
        return DONE
    off = "" if channel.disabled_reason is None else f"  {channel.disabled_reason.text('en')}"
    _print(f"{channel.id}  {channel.kind} {channel.url}{off}")
    return DONE


def run_channels_list(*, as_json: bool) -> int:
    """Lists every channel; returns the exit code."""
    with operated_service() as service:
        channels = service.notifications.channels
        found = [(one, next(iter(channels.messages(one.id, 1)), None)) for one in channels.list()]
    if as_json or not stdout_is_terminal():
        print_json_line({"channels": [ChannelDocument.of(one).as_json() for one, _ in found]})
        return DONE
    table = _table("Kind", "Name", "Leads to", "State")
    for channel, newest in found:
        state = _state(newest) if newest else "told nothing yet"
        if channel.disabled_reason is not None:
            state = f"off: {channel.disabled_reason.text('en')}"
        row = (channel.id, channel.kind, channel.name, channel.url, state)
        table.add_row(*(Text(printable(one)) for one in row))
    Console().print(table)
    return DONE


def run_channels_test(channel_id: str, wait_s: float, *, as_json: bool) -> int:
    """Sends a test message; returns the exit code, 3 if it was not delivered.

    Raises:
        SubmissionRefused: there is no such channel.
    """
    with operated_service() as service:
        channels = service.notifications.channels
        message_id = channels.test(channel_id)
        if message_id is None:
            raise SubmissionRefused("no-channel", channel_id=channel_id)
        message = _what_came_of(channels, channel_id, message_id, 0, wait_s)
    return _say_what_came_of(message, 0, as_json=as_json)


def run_channels_resend(channel_id: str, message_id: str, wait_s: float, *, as_json: bool) -> int:
    """Sends a message again; returns the exit code, 3 if it was not delivered.

    Raises:
        SubmissionRefused: the channel has no such message.
    """
    with operated_service() as service:
        channels = service.notifications.channels
        before = channels.message(channel_id, message_id)
        if before is None or not channels.resend(channel_id, message_id):
            raise SubmissionRefused("no-message", channel_id=channel_id, message_id=message_id)
        message = _what_came_of(channels, channel_id, message_id, before.message.attempts, wait_s)
    return _say_what_came_of(message, before.message.attempts, as_json=as_json)


def run_channels_deliveries(channel_id: str, limit: int, *, as_json: bool) -> int:
    """Shows what a channel was told; returns the exit code.

    Raises:
        SubmissionRefused: there is no such channel.
    """
    with operated_service() as service:
        channels = service.notifications.channels
        if channels.get(channel_id) is None:
            raise SubmissionRefused("no-channel", channel_id=channel_id)
        found = channels.messages(channel_id, limit)
    if as_json or not stdout_is_terminal():
        print_json_line({"messages": [MessageDocument.of(one).as_json() for one in found]})
        return DONE
    table = _table("Written", "About", "Tries", "State")
    for message in found:
        written = _local(message.created_at)
        row = (message.id, written, message.type, str(message.attempts), _state(message))
        table.add_row(*(Text(printable(one)) for one in row))
    Console().print(table)
    return DONE


def run_channels_remove(channel_ids: Sequence[str]) -> int:
    """Removes channels; returns the exit code, 3 if one was not there."""
    unknown = 0
    with operated_service() as service:
        for channel_id in dict.fromkeys(channel_ids):
            if service.notifications.channels.remove(channel_id, operator()):
                stderr.print(f"Removed {printable(channel_id)}.", markup=False, highlight=False)
            else:
                unknown += 1
                stderr.print(f"There is no channel {printable(channel_id)}.", markup=False)
    return PARTLY_FAILED if unknown else DONE


def _address(written: str) -> str:
    return first_line(Path("-"), "ADDRESS") if written == "-" else written


def _secret(file: Path | None, model: type[KindBody]) -> dict[str, str]:
    if file is None:
        return {}
    name = "password" if "password" in model.model_fields else "secret"
    return {name: first_line(file, "--secret-file")}


def _settings(written: Sequence[str], model: type[KindBody]) -> dict[str, Any]:
    """What ``--set`` says; values are JSON, or text where they are none."""
    properties = model.model_json_schema()["properties"]
    told: dict[str, Any] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigurationInvalid("channel-setting-malformed", text=text)
        if "array" in json.dumps(properties.get(name, {}).get("type")):
            told.setdefault(name, []).append(value)
        else:
            told[name] = _value(value, properties.get(name, {}))
    return told


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") not in ("boolean", "integer", "number"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # and the body says what it should be


def _what_came_of(
    channels: Channels, channel_id: str, message_id: str, tries: int, wait_s: float
) -> Message:
    """The message after its next try, or as it stands when the time is over."""
    until = time.monotonic() + wait_s
    with stderr.status("Waiting for the service to send it …"):
        while True:
            found = channels.message(channel_id, message_id)
            if found is None:
                raise SubmissionRefused("no-message", channel_id=channel_id, message_id=message_id)
            message = found.message
            is_over = message.attempts > tries or message.status is not MessageStatus.WAITING
            if is_over or time.monotonic() >= until:
                return message
            time.sleep(_LOOK_EVERY_S)


def _say_what_came_of(message: Message, tries: int, *, as_json: bool) -> int:
    if as_json or not stdout_is_terminal():
        print_json_line(MessageDocument.of(message).as_json())
    else:
        _print(_state(message))
    if message.attempts == tries:
        stderr.print(
            "Nobody has sent it yet: does the service run (safety-detector serve)?", markup=False
        )
    return DONE if message.status is MessageStatus.DELIVERED else PARTLY_FAILED


def _table(*columns: str) -> Table:
    """With the id before all, in one piece: it is copied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(text: str) -> None:
    Console().print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _state(message: Message) -> str:
    """What came of a message, in a line."""
    last = message.last
    if message.status is MessageStatus.COLLECTED:
        return f"told in message {message.told_in}"
    if message.status is MessageStatus.HELD and message.next_try_at is not None:
        return f"held back, told {_local(message.next_try_at)} at the latest"
    if last is None:
        return "waits to be sent"
    said = f": {last.reason.text('en')}" if last.reason else ""
    if message.status is MessageStatus.DELIVERED:
        return f"delivered {_local(last.at)} in {last.took_ms} ms{said}"
    if message.next_try_at is None:
        return f"given up after {message.attempts} tries{said}"
    return f"not delivered{said} Next try {_local(message.next_try_at)}"


def _local(moment: datetime) -> str:
    return in_local_zone(moment).isoformat(sep=" ", timespec="seconds")[:19]
