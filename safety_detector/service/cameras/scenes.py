"""What is seen in a picture of a camera that says how the camera is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures import alignment
from safety_detector.pictures.change import SmallCopy
from safety_detector.pictures.images import RgbImage
from safety_detector.pictures.quality import look_at

_COVERED = frozenset(
    {
        IncompleteCode.TOO_BRIGHT,
        IncompleteCode.NO_STRUCTURE,
        IncompleteCode.NO_SIGNAL,
        IncompleteCode.PART_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen in one picture.

    Attributes:
        mark: of its pixels.
        reason: why nothing, or not all, can be seen; None where all can.
        sharpness: see ``pictures.quality``.
        is_moved: whether the lines lie elsewhere than in every reference; None where too few do.
        copy: what later pictures are compared with.
    """

    mark: str
    reason: Reason | None
    sharpness: float
    is_moved: bool | None
    copy: bytes

    @property
    def is_dark(self) -> bool:
        """Whether it is too dark to see anything."""
        return self.reason is not None and self.reason.code == IncompleteCode.TOO_DARK

    @property
    def is_covered(self) -> bool:
        """Whether something hides the scene: a hand, glare, a recorder's own screen."""
        return self.reason is not None and self.reason.code in _COVERED

    @property
    def is_blurred(self) -> bool:
        """Whether everything is unsharp."""
        return self.reason is not None and self.reason.code == IncompleteCode.BLURRED

    @property
    def shows_the_scene(self) -> bool:
        """Whether it can be a reference."""
        return self.reason is None


def mark_of(small: SmallCopy) -> str:
    """A mark of a picture's pixels: what is the same to the last bit has the same one."""
    return hashlib.blake2b(small.tobytes(), digest_size=12).hexdigest()


def seen_in(rgb: RgbImage, mark: str, references: Sequence[bytes]) -> Scene:
    """Looks at a picture.

    Args:
        rgb: the picture, reduced.
        mark: of its small copy.
        references: how the scene should look, as ``Scene.copy`` has it; moved is what looks like
            none of them.
    """
    quality = look_at(rgb)
    copy = alignment.scene_copy(rgb)
    return Scene(
        mark=mark,
        reason=quality.reasons[0] if quality.reasons else None,
        sharpness=quality.measures["sharpness"],
        is_moved=_is_moved(copy, references),
        copy=alignment.packed(copy),
    )


def _is_moved(copy: alignment.SceneCopy, references: Sequence[bytes]) -> bool | None:
    known = None
    for one in references:
        moved = alignment.is_moved(alignment.aligned_share(alignment.unpacked(one), copy))
        if moved is False:
            return False
        known = moved if known is None else known
    return known
