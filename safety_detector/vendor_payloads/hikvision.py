"""Hikvision's ``EventNotificationAlert``, in XML or JSON.

After "Device Network SDK Developer Guide V6.1", ``XML_EventNotificationAlert`` and
``JSON_EventNotificationAlert``: the same members in both, further ones by kind of event.
"""

from __future__ import annotations

from safety_detector.message_texts.reason import Reason
from safety_detector.vendor_payloads.events import (
    DeviceEvent,
    EventState,
    Make,
    as_address,
    as_mac,
    as_moment,
    as_number,
    as_text,
)
from safety_detector.vendor_payloads.fields import Message, read_message

# By these a message is known; the name of the outermost element differs between kinds of events.
_OWN = frozenset({"eventType", "eventState", "activePostCount", "eventDescription"})
_URLS = (
    *("bkgUrl", "picURL", "picUrl", "pictureURL", "pictureUrl", "imageUrl", "imageURL"),
    *("visibleLightURL", "visibleLightUrl", "captureUrl", "faceURL", "URL", "url"),
)
_FIRST_IP_CHANNEL = 33  # of a recorder whose first 32 channels are analogue
_MOST_PICTURES = 16


def read_event(data: bytes) -> DeviceEvent:
    """The event that a text tells of; what cannot be read of it is its ``fault``."""
    message = read_message(data)
    names = {field.name for field in message.fields}
    if message.fault is None and not names & _OWN:
        return DeviceEvent(Make.HIKVISION, fault=Reason("payload-no-event"))
    kind = as_text(message.first("eventType") or "")
    state = _state(message.first("eventState"))
    return DeviceEvent(
        Make.HIKVISION,
        kind=kind,
        state=state,
        # Inactive "videoloss" comes every few seconds, and says that all is well.
        is_heartbeat=state is EventState.INACTIVE or (kind or "").lower() == "heartbeat",
        address=_address(message),
        mac=as_mac(message.first("macAddress") or ""),
        channel=_channel(message),
        channel_name=as_text(message.first("channelName") or ""),
        happened_at=as_moment(message.first("dateTime") or ""),
        count=as_number(message.first("activePostCount") or ""),
        picture_urls=_urls(message),
        picture_ids=_ids(message),
        fault=message.fault,
    )


def possible_channels(channel: int) -> tuple[int, ...]:
    """The channels that a recorder may mean by a number, the likelier first.

    With analogue inputs, or by its heritage, it counts IP channels from 33.
    """
    if channel >= _FIRST_IP_CHANNEL:
        return (channel, channel - _FIRST_IP_CHANNEL + 1)
    return (channel,)


def _state(text: str | None) -> EventState | None:
    try:
        return EventState((text or "").strip().lower())
    except ValueError:
        return None


def _address(message: Message) -> str | None:
    return as_address(message.first("ipAddress") or "") or as_address(
        message.first("ipv6Address") or ""
    )


def _channel(message: Message) -> int | None:
    """A recorder's dynamic number is that of the IP channel; 0 is the device itself."""
    for name in ("channelID", "dynChannelID", "channel"):
        found = as_number(message.first(name) or "")
        if found:
            return found
    return None


def _urls(message: Message) -> tuple[str, ...]:
    found = [*message.all(*_URLS)]
    if (message.first("resourcesContentType") or "").lower() == "url":
        found += message.all("resourcesContent")
    web = [one.strip() for one in found if one.strip().lower().startswith(("http://", "https://"))]
    return tuple(dict.fromkeys(web))[:_MOST_PICTURES]


def _ids(message: Message) -> tuple[str, ...]:
    found = [*message.all("contentID", "contentId", "pId", "cid")]
    if (message.first("resourcesContentType") or "").lower() in ("cid", "binary"):
        found += message.all("resourcesContent")
    bare = [one.strip().removeprefix("cid:").strip("<>") for one in found]
    return tuple(dict.fromkeys(bare))[:_MOST_PICTURES]
