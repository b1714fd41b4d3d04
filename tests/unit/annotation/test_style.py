"""What hazards look like."""

from __future__ import annotations

from itertools import combinations

import pytest

from safety_detector.annotation.style import (
    INK,
    MIN_TEXT_PX,
    WHITE,
    Rgb,
    look_of,
    scale_for,
)
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label

HAZARDS = [Hazard(label, state) for label in Label for state in SUB_LABELS[label]]


def _contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio as WCAG 2.2 defines it, 1 to 21."""

    def luminance(colour: Rgb) -> float:
        linear = [
            value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
            for value in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_text_and_lines_stand_out(hazard: Hazard) -> None:
    """Label text has a contrast of 4.5 : 1 on its ground, and a line 3 : 1 in its casing."""
    look = look_of(hazard)
    assert _contrast(WHITE, look.fill) >= 4.5
    assert _contrast(look.line, INK) >= 3


def test_the_colours_are_those_of_the_users() -> None:
    """Fire is red, smoke blue and a person green, whatever the state."""
    for hazard in HAZARDS:
        for colour in (look_of(hazard).line, look_of(hazard).fill):
            strongest = colour.index(max(colour))
            assert strongest == {Label.FIRE: 0, Label.PERSON: 1, Label.SMOKE: 2}[hazard.label]


@pytest.mark.parametrize("label", Label)
def test_states_differ_without_colour_and_without_words(label: Label) -> None:
    """Within a label each state has its own mark, and doubt, weight or tape shows on the frame."""
    looks = [look_of(Hazard(label, state)) for state in SUB_LABELS[label]]
    for one, other in combinations(looks, 2):
        assert one.mark != other.mark
        assert (one.weight, one.dashed, one.taped) != (other.weight, other.dashed, other.taped)


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080), (3840, 2160)])
def test_text_and_lines_grow_with_the_picture(size: tuple[int, int]) -> None:
    """Text is 1/18 to 1/50 of the height: readable on a picture that is shown as a whole."""
    width, height = size
    scale = scale_for(ImageSize(width, height))
    assert height / 50 <= scale.text_px <= height / 18
    assert scale.text_px >= MIN_TEXT_PX
    assert 1 <= scale.casing_px <= scale.line_px <= scale.text_px / 5
