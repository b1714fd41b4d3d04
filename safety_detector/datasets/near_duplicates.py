"""Pictures that are the same to the eye: sent twice, encoded anew, or of a camera that is frozen.

A split that had one of them for training and one for validation would measure memory.  Small grey
copies are compared; what differs in a place as small as a sixteenth of a side is another picture.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.pictures.images import RgbImage

_Small: TypeAlias = NDArray[np.int16]
_Grey: TypeAlias = NDArray[Any]

_SIDE = 16
_MEAN, _MOST = 2.5, 14
"""Grey levels: JPEG of quality 50, or half the size, changes a copy by 1 on average and 6 at most
(``tests/unit/datasets``); a person of a tenth of the height changes a place by 20 and more."""

_LEAST_SPREAD = 6.0
"""Grey levels; what shows less is dark or covered, and like every other such picture."""

_BANDS, _BITS = 4, 16
"""Of a hash of 64 bits: hashes that differ in fewer bits than there are bands share a band."""

_MOST_COMPARED = 64
"""Pictures that share a band; a picture is compared with the latest of them."""


@dataclass
class NearDuplicates:
    """Gives pictures that are the same to the eye the same name; 0.6 KB a picture."""

    _smalls: list[_Small] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _by_band: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def name(self, rgb: RgbImage) -> str | None:
        """The name that it has in common with those before it, else a new one.

        Args:
            rgb: the picture, of shape ``(height, width, 3)``.

        Returns:
            None of a picture that shows nothing.
        """
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
        if small.std() < _LEAST_SPREAD:
            return None
        bands = list(enumerate(_hash_bands(grey)))
        number = len(self._smalls)
        for other in dict.fromkeys(
            one for band in bands for one in reversed(self._by_band[band][-_MOST_COMPARED:])
        ):
            difference = np.abs(self._smalls[other] - small)
            if difference.mean() <= _MEAN and difference.max() <= _MOST:
                name = self._names[other]
                break
        else:
            name = f"look {number}"
        self._smalls.append(small)
        self._names.append(name)
        for band in bands:
            self._by_band[band].append(number)
        return name


def _hash_bands(grey: _Grey) -> list[int]:
    """The difference hash (which neighbour is brighter), in four parts."""
    tiny = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (tiny[:, 1:] > tiny[:, :-1]).reshape(_BANDS, _BITS)
    return [int("".join("1" if bit else "0" for bit in band), 2) for band in bits]
