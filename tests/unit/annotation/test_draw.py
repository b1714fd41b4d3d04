"""Detections drawn on pictures, and the files made of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.annotation.label_tiles import number_piece, text_piece
from safety_detector.annotation.style import MIN_TEXT_PX, enlargement_for, scale_for
from safety_detector.appearance.fonts import find_fonts
from safety_detector.appearance.hazard_looks import look_of
from safety_detector.domain.detections import Detection, by_urgency
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import (
    LANGUAGES,
    SUB_LABELS,
    Hazard,
    Label,
    Language,
    SubLabel,
)
from safety_detector.pictures.images import RgbImage, encode_jpeg, size_of

FONTS = find_fonts()
HAZARDS = [Hazard(label, state) for label in Label for state in SUB_LABELS[label]]
BARE_HEAD = Hazard(Label.PERSON, SubLabel.NO_HELMET)
HELMET = Hazard(Label.PERSON, SubLabel.HELMET)


def _plain(width: int, height: int, grey: int = 128) -> RgbImage:
    return np.full((height, width, 3), grey, dtype=np.uint8)


def _photo(width: int, height: int) -> RgbImage:
    """Smooth colours with some grain, which compress like a photograph."""
    rnd = np.random.default_rng(1)
    small = rnd.integers(0, 255, (9, 16, 3), dtype=np.uint8)
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rnd.integers(-12, 13, smooth.shape, dtype=np.int16)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def _one(hazard: Hazard, box: Box, score: float | None = None) -> list[Detection]:
    return [Detection(box, hazard, score)]


def _crowd(width: int, height: int, people: int = 10) -> tuple[Detection, ...]:
    """People shoulder to shoulder across the picture, every third one without a helmet."""
    step = width / people
    return by_urgency(
        Detection(
            Box(round(i * step), height // 4, round((i + 1) * step), height - 1),
            HELMET if i % 3 else BARE_HEAD,
            0.5,
        )
        for i in range(people)
    )


def _holds(picture: RgbImage, piece: RgbImage) -> bool:
    """Whether the piece stands somewhere in the picture, pixel by pixel."""
    height, width = piece.shape[:2]
    middle = height // 2  # the row that is searched for before the others are compared
    needle, pixels = piece[middle].tobytes(), picture.tobytes()
    found = pixels.find(needle)
    while found >= 0:
        row, left = divmod(found // 3, picture.shape[1])
        top = row - middle
        if top >= 0 and np.array_equal(picture[top : top + height, left : left + width], piece):
            return True
        found = pixels.find(needle, found + 1)
    return False


def _shows_number(picture: RgbImage, number: int) -> bool:
    largest = scale_for(size_of(picture)).text_px
    sizes = range(largest, MIN_TEXT_PX - 1, -1)
    plates = {look_of(hazard).plate for hazard in HAZARDS}
    return any(
        _holds(picture, number_piece(number, size, plate, FONTS.bold))
        for size in sizes
        for plate in plates
    )


def test_the_original_is_left_as_it_is() -> None:
    """Annotating returns a new picture of the same size, even of a read-only one."""
    original = _photo(640, 480)
    before = original.copy()
    original.setflags(write=False)
    annotated = annotate(original, _crowd(640, 480), FONTS)
    assert annotated.shape == original.shape
    assert annotated.dtype == np.uint8
    assert np.array_equal(original, before)
    assert not np.array_equal(annotated, original)


def test_no_detections_leave_an_equal_copy() -> None:
    """A picture of nothing is annotated with nothing."""
    original = _photo(320, 240)
    annotated = annotate(original, [], FONTS)
    assert annotated is not original
    assert np.array_equal(annotated, original)


def test_a_view_that_is_turned_is_drawn_like_a_plain_copy() -> None:
    """Pictures whose memory is not in reading order (turned, mirrored) can be drawn on."""
    view = _photo(240, 320).transpose(1, 0, 2)[:, ::-1]
    found = _one(BARE_HEAD, Box(100, 60, 200, 220), 0.5)
    assert np.array_equal(annotate(view, found, FONTS), annotate(view.copy(), found, FONTS))


def test_an_object_is_framed_and_not_painted_over() -> None:
    """The frame stands around the box: nothing inside a box with free surroundings changes."""
    original = _photo(640, 480)
    box = Box(200, 150, 400, 350)
    for hazard in HAZARDS:
        annotated = annotate(original, _one(hazard, box), FONTS)
        assert np.array_equal(annotated[150:350, 200:400], original[150:350, 200:400])
        changed = (annotated != original).any(axis=2)
        for beside in (changed[148, 200:400], changed[351, 200:400], changed[150:350, 198]):
            assert beside.mean() > 0.9


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
@pytest.mark.parametrize("grey", [0, 128, 255], ids=["black", "grey", "white"])
def test_a_frame_can_be_seen_on_any_background(hazard: Hazard, grey: int) -> None:
    """Along every side of the box there are pixels that differ strongly in brightness."""
    annotated = annotate(_plain(640, 480, grey), _one(hazard, Box(200, 150, 400, 350)), FONTS)
    brightness = cv2.cvtColor(annotated, cv2.COLOR_RGB2GRAY).astype(int)
    contrast = np.abs(brightness - grey)
    for side in (contrast[130:150, 300], contrast[350:370, 300], contrast[250, 180:200]):
        assert side.max() > 60


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
@pytest.mark.parametrize("size", [(320, 240), (3840, 2160)], ids=str)
def test_a_frame_at_the_edge_of_the_picture_stays_visible(
    hazard: Hazard, size: tuple[int, int]
) -> None:
    """A box as large as the picture is framed inside it, on all four sides."""
    width, height = size
    annotated = annotate(_plain(width, height), _one(hazard, Box(0, 0, width, height)), FONTS)
    changed = (annotated != 128).any(axis=2)
    for side in (changed[0], changed[-1], changed[:, 0], changed[:, -1]):
        assert side.all()
    assert not changed[height // 2, width // 4 : width // 2].any()


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_an_object_of_one_pixel_is_not_hidden_by_its_frame(hazard: Hazard) -> None:
    """The smallest object keeps a hole in its frame, so that it can still be seen."""
    original = _photo(1920, 1080)
    annotated = annotate(original, _one(hazard, Box(960, 540, 961, 541)), FONTS)
    around = (slice(536, 545), slice(956, 965))
    assert np.array_equal(annotated[around], original[around])
    assert not np.array_equal(annotated[530:551, 950:971], original[530:551, 950:971])


def test_a_small_frame_lies_over_a_large_one() -> None:
    """Smoke over the whole picture does not cover the frame of a person at the picture's edge."""
    person = Box(0, 200, 80, 400)
    smoke = Detection(Box(0, 0, 640, 480), Hazard(Label.SMOKE, SubLabel.SEVERE))
    annotated = annotate(_plain(640, 480), [smoke, *_one(HELMET, person)], FONTS)
    green = np.array(look_of(HELMET).line)
    assert (annotated[300, :10] == green).all(axis=1).any()


def test_states_can_be_told_apart_without_colour() -> None:
    """In shades of grey no two kinds of hazard look alike, frame and mark taken together."""
    greys = []
    for hazard in HAZARDS:
        found = _one(hazard, Box(200, 150, 400, 350))
        annotated = annotate(_plain(640, 480), found, FONTS)
        greys.append(cv2.cvtColor(annotated, cv2.COLOR_RGB2GRAY).astype(int))
    for one, other in combinations(greys, 2):
        assert (np.abs(one - other) > 60).sum() > 100


def test_graver_fire_and_smoke_have_heavier_frames() -> None:
    """The width of the line grows from minor over moderate to severe."""
    for label in (Label.FIRE, Label.SMOKE):
        widths = []
        for state in (SubLabel.MINOR, SubLabel.MODERATE, SubLabel.SEVERE):
            hazard = Hazard(label, state)
            annotated = annotate(_plain(1280, 720), _one(hazard, Box(400, 300, 700, 600)), FONTS)
            along = annotated[450, :400]
            widths.append((along == np.array(look_of(hazard).line)).all(axis=1).sum())
        assert widths[0] < widths[1] < widths[2]


def test_a_missing_helmet_stands_out_from_a_worn_one() -> None:
    """A bare head's frame is at least half again as wide and striped, in shades of grey too."""
    rows = []
    for hazard in (BARE_HEAD, HELMET):
        annotated = annotate(_plain(1280, 720), _one(hazard, Box(400, 300, 700, 600)), FONTS)
        rows.append(cv2.cvtColor(annotated, cv2.COLOR_RGB2GRAY).astype(int)[605:640, 400:700])
    bare, worn = ((np.abs(row - 128) > 5).any(axis=1).sum() for row in rows)
    changes = [(np.abs(np.diff(row, axis=1)) > 60).sum(axis=1).max() for row in rows]
    assert bare >= 1.5 * worn
    assert changes[0] > 20
    assert changes[1] == 0


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "人员 未正确佩戴安全帽"), ("en", "person, no proper helmet")]
)
def test_the_label_says_number_hazard_and_score(language: str, words: str) -> None:
    """A label shows its number, the hazard in the wanted language, and two digits of the score."""
    found = _one(BARE_HEAD, Box(400, 300, 700, 600), 0.866)
    annotated = annotate(_photo(1280, 720), found, FONTS, "zh" if language == "zh" else "en")
    text_px = scale_for(size_of(annotated)).text_px
    plate = look_of(BARE_HEAD).plate
    assert _holds(annotated, number_piece(1, text_px, plate, FONTS.bold))
    assert _holds(annotated, text_piece(words, text_px, plate, FONTS.bold))
    assert _holds(annotated, text_piece("0.87", text_px, plate, FONTS.regular))


def test_an_unknown_score_is_not_shown() -> None:
    """Without a score the label ends after the words; there is no 0.00."""
    picture = _photo(1280, 720)
    box = Box(400, 300, 700, 600)
    text_px = scale_for(size_of(picture)).text_px
    zero = text_piece("0.00", text_px, look_of(BARE_HEAD).plate, FONTS.regular)
    assert _holds(annotate(picture, _one(BARE_HEAD, box, 0.0), FONTS), zero)
    assert not _holds(annotate(picture, _one(BARE_HEAD, box), FONTS), zero)


@pytest.mark.parametrize("size", [(320, 180), (640, 480), (1920, 1080), (3840, 2160)], ids=str)
def test_every_number_of_a_crowd_can_be_read(size: tuple[int, int]) -> None:
    """Ten people side by side: each number of the report's table stands whole in the picture."""
    width, height = size
    annotated = annotate(_photo(width, height), _crowd(width, height), FONTS, "zh")
    missing = [number for number in range(1, 11) if not _shows_number(annotated, number)]
    assert missing == []


def test_numbers_follow_the_order_of_the_detections() -> None:
    """The first detection is number 1, wherever it stands in the picture."""
    right, left = Box(900, 300, 1100, 600), Box(100, 300, 300, 600)
    annotated = annotate(
        _plain(1280, 720), [*_one(BARE_HEAD, right), *_one(BARE_HEAD, left)], FONTS
    )
    text_px = scale_for(size_of(annotated)).text_px
    plate = look_of(BARE_HEAD).plate
    assert _holds(annotated[:, 640:], number_piece(1, text_px, plate, FONTS.bold))
    assert _holds(annotated[:, :640], number_piece(2, text_px, plate, FONTS.bold))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 90), st.integers(1, 90))
def test_pictures_of_any_size_can_be_drawn_on(data: st.DataObject, width: int, height: int) -> None:
    """Down to one pixel a picture with any boxes gets its frames, enlarged by a whole factor."""
    found = []
    for _ in range(data.draw(st.integers(1, 5))):
        x1 = data.draw(st.integers(0, width - 1))
        y1 = data.draw(st.integers(0, height - 1))
        box = Box(
            x1, y1, data.draw(st.integers(x1 + 1, width)), data.draw(st.integers(y1 + 1, height))
        )
        found.append(Detection(box, data.draw(st.sampled_from(HAZARDS)), 0.5))
    annotated = annotate(_plain(width, height), found, FONTS, "zh")
    factor = enlargement_for(ImageSize(width, height))
    assert annotated.shape == (factor * height, factor * width, 3)
    assert (annotated != 128).any()


@pytest.mark.parametrize("size", [(60, 60), (60, 45), (96, 32), (32, 96), (150, 150), (239, 239)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_do_not_bury_a_small_picture(size: tuple[int, int], language: Language) -> None:
    """Of a picture of 60 pixels most stays to be seen, and every number can be read."""
    width, height = size
    found = by_urgency(
        [
            *_one(Hazard(Label.FIRE, SubLabel.SEVERE), Box(width // 2, 2, width - 4, height), 0.9),
            *_one(BARE_HEAD, Box(4, height // 3, width // 3, height - 2), 0.5),
        ]
    )
    annotated = annotate(_plain(width, height), found, FONTS, language)
    assert (annotated != 128).any(axis=2).mean() < 0.35
    assert [number for number in (1, 2) if not _shows_number(annotated, number)] == []


def test_hundreds_of_detections_are_all_framed() -> None:
    """A picture full of people ends in good time, with a frame around everybody."""
    boxes = [
        Box(48 * i + 14, 54 * j + 17, 48 * i + 34, 54 * j + 37)
        for i in range(40)
        for j in range(20)
    ]
    found = [Detection(box, HELMET, 0.5) for box in boxes]
    alone = annotate(_plain(1920, 1080), found[-1:], FONTS)
    annotated = annotate(_plain(1920, 1080), found, FONTS)
    last = (slice(1040, 1072), slice(1880, 1912))
    assert np.array_equal(annotated[last], alone[last])


def test_threads_draw_the_same_picture() -> None:
    """Fonts and kept pieces are shared by threads without harm."""
    picture = _photo(640, 480)
    expected = annotate(picture, _crowd(640, 480), FONTS, "zh")
    number_piece.cache_clear()
    text_piece.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        drawn = threads.map(lambda _: annotate(picture, _crowd(640, 480), FONTS, "zh"), range(40))
        assert all(np.array_equal(one, expected) for one in drawn)


def test_a_file_with_room_has_the_best_quality() -> None:
    """Where 1.5 times the original leaves room, the annotated file is JPEG of quality 90."""
    picture = _photo(640, 480)
    best = encode_jpeg(picture, 90)
    assert encode_annotated(picture, len(best)) == best


@pytest.mark.parametrize("share", [0.6, 0.4, 0.3, 0.1])
def test_a_file_is_never_larger_than_one_and_a_half_originals(share: float) -> None:
    """However well the original is compressed, the annotated file keeps to the limit."""
    picture = _photo(1280, 720)
    original_bytes = round(share * len(encode_jpeg(picture, 90)))
    encoded = encode_annotated(picture, original_bytes)
    assert len(encoded) <= 1.5 * original_bytes
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if share >= 0.4:
        assert decoded.shape == picture.shape
    assert decoded.shape[0] / decoded.shape[1] == pytest.approx(720 / 1280, rel=0.02)


def test_the_annotated_file_of_a_tiny_original_may_weigh_more_than_itself() -> None:
    """A thumbnail of a few hundred bytes still gets labels that can be read."""
    picture = annotate(_plain(320, 180), _crowd(320, 180), FONTS)
    encoded = encode_annotated(picture, 400)
    assert 600 < len(encoded) <= 32 * 1024
    assert cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR).shape == picture.shape
