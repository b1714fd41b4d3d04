"""The promises of a plan, by its own arithmetic and by simulation of the servers."""

from __future__ import annotations

import ast
import operator
import re
from dataclasses import replace

import pytest

from safety_detector.capacity.plan import MOST_BUSY, Machines, Road, Short, Workload, make_plan
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.geometry import ImageSize

SITE = Workload(cameras=60, every_s=2.0, kept_days=30)
MACHINES = Machines(
    servers=1, cores=4, dialect=dialect_named("qwen2.5-vl"), language="zh", max_pixels=1280 * 28**2
)

LOADS = {
    "suspects": SITE,
    "off": replace(SITE, road=Road.OFF),
    "all": replace(SITE, road=Road.ALL),
    "uploads": replace(SITE, uploads_a_day=5000, hours_a_day=10),
    "quiet": replace(SITE, unchanged=0.9, suspects=0.001, full_every=0),
    "one camera": replace(SITE, cameras=1, every_s=0.5),
    "small": replace(SITE, size=ImageSize(640, 480), picture_bytes=60_000),
}


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_arithmetic_that_is_shown_gives_the_figure(load: Workload) -> None:
    """Whoever types the numbers into a calculator gets what stands before them."""
    for name, figure in make_plan(load, MACHINES).figures.items():
        assert _value_of(figure.arithmetic) == pytest.approx(figure.value, rel=0.02), name


def test_a_second_look_takes_twenty_times_less_of_the_servers() -> None:
    """What the road is for: three suspects in a hundred frames, one whole frame in sixty."""
    second_look, every_frame = (make_plan(LOADS[one], MACHINES) for one in ("suspects", "off"))
    assert second_look["gpu"] * 20 < every_frame["gpu"]
    assert second_look["gpu_every_frame"] == pytest.approx(every_frame["gpu"])


@pytest.mark.parametrize(
    ("change", "machines", "kinds"),
    [
        ({}, {}, set()),
        ({"road": Road.OFF}, {}, {Short.SERVERS}),
        ({"every_s": 0.5}, {"cores": 1}, {Short.SERVERS, Short.CORES}),
        ({}, {"disk_bytes": 1e12}, {Short.DISK}),
        ({"kept_days": None}, {"disk_bytes": 1e12}, set()),
        ({}, {"servers": 0}, {Short.SERVERS}),
    ],
)
def test_what_does_not_suffice_is_named(
    change: dict[str, float], machines: dict[str, float], kinds: set[Short]
) -> None:
    """Servers, cores and disk, each only where it is short."""
    plan = make_plan(replace(SITE, **change), replace(MACHINES, **machines))
    assert {one.kind for one in plan.shortages} == kinds


@pytest.mark.parametrize("name", ["off", "suspects", "uploads", "one camera"])
def test_what_is_said_to_suffice_suffices(name: str) -> None:
    """With the servers, or at the slower pace, that a plan asks for there is no shortage left."""
    load, machines = LOADS[name], replace(MACHINES, cores=1, disk_bytes=5e12)
    before = make_plan(load, machines)
    assert before.shortages or name == "one camera"
    slowest = max((one.every_s or 0.0 for one in before.shortages), default=load.every_s)
    slower = replace(load, every_s=slowest * 1.000001)
    assert not make_plan(slower, machines).shortages
    needed = {one.kind: int(one.needed) + 1 for one in before.shortages}
    more = replace(
        machines,
        servers=needed.get(Short.SERVERS, machines.servers),
        cores=needed.get(Short.CORES, machines.cores),
        disk_bytes=float(needed.get(Short.DISK, 5 * 10**12)),
    )
    assert not make_plan(load, more).shortages


@pytest.mark.parametrize("name", ["off", "suspects", "uploads"])
def test_so_many_cameras_are_carried_and_no_more(name: str) -> None:
    """The number of cameras that is named fits; one more does not."""
    load, machines = LOADS[name], replace(MACHINES, servers=3, disk_bytes=9e12)
    most = make_plan(load, machines).most_cameras
    assert most > 0
    assert not make_plan(replace(load, cameras=most), machines).shortages
    assert make_plan(replace(load, cameras=most + 1), machines).shortages


def test_every_part_of_a_workload_counts() -> None:
    """No option is taken and then forgotten."""
    plain = make_plan(SITE, MACHINES)

    def changed(**change: float) -> dict[str, float]:
        plan = make_plan(replace(SITE, **change), MACHINES)  # type: ignore[arg-type]
        return {
            name: round(figure.value / plain[name], 3) if plain[name] else figure.value
            for name, figure in plan.figures.items()
            if figure.value != pytest.approx(plain[name])
        }

    assert changed(cameras=120)["gpu"] == 2
    assert changed(every_s=1.0)["screen"] == 2
    assert changed(suspects=0.06)["questions"] == 2
    assert changed(asked=0.5)["questions"] == 0.5
    assert changed(full_every=2 * SITE.full_every)["whole_frames"] == 0.5
    assert changed(unchanged=0.5)["disk"] == 0.5
    assert changed(hours_a_day=12.0)["disk_a_day"] == 0.5
    assert changed(uploads_a_day=86_400.0)["uploads"] == 1.0
    assert changed(boxes=5.0)["whole_s"] > 1.5
    assert changed(picture_bytes=393_984 * 2)["network_in"] == 2
    assert changed(kept_days=60.0) == {"disk": 2}


def test_nothing_is_planned_to_the_last_second() -> None:
    """A fifth of what servers can do is left for what comes at once."""
    busy = make_plan(replace(SITE, cameras=40, road=Road.OFF, every_s=30.0), MACHINES)
    assert busy["servers_used"] < MOST_BUSY
    most = make_plan(replace(SITE, road=Road.OFF, every_s=30.0), MACHINES).most_cameras
    full = make_plan(replace(SITE, cameras=most, road=Road.OFF, every_s=30.0), MACHINES)
    assert MOST_BUSY - 0.05 < full["servers_used"] <= MOST_BUSY


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value_of(shown: str) -> float:
    """What the arithmetic of a figure comes to, its units left out."""
    shown = re.sub(r"(?<=\d) ms\b", " * 0.001", shown)
    plain = re.sub(r" ?/s| s\b| d\b|(?<=\d),(?=\d)", "", shown)
    plain = plain.replace("×", "*").replace("÷", "/").replace("−", "-")
    return _evaluated(ast.parse(plain, mode="eval").body)


def _evaluated(node: ast.expr) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    assert isinstance(node, ast.BinOp), ast.dump(node)
    apply = _OPERATORS[type(node.op)]
    return float(apply(_evaluated(node.left), _evaluated(node.right)))
