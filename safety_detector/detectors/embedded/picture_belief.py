"""What the network says of a whole picture, brought into the score of the best box.

Pure.  The network's second output says how sure it is that there is any fire, any smoke, anywhere.
Smoke that fills a frame thinly has no box of its own that is sure; silence would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from safety_detector.detectors.embedded.onnx_model import PICTURE_CLASSES, ModelFacts
from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass
from safety_detector.domain.geometry import Box, ImageSize

LEAST_SCORE = 0.05
"""Nothing is reported below it, whatever is asked for; no box below it says where a thing is."""


def believe_picture(
    boxes: Sequence[RawBox],
    picture_scores: Mapping[RawClass, float],
    facts: ModelFacts,
    size: ImageSize,
) -> list[RawBox]:
    """The boxes, of which the best of fire and of smoke is as sure as the picture is.

    Where no box is worth it the whole picture becomes one.

    Args:
        boxes: best score first.
        picture_scores: as the network gives them.
        facts: of the weights, whose thresholds bring both scales together.
        size: of the picture in pixels.
    """
    believed = list(boxes)
    for kind in PICTURE_CLASSES:
        score = as_box_score(kind, picture_scores.get(kind, 0.0), facts)
        if score < LEAST_SCORE:
            continue
        best = next((n for n, one in enumerate(believed) if one.kind is kind), None)
        if best is None or believed[best].place_score < LEAST_SCORE:
            whole = Box(0, 0, size.width, size.height)
            believed.append(RawBox(kind, whole, score, box_score=0.0))
        elif score > believed[best].score:
            one = believed[best]
            believed[best] = RawBox(kind, one.box, score, box_score=one.place_score)
    return sorted(believed, key=lambda one: -one.score)


def as_box_score(kind: RawClass, picture_score: float, facts: ModelFacts) -> float:
    """A score of the whole picture on the scale of boxes.

    Both scales have their own threshold in the weights' file; here one becomes the other, and what
    lies between is stretched evenly.  So one threshold, asked for, holds for both.
    """
    threshold = facts.picture_threshold(kind)
    if threshold is None:
        return 0.0
    return float(np.interp(picture_score, [0.0, threshold, 1.0], [0.0, facts.threshold(kind), 1.0]))
