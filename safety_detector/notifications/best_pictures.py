"""The annotated picture that shows an incident best, made small enough for who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety_detector.errors import SafetyDetectorError
from safety_detector.pictures.images import decode, encode_jpeg, read_header, shrink_to_side
from safety_detector.service.inspections.results import Results

# (Longest side in pixels, JPEG quality), the best first: boxes and their labels stay readable.
_STEPS = ((1920, 85), (1280, 85), (1280, 70), (960, 70), (640, 70), (480, 60))


class BestPictures:
    """Reads them.

    Args:
        results: the pictures.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def jpeg(self, body: Mapping[str, Any], most_bytes: int, side_px: int = 1920) -> bytes | None:
        """The picture as a JPEG; None where there is none, or it cannot be read.

        That is never a reason to tell nobody.

        Args:
            body: of the message, which names the best picture of its incident.
            most_bytes: of the file.
            side_px: of its longer side, at most.
        """
        best = body.get("data", {}).get("best") or {}
        try:
            stored = self._results.annotated(str(best.get("inspection_id")))
            data = None if stored is None else self._results.read(stored)
            return None if data is None else _reduced(data, most_bytes, side_px)
        except SafetyDetectorError:
            return None


def _reduced(data: bytes, most_bytes: int, side_px: int) -> bytes | None:
    header = read_header(data)
    if len(data) <= most_bytes and max(header.size.width, header.size.height) <= side_px:
        return data
    rgb = decode(data, header)
    for side, quality in _STEPS:
        if side > side_px:
            continue
        smaller = encode_jpeg(shrink_to_side(rgb, side), quality)
        if len(smaller) <= most_bytes:
            return smaller
    return None
