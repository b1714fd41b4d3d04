"""What is said about one picture in sentences, and how facts from outside are written (pure)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from safety_detector.domain.detections import AskedPlace, Detection, DetectorRun, by_urgency
from safety_detector.domain.hazards import (
    Hazard,
    Label,
    Language,
    SubLabel,
    label_name,
    state_name,
)
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.host.local_time import offset_changes
from safety_detector.message_texts.kinds import error_text
from safety_detector.message_texts.reason import join_reasons
from safety_detector.report import wording

_WORST_FIRST = (SubLabel.SEVERE, SubLabel.MODERATE, SubLabel.MINOR)

MAX_SHOWN_CHARACTERS = 400
"""Longer text from outside is shown by its beginning and its end, with the number of characters
between them: enough for any file name, and even in codes never longer than a page."""


def describe(inspection: Inspection, language: Language) -> str:
    """One or two sentences on what the picture shows, or why nothing can be said about it."""
    if inspection.status is Status.FAILED:
        return wording.NOT_INSPECTED.say(language, reason=failure_reason(inspection, language))
    if inspection.status is not Status.COMPLETED:
        return join_sentences(_not_finished(inspection, language), language)
    if not inspection.detections:
        return wording.NOTHING.say(language)
    sentences = [
        wording.SHOWS.say(language, what=_enumerate_detections(inspection.detections, language))
    ]
    if all(one.hazard.label is Label.PERSON for one in inspection.detections):
        sentences.append(wording.NO_FIRE.say(language))
    return join_sentences(sentences, language)


def describe_hazards(dangers: Sequence[Detection], language: Language) -> str:
    """One sentence on the dangers of a picture, and on nothing else that is in it."""
    return wording.SHOWS.say(language, what=_enumerate_detections(dangers, language))


def reservations(inspection: Inspection, language: Language) -> tuple[str, ...]:
    """Why the sentence may not be the whole truth.

    Runs failed or were cut, helmets were not judged, or the language model confirmed no hazard.
    """
    found = [text for run in inspection.runs for text in _reservations(run, language)]
    unjudged = sum(
        one.hazard.label is Label.PERSON and one.hazard.sub_label is SubLabel.UNCERTAIN
        for one in inspection.detections
    )
    if unjudged:
        found.append(wording.HELMET_UNCERTAIN.say(language, n=unjudged))
    unconfirmed = [
        str(number)
        for number, one in enumerate(by_urgency(inspection.detections), start=1)
        if one.verified is False and one.hazard.is_danger
    ]
    if unconfirmed:
        numbers = wording.COMMA.say(language).join(unconfirmed)
        found.append(wording.UNCONFIRMED.say(language, numbers=numbers))
    return tuple(found)


def failure_reason(inspection: Inspection, language: Language) -> str:
    """Why the inspection failed, in a few words."""
    if inspection.error is None:
        return wording.NO_REASON.say(language)
    return error_text(inspection.error.code, language)


def shorten(text: str) -> str:
    """The text, or where it is very long its beginning and its end."""
    if len(text) <= MAX_SHOWN_CHARACTERS:
        return text
    half = MAX_SHOWN_CHARACTERS // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]} [... {left_out:,} ...] {text[-half:]}"


def say_moment(moment: datetime, zone: tzinfo) -> str:
    """Date and time of day in the report's zone, to the second.

    Where the clocks are set back an hour comes twice; its moments carry their offset.
    """
    local = moment.astimezone(zone)
    text = local.strftime("%Y-%m-%d %H:%M:%S")
    twin = local.replace(fold=1 - local.fold)
    return text if twin.utcoffset() == local.utcoffset() else f"{text} {say_zone(moment, zone)}"


def say_moment_and_zone(moment: datetime, zone: tzinfo, language: Language) -> str:
    """The same with its zone, for a paper on which it stands alone."""
    text = moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return wording.IN_ZONE.say(language, moment=text, zone=say_zone(moment, zone))


def say_zones(first: datetime, last: datetime, zone: tzinfo, language: Language) -> str:
    """The zone's distance from UTC, and from when on another where it changes in between."""
    text = say_zone(first, zone)
    for change in offset_changes(zone, first, last):
        moment = change.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        new = say_zone(change, zone)
        text += wording.ZONE_FROM.say(language, moment=moment, zone=new)
    return text


def say_day(moment: datetime, zone: tzinfo) -> str:
    """The date in the report's zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d")


def say_minute(moment: datetime, zone: tzinfo) -> str:
    """Month, day and time of day to the minute."""
    return moment.astimezone(zone).strftime("%m-%d %H:%M")


def say_zone(moment: datetime, zone: tzinfo) -> str:
    """The zone's distance from UTC at that moment, as ``UTC+08:00``."""
    offset = moment.astimezone(zone).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def say_duration(duration: timedelta, language: Language) -> str:
    """Days, hours and minutes as ``10 d 14 h 31 min``; seconds of what is under a minute."""
    total = round(duration.total_seconds())
    if total < 60:
        return wording.SECONDS.say(language, n=total)
    minutes = total // 60
    counts = (
        (wording.DAYS, minutes // 1440),
        (wording.HOURS, minutes // 60 % 24),
        (wording.MINUTES, minutes % 60),
    )
    return " ".join(unit.say(language, n=n) for unit, n in counts if n)


def say_rough_duration(duration: timedelta, language: Language) -> str:
    """The same for averages: of a day and more hours are enough."""
    if duration < timedelta(days=1):
        return say_duration(duration, language)
    return say_duration(timedelta(hours=round(duration / timedelta(hours=1))), language)


def say_box(detection: Detection) -> str:
    """The corners in whole pixels, ``x1, y1, x2, y2``."""
    return ", ".join(str(int(value)) for value in detection.box.xyxy)


def say_run(run: DetectorRun, language: Language) -> str:
    """A detector run's provenance in one line: model, prompt, what it left out, timings, tokens."""
    parts = [say_model(run, language)]
    if run.role in wording.RUN_ROLES:
        parts.append(wording.RUN_ROLES[run.role].say(language))
    if run.asked is not None:
        parts += _say_asked(run.asked, language)
    classes = run.conditions.classes if run.asked is None else None
    if classes is not None and len(classes) < len(Label):
        names = (label_name(one, language) for one in Label if one.value in classes)
        labels = wording.COMMA.say(language).join(names)
        parts.append(wording.LOOKED_FOR.say(language, labels=labels))
    if run.conditions.calibration is not None:
        version = shorten(run.conditions.calibration)
        parts.append(wording.CALIBRATED.say(language, version=version))
    for stage, milliseconds in run.timings_ms.items():
        name = wording.STAGES[stage].say(language) if stage in wording.STAGES else stage
        parts.append(f"{name} {milliseconds:,.1f} ms")
    tokens = run.usage and [run.usage.prompt_tokens, run.usage.completion_tokens]
    if tokens and None not in tokens:
        count = " + ".join(f"{one:,}" for one in tokens)
        parts.append(wording.TOKENS.say(language, count=count))
    if run.dropped:
        parts.append(wording.DROPPED.say(language, count=run.dropped))
    return wording.LIST_COMMA.say(language).join(parts)


def _say_asked(asked: AskedPlace, language: Language) -> Iterator[str]:
    """Which place a second look was at, and what came of it; the model's words in quotes."""
    place = ", ".join(str(int(value)) for value in asked.place.xyxy)
    suspected = asked.suspected.text(language)
    yield wording.ASKED_ABOUT.say(language, place=place, suspected=suspected)
    if asked.answer is None:
        return
    answer = wording.ANSWERS[asked.answer].say(language)
    if asked.reason:
        answer += wording.QUOTED.say(language, text=shorten(asked.reason))
    if asked.age_s:
        yield wording.ANSWERED_EARLIER.say(language, seconds=round(asked.age_s), answer=answer)
    else:
        yield wording.ANSWERED.say(language, answer=answer)


def say_metadata(metadata: Mapping[str, Any]) -> str | None:
    """The submitter's own JSON object in one line; None where it is empty."""
    return json.dumps(metadata, ensure_ascii=False, default=str) if metadata else None


def say_model(run: DetectorRun, language: Language) -> str:
    """Backend, model and prompt of a run."""
    parts = [f"{run.backend}: {shorten(run.model)}"]
    if run.prompt_version:
        parts.append(wording.PROMPT.say(language, version=run.prompt_version))
    return wording.LIST_COMMA.say(language).join(parts)


def count_dangers(detections: Sequence[Detection], language: Language) -> str:
    """The dangers with their numbers, the most urgent class first: ``Fire × 2, no helmet × 1``."""
    counts = Counter(
        _danger_name(one, language) for one in by_urgency(detections) if one.hazard.is_danger
    )
    texts = [f"{name} × {count}" for name, count in counts.items()]
    return capitalise(wording.COMMA.say(language).join(texts))


def worst_severity(detections: Sequence[Detection], language: Language) -> str | None:
    """The worst severity of any fire or smoke in the picture; None where there is neither.

    An uncertain one may be worse than all that are known, and is named beside them.
    """
    states = {one.hazard.sub_label for one in detections if one.hazard.label is not Label.PERSON}
    if not states:
        return None
    worst = next((one for one in _WORST_FIRST if one in states), SubLabel.UNCERTAIN)
    text = state_name(Label.FIRE, worst, language)
    if worst in (SubLabel.SEVERE, SubLabel.UNCERTAIN) or SubLabel.UNCERTAIN not in states:
        return capitalise(text)
    return wording.WORST_KNOWN.say(language, state=capitalise(text))


def capitalise(text: str) -> str:
    """The text with a capital first letter, as it begins a cell of a table."""
    return text[:1].upper() + text[1:]


def _danger_name(detection: Detection, language: Language) -> str:
    hazard = detection.hazard
    if hazard.label is Label.PERSON:
        return hazard.state_text(language)
    return label_name(hazard.label, language)


def _not_finished(inspection: Inspection, language: Language) -> list[str]:
    sentences = [wording.NOT_YET.say(language)]
    if inspection.waiting_reason:
        reason = shorten(inspection.waiting_reason.text(language)).rstrip(".。")
        sentences.append(wording.WAITING.say(language, reason=reason))
    return sentences


def _reservations(run: DetectorRun, language: Language) -> Iterator[str]:
    if run.error is not None:
        reason = error_text(run.error, language)
        yield wording.RUN_FAILED.say(language, reason=reason)
        return
    refuted = [one for one in run.incomplete_reasons if one.code == IncompleteCode.REFUTED]
    missed = [one for one in run.incomplete_reasons if one.code != IncompleteCode.REFUTED]
    if refuted:
        reason = shorten(join_reasons(refuted, language))
        yield wording.RUN_REFUTED.say(language, reason=reason)
    if missed or not (run.complete or refuted):
        reason = shorten(join_reasons(missed, language)) or wording.NO_REASON.say(language)
        yield wording.RUN_INCOMPLETE.say(language, reason=reason)


def _enumerate_detections(detections: Sequence[Detection], language: Language) -> str:
    parts = []
    for label in Label:
        states = Counter(one.hazard.sub_label for one in detections if one.hazard.label is label)
        if states:
            parts.append(_count_label(label, states, language))
    *first, last = parts
    if not first:
        return last
    return wording.COMMA.say(language).join(first) + wording.AND.say(language) + last


def _count_label(label: Label, states: Counter[SubLabel], language: Language) -> str:
    one, many = wording.IN_PLACES[label]
    total = states.total()
    count = (one if total == 1 else many).say(language, n=total)
    by_state = wording.COMMA.say(language).join(
        wording.STATE_COUNT.say(
            language, state=Hazard(label, state).state_text(language), n=states[state]
        )
        for state in sorted(states, key=lambda state: Hazard(label, state).rank)
    )
    return count + wording.STATES_AROUND.say(language, states=by_state)


def join_sentences(sentences: Sequence[str], language: Language) -> str:
    """Sentences behind each other, as the language spaces them."""
    return ("" if language == "zh" else " ").join(sentences)
