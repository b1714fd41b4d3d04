"""Whose boxes a labelled set holds: people's, or a detector's own that nobody changed.  Pure.

A box that a reviewer left as a detector drew it says that something is there; where exactly, and
what was missed, nobody said.  Measured by such boxes that detector is right by its own word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from safety_detector.evaluation.truth import LabelledPicture


@dataclass(frozen=True, slots=True)
class LabelOrigins:
    """How many labelled boxes of a set are a detector's own.

    Attributes:
        boxes: those of which the set says where they are from.
        unchanged: those of them that a detector drew and nobody changed.
    """

    boxes: int
    unchanged: int

    @property
    def is_circular(self) -> bool:
        """Whether most of what is asked is what a detector said itself."""
        return 2 * self.unchanged > self.boxes

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {"boxes": self.boxes, "detectors_own": self.unchanged, "circular": self.is_circular}


def count_origins(pictures: Iterable[LabelledPicture]) -> LabelOrigins | None:
    """Counts over a set; None where it says of no box where it is from."""
    said = [box.unchanged for one in pictures for box in one.boxes if box.unchanged is not None]
    return LabelOrigins(len(said), sum(said)) if said else None
