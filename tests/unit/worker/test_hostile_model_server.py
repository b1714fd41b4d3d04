"""A model server that does everything wrong, row by row, and what becomes of the picture.

Never is a hazard absent because of it: what is no answer is waited for or counted, and once the
server behaves every picture completes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.inspection import Inspection, Status, Verdict
from tests.model_server import MODEL, Reply, closed_port, running
from tests.unit.worker.conftest import Bench

FIRE = '{"bbox_2d": [10, 10, 40, 40], "label": "fire", "sub_label": "严重"}'
SEVERAL_FIRES = f"[{FIRE}, {FIRE.replace('10, 10', '20, 12')}]"
REVERSED = '[{"bbox_2d": [40, 40, 10, 10], "label": "fire", "sub_label": "严重"}]'
ELSEWHERE = '[{"bbox_2d": [6000, 6000, 9000, 9000], "label": "fire", "sub_label": "严重"}]'
FOREIGN = f'[{{"bbox_2d": [1, 2, 30, 40], "label": "dragon", "sub_label": "严重"}}, {FIRE}]'
NOT_A_NUMBER = '[{"bbox_2d": [1, NaN, 30, 40], "label": "fire", "sub_label": "严重"}]'


@dataclass(frozen=True)
class Waits:
    """The picture is queued again and says why; nothing is held against it."""


@dataclass(frozen=True)
class Counted:
    """The picture is tried again later, with one fault more."""


@dataclass(frozen=True)
class Completes:
    """There is a result."""

    verdict: Verdict
    incomplete: bool = False


@dataclass(frozen=True)
class Fails:
    """There never will be a result; the picture says why, and is inconclusive."""


Outcome = Waits | Counted | Completes | Fails

# Its health is green, and it answers test pictures, in every row.
ROWS: dict[str, tuple[Reply | None, Outcome]] = {
    "refuses the connection": (None, Waits()),
    "500 for this picture": (Reply("boom", status=500), Counted()),
    "502 of a gateway": (Reply("bad gateway", status=502), Waits()),
    "503 while it starts": (Reply("loading", status=503), Waits()),
    "429": (Reply("busy", status=429), Waits()),
    "401": (Reply("wrong key", status=401), Waits()),
    "400 for this picture": (Reply("too large", status=400), Fails()),
    "slow drip": (Reply("[", tail="\n", drip_s=1.0), Waits()),
    "hang": (Reply(hang_s=120), Counted()),
    "cut in the middle of the JSON": (Reply(SEVERAL_FIRES, cut_after=4), Waits()),
    "JSON that ends in the middle": (Reply('[{"bbox_2d": [581, 58'), Counted()),
    "JSON cut by the token limit": (
        Reply(SEVERAL_FIRES[:-30], finish_reason="length"),
        Completes(Verdict.HAZARD, incomplete=True),
    ),
    "prose": (Reply("I see nothing dangerous in this picture."), Counted()),
    "endless repeats": (Reply("[", tail=FIRE + ", "), Completes(Verdict.HAZARD, incomplete=True)),
    "endless white space": (Reply("", tail=" "), Counted()),
    "nothing at all": (Reply(""), Counted()),
    "NaN": (Reply(NOT_A_NUMBER), Counted()),
    "reversed boxes": (Reply(REVERSED), Completes(Verdict.HAZARD)),
    "unknown labels": (Reply(FOREIGN), Completes(Verdict.HAZARD)),
    "wrong coordinate space": (
        Reply(ELSEWHERE),
        Completes(Verdict.INCONCLUSIVE, incomplete=True),
    ),
    "!!!!": (Reply("", tail="!"), Counted()),
    "no JSON in its events": (Reply(body=b"data: nonsense\n\n"), Counted()),
    "an event of 9 MB": (Reply(body=b"data: " + b"x" * 9_000_000), Counted()),
    "not packed as it says": (
        Reply(body=b"not packed", headers={"Content-Encoding": "gzip"}),
        Counted(),
    ),
}

TIMED_OUT = ("slow drip", "hang")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes servers and detectors at the end."""
    with ExitStack() as stack:
        yield stack


def inspect(bench: Bench, url: str, opened: ExitStack, timeout_s: float = 60.0) -> None:
    """Inspects what is due with the real adapter, asking that server."""
    detector = QwenVlDetector([url], MODEL, dialect_named("qwen2.5-vl"), timeout_s=timeout_s)
    opened.enter_context(closing(detector))
    assert bench.runner_with(detector).run_next()
    bench.finisher.start()
    bench.finisher.stop()


def state(bench: Bench, inspection: Inspection) -> Inspection:
    """The inspection as it stands."""
    found = bench.stand.service.inspections.results.get(inspection.id)
    assert found is not None
    return found


@pytest.mark.attack("hostile model server")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", ROWS)
def test_no_answer_becomes_a_clear_picture(
    bench: Bench, row: str, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits, is counted, or completes with what could be read; with a sound server it ends."""
    # However late a busy machine notices it: a connection that is cut here was cut at once.
    monkeypatch.setattr("safety_detector.detectors.qwen.servers.server_pool._LEAST_BREAK_S", 60.0)
    reply, expected = ROWS[row]
    accepted = bench.stand.accept()
    url = f"http://127.0.0.1:{closed_port()}/v1"
    if reply is not None:
        server = opened.enter_context(running(reply))
        server.canary = Reply("[]")
        url = server.url
    inspect(bench, url, opened, timeout_s=5.0 if row in TIMED_OUT else 60.0)
    found = state(bench, accepted)
    assert outcome_of(found) == expected
    if found.status is Status.QUEUED:
        bench.stand.clock.advance(200)
        inspect(bench, opened.enter_context(running(Reply(f"[{FIRE}]"))).url, opened)
        found = state(bench, accepted)
        assert (found.status, found.verdict) == (Status.COMPLETED, Verdict.HAZARD)
    counters = bench.stand.service.operation.figures.counters()
    assert (counters.accepted, counters.in_flight, counters.lost) == (1, 0, 0)


def outcome_of(found: Inspection) -> Outcome:
    """What became of the picture at the first try."""
    if found.status is Status.FAILED:
        assert found.error is not None
        assert found.verdict is Verdict.INCONCLUSIVE
        return Fails()
    if found.status is Status.COMPLETED:
        assert found.verdict is not None
        for one in found.detections:
            assert 0 <= one.box.x1 < one.box.x2 <= (found.picture.width or 0)
            assert 0 <= one.box.y1 < one.box.y2 <= (found.picture.height or 0)
        return Completes(found.verdict, incomplete=found.incomplete)
    assert found.waiting_reason
    return Counted() if str(found.waiting_reason).startswith("Tried 1 times") else Waits()
