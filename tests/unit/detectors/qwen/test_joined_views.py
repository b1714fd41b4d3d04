"""What the whole picture and its tiles show, brought together."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest

from safety_detector.detectors.qwen.joined_views import (
    join_detections,
    join_reasons_of_views,
    sum_usage,
)
from safety_detector.detectors.tiling import TileBox, cut_tiles
from safety_detector.domain.detections import Detection, ScoreFrom, TokenUsage
from safety_detector.domain.geometry import Box, ImageSize, intersection_area
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason

SIZE = ImageSize(3840, 2160)
TILES = cut_tiles(SIZE, 3, 1)  # 1,477 pixels wide, 295 of them shared with the neighbour
FIRE, SMOKE, PERSON = Label.FIRE, Label.SMOKE, Label.PERSON


def detection(
    label: Label, x: float, y: float, width: float, height: float, state: SubLabel | None = None
) -> Detection:
    """A box of that size at that place of the picture."""
    return Detection(Box(x, y, x + width, y + height), Hazard(label, state or SUB_LABELS[label][1]))


def shown(*truth: Detection) -> list[tuple[TileBox, list[Detection]]]:
    """What tiles show of things in the picture: each as far as it lies inside."""
    views = []
    for tile in TILES:
        x1, y1, x2, y2 = tile
        inside = []
        for one in truth:
            left, right = max(one.box.x1, x1), min(one.box.x2, x2)
            top, bottom = max(one.box.y1, y1), min(one.box.y2, y2)
            if right - left > 4 and bottom - top > 4:
                box = Box(left - x1, top - y1, right - x1, bottom - y1)
                inside.append(replace(one, box=box))
        views.append((tile, inside))
    return views


def test_what_only_a_tile_shows_is_there_in_pixels_of_the_picture() -> None:
    """A person lost in the whole picture stands where the tile shows her."""
    small = detection(PERSON, 2000, 700, 20, 50)
    assert join_detections([], shown(small), SIZE) == (small,)


def test_nobody_is_counted_twice_where_tiles_overlap() -> None:
    """In the overlap two tiles and the whole picture show one person."""
    both = detection(PERSON, 1250, 700, 40, 90)
    rough = detection(PERSON, 1245, 690, 52, 108)
    assert join_detections([rough], shown(both), SIZE) == (both,)


@pytest.mark.parametrize("x", [1150, 1175, 1182, 1190, 1440, 1465, 1476])
def test_nobody_is_cut_at_a_seam(x: int) -> None:
    """Who stands across a tile's edge is taken from the neighbour that shows all of her."""
    across = detection(PERSON, x, 700, 60, 140)
    assert join_detections([], shown(across), SIZE) == (across,)


def test_a_large_fire_is_one_with_its_pieces() -> None:
    """The whole picture shows it; what each tile shows of it is no second one."""
    large = detection(FIRE, 900, 300, 2200, 1500)
    assert join_detections([large], shown(large), SIZE) == (large,)


def test_a_large_thing_that_the_whole_picture_missed_is_put_together() -> None:
    """Pieces of neighbours that meet become one box, and nothing is lost."""
    for label in Label:
        large = detection(label, 700, 300, 2400, 900)
        assert join_detections([], shown(large), SIZE) == (large,)


def test_a_piece_lends_a_fire_its_gravity() -> None:
    """Severe in a tile is severe; the box is that of the whole."""
    large = detection(FIRE, 900, 300, 2200, 1500, SubLabel.MINOR)
    tiles = shown(detection(FIRE, 900, 300, 2200, 1500, SubLabel.SEVERE))
    assert join_detections([large], tiles, SIZE) == (
        detection(FIRE, 900, 300, 2200, 1500, SubLabel.SEVERE),
    )


def test_a_joined_score_stays_of_its_kind() -> None:
    """A language model's score never passes for the embedded detector's, which has thresholds."""
    fire = Hazard(Label.FIRE, SubLabel.SEVERE)
    one = Detection(Box(1000, 500, 1100, 600), fire, 0.7, ScoreFrom.TOKENS)
    joined = join_detections([one], shown(replace(one, score=0.8)), SIZE)
    assert [(each.score, each.score_from) for each in joined] == [(0.8, ScoreFrom.TOKENS)]


def test_two_who_stand_close_stay_two() -> None:
    """A child in front of an adult, and two who the whole picture shows as one."""
    adult, child = detection(PERSON, 500, 500, 100, 260), detection(PERSON, 530, 650, 40, 100)
    assert set(join_detections([], shown(adult, child), SIZE)) == {adult, child}
    left, right = detection(PERSON, 500, 500, 60, 160), detection(PERSON, 540, 500, 60, 160)
    assert set(join_detections([], shown(left, right), SIZE)) == {left, right}


def test_a_fire_and_its_smoke_stay_two() -> None:
    """Boxes of different labels at one place are not joined."""
    fire, smoke = detection(FIRE, 500, 500, 100, 100), detection(SMOKE, 480, 400, 140, 220)
    assert set(join_detections([fire], shown(fire, smoke), SIZE)) == {fire, smoke}


@pytest.mark.parametrize(
    ("whole", "tile", "joined"),
    [
        (SubLabel.UNCERTAIN, SubLabel.HELMET, SubLabel.HELMET),
        (SubLabel.UNCERTAIN, SubLabel.NO_HELMET, SubLabel.NO_HELMET),
        (SubLabel.HELMET, SubLabel.UNCERTAIN, SubLabel.HELMET),
        (SubLabel.HELMET, SubLabel.NO_HELMET, SubLabel.NO_HELMET),
        (SubLabel.NO_HELMET, SubLabel.HELMET, SubLabel.NO_HELMET),
        (SubLabel.UNCERTAIN, SubLabel.UNCERTAIN, SubLabel.UNCERTAIN),
    ],
)
def test_of_a_person_the_view_that_can_judge_counts(
    whole: SubLabel, tile: SubLabel, joined: SubLabel
) -> None:
    """Of two that judge differently the graver one; disagreement clears nobody."""
    place = (2000, 700, 30, 70)
    seen = join_detections(
        [detection(PERSON, *place, state=whole)],
        shown(detection(PERSON, *place, state=tile)),
        SIZE,
    )
    assert [one.hazard.sub_label for one in seen] == [joined]


GRID = cut_tiles(SIZE, 2, 2)
HELMET, BARE, UNCERTAIN = SubLabel.HELMET, SubLabel.NO_HELMET, SubLabel.UNCERTAIN


def states(
    whole: tuple[int, int, int, int],
    state: SubLabel,
    piece: tuple[int, int, int, int],
    tile: int,
    said: SubLabel = BARE,
) -> list[SubLabel]:
    """What comes of a person (corners in the picture) and of what one tile of four shows."""
    x1, y1, _, _ = GRID[tile]
    inside = Box(piece[0] - x1, piece[1] - y1, piece[2] - x1, piece[3] - y1)
    tiles = [(each, [] if n != tile else [Detection(inside, Hazard(PERSON, said))])
             for n, each in enumerate(GRID)]  # fmt: skip
    return [
        one.hazard.sub_label
        for one in join_detections([Detection(Box(*whole), Hazard(PERSON, state))], tiles, SIZE)
    ]


@pytest.mark.parametrize("state", [HELMET, UNCERTAIN, BARE])
def test_a_bare_head_in_a_cut_piece_counts(state: SubLabel) -> None:
    """A tile that cuts somebody at the feet, or one arm off, shows the head enlarged."""
    assert states((500, 700, 800, 1500), state, (500, 700, 800, 1200), 0) == [BARE]
    assert states((1950, 300, 2200, 1100), state, (1950, 300, 2134, 1100), 0) == [BARE]


def test_a_bare_head_half_in_front_of_a_helmet_is_not_lost() -> None:
    """The piece may be of somebody whom the whole picture overlooked."""
    assert states((500, 700, 800, 1500), HELMET, (600, 650, 760, 1200), 0) == [BARE]
    assert states((500, 700, 800, 1500), HELMET, (560, 1000, 760, 2000), 2) != [HELMET]
    assert states((2000, 300, 2400, 1100), HELMET, (2000, 320, 2134, 1100), 0) == [UNCERTAIN]


def test_a_piece_of_another_size_is_somebody_else() -> None:
    """A child before an adult, and an adult cut off behind a child: both stay."""
    child, adult = (580, 1000, 640, 1200), (500, 700, 800, 1500)
    assert sorted(states(adult, HELMET, child, 0)) == [HELMET, BARE]
    assert sorted(states((580, 950, 640, 1150), HELMET, (500, 600, 800, 1200), 0)) == [HELMET, BARE]


def test_a_piece_without_a_head_judges_nobody() -> None:
    """Legs below a tile's upper edge wear no helmet; a helmet in a piece clears nobody."""
    assert states((500, 700, 800, 1500), HELMET, (500, 960, 800, 1500), 2) == [HELMET]
    assert states((500, 700, 800, 1500), BARE, (500, 700, 800, 1200), 0, HELMET) == [BARE]
    assert states((500, 700, 800, 1500), UNCERTAIN, (500, 700, 800, 1200), 0, HELMET) == [UNCERTAIN]


def test_a_crowd_is_counted_as_it_is() -> None:
    """People at random places: each once, whatever views show them; none is lost."""
    dice = random.Random(3)  # noqa: S311
    for _ in range(200):
        people: list[Detection] = []
        for _ in range(40):
            one = detection(PERSON, dice.uniform(0, 3780), dice.uniform(0, 2000), 50, 130)
            box = Box(*(float(round(side)) for side in one.box.xyxy))
            if all(intersection_area(box, other.box) == 0 for other in people):
                people.append(Detection(box, one.hazard))
        some = dice.sample(people, len(people) // 2)
        assert set(join_detections(some, shown(*people), SIZE)) == set(people)


def test_nothing_that_any_view_shows_is_lost_and_nothing_is_there_twice() -> None:
    """Fires of every size: each place that a view shows lies in a box, and no two boxes are one."""
    dice = random.Random(5)  # noqa: S311
    for _ in range(300):
        fires = []
        for _ in range(3):
            width, height = dice.uniform(10, 2500), dice.uniform(10, 1500)
            x, y = dice.uniform(0, 3840 - width), dice.uniform(0, 2160 - height)
            fires.append(detection(FIRE, x, y, width, height))
        whole = dice.sample(fires, dice.randint(0, 3))
        joined = join_detections(whole, shown(*fires), SIZE)
        for fire in fires:
            assert any(intersection_area(fire.box, one.box) > 0 for one in joined)
        for one, other in combinations(joined, 2):
            assert one.box != other.box


def test_the_wholes_limit_of_objects_does_not_count_where_no_tile_reached_it() -> None:
    """What did not fit into one answer fits into several; each reason is told once."""
    limit, cut = Reason(IncompleteCode.OBJECT_LIMIT, {"limit": 10}), Reason("answer-cut")
    assert join_reasons_of_views([[limit]]) == [limit]
    assert join_reasons_of_views([[limit], [], []]) == []
    assert join_reasons_of_views([[cut, limit], [limit], [cut]]) == [cut, limit]


def test_tokens_of_all_requests_are_summed() -> None:
    """What a server did not count is left out, and not zero."""
    one, other = TokenUsage(10, None, 3), TokenUsage(20, None, 4)
    assert sum_usage([one, None, other]) == TokenUsage(30, None, 7)
    assert sum_usage([None]) is None
