"""Examines one model server: is it there, does it serve the model, does it answer test pictures.

``/health`` and the list of models are asked first because they cost nothing; a cloud may have
neither.  What the test pictures show decides.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np

from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.in_flight_limit import AnswerTimes
from safety_detector.detectors.qwen.servers.model_server import ModelReply, ModelServer
from safety_detector.detectors.qwen.servers.sound_answers import read_sound_answer
from safety_detector.domain.detections import TokenUsage
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import AnswerUnreadable, DetectorError, ModelFault, ModelUnreachable
from safety_detector.pictures.images import RgbImage, encode_jpeg

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
            "server-resizes-pictures",
            dialect=dialect.name,
            small=CANARY_SIZES[0],
            large=CANARY_SIZES[1],
            counted=counted,
            expected=tokens[1] - tokens[0],
        )
    return True


def describe(check: ServerCheck) -> str:
    """One sentence about a sound server."""
    tokens = "tokens as expected" if check.tokens_counted else "no token counts"
    return f"{check.address}: two test pictures took {check.ms or 0:.0f} ms, {tokens}."


LONGEST_TEST_S = 30.0
"""Longest time for a test picture: alone it takes 2 s, with 16 others in hand 10 s (4 × T4)."""

_QUALITY = 90
# Room for three boxes of the first, enough to see whether it is an answer; of the second only its
# size is looked at, but there are clouds that refuse fewer than 16.
_OUTPUT_TOKENS = (128, 16)


class Examiner:
    """Knows what a sound server answers.

    Args:
        model: name under which the model is served.
        dialect: its family, which says how many tokens a picture costs.
        prompt: as for real pictures, so that the server can refuse nothing later.
        timeout_s: longest time for one answer; half a minute at most is given.
    """

    def __init__(self, model: str, dialect: Dialect, prompt: Prompt, timeout_s: float) -> None:
        self._model = model
        self._dialect = dialect
        self._prompt = prompt
        self._timeout_s = min(timeout_s, LONGEST_TEST_S)

    def examine(self, server: ModelServer, *, urgent: bool = True) -> ServerCheck:
        """What was found; never an error.

        Args:
            server: whom to ask.
            urgent: whether the test pictures go before others, as frames of cameras do.
        """
        started = time.perf_counter()
        try:
            server.check_health()
            self._check_model_is_served(server)
            first, second = (
                self._ask(server, size, most, urgent=urgent)
                for size, most in zip(CANARY_SIZES, _OUTPUT_TOKENS, strict=True)
            )
            counted = check_tokens(self._dialect, first.usage, second.usage)
            if first.finish_reason != "length":  # cut is no fault: there was room for 3 boxes
                read_sound_answer(first)
        except DetectorError as exc:
            return ServerCheck(server.address, error=exc)
        ms = (time.perf_counter() - started) * 1000
        times = tuple(
            AnswerTimes(self._dialect.visual_tokens(size), reply.first_token_s, reply.whole_s)
            for size, reply in zip(CANARY_SIZES, (first, second), strict=True)
            if reply.first_token_s is not None
        )
        return ServerCheck(server.address, tokens_counted=counted, ms=ms, times=times)

    def _ask(self, server: ModelServer, size: ImageSize, most: int, *, urgent: bool) -> ModelReply:
        jpeg = encode_jpeg(canary_picture(size), _QUALITY)
        return server.ask(self._prompt, jpeg, most, urgent=urgent, timeout_s=self._timeout_s)

    def _check_model_is_served(self, server: ModelServer) -> None:
        served = server.served_models()
        if served is not None and self._model not in served:
            raise ModelUnreachable(
                "server-serves-others",
                address=server.address,
                served=", ".join(sorted(served)),
                model=self._model,
            )


def must_not_be_used(check: ServerCheck) -> bool:
    """Whether the server gets no pictures.

    One that says something else than boxes about the test picture may well find some in others;
    each of its answers is looked at by itself.
    """
    return check.error is not None and not isinstance(check.error, AnswerUnreadable)
