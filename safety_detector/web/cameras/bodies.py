"""What an operator sends about a camera."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    model_validator,
)

from safety_detector.camera_sources.source import (
    CameraSource,
    SourceKind,
    SourceOptions,
    Taken,
    Transport,
    parse_source,
)
from safety_detector.documents.incident_rules import IncidentRulesDocument
from safety_detector.domain.camera_rules import (
    ALL_HAZARDS,
    MOST_CORNERS,
    MOST_HOURS,
    MOST_MASKS,
    MOST_ZONES,
    CameraRules,
    Day,
    Hours,
    Mask,
    Polygon,
    WatchedHazard,
    Zone,
    ZoneSeverity,
    check_ids,
)
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, RuleChanges
from safety_detector.errors import CameraAddressRefused
from safety_detector.host.local_time import zone_of
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.sources import PUSHED
from safety_detector.value_faults import ValueFault
from safety_detector.web.cameras.documents import POLYGON_EXAMPLE
from safety_detector.web.queries.values import RecordId, said_text, storable_text

_TIME = re.compile(r"([0-9]{2}):([0-9]{2})")
_LONGEST_TEXT = 255
_LONGEST_LOGIN = 1024


def _number(value: object) -> object:
    """Pydantic would take ``false`` and ``"5"`` for numbers."""
    if isinstance(value, bool | str):
        raise ValueFault("value-plain-number")
    return value


def _zone_name(name: str) -> str:
    zone_of(name)
    return name


def _minutes(written: str) -> int:
    found = _TIME.fullmatch(written)
    if found is None or int(found[2]) >= 60 or int(found[1]) * 60 + int(found[2]) > 24 * 60:
        raise ValueFault("hours-time")
    return int(found[1]) * 60 + int(found[2])


def _polygon(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    Polygon(tuple(corners))
    return corners


def _time(written: str) -> str:
    _minutes(written)
    return written


Number = Annotated[float, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]
Corners = Annotated[
    list[tuple[Number, Number]], Field(max_length=MOST_CORNERS), AfterValidator(_polygon)
]
Hazards = Annotated[list[WatchedHazard], Field(min_length=1, max_length=len(ALL_HAZARDS))]


class SourceBody(BaseModel):
    """Where a camera's pictures come from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "rtsp",
                    "url": "rtsp://10.0.0.7/Streaming/Channels/102",
                    "username": "viewer",
                    "password": "…",
                }
            ]
        },
    )

    kind: SourceKind | None = Field(None, description="Unset: told by the URL.")
    url: Annotated[str, AfterValidator(storable_text)] = Field(
        "",
        max_length=2048,
        description="Of the stream, the snapshot, or the path of a file or drop folder. A user and "
        "password in it are taken out of it.",
    )
    username: Annotated[str, AfterValidator(storable_text)] | None = Field(
        None, max_length=_LONGEST_LOGIN, description="Not named: as it was."
    )
    password: SecretStr | None = Field(
        None,
        max_length=_LONGEST_LOGIN,
        description="Sealed, and in no answer. Not named: as it was, as long as scheme, host and "
        "port are the same; null: none.",
    )
    transport: Transport = Field(Transport.TCP, description="Of RTSP: `tcp` or `udp`.")
    loop: StrictBool = Field(True, description="Whether a file begins again at its end.")
    taken: Taken = Field(Taken.MOVED, description="What becomes of a drop folder's accepted files.")
    move_to: Annotated[str, AfterValidator(storable_text)] | None = Field(
        None,
        max_length=4096,
        description="The folder that they are moved to; unset: `accepted` beside them.",
    )

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            self.source()
        except CameraAddressRefused as exc:
            # As a fault of this field, among those of all others.
            raise ValueFault(exc.reason) from None
        return self

    def source(self) -> CameraSource:
        """As the service takes it."""
        return parse_source(
            self.url,
            kind=self.kind,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            transport=self.transport,
            options=SourceOptions(self.loop, self.taken, self.move_to),
        )

    @property
    def keeps_login(self) -> bool:
        """Whether a user and password that are kept stay, but for what is named of them."""
        return self.password is not None or "password" not in self.model_fields_set


class ZoneBody(BaseModel):
    """A part of the picture in which some hazards matter."""

    model_config = ConfigDict(extra="forbid")

    id: RecordId = Field(description="Unique within the camera.", examples=["tanks"])
    name: Annotated[Text, AfterValidator(said_text)] = Field(
        description="For people.", examples=["Tank farm"]
    )
    polygon: Corners = Field(
        description="At least three corners as fractions of the upright picture, x before y.",
        examples=[POLYGON_EXAMPLE],
    )
    watch: Hazards = Field(list(ALL_HAZARDS), description="The hazards that it is about.")
    severity: ZoneSeverity | None = Field(
        None, description="Of a hazard in it at least; unset: what the picture shows."
    )

    def zone(self) -> Zone:
        """As the service takes it."""
        polygon = Polygon(tuple(self.polygon))
        return Zone(self.id, self.name, polygon, tuple(dict.fromkeys(self.watch)), self.severity)


class MaskBody(BaseModel):
    """A part of the picture in which some hazards do not count."""

    model_config = ConfigDict(extra="forbid")

    polygon: Corners = Field(
        description="At least three corners as fractions of the upright picture, x before y.",
        examples=[POLYGON_EXAMPLE],
    )
    reason: Annotated[Text, AfterValidator(said_text)] = Field(
        description="For whoever wonders in a year.", examples=["flare stack"]
    )
    hazards: Hazards = Field(list(ALL_HAZARDS), description="Those that do not count there.")

    def mask(self) -> Mask:
        """As the service takes it."""
        polygon = Polygon(tuple(self.polygon))
        return Mask(polygon, self.reason, tuple(dict.fromkeys(self.hazards)))


def _told_apart(zones: list[ZoneBody]) -> list[ZoneBody]:
    check_ids([one.zone() for one in zones])
    return zones


class TimesBody(BaseModel):
    """Hours of some days of the week."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[Day], Field(min_length=1, max_length=7)] = Field(
        description="On which they begin.", examples=[["mon", "tue"]]
    )
    start: Annotated[str, AfterValidator(_time)] = Field(
        alias="from", description="In the camera's zone.", examples=["07:00"]
    )
    end: Annotated[str, AfterValidator(_time)] = Field(
        alias="to",
        description="Up to 24:00; earlier than `from`: the next day.",
        examples=["19:00"],
    )

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        self.hours()
        return self

    def hours(self) -> Hours:
        """As the service takes it."""
        return Hours(tuple(dict.fromkeys(self.days)), _minutes(self.start), _minutes(self.end))


class HoursBody(TimesBody):
    """When some hazards count; at other times they do not."""

    hazards: Hazards = Field(list(ALL_HAZARDS), description="Which.")

    def hours(self) -> Hours:
        """As the service takes it."""
        return replace(super().hours(), hazards=tuple(dict.fromkeys(self.hazards)))


class CameraBody(BaseModel):
    """What an operator decides about a camera."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Gate 3",
                    "source": {"url": "rtsp://10.0.0.7/Streaming/Channels/102"},
                    "every_s": 2,
                }
            ]
        },
    )

    name: Annotated[str, AfterValidator(said_text)] = Field(
        min_length=1, max_length=255, description="For people."
    )
    enabled: StrictBool = Field(
        True, description="Frames of a camera that is switched off are skipped."
    )
    min_interval_ms: Annotated[int, BeforeValidator(_number)] = Field(
        0,
        ge=0,
        le=86_400_000,
        description="Frames that come sooner after the last accepted one are skipped; 0: none.",
    )
    location: Annotated[Text, AfterValidator(said_text)] | None = Field(
        None, description="Where it hangs, for people.", examples=["Plant 2 / Gate 3"]
    )
    timezone: Annotated[str, Field(max_length=64), AfterValidator(_zone_name)] | None = Field(
        None,
        description="The IANA name of its zone; unset: that of the site.",
        examples=["Asia/Shanghai"],
    )
    source: SourceBody | None = Field(
        None, description="Where its pictures come from; unset: it pushes them."
    )
    every_s: Number | None = Field(
        None,
        ge=0.1,
        le=86_400,
        description="Seconds between two looks; unset: 2 where they are fetched, and any for a "
        "camera that pushes.",
    )
    expected: StrictBool = Field(
        True, description="Whether silence is a fault; false for a camera that is often off."
    )
    zones: Annotated[list[ZoneBody], AfterValidator(_told_apart)] = Field(
        [], max_length=MOST_ZONES, description="Parts of the picture in which some hazards matter."
    )
    masks: list[MaskBody] = Field(
        [],
        max_length=MOST_MASKS,
        description="Parts of the picture in which some hazards do not count.",
    )
    schedule: list[HoursBody] = Field(
        [],
        max_length=MOST_HOURS,
        description="When which hazards count; one that no hours name always does.",
    )
    incident_rules: IncidentRulesDocument | None = Field(
        None, description="When incidents open and end; unset: as for the whole site."
    )

    def settings(self) -> CameraSettings:
        """Of a new camera."""
        return self.changed(CameraSettings(self.name))

    def changed(self, present: CameraSettings) -> CameraSettings:
        """Of a camera that is there.

        Older clients know of name, switch and interval alone; what they do not name of the rest
        stays.
        """
        named = {
            name: getattr(self, name)
            for name in ("location", "timezone", "every_s", "expected")
            if name in self.model_fields_set
        }
        return replace(
            self._with_source(present),
            name=self.name,
            enabled=self.enabled,
            min_interval_ms=self.min_interval_ms,
            rules=self._rules(present.rules),
            incident_rules=self._incident_rules(present.incident_rules),
            **named,
        )

    def _with_source(self, present: CameraSettings) -> CameraSettings:
        if "source" not in self.model_fields_set:
            return present
        if self.source is None:
            return replace(present, source=PUSHED, keeps_login=False, every_s=None)
        source = self.source.source()
        # An interval at which pictures were fetched says nothing of how often they are sent.
        every_s = present.every_s if source.is_pulled else None
        return replace(present, source=source, keeps_login=self.source.keeps_login, every_s=every_s)

    def _incident_rules(self, present: RuleChanges) -> RuleChanges:
        if "incident_rules" not in self.model_fields_set:
            return present
        return NO_CHANGES if self.incident_rules is None else self.incident_rules.changes()

    def _rules(self, present: CameraRules) -> CameraRules:
        named: dict[str, tuple[Any, ...]] = {}
        if "zones" in self.model_fields_set:
            named["zones"] = tuple(one.zone() for one in self.zones)
        if "masks" in self.model_fields_set:
            named["masks"] = tuple(one.mask() for one in self.masks)
        if "schedule" in self.model_fields_set:
            named["schedule"] = tuple(one.hours() for one in self.schedule)
        return replace(present, **named)


class NewCamera(CameraBody):
    """A camera to be added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": "gate-3",
                    "name": "Gate 3",
                    "source": {
                        "url": "rtsp://10.0.0.7/Streaming/Channels/102",
                        "username": "viewer",
                        "password": "…",
                    },
                }
            ]
        },
    )

    id: RecordId | None = Field(None, description="Unset: one is made up.", examples=["gate-3"])
