"""What the second look saves, and what it costs: a stored hour of 16 cameras, by each road.

    python -m benchmarks.second_look [--data ../shared/data] [--cameras 16] [--minutes 60]
        [--hazards 64] [--full-every 32] [--cache /var/tmp/safety-bench/second-look]
        [--sensitivity | --choose]

Made cameras (``camera_hours``, part ``apart``) show a hazard for three hundredths of the time, and
many things that are none.  The embedded detector judges each frame once, at several thresholds; its
answers are kept in the cache.  They are played on a virtual clock by three roads:

* *every frame to the model*, with as many servers as that takes, and with one, where the newest
  frame of each camera waits and replaces those before it;
* *suspects only*: the product's own screen, questions, memory and budget
  (``detectors.second_look``) before one server;
* *embedded only*: the detector as it reports, without a model.

The model is a stand-in that answers by the truth with a stated error rate (``truthful_model``), as
fast as 4 x T4 would by ``capacity.gpu_timing``; requests are the product's own, counted in tokens.
People are told by the product's own rules for incidents.

An hour holds some thirty hazards, too few to tell 0.98 from 0.93.  So that share is measured on
more of them: as many cameras of three minutes, each with one hazard, are played by the same roads.
What it depends on is tried there too, with costs weighted for the hour's share of hazards; those
cameras know nothing at first, so that they ask somewhat more than in a long hour.

GPU-seconds are given twice: what the requests take of servers that have plenty to do (*at full
batches*, as ``t4_arithmetic`` reckons: so much less there is to buy, or so many more cameras fit),
and for how long the cards computed anything at all (*busy*).  Of one server with little to do the
second is several times more, since it writes most answers alone; the first is what is promised.
"""

from __future__ import annotations

import argparse
import sys
from math import sqrt
from pathlib import Path
from statistics import mean, median

from benchmarks.second_look_roads import Played
from benchmarks.second_look_scenes import (
    Scene,
    Store,
    fewer,
    found,
    kept_share,
    make_hazards,
    make_hours,
    play_embedded,
    play_every,
    play_phases,
    play_suspects,
)
from benchmarks.second_look_sensitivity import Costs, show_choice, show_sensitivity
from benchmarks.suspects_road import Screening
from benchmarks.truthful_model import ErrorRates
from safety_detector.detectors.second_look.planning import Policy

CACHE = Path("/var/tmp/safety-bench/second-look")  # noqa: S108 - of figures, not of secrets
FEWER, LEAST_FOUND = 20.0, 0.98


def interval(share: float, number: int) -> str:
    """Wilson's interval of a share, 95 %."""
    z = 1.96
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * sqrt(share * (1 - share) / number + z * z / (4 * number**2))
    return f"{max(middle - half, 0):.2f} to {min(middle + half, 1):.2f}"


def row(name: str, scene: Scene, played: Played, every: Played) -> str:
    """A road's row of the table."""
    alarms = played.alarms
    delays = sorted(alarms.delays_s[one] for one in found(scene, played))
    after = (
        f"{median(delays):.0f} s, {delays[min(int(0.95 * len(delays)), len(delays) - 1)]:.0f} s"
        if delays
        else ""
    )
    asked = " + ".join(f"{number} {kind}" for kind, number in sorted(played.requests.items()))
    busy, full = fewer(played, every)
    times = "" if played is every or not played.costs_gpu_s else f"{busy:.1f} ×, {full:.1f} ×"
    number = len(scene.hazards)
    cells = [
        name,
        asked or "0",
        f"{played.busy_gpu_s:.0f}",
        f"{played.full_batch_gpu_s:.0f}",
        times,
        f"{len(found(scene, played))} of {number}",
        f"{kept_share(scene, played, every):.3f}",
        after,
        f"{len(alarms.unverified)}",
        f"{alarms.false['burning'] / scene.days:.1f}",
        f"{alarms.false['helmets'] / scene.days:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| road | model requests | GPU-seconds busy | at full batches | fewer | found "
    "| of what every frame finds | told after, median, p95 | told unverified "
    "| false alarms a camera-day: fire, smoke | bare heads |\n" + "|---" * 11 + "|"
)


def show_roads(
    scene: Scene, rates: ErrorRates, screening: Screening, servers: int, why: bool
) -> tuple[Played, Played]:
    """Prints the table; what every frame and suspects only came to."""
    every = play_every(scene, rates, servers)
    one = play_every(scene, rates, 1)
    suspects, road = play_suspects(scene, rates, screening)
    alone = play_embedded(scene)
    print(HEAD)
    print(row(f"every frame, {servers} servers", scene, every, every))
    print(row(f"every frame, 1 server ({one.replaced} replaced)", scene, one, every))
    print(row("suspects only, 1 server", scene, suspects, every))
    print(row("embedded only", scene, alone, every))
    suspicious = sum(one.suspicious for one in road.asked.values())
    print(
        f"\nsuspicious {suspicious / suspects.frames:.3f} of {suspects.frames} frames; "
        f"asked about {suspects.requests['crop'] / suspects.frames:.3f} places a frame; "
        f"left out {road.left_out}; verdicts "
        + ", ".join(f"{one.value} {number}" for one, number in suspects.alarms.verdicts.items())
    )
    show_limits(suspects, every, screening.policy.full_every)
    if why:
        print("\n".join(suspects.alarms.why))
    return every, suspects


def show_limits(suspects: Played, every: Played, full_every: int) -> None:
    """Prints from how many questions a frame on the saving is gone."""
    whole, question = every.cost_gpu_s("full"), suspects.cost_gpu_s("crop")
    most = [(1 / times - 1 / full_every) * whole / question for times in (FEWER, 1.0)]
    print(
        f"a whole frame costs {whole:.2f} GPU-seconds at full batches, a question {question:.2f}; "
        f"with one frame in {full_every} shown whole the saving is {FEWER:.0f} × at {most[0]:.3f} "
        f"questions a frame and gone at {most[1]:.2f}"
    )


def main() -> int:
    """Prints it; exit status 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--hazards", type=int, default=64, help="cameras of three minutes")
    parser.add_argument("--full-every", type=int, default=Policy().full_every,
                        help="one frame of each camera in so many is shown whole")  # fmt: skip
    parser.add_argument("--servers", type=int, default=4, help="of 4 T4 each, for every frame")
    parser.add_argument("--workers", type=int, default=2, help="processes of the detector")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--sensitivity", action="store_true", help="what it depends on, too")
    parser.add_argument("--choose", action="store_true",
                        help="only what choices come to, on pictures to choose with")  # fmt: skip
    parser.add_argument("--why", action="store_true", help="what false alarms were about")
    asked = parser.parse_args()
    rates = ErrorRates()
    store = Store(asked.data, asked.cache, asked.workers)
    if asked.choose:
        show_choice(make_hazards(store, asked.hazards, "tuning"), rates)
        return 0
    scene = make_hours(store, asked.cameras, 60 * asked.minutes)
    hazards = make_hazards(store, asked.hazards, "apart")
    there_s = sum(one.until_s - one.from_s for one in scene.hazards)
    print(f"{asked.cameras} cameras, {scene.days * 24:.1f} hours, a frame every 2 s, "
          f"{len(scene.hazards)} known hazards in {there_s / scene.days / 86400:.3f} of the time; "
          f"the model misses {rates.missed:.2f}, takes for one {rates.false:.2f}, cannot tell "
          f"{rates.cannot_tell:.2f} (alike {rates.alike})\n")  # fmt: skip
    screening = Screening(policy=Policy(full_every=asked.full_every))
    every, suspects = show_roads(scene, rates, screening, asked.servers, asked.why)
    print(f"\nThe same roads before {len(hazards.hazards)} hazards, one a camera; "
          "answers are there at once:\n")  # fmt: skip
    every_hazard = play_every(hazards, rates, None)
    of_hazards = [one for one, _ in play_phases(hazards, rates, screening)]
    print(HEAD)
    print(row("every frame", hazards, every_hazard, every_hazard))
    print(row("suspects only", hazards, of_hazards[0], every_hazard))
    print(row("embedded only", hazards, play_embedded(hazards), every_hazard))
    if asked.sensitivity:
        costs = Costs(every.cost_gpu_s("full"), suspects.cost_gpu_s("crop"))
        show_sensitivity(hazards, rates, costs)
    busy, times = fewer(suspects, every)
    kept = mean(kept_share(hazards, one, every_hazard) for one in of_hazards)
    is_kept = times >= FEWER and kept >= LEAST_FOUND
    number = len(found(hazards, every_hazard))
    print(f"\n{'kept' if is_kept else 'NOT KEPT'}: {times:.1f} × fewer GPU-seconds at full batches "
          f"(at least {FEWER:.0f} ×; busy {busy:.1f} ×) at {kept:.3f} ({interval(kept, number)}) "
          f"of what every frame finds (at least {LEAST_FOUND})")  # fmt: skip
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
