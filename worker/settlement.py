"""Writes what became of a claim, and goes on trying while the database is away."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from safety_detector.detectors.qwen.servers.blame import of_a_breaker
from safety_detector.errors import DatabaseUnavailable, ModelUnreachable, SafetyDetectorError
from safety_detector.service.claims import Claims
from safety_detector.service.records import Claim, Finding
from worker.retry_policy import GiveUp, Retry, Wait, decide

_log = logging.getLogger(__name__)

# A result is worth waiting for: while the database restarts it is offered again and again.  Should
# the lease end meanwhile, the fence decides whether it still counts.
_INSIST_FOR_S = 60.0
_INSIST_EVERY_S = 1.0

# Pictures beside which one brought down the model server are not to be there again each time.
_SPREAD_PER_FAILURE_S = 10.0

Answer = TypeVar("Answer")


def record(claims: Claims, findings: Sequence[Finding]) -> None:
    """Completes inspections together; what cannot be stored goes back into the queue.

    Raises:
        DatabaseUnavailable: it stayed away; the leases will end.
    """
    try:
        recorded = insist(lambda: claims.record(findings))
    except DatabaseUnavailable:
        raise
    except SafetyDetectorError as error:
        for finding in findings:
            settle(claims, finding.claim, error)
        return
    for finding, is_recorded in zip(findings, recorded, strict=True):
        claim = finding.claim
        _log.log(
            logging.INFO if is_recorded else logging.WARNING,
            "inspected" if is_recorded else "inspected, but somebody else has it now",
            extra={
                "inspection": claim.inspection_id,
                "verdict": finding.verdict.value,
                "waited_s": round((claim.claimed_at - claim.received_at).total_seconds(), 3),
            },
        )


def settle(claims: Claims, claim: Claim, error: SafetyDetectorError) -> None:
    """Decides and writes what becomes of a picture without a result.

    Raises:
        DatabaseUnavailable: it stayed away; the lease will end.
    """
    error = _fault_of_a_breaker(claim, error)
    decision = decide(error, failures=claim.failures, outages=claim.outages)
    _log.warning(
        "no result: %s",
        error.message,
        extra={
            "inspection": claim.inspection_id,
            "code": error.code,
            "decision": type(decision).__name__.lower(),
        },
    )
    match decision:
        case Wait(delay):
            insist(lambda: claims.return_claim(claim, error, delay))
        case Retry(delay):
            later = delay + _spread(claim) if claim.losses else delay
            insist(lambda: claims.retry(claim, error, later))
        case GiveUp():
            insist(lambda: claims.fail(claim, error))


def _fault_of_a_breaker(claim: Claim, error: SafetyDetectorError) -> SafetyDetectorError:
    """The error as a fault of the picture, where servers broke down with it again and again."""
    if isinstance(error, ModelUnreachable) and error.server_broke_down and claim.losses:
        return of_a_breaker(error)
    return error


def _spread(claim: Claim) -> timedelta:
    seconds = random.uniform(0, _SPREAD_PER_FAILURE_S * (claim.failures + 1))  # noqa: S311
    return timedelta(seconds=seconds)


def insist(write: Callable[[], Answer]) -> Answer:
    """What the write gives, offered again for a minute while the database is away.

    Raises:
        DatabaseUnavailable: it stayed away.
    """
    until = time.monotonic() + _INSIST_FOR_S
    while True:
        try:
            return write()
        except DatabaseUnavailable as exc:
            if time.monotonic() >= until:
                raise
            _log.warning("not written yet: %s", exc)
            time.sleep(_INSIST_EVERY_S)
