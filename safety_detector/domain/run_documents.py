"""A detector run as JSON-ready data: in results, in the database, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from safety_detector.domain.detections import DetectorRun, RunConditions, TokenUsage
from safety_detector.domain.hazards import Language
from safety_detector.domain.incomplete_reasons import (
    IncompleteReason,
    read_reason,
    read_sentences,
    reason_document,
)


def run_document(run: DetectorRun, language: Language | None = None) -> dict[str, Any]:
    """The run as every result shows it; reasons are worded in the language, else in English."""
    return {
        "backend": run.backend,
        "model": run.model,
        "prompt_version": run.prompt_version,
        "complete": run.complete,
        "incomplete_reason": run.incomplete_reason,
        "incomplete_reasons": [reason_document(one, language) for one in run.incomplete_reasons],
        "dropped": run.dropped,
        "thresholds": _plain(run.conditions.thresholds),
        "tiling": run.conditions.tiling,
        "tiles": run.tiles,
        "classes": None if run.conditions.classes is None else list(run.conditions.classes),
        "picture": dict(run.picture),
        "usage": asdict(run.usage) if run.usage else None,
        "timings_ms": {stage: round(ms, 1) for stage, ms in run.timings_ms.items()},
        "error": run.error,
    }


def read_run(document: Mapping[str, Any]) -> DetectorRun:
    """The run that ``run_document`` wrote, also before it wrote all of today's members.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    usage = document["usage"]
    return DetectorRun(
        backend=document["backend"],
        model=document["model"],
        prompt_version=document["prompt_version"],
        complete=document["complete"],
        dropped=document["dropped"],
        incomplete_reasons=_read_reasons(document),
        conditions=read_conditions(document),
        tiles=document.get("tiles", 0),
        picture=dict(document.get("picture") or {}),
        usage=TokenUsage(**usage) if usage else None,
        timings_ms=document["timings_ms"],
        error=document["error"],
    )


def read_conditions(document: Mapping[str, Any]) -> RunConditions:
    """What was asked of the detector, from the document of a run."""
    classes = document.get("classes")
    return RunConditions(
        thresholds=_plain(document.get("thresholds")),
        tiling=document.get("tiling"),
        classes=None if classes is None else tuple(classes),
    )


def condition_texts(conditions: RunConditions) -> dict[str, str]:
    """Each condition as it is written in a setting, by its name."""
    thresholds = conditions.thresholds or {}
    return {
        "thresholds": ",".join(f"{name}={_written(thresholds[name])}" for name in thresholds)
        or "none",
        "tiling": conditions.tiling or "none",
        "classes": ",".join(conditions.classes or ()),
    }


def _written(score: float) -> str:
    """As short as it can be told from every other score."""
    return f"{score:g}" if float(f"{score:g}") == score else repr(score)


def _plain(thresholds: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if thresholds is None else dict(thresholds)


def _read_reasons(document: Mapping[str, Any]) -> tuple[IncompleteReason, ...]:
    if "incomplete_reasons" in document:
        return tuple(read_reason(one) for one in document["incomplete_reasons"])
    sentences = document["incomplete_reason"]
    return read_sentences(sentences) if sentences else ()
