"""Pictures whose answers show whether a model server is sound.

A server's ``/health`` stays 200 while its 16-bit arithmetic overflows and every answer is a run of
``!``; and one that resizes pictures otherwise than we think puts every box in the wrong place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from safety_detector.detectors.dialects import Dialect
from safety_detector.detectors.in_flight_limit import AnswerTimes
from safety_detector.domain.detections import TokenUsage
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import DetectorError, ModelFault
from safety_detector.images import RgbImage

# Both are on the grid of every dialect (448 and 672 are multiples of 28 and of 32) and larger than
# every dialect's least size.
CANARY_SIZES = (ImageSize(448, 448), ImageSize(672, 448))


@dataclass(frozen=True, slots=True)
class ServerCheck:
    """What examining one model server showed.

    Attributes:
        address: the server's base URL.
        error: why it must not be used, or None if it is sound.
        tokens_counted: whether the server's count of a picture's tokens was found to be ours; False
            if it gives none.
        ms: time of the two canary answers together, None where there were none.
        times: of each of them by itself, where the server sends its answers token by token.
    """

    address: str
    error: DetectorError | None = None
    tokens_counted: bool = False
    ms: float | None = None
    times: tuple[AnswerTimes, ...] = ()


def canary_picture(size: ImageSize) -> RgbImage:
    """A drawn scene: sky, ground, a flame in front of a dark wall.

    Drawn rather than photographed, so that every installation asks about the same pixels.
    """
    sky = np.linspace(220, 150, size.height, dtype=np.uint8)
    picture = np.repeat(np.repeat(sky[:, None, None], size.width, axis=1), 3, axis=2).copy()
    ground = size.height * 3 // 4
    picture[ground:] = (96, 84, 70)
    picture[size.height // 4 : ground, size.width // 4 : size.width * 3 // 4] = (52, 50, 48)
    centre = (size.width // 2, size.height * 5 // 8)
    flames = ((70, (205, 62, 12)), (48, (250, 146, 20)), (24, (255, 232, 130)))
    for height, colour in flames:
        cv2.ellipse(picture, centre, (height // 2, height), 0, 0, 360, colour, thickness=-1)
    return picture


def check_tokens(dialect: Dialect, small: TokenUsage | None, large: TokenUsage | None) -> bool:
    """Whether the servers' count of the two canaries could be compared with ours, and is the same.

    Their difference is compared, since the text around a picture counts differently from server to
    server.

    Returns:
        False where the server gives no usage.

    Raises:
        ModelFault: the server sees pictures at another size than the dialect says; every box would
            be in the wrong place.
    """
    if small is None or large is None:
        return False
    if small.prompt_tokens is None or large.prompt_tokens is None:
        return False
    tokens = [dialect.visual_tokens(size) for size in CANARY_SIZES]
    counted = large.prompt_tokens - small.prompt_tokens
    if counted != tokens[1] - tokens[0]:
        raise ModelFault(
            f"The server counts {counted} tokens between pictures of {CANARY_SIZES[0]} and "
            f"{CANARY_SIZES[1]}, {dialect.name} {tokens[1] - tokens[0]}: it resizes pictures, or "
            f"the model is of another family, and boxes would be in the wrong place.",
            counted=counted,
            expected=tokens[1] - tokens[0],
        )
    return True


def describe(check: ServerCheck) -> str:
    """One sentence about a sound server."""
    tokens = "tokens as expected" if check.tokens_counted else "no token counts"
    return f"{check.address}: two test pictures took {check.ms or 0:.0f} ms, {tokens}."
