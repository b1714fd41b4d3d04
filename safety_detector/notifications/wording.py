"""What people read in a message, in the channel's language; the same for all kinds with text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from safety_detector.domain.incidents.hazards import HAZARD_NAMES
from safety_detector.message_texts.phrase import Language
from safety_detector.message_texts.reason import Reason
from safety_detector.service.notifications.records import ClaimedMessage, MessageType

_TITLES = {
    MessageType.OPENED: "told-incident-opened",
    MessageType.ESCALATED: "told-incident-escalated",
    MessageType.QUIET: "told-incident-quiet",
    MessageType.VERIFIED: "told-incident-verified",
    MessageType.CLOSED: "told-incident-closed",
    MessageType.TEST: "told-channel-test",
}
_SEVERITIES = {
    "uncertain": Reason("severity-uncertain"),
    "minor": Reason("severity-minor"),
    "moderate": Reason("severity-moderate"),
    "severe": Reason("severity-severe"),
}
_NAMES: Mapping[str, Reason] = {hazard.value: name for hazard, name in HAZARD_NAMES.items()}
_BURNING = frozenset({"fire", "smoke"})
_ALARMS = frozenset({MessageType.OPENED, MessageType.ESCALATED})


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message as people read it; nothing in it is markup.

    Attributes:
        title: in one line what and where.
        rows: what is known, a name and a text each.
        notes: further sentences.
        link: where a browser opens it; None where nobody knows that address.
        link_name: what stands for the link.
        is_alarm: whether somebody has to act now.
        language: of all texts.
    """

    title: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    link: str | None
    link_name: str
    is_alarm: bool
    language: Language

    def plain(self) -> str:
        """All of it as plain text, a line each."""
        colon = "：" if self.language == "zh" else ": "
        lines = [self.title, *(f"{name}{colon}{text}" for name, text in self.rows), *self.notes]
        if self.link is not None:
            lines.append(f"{self.link_name}{colon}{self.link}")
        return "\n".join(lines)


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
        """The message as people read it; what a newer program wrote into it may be missing."""
        language, data = message.language, message.body.get("data", {})
        if "hazards" not in data:
            return self._about_no_incident(message)
        camera = data.get("camera_name") or data.get("camera_id")
        return Announcement(
            title=_say(_TITLES[message.type], language, camera=camera, hazards=_what(data)),
            rows=tuple(self._rows(data, language)),
            notes=tuple(_notes(data, message.type, language)),
            link=self._link(data),
            link_name=_say("told-open", language),
            is_alarm=message.type in _ALARMS,
            language=language,
        )

    def _about_no_incident(self, message: ClaimedMessage) -> Announcement:
        language = message.language
        title = _say(_TITLES[message.type], language, channel=message.channel_name)
        return Announcement(title, (), (), None, "", is_alarm=False, language=language)

    def _rows(self, data: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
        rows = [
            ("told-what", _what(data)),
            ("told-where", data.get("camera_name") or data.get("camera_id")),
            ("told-zone", data.get("zone_id")),
            ("told-severity", _SEVERITIES.get(data.get("severity", ""))),
            ("told-since", self._moment(data.get("first_seen_at"))),
            ("told-judge", _judge(data)),
            ("told-id", data.get("id")),
        ]
        return [
            (_say(name, language), text.text(language) if isinstance(text, Reason) else str(text))
            for name, text in rows
            if text is not None
        ]

    def _moment(self, written: object) -> str | None:
        try:
            moment = datetime.fromisoformat(str(written))
        except ValueError:
            return None
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def _link(self, data: Mapping[str, Any]) -> str | None:
        if self._public_url is None or "id" not in data:
            return None
        return f"{self._public_url}/v1/incidents/{data['id']}"


def _what(data: Mapping[str, Any]) -> Reason:
    """Its hazards, in words."""
    hazards = [str(one) for one in data["hazards"]]
    if set(hazards) >= _BURNING:
        return Reason("hazard-fire-and-smoke")
    named = [_NAMES.get(one, Reason.of("quoted", text=one)) for one in hazards]
    return named[0] if len(named) == 1 else Reason.of("sentences", reasons=tuple(named))


def _judge(data: Mapping[str, Any]) -> Reason:
    """By whom it was judged, and how sure."""
    judge = Reason("judge-verified") if data.get("verified") else Reason("judge-unverified")
    score = data.get("peak_score")
    if score is None:
        return judge
    return Reason.of("told-judge-and-score", judge=judge, percent=round(100 * score))


def _notes(data: Mapping[str, Any], kind: MessageType, language: Language) -> list[str]:
    notes = []
    held_back = data.get("held_back")
    if held_back:
        notes.append(_say("told-held-back", language, count=held_back))
    if kind in _ALARMS and _BURNING & set(data["hazards"]):
        notes.append(_say("told-act-on-fire", language))
    return notes


def _say(code: str, language: Language, **facts: object) -> str:
    return Reason.of(code, **facts).text(language)
