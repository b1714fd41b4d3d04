"""How incidents are judged on pages, each judgement by one key."""

from __future__ import annotations

from dataclasses import dataclass

from safety_detector.console.visitor import Visitor
from safety_detector.domain.incidents.false_alarms import FALSE_ALARM_TEXTS
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.people import Role
from safety_detector.message_texts.reason import Reason


@dataclass(frozen=True, slots=True)
class Judgement:
    """A button, and the key that presses it.

    Attributes:
        key: on the keyboard.
        act: what it does.
        text: what is noted with it; empty for nothing.
        label: on the button.
    """

    key: str
    act: ActKind
    text: str
    label: str


def judging(visitor: Visitor) -> tuple[Judgement, ...]:
    """The judgements that a person may make, none of them where they may only look.

    The digits from 1 give why cameras are usually wrong.
    """
    if not visitor.may(Role.REVIEWER):
        return ()
    language = visitor.language
    confirm = Reason("judge-confirm").text(language)
    uncertain = Reason("judge-uncertain").text(language)
    return (
        Judgement("c", ActKind.CONFIRM, "", confirm),
        *(
            Judgement(str(number), ActKind.DISMISS, reason.text(language), reason.text(language))
            for number, reason in enumerate(FALSE_ALARM_TEXTS.values(), start=1)
        ),
        Judgement("u", ActKind.ACKNOWLEDGE, uncertain, uncertain),
    )
