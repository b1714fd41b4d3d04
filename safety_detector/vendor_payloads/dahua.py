"""Dahua's events: lines of text, as its streams and pushes have them, or JSON.

After "Dahua HTTP API for IPC&SD" V3.x: ``eventManager.cgi`` writes
``Code=VideoMotion;action=Start;index=0;data={…}``, ``snapManager.cgi`` a line for each field of
``Events[0]``, and both ``Heartbeat``.  Pushes of newer models have the same in JSON.
"""

from __future__ import annotations

import re
from datetime import datetime

from safety_detector.message_texts.reason import Reason
from safety_detector.network.xml_messages import MOST_BYTES, decode_message
from safety_detector.vendor_payloads.events import (
    DeviceEvent,
    EventState,
    Make,
    as_address,
    as_epoch,
    as_mac,
    as_moment,
    as_number,
    as_text,
)
from safety_detector.vendor_payloads.fields import Message, read_message

_LINE = re.compile(r"Code=([^;\r\n]{1,128});\s*action=([^;\r\n]{1,32})(?:;\s*index=([0-9]{1,4}))?")
_FIELD = re.compile(r"Events\[([0-9]{1,3})\]\.([A-Za-z0-9_.\[\]]{1,120})[ \t]*=[ \t]*([^\r\n]*)")
_LOCAL_TIME = re.compile(r'"(?:LocaleTime|Time)"\s*:\s*"([^"]{1,40})"')
_EPOCH = re.compile(r'"(?:UTC|RealUTC)"\s*:\s*([0-9]{1,10})')
_STATES = {
    "start": EventState.ACTIVE,
    "pulse": EventState.ACTIVE,
    "stop": EventState.INACTIVE,
}
_MOST_EVENTS = 100
_LONGEST_DATA = 16 * 1024  # of an event's own data, in which times are looked for


def read_events(data: bytes) -> tuple[DeviceEvent, ...]:
    """The events that a text tells of, at least one; what cannot be read is its ``fault``."""
    if len(data) > MOST_BYTES:
        return (DeviceEvent(Make.DAHUA, fault=Reason.of("payload-too-long", limit=MOST_BYTES)),)
    text = decode_message(data).strip("\0 \t\r\n")
    if text[:1] in ("{", "["):
        return (_of_json(read_message(data)),)
    if text.lower().startswith("heartbeat"):
        return (DeviceEvent(Make.DAHUA, kind="Heartbeat", is_heartbeat=True),)
    return _of_lines(text) or _of_fields(text) or (_none(text),)


def _none(text: str) -> DeviceEvent:
    reason = Reason("payload-no-event") if text else Reason("payload-empty")
    return DeviceEvent(Make.DAHUA, fault=reason)


def _of_lines(text: str) -> tuple[DeviceEvent, ...]:
    found = list(_LINE.finditer(text))[:_MOST_EVENTS]
    ends = [one.start() for one in found[1:]] + [len(text)]
    return tuple(
        DeviceEvent(
            Make.DAHUA,
            kind=as_text(one[1]),
            state=_STATES.get(one[2].strip().lower()),
            channel=None if one[3] is None else int(one[3]) + 1,
            happened_at=_moment_in(text[one.end() : min(end, one.end() + _LONGEST_DATA)]),
        )
        for one, end in zip(found, ends, strict=False)
    )


def _moment_in(data: str) -> datetime | None:
    epoch = _EPOCH.search(data)
    local = _LOCAL_TIME.search(data)
    return (as_epoch(epoch[1]) if epoch else None) or (as_moment(local[1]) if local else None)


def _of_fields(text: str) -> tuple[DeviceEvent, ...]:
    events: dict[str, dict[str, str]] = {}
    for number, name, value in _FIELD.findall(text):
        if number in events or len(events) < _MOST_EVENTS:
            events.setdefault(number, {}).setdefault(name.rpartition(".")[2], value.strip())
    return tuple(
        _event(one.get("Code"), one.get("Action"), one.get("Index") or one.get("Channel"), one)
        for one in events.values()
    )


def _event(
    code: str | None, action: str | None, index: str | None, told: dict[str, str]
) -> DeviceEvent:
    number = as_number(index or "")
    moment = as_epoch(told.get("UTC", "")) or as_moment(told.get("LocaleTime", ""))
    return DeviceEvent(
        Make.DAHUA,
        kind=as_text(code or ""),
        state=_STATES.get((action or "").lower()),
        is_heartbeat=(code or "").lower() == "heartbeat",
        address=as_address(told.get("IPAddress", "")),
        mac=as_mac(told.get("MACAddress", "")),
        channel=None if number is None else number + 1,
        channel_name=as_text(told.get("ChannelName", "")),
        happened_at=moment or as_moment(told.get("Time", "")),
        fault=None if code else Reason("payload-no-event"),
    )


_JSON_NAMES = {
    "Code": ("Code", "EventCode", "code"),
    "Action": ("Action", "EventAction", "action"),
    "Index": ("Index", "Channel", "index", "channel"),
    "UTC": ("UTC", "RealUTC"),
    "LocaleTime": ("LocaleTime", "StartTime", "Time"),
    "IPAddress": ("IPAddress", "IP", "DeviceIP"),
    "MACAddress": ("MACAddress", "MacAddress", "Mac", "MAC"),
    "ChannelName": ("ChannelName", "MachineName"),
}


def _of_json(message: Message) -> DeviceEvent:
    if message.fault is not None:
        return DeviceEvent(Make.DAHUA, fault=message.fault)
    told = {name: message.first(*names) or "" for name, names in _JSON_NAMES.items()}
    return _event(told["Code"] or None, told["Action"], told["Index"], told)
