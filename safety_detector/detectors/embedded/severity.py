"""How grave a fire or smoke is, by one documented rule.

The severity follows from the share of the picture that the box covers, because that is what a
picture tells: a flame across a tenth of the frame is either large or near, and both call for
haste.  A box whose score only just passes is ``uncertain`` instead, whatever its size.

| | minor | moderate | severe |
|---|---|---|---|
| fire | below 2 % | 2 % to 10 % | from 10 % |
| smoke | below 5 % | 5 % to 25 % | from 25 % |

The bounds are a convention of this project, not a standard: no labelled severities exist to fit
them to.  Smoke spreads further than the flame that makes it, so its bounds are wider.
"""

from __future__ import annotations

from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel

MODERATE_FROM_SHARE = {Label.FIRE: 0.02, Label.SMOKE: 0.05}
SEVERE_FROM_SHARE = {Label.FIRE: 0.10, Label.SMOKE: 0.25}


def judge_severity(label: Label, box: Box, picture: ImageSize, certain: bool) -> Hazard:
    """The hazard of a fire or smoke box in a picture of the given size in pixels."""
    if not certain:
        return Hazard(label, SubLabel.UNCERTAIN)
    share = box.area / picture.pixels
    if share >= SEVERE_FROM_SHARE[label]:
        return Hazard(label, SubLabel.SEVERE)
    if share >= MODERATE_FROM_SHARE[label]:
        return Hazard(label, SubLabel.MODERATE)
    return Hazard(label, SubLabel.MINOR)
