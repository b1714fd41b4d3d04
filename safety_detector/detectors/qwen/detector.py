"""The ``qwen`` backend: Qwen vision-language models behind OpenAI-compatible servers (vLLM).

Long because it is one adapter: what is computed lies in modules of its own, and what stands here is
how each kind of question is put to the servers, with all that can go wrong said of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from safety_detector.detectors.qwen.answer.reader import MappedAnswer, to_detections
from safety_detector.detectors.qwen.answer.token_scores import ScoredText
from safety_detector.detectors.qwen.crop_prompts import make_crop_prompt
from safety_detector.detectors.qwen.dialects import Dialect, sent_size, size_at_attempt
from safety_detector.detectors.qwen.joined_views import (
    join_detections,
    join_reasons_of_views,
    sum_usage,
    unread_parts_reason,
)
from safety_detector.detectors.qwen.place_asker import PlaceAsker
from safety_detector.detectors.qwen.prompt_files import crop_name, detection_name
from safety_detector.detectors.qwen.prompt_words import PromptWords
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.detectors.qwen.servers.examination import Examiner, ServerCheck, describe
from safety_detector.detectors.qwen.servers.in_flight_limit import DEFAULT_BOUNDS, InFlightBounds
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.detectors.qwen.servers.server_board import ServerBoard, ServerStatus
from safety_detector.detectors.qwen.servers.server_pool import Question, ServerPool
from safety_detector.detectors.qwen.servers.server_states import LocalStates, ServerStates
from safety_detector.detectors.qwen.servers.sound_answers import (
    read_sound_answer,
)
from safety_detector.detectors.qwen.tiles import BEGIN_TILES_WITHIN, plan_qwen_tiles
from safety_detector.detectors.score_calibration import ScoreCalibration
from safety_detector.detectors.shrinking import lost_people_reason
from safety_detector.detectors.tiling import OFF, TileBox, Tiling
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.detections import (
    DetectorOutcome,
    DetectorRun,
    RunConditions,
    TokenUsage,
)
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, Language
from safety_detector.errors import (
    AnswerTimedOut,
    AnswerUnreadable,
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelUnreachable,
    PictureUnsuitable,
    ServerFailure,
)
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, size_of

JPEG_QUALITY = 90
"""Of the picture that is sent: about 0.25 bytes a pixel, and no blocks that a model could see."""

DEFAULT_MAX_PIXELS = 1280 * 28 * 28
"""1,280 visual tokens: a 1080p frame costs 1,222 in place of 2,691, one of 720p 1,196 as it is."""

_TILES_AT_ONCE = 4
"""Requests about the tiles of one picture at the same time, so that it does not take all places."""


@dataclass(frozen=True, slots=True)
class _View:
    """What one request about a picture, or about a tile of one, gave.

    Attributes:
        mapped: detections in pixels of the view.
        usage: tokens.
        scale: by which it was shrunk, or enlarged, to be sent.
        timings_ms: by stage.
    """

    mapped: MappedAnswer
    usage: TokenUsage | None
    scale: float
    timings_ms: Mapping[str, float]


class QwenVlDetector:
    """Finds hazards by asking a vision-language model, one picture a request.

    The picture is resized here to exactly the grid that the model sees, so that the server's own
    resize does nothing and its boxes map back by one division an axis.  Ask it from as many threads
    as the servers may have pictures in hand, and a few more: how many of them get a place, and at
    which server, is decided here (``server_pool``).

    Args:
        urls: base URLs of one or more servers of the same model.
        model: name under which the model is served.
        dialect: the model family's grid and coordinate space.
        api_key: None where the servers ask for none.
        language: of the instruction.
        prompts: words of a site's own by the names of ``prompt_files``; the built-in ones stand in
            for those that are not among them.
        max_pixels: largest picture that is sent.
        max_output_tokens: longest answer; 10 objects of 35 to 40 tokens fit into 512.
        timeout_s: longest time for one answer of one server, and for a place at one.
        in_flight: how many pictures each server may have in hand.
        labels: what is looked for; the rest of an answer is not reported.
        scores: whether the servers are asked how probable each token was, of which scores are made.
        tiling: whether parts of a picture are asked about too; each costs as much as a picture.
        calibration: what the scores were worth on a site's labelled pictures.
        states: where it is kept how each server stands; None keeps it in this detector.  Processes
            that ask the same servers share it (``server_states.SharedStates``); closed with the
            detector.

    Raises:
        ConfigurationInvalid: there is no URL, or one is none; the calibration is about another
            model or prompt.
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
        prompts: Mapping[str, PromptWords] | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        max_output_tokens: int = 512,
        timeout_s: float = 120.0,
        in_flight: InFlightBounds = DEFAULT_BOUNDS,
        labels: Collection[Label] = tuple(Label),
        scores: bool = True,
        tiling: Tiling = OFF,
        calibration: ScoreCalibration | None = None,
        states: ServerStates | None = None,
    ) -> None:
        if not urls:
            raise ConfigurationInvalid("qwen-needs-address")
        self._model = model
        self._dialect = dialect
        own = prompts or {}
        self._prompt = make_prompt(language, dialect, own.get(detection_name(language)))
        self._labels = tuple(label for label in Label if label in labels)
        self._tiling = tiling
        self._max_pixels = max_pixels
        self._max_output_tokens = max_output_tokens
        self._timeout_s = timeout_s
        self._scores = scores
        self._calibration = calibration
        if calibration is not None:
            calibration.require_about(self.backend, model, self._prompt.version)
        servers = [ModelServer(url, model, api_key, timeout_s, logprobs=scores) for url in urls]
        addresses = [server.address for server in servers]
        self._states = states if states is not None else LocalStates()
        self._pool = ServerPool(
            servers,
            ServerBoard(addresses, model, self._states, in_flight),
            Examiner(model, dialect, self._prompt, timeout_s),
            timeout_s,
        )
        self._places = PlaceAsker(
            self._pool,
            model,
            dialect,
            {
                kind: make_crop_prompt(kind, language, own.get(crop_name(kind, language)))
                for kind in CropQuestion
            },
            scores=scores,
        )

    @property
    def model(self) -> str:
        """Name under which the model is served."""
        return self._model

    @property
    def prompt_version(self) -> str:
        """Version of the instruction."""
        return self._prompt.version

    @property
    def conditions(self) -> RunConditions:
        """What every run goes by: no score decides."""
        return RunConditions(
            tiling=str(self._tiling),
            classes=tuple(label.value for label in self._labels),
            calibration=self._calibration.version if self._calibration else None,
        )

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Detections in one picture, in pixels of that picture, most urgent first.

        Where it is cut into tiles, each is asked about as well, a few at a time; of a tile whose
        answer cannot be read the run says so, while all other failures are the picture's.

        Args:
            rgb: upright picture, ``uint8``, shape ``(height, width, 3)``, RGB.
            attempt: 1 for the first time.  Each even attempt sends the picture at another size:
                what made a 16-bit server overflow once does so again with the same pixels.
            urgent: whether it goes before pictures that are not.

        Raises:
            PictureUnsuitable: the picture is more than 200 times longer than wide.
            ModelUnreachable: no server can be used; nothing is wrong with the picture.
            ModelRefused: the server refuses the request.
            AnswerTimedOut: no answer came in time, though a test picture was answered.
            ModelFault: a server that is sound otherwise answered with garbage or nothing.
            AnswerUnreadable: no box can be read in the answer, and it does not say "nothing".
        """
        image_size = size_of(rgb)
        tiles = plan_qwen_tiles(image_size, self._dialect, self._max_pixels, self._tiling)
        whole, parts = self._see_all(rgb, tiles, attempt, urgent=urgent)
        seen = [(tile, one) for tile, one in zip(tiles, parts, strict=True) if one is not None]
        detections = whole.mapped.detections
        if seen:
            shown = [(tile, one.mapped.detections) for tile, one in seen]
            detections = join_detections(detections, shown, image_size)
        views = [whole, *(one for _, one in seen)]
        run = DetectorRun(
            backend=self.backend,
            model=self.model,
            prompt_version=self.prompt_version,
            dropped=sum(len(one.mapped.dropped) for one in views),
            unscored=tuple(dict.fromkeys(one for view in views for one in view.mapped.unscored))
            if self._scores
            else (),
            conditions=self.conditions,
            tiles=len(tiles),
            usage=sum_usage([one.usage for one in views]),
            timings_ms=max(views, key=lambda one: sum(one.timings_ms.values())).timings_ms,
        )
        scale = min(one.scale for one in (views[1:] or views))
        reasons = [
            *join_reasons_of_views([one.mapped.incomplete_reasons for one in views]),
            *([unread_parts_reason(len(tiles) - len(seen), len(tiles))]),
            lost_people_reason(image_size, scale) if Label.PERSON in self._labels else None,
        ]
        run = run.with_reasons(one for one in reasons if one is not None)
        wanted = tuple(one for one in detections if one.hazard.label in self._labels)
        if self._calibration is not None:
            wanted = self._calibration.apply(wanted)
        return DetectorOutcome(wanted, run)

    def requests_for(self, size: ImageSize) -> int:
        """How many requests ``detect`` makes of a picture of this size."""
        try:
            tiles = plan_qwen_tiles(size, self._dialect, self._max_pixels, self._tiling)
        except PictureUnsuitable:
            return 1
        return 1 + len(tiles)

    def _see_all(
        self, rgb: RgbImage, tiles: Sequence[TileBox], attempt: int, *, urgent: bool
    ) -> tuple[_View, list[_View | None]]:
        """The picture as a whole, and each tile; None for a tile whose answer cannot be read."""
        if not tiles:
            return self._see(rgb, attempt, urgent=urgent), []
        begin_until = time.monotonic() + BEGIN_TILES_WITHIN * self._timeout_s
        with ThreadPoolExecutor(min(len(tiles), _TILES_AT_ONCE)) as threads:
            parts = [
                threads.submit(
                    self._see_part, rgb[y1:y2, x1:x2], attempt, begin_until, urgent=urgent
                )
                for x1, y1, x2, y2 in tiles
            ]
            try:
                whole = self._see(rgb, attempt, urgent=urgent)
                return whole, [one.result() for one in parts]
            except DetectorError:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _see_part(
        self, rgb: RgbImage, attempt: int, begin_until: float, *, urgent: bool
    ) -> _View | None:
        """One tile, at another size where its answer is garbage; None if that cannot be read."""
        for each in (attempt, attempt + 1):
            if time.monotonic() > begin_until:
                if each != attempt:
                    break
                raise ModelUnreachable(
                    "no-server-had-room",
                    failure=ServerFailure.NO_ROOM,
                    seconds=BEGIN_TILES_WITHIN * self._timeout_s,
                )
            try:
                return self._see(rgb, each, urgent=urgent)
            except (AnswerUnreadable, ModelFault):
                continue
            except AnswerTimedOut:
                break
        return None

    def _see(self, rgb: RgbImage, attempt: int, *, urgent: bool) -> _View:
        """One request about one picture, or part of one."""
        started = time.perf_counter()
        size = size_of(rgb)
        sent = sent_size(size, self._dialect, self._max_pixels)
        sent = size_at_attempt(sent, self._dialect, attempt)
        jpeg = encode_jpeg(resize(rgb, sent), JPEG_QUALITY)
        prepared = time.perf_counter()
        question = Question(
            prompt=self._prompt,
            jpeg=jpeg,
            visual_tokens=self._dialect.visual_tokens(sent),
            max_output_tokens=self._max_output_tokens,
            urgent=urgent,
        )
        found = self._pool.ask(question, read_sound_answer)
        answered = time.perf_counter()
        mapped = to_detections(
            found.read,
            self._dialect,
            sent,
            size,
            self._prompt.object_limit,
            ScoredText(found.reply.text, found.reply.tokens),
        )
        parsed = time.perf_counter()
        return _View(
            mapped,
            found.reply.usage,
            min(sent.width / size.width, sent.height / size.height),
            {
                "prepare": (prepared - started) * 1000,
                "wait": found.waited_s * 1000,
                "model": (answered - prepared - found.waited_s) * 1000,
                "parse": (parsed - answered) * 1000,
            },
        )

    def look_at(
        self,
        rgb: RgbImage,
        place: Box,
        question: CropQuestion,
        *,
        attempt: int = 1,
        urgent: bool = True,
    ) -> CropLook:
        """What the model says of one place in a picture, shown to it enlarged.

        Args:
            rgb: upright picture, ``uint8``, shape ``(height, width, 3)``, RGB.
            place: in pixels of that picture.
            question: what is asked about it.
            attempt: 1 for the first time; each even attempt sends the crop at another size.
            urgent: whether it goes before all pictures: of a suspicion somebody waits to be told.

        Raises:
            ValueError: nothing of the place lies inside the picture.
            AnswerUnreadable: something was said that is none of the question's answers.
            DetectorError: as ``detect``; a failure is never an answer.
        """
        return self.prepare_look(rgb, place, question, attempt=attempt, urgent=urgent)()

    def prepare_look(
        self,
        rgb: RgbImage,
        place: Box,
        question: CropQuestion,
        *,
        attempt: int = 1,
        urgent: bool = True,
    ) -> Callable[[], CropLook]:
        """What asks as ``look_at`` does when it is called, and keeps the crop alone till then.

        Raises:
            ValueError: nothing of the place lies inside the picture.
            PictureUnsuitable: the crop is too long and thin.
        """
        return self._places.prepare(rgb, place, question, attempt, urgent=urgent)

    def watch(self) -> None:
        """Begins to examine the servers before the first picture comes; returns at once."""
        self._pool.watch()

    def check(self) -> str:
        """Examines every server; one sentence that says what was found.

        Raises:
            DetectorError: the first server that must not be used, and why.
        """
        checks = self.examine()
        for check in checks:
            if check.error is not None:
                raise check.error
        return " ".join(describe(check) for check in checks)

    def examine(self) -> tuple[ServerCheck, ...]:
        """Asks every server about two canary pictures; one result each, never an error."""
        return self._pool.examine()

    def server_statuses(self) -> list[ServerStatus]:
        """How each server stands, as all that share the states see it."""
        return self._pool.statuses()

    def failed_run(
        self, error: DetectorError, ms: float, question: CropQuestion | None = None
    ) -> DetectorRun:
        """The record of a run that ended in an error after so many milliseconds.

        Args:
            error: what ended it.
            ms: how long it took.
            question: what was asked about one place; None where the whole picture was looked at.
        """
        asked = None if question is None else self._places.asked(question)
        version, conditions = asked or (self._prompt.version, self.conditions)
        return DetectorRun(
            backend=self.backend,
            model=self._model,
            prompt_version=version,
            complete=False,
            conditions=conditions,
            timings_ms={"model": ms},
            error=error.code,
        )

    def close(self) -> None:
        """Closes the connections; the detector is not used afterwards."""
        self._pool.close()
        self._states.close()
