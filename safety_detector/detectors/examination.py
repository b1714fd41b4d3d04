"""Examines one model server: is it there, does it serve the model, does it answer test pictures.

``/health`` and the list of models are asked first because they cost nothing; a cloud may have
neither.  What the test pictures show decides.
"""

from __future__ import annotations

import time

from safety_detector.detectors.canary import (
    CANARY_SIZES,
    ServerCheck,
    canary_picture,
    check_tokens,
)
from safety_detector.detectors.dialects import Dialect
from safety_detector.detectors.in_flight_limit import AnswerTimes
from safety_detector.detectors.model_server import ModelReply, ModelServer
from safety_detector.detectors.prompts import Prompt
from safety_detector.detectors.sound_answers import read_sound_answer
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import AnswerUnreadable, DetectorError, ModelUnreachable
from safety_detector.images import encode_jpeg

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
                f"The model server at {server.address} serves {', '.join(sorted(served))}, "
                f"not {self._model}.",
                address=server.address,
            )


def must_not_be_used(check: ServerCheck) -> bool:
    """Whether the server gets no pictures.

    One that says something else than boxes about the test picture may well find some in others;
    each of its answers is looked at by itself.
    """
    return check.error is not None and not isinstance(check.error, AnswerUnreadable)
