"""What a report says about when pictures were taken, and how that is known (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from safety_detector.domain.capture_time import ClockNote, ClockNoteCode, TakenFrom
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.report import sentences, wording


def say_taken(
    inspection: Inspection, say_moment: Callable[[datetime], str], language: Language
) -> str:
    """The moment and where it is from; that nothing is known where the arrival stands for it."""
    taken = inspection.when_taken
    source = wording.TAKEN_FROM[taken.source].say(language)
    if taken.source is TakenFrom.ARRIVAL:
        return source
    zones = [one.zone for one in taken.notes if one.code is ClockNoteCode.ZONE_ASSUMED]
    if zones:
        source += wording.READ_IN_ZONE.say(language, zone=zones[0] or "")
    return wording.IN_BRACKETS.say(language, text=say_moment(taken.at), more=source)


def say_notes(inspection: Inspection, language: Language) -> str | None:
    """Which stated times were not believed, and why; None if there are none."""
    said = [
        wording.CLOCK_NOTES[one.code].say(
            language,
            source=wording.CLOCKS[one.source].say(language),
            stated=sentences.shorten(one.stated),
        )
        for one in _wrong(inspection)
    ]
    return sentences.join_sentences(said, language) or None


def count_wrong_clocks(inspections: Sequence[Inspection]) -> int:
    """Pictures of which a stated time was not believed."""
    return sum(bool(_wrong(one)) for one in inspections)


def say_sources(inspections: Sequence[Inspection], language: Language) -> str:
    """How many times are from where."""
    counts = Counter(one.when_taken.source for one in inspections)
    said = [
        wording.COUNTED.say(language, name=name.say(language), n=f"{counts[source]:,}")
        for source, name in wording.TAKEN_COUNTS.items()
        if counts[source]
    ]
    return wording.TAKEN_BY.say(language, counts=wording.SEMICOLON.say(language).join(said))


def _wrong(inspection: Inspection) -> list[ClockNote]:
    notes = inspection.when_taken.notes
    return [one for one in notes if one.code is not ClockNoteCode.ZONE_ASSUMED]
