"""Deliveries and devices in bodies and answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, StrictInt

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.service.cameras.deliveries import Outcome
from safety_detector.service.cameras.devices import Acknowledgement, Device
from safety_detector.value_faults import ValueFault
from safety_detector.vendor_payloads.events import Make, as_address, as_mac


def _mac(text: str | None) -> str | None:
    found = as_mac(text) if text else None
    if text and found is None:
        raise ValueFault("value-mac")
    return found


def _address(text: str | None) -> str | None:
    found = as_address(text) if text else None
    if text and found is None:
        raise ValueFault("value-address")
    return found


class DeviceBody(BaseModel):
    """By what the receivers know a camera, and how its pushes are answered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"mac": "44:19:b6:0a:1b:2c", "channel": 2}]},
    )

    mac: Annotated[str | None, AfterValidator(_mac)] = Field(
        None,
        max_length=32,
        description="MAC address of the device that pushes: the camera, or its recorder.",
    )
    address: Annotated[str | None, AfterValidator(_address)] = Field(
        None,
        max_length=64,
        description="Its IP address; where neither is set, that of the camera's source counts.",
    )
    channel: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = Field(
        None, description="The camera's channel of a recorder, from 1."
    )
    acknowledgement: Acknowledgement = Field(
        Acknowledgement.EMPTY,
        description='What a push is answered with: nothing, `OK`, or `{"Result": true}`; models '
        "send again what is not acknowledged in their way.",
    )

    def device(self) -> Device:
        """As the service takes it."""
        return Device(self.mac, self.address, self.channel, self.acknowledgement)


class DeviceDocument(Document):
    """By what the receivers know a camera, and how its pushes are answered."""

    mac: str | None = Field(
        description="MAC address of the device that pushes.", examples=["44:19:b6:0a:1b:2c"]
    )
    address: str | None = Field(description="Its IP address.", examples=["10.0.0.64"])
    channel: int | None = Field(description="The camera's of a recorder, from 1.", examples=[2])
    acknowledgement: Acknowledgement = Field(
        description="What a push is answered with.", examples=["empty"]
    )


class DeliveryDocument(Document):
    """What a device sent at one time."""

    received_at: Moment = Field(description="When.", examples=["2026-11-29T02:15:31.000Z"])
    make: Make = Field(description="Whose receiver it came to.", examples=["hikvision"])
    outcome: Outcome = Field(
        description="What became of it; `accepted` has an inspection, all else a `reason` but "
        "`heartbeat`.",
        examples=["accepted"],
    )
    peer: str | None = Field(description="From where it came.", examples=["10.0.0.64"])
    content_type: str | None = Field(
        description="As it was announced.", examples=["multipart/form-data; boundary=boundary"]
    )
    size_bytes: int = Field(description="Of the body.", examples=[183_211])
    contents: dict[str, Any] = Field(
        description="What was read of it: `events`, `parts`, and how many `pictures`.",
        examples=[{"events": [{"kind": "fireDetection", "channel": 1}], "pictures": 1}],
    )
    reason: Sentence | None = Field(
        description="Why no picture was accepted, or what could not be read beside it.",
        examples=[None],
    )
    details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[None],
    )
    head: str | None = Field(
        description="The beginning of its text, without secrets.",
        examples=["<EventNotificationAlert>…"],
    )
    inspection_id: str | None = Field(
        description="Of the picture; a newer frame may have replaced it.", examples=[EXAMPLE_ID]
    )


class DeliveriesDocument(Document):
    """The last things that came, newest first."""

    deliveries: list[DeliveryDocument] = Field(description="At most 20.")
