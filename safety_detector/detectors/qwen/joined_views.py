"""What the language model found in a picture and in its tiles, brought together.

Pure.  No thing is there twice and none is cut at a seam: what a tile's inner edge cuts is seen
whole by its neighbour if it fits into their overlap, else in the picture as a whole.  Where nobody
saw it whole the pieces are put together, so that nothing that any view showed is lost.  The model
gives no scores to choose by; where two views of one thing disagree, see ``_state``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from safety_detector.detectors.tiling import OVERLAP_SHARE, TileBox
from safety_detector.domain.detections import Detection, TokenUsage, by_urgency
from safety_detector.domain.geometry import Box, ImageSize, intersection_area, iou
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason

EDGE_SHARE = 0.012
"""A box counts as cut when it comes nearer to a tile's inner edge than this share of the tile's
side: 15 pixels of those that are sent, half a visual token, which is as exactly as boxes are
written."""

SAME_SHARE = 0.7
"""Two people are one when one box covers so much of the other …"""

SAME_AREA_RATIO = 0.3
"""… and is not far smaller: a child in front of an adult, a person behind another."""

PIECE_SHARE = 0.5
"""A cut piece, of which another view shows so much, is part of what that view shows; flames and
smoke, which have no edge, are one wherever so much of the smaller box is shared."""

HEAD_WIDTH_SHARE = 1 / 3
HEAD_HEIGHT_SHARE = 1 / 5
"""Of a person's box, at the middle of its upper edge: a head with a helmet is about a sixth of
somebody's height; who crouches or is cut off at the waist fills more."""


@dataclass(slots=True)
class _Seen:
    """One thing as one view shows it, in pixels of the picture."""

    detection: Detection
    tile: int | None
    view: TileBox | None = None
    is_cut: bool = False

    @property
    def label(self) -> Label:
        return self.detection.hazard.label

    @property
    def box(self) -> Box:
        return self.detection.box


def join_detections(
    whole: Sequence[Detection],
    tiles: Sequence[tuple[TileBox, Sequence[Detection]]],
    size: ImageSize,
) -> tuple[Detection, ...]:
    """One list, most urgent first, in pixels of the picture.

    Args:
        whole: of the picture as a whole.
        tiles: of each tile, in pixels of the tile.
        size: of the picture.
    """
    seen = [_Seen(one, None) for one in whole]
    for number, (tile, detections) in enumerate(tiles):
        for one in detections:
            moved = replace(one, box=_moved(one.box, tile))
            seen.append(_Seen(moved, number, tile, _is_cut(one.box, tile, size)))
    fits = _overlap(tiles)
    joined: list[Detection] = []
    for label in Label:
        alike = [one for one in seen if one.label is label]
        uncut = _joined_uncut([one for one in alike if not one.is_cut], fits)
        rest = [one for one in alike if one.is_cut and not _belongs_to_one(one, uncut)]
        joined += [one.detection for one in uncut] + [one.detection for one in _put_together(rest)]
    return by_urgency(joined)


def join_reasons_of_views(views: Sequence[Sequence[Reason]]) -> list[Reason]:
    """Why something may be missing in what all views show, each reason once.

    The picture as a whole may hold more people than an answer; where no tile does, all are told.

    Args:
        views: the reasons of each, the picture as a whole first.
    """
    whole, *tiles = views
    full = [one for part in tiles for one in part if one.code == IncompleteCode.OBJECT_LIMIT]
    of_whole = [
        one for one in whole if not tiles or full or one.code != IncompleteCode.OBJECT_LIMIT
    ]
    every = [*of_whole, *(one for part in tiles for one in part)]
    told: dict[str, Reason] = {}
    for one in every:
        told.setdefault(one.code, one)
    return list(told.values())


def unread_parts_reason(count: int, tiles: int) -> Reason | None:
    """Why something may be missing where the answers about so many tiles cannot be read."""
    if not count:
        return None
    return Reason(IncompleteCode.PART_UNREAD, {"parts": count, "tiles": tiles})


def sum_usage(views: Sequence[TokenUsage | None]) -> TokenUsage | None:
    """The tokens of all requests together; None where the server counts none."""
    known = [one for one in views if one is not None]
    if not known:
        return None
    return TokenUsage(
        _sum(one.prompt_tokens for one in known),
        _sum(one.cached_tokens for one in known),
        _sum(one.completion_tokens for one in known),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [one for one in counts if one is not None]
    return sum(known) if known else None


def _moved(box: Box, tile: TileBox) -> Box:
    x, y = tile[:2]
    return Box(box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y)


def _is_cut(box: Box, tile: TileBox, size: ImageSize) -> bool:
    """Whether an inner edge of the tile may cut the box, which is in pixels of the tile."""
    x1, y1, x2, y2 = tile
    margin_x, margin_y = EDGE_SHARE * (x2 - x1), EDGE_SHARE * (y2 - y1)
    return (
        (box.x1 <= margin_x and x1 > 0)
        or (box.y1 <= margin_y and y1 > 0)
        or (box.x2 >= x2 - x1 - margin_x and x2 < size.width)
        or (box.y2 >= y2 - y1 - margin_y and y2 < size.height)
    )


def _overlap(tiles: Sequence[tuple[TileBox, Sequence[Detection]]]) -> float:
    """Side of what every tile's neighbour shows too: whatever fits into it is uncut somewhere."""
    return OVERLAP_SHARE * min(
        (min(x2 - x1, y2 - y1) for (x1, y1, x2, y2), _ in tiles), default=0.0
    )


def _joined_uncut(alike: Sequence[_Seen], fits: float) -> list[_Seen]:
    """The things of one label that some view shows whole, each once.

    A tile shows what is small larger, so its box is taken for that; of larger things the picture's.
    """

    def order(one: _Seen) -> tuple[bool, float]:
        is_small = max(one.box.width, one.box.height) <= fits
        return (is_small == (one.tile is None), -one.box.area)

    kept: list[_Seen] = []
    for one in sorted(alike, key=order):
        match = next((other for other in kept if _is_same(one, other)), None)
        if match is None:
            kept.append(one)
        else:
            match.detection = _merged(match.detection, one.detection)
    return kept


def _is_same(one: _Seen, other: _Seen) -> bool:
    """Whether two views show one thing; one view says each thing once."""
    shared = _shared(one.box, other.box)
    if one.label is not Label.PERSON:
        return shared >= PIECE_SHARE
    ratio = min(one.box.area, other.box.area) / max(one.box.area, other.box.area)
    return one.tile != other.tile and shared >= SAME_SHARE and ratio >= SAME_AREA_RATIO


def _belongs_to_one(piece: _Seen, uncut: Sequence[_Seen]) -> bool:
    """Whether a cut piece is part of what is shown whole, to which it lends its gravity."""
    if piece.label is Label.PERSON:
        return _belongs_to_person(piece, uncut)
    for other in uncut:
        if _shared(piece.box, other.box) >= PIECE_SHARE:
            graver = _merged(other.detection, piece.detection)
            other.detection = replace(graver, box=other.box)
            return True
    return False


def _belongs_to_person(piece: _Seen, uncut: Sequence[_Seen]) -> bool:
    """Whether a cut piece is part of somebody who is shown whole.

    What is far smaller or larger than that person's part in the tile is of somebody else.
    """
    if piece.view is None:
        return False
    alike = [
        (iou(piece.box, part), other)
        for other in uncut
        if _shared(piece.box, other.box) >= PIECE_SHARE
        and (part := _part(other.box, piece.view)) is not None
        and min(piece.box.area, part.area) >= SAME_AREA_RATIO * max(piece.box.area, part.area)
    ]
    if not alike:
        return False
    _, whose = max(alike, key=lambda one: one[0])
    whose.detection = _with_piece(whose.detection, piece, piece.view)
    return True


def _with_piece(person: Detection, piece: _Seen, view: TileBox) -> Detection:
    """The person, with the state of the piece where that is graver and shows a head.

    Where it may be half a head, or somebody else's, the two views disagree and nobody can tell.
    """
    is_bare = piece.detection.hazard.sub_label is SubLabel.NO_HELMET
    is_headless = view[1] > 0 and piece.box.y1 - view[1] <= EDGE_SHARE * (view[3] - view[1])
    if not is_bare or is_headless:
        return person
    if _shows_head(person.box, view):
        return replace(_merged(person, piece.detection), box=person.box)
    if person.hazard.sub_label is SubLabel.HELMET:
        return replace(person, hazard=Hazard(Label.PERSON, SubLabel.UNCERTAIN), score=None)
    return person


def _shows_head(person: Box, view: TileBox) -> bool:
    """Whether a tile shows the middle of a person's upper end."""
    x1, y1, x2, y2 = view
    middle, half = (person.x1 + person.x2) / 2, HEAD_WIDTH_SHARE * person.width / 2
    return (
        x1 <= middle - half
        and middle + half <= x2
        and y1 <= person.y1
        and person.y1 + HEAD_HEIGHT_SHARE * person.height <= y2
    )


def _part(box: Box, view: TileBox) -> Box | None:
    """What a tile shows of a box."""
    x1, y1 = max(box.x1, view[0]), max(box.y1, view[1])
    x2, y2 = min(box.x2, view[2]), min(box.y2, view[3])
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _put_together(pieces: Sequence[_Seen]) -> list[_Seen]:
    """Pieces of different tiles that meet in their overlap become one."""
    groups: list[list[_Seen]] = []
    for piece in pieces:
        touching = [group for group in groups if any(_meet(piece, one) for one in group)]
        rest = [group for group in groups if all(group is not one for one in touching)]
        groups = [*rest, [*(one for group in touching for one in group), piece]]
    return [
        replace(group[0], detection=reduce(_around, (one.detection for one in group)))
        for group in groups
    ]


def _meet(one: _Seen, other: _Seen) -> bool:
    return one.tile != other.tile and intersection_area(one.box, other.box) > 0


def _around(one: Detection, other: Detection) -> Detection:
    merged = _merged(one, other)
    box = Box(
        min(one.box.x1, other.box.x1),
        min(one.box.y1, other.box.y1),
        max(one.box.x2, other.box.x2),
        max(one.box.y2, other.box.y2),
    )
    return replace(merged, box=box)


def _merged(one: Detection, other: Detection) -> Detection:
    """The first one's box; state and score of the view whose state is taken."""
    hazard = _state(one.hazard, other.hazard)
    same = [each.score for each in (one, other) if each.hazard == hazard]
    scores = [score for score in same if score is not None]
    return replace(one, hazard=hazard, score=max(scores) if scores else None)


def _state(one: Hazard, other: Hazard) -> Hazard:
    """The graver state; of a person, whom one view cannot judge, that of the view that can."""
    uncertain = [each for each in (one, other) if each.sub_label is SubLabel.UNCERTAIN]
    if one.label is Label.PERSON and len(uncertain) == 1:
        return other if one.sub_label is SubLabel.UNCERTAIN else one
    return min(one, other, key=lambda each: each.rank)


def _shared(first: Box, second: Box) -> float:
    """Share of the smaller box that both have in common."""
    return intersection_area(first, second) / min(first.area, second.area)
