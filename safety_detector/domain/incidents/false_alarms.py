"""Why alarms are usually false: what a person picks, and what that says of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from safety_detector.message_texts.phrase import LANGUAGES
from safety_detector.message_texts.reason import Reason


class FalseAlarm(StrEnum):
    """A usual reason; whoever has another one writes it."""

    LIGHT = "light"
    STEAM = "steam"
    HOT_WORK = "hot_work"
    NO_PERSON = "no_person"
    HELMET_WORN = "helmet_worn"
    OTHER = "other"


FALSE_ALARM_TEXTS: Mapping[FalseAlarm, Reason] = {
    FalseAlarm.LIGHT: Reason("false-alarm-light"),
    FalseAlarm.STEAM: Reason("false-alarm-steam"),
    FalseAlarm.HOT_WORK: Reason("false-alarm-hot-work"),
    FalseAlarm.NO_PERSON: Reason("false-alarm-no-person"),
    FalseAlarm.HELMET_WORN: Reason("false-alarm-helmet-worn"),
    FalseAlarm.OTHER: Reason("false-alarm-other"),
}
"""What is noted with the judgement, in the language of whoever judged."""

_BY_TEXT: Mapping[str, FalseAlarm] = {
    text.text(language): one for one, text in FALSE_ALARM_TEXTS.items() for language in LANGUAGES
}


def false_alarm_of(text: str) -> FalseAlarm | None:
    """The usual reason that a note is, in any language; None where somebody wrote their own."""
    return _BY_TEXT.get(text.strip())
