import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, iou, rescale

sizes = st.builds(ImageSize, st.integers(1, 5000), st.integers(1, 5000))
corners = st.floats(-6000, 6000, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Boxes anywhere, mostly outside the picture."""
    x1, y1 = draw(corners), draw(corners)
    width, height = draw(st.floats(0.01, 5000)), draw(st.floats(0.01, 5000))
    return Box(x1, y1, x1 + width, y1 + height)


@pytest.mark.parametrize(
    "xyxy",
    [(5, 0, 5, 9), (5, 0, 4, 9), (0, 9, 5, 9), (0, 0, math.inf, 9), (math.nan, 0, 5, 9)],
)
def test_a_box_without_area_or_with_infinite_corners_cannot_exist(
    xyxy: tuple[float, float, float, float],
) -> None:
    """Reversed, empty and infinite boxes are refused where they arise."""
    with pytest.raises(ValueError, match="a box needs"):
        Box(*xyxy)


def test_iou_of_half_overlapping_squares_is_a_third() -> None:
    """IoU divides the shared area by the area of both together."""
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou(Box(0, 0, 10, 10), Box(10, 0, 20, 10)) == 0.0


def test_rescale_treats_each_axis_by_itself() -> None:
    """A resize to a grid rarely keeps the ratio; boxes must follow both axes."""
    mapped = rescale(Box(28, 56, 56, 112), ImageSize(280, 560), ImageSize(1000, 1000))
    assert mapped.xyxy == pytest.approx((100, 100, 200, 200))


@given(box=boxes(), size=sizes)
def test_fitted_boxes_are_whole_pixels_inside_the_picture(box: Box, size: ImageSize) -> None:
    """Whatever a detector says, what we report lies inside the picture and has an area."""
    fitted = fit_to_pixels(box, size)
    if fitted is None:
        outside = box.x2 <= 0 or box.y2 <= 0 or box.x1 >= size.width or box.y1 >= size.height
        assert outside
        return
    assert all(isinstance(value, int) for value in fitted.xyxy)
    assert 0 <= fitted.x1 < fitted.x2 <= size.width
    assert 0 <= fitted.y1 < fitted.y2 <= size.height


def test_a_box_thinner_than_a_pixel_is_kept_as_one_pixel() -> None:
    """Rounding never loses a small detection, at the right edge neither."""
    assert fit_to_pixels(Box(3.4, 3.4, 3.45, 3.45), ImageSize(10, 10)) == Box(3, 3, 4, 4)
    assert fit_to_pixels(Box(9.9, 9.9, 9.95, 12), ImageSize(10, 10)) == Box(9, 9, 10, 10)
