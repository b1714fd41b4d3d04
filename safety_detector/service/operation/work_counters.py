"""What a working process did, counted in memory and written with its next sign of life.

A tally an inspection would cost each record several statements; what a killed process had counted
in its last seconds is lost, which the counters that reconcile do not depend on.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from safety_detector.domain.detections import DetectorRun, Role, judging_run
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.jobs.kinds import Decision
from safety_detector.jobs.records import Claim
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import ClaimedPicture, Finding

PICTURES, STAGES, TOKENS, VERDICTS, FOUND = "work", "stage_us", "tokens", "verdict", "found"
ROLES, ASKED = "role", "asked"
"""First parts of the tallies' names; the backend and what was counted follow."""

WATCHED = "watch"
"""The first part for what watchers of cameras count; ``WatchCount`` follows."""


class WatchCount(StrEnum):
    """What a watcher counts."""

    TAKEN = "frames:taken"  # handed over, whatever became of it then
    REFUSED = "frames:refused"  # no picture
    DROPPED = "frames:dropped"  # nobody could take it: database or storage was away, or too slow
    OPENED = "streams:opened"  # the first picture came
    FAILED = "streams:failed"  # ended, or could not be opened


_ENDS = {"giveup": "failed", "retry": "retried", "wait": "returned"}

_SECOND_LOOK = "second-look-"  # so begins the code of why a place was left out

_LONGEST_NAME = 32  # of the table's column


class Meter:
    """Counts; safe to share between threads."""

    def __init__(self) -> None:
        self._amounts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def inspected(self, finding: Finding) -> None:
        """A result was recorded: what was found, and its runs' times and tokens."""
        judging = judging_run(finding.runs)
        judge = finding.claim.queue if judging is None else judging.backend
        with self._lock:
            self._add(PICTURES, finding.claim.queue, "inspected", 1)
            self._add(VERDICTS, judge, finding.verdict.value, 1)
            for one in finding.detections:
                hazard = f"{one.hazard.label}.{one.hazard.sub_label}"
                self._add(FOUND, judge, hazard, 1)
            for run in finding.runs:
                self._add_role(run, finding.claim.queue)
                for stage, milliseconds in run.timings_ms.items():
                    self._add(STAGES, run.backend, stage, round(milliseconds * 1000))
                if run.usage is not None:
                    self._add(TOKENS, run.backend, "prompt", run.usage.prompt_tokens or 0)
                    self._add(TOKENS, run.backend, "cached", run.usage.cached_tokens or 0)
                    self._add(TOKENS, run.backend, "completion", run.usage.completion_tokens or 0)

    def _add_role(self, run: DetectorRun, model: str) -> None:
        """Which road the picture took, and what came of each suspected place.

        Args:
            run: one of the picture's.
            model: the backend that the picture is meant for, which is not asked what is left out.
        """
        if run.asked is None:
            outcome = "answered" if run.error is None else "failed"
            self._add(ROLES, run.backend, f"{run.role}.{outcome}", 1)
            if run.full_left_out is not None:
                self._add(ROLES, model, f"{Role.FULL}.left_out", 1)
            for reason in run.incomplete_reasons:
                if reason.code == IncompleteCode.LEFT_OUT:
                    self._add_left_out(reason, model)
        elif run.asked.age_s:
            self._add(ASKED, run.backend, "standing", 1)
        else:
            self._add(ASKED, run.backend, run.asked.answer or "no_answer", 1)

    def _add_left_out(self, reason: Reason, model: str) -> None:
        count, why = reason.facts.get("count"), reason.facts.get("why")
        if isinstance(count, int) and isinstance(why, Reason):
            self._add(ASKED, model, f"left_out_{why.code.removeprefix(_SECOND_LOOK)}", count)

    def ended_otherwise(self, claim: Claim[ClaimedPicture], decision: Decision) -> None:
        """A claim ended without a result: ``failed``, ``retried`` or ``returned``."""
        with self._lock:
            self._add(PICTURES, claim.queue, _ENDS[decision.word], 1)

    def watched(self, what: WatchCount, amount: int) -> None:
        """A watcher did something."""
        counted, outcome = what.value.split(":")
        with self._lock:
            self._add(WATCHED, counted, outcome, amount)

    def drain(self) -> dict[str, int]:
        """What was counted since the last time, by name, in the order that tallies want."""
        with self._lock:
            drained = {name: amount for name, amount in sorted(self._amounts.items()) if amount}
            self._amounts.clear()
        return drained

    def put_back(self, amounts: Mapping[str, int]) -> None:
        """Takes back what could not be written."""
        with self._lock:
            self._amounts.update(amounts)

    def _add(self, kind: str, backend: str, what: str, amount: int) -> None:
        name = f"{kind}:{backend}:{what}"
        if len(name) <= _LONGEST_NAME:
            self._amounts[name] += amount
