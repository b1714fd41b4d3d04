"""What the timing of 4 × T4 makes of each way to ask, without HTTP, threads or a clock.

    python -m benchmarks.t4_arithmetic

The same figures as ``vs_script`` measures, from the scheduler alone: what is missing there to these
is the clients' own work and the wire.  Twice: with the timing as it is, and read the other way, as
if the design's pictures per second counted on an instruction that is cached already.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.rates import steady_rate
from benchmarks.t4_answers import CYCLE, answer
from benchmarks.t4_engine import Engine, PromptTokens, Request
from benchmarks.t4_prompt import tokens_of
from safety_detector.capacity.gpu_timing import MAX_RUNNING, TEXT_TOKENS, Timing
from safety_detector.domain.geometry import ImageSize

CACHED_READING = Timing(more_streams_s=(63e-3 - 1 / 30) / 15)
"""The other way to read the table: as if its requests took their instruction from the cache.  Then
0.345 s of 0.455 s are left for an answer of 88 tokens, and a step of 16 streams takes 63 ms."""

_INSTRUCTION = tuple(map(str, range(TEXT_TOKENS - 20)))  # before the picture; after it
_QUESTION = ("?",) * 20
_SEEN = ImageSize(644, 476)
_ANSWERS = {
    schema: [len(tokens_of(answer(one, _SEEN, with_schema=schema))) for one in range(CYCLE)]
    for schema in (True, False)
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ask.

    Attributes:
        visual_tokens: of each picture.
        in_flight: pictures at a time.
        reuses_prefix: whether the instruction comes out of the cache.
        schema: whether the answer is held to one.
    """

    visual_tokens: int
    in_flight: int = MAX_RUNNING
    reuses_prefix: bool = True
    schema: bool = True


def pictures_a_second(way: Way, timing: Timing, count: int = 400) -> float:
    """Pictures a second of a machine that gets so many of them, all different, that way."""
    engine = Engine(timing=timing, reuses_prefixes=way.reuses_prefix)
    now_s, begun = 0.0, 0
    ended: list[float] = []
    while len(ended) < count:
        while begun < count and len(engine.running) + len(engine.waiting) < way.in_flight:
            engine.add(_request(way, begun))
            begun += 1
        step = engine.begin_step()
        if step is None:
            break
        now_s += step.duration_s
        ended += [now_s for request in engine.end_step(step) if request.is_done]
    return steady_rate(0.0, ended, way.in_flight)


def _request(way: Way, number: int) -> Request:
    tokens = [*_INSTRUCTION, *[f"picture {number}"] * way.visual_tokens, *_QUESTION]
    visual = range(len(_INSTRUCTION), len(_INSTRUCTION) + way.visual_tokens)
    return Request(PromptTokens(tokens, visual), _ANSWERS[way.schema][number % CYCLE])


def main() -> None:
    """Prints a table for each reading of the design's figures."""
    for title, timing in (("as it is", Timing()), ("read the other way", CACHED_READING)):
        print(f"\nthe timing {title}: pictures/s, and ours beside the others")
        for name, uploaded, resized in (
            ("480p", 391, 391),
            ("720p", 1196, 1196),
            ("1080p", 2691, 1222),
        ):
            ours = pictures_a_second(Way(resized), timing)
            ways = {
                "script": Way(uploaded, 1, reuses_prefix=False, schema=False),
                "in threads": Way(uploaded, reuses_prefix=False, schema=False),
                "not at once": Way(resized, 1),
                "not resized": Way(uploaded),
                "no prefix": Way(resized, reuses_prefix=False),
                "no schema": Way(resized, schema=False),
            }
            shown = ""
            for label, way in ways.items():
                other = pictures_a_second(way, timing, 400 if way.in_flight > 1 else CYCLE)
                shown += f"   {label} {other:.3f} {ours / other:.2f} ×"
            print(f"{name:<6} ours {ours:.3f}{shown}")


if __name__ == "__main__":
    main()
