"""What hazards look like, in colour, in grey, and without either."""

from __future__ import annotations

from itertools import combinations

import pytest

from safety_detector.appearance.hazard_looks import INK, Rgb, look_of
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel

HAZARDS = [Hazard(label, state) for label in Label for state in SUB_LABELS[label]]
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)


def _luminance(colour: Rgb) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 to 1: what is left of a colour in grey."""
    linear = [
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
        for value in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio as WCAG 2.2 defines it, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_text_and_lines_stand_out(hazard: Hazard) -> None:
    """Words and numbers have a contrast of 4.5 : 1 on their ground, a line 3 : 1 in its casing."""
    look = look_of(hazard)
    assert _contrast(look.plate.text, look.plate.ground) >= 4.5
    assert _contrast(look.plate.number_text, look.plate.number_ground) >= 4.5
    assert _contrast(look.line, INK) >= 3


def test_the_colours_are_those_of_the_users() -> None:
    """Fire is red, smoke blue and a person's box green, whatever the state."""
    for hazard in HAZARDS:
        colours = [look_of(hazard).line]
        if hazard != BARE:
            colours.append(look_of(hazard).plate.ground)
        for colour in colours:
            strongest = colour.index(max(colour))
            assert strongest == {Label.FIRE: 0, Label.PERSON: 1, Label.SMOKE: 2}[hazard.label]


def test_a_missing_helmet_warns_at_first_sight_also_in_grey() -> None:
    """Its plate is light with dark words where all others are dark with light ones, and not green.

    So it differs from a worn helmet, and from fire, by more than a colour that a print loses.
    """
    warning = look_of(BARE).plate
    red, green, _ = warning.ground
    assert red > green
    assert warning.warns
    for hazard in HAZARDS:
        other = look_of(hazard).plate
        if hazard != BARE:
            assert not other.warns
            assert _contrast(warning.ground, other.ground) >= 3
            assert _contrast(warning.number_ground, other.number_ground) >= 3
            assert _luminance(other.text) > _luminance(other.ground)
    assert _luminance(warning.text) < _luminance(warning.ground)


@pytest.mark.parametrize("label", Label)
def test_states_differ_without_colour_and_without_words(label: Label) -> None:
    """Within a label each state has its own mark, and doubt, weight or tape shows on the frame."""
    looks = [look_of(Hazard(label, state)) for state in SUB_LABELS[label]]
    for one, other in combinations(looks, 2):
        assert one.mark != other.mark
        assert (one.weight, one.dashed, one.taped) != (other.weight, other.dashed, other.taped)
