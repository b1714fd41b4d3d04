"""Rectification notices: what is known of the named inspections is filled in (pure)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from safety_detector.domain.hazards import Label, Language
from safety_detector.domain.inspection import Inspection, Verdict
from safety_detector.errors import NoticeRefused, ReportFailed
from safety_detector.message_texts.reason import Reason
from safety_detector.report import rows, sentences, wording
from safety_detector.report.contents import NoticeContents, ReportScope
from safety_detector.report.figures import time_of

_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def check_notices(inspections: Iterable[Inspection], scope: ReportScope) -> None:
    """Passes when a notice can be written on every inspection for which one is wanted.

    Raises:
        ReportFailed: one is not in the report; the message names it.
        NoticeRefused: one found no hazard.
    """
    known = {one.id: one for one in inspections}
    for wanted in scope.notices:
        if wanted not in known:
            raise ReportFailed("no-inspection-in-report", inspection_id=wanted[:64])
        refuse_without_hazard(known[wanted])


def refuse_without_hazard(inspection: Inspection) -> None:
    """Passes an inspection that found a hazard: nobody can be told to rectify nothing.

    Raises:
        NoticeRefused: it found none, was inconclusive, or failed.
    """
    if inspection.verdict is not Verdict.HAZARD:
        verdict = inspection.verdict.value if inspection.verdict else inspection.status.value
        raise NoticeRefused(
            "notice-without-hazard",
            inspection_id=inspection.id[:64],
            verdict=Reason(f"outcome-{verdict}"),
        )


def finding_number(inspection: Inspection) -> str:
    """The finding's number: the same in every report, at every time and in both languages.

    The random part of the inspection's id, so that one leads to the other; 60 bits, by which a
    million findings hardly share one.
    """
    code = inspection.id[-12:]
    if not _ULID.fullmatch(inspection.id):
        digest = hashlib.sha256(inspection.id.encode("utf-8", "backslashreplace")).digest()
        code = base64.b32encode(digest).decode()[:12]
    return f"SD-{code[:4]}-{code[4:8]}-{code[8:]}"


def build_notices(
    numbered: Iterable[tuple[int, Inspection]], scope: ReportScope, language: Language
) -> tuple[NoticeContents, ...]:
    """A notice for each of the numbered inspections that the scope names."""
    return tuple(
        _build_notice(one, number, scope, language)
        for number, one in numbered
        if one.id in scope.notices
    )


def _build_notice(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> NoticeContents:
    dangers = [one for one in inspection.detections if one.hazard.is_danger]
    labels = [label for label in Label if any(one.hazard.label is label for one in dangers)]
    categories = [wording.CATEGORIES[label].say(language) for label in labels]
    evidence = wording.EVIDENCE_TEXT.say(
        language,
        name=sentences.shorten(inspection.picture.name) or wording.UNNAMED.say(language),
        inspection=inspection.id,
        sha256=inspection.picture.sha256 or wording.UNKNOWN.say(language),
    )
    return NoticeContents(
        number=number,
        reference=finding_number(inspection),
        unit=sentences.shorten(scope.site or ""),
        place=sentences.shorten(rows.camera_and_id(inspection.camera_id, scope, language) or ""),
        found_at=sentences.say_moment_and_zone(time_of(inspection), scope.time_zone, language),
        category=sentences.capitalise(wording.COMMA.say(language).join(categories)),
        description=sentences.describe_hazards(dangers, language),
        evidence=evidence,
        may_burn=Label.FIRE in labels or Label.SMOKE in labels,
        size_wh=rows.size_wh(inspection),
    )
