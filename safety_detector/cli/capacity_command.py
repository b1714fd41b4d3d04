"""``capacity``: its options and their help."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from safety_detector.domain.geometry import ImageSize

app = typer.Typer()

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT])i?B?", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,5})[x×](\d{1,5})", re.ASCII)
_NAMED_SIZES = {
    "480p": (640, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}
_MOST_SIDE = 20_000


class RoadChoice(StrEnum):
    """Values of ``--second-look``."""

    OFF = "off"
    SUSPECTS = "suspects"
    ALL = "all"


def read_seconds(text: str | float) -> float:
    """A duration as people write it, in seconds: ``2s``, ``500ms``, ``1m``, ``2``.

    Raises:
        typer.BadParameter: it is none, or nothing.
    """
    found = _DURATION.fullmatch(str(text).strip())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0.01 <= seconds <= 86_400:
        raise typer.BadParameter(
            f"{str(text)[:64]!r}: write it like 2s, 500ms or 1m; at most a day."
        )
    return seconds


def read_bytes(text: str | float) -> float:
    """A number of bytes as people write it: ``400kB``, ``2TB``.

    Raises:
        typer.BadParameter: it is none, or nothing.
    """
    found = _BYTES.fullmatch(str(text).strip())
    size = float(found[1]) * 1000.0 ** " KMGT".index(found[2].upper()) if found else 0.0
    if not 0 < size < 1e18:
        raise typer.BadParameter(f"{str(text)[:64]!r}: write it like 400kB, 500GB or 2TB.")
    return size


def read_size(text: str | ImageSize) -> ImageSize:
    """A picture's size: ``1920x1080``, or a name like ``1080p``.

    Raises:
        typer.BadParameter: it is none.
    """
    if isinstance(text, ImageSize):  # Typer asks again about what it has already
        return text
    if text.lower() in _NAMED_SIZES:
        return ImageSize(*_NAMED_SIZES[text.lower()])
    found = _SIZE.fullmatch(text.strip())
    if found is None or not all(28 <= int(side) <= _MOST_SIDE for side in found.groups()):
        names = ", ".join(_NAMED_SIZES)
        raise typer.BadParameter(
            f"{text[:64]!r}: write it like 1920x1080, sides from 28 to {_MOST_SIDE}, or {names}."
        )
    return ImageSize(int(found[1]), int(found[2]))


@app.command()
def capacity(
    cameras: Annotated[int, typer.Option(min=1, max=100_000, help="How many cameras.")],
    every: Annotated[
        float,
        typer.Option(
            help="Time between two frames of a camera, for example 2s, 500ms or 1m.",
            parser=read_seconds,
            metavar="TIME",
        ),
    ] = 2.0,
    suspects: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Share of the frames in which the embedded detector suspects a hazard: 0.03 where "
            "little happens.",
        ),
    ] = 0.03,
    second_look: Annotated[
        RoadChoice | None,
        typer.Option(
            help="off: every frame is shown whole to the language model. suspects: only places "
            "that the embedded detector suspects, and one frame in so many whole. all: both. "
            "Default: SAFETY_SECOND_LOOK, else suspects."
        ),
    ] = None,
    full_every: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Of each camera one frame in so many is shown whole; 0: none. Default: "
            "SAFETY_SECOND_LOOK_FULL_EVERY.",
        ),
    ] = None,
    asked: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=10.0,
            help="Questions about a frame with a suspicion, in the mean: below 1 where suspicions "
            "last, since an answer stands for a while; above 1 where several places are suspected.",
        ),
    ] = 1.0,
    unchanged: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Share of the frames that show nothing new: they are neither looked at nor kept.",
        ),
    ] = 0.0,
    hours: Annotated[
        float, typer.Option(min=0.1, max=24.0, help="Hours a day for which cameras are watched.")
    ] = 24.0,
    uploads: Annotated[
        float, typer.Option(min=0.0, max=1e9, help="Pictures a day that people send.")
    ] = 0.0,
    boxes: Annotated[
        float,
        typer.Option(min=0.0, max=10.0, help="Things found in a picture shown whole, in the mean."),
    ] = 1.0,
    resolution: Annotated[
        ImageSize | None,
        typer.Option(
            help="Of a frame: 1920x1080, or 480p, 720p, 1080p, 4k. Default: 1080p.",
            parser=read_size,
            metavar="SIZE",
        ),
    ] = None,
    picture_size: Annotated[
        float | None,
        typer.Option(
            help="Of a frame's file, for example 400kB. Default: 0.19 bytes a pixel.",
            parser=read_bytes,
            metavar="BYTES",
        ),
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Days for which pictures are kept. Default: SAFETY_KEEP_DAYS, else for good.",
        ),
    ] = None,
    servers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=10_000,
            help="Model servers of 4 T4 each. Default: as many as SAFETY_QWEN_URLS names, else 1.",
        ),
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processor cores for the embedded detector. Default: this machine's."
        ),
    ] = None,
    disk: Annotated[
        float | None,
        typer.Option(
            help="Room for pictures, for example 4TB. Default: nothing is said of it.",
            parser=read_bytes,
            metavar="BYTES",
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure", help="Time the embedded detector on this machine, which takes seconds."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout even if stdout is a terminal.")
    ] = False,
) -> None:
    """Reckon what cameras take: pictures, cores, model servers, disk, network; with the arithmetic.

    Nothing is installed, asked or changed. Every figure comes with the numbers that made it.

    Example: safety-detector capacity --cameras 60 --every 2s --suspects 0.03 --disk 8TB
    """
    from safety_detector.cli.capacity import CapacityOptions, run_capacity

    options = CapacityOptions(
        load={
            "cameras": cameras,
            "every_s": every,
            "suspects": suspects,
            "road": second_look.value if second_look else None,
            "full_every": full_every,
            "asked": asked,
            "unchanged": unchanged,
            "hours_a_day": hours,
            "uploads_a_day": uploads,
            "boxes": boxes,
            "size": resolution,
            "picture_bytes": picture_size,
            "kept_days": keep_days,
        },
        servers=servers,
        cores=cores,
        disk_bytes=disk,
        measure=measure,
        as_json=json,
    )
    raise typer.Exit(run_capacity(options))
