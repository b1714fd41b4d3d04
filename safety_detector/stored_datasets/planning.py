"""Which judged pictures go into a set, and on which side: decided before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.labelled import Basis, LabelledPicture
from safety_detector.datasets.near_duplicates import NearDuplicates
from safety_detector.datasets.split import Place, SplitItem, group_link, split
from safety_detector.errors import PictureMissing, PictureRefused
from safety_detector.message_texts.reason import Reason
from safety_detector.stored_datasets.records import DatasetCounts, DatasetOrder

_PROVES_NOTHING = Reason("dataset-proves-nothing")
_HELD = Reason("dataset-held")
_SAME = Reason("dataset-same-picture")
_EMPTY = Reason("dataset-empty-share")
GONE = Reason("dataset-picture-gone")
UNREADABLE = Reason("dataset-picture-unreadable")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What is remembered of a picture until all are known: its labels are read again."""

    inspection_id: str
    sha256: str
    group: str
    links: frozenset[str]
    is_empty: bool
    is_telling: bool
    weight: tuple[bool, datetime]


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes into a set.

    Attributes:
        places: by inspection, in the order of their arrival.
        counts: of what is left out so far.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    counts: DatasetCounts = field(default_factory=DatasetCounts)


def plan_dataset(
    judged: Iterable[LabelledPicture],
    order: DatasetOrder,
    refusal: Callable[[LabelledPicture], Reason | None],
    read: Callable[[str], bytes] | None,
    tell: Callable[[int], None] = lambda _looked: None,
) -> Plan:
    """Decides what goes into a set; holds 1 KB a picture, and 0.6 KB more to compare them.

    Args:
        judged: every judged picture that matches.
        order: what is wanted.
        refusal: of the format.
        read: the file of a picture, by its hash, so that near duplicates are kept together; None
            to look at no picture: what comes out then is an estimate of the split.
        tell: hears how many pictures were looked at.

    Raises:
        StorageUnavailable: pictures cannot be read.
    """
    counts = DatasetCounts()
    chosen: dict[str, _Candidate] = {}
    elsewhere: dict[str, frozenset[str]] = {}  # by bytes: what those show that came another time
    for picture in judged:
        counts.judged += 1
        why = why_left_out(picture, order) or refusal(picture)
        if why is not None:
            counts.left_out[why.code] += 1
            _add(elsewhere, picture.sha256, _links(picture))
            continue
        one = _candidate(picture)
        other = chosen.get(one.sha256)
        if other is not None:
            counts.left_out[_SAME.code] += 1
            if other.weight >= one.weight:
                _add(elsewhere, one.sha256, one.links)
                continue
            _add(elsewhere, other.sha256, other.links)
            del chosen[one.sha256]  # so that the order of arrival stays
        chosen[one.sha256] = one
    kept = _without_surplus(list(chosen.values()), order.empty_share, counts)
    looks = _looks(kept, read, counts, tell) if read else {one.inspection_id: None for one in kept}
    items = [
        _split_item(one, looks[one.inspection_id], elsewhere.get(one.sha256, frozenset()))
        for one in kept
        if one.inspection_id in looks
    ]
    places = split(items, order.validation)
    counts.groups = len({place.group for place in places.values()})
    return Plan(places, counts)


def why_left_out(picture: LabelledPicture, order: DatasetOrder) -> Reason | None:
    """Why a picture may not go into any set of that order, whatever its format; None if it may."""
    if not (picture.labelled or picture.boxes or picture.refuted):
        return _PROVES_NOTHING
    return _HELD if picture.held and not order.include_held else None


def _candidate(picture: LabelledPicture) -> _Candidate:
    return _Candidate(
        picture.inspection_id,
        picture.sha256,
        picture.group,
        _links(picture),
        picture.is_empty,
        bool(picture.refuted),
        max((one.basis is Basis.CORRECTION, one.at) for one in picture.judgements),
    )


def _without_surplus(
    found: list[_Candidate], share: float, counts: DatasetCounts
) -> list[_Candidate]:
    """Without the empty ones that are too many; those stay first that a detector was wrong about.

    Which of the others stay is decided by a hash, so that the same ones do in the next set.
    """
    empty = [one for one in found if one.is_empty]
    full = len(found) - len(empty)
    most = len(empty) if share >= 1 else int(full * share / (1 - share))
    # A site that only ever had false alarms: all of what there is, and nothing to keep a share of.
    if len(empty) <= most or not full:
        return found

    def worth(one: _Candidate) -> tuple[bool, bytes]:
        return not one.is_telling, hashlib.sha256(one.sha256.encode()).digest()

    gone = {one.inspection_id for one in sorted(empty, key=worth)[most:]}
    counts.left_out[_EMPTY.code] += len(gone)
    return [one for one in found if one.inspection_id not in gone]


def _looks(
    kept: Iterable[_Candidate],
    read: Callable[[str], bytes],
    counts: DatasetCounts,
    tell: Callable[[int], None],
) -> dict[str, str | None]:
    """By picture that can be read, the name of all that look the same."""
    duplicates, looks = NearDuplicates(), {}
    for number, one in enumerate(kept, start=1):
        try:
            looks[one.inspection_id] = duplicates.name(PictureContent(read(one.sha256)).rgb())
        except PictureMissing:
            counts.left_out[GONE.code] += 1
        except PictureRefused:
            counts.left_out[UNREADABLE.code] += 1
        tell(number)
    return looks


def _links(picture: LabelledPicture) -> frozenset[str]:
    return frozenset(
        (group_link(picture.group), *(f"incident {each}" for each in picture.incidents))
    )


def _add(links: dict[str, frozenset[str]], sha256: str, more: frozenset[str]) -> None:
    links[sha256] = links.get(sha256, frozenset()) | more


def _split_item(one: _Candidate, look: str | None, elsewhere: frozenset[str]) -> SplitItem:
    links = sorted(one.links | elsewhere)
    return SplitItem(one.inspection_id, one.group, (*links, *([look] if look else [])))
