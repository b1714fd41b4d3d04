"""What people read in a message, in the channel's language; the same for all kinds with text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from safety_detector.domain.incidents.hazards import HAZARD_NAMES, IncidentHazard
from safety_detector.domain.incidents.judging import judged_by
from safety_detector.message_texts.phrase import Language
from safety_detector.message_texts.reason import Reason, join_reasons, read_reason
from safety_detector.service.notifications.records import ClaimedMessage, MessageType

_Data: TypeAlias = Mapping[str, Any]

_SEVERITIES = {
    "uncertain": Reason("severity-uncertain"),
    "minor": Reason("severity-minor"),
    "moderate": Reason("severity-moderate"),
    "severe": Reason("severity-severe"),
}
_ROSE = {
    "severity": Reason("told-rose-severity"),
    "extent": Reason("told-rose-extent"),
    "fire": Reason("told-rose-fire"),
    "permit": Reason("told-rose-permit"),
}
_UNDONE = {
    "unacknowledged": "told-unacknowledged",
    "overdue": "told-overdue",
    "seen_again": "told-seen-again",
}
_NAMES: Mapping[str, Reason] = {hazard.value: name for hazard, name in HAZARD_NAMES.items()}
_OF_CAMERA = frozenset(one.value for one in IncidentHazard if one.is_of_camera)
_BURNING = frozenset({"fire", "smoke"})
_ALARMS = frozenset({MessageType.OPENED, MessageType.ESCALATED})
_LONGEST_TEXT = 500  # of one row: names of cameras and reasons come from outside
_SHORTER = (_LONGEST_TEXT, 200, 100, 60, 40, 27)  # what a digest names by its id keeps that
_CAMERA_IN_DIGEST = 9
_CLOCK = len("08:00:00")


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message as people read it; nothing in it is markup, nor has any text in it two lines.

    Attributes:
        title: in one line what and where.
        rows: what is known, a name and a text each.
        notes: further sentences.
        link: where a browser opens it; None where nobody knows that address.
        link_name: what stands for the link.
        is_alarm: whether somebody has to act now.
        is_urgent: whether it may burn.
        language: of all texts.
    """

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    link: str | None = None
    link_name: str = ""
    is_alarm: bool = False
    is_urgent: bool = False
    language: Language = "en"

    @property
    def colon(self) -> str:
        """What stands behind the name of a row."""
        return "：" if self.language == "zh" else ": "

    def plain(self) -> str:
        """All of it as plain text, a line each."""
        rows = [f"{name}{self.colon}{text}" for name, text in self.rows]
        lines = [self.title, *rows, *self.notes]
        if self.link is not None:
            lines.append(f"{self.link_name}{self.colon}{self.link}")
        return "\n".join(lines)

    def shorter(self, characters: int) -> Announcement:
        """The same with no text longer than that; links stay whole."""
        return replace(
            self,
            title=_line(self.title, characters),
            rows=tuple((name, _line(text, characters)) for name, text in self.rows),
            notes=tuple(_line(note, characters) for note in self.notes),
        )

    def fitting(self, render: Callable[[Announcement], str], most_bytes: int) -> str:
        """What ``render`` makes of it, with texts cut as far as needed to be no longer in UTF-8."""
        for characters in _SHORTER:
            text = render(self.shorter(characters))
            if len(text.encode()) <= most_bytes:
                return text
        # A digest with a long address: what names incidents counts more than what leads to them.
        text = render(replace(self.shorter(_SHORTER[-1]), link=None))
        return text.encode()[:most_bytes].decode(errors="ignore")


class Wording:
    """Words messages.

    Args:
        public_url: where people's browsers reach the service; None for no links.
        zone: in which times are told.
    """

    def __init__(self, public_url: str | None, zone: tzinfo) -> None:
        self._public_url = public_url
        self._zone = zone

    def announce(self, message: ClaimedMessage) -> Announcement:
        """The message as people read it.

        What another version wrote may lack anything: the rest is told.
        """
        language, data = message.language, message.body.get("data", {})
        if message.type is MessageType.DIGEST:
            return self._digest(data, language)
        if "hazards" not in data:
            title = Reason.of("told-test", channel=message.channel_name)
            return Announcement(_line(title.text(language)), language=language)
        is_alarm = message.type in _ALARMS
        return Announcement(
            title=_line(_title(message.type, data).text(language)),
            rows=tuple(self._rows(message, data)),
            notes=tuple(one.text(language) for one in _notes(message.type, data)),
            link=self._link(data),
            link_name=Reason("told-open").text(language),
            is_alarm=is_alarm,
            is_urgent=is_alarm and bool(_BURNING & _hazards(data)),
            language=language,
        )

    def _digest(self, data: _Data, language: Language) -> Announcement:
        """A line an incident, short enough that robots take all of them."""
        told = data.get("incidents", [])
        rows = []
        for one in told:
            at = (self._moment(one.get("first_seen_at")) or "")[-_CLOCK:]
            seen = (
                f"{at} {_middle_out(_camera(one), _CAMERA_IN_DIGEST)} {_what(one).text(language)}"
            )
            rows.append((seen, str(one.get("id"))))
        return Announcement(
            title=Reason.of("told-digest", count=len(told)).text(language),
            rows=tuple(rows),
            link=None if self._public_url is None else f"{self._public_url}{INCIDENTS_PAGE}",
            link_name=Reason("told-open-all").text(language),
            is_alarm=any(one.get("type") in _ALARMS for one in told),
            is_urgent=any(_BURNING & _hazards(one) for one in told),
            language=language,
        )

    def _rows(self, message: ClaimedMessage, data: _Data) -> list[tuple[str, str]]:
        """What is known, the most important first."""
        language, zone = message.language, self._zone_of(message)
        since = self._moment(data.get("first_seen_at"), zone)
        last = self._moment(data.get("last_seen_at"), zone)
        rows: list[tuple[Reason, str | Reason | None]] = [
            (Reason("told-where"), _camera(data)),
            (Reason("told-zone"), message.zone_name or data.get("zone_id")),
        ]
        if _OF_CAMERA & _hazards(data):
            rows += [(Reason("told-since"), since), (Reason("told-because"), _reason(data))]
        else:
            rows += [
                (Reason("told-severity"), _severity(data)),
                (Reason("told-rose"), _rose(data, language)),
                (Reason("told-first-seen"), since),
                (Reason("told-last-seen"), None if last == since else last),
                (Reason("told-looks"), _looks(data)),
                (Reason("told-judge"), _judge(data)),
            ]
        rows += [
            (Reason("told-assignee"), data.get("assignee")),
            (Reason("told-due"), self._moment(data.get("due_at"), zone)),
            (Reason("told-id"), data.get("id")),
        ]
        return [
            (name.text(language), _line(text.text(language) if isinstance(text, Reason) else text))
            for name, text in rows
            if text is not None
        ]

    def _zone_of(self, message: ClaimedMessage) -> tzinfo:
        """Of the camera: whoever reads the time compares it with the clock there."""
        try:
            return ZoneInfo(message.time_zone) if message.time_zone else self._zone
        except (ZoneInfoNotFoundError, ValueError):
            return self._zone

    def _moment(self, written: object, zone: tzinfo | None = None) -> str | None:
        """A moment at the camera; with the offset from UTC where that is not the site's."""
        try:
            moment = datetime.fromisoformat(str(written))
        except ValueError:
            return None
        there = moment.astimezone(zone or self._zone)
        if there.utcoffset() == moment.astimezone(self._zone).utcoffset():
            return f"{there:%Y-%m-%d %H:%M:%S}"
        return f"{there:%Y-%m-%d %H:%M:%S} (UTC{there:%z})"

    def _link(self, data: _Data) -> str | None:
        if self._public_url is None or "id" not in data:
            return None
        return f"{self._public_url}{INCIDENT_PAGE.format(id=data['id'])}"


INCIDENTS_PAGE = "/incidents"
"""Where people see all of them, below the address of the service."""

INCIDENT_PAGE = "/incidents/{id}"
"""Where they see one."""


def _title(kind: MessageType, data: _Data) -> Reason:
    facts = {"camera": _camera(data), "hazards": _what(data)}
    severity = _severity(data)
    for because in data.get("because") or ():
        if because in _UNDONE:
            return Reason.of(_UNDONE[because], **facts)
    match kind:
        case MessageType.QUIET if _OF_CAMERA & _hazards(data):
            return Reason.of("told-camera-over", **facts)
        case MessageType.QUIET:
            return Reason.of("told-quiet", **facts)
        case MessageType.VERIFIED if data.get("state") != "verified":
            return Reason.of("told-checked", **facts)
        case MessageType.VERIFIED:
            return Reason.of("told-verified", **facts)
        case MessageType.CLOSED:
            return Reason.of("told-closed", **facts)
        case _ if _OF_CAMERA & _hazards(data):
            return Reason.of("told-camera", **facts)
        case MessageType.ESCALATED:
            title = Reason.of("told-escalated", **facts)
        case _:
            title = Reason.of("told-opened", **facts)
    return title if severity is None else Reason.of("told-severe", title=title, severity=severity)


def _what(data: _Data) -> Reason:
    """Its hazards, in words."""
    hazards = [str(one) for one in data["hazards"]]
    if set(hazards) >= _BURNING:
        return Reason("hazard-fire-and-smoke")
    named = [_NAMES.get(one, Reason.of("quoted", text=one)) for one in hazards]
    return named[0] if len(named) == 1 else Reason.of("sentences", reasons=tuple(named))


def _hazards(data: _Data) -> frozenset[str]:
    return frozenset(str(one) for one in data["hazards"])


def _camera(data: _Data) -> str:
    return str(data.get("camera_name") or data.get("camera_id"))


def _severity(data: _Data) -> Reason | None:
    """How severe it looks; a bare head looks no way."""
    return _SEVERITIES.get(str(data.get("severity"))) if _BURNING & _hazards(data) else None


def _rose(data: _Data, language: Language) -> str | None:
    rose = [_ROSE[one] for one in data.get("because") or () if one in _ROSE]
    return join_reasons(rose, language) if rose else None


def _looks(data: _Data) -> Reason | None:
    looks, sightings = data.get("looks"), data.get("sightings")
    if not isinstance(looks, int) or not isinstance(sightings, int):
        return None
    return Reason.of("told-looks-seen", looks=looks, sightings=sightings)


def _reason(data: _Data) -> Reason | None:
    """What is wrong with a camera."""
    try:
        return read_reason(data["reason_details"])
    except (KeyError, ValueError):
        return None


def _judge(data: _Data) -> Reason:
    """By whom it was judged, and how sure."""
    score = data.get("peak_score")
    return judged_by(
        is_verified=bool(data.get("verified")),
        is_model_away=bool(data.get("model_away")),
        score=score if isinstance(score, int | float) else None,
    )


def _notes(kind: MessageType, data: _Data) -> Sequence[Reason]:
    notes = []
    held_back = data.get("held_back")
    if isinstance(held_back, int) and held_back > 0:
        notes.append(Reason.of("told-held-back", count=held_back))
    if kind not in _ALARMS or "overdue" in (data.get("because") or ()):
        if kind is MessageType.QUIET and not _OF_CAMERA & _hazards(data):
            notes.append(Reason("told-quiet-is-not-out"))
        return notes
    if _BURNING & _hazards(data):
        notes.append(Reason("told-act-on-fire"))
    elif _OF_CAMERA & _hazards(data):
        notes.append(Reason("told-act-on-camera"))
    else:
        notes.append(Reason("told-act-on-helmet"))
    return notes


def _middle_out(text: str, characters: int) -> str:
    """The text in one line; of a longer one its beginning and its end, which tell names apart."""
    text = " ".join(text.split())
    if len(text) <= characters:
        return text
    end = characters // 2
    return f"{text[: characters - end - 1]}…{text[-end:]}"


def _line(text: str, characters: int = _LONGEST_TEXT) -> str:
    """The text in one line, and no longer than that."""
    text = " ".join(text.split())
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
