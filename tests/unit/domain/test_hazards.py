import itertools

import pytest

from safety_detector.domain.hazards import (
    LANGUAGES,
    SUB_LABELS,
    Hazard,
    Label,
    Language,
    SubLabel,
    label_name,
    state_name,
)

ALL_HAZARDS = [Hazard(label, state) for label, states in SUB_LABELS.items() for state in states]


def test_every_hazard_has_a_name_in_both_languages() -> None:
    """No label or state reaches a picture or a report without a name."""
    for language in LANGUAGES:
        assert all(label_name(label, language) for label in Label)
        assert all(hazard.state_text(language) for hazard in ALL_HAZARDS)
        assert len({hazard.text(language) for hazard in ALL_HAZARDS}) == len(ALL_HAZARDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_uncertain_has_a_name_of_its_own(language: Language) -> None:
    """The bare word would read as though nobody knew whether it is a person or a fire."""
    fire, person = (
        state_name(label, SubLabel.UNCERTAIN, language) for label in (Label.FIRE, Label.PERSON)
    )
    assert fire != person
    assert {fire, person} & {"uncertain", "不确定"} == set()


def test_contradictory_pairs_cannot_exist() -> None:
    """A fire wears no helmet, and a person is not severe."""
    for label, state in itertools.product(Label, SubLabel):
        if state not in SUB_LABELS[label]:
            with pytest.raises(ValueError, match="cannot be"):
                Hazard(label, state)


def test_urgency_puts_fire_first_and_helmeted_people_last() -> None:
    """The order of the tables is the order in which somebody should act."""
    ordered = sorted(ALL_HAZARDS, key=lambda hazard: hazard.rank)
    assert len({hazard.rank for hazard in ALL_HAZARDS}) == len(ALL_HAZARDS)
    assert ordered[0] == Hazard(Label.FIRE, SubLabel.SEVERE)
    assert ordered[-1] == Hazard(Label.PERSON, SubLabel.HELMET)
    first_person = next(i for i, one in enumerate(ordered) if one.label is Label.PERSON)
    assert all(one.label is Label.PERSON for one in ordered[first_person:])
    assert ordered[first_person].sub_label is SubLabel.NO_HELMET
