"""Made cameras with what the screen says of them, and the roads that their frames are played by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.camera_hours import (
    Happening,
    MadeCamera,
    Part,
    Sources,
    load_sources,
    make_cameras,
)
from benchmarks.known_hazards import hazard_meant, known_hazards
from benchmarks.screened_hours import CAMERA_SIZE, ScreenedFrame, screened
from benchmarks.second_look_roads import EmbeddedOnly, EveryFrame, Played, Road, Site, play
from benchmarks.suspects_road import Screening, SuspectsOnly
from benchmarks.truthful_model import ErrorRates, burning_kinds
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label

HAZARD_SHARE: Final = 0.03
"""Of the time in which a hazard is there."""

PHASES: Final = 5
"""So often what is found by chance of a full look is tried."""

_SEED: Final = 20261130
_SEEDS_OF_HAZARDS: Final[Mapping[Part, int]] = {"apart": 20261131, "tuning": 20261132}
_HAZARD_S: Final = 180
_TWICE: Final = 2


@dataclass(frozen=True, slots=True)
class Store:
    """Where pictures and answers lie.

    Attributes:
        data: labelled pictures.
        cache: what the detector said.
        workers: processes that judge what the cache lacks.
    """

    data: Path
    cache: Path
    workers: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Cameras with what the screen says of their frames."""

    sources: Sources
    cameras: Sequence[MadeCamera]
    frames: Mapping[str, Sequence[ScreenedFrame]]

    @property
    def hazards(self) -> list[Happening]:
        """Of all cameras."""
        return [one for camera in self.cameras for one in known_hazards(camera)]

    @property
    def days(self) -> float:
        """Camera-days."""
        return sum(one.seconds for one in self.cameras) / 86400


def make_hours(store: Store, number: int, seconds: int) -> Scene:
    """So many cameras that show a hazard for ``HAZARD_SHARE`` of the time."""
    sources = load_sources(store.data, "apart")
    cameras = make_cameras(sources, number, seconds, _SEED, HAZARD_SHARE)
    return Scene(sources, cameras, screened(cameras, store.cache, store.workers))


def make_hazards(store: Store, number: int, part: Part) -> Scene:
    """So many cameras of three minutes, each with one hazard."""
    sources = load_sources(store.data, part)
    cameras = make_cameras(sources, number, _HAZARD_S, _SEEDS_OF_HAZARDS[part], 1 / 3)
    return Scene(sources, cameras, screened(cameras, store.cache, store.workers))


SuspectsPlayed: TypeAlias = tuple[Played, SuspectsOnly]


def site_of(scene: Scene, rates: ErrorRates, servers: int | None) -> Site:
    """The scene's cameras before so many servers; None where answers are there at once."""
    return Site(scene.cameras, burning_kinds(scene.sources), rates, servers, _SEED)


def play_every(scene: Scene, rates: ErrorRates, servers: int | None) -> Played:
    """Every frame to the model."""
    site = site_of(scene, rates, servers)
    return play(site, EveryFrame(site), scene.frames)


def play_suspects(
    scene: Scene, rates: ErrorRates, screening: Screening, servers: int | None = 1
) -> SuspectsPlayed:
    """Suspects only, before one server as by default."""
    site = site_of(scene, rates, servers)
    road = SuspectsOnly(site, screening)
    return play(site, road, scene.frames), road


def play_embedded(scene: Scene) -> Played:
    """The embedded detector alone."""
    site = site_of(scene, ErrorRates(), None)
    road: Road = EmbeddedOnly(site)
    return play(site, road, scene.frames)


def found(scene: Scene, played: Played) -> set[Happening]:
    """The known hazards that people were told of."""
    return {one for one in scene.hazards if one in played.alarms.delays_s}


def kept_share(scene: Scene, played: Played, every: Played) -> float:
    """Of the hazards that every frame to the model finds, the share that is found here too."""
    of_every = found(scene, every)
    return len(found(scene, played) & of_every) / len(of_every) if of_every else 1.0


def play_phases(scene: Scene, rates: ErrorRates, screening: Screening) -> list[SuspectsPlayed]:
    """Suspects only with answers that are there at once, full looks falling at other moments."""
    return [
        play_suspects(scene, rates, replace(screening, phase=phase), None)
        for phase in range(PHASES)
    ]


def fewer(played: Played, every: Played) -> tuple[float, float]:
    """How many times fewer GPU-seconds: busy, and at full batches."""
    if not played.full_batch_gpu_s:
        return float("inf"), float("inf")
    return (
        every.busy_gpu_s / played.busy_gpu_s,
        every.full_batch_gpu_s / played.full_batch_gpu_s,
    )


def suspected(scene: Scene, share: float) -> float:
    """The share of the hazards that the screen suspects in two frames at least."""
    seen: Counter[Happening] = Counter()
    for camera in scene.cameras:
        for frame in scene.frames[camera.id]:
            dangers = [one for one in frame.found[share] if one.hazard.is_danger]
            meant = {_hazard_of(camera, one, frame.at_s) for one in dangers}
            seen.update(one for one in meant if one is not None)
    every = scene.hazards
    return sum(seen[one] >= _TWICE for one in every) / len(every)


def _hazard_of(camera: MadeCamera, one: Detection, at_s: float) -> Happening | None:
    family = "helmets" if one.hazard.label is Label.PERSON else "burning"
    x1, y1, x2, y2 = one.box.xyxy
    width, height = CAMERA_SIZE.width, CAMERA_SIZE.height
    return hazard_meant(camera, family, Box(x1 / width, y1 / height, x2 / width, y2 / height), at_s)
