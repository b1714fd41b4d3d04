"""What a line of the journal says: the result document, and which file it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from ulid import ULID

from safety_detector import errors
from safety_detector.documents.results import ResultDocument
from safety_detector.documents.runs import condition_texts, read_conditions
from safety_detector.domain.capture_time import TakenFrom
from safety_detector.domain.detections import NO_CONDITIONS, RunConditions
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Language
from safety_detector.domain.inspection import (
    Inspection,
    Status,
    Verdict,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.sources.offers import Offer

HAZARD_BELOW = 100
"""Urgencies below it are hazards, in the order of their ranks."""
_INCONCLUSIVE, _FAILED, _CLEAR = 100, 101, 102
_RANKS: dict[tuple[str, str], int] = {
    (label.value, state.value): Hazard(label, state).rank
    for label, states in SUB_LABELS.items()
    for state in states
}

# A file that could not be read may be readable the next time, unlike one with the wrong bytes; and
# so it is with what was set up wrong.
_WORTH_ANOTHER_TRY = (
    errors.PictureUnreadable,
    errors.AddressRefused,
    errors.ConfigurationInvalid,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says, as far as it matters for what is left to do.

    Attributes:
        name: of the picture.
        stamp: that the picture had.
        sha256: of its bytes, 64 hexadecimal digits; None where they were not there.
        urgency: the lower, the more urgent.
        is_failure: whether it has no result.
        is_final: False where asking again may give another result.
    """

    name: str
    stamp: str
    sha256: str | None
    urgency: int
    is_failure: bool
    is_final: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judges the pictures: a detector in this process, or a service somewhere.

    Attributes:
        backend, model, prompt_version: of the detector; None of a service, which has its own.
        service: its address, None where there is none.
        conditions: thresholds, tiling and classes of the detector.
    """

    backend: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    service: str | None = None
    conditions: RunConditions = NO_CONDITIONS

    def __str__(self) -> str:
        return self.named.text("en")

    @property
    def named(self) -> Reason:
        """What to call it."""
        if self.service is not None:
            return Reason.of("judge-service", service=self.service)
        if self.prompt_version:
            return Reason.of(
                "judge-with-prompt",
                model=self.model,
                backend=self.backend,
                prompt=self.prompt_version,
            )
        return Reason.of("judge", model=self.model, backend=self.backend)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What all lines of one journal have in common: which pictures, and who judged them."""

    source: str
    judge: Judge

    def difference(self, document: Mapping[str, Any]) -> Reason | None:
        """How a line is of another kind; None if it is of this one."""
        file = document["file"]
        if file["source"] != self.source:
            return Reason.of("another-source", before=file["source"], now=self.source)
        service = file.get("service")
        runs = document["runs"] if service is None else ()
        now = self.judge
        for run in runs:  # of a hundred thousand lines: no Judge is made of each
            names = run["backend"], run["model"], run["prompt_version"]
            if names != (now.backend, now.model, now.prompt_version) or now.service is not None:
                return Reason.of("another-judge", before=Judge(*names).named, now=now.named)
            changed = _changed_condition(run, now.conditions)
            if changed is not None:
                return changed
        if service is not None and Judge(service=service) != now:
            before = Judge(service=service).named
            return Reason.of("another-judge", before=before, now=now.named)
        return None


def _changed_condition(run: Mapping[str, Any], now: RunConditions) -> Reason | None:
    """Which of thresholds, tiling and classes a run did not have."""
    conditions = read_conditions(run)
    if conditions == now:
        return None
    if conditions.classes is None:
        return Reason("conditions-not-noted")
    before, after = condition_texts(conditions), condition_texts(now)
    name = next((name for name in before if before[name] != after[name]), None)
    if name is None:  # nothing asked for is as good as nothing to ask
        return None
    return Reason.of("another-condition", name=name, before=before[name], now=after[name])


def make_line(
    inspection: Inspection, offer: Offer, provenance: Provenance, language: Language | None
) -> dict[str, Any]:
    """The document of an inspection with the file that it is about."""
    document = ResultDocument.of(inspection, language).as_json()
    document["file"] = {"source": provenance.source, "stamp": offer.stamp}
    if provenance.judge.service is not None:
        document["file"]["service"] = provenance.judge.service
    return document


def copy_line(
    earlier: Mapping[str, Any], offer: Offer, received_at: datetime, annotated: str | None
) -> dict[str, Any]:
    """The line of a picture whose bytes were inspected under another name."""
    document = dict(earlier)
    source, sha256 = earlier["file"]["source"], earlier["image"]["sha256"]
    document["id"] = inspection_id(source, offer.name, sha256)
    document["image"] = {**earlier["image"], "name": offer.name}
    moment = received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document["received_at"] = moment
    if document.get("taken_from") == TakenFrom.ARRIVAL:
        document["taken_at"] = moment
    document["file"] = {**earlier["file"], "stamp": offer.stamp}
    document["links"] = {"annotated": annotated} if annotated else {}
    return document


def inspection_id(source: str, name: str, sha256: str | None) -> str:
    """The same id for the same picture, however often a run begins anew.

    It has a ULID's form but says nothing of time.
    """
    text = f"{source}\n{name}\n{sha256}".encode()
    return str(ULID(hashlib.sha256(text).digest()[:16]))


def read_entry(document: Mapping[str, Any]) -> Entry:
    """What a line says.

    Raises:
        KeyError, TypeError, ValueError: it is none of ours.
    """
    is_failure = document["status"] == Status.FAILED
    code = document["error"]["code"] if is_failure else None
    return Entry(
        name=document["image"]["name"],
        stamp=document["file"]["stamp"],
        sha256=document["image"]["sha256"],
        urgency=_urgency(document),
        is_failure=is_failure,
        is_final=code not in _codes_worth_another_try(),
    )


def _urgency(document: Mapping[str, Any]) -> int:
    if document["status"] == Status.FAILED:
        return _FAILED
    if document["verdict"] == Verdict.HAZARD:
        return min(_RANKS[one["label"], one["sub_label"]] for one in document["detections"])
    return _INCONCLUSIVE if document["verdict"] == Verdict.INCONCLUSIVE else _CLEAR


@cache
def _codes_worth_another_try() -> frozenset[str]:
    classes = [errors.SafetyDetectorError]
    for one in classes:
        classes += one.__subclasses__()
    return frozenset(
        one.code for one in classes if one.retryable or issubclass(one, _WORTH_ANOTHER_TRY)
    )
