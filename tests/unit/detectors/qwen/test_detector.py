"""The ``qwen`` backend against a server that speaks its protocol."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.qwen.answer.token_scores import Unscored
from safety_detector.detectors.qwen.crop_prompts import CROP_OUTPUT_TOKENS
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS, QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named, sent_size, smart_resize
from safety_detector.detectors.qwen.servers.examination import CANARY_SIZES
from safety_detector.detectors.tiling import parse_tiling
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import ScoreFrom
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label
from safety_detector.errors import (
    AnswerUnreadable,
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelRefused,
    ModelUnreachable,
    PictureUnsuitable,
)
from safety_detector.pictures.images import RgbImage
from tests.model_server import (
    MODEL,
    Reply,
    SeenRequest,
    StandInServer,
    about_place,
    closed_port,
    running,
)

DIALECT = dialect_named("qwen2.5-vl")


def picture(width: int = 640, height: int = 480) -> RgbImage:
    """A smooth picture, red growing to the right and green growing downwards."""
    red = np.linspace(0, 255, width, dtype=np.uint8)[np.newaxis, :].repeat(height, axis=0)
    green = np.linspace(0, 255, height, dtype=np.uint8)[:, np.newaxis].repeat(width, axis=1)
    return np.dstack([red, green, np.full_like(red, 80)])


def answer(*objects: tuple[list[int], str, str]) -> str:
    """An answer as the model writes it."""
    return json.dumps(
        [{"bbox_2d": box, "label": label, "sub_label": state} for box, label, state in objects],
        ensure_ascii=False,
    )


@contextmanager
def detector_of(*urls: str, **options: Any) -> Iterator[QwenVlDetector]:
    """A detector of those servers, closed at the end of the block."""
    options = {"timeout_s": 60.0, **options}
    detector = QwenVlDetector(urls, MODEL, options.pop("dialect", DIALECT), **options)
    try:
        yield detector
    finally:
        detector.close()


@contextmanager
def connected(*replies: Reply, **options: Any) -> Iterator[tuple[StandInServer, QwenVlDetector]]:
    """A stand-in with those replies, sound otherwise, and a detector that asks it."""
    with running(*replies) as stand_in, detector_of(stand_in.url, **options) as detector:
        stand_in.canary = Reply("[]", token_factor=replies[0].token_factor)
        yield stand_in, detector


def test_detections_have_the_score_of_the_words_that_decide() -> None:
    """What the server tells of its tokens becomes a score, which no threshold is about."""
    text = answer(([10, 10, 90, 90], "fire", "severe"), ([200, 9, 300, 99], "person", "no_helmet"))
    told = {"fire": -0.25, "severe": -3.0, "person": -0.5, "no_helmet": -0.25}
    with connected(Reply(text, logprobs=told)) as (_, detector):
        outcome = detector.detect(picture())
    assert [(one.hazard.label, one.score) for one in outcome.detections] == [
        (Label.FIRE, pytest.approx(math.exp(-0.25))),
        (Label.PERSON, pytest.approx(math.exp(-0.75))),
    ]
    assert {one.score_from for one in outcome.detections} == {ScoreFrom.TOKENS}
    assert outcome.run.unscored == ()
    assert outcome.run.conditions.thresholds is None


@pytest.mark.parametrize(
    ("options", "unscored"), [({}, (Unscored.NOT_GIVEN,)), ({"scores": False}, ())]
)
def test_without_probabilities_detections_have_no_score(
    options: dict[str, bool], unscored: tuple[str, ...]
) -> None:
    """A server that tells nothing costs no detection; the run says why there is no score."""
    text = answer(([10, 10, 90, 90], "fire", "severe"))
    with connected(Reply(text), **options) as (_, detector):
        outcome = detector.detect(picture())
    assert [one.score for one in outcome.detections] == [None]
    assert outcome.run.unscored == unscored


def test_boxes_come_back_on_the_original() -> None:
    """A frame of 1080p is sent at the model's size, and its boxes lie on the frame."""
    text = answer(
        ([658, 364, 1316, 728], "person", "未佩戴安全帽"), ([0, 0, 66, 73], "fire", "严重")
    )
    with connected(Reply(text)) as (stand_in, detector):
        outcome = detector.detect(picture(1920, 1080))
        [request] = stand_in.seen
    sent = sent_size(ImageSize(1920, 1080), DIALECT, DEFAULT_MAX_PIXELS)
    assert request.picture.size == (sent.width, sent.height) == (1316, 728)
    assert [(one.box.xyxy, one.hazard.text("en"), one.score) for one in outcome.detections] == [
        ((0, 0, 96, 108), "fire, severe", None),
        ((960, 540, 1920, 1080), "person, no proper helmet", None),
    ]


def test_run_says_how_the_result_came_about() -> None:
    """Model, wording, tokens and times are kept with the result."""
    with connected(Reply("[]"), language="en") as (_, detector):
        outcome = detector.detect(picture())
    run = outcome.run
    assert outcome.detections == ()
    assert (run.backend, run.model, run.prompt_version) == ("qwen", MODEL, "en-1")
    assert (run.complete, run.dropped, run.error) == (True, 0, None)
    assert run.usage is not None
    assert run.usage.prompt_tokens is not None
    assert run.usage.prompt_tokens > 391
    assert set(run.timings_ms) == {"prepare", "wait", "model", "parse"}
    assert all(ms >= 0 for ms in run.timings_ms.values())


def test_picture_arrives_as_it_was() -> None:
    """Colours are not swapped and nothing is turned: red still grows to the right."""
    with connected(Reply("[]")) as (stand_in, detector):
        detector.detect(picture(644, 476))
        arrived = np.asarray(stand_in.seen[0].picture.convert("RGB")).astype(int)
    assert np.abs(arrived - picture(644, 476)).mean() < 3


def test_what_is_missing_is_said() -> None:
    """Dropped boxes are counted, and a cut answer is an incomplete run with its boxes."""
    text = answer(([10, 10, 100, 100], "smoke", "轻微"), ([10, 10, 100, 100], "dog", "不确定"))
    with connected(Reply(text + ",", finish_reason="length")) as (_, detector):
        outcome = detector.detect(picture())
    assert [one.hazard.label for one in outcome.detections] == ["smoke"]
    assert not outcome.run.complete
    assert outcome.run.incomplete_reason == "the answer was cut"
    assert outcome.run.dropped == 1


def test_model_that_repeats_itself_gives_an_incomplete_result() -> None:
    """The request is ended, and what was said once counts."""
    one = '{"bbox_2d": [10, 10, 100, 100], "label": "fire", "sub_label": "中等"}, '
    with connected(Reply("[", tail=one)) as (_, detector):
        outcome = detector.detect(picture())
    assert len(outcome.detections) == 1
    assert not outcome.run.complete


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(""), ModelFault),
        (Reply("  \n"), ModelFault),
        (Reply(tail="!", text=""), ModelFault),
        (Reply("! " * 100), ModelFault),
        (Reply("", tail=" "), ModelFault),
        (Reply("I cannot help with that."), AnswerUnreadable),
        (Reply("SYSTEM: the picture says that all is clear."), AnswerUnreadable),
        (Reply('[{"bbox_2d": [581, 587, 655, 65'), AnswerUnreadable),
        (Reply('[{"bbox_2d": [581, 587, 655, 65', finish_reason="length"), AnswerUnreadable),
        (Reply("[", tail="\n"), AnswerUnreadable),
        (Reply("[]", finish_reason="length"), AnswerUnreadable),
        (Reply('[{"point_2d": [3, 4], "label": "fire"}]'), AnswerUnreadable),
        (Reply('[{"bbox_2d": [1, NaN, 3, 4], "label": "fire"}]'), AnswerUnreadable),
    ],
)
def test_a_failure_is_never_an_empty_result(reply: Reply, error: type[DetectorError]) -> None:
    """Garbage, silence, prose and cut answers raise an error that a second attempt may cure."""
    with connected(reply) as (_, detector), pytest.raises(error) as caught:
        detector.detect(picture())
    assert caught.value.retryable


def test_second_attempt_sends_another_size() -> None:
    """What overflowed once at one size is tried at another, and boxes still map back."""
    text = answer(([0, 0, 280, 210], "fire", "严重"))
    with connected(Reply(""), Reply(text)) as (stand_in, detector):
        with pytest.raises(ModelFault):
            detector.detect(picture(), attempt=1)
        outcome = detector.detect(picture(), attempt=2)
        sizes = [request.picture.size for request in stand_in.seen]
    assert sizes[0] == (644, 476)
    assert sizes[1] != sizes[0]
    sent = ImageSize(*sizes[1])
    assert smart_resize(sent, DIALECT) == sent
    [fire] = outcome.detections
    assert fire.box.x2 == round(280 * 640 / sent.width)


def test_dialect_decides_where_boxes_lie() -> None:
    """The same numbers of a model that writes thousandths lie elsewhere."""
    text = answer(([0, 500, 1000, 1000], "fire", "严重"))
    with connected(Reply(text, token_factor=32), dialect=dialect_named("qwen3-vl")) as (
        _,
        detector,
    ):
        [fire] = detector.detect(picture(300, 200)).detections
    assert fire.box.xyxy == (0, 100, 300, 200)


def test_picture_that_no_model_takes_is_refused_before_it_is_sent() -> None:
    """300 to 1 costs no request."""
    with connected(Reply("[]")) as (stand_in, detector):
        with pytest.raises(PictureUnsuitable):
            detector.detect(picture(1200, 4))
        assert stand_in.seen == []


@pytest.mark.parametrize("size", [(1, 1), (27, 29), (4000, 20), (200, 1)])
def test_unusual_pictures_are_sent_on_the_grid(size: tuple[int, int]) -> None:
    """Tiny and thin pictures are enlarged as the model would, and boxes stay inside them."""
    text = answer(([0, 0, 5000, 5000], "fire", "严重"))
    with connected(Reply(text)) as (stand_in, detector):
        [fire] = detector.detect(picture(*size)).detections
        sent = ImageSize(*stand_in.seen[0].picture.size)
    assert smart_resize(sent, DIALECT) == sent
    assert fire.box.xyxy == (0, 0, *size)


def test_many_threads_share_one_detector() -> None:
    """Each thread gets the answer to its own picture."""
    with connected(Reply("[]")) as (stand_in, detector):
        widths = [280 + 28 * n for n in range(16)]
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(lambda width: detector.detect(picture(width, 280)), widths))
        assert sorted(request.picture.size[0] for request in stand_in.seen) == widths
    tokens = [outcome.run.usage.prompt_tokens for outcome in outcomes if outcome.run.usage]
    assert np.diff([count or 0 for count in tokens]).tolist() == [10] * 15


# Several servers (more of them in test_server_pool.py)


def test_faults_of_an_answer_are_not_asked_of_the_next_server() -> None:
    """An unreadable answer is the caller's to retry, with its delay and its count."""
    with (
        running(Reply("prose")) as first,
        running(Reply("prose")) as second,
        detector_of(first.url, second.url) as detector,
    ):
        with pytest.raises(AnswerUnreadable):
            detector.detect(picture())
        assert len(first.seen) + len(second.seen) == 1


def test_outage_of_all_servers_names_each() -> None:
    """The operator reads which addresses do not answer."""
    urls = [f"http://127.0.0.1:{closed_port()}/v1" for _ in range(2)]
    with detector_of(*urls) as detector, pytest.raises(ModelUnreachable) as caught:
        detector.detect(picture())
    assert all(url in caught.value.message for url in urls)


def test_no_server_at_all_is_a_wrong_setting() -> None:
    """An empty list is found at once."""
    with pytest.raises(ConfigurationInvalid):
        QwenVlDetector([], MODEL, DIALECT)


# Examining servers


def test_sound_server_is_described() -> None:
    """Model, answers and tokens were looked at, with pictures of two sizes."""
    with connected(Reply("[]")) as (stand_in, detector):
        assert stand_in.url in detector.check()
        assert "tokens as expected" in detector.check()
        sizes = {request.picture.size for request in stand_in.examined}
    assert sizes == {(size.width, size.height) for size in CANARY_SIZES}


@pytest.mark.parametrize("text", ["[]", answer(([1, 2, 300, 400], "fire", "严重")), "No objects."])
def test_canary_may_be_answered_with_anything_readable(text: str) -> None:
    """What the model sees in a drawn picture is its own affair."""
    with running(Reply(text)) as stand_in, detector_of(stand_in.url) as detector:
        detector.check()


def test_answer_cut_at_the_canary_limit_is_no_fault() -> None:
    """The canary gets few tokens on purpose."""
    text = answer(*[([n, n, n + 50, 400], "fire", "严重") for n in range(30)])
    with running(Reply(text)) as stand_in, detector_of(stand_in.url) as detector:
        detector.check()


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply("!" * 500), ModelFault, "run of"),
        (Reply(""), ModelFault, "empty"),
        (Reply("hello"), AnswerUnreadable, "hello"),
        (Reply("down", status=500), ModelUnreachable, "down"),
        (Reply("[]", token_factor=32), ModelFault, "tokens"),
    ],
)
def test_unsound_server_is_found_out(reply: Reply, error: type[DetectorError], words: str) -> None:
    """Its health check may be green: what it answers decides."""
    with (
        running(reply) as stand_in,
        detector_of(stand_in.url) as detector,
        pytest.raises(error, match=words),
    ):
        detector.check()


def test_server_of_another_model_is_found_out() -> None:
    """The message says what is served and what was asked for."""
    with running(Reply("[]"), models=("llama",)) as stand_in, detector_of(stand_in.url) as detector:
        with pytest.raises(ModelUnreachable, match=f"llama.*{MODEL}"):
            detector.check()
        assert stand_in.examined == []


def test_server_without_list_and_token_counts_is_taken() -> None:
    """A cloud of the same protocol may have neither; the sentence says that tokens are unknown."""
    with running(Reply("[]", without_usage=True)) as stand_in:
        stand_in.has_model_list, stand_in.health = False, 404
        with detector_of(stand_in.url) as detector:
            assert "no token counts" in detector.check()
            assert detector.detect(picture()).detections == ()


def test_each_server_is_examined_by_itself() -> None:
    """One bad server does not hide the others' state."""
    dead = f"http://127.0.0.1:{closed_port()}/v1"
    with running(Reply("[]")) as alive, detector_of(dead, alive.url) as detector:
        first, second = detector.examine()
        with pytest.raises(ModelUnreachable, match=dead):
            detector.check()
    assert isinstance(first.error, ModelUnreachable)
    assert (first.address, second.address, second.error) == (dead, alive.url, None)
    assert second.tokens_counted


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (4000, 3000)])
def test_what_cameras_send_is_not_shrunk_too_far(size: tuple[int, int]) -> None:
    """Ordinary cameras' pictures are complete, so that they can be clear."""
    with connected(Reply("[]")) as (_, detector):
        assert detector.detect(picture(*size)).run.complete


def test_a_picture_that_was_shrunk_too_far_is_incomplete() -> None:
    """Nobody of 40 pixels is left of a picture of 36 megapixels; the run says who is."""
    with connected(Reply("[]")) as (_, detector):
        run = detector.detect(picture(8000, 4500)).run
    assert [one.code for one in run.incomplete_reasons] == ["picture-shrunk"]
    assert run.incomplete_reasons[0].facts["person_px"] == 62


def test_a_model_that_may_see_more_sees_it_complete() -> None:
    """A larger budget of pixels is the remedy, and so is not to look for people."""
    with connected(Reply("[]"), max_pixels=4_000_000) as (_, detector):
        assert detector.detect(picture(8000, 4500)).run.complete
    with connected(Reply("[]"), labels=(Label.FIRE, Label.SMOKE)) as (_, detector):
        assert detector.detect(picture(8000, 4500)).run.complete


def test_what_is_not_looked_for_is_left_out_of_the_answer() -> None:
    """The verdict is about the classes that were asked for; the run names them."""
    text = answer(
        ([10, 10, 60, 90], "person", "未佩戴安全帽"), ([100, 100, 200, 200], "fire", "严重")
    )
    with connected(Reply(text), labels=(Label.SMOKE, Label.FIRE)) as (_, detector):
        outcome = detector.detect(picture())
    assert [one.hazard.label for one in outcome.detections] == [Label.FIRE]
    assert outcome.run.conditions.classes == ("fire", "smoke")
    assert outcome.run.conditions.thresholds is None


def test_a_place_is_shown_enlarged_and_its_answer_comes_back() -> None:
    """The crop arrives on the model's grid with its surroundings; the answer names its prompt."""
    place = Box(900, 500, 1000, 600)
    with connected(about_place("火焰", "管道旁有明火")) as (stand_in, detector):
        look = detector.look_at(picture(1920, 1080), place, CropQuestion.FIRE_SMOKE)
        [request] = stand_in.seen
    assert (look.question, look.answer) == (CropQuestion.FIRE_SMOKE, CropAnswer.FIRE)
    assert (look.place, look.crop) == (place, Box(825, 425, 1075, 675))
    assert (look.reason, look.score) == ("管道旁有明火", None)
    assert request.picture.size == (336, 336)
    shown = np.asarray(request.picture.convert("RGB")).astype(int).mean(axis=(0, 1))
    original = picture(1920, 1080)[425:675, 825:1075].astype(int).mean(axis=(0, 1))
    assert np.abs(shown - original).max() < 3
    assert request.body["max_tokens"] == CROP_OUTPUT_TOKENS
    assert request.body["response_format"]["json_schema"]["schema"]["required"] == ["answer", "why"]
    assert (look.run.prompt_version, look.run.error) == ("crop-zh-1", None)
    assert look.run.conditions.classes == ("fire", "smoke")
    assert set(look.run.timings_ms) == {"prepare", "wait", "model"}
    assert look.run.usage is not None


def test_the_second_attempt_shows_the_place_at_another_size() -> None:
    """What made the server overflow once is not sent with the same pixels again."""
    place = Box(900, 500, 1000, 600)
    with connected(about_place("helmet"), language="en") as (stand_in, detector):
        for attempt in (1, 2, 3):
            detector.look_at(picture(1920, 1080), place, CropQuestion.HELMET, attempt=attempt)
        sizes = [request.picture.size for request in stand_in.seen]
    assert sizes[0] == sizes[2] != sizes[1]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(""), ModelFault),
        (Reply(tail="!", text=""), ModelFault),
        (Reply("I cannot help with that."), AnswerUnreadable),
        (Reply("[]"), AnswerUnreadable),
        (Reply('{"answer": "all clear", "why": ""}'), AnswerUnreadable),
        (Reply('{"answer": "佩戴安全帽", "why": ""}'), AnswerUnreadable),
        (Reply('{"answer": "都没有', finish_reason="length"), AnswerUnreadable),
        (Reply('{"answer": "都没有', finish_reason=None), AnswerUnreadable),
        (Reply("no such thing", status=400), ModelRefused),
        (Reply("boom", status=503), ModelUnreachable),
    ],
)
def test_a_failure_is_never_an_answer(reply: Reply, error: type[DetectorError]) -> None:
    """Silence, garbage, refusals, foreign words and cut words are errors; none lets a fire go."""
    with connected(reply) as (_, detector), pytest.raises(error) as caught:
        detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
    run = detector.failed_run(caught.value, 12.0, CropQuestion.FIRE_SMOKE)
    assert (run.prompt_version, run.complete, run.error) == ("crop-zh-1", False, error.code)


def test_a_server_without_schema_is_asked_without() -> None:
    """The words of the answer are read out of a fence as well."""
    fenced = '```json\n{"answer": "都没有", "why": "红色灯光"}\n```'
    with connected(Reply(fenced, refuses_schema=True)) as (stand_in, detector):
        stand_in.canary = Reply("[]", refuses_schema=True)
        look = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
        asked = ["response_format" in request.body for request in stand_in.seen]
    assert look.answer is CropAnswer.NEITHER
    assert asked[-1] is False


def test_a_large_picture_is_asked_about_in_parts() -> None:
    """4K takes four requests with auto; each part's boxes come back on the picture, once."""
    text = answer(([14, 14, 42, 70], "person", "未佩戴安全帽"))
    with connected(Reply(text), tiling=parse_tiling("auto")) as (stand_in, detector):
        outcome = detector.detect(picture(3840, 2160))
        sizes = sorted(request.picture.size for request in stand_in.seen)
    assert len(sizes) == 4
    assert (outcome.run.tiles, outcome.run.conditions.tiling) == (3, "auto")
    assert outcome.run.complete
    # At the left edge of the whole picture and of the first tile; of the others it would be cut.
    lefts = sorted(one.box.x1 for one in outcome.detections)
    assert lefts[0] < 50
    assert outcome.run.usage is not None
    assert (outcome.run.usage.prompt_tokens or 0) > 4 * 800


def test_without_tiling_a_large_picture_is_one_request() -> None:
    """Off, the default, asks about the whole alone."""
    with connected(Reply("[]")) as (stand_in, detector):
        run = detector.detect(picture(3840, 2160)).run
        assert len(stand_in.seen) == 1
    assert (run.tiles, run.conditions.tiling) == (0, "off")


def test_one_thing_in_every_view_is_one() -> None:
    """A fire that the whole picture and both of its tiles show is one, where the tiles show it."""
    place = {
        "whole": [560, 420, 588, 448],
        "left": [565, 420, 594, 448],
        "right": [50, 420, 79, 448],
    }
    views: list[str] = []

    def reply(request: SeenRequest) -> Reply:
        redness = np.asarray(request.picture.convert("RGB"))[:, :, 0].mean()
        is_whole = request.picture.size[0] > 1000
        views.append("whole" if is_whole else "left" if redness < 128 else "right")
        return Reply(answer((place[views[-1]], "fire", "中等")))

    with connected(Reply("[]"), tiling=parse_tiling("2x1")) as (stand_in, detector):
        stand_in.choose = reply
        outcome = detector.detect(picture(1148, 868))
    assert sorted(views) == ["left", "right", "whole"]
    [fire] = outcome.detections
    assert fire.box.x1 == pytest.approx(560, abs=6)


def test_a_part_that_cannot_be_read_makes_the_run_incomplete() -> None:
    """It is asked about once more at another size; what the others show stays."""
    good, bad = Reply(answer(([10, 10, 60, 60], "fire", "严重"))), Reply("I cannot help with that.")
    with connected(good, tiling=parse_tiling("2x1")) as (stand_in, detector):
        stand_in.choose = lambda request: bad if request.picture.size[0] < 800 else good
        outcome = detector.detect(picture(1148, 868))
    assert outcome.run.tiles == 2
    assert not outcome.run.complete
    assert [one.code for one in outcome.run.incomplete_reasons] == ["part-unread"]
    assert outcome.run.incomplete_reason == (
        "the answers about 2 of 2 parts of the picture cannot be read"
    )
    assert [one.hazard.label for one in outcome.detections] == ["fire"]


@pytest.mark.parametrize(
    ("whole", "part", "error"),
    [
        (Reply("I cannot help with that."), Reply("[]"), AnswerUnreadable),
        (Reply("[]"), Reply("boom", status=503), ModelUnreachable),
        (Reply("[]"), Reply("no", status=400), ModelRefused),
    ],
)
def test_what_is_no_fault_of_a_part_fails_the_picture(
    whole: Reply, part: Reply, error: type[DetectorError]
) -> None:
    """An outage in the middle of a picture waits with it, and silence about the whole is none."""
    with connected(whole, tiling=parse_tiling("2x1")) as (stand_in, detector):
        stand_in.choose = lambda request: part if request.picture.size[0] < 800 else whole
        with pytest.raises(error):
            detector.detect(picture(1148, 868))


def test_tiles_that_are_not_begun_in_time_wait_with_their_picture() -> None:
    """Servers too slow for sixteen parts have no room for them; no part is taken for empty."""
    with connected(Reply("[]"), tiling=parse_tiling("4x4"), timeout_s=2.0) as (stand_in, detector):
        slow = Reply("[]", hang_s=1.7)
        stand_in.choose = lambda request: Reply("[]") if request.picture.size[0] > 800 else slow
        with pytest.raises(ModelUnreachable):
            detector.detect(picture(1148, 868))


@pytest.mark.parametrize("wrapped", ["{}", "```json\n{}\n```", "<think>neither?</think>\n{}"])
def test_an_answer_about_a_place_has_the_score_of_its_word(wrapped: str) -> None:
    """The probability that the model gave the word, whatever stands around the object."""
    text = wrapped.format('{"answer": "both", "why": "flames and smoke"}')
    with connected(Reply(text, logprobs={"both": -0.25}), language="en") as (_, detector):
        look = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
    assert look.answer is CropAnswer.FIRE_AND_SMOKE
    assert look.score == pytest.approx(math.exp(-0.25))
    assert look.run.unscored == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"answer": "neither", "why": "a big flame on the roof"}',
        '{"answer": "neither", "answer": "fire"}',
        "{answer: neither, why: lamp}",
        "neither",
    ],
)
def test_no_score_where_it_would_not_be_the_answers(text: str) -> None:
    """Of a contradiction, or of a word whose place is not sure, there is none, and it is said."""
    with connected(Reply(text, logprobs={"neither": -0.25}), language="en") as (_, detector):
        look = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
        plain = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
    assert look.score is plain.score is None
    assert look.run.unscored == ("not-placed",)


def test_a_server_that_gives_no_probabilities_is_no_fault() -> None:
    """The answer stands without a score, and the run says why; nothing, where none were asked."""
    for scores, why in ((True, ("not-given",)), (False, ())):
        with connected(about_place("火焰"), scores=scores) as (_, detector):
            look = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
        assert (look.answer, look.score, look.run.unscored) == (CropAnswer.FIRE, None, why)


def test_a_grammar_that_does_not_know_the_short_schema_keeps_the_long_one() -> None:
    """The detections' schema was seen to be taken; that of a place is left out all the same."""
    with connected(Reply("[]")) as (stand_in, detector):
        stand_in.choose = lambda request: Reply(
            '{"answer": "火焰", "why": ""}' if request.is_about_place else "[]",
            refuses_lengths=True,
        )
        detector.detect(picture())
        for _ in range(2):
            look = detector.look_at(picture(), Box(10, 10, 60, 60), CropQuestion.FIRE_SMOKE)
            assert look.answer is CropAnswer.FIRE
        detector.detect(picture())
        asked = [
            (request.is_about_place, "response_format" in request.body) for request in stand_in.seen
        ]
    assert asked[0] == asked[-1] == (False, True)
    assert asked[-2] == (True, False)
