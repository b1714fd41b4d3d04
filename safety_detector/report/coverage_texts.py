"""What is said of how well a period was looked at, whatever the report is about (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from safety_detector.domain.hazards import Language
from safety_detector.report import sentences, wording
from safety_detector.report.contents import FaultSpell, ReportScope
from safety_detector.report.figures import CameraCount

_MOST_FAULTS = 12  # that are named
_MOST_SILENT_NAMED = 8  # on the first page; the table of coverage has them all


def say_period(scope: ReportScope, language: Language) -> str | None:
    """The period asked for; None where there is none."""
    return say_span(scope.since, scope.until, scope, language)


def say_span(
    since: datetime | None, until: datetime | None, scope: ReportScope, language: Language
) -> str | None:
    """From one moment to another, each of which may be unknown."""
    first = sentences.say_moment(since, scope.time_zone) if since else None
    last = sentences.say_moment(until, scope.time_zone) if until else None
    if first and last:
        return first if first == last else wording.SPAN.say(language, first=first, last=last)
    if first:
        return wording.FROM.say(language, moment=first)
    return wording.UNTIL.say(language, moment=last) if last else None


def say_zone_of_period(scope: ReportScope, language: Language) -> str:
    """The zone of all times of a report about a period."""
    moments = [one for one in (scope.since, scope.until) if one is not None] or [scope.made_at]
    zones = sentences.say_zones(min(moments), max(moments), scope.time_zone, language)
    return wording.TIMES_IN.say(language, zone=zones)


def say_frames(
    cameras: Sequence[CameraCount], scope: ReportScope, language: Language
) -> str | None:
    """How many frames of the period were not inspected, and why; None if all were."""
    frames = scope.frames.values()
    replaced, skipped, unchanged = (
        sum(getattr(one, name) for one in frames) for name in ("replaced", "skipped", "unchanged")
    )
    said = []
    if unchanged:
        looked = sum(one.outcomes.submitted for one in cameras if one.camera_id is not None)
        said.append(
            wording.UNCHANGED_FRAMES.say(language, looked=f"{looked:,}", unchanged=f"{unchanged:,}")
        )
    if replaced or skipped:
        said.append(wording.FRAMES.say(language, replaced=f"{replaced:,}", skipped=f"{skipped:,}"))
    return sentences.join_sentences(said, language) or None


def say_faults(scope: ReportScope, language: Language) -> tuple[str, ...]:
    """What was wrong with cameras, a line each, the longest-lasting first."""

    def length_s(one: FaultSpell) -> float:
        return ((one.until or scope.made_at) - one.since).total_seconds()

    def span(one: FaultSpell) -> str:
        first = sentences.say_moment(one.since, scope.time_zone)
        if one.until is None:
            return wording.FROM.say(language, moment=first)
        last = sentences.say_moment(one.until, scope.time_zone)
        return wording.SPAN.say(language, first=first, last=last)

    ordered = sorted(scope.faults, key=length_s, reverse=True)
    lines = [
        wording.CAMERA_FAULT.say(
            language,
            camera=sentences.shorten(scope.camera_text(one.camera_id)),
            fault=wording.FAULTS[one.fault].say(language),
            span=span(one),
        )
        for one in ordered[:_MOST_FAULTS]
    ]
    if len(ordered) > len(lines):
        lines.append(wording.MORE_FAULTS.say(language, n=f"{len(ordered) - len(lines):,}"))
    return tuple(lines)


def by_name(count: CameraCount, scope: ReportScope) -> tuple[bool, str]:
    """The order of cameras in tables: by name, pictures without a camera last."""
    return count.camera_id is None, scope.camera_text(count.camera_id or "")


def say_purged(scope: ReportScope, language: Language) -> tuple[str, ...]:
    """The sentence on what retention has removed, if it has: gone is not silent."""
    if scope.purged is None:
        return ()
    first, last = (sentences.say_moment(one, scope.time_zone) for one in scope.purged)
    return (wording.PURGED.say(language, first=first, last=last),)


def say_silent(
    cameras: Sequence[CameraCount], scope: ReportScope, language: Language
) -> tuple[str, ...]:
    """The sentence that names cameras without a picture, where there are any."""
    silent = [
        scope.camera_text(one.camera_id or "") for one in cameras if not one.outcomes.submitted
    ]
    if not silent:
        return ()
    named = [sentences.shorten(one) for one in silent[:_MOST_SILENT_NAMED]]
    if len(silent) > len(named):
        named.append(wording.AND_MORE.say(language, n=len(silent) - len(named)))
    names = wording.COMMA.say(language).join(named)
    unseen = wording.SILENT_CAMERAS if scope.purged is None else wording.UNSTORED_CAMERAS
    return (unseen.say(language, names=names),)
