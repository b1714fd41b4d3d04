"""Rectification notices: what is known of the named inspections is filled in (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import ReportFailed
from safety_detector.report import rows, sentences, wording
from safety_detector.report.contents import NoticeContents, ReportScope
from safety_detector.report.figures import time_of


def check_notices(inspections: Iterable[Inspection], scope: ReportScope) -> None:
    """Passes when every inspection for which a notice is wanted is in the report.

    Raises:
        ReportFailed: one is not; the message names it.
    """
    known = {one.id for one in inspections}
    for wanted in scope.notices:
        if wanted not in known:
            raise ReportFailed(
                f"There is no inspection {wanted[:64]!r} in this report to write a notice on."
            )


def build_notices(
    numbered: Iterable[tuple[int, Inspection]],
    scope: ReportScope,
    language: Language,
    reference: str,
) -> tuple[NoticeContents, ...]:
    """A notice for each of the numbered inspections that the scope names."""
    return tuple(
        _build_notice(one, number, scope, language, reference)
        for number, one in numbered
        if one.id in scope.notices
    )


def _build_notice(
    inspection: Inspection, number: int, scope: ReportScope, language: Language, reference: str
) -> NoticeContents:
    own_reference = f"{reference}-{number}"
    doubts = sentences.reservations(inspection, language)
    description = sentences.describe(inspection, language)
    return NoticeContents(
        number=number,
        reference=own_reference,
        facts=rows.name_facts(
            [
                (wording.NOTICE_NUMBER, own_reference),
                (wording.NOTICE_DATE, sentences.say_day(scope.made_at, scope.time_zone)),
                (wording.SITE, scope.site or wording.NONE.say(language)),
                (wording.CAMERA, inspection.camera_id or wording.NONE.say(language)),
                (wording.FOUND_AT, sentences.say_moment(time_of(inspection), scope.time_zone)),
                (wording.INSPECTION_ID, inspection.id),
            ],
            language,
        ),
        description=sentences.join_sentences((description, *doubts), language),
        evidence=wording.EVIDENCE.say(
            language,
            number=number,
            reference=reference,
            sha256=inspection.picture.sha256 or wording.UNKNOWN.say(language),
        ),
        size_wh=rows.size_wh(inspection),
    )
