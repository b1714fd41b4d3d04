"""The hazard taxonomy: labels, their states, their names for people and their order.

The names stand here, Chinese and English side by side.  They are what people read; the words of the
question that a model is asked are its own (``detectors/qwen/prompts.py``), so that a better name
here changes no question.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safety_detector.message_texts.phrase import LANGUAGES as LANGUAGES
from safety_detector.message_texts.phrase import Language as Language


class Label(StrEnum):
    """What a box shows."""

    FIRE = "fire"
    SMOKE = "smoke"
    PERSON = "person"


class SubLabel(StrEnum):
    """The state of what a box shows: severity of fire and smoke, head protection of a person."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    HELMET = "helmet"
    NO_HELMET = "no_helmet"
    UNCERTAIN = "uncertain"


SUB_LABELS: dict[Label, tuple[SubLabel, ...]] = {
    Label.FIRE: (SubLabel.MINOR, SubLabel.MODERATE, SubLabel.SEVERE, SubLabel.UNCERTAIN),
    Label.SMOKE: (SubLabel.MINOR, SubLabel.MODERATE, SubLabel.SEVERE, SubLabel.UNCERTAIN),
    Label.PERSON: (SubLabel.HELMET, SubLabel.NO_HELMET, SubLabel.UNCERTAIN),
}
"""The states that each label may have; every other pair is a contradiction."""

_LABEL_NAMES: dict[Label, dict[Language, str]] = {
    Label.FIRE: {"en": "fire", "zh": "火焰"},
    Label.SMOKE: {"en": "smoke", "zh": "烟雾"},
    Label.PERSON: {"en": "person", "zh": "人员"},
}

# A helmet that is worn askew or back to front is not worn properly: to sign that person as one
# without a helmet would be false.
_SUB_LABEL_NAMES: dict[SubLabel, dict[Language, str]] = {
    SubLabel.MINOR: {"en": "minor", "zh": "轻微"},
    SubLabel.MODERATE: {"en": "moderate", "zh": "中等"},
    SubLabel.SEVERE: {"en": "severe", "zh": "严重"},
    SubLabel.HELMET: {"en": "helmet worn properly", "zh": "已正确佩戴安全帽"},
    SubLabel.NO_HELMET: {"en": "no proper helmet", "zh": "未正确佩戴安全帽"},
}

# What is uncertain: the fire and the person are there.
_UNCERTAIN_NAMES: dict[Label, dict[Language, str]] = {
    Label.FIRE: {"en": "severity uncertain", "zh": "程度不确定"},
    Label.SMOKE: {"en": "severity uncertain", "zh": "程度不确定"},
    Label.PERSON: {"en": "helmet uncertain", "zh": "佩戴情况不确定"},
}


def label_name(label: Label, language: Language) -> str:
    """The label's name for people."""
    return _LABEL_NAMES[label][language]


def state_name(label: Label, sub_label: SubLabel, language: Language) -> str:
    """The name for people of a state that the label may have."""
    if sub_label is SubLabel.UNCERTAIN:
        return _UNCERTAIN_NAMES[label][language]
    return _SUB_LABEL_NAMES[sub_label][language]


@dataclass(frozen=True, slots=True)
class Hazard:
    """A label with its state, checked to be a pair that exists."""

    label: Label
    sub_label: SubLabel

    def __post_init__(self) -> None:
        if self.sub_label not in SUB_LABELS[self.label]:
            raise ValueError(f"{self.label} cannot be {self.sub_label}")

    @property
    def is_danger(self) -> bool:
        """Whether it makes a picture's verdict ``hazard``: any fire or smoke, or a bare head."""
        return self.label is not Label.PERSON or self.sub_label is SubLabel.NO_HELMET

    @property
    def rank(self) -> int:
        """Place in the order of urgency, 0 the most urgent; the order of tables and of drawing."""
        return _URGENCY.index((self.label, self.sub_label))

    def text(self, language: Language) -> str:
        """Label and state for people: ``fire, severe`` or ``火焰 严重``."""
        separator = " " if language == "zh" else ", "
        return label_name(self.label, language) + separator + self.state_text(language)

    def label_text(self, language: Language) -> str:
        """The label's name for people."""
        return label_name(self.label, language)

    def state_text(self, language: Language) -> str:
        """The state for people: ``severe`` or ``严重``."""
        return state_name(self.label, self.sub_label, language)


# Fire before smoke before people, as the prompt asks for them; within each the graver first.  An
# uncertain fire stands after the judged ones but before all smoke: it is still a fire.
_URGENCY: tuple[tuple[Label, SubLabel], ...] = (
    (Label.FIRE, SubLabel.SEVERE),
    (Label.FIRE, SubLabel.MODERATE),
    (Label.FIRE, SubLabel.MINOR),
    (Label.FIRE, SubLabel.UNCERTAIN),
    (Label.SMOKE, SubLabel.SEVERE),
    (Label.SMOKE, SubLabel.MODERATE),
    (Label.SMOKE, SubLabel.MINOR),
    (Label.SMOKE, SubLabel.UNCERTAIN),
    (Label.PERSON, SubLabel.NO_HELMET),
    (Label.PERSON, SubLabel.UNCERTAIN),
    (Label.PERSON, SubLabel.HELMET),
)
