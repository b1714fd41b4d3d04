"""One detector for the frames of all cameras."""

from __future__ import annotations

from safety_detector.ports import Detector


class SameForAll:
    """Looks at every camera's frames with one detector.

    Args:
        detector: that one.
        is_own: whether it is closed with this; else whoever made it closes it.
    """

    def __init__(self, detector: Detector, *, is_own: bool = False) -> None:
        self._detector = detector
        self._is_own = is_own

    def of(self, camera_id: str | None) -> Detector:  # noqa: ARG002 (the same for all)
        """The detector."""
        return self._detector

    def close(self) -> None:
        """Closes it if it is this one's own."""
        if self._is_own:
            self._detector.close()
