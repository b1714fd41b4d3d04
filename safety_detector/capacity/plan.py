"""What a site's cameras take of its machines: pictures, processors, model servers, disk, network.

Pure.  Each figure carries the arithmetic that made it, so that whoever doubts one sees which of the
assumptions it is.  What was measured says where.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from safety_detector.capacity.gpu_timing import MAX_RUNNING, Timing
from safety_detector.capacity.gpu_work import (
    RequestTokens,
    busy_share,
    full_batch_s,
    mean_tokens,
)
from safety_detector.capacity.requests import crop_request, full_request
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language

BYTES_A_PIXEL = 0.19
"""Of a JPEG as cameras make it: the median of 800 labelled pictures; a tenth of them is below 0.11,
a tenth above 0.28."""

ANNOTATED_RATIO = 1.3
"""Of an annotated picture's bytes to the original's: 1.2 in the mean of 160 of those pictures, 1.4
where a camera writes at quality 80; at most 1.5 (``annotation.draw``)."""

ROW_BYTES = 3000
"""Of an inspection in the database, with its indexes."""

SENT_WHOLE_RATIO = 1.4
"""Of the bytes a pixel that are sent to a model server (``qwen.detector.JPEG_QUALITY``) to those of
the picture's file: 1.3 in the mean of 120 of those pictures, 1.5 where a camera writes at quality
80."""

SENT_CROP_BYTES_A_PIXEL = 0.2
"""Of what is cut out around a place, enlarged and sent, however the camera wrote it: 0.19 in the
mean of those pictures, 0.23 of flames."""

SCREEN_CPU_S = 0.06
"""Of one core, for one look of the embedded detector with decoding: 0.045 to 0.062 on a server's
core of 2023."""

FULL_HD = ImageSize(1920, 1080)

_BASE64 = 4 / 3
_REQUEST_TEXT_BYTES = 3000  # the instruction, the schema and the rest of a request

MOST_BUSY = 0.8
"""Of what servers and cores can do, that a plan counts on: the rest is for what comes at once."""


class Road(StrEnum):
    """Which pictures of cameras a language model is shown; the values of SAFETY_SECOND_LOOK."""

    OFF = "off"
    """Every frame, whole."""
    SUSPECTS = "suspects"
    """Places that the embedded detector suspects, and one frame in so many whole."""
    ALL = "all"
    """Every frame, whole, and places that the embedded detector suspects."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What comes from the cameras.

    Attributes:
        cameras: how many.
        every_s: seconds between two frames of one.
        hours_a_day: for which they are watched.
        unchanged: share of the frames that show nothing new, and are not looked at.
        road: what is shown to the model.
        suspects: share of the frames looked at in which a place is suspected.
        asked: questions about one such frame, in the mean: fewer than one where a suspicion lasts
            and an earlier answer stands, more where there are several places.
        full_every: of each camera one frame in so many is shown whole; 0: none.
        uploads_a_day: pictures that people send, which are all shown whole.
        boxes: things found in a picture that is shown whole, in the mean.
        size: of a picture.
        picture_bytes: of a picture's file; None: by its size.
        kept_days: for which pictures are kept; None: for good.
    """

    cameras: int
    every_s: float
    hours_a_day: float = 24.0
    unchanged: float = 0.0
    road: Road = Road.SUSPECTS
    suspects: float = 0.03
    asked: float = 1.0
    full_every: int = 32
    uploads_a_day: float = 0.0
    boxes: float = 1.0
    size: ImageSize = FULL_HD
    picture_bytes: float | None = None
    kept_days: float | None = None

    @property
    def bytes_a_picture(self) -> float:
        """As said, else by the size."""
        return self.picture_bytes or self.size.pixels * BYTES_A_PIXEL


@dataclass(frozen=True, slots=True)
class Machines:
    """What there is to do it with.

    Attributes:
        servers: model servers.
        cores: that look at pictures.
        screen_cpu_s: seconds of one core for one look of the embedded detector.
        screen_looks: looks at one frame: one at the whole, and one at each part of a large one.
        timing: of a model server.
        dialect: the model's.
        language: of the instructions.
        max_pixels: largest picture that is sent.
        disk_bytes: room for pictures; None where nothing is said of it.
    """

    servers: int
    cores: int
    dialect: Dialect
    language: Language
    max_pixels: int
    screen_cpu_s: float = SCREEN_CPU_S
    screen_looks: int = 1
    timing: Timing = field(default_factory=Timing)
    disk_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a plan.

    Attributes:
        value: in its unit.
        unit: ``/s``, ``s``, ``cores``, ``GPU-s/s``, ``bytes/day``, ``bytes``, ``bit/s``, ``share``.
        arithmetic: how it came about, in numbers and signs.
    """

    value: float
    unit: str
    arithmetic: str


class Short(StrEnum):
    """What does not suffice."""

    SERVERS = "servers"
    CORES = "cores"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Shortage:
    """What does not suffice, and what would.

    Attributes:
        kind: what.
        needed: so many servers, cores, or bytes.
        every_s: seconds between two frames with which it would suffice; None where none would.
    """

    kind: Short
    needed: float
    every_s: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What it comes to.

    Attributes:
        figures: by name, in the order in which they rest on each other.
        shortages: what does not suffice; empty: it fits.
        most_cameras: how many such cameras the machines carry.
        bound_by: what more cameras would lack first; None where nothing bounds them.
    """

    figures: Mapping[str, Figure]
    shortages: tuple[Shortage, ...]
    most_cameras: int
    bound_by: Short | None

    def __getitem__(self, name: str) -> float:
        return self.figures[name].value


def make_plan(load: Workload, machines: Machines) -> Plan:
    """What the workload takes of the machines.

    Means over a day's watched hours; what comes at once waits its turn within the fifth that
    ``MOST_BUSY`` leaves.
    """
    figures: dict[str, Figure] = {}
    _frames(figures, load, machines)
    _model(figures, load, machines)
    _storage(figures, load)
    _network(figures, load, machines)
    most, bound_by = _most(figures, load, machines)
    return Plan(figures, tuple(_shortages(figures, load, machines)), most, bound_by)


def _frames(figures: dict[str, Figure], load: Workload, machines: Machines) -> None:
    frames = load.cameras / load.every_s
    figures["frames"] = Figure(frames, "/s", f"{load.cameras} ÷ {load.every_s:g} s")
    looked = frames * (1 - load.unchanged)
    figures["looked_at"] = Figure(looked, "/s", f"{_n(frames)} × (1 − {load.unchanged:g})")
    screened = 0.0 if load.road is Road.OFF else looked
    figures["screen"] = Figure(
        screened * machines.screen_looks * machines.screen_cpu_s,
        "cores",
        f"{_n(screened)} /s × {machines.screen_looks} × {machines.screen_cpu_s:.3g} s",
    )
    asked = screened * load.suspects * load.asked
    figures["questions"] = Figure(
        asked, "/s", f"{_n(screened)} /s × {load.suspects:g} × {load.asked:g}"
    )
    if load.road is Road.SUSPECTS:
        whole = looked / load.full_every if load.full_every else 0.0
        shown = f"{_n(looked)} /s ÷ {load.full_every}" if load.full_every else "0"
    else:
        whole, shown = looked, f"{_n(looked)} /s"
    figures["whole_frames"] = Figure(whole, "/s", shown)
    uploads = load.uploads_a_day / (load.hours_a_day * 3600)
    figures["uploads"] = Figure(
        uploads, "/s", f"{load.uploads_a_day:g} ÷ ({load.hours_a_day:g} × 3600 s)"
    )


def _model(figures: dict[str, Figure], load: Workload, machines: Machines) -> None:
    timing = machines.timing
    crop = crop_request(load.size, machines.language, machines.dialect)
    full = full_request(
        load.size, load.boxes, machines.language, machines.dialect, machines.max_pixels
    )
    crop_s, full_s = full_batch_s(crop, timing), full_batch_s(full, timing)
    figures["question_s"] = Figure(crop_s, "s", _sum_of(crop, timing))
    figures["whole_s"] = Figure(full_s, "s", _sum_of(full, timing))
    asked = figures["questions"].value
    whole = figures["whole_frames"].value + figures["uploads"].value
    figures["requests"] = Figure(asked + whole, "/s", f"{_n(asked)} + {_n(whole)}")
    work = asked * crop_s + whole * full_s
    figures["gpu"] = Figure(
        work * timing.cards,
        "GPU-s/s",
        f"({_n(asked)} × {_n(crop_s)} s + {_n(whole)} × {_n(full_s)} s) × {timing.cards}",
    )
    figures["servers_used"] = Figure(
        work / machines.servers if machines.servers else 0.0,
        "share",
        f"{_n(work)} ÷ {machines.servers}" if machines.servers else "0",
    )
    busy = 0.0
    if asked + whole > 0 and machines.servers:
        tokens = mean_tokens([(asked, crop), (whole, full)])
        busy = busy_share((asked + whole) / machines.servers, tokens, timing)
    figures["gpu_busy"] = Figure(
        busy * machines.servers * timing.cards,
        "GPU-s/s",
        f"{busy:.3g} × {machines.servers} × {timing.cards}",
    )
    every = figures["looked_at"].value + figures["uploads"].value
    figures["gpu_every_frame"] = Figure(
        every * full_s * timing.cards,
        "GPU-s/s",
        f"{_n(every)} /s × {_n(full_s)} s × {timing.cards}",
    )


def _storage(figures: dict[str, Figure], load: Workload) -> None:
    watched_s = load.hours_a_day * 3600
    a_picture = load.bytes_a_picture * (1 + ANNOTATED_RATIO) + ROW_BYTES
    looked = figures["looked_at"].value
    stored = looked * watched_s + load.uploads_a_day
    figures["pictures_a_day"] = Figure(
        stored,
        "/day",
        f"{_n(looked)} /s × {load.hours_a_day:g} × 3600 s + {load.uploads_a_day:g}",
    )
    a_day = stored * a_picture
    figures["disk_a_day"] = Figure(
        a_day,
        "bytes/day",
        f"{_n(stored)} × ({_n(load.bytes_a_picture)} × (1 + {ANNOTATED_RATIO}) + {ROW_BYTES})",
    )
    if load.kept_days is not None:
        figures["disk"] = Figure(
            a_day * load.kept_days, "bytes", f"{_n(a_day)} × {load.kept_days:g} d"
        )


def _network(figures: dict[str, Figure], load: Workload, machines: Machines) -> None:
    every = figures["frames"].value + figures["uploads"].value
    figures["network_in"] = Figure(
        every * load.bytes_a_picture * 8,
        "bit/s",
        f"{_n(every)} /s × {_n(load.bytes_a_picture)} × 8",
    )
    crop = crop_request(load.size, machines.language, machines.dialect)
    full = full_request(
        load.size, load.boxes, machines.language, machines.dialect, machines.max_pixels
    )
    token_px = machines.dialect.factor**2
    requests = figures["requests"].value
    asked = figures["questions"].value * crop.visual * token_px * SENT_CROP_BYTES_A_PIXEL
    whole = (figures["whole_frames"].value + figures["uploads"].value) * full.visual * token_px
    whole *= SENT_WHOLE_RATIO * load.bytes_a_picture / load.size.pixels
    figures["network_model"] = Figure(
        ((asked + whole) * _BASE64 + requests * _REQUEST_TEXT_BYTES) * 8,
        "bit/s",
        f"(({_n(asked)} + {_n(whole)}) × 4 ÷ 3 + {_n(requests)} × {_REQUEST_TEXT_BYTES}) × 8",
    )


def _shortages(
    figures: Mapping[str, Figure], load: Workload, machines: Machines
) -> Sequence[Shortage]:
    found = []
    work = figures["gpu"].value / machines.timing.cards
    if work > machines.servers * MOST_BUSY:
        uploads = figures["uploads"].value * figures["whole_s"].value
        left = machines.servers * MOST_BUSY - uploads
        slower = load.every_s * (work - uploads) / left if left > 0 else None
        found.append(Shortage(Short.SERVERS, math.ceil(work / MOST_BUSY), slower))
    screen = figures["screen"].value
    if screen > machines.cores * MOST_BUSY:
        slower = load.every_s * screen / (machines.cores * MOST_BUSY)
        found.append(Shortage(Short.CORES, math.ceil(screen / MOST_BUSY), slower))
    disk = figures.get("disk")
    if disk is not None and machines.disk_bytes is not None and disk.value > machines.disk_bytes:
        of_uploads = _disk_of_uploads(figures, load)
        left = machines.disk_bytes - of_uploads
        slower = load.every_s * (disk.value - of_uploads) / left if left > 0 else None
        found.append(Shortage(Short.DISK, disk.value, slower))
    return found


def _most(
    figures: Mapping[str, Figure], load: Workload, machines: Machines
) -> tuple[int, Short | None]:
    """Cameras that the machines carry, uploads as they are, and what bounds them."""
    uploads = figures["uploads"].value * figures["whole_s"].value
    work = figures["gpu"].value / machines.timing.cards - uploads
    shares: dict[Short, float] = {}
    if work:
        shares[Short.SERVERS] = (machines.servers * MOST_BUSY - uploads) / work
    if figures["screen"].value:
        shares[Short.CORES] = machines.cores * MOST_BUSY / figures["screen"].value
    disk = figures.get("disk")
    if disk is not None and machines.disk_bytes is not None:
        of_uploads = _disk_of_uploads(figures, load)
        if disk.value > of_uploads:
            shares[Short.DISK] = (machines.disk_bytes - of_uploads) / (disk.value - of_uploads)
    if not shares:
        return load.cameras, None
    bound_by = min(shares, key=lambda one: shares[one])
    return max(math.floor(load.cameras * shares[bound_by] + 1e-9), 0), bound_by


def _disk_of_uploads(figures: Mapping[str, Figure], load: Workload) -> float:
    """Bytes of the uploads among those that are kept."""
    return figures["disk"].value * load.uploads_a_day / figures["pictures_a_day"].value


def _sum_of(tokens: RequestTokens, timing: Timing) -> str:
    """Where a request's seconds come from, as ``gpu_work.requests_a_second`` reckons them."""
    step = timing.step_s(MAX_RUNNING, 0, 0)
    return (
        f"{_n(tokens.visual)} × {timing.visual_token_s * 1000:g} ms + {_n(tokens.text)} × "
        f"{timing.text_token_s * 1000:g} ms + {_n(max(tokens.output - 1, 0))} × "
        f"{step * 1000:.1f} ms ÷ {MAX_RUNNING}"
    )


def _n(value: float) -> str:
    """A number for people: three figures, or whole."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
