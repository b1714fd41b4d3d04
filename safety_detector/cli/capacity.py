"""``safety-detector capacity``: what cameras take of the machines, before anything is bought."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.capacity.plan import (
    MOST_BUSY,
    SCREEN_CPU_S,
    Figure,
    Machines,
    Plan,
    Road,
    Short,
    Workload,
    make_plan,
)
from safety_detector.cli import capacity_words as words
from safety_detector.cli.console import print_json_line, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.detectors.embedded.tiles import plan_tiles
from safety_detector.detectors.tiling import parse_tiling
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.pictures.images import decode, encode_jpeg, read_header
from safety_detector.settings import Settings
from safety_detector.wiring import build_embedded_detector, qwen_dialect

USUAL_INPUT_SIZE = 512
"""Pixels of a side that the bundled weights look at."""

_MEASURED_LOOKS = 10


@dataclass(frozen=True, slots=True)
class CapacityOptions:
    """The options of ``capacity``.

    Attributes:
        load: what comes from the cameras, by the names of ``Workload``; None means the usual.
        servers: None means as many as the settings name, else one.
        cores: None means those of this machine.
        disk_bytes: None means that nothing is said of room.
        measure: whether the embedded detector is timed on this machine.
        as_json: see ``--json``.
    """

    load: Mapping[str, Any]
    servers: int | None
    cores: int | None
    disk_bytes: float | None
    measure: bool
    as_json: bool


def run_capacity(options: CapacityOptions) -> int:
    """Prints the plan; returns the exit code.

    Raises:
        ConfigurationInvalid: a setting that the plan goes by is none.
        WeightsInvalid: the embedded detector was to be timed, and cannot be loaded.
    """
    settings = settings_with_warnings()
    said = {name: value for name, value in options.load.items() if value is not None}
    usual = {
        "kept_days": settings.keep_days,
        "full_every": settings.second_look_full_every,
        "road": Road.SUSPECTS if settings.second_look == "off" else settings.second_look,
    }
    load = Workload(**{**usual, **said})
    load = replace(load, road=Road(load.road))
    machines = Machines(
        servers=options.servers if options.servers is not None else len(settings.qwen_urls) or 1,
        cores=options.cores or _cores(),
        dialect=qwen_dialect(settings),
        language=settings.qwen_prompt_language,
        max_pixels=settings.qwen_max_pixels,
        screen_cpu_s=_measured_screen_s(settings, load.size) if options.measure else SCREEN_CPU_S,
        screen_looks=1 if options.measure else _looks_at(load.size, settings),
        disk_bytes=options.disk_bytes,
    )
    plan = make_plan(load, machines)
    if options.as_json or not stdout_is_terminal():
        print_json_line(_document(plan, load, machines))
    else:
        print_plan(plan, load, machines, settings.language)
    return DONE


def print_plan(plan: Plan, load: Workload, machines: Machines, language: Language) -> None:
    """The plan for people: each figure with its arithmetic, then what does not suffice."""
    console = Console(highlight=False)
    console.print(
        words.HEADING.say(
            language,
            cameras=load.cameras,
            every=f"{load.every_s:g}",
            hours=f"{load.hours_a_day:g}",
            road=words.ROADS[load.road].say(language),
        ),
        style="bold",
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for name, figure in plan.figures.items():
        table.add_row(words.FIGURES[name].say(language), _shown(figure), Text(figure.arithmetic))
    console.print(table)
    for line in _conclusions(plan, load, machines, language):
        console.print(line)
    console.print(words.ASSUMED.say(language), style="dim")


def _conclusions(plan: Plan, load: Workload, machines: Machines, language: Language) -> list[str]:
    lines = []
    if load.road is not Road.OFF and plan["gpu"]:
        times = plan["gpu_every_frame"] / plan["gpu"]
        lines.append(words.FEWER.say(language, times=f"{times:.1f}"))
    for short in plan.shortages:
        facts = {
            Short.SERVERS: (f"{short.needed:.0f}", str(machines.servers)),
            Short.CORES: (f"{short.needed:.0f}", str(machines.cores)),
            Short.DISK: (_bytes(short.needed), _bytes(machines.disk_bytes or 0.0)),
        }[short.kind]
        lines.append(words.SHORT[short.kind].say(language, needed=facts[0], there=facts[1]))
        if short.every_s is not None:
            lines.append(words.SLOWER.say(language, every=f"{short.every_s:.1f}"))
    if not plan.shortages:
        lines.append(words.FITS.say(language, share=f"{MOST_BUSY:.0%}"))
    lines.append(words.MOST_CAMERAS.say(language, cameras=plan.most_cameras))
    if plan.bound_by is not None:
        lines.append(words.BOUND_BY[plan.bound_by].say(language))
    return lines


def _document(plan: Plan, load: Workload, machines: Machines) -> dict[str, Any]:
    """The plan for programs."""
    return {
        "workload": {**asdict(load), "size": [load.size.width, load.size.height]},
        "machines": {
            "servers": machines.servers,
            "cards_a_server": machines.timing.cards,
            "cores": machines.cores,
            "screen_cpu_s": machines.screen_cpu_s,
            "screen_looks": machines.screen_looks,
            "disk_bytes": machines.disk_bytes,
        },
        "figures": {name: asdict(figure) for name, figure in plan.figures.items()},
        "fits": not plan.shortages,
        "shortages": [asdict(one) for one in plan.shortages],
        "most_cameras": plan.most_cameras,
        "bound_by": plan.bound_by,
    }


def _shown(figure: Figure) -> str:
    value = figure.value
    match figure.unit:
        case "bytes" | "bytes/day":
            return _bytes(value) + figure.unit.removeprefix("bytes")
        case "bit/s":
            return f"{value / 1e6:,.1f} Mbit/s"
        case "share":
            return f"{value:.0%}"
        case "/day":
            return f"{value:,.0f} /day"
        case "s":
            return f"{value:.3f} s"
        case unit:
            return f"{value:.2f} {unit}"


def _bytes(value: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value / 1e3:.0f} kB"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _looks_at(size: ImageSize, settings: Settings) -> int:
    """How often the embedded detector looks at one picture of that size."""
    tiling = parse_tiling(settings.embedded_tiling)
    return 1 + len(plan_tiles(size, USUAL_INPUT_SIZE, tiling))


def _measured_screen_s(settings: Settings, size: ImageSize) -> float:
    """Seconds of one core that a look takes here, with decoding, of a picture of noise."""
    rgb = np.random.default_rng(1).integers(0, 255, (size.height, size.width, 3), np.uint8)
    data = encode_jpeg(rgb, 80)
    one_thread = settings.model_copy(update={"embedded_threads": 1})
    with closing(build_embedded_detector(one_thread)) as detector:
        detector.detect(decode(data, read_header(data)))  # the first is slower
        started = time.process_time()
        for _ in range(_MEASURED_LOOKS):
            detector.detect(decode(data, read_header(data)))
        return (time.process_time() - started) / _MEASURED_LOOKS
