"""Corrections between pages and the service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from safety_detector.console.forms import Form
from safety_detector.domain.corrections import CorrectedBox
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard
from safety_detector.domain.inspection import Inspection
from safety_detector.service.inspections.corrections import Correction
from safety_detector.web.corrections.documents import CorrectionBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

_LONGEST_NUMBER = 9  # digits of a version


def shown_boxes(inspection: Inspection, latest: Correction | None) -> list[dict[str, Any]]:
    """What is in a picture as boxes of REST's body: by a person's word, else the detector's."""
    if latest is None:
        return [_box(one.box, one.hazard, place) for place, one in enumerate(inspection.detections)]
    left: list[Detection | None] = list(inspection.detections)
    return [_box(one.box, one.hazard, _place(left, one)) for one in latest.boxes]


def read_correction(form: Form, shown: Sequence[dict[str, Any]]) -> CorrectionBody:
    """What a page's form says is in a picture.

    Args:
        form: ``judgement`` says ``nothing``, or ``right`` of what is shown; else ``boxes`` are
            those of REST's body, as JSON.
        shown: the boxes that are shown.

    Raises:
        RequestProblem: it says nothing of the kind.
    """
    match form.get("judgement"):
        case "nothing":
            said: dict[str, Any] = {"boxes": [], "complete": True}
        case "right":
            said = {"boxes": list(shown), "complete": True}
        case _:
            said = {"boxes": _boxes(form), "complete": form.get("complete") == "1"}
    return checked(CorrectionBody, said | {"note": form.get("note")})


def read_version(form: Form) -> int:
    """The version that somebody had before their eyes, 0 where there was none.

    Raises:
        RequestProblem: the form does not name it, so others might be overwritten unseen.
    """
    version = form.get("version")
    if not (version.isascii() and version.isdigit() and len(version) <= _LONGEST_NUMBER):
        raise RequestProblem("request-invalid", "version: a number is needed.")
    return int(version)


def _boxes(form: Form) -> Any:
    try:
        return json.loads(form.get("boxes") or "null")
    except (ValueError, RecursionError) as exc:
        raise RequestProblem("request-invalid", "boxes: JSON is needed.") from exc


def _box(box: Box, hazard: Hazard, detection: int | None) -> dict[str, Any]:
    return {
        "bbox_2d": [int(value) for value in box.xyxy],
        "label": hazard.label.value,
        "sub_label": hazard.sub_label.value,
        "detection": detection,
    }


def _place(left: list[Detection | None], one: CorrectedBox) -> int | None:
    """Where the detection stands that a box was made of; each is taken once."""
    if one.detection is None or one.detection not in left:
        return None
    place = left.index(one.detection)
    left[place] = None
    return place
