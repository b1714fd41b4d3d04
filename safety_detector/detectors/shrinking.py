"""When a picture was shrunk so far that small people in it were lost; the same for all detectors.

Pure.  Every detector looks at a picture of bounded size, so that a large one is shrunk.  The rule:
somebody who is ``SMALL_PERSON_PX`` high in the original has to keep ``LEAST_PERSON_PX`` pixels.
Where nobody would see them, silence says nothing about them, and the run is incomplete.
"""

from __future__ import annotations

import math

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason

SMALL_PERSON_PX = 40.0
"""Height in the original of the smallest person who shall not be lost."""

LEAST_PERSON_PX = 10.0
"""Height below which a person surely is lost, whoever looks.  It tells pictures that were shrunk
further than a Full HD camera's (11 pixels are left in the embedded detector's input, 13 of 4K in
qwen's) from those that were not; it promises nobody that people of 10 pixels are found.  What the
embedded network finds prints ``python -m benchmarks.tiling``: of heads of 6 pixels hardly any, of
12 half, of 20 most.  The patches of Qwen's vision encoder have 14 pixels; nobody has measured how
many of them a person needs."""


def loses_small_people(scale: float) -> bool:
    """Whether a picture shrunk by this factor, 1.0 for none, loses small people."""
    return scale * SMALL_PERSON_PX < LEAST_PERSON_PX


def lost_people_reason(size: ImageSize, scale: float) -> Reason | None:
    """Why a run on a picture of this size, shrunk by this factor, is incomplete; None if it isn't.

    >>> lost_people_reason(ImageSize(1920, 1080), 512 / 1920) is None
    True
    """
    if not loses_small_people(scale):
        return None
    seen_from = math.ceil(LEAST_PERSON_PX / scale)
    return Reason(
        IncompleteCode.SHRUNK,
        {"width": size.width, "height": size.height, "person_px": seen_from},
    )
