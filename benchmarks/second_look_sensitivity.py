"""What the saving of the second look depends on, and the share of hazards that it finds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, median
from typing import Final

from benchmarks.screened_hours import SCREEN_SHARES
from benchmarks.second_look_roads import Played
from benchmarks.second_look_scenes import (
    HAZARD_SHARE,
    Scene,
    found,
    kept_share,
    play_every,
    play_phases,
    suspected,
)
from benchmarks.suspects_road import Screening, SuspectsOnly
from benchmarks.truthful_model import ErrorRates
from safety_detector.detectors.second_look.planning import Policy


@dataclass(frozen=True, slots=True)
class Costs:
    """GPU-seconds of one request at full batches."""

    whole: float
    question: float


USUAL_COSTS: Final = Costs(1.44, 0.50)
"""Of a Full HD frame and of a question about a place in it, as the table of roads has them."""


def show_choice(hazards: Scene, rates: ErrorRates) -> None:
    """Prints what each choice of thresholds, full looks and memory comes to."""
    every = play_every(hazards, rates, None)
    print("| screen | whole | stands | suspicious frames without a hazard "
          "| questions a frame there | fewer | of what every frame finds "
          "| told after, median | false alarms |\n" + "|---" * 9 + "|")  # fmt: skip
    choices = itertools.product((1.0, 0.8, 0.6), (15, 32, 60), (10.0, 20.0))
    for share, full_every, stands_s in choices:
        screening = Screening(share, Policy(full_every=full_every, stands_s=stands_s))
        cells = _screening_cells(hazards, rates, screening, USUAL_COSTS, every)
        print(f"| {share} | 1 in {full_every} | {stands_s:.0f} s | {cells} |", flush=True)


def show_sensitivity(hazards: Scene, rates: ErrorRates, costs: Costs) -> None:
    """Prints how it depends on the screen, on the full looks, on memory, and on the model."""
    every = play_every(hazards, rates, None)
    usual = Screening()
    tables = {
        "screen suspects from … of its thresholds; so of the hazards …": [
            (f"{share:g}; {suspected(hazards, share):.3f}", replace(usual, share=share))
            for share in SCREEN_SHARES
        ],
        "one frame in … is shown whole": [
            (f"{number or 'none'}", replace(usual, policy=replace(usual.policy, full_every=number)))
            for number in (15, 32, 45, 60, 120, 0)
        ],
        "questions about one frame at most": [
            (f"{most}", replace(usual, policy=replace(usual.policy, most_questions=most)))
            for most in (1, 3, 10)
        ],
    }
    for head, rows in tables.items():
        print(f"\n| {head} | suspicious frames without a hazard | questions a frame there | fewer "
              "| of what every frame finds | told after, median | false alarms |\n"
              + "|---" * 7 + "|")  # fmt: skip
        for name, screening in rows:
            print(f"| {name} | {_screening_cells(hazards, rates, screening, costs, every)} |",
                  flush=True)  # fmt: skip
    print("\n| the model misses | takes for a hazard | cannot tell | alike | fewer "
          "| suspects only find | every frame finds | false alarms | of every frame |\n"
          + "|---" * 9 + "|")  # fmt: skip
    for changed in (
        replace(rates, missed=0.0, false=0.0, cannot_tell=0.0),
        rates,
        replace(rates, missed=0.1),
        replace(rates, missed=0.2),
        replace(rates, missed=0.4),
        replace(rates, false=0.1),
        replace(rates, false=0.3),
        replace(rates, cannot_tell=0.3),
        replace(rates, alike=0.0),
        replace(rates, alike=1.0),
    ):
        print(f"| {_rates_cells(hazards, changed, costs)} |", flush=True)


def fewer_at_full_batches(roads: Sequence[SuspectsOnly], costs: Costs) -> float:
    """How many times fewer GPU-seconds, where hazards are there as rarely as in the hour."""
    idle, there = (
        mean(road.asked[is_there].per_frame(costs.question, costs.whole) for road in roads)
        for is_there in (False, True)
    )
    return costs.whole / ((1 - HAZARD_SHARE) * idle + HAZARD_SHARE * there)


def _screening_cells(
    hazards: Scene, rates: ErrorRates, screening: Screening, costs: Costs, every: Played
) -> str:
    played = play_phases(hazards, rates, screening)
    idle = played[0][1].asked[False]
    kept = mean(kept_share(hazards, one, every) for one, _ in played)
    delays = [one.alarms.delays_s[each] for one, _ in played for each in found(hazards, one)]
    return (
        f"{idle.suspicious / idle.frames:.3f} | {idle.questions / idle.frames:.3f} "
        f"| {fewer_at_full_batches([road for _, road in played], costs):.1f} × | {kept:.3f} "
        f"| {median(delays):.0f} s | {_falses(one for one, _ in played):.1f}"
    )


def _rates_cells(hazards: Scene, rates: ErrorRates, costs: Costs) -> str:
    every = play_every(hazards, rates, None)
    played = play_phases(hazards, rates, Screening())
    number = len(hazards.hazards)
    return (
        f"{rates.missed} | {rates.false} | {rates.cannot_tell} | {rates.alike} "
        f"| {fewer_at_full_batches([road for _, road in played], costs):.1f} × "
        f"| {mean(len(found(hazards, one)) for one, _ in played) / number:.3f} "
        f"| {len(found(hazards, every)) / number:.3f} | {_falses(one for one, _ in played):.1f} "
        f"| {_falses([every]):.0f}"
    )


def _falses(played: Iterable[Played]) -> float:
    return mean(sum(one.alarms.false.values()) for one in played)
