import pytest

from safety_detector.detectors.embedded.severity import judge_severity
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel

PICTURE = ImageSize(1000, 1000)


@pytest.mark.parametrize(
    ("label", "side_px", "expected"),
    [
        (Label.FIRE, 100, SubLabel.MINOR),
        (Label.FIRE, 200, SubLabel.MODERATE),
        (Label.FIRE, 400, SubLabel.SEVERE),
        (Label.SMOKE, 200, SubLabel.MINOR),
        (Label.SMOKE, 400, SubLabel.MODERATE),
        (Label.SMOKE, 600, SubLabel.SEVERE),
    ],
)
def test_severity_follows_from_the_share_of_the_picture(
    label: Label, side_px: int, expected: SubLabel
) -> None:
    """A larger or nearer fire is graver; smoke needs more room than fire."""
    hazard = judge_severity(label, Box(0, 0, side_px, side_px), PICTURE, certain=True)
    assert hazard.label is label
    assert hazard.sub_label is expected


def test_a_doubtful_fire_is_uncertain_however_large() -> None:
    """A score that only just passes does not claim a severity."""
    hazard = judge_severity(Label.FIRE, Box(0, 0, 900, 900), PICTURE, certain=False)
    assert hazard.sub_label is SubLabel.UNCERTAIN
