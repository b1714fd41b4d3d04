"""The ``qwen`` backend: Qwen vision-language models behind OpenAI-compatible servers (vLLM)."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from safety_detector.detectors.answer import AnswerReading, AnswerStatus, read_answer, to_detections
from safety_detector.detectors.canary import (
    CANARY_OUTPUT_TOKENS,
    CANARY_SIZES,
    ServerCheck,
    canary_picture,
    check_tokens,
    describe,
)
from safety_detector.detectors.dialects import Dialect, another_size, sent_size
from safety_detector.detectors.model_server import ModelReply, ModelServer
from safety_detector.detectors.prompts import make_prompt
from safety_detector.domain.detections import DetectorOutcome, DetectorRun, TokenUsage
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.errors import (
    AnswerUnreadable,
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelUnreachable,
)
from safety_detector.images import RgbImage, encode_jpeg, resize, size_of

JPEG_QUALITY = 90
"""Of the picture that is sent: about 0.25 bytes a pixel, and no blocks that a model could see."""

DEFAULT_MAX_PIXELS = 1280 * 28 * 28
"""1,280 visual tokens: a 1080p frame costs 1,222 in place of 2,691, one of 720p 1,196 as it is."""

_SHOWN_CHARS = 120  # of an unreadable answer, in the error's message


class QwenVlDetector:
    """Finds hazards by asking a vision-language model, one picture a request.

    The picture is resized here to exactly the grid that the model sees, so that the server's own
    resize does nothing and its boxes map back by one division an axis.

    Args:
        urls: base URLs of one or more servers of the same model.
        model: name under which the model is served.
        dialect: the model family's grid and coordinate space.
        api_key: None where the servers ask for none.
        language: of the instruction.
        max_pixels: largest picture that is sent.
        max_output_tokens: longest answer; 10 objects of 35 to 40 tokens fit into 512.
        timeout_s: longest time for one answer of one server.

    Raises:
        ConfigurationInvalid: there is no URL, or one is none.
    """

    backend = "qwen"

    def __init__(
        self,
        urls: Sequence[str],
        model: str,
        dialect: Dialect,
        *,
        api_key: str | None = None,
        language: Language = "zh",
        max_pixels: int = DEFAULT_MAX_PIXELS,
        max_output_tokens: int = 512,
        timeout_s: float = 120.0,
    ) -> None:
        if not urls:
            raise ConfigurationInvalid("The qwen backend needs the address of a model server.")
        self._model = model
        self._dialect = dialect
        self._prompt = make_prompt(language, dialect)
        self._max_pixels = max_pixels
        self._max_output_tokens = max_output_tokens
        self._servers = tuple(ModelServer(url, model, api_key, timeout_s) for url in urls)
        self._preferred = 0
        self._preference = threading.Lock()

    @property
    def model(self) -> str:
        """Name under which the model is served."""
        return self._model

    @property
    def prompt_version(self) -> str:
        """Version of the instruction."""
        return self._prompt.version

    def detect(self, rgb: RgbImage, attempt: int = 1) -> DetectorOutcome:
        """Detections in one picture, in pixels of that picture, most urgent first.

        Args:
            rgb: upright picture, ``uint8``, shape ``(height, width, 3)``, RGB.
            attempt: 1 for the first time.  Each even attempt sends the picture at another size:
                what made a 16-bit server overflow once does so again with the same pixels.

        Raises:
            PictureUnsuitable: the picture is more than 200 times longer than wide.
            ModelUnreachable: no server answers.
            ModelRefused: the server refuses the request.
            ModelFault: the server answered with garbage or nothing.
            AnswerUnreadable: no box can be read in the answer, and it does not say "nothing".
        """
        started = time.perf_counter()
        image_size = size_of(rgb)
        sent = self._size_to_send(image_size, attempt)
        jpeg = encode_jpeg(resize(rgb, sent), JPEG_QUALITY)
        prepared = time.perf_counter()
        reply = self._ask(jpeg)
        answered = time.perf_counter()
        reading = read_sound_answer(reply)
        mapped = to_detections(reading, self._dialect, sent, image_size, self._prompt.object_limit)
        parsed = time.perf_counter()
        run = DetectorRun(
            backend=self.backend,
            model=self.model,
            prompt_version=self.prompt_version,
            complete=mapped.incomplete_reason is None,
            incomplete_reason=mapped.incomplete_reason,
            dropped=len(mapped.dropped),
            usage=reply.usage,
            timings_ms={
                "prepare": (prepared - started) * 1000,
                "model": (answered - prepared) * 1000,
                "parse": (parsed - answered) * 1000,
            },
        )
        return DetectorOutcome(mapped.detections, run)

    def check(self) -> str:
        """Examines every server; one sentence that says what was found.

        Raises:
            DetectorError: the first server that must not be used, and why.
        """
        checks = self.examine()
        for check in checks:
            if check.error is not None:
                raise check.error
        return "; ".join(describe(check) for check in checks)

    def examine(self) -> tuple[ServerCheck, ...]:
        """Asks every server about two canary pictures; one result each, never an error."""
        return tuple(self._examine(server) for server in self._servers)

    def close(self) -> None:
        """Closes the connections; the detector is not used afterwards."""
        for server in self._servers:
            server.close()

    def _size_to_send(self, image_size: ImageSize, attempt: int) -> ImageSize:
        sent = sent_size(image_size, self._dialect, self._max_pixels)
        if attempt % 2:
            return sent
        return another_size(sent, self._dialect)

    def _ask(self, jpeg: bytes) -> ModelReply:
        """The answer of the preferred server, or of the next one that can be reached.

        The choice is made here and nowhere else, so that it can come to depend on load.
        """
        failures: list[ModelUnreachable] = []
        first = self._preferred
        for step in range(len(self._servers)):
            index = (first + step) % len(self._servers)
            try:
                reply = self._servers[index].ask(self._prompt, jpeg, self._max_output_tokens)
            except ModelUnreachable as exc:
                failures.append(exc)
                self._turn_from(index)
                if exc.facts.get("timed_out"):
                    break  # the time for this picture is used up
            else:
                return reply
        if len(failures) == 1:
            raise failures[0]
        raise ModelUnreachable(
            f"None of {len(failures)} model servers can answer: "
            + " ".join(failure.message for failure in failures),
            servers=len(failures),
        ) from failures[-1]

    def _turn_from(self, index: int) -> None:
        with self._preference:
            if self._preferred == index:
                self._preferred = (index + 1) % len(self._servers)

    def _examine(self, server: ModelServer) -> ServerCheck:
        started = time.perf_counter()
        usages: list[TokenUsage | None] = []
        try:
            self._check_model_is_served(server)
            for size in CANARY_SIZES:
                jpeg = encode_jpeg(canary_picture(size), JPEG_QUALITY)
                reply = server.ask(self._prompt, jpeg, CANARY_OUTPUT_TOKENS)
                if reply.finish_reason != "length":  # cut is no fault: there was room for 3 boxes
                    read_sound_answer(reply)
                usages.append(reply.usage)
            counted = check_tokens(self._dialect, *usages)
        except DetectorError as exc:
            return ServerCheck(server.address, error=exc)
        ms = (time.perf_counter() - started) * 1000
        return ServerCheck(server.address, tokens_counted=counted, ms=ms)

    def _check_model_is_served(self, server: ModelServer) -> None:
        served = server.served_models()
        if served is not None and self._model not in served:
            raise ModelUnreachable(
                f"The model server at {server.address} serves {', '.join(sorted(served))}, "
                f"not {self._model}.",
                address=server.address,
            )


def read_sound_answer(reply: ModelReply) -> AnswerReading:
    """The boxes of an answer that is one.

    Raises:
        ModelFault: nothing at all, or runs of ``!``.
        AnswerUnreadable: something was said, but no box can be read in it.
    """
    reading = read_answer(reply.text, finish_reason=reply.finish_reason)
    if reading.fault is not None and not reading.boxes_read:
        raise ModelFault(f"The model server answered with {reading.fault}.")
    if reading.status is AnswerStatus.UNPARSEABLE or (
        reading.status is AnswerStatus.TRUNCATED and not reading.boxes_read
    ):
        shown = " ".join(reply.text.split())[:_SHOWN_CHARS]
        raise AnswerUnreadable(f"No box can be read in the model's answer: {shown!r}.")
    return reading
