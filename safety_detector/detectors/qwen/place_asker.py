"""Asks the language model about one place in a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from safety_detector.detectors.qwen.answer.token_scores import Score
from safety_detector.detectors.qwen.crop_prompts import CROP_OUTPUT_TOKENS, CropPrompt
from safety_detector.detectors.qwen.crops import crop_around, crop_sent_size
from safety_detector.detectors.qwen.dialects import Dialect, size_at_attempt
from safety_detector.detectors.qwen.servers.model_server import ModelReply
from safety_detector.detectors.qwen.servers.server_pool import Question, ServerPool
from safety_detector.detectors.qwen.servers.sound_answers import read_sound_crop_answer
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import DetectorRun, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, size_of

_QUALITY = 90  # as of whole pictures
_CONDITIONS = {
    CropQuestion.FIRE_SMOKE: RunConditions(classes=(Label.FIRE.value, Label.SMOKE.value)),
    CropQuestion.HELMET: RunConditions(classes=(Label.PERSON.value,)),
}


class PlaceAsker:
    """Cuts out a place, enlarges it, and asks one of the servers about it.

    Args:
        pool: the servers.
        model: name under which the model is served.
        dialect: the model family's grid.
        prompts: of each question.
        scores: whether the servers are asked how probable each token was.
    """

    def __init__(
        self,
        pool: ServerPool,
        model: str,
        dialect: Dialect,
        prompts: Mapping[CropQuestion, CropPrompt],
        *,
        scores: bool,
    ) -> None:
        self._pool = pool
        self._model = model
        self._dialect = dialect
        self._prompts = prompts
        self._scores = scores

    def asked(self, question: CropQuestion) -> tuple[str, RunConditions]:
        """Version of a question's prompt, and what runs of it go by."""
        return self._prompts[question].version, _CONDITIONS[question]

    def prepare(
        self, rgb: RgbImage, place: Box, question: CropQuestion, attempt: int, *, urgent: bool
    ) -> Callable[[], CropLook]:
        """What asks about the place when it is called; see ``QwenVlDetector.prepare_look``."""
        started = time.perf_counter()
        image_size = size_of(rgb)
        crop = crop_around(place, image_size, question)
        x1, y1, x2, y2 = (int(side) for side in crop.xyxy)
        sent = size_at_attempt(crop_sent_size(crop, self._dialect), self._dialect, attempt)
        jpeg = encode_jpeg(resize(rgb[y1:y2, x1:x2], sent), _QUALITY)
        prompt = self._prompts[question].about(place, crop, image_size, sent)
        asked = Question(
            prompt,
            jpeg,
            self._dialect.visual_tokens(sent),
            CROP_OUTPUT_TOKENS,
            urgent=urgent,
            first=urgent,
        )
        prepare_ms = (time.perf_counter() - started) * 1000
        return partial(self._ask, asked, place, crop, question, prepare_ms)

    def _ask(
        self, asked: Question, place: Box, crop: Box, question: CropQuestion, prepare_ms: float
    ) -> CropLook:
        def read(reply: ModelReply) -> tuple[CropAnswer, str, Score]:
            return read_sound_crop_answer(reply, question)

        started = time.perf_counter()
        found = self._pool.ask(asked, read)
        answered = time.perf_counter()
        answer, reason, score = found.read
        run = DetectorRun(
            backend="qwen",
            model=self._model,
            prompt_version=self._prompts[question].version,
            conditions=_CONDITIONS[question],
            unscored=(score.why_none,) if score.why_none is not None and self._scores else (),
            usage=found.reply.usage,
            timings_ms={
                "prepare": prepare_ms,
                "wait": found.waited_s * 1000,
                "model": (answered - started - found.waited_s) * 1000,
            },
        )
        return CropLook(question, place, crop, answer, reason, score.value, run)
