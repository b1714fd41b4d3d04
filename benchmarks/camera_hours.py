"""Made cameras: hours in which it is known what happens, and what only looks like it.

The frames are drawn by ``made_frames``.  Fires, smoke and bare heads are cut out of labelled
pictures and put before empty ones, or fill the picture, as when a camera turns.  They flicker, sway
and grow.  Between them there are things that are none: sun in a window, beacons, headlights, steam,
warm light, bright objects, people who wear helmets; two of them come again and again at their
place.  Everything follows from a seed.

Only pictures are used that never taught the detector: ``dev``, and those that training held apart
(``never_trained_on.json``, from ``training.held_apart``).  They are in two parts that share none:
``tuning`` to choose rules with, with what ``train`` held apart, and ``apart``, with ``dev``.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from benchmarks.night_scenes import Weather

WIDTH, HEIGHT = 512, 288
FIRE, SMOKE, PERSON, HELMET, BARE = 1, 2, 3, 4, 5
_EMPTY_TAGS = ("warehouse", "rain", "lamp-night", "neg-site", "neg-building", "neg-lamp", "sunset",
               "sun-sky", "clouds")  # fmt: skip
_THING_TAGS = ("object", "clothes", "sun-sky", "lamp-night", "neg-lamp", "hat-no-head")
_SCENE_TAGS = ("bare", "bare-site")
_LIGHTS = ("glare", "beacon", "headlights", "thing")

T = TypeVar("T")
_BLOCK_S, _TRAPS = 900, 16
_HARD_SHARE = 0.5
_MEAN_HAZARD_S = 60.0
_ALL = (0.0, 0.0, 1e6, 1e6)  # of a picture

Part = Literal["tuning", "apart"]
Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture and the boxes (x, y, width, height) in it by category."""

    path: Path
    tag: str
    labelled: frozenset[int]
    boxes: dict[int, list[Corners]]


@dataclass(slots=True)
class Sources:
    """What cameras are made of.

    Attributes:
        hard_empties, hard_things: those that the detector takes most for fire or smoke; half of the
            scenes and things are of them.
    """

    empties: list[Labelled] = field(default_factory=list)
    burning: list[Labelled] = field(default_factory=list)
    bare_scenes: list[Labelled] = field(default_factory=list)
    bare: list[tuple[Labelled, Corners]] = field(default_factory=list)
    helmets: list[tuple[Labelled, Corners]] = field(default_factory=list)
    things: list[Labelled] = field(default_factory=list)
    hard_empties: list[Labelled] = field(default_factory=list)
    hard_things: list[Labelled] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that begins and ends.

    Attributes:
        kind: ``fire``, ``bare_head``, or a trap.
        from_s, until_s: since the camera's start.
        place: where, in fractions of the picture.
        picture: what is shown; None for what is drawn.
        box: the part of it (x, y, width, height); None for all of it: the camera turns there.
        seed: of how it moves.
        stands: whether it is always at its place.
    """

    kind: str
    from_s: float
    until_s: float
    place: Corners
    picture: Path | None = None
    box: Corners | None = None
    seed: int = 0
    stands: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is a hazard."""
        return self.kind in ("fire", "bare_head")

    @property
    def fills(self) -> bool:
        """Whether it fills the picture."""
        return self.picture is not None and self.box is None


@dataclass(frozen=True, slots=True)
class MadeCamera:
    """A camera, its scene, and what happens there.

    Attributes:
        beyond: a part of the picture in which nothing is watched for fire: a window, a road.
        heads_known: whether it is known that the empty scene shows nobody without a helmet.
    """

    id: str
    background: Path
    weather: Weather
    seconds: int
    beyond: Corners
    heads_known: bool
    happenings: tuple[Happening, ...]
    seed: int


def load_sources(data: Path, part: Part) -> Sources:
    """The pictures of a part."""
    unseen = json.loads(Path(__file__).with_name("never_trained_on.json").read_text())
    found = Sources()
    for name in ("dev", "train", "train2"):
        if name == ("dev" if part == "tuning" else "train"):
            continue  # nothing is chosen with dev; what is left of train is for tuning alone
        truth = json.loads((data / name / "annotations.json").read_text())
        boxes: dict[int, dict[int, list[Corners]]] = {}
        for one in truth["annotations"]:
            if not one["iscrowd"]:
                of_image = boxes.setdefault(one["image_id"], {})
                of_image.setdefault(one["category_id"], []).append(tuple(one["bbox"]))
        for image in truth["images"]:
            file_name = image["file_name"]
            if name != "dev" and file_name not in unseen[name]:
                continue
            if name == "train2" and zlib.crc32(file_name.encode()) % 2 != (part == "apart"):
                continue
            _sort_in(found, Labelled(
                data / name / "images" / file_name, image.get("tag", ""),
                frozenset(image["labelled"]), boxes.get(image["id"], {}),
            ))  # fmt: skip
    return found


def _sort_in(found: Sources, one: Labelled) -> None:
    kinds = set(one.boxes)
    if kinds & {FIRE, SMOKE}:
        if not kinds & {BARE, HELMET, PERSON}:
            found.burning.append(one)
    elif {FIRE, SMOKE} <= one.labelled and not kinds & {PERSON, BARE, HELMET}:
        if one.tag in _EMPTY_TAGS:
            found.empties.append(one)
        if one.tag in _THING_TAGS:
            found.things.append(one)
    if one.tag in _SCENE_TAGS and BARE in kinds and HELMET not in kinds:
        found.bare_scenes.append(one)
    _sort_people(found, one)


def _sort_people(found: Sources, one: Labelled) -> None:
    """Whom a cut-out shows wearing one helmet, or one bare head."""
    for box in one.boxes.get(PERSON, []):
        width, height = box[2:]
        if height < 110 or not 1.5 <= height / width <= 3.5:
            continue
        heads = {
            kind: [head for head in one.boxes.get(kind, []) if _is_centred_in(head, box)]
            for kind in (HELMET, BARE)
        }
        if len(heads[HELMET]) == 1 and not heads[BARE]:
            found.helmets.append((one, box))
        elif len(heads[BARE]) == 1 and not heads[HELMET] and one.tag == "bare-site":
            found.bare.append((one, box))


def _is_centred_in(inner: Corners, outer: Corners) -> bool:
    x, y = inner[0] + inner[2] / 2, inner[1] + inner[3] / 2
    return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= outer[1] + outer[3]


def make_cameras(
    sources: Sources, number: int, seconds: int, seed: int, hazard_share: float | None = None
) -> list[MadeCamera]:
    """So many cameras, each with what happens before it.

    Args:
        sources: what they are made of.
        number: of cameras.
        seconds: of each.
        seed: of everything.
        hazard_share: of the time in which a hazard is there; None for one or two in each quarter
            of an hour, about a tenth of it.
    """
    return [
        _make_camera(sources, one, seconds, seed + 1000 * one, hazard_share)
        for one in range(number)
    ]


def _make_camera(
    sources: Sources, number: int, seconds: int, seed: int, hazard_share: float | None
) -> MadeCamera:
    rng = np.random.default_rng(seed)
    is_hard = sources.hard_empties and rng.random() < _HARD_SHARE
    background = _any(sources.hard_empties if is_hard else sources.empties, rng)
    weather = Weather(
        "made",
        gain=float(rng.choice([1.0, 1.0, 0.8, 0.6])),
        noise=float(rng.uniform(2, 14)),
        drift=float(rng.uniform(0.02, 0.12)),
        flicker=float(rng.choice([0.0, 0.0, 0.01, 0.03])),
        quality=int(rng.integers(35, 85)),
    )
    left, top = rng.uniform(0, 0.7), rng.uniform(0, 0.3)
    beyond = (left, top, left + 0.3, top + 0.3)
    happenings = [
        *_known(sources, rng, seconds, hazard_share),
        *_traps(sources, rng, seconds, beyond),
    ]
    return MadeCamera(
        f"made-{number:03}", background.path, weather, seconds, beyond,
        BARE in background.labelled, tuple(happenings), seed,
    )  # fmt: skip


def _known(
    sources: Sources, rng: np.random.Generator, seconds: int, share: float | None
) -> Iterator[Happening]:
    for from_s in _starts(rng, seconds) if share is None else _rare_starts(rng, seconds, share):
        until_s = from_s + float(rng.uniform(30, 90))
        seed = int(rng.integers(2**31))
        fills = rng.random() < 0.4
        if rng.random() < 0.65:
            one = _any(sources.burning, rng)
            box = None if fills else _around_all(one)
            place = (0.0, 0.0, 1.0, 1.0) if fills else _place(rng, rng.uniform(0.1, 0.5), 0.25)
            yield Happening("fire", from_s, until_s, place, one.path, box, seed)
        elif fills:
            path = _any(sources.bare_scenes, rng).path
            yield Happening("bare_head", from_s, until_s, (0, 0, 1, 1), path, None, seed)
        else:
            one, box = _any(sources.bare, rng)
            place = _place(rng, rng.uniform(0.4, 0.75), 0.2)
            yield Happening("bare_head", from_s, until_s, place, one.path, box, seed)


def _starts(rng: np.random.Generator, seconds: int) -> list[float]:
    starts: list[float] = []
    for begin in range(0, seconds, _BLOCK_S):
        # At most two a quarter of an hour, so far apart that one is over before the next begins.
        shares = [0.15, 0.6] if rng.random() < 0.4 else [float(rng.uniform(0.15, 0.6))]
        starts += [begin + _BLOCK_S * share for share in shares]
    return starts


def _rare_starts(rng: np.random.Generator, seconds: int, share: float) -> list[float]:
    """One in each of so many equal parts that hazards of a minute fill that share."""
    number = share * seconds / _MEAN_HAZARD_S
    parts = int(number) + int(rng.random() < number % 1)
    return [seconds / parts * (part + float(rng.uniform(0.1, 0.6))) for part in range(parts)]


def _traps(
    sources: Sources, rng: np.random.Generator, seconds: int, beyond: Corners
) -> Iterator[Happening]:
    kinds = ("glare", "beacon", "headlights", "steam", "thing", "thing", "light", "passer_by",
             "passer_by")  # fmt: skip
    for kind in rng.choice(["steam", "glare", "beacon", "headlights", "thing"], 2, replace=False):
        yield from _again(sources, rng, seconds, beyond, str(kind))
    for _ in range(rng.poisson(_TRAPS * seconds / _BLOCK_S)):
        kind = kinds[int(rng.integers(len(kinds)))]
        from_s = float(rng.uniform(10, seconds - 50))
        until_s = from_s + float(np.clip(rng.exponential(12), 4, 45))
        seed = int(rng.integers(2**31))
        place = _place(rng, rng.uniform(0.08, 0.4), 0.0)
        if kind in _LIGHTS and rng.random() < 0.6:
            place = _within(rng, beyond)
        if kind == "thing":
            one = _thing(sources, rng)
            yield Happening(kind, from_s, until_s, place, one.path, _ALL, seed)
        elif kind == "passer_by":
            one, box = _any(sources.helmets, rng)
            place = _place(rng, rng.uniform(0.25, 0.7), 0.2)
            yield Happening(kind, from_s, until_s, place, one.path, box, seed)
        else:
            yield Happening(kind, from_s, until_s, place, None, None, seed)


def _again(
    sources: Sources, rng: np.random.Generator, seconds: int, beyond: Corners, kind: str
) -> Iterator[Happening]:
    """The same at the same place, every few minutes: a vent, a window, a lamp over a gate."""
    is_beyond = kind in _LIGHTS and rng.random() < 0.6
    place = _within(rng, beyond) if is_beyond else _place(rng, rng.uniform(0.1, 0.4), 0.0)
    path = _thing(sources, rng).path if kind == "thing" else None
    box = _ALL if kind == "thing" else None
    from_s = float(rng.uniform(20, 240))
    while from_s < seconds - 50:
        until_s = from_s + float(rng.uniform(6, 40))
        seed = int(rng.integers(2**31))
        yield Happening(kind, from_s, until_s, place, path, box, seed, stands=True)
        from_s = until_s + float(rng.uniform(150, 540))


def _thing(sources: Sources, rng: np.random.Generator) -> Labelled:
    is_hard = sources.hard_things and rng.random() < _HARD_SHARE
    return _any(sources.hard_things if is_hard else sources.things, rng)


def _any(many: Sequence[T], rng: np.random.Generator) -> T:
    return many[int(rng.integers(len(many)))]


def _place(rng: np.random.Generator, height: float, least_top: float) -> Corners:
    width = min(height * HEIGHT / WIDTH * 1.2, 0.9)
    top = float(rng.uniform(least_top, max(1 - height, least_top + 0.01)))
    left = float(rng.uniform(0, 1 - width))
    return (left, top, left + width, top + height)


def _within(rng: np.random.Generator, outer: Corners) -> Corners:
    size = float(rng.uniform(0.1, 0.22))
    left = float(rng.uniform(outer[0], outer[2] - size * HEIGHT / WIDTH))
    top = float(rng.uniform(outer[1], outer[3] - size))
    return (left, top, left + size * HEIGHT / WIDTH, top + size)


def _around_all(one: Labelled) -> Corners:
    boxes = [*one.boxes.get(FIRE, []), *one.boxes.get(SMOKE, [])]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return (left, top, right - left, bottom - top)
