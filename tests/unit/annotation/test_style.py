"""How large text and lines are."""

from __future__ import annotations

import pytest

from safety_detector.annotation.style import MIN_TEXT_PX, scale_for
from safety_detector.domain.geometry import ImageSize


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080), (3840, 2160)])
def test_text_and_lines_grow_with_the_picture(size: tuple[int, int]) -> None:
    """Text is 1/18 to 1/50 of the height: readable on a picture that is shown as a whole."""
    width, height = size
    scale = scale_for(ImageSize(width, height))
    assert height / 50 <= scale.text_px <= height / 18
    assert scale.text_px >= MIN_TEXT_PX
    assert 1 <= scale.casing_px <= scale.line_px <= scale.text_px / 5
