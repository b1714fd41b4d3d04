"""One push of a vendor's device: read, tied to its camera, taken as a frame, noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from safety_detector.domain.inspection import Inspection
from safety_detector.errors import (
    AddressRefused,
    FetchFailed,
    PictureRefused,
    PictureTooLarge,
    UnknownCamera,
)
from safety_detector.ingest.camera_bodies import Arrived
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture
from safety_detector.message_texts.reason import Reason
from safety_detector.network.xml_messages import decode_message
from safety_detector.service.cameras.deliveries import Delivery, Outcome
from safety_detector.service.cameras.devices import Signs
from safety_detector.service.records import FrameDisposition, Principal
from safety_detector.vendor_payloads.events import DeviceEvent, Make
from safety_detector.vendor_payloads.payload import (
    PayloadPart,
    part_bytes,
    read_events,
    read_payload,
)
from safety_detector.web.access.authentication import not_allowed
from safety_detector.web.bodies.uploads import Spool
from safety_detector.web.cameras.pushes import (
    ChosenPicture,
    believed,
    choose_picture,
    received_file,
    shown_parts,
)
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.inspections.fields import FrameFields
from safety_detector.web.receivers.masking import masked, masked_reason, masked_text

_OUTCOMES = {
    FrameDisposition.ACCEPTED: Outcome.ACCEPTED,
    FrameDisposition.SKIPPED: Outcome.SKIPPED,
    FrameDisposition.UNCHANGED: Outcome.UNCHANGED,
}
_MOST_EVENTS_NOTED = 5
_MOST_PARTS_NOTED = 10
_HEAD_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push before it is read.

    Attributes:
        make: whose receiver it came to.
        received_at: when it came.
        peer: the address that it came from.
        content_type: as it was announced.
        named_camera: by the path.
    """

    make: Make
    received_at: datetime
    peer: str | None
    content_type: str
    named_camera: str | None

    def delivery(
        self,
        outcome: Outcome,
        camera_id: str | None = None,
        reason: Reason | None = None,
        reading: Reading | None = None,
        inspection_id: str | None = None,
        size_bytes: int = 0,
    ) -> Delivery:
        """What is noted of it, without secrets."""
        return Delivery(
            camera_id=camera_id,
            make=self.make,
            received_at=self.received_at,
            outcome=outcome,
            peer=self.peer,
            content_type=masked_text(self.content_type[:200]) or None,
            size_bytes=size_bytes if reading is None else reading.size_bytes,
            contents={} if reading is None else masked(reading.document()),
            reason=reason and masked_reason(reason),
            head=None if reading is None else reading.head,
            inspection_id=inspection_id,
        )


@dataclass(slots=True)
class Reading:
    """What was read of a push.

    Attributes:
        parts: of its body.
        events: in its texts.
        chosen: the picture among its parts.
        fault: why it could not be taken apart.
        head: the beginning of its text, without secrets.
        size_bytes: of the body.
    """

    parts: Sequence[PayloadPart] = ()
    events: list[DeviceEvent] = field(default_factory=list)
    chosen: ChosenPicture | None = None
    fault: Reason | None = None
    head: str | None = None
    size_bytes: int = 0

    @property
    def told(self) -> DeviceEvent | None:
        """The event that says most: one that was read, before a heartbeat."""
        read = [one for one in self.events if one.kind or one.mac or one.address or one.channel]
        return min(read, key=lambda one: one.is_heartbeat, default=None)

    @property
    def reason(self) -> Reason | None:
        """Why something could not be read."""
        return self.fault or next((one.fault for one in self.events if one.fault), None)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the events say that their pictures are."""
        return tuple(url for event in self.events for url in event.picture_urls)

    def document(self) -> dict[str, Any]:
        """What was read, for people."""
        return {
            "events": [_event_document(one) for one in self.events[:_MOST_EVENTS_NOTED]],
            "parts": [
                {"name": part.shown[:80], "type": part.media_type[:80], "size_bytes": part.size}
                for part in self.parts[:_MOST_PARTS_NOTED]
            ],
            "pictures": 0 if self.chosen is None else 1 + len(self.chosen.left_out),
        }


def read_push(push: Arrival, spool: Spool) -> Reading:
    """Takes a push apart; whatever it is, this does not fail."""
    payload = read_payload(spool.file, spool.size_bytes, push.content_type)
    reading = Reading(payload.parts, fault=payload.fault, size_bytes=spool.size_bytes)
    texts = [part for part in payload.parts if part.is_text]
    for part in texts:
        reading.events += read_events(push.make, part_bytes(spool.file, part))
    pictures = [part for part in payload.parts if not part.is_text]
    wanted = [one for event in reading.events for one in event.picture_ids]
    reading.chosen = choose_picture(pictures, spool, wanted)
    spool.file.seek(texts[0].start if texts else 0)
    size = texts[0].size if texts else spool.size_bytes
    reading.head = _head_of(spool.file.read(min(size, 2 * _HEAD_CHARACTERS)))
    return reading


def find_camera(here: Collaborators, push: Arrival, principal: Principal, reading: Reading) -> str:
    """The camera that a push is from: by path, else by what it says, else by its key.

    Raises:
        UnknownCamera: none of the service's.
        RequestProblem: another camera than the key's.
    """
    camera_id = push.named_camera
    if camera_id is None:
        event = reading.told
        addresses = [event.address if event else None, push.peer]
        signs = Signs(
            push.make,
            event.mac if event else None,
            [one for one in addresses if one],
            event.channel if event else None,
        )
        camera_id = here.service.cameras.devices.find(signs) or principal.camera_id
        if camera_id is None:
            raise UnknownCamera(
                "no-camera-of-push",
                mac=signs.mac or "-",
                address=", ".join(signs.addresses) or "-",
                channel=signs.channel or "-",
            )
    if not principal.may_push_to(camera_id):
        raise not_allowed("This key may not push frames to this camera.")
    return camera_id


def fetch_event_picture(
    urls: Sequence[str], policy: FetchPolicy, arrived: Arrived
) -> tuple[bytes | None, Reason | None]:
    """The first picture that an address of the event leads to, or why none does."""
    reason = None
    for url in urls[:3]:
        try:
            return fetch_picture(url, replace(policy, arrived=arrived)), None
        except (AddressRefused, FetchFailed, PictureTooLarge) as exc:
            reason = Reason.of("event-picture-not-fetched", cause=exc.reason)
    return None, reason


def take(
    here: Collaborators,
    push: Arrival,
    principal: Principal,
    camera_id: str,
    reading: Reading,
    spool: Spool,
    fetched: bytes | None,
    not_fetched: Reason | None,
) -> Delivery:
    """Takes the picture of a push as a frame of its camera, and says what became of the push.

    Raises:
        PictureRefused: it is none, or half of one; it is counted as refused.
        StorageUnavailable, DatabaseUnavailable: nothing was accepted.
    """
    if reading.chosen is None and fetched is None:
        outcome, reason = _without_picture(reading, not_fetched)
        return push.delivery(outcome, camera_id, reason, reading)
    limits = here.uploads.limits.picture
    scene = reading.chosen.scene if reading.chosen else None
    picture = fetched
    if picture is None and scene is not None:
        picture = spool.read(received_file(scene, limits), limits)
    frame = _frame_fields(push, reading).submission(
        (scene.file_name if scene else "") or _name(push, reading), principal
    )
    zone = here.service.cameras.devices.time_zone(camera_id)
    frame = replace(frame, captured_at=_moment(reading, _zone(zone, here.reports.time_zone)))
    try:
        receipt = here.service.cameras.frames.push(camera_id, picture or b"", frame)
    except PictureRefused as exc:
        here.service.cameras.deliveries.note(
            push.delivery(Outcome.REFUSED, camera_id, exc.reason, reading)
        )
        raise
    inspection: Inspection | None = receipt.inspection
    return push.delivery(
        _OUTCOMES[receipt.disposition],
        camera_id,
        receipt.reason or reading.reason,
        reading,
        inspection.id if inspection else None,
    )


def _without_picture(reading: Reading, not_fetched: Reason | None) -> tuple[Outcome, Reason | None]:
    told = reading.told or next((one for one in reading.events if one.is_heartbeat), None)
    if told is not None and told.is_heartbeat and reading.reason is None:
        return Outcome.HEARTBEAT, None
    if not_fetched is not None:
        return Outcome.NO_PICTURE, not_fetched
    if told is not None:
        return Outcome.NO_PICTURE, reading.reason or Reason("event-without-picture")
    came = shown_parts(reading.parts) or "-"
    return Outcome.UNREADABLE, reading.reason or Reason.of("payload-unreadable", came=came)


def _frame_fields(push: Arrival, reading: Reading) -> FrameFields:
    event = reading.told
    told = {
        "make": push.make.value,
        "event": event and event.kind,
        "channel": event and event.channel,
    }
    return FrameFields(metadata={name: value for name, value in told.items() if value is not None})


def _name(push: Arrival, reading: Reading) -> str:
    kind = reading.told.kind if reading.told else None
    return f"{push.make}-{kind or 'event'}"


def _moment(reading: Reading, zone: tzinfo) -> datetime | None:
    moments = (believed(event.moment(zone)) for event in reading.events)
    return next((one for one in moments if one is not None), None)


def _zone(name: str | None, site: tzinfo) -> tzinfo:
    return ZoneInfo(name) if name else site


def _event_document(event: DeviceEvent) -> dict[str, Any]:
    told = {
        "kind": event.kind,
        "state": event.state and event.state.value,
        "is_heartbeat": event.is_heartbeat,
        "address": event.address,
        "mac": event.mac,
        "channel": event.channel,
        "channel_name": event.channel_name,
        "happened_at": event.happened_at and event.happened_at.isoformat(),
        "count": event.count,
    }
    return {name: value for name, value in told.items() if value is not None}


def _head_of(data: bytes) -> str:
    """The beginning of a text without what could be secret in it; of pictures their signature."""
    text = masked_text(decode_message(data))
    shown = "".join(char if char.isprintable() or char == "\n" else "·" for char in text)
    return shown[:_HEAD_CHARACTERS]
