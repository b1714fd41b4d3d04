"""When the frames of a video are shown, whatever its container says of it."""

from __future__ import annotations

_LARGEST_STEP_BACK_MS = 1000.0  # more is no matter of order: another recording begins


class Timeline:
    """Times that only ever rise, from what a decoder says of one frame after the other.

    Frames without a time follow the one before at the usual distance.  Where times jump back
    (recordings that were put together, a clock that was set) they go on from there; so no two
    frames share a moment, and none is taken for one that was seen.  A single frame with a time of
    its own, as damage leaves them, moves nothing.

    Args:
        interval_ms: usual distance of two frames.
    """

    def __init__(self, interval_ms: float) -> None:
        self._interval_ms = interval_ms
        self._last_ms: float | None = None
        self._offset_ms = 0.0
        self._is_back = False

    def place(self, decoder_ms: float) -> float:
        """Milliseconds from the first frame to the next one.

        Args:
            decoder_ms: what the decoder says; 0 of any but the first means that it does not know.
        """
        if self._last_ms is None:
            self._offset_ms = -decoder_ms
            self._last_ms = 0.0
            return 0.0
        following_ms = self._last_ms + self._interval_ms
        stated_ms = decoder_ms + self._offset_ms
        if decoder_ms == 0.0:
            stated_ms = following_ms
        elif stated_ms > self._last_ms:
            self._is_back = False
        else:
            if self._is_back:
                self._offset_ms = following_ms - decoder_ms
            self._is_back = self._last_ms - stated_ms > _LARGEST_STEP_BACK_MS
            stated_ms = following_ms
        self._last_ms = stated_ms
        return stated_ms


def slot_of(time_ms: float, rate: float) -> int:
    """Number of the part of a second that a moment lies in, of ``rate`` parts a second.

    Times of frames are rounded to milliseconds in many containers; one more makes up for that.
    """
    return int((time_ms + 1.0) * rate / 1000)


def clock(time_ms: float) -> str:
    """``00-12-03.500``: hours, minutes and seconds, as frames are named."""
    whole = round(time_ms)
    minutes, seconds_ms = divmod(whole, 60_000)
    return f"{minutes // 60:02}-{minutes % 60:02}-{seconds_ms // 1000:02}.{seconds_ms % 1000:03}"
