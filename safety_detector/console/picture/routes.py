"""``/pictures/{inspection_id}``: one picture, what is in it and why, and correcting that."""

from __future__ import annotations

import json
from collections import Counter
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import Form, is_in_place, read_form
from safety_detector.console.picture.corrections import (
    read_correction,
    read_version,
    shown_boxes,
)
from safety_detector.console.pictures.filters import wanted_of
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Administrator, Manager, Reviewer, Viewer, Visitor
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.crop_questions import CONFIRMING
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.domain.people import Role
from safety_detector.errors import (
    CorrectionChanged,
    InspectionKept,
    InspectionUnfinished,
    PictureRefused,
    SafetyDetectorError,
)
from safety_detector.message_texts.kinds import error_text
from safety_detector.pictures.images import read_header
from safety_detector.service.inspections.corrections import Correction
from safety_detector.service.inspections.results import Results
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.corrections.documents import CorrectionDocument
from safety_detector.web.holds.documents import HoldBody, HoldDocument
from safety_detector.web.inspections.documents import InspectionDocument
from safety_detector.web.inspections.finding import find_inspection
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import not_found
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PictureId = Annotated[str, Path(max_length=64)]

_CLASSES = ("fire", "smoke", "no-helmet", "person")
"""What can be switched on and off: the looks of boxes."""

_SHORT_HISTORY = 20
_SOMETIMES_TURNED = ("image/png", "image/webp")
_HAZARDS = tuple(Hazard(label, state) for label in Label for state in SUB_LABELS[label])


@router.get("/pictures/{inspection_id}")
async def show_picture(request: Request, visitor: Viewer, inspection_id: PictureId) -> Response:
    """One picture; the address keeps the filter of the list that it was opened from."""
    inspection = await find_inspection(collaborators(request), inspection_id)
    return await _picture_page(request, visitor, inspection, Form({}), None)


@router.get("/pictures/{inspection_id}/inspection.json")
async def read_inspection(
    request: Request, _visitor: Viewer, inspection_id: PictureId
) -> InspectionDocument:
    """As REST shows it, for whoever has a browser and no key."""
    inspection = await find_inspection(collaborators(request), inspection_id)
    return InspectionDocument.of(inspection, base_path=base_path(request))


@router.get("/pictures/{inspection_id}/correction.json")
async def read_correction_document(
    request: Request, _visitor: Viewer, inspection_id: PictureId
) -> CorrectionDocument:
    """As REST shows it, for whoever has a browser and no key."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    found = await run_in_threadpool(here.service.inspections.corrections.get, inspection.id)
    if found is None:
        raise not_found("correction of the inspection", inspection_id)
    return CorrectionDocument.of(found)


@router.post("/pictures/{inspection_id}/correction")
async def correct(request: Request, visitor: Reviewer, inspection_id: PictureId) -> Response:
    """Saves what somebody says is in it; what is refused keeps what they drew."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    corrections = here.service.inspections.corrections
    latest = await run_in_threadpool(corrections.get, inspection.id)
    try:
        body = read_correction(form, shown_boxes(inspection, latest))
        saved = await run_in_threadpool(
            corrections.save, inspection.id, body.wanted(), visitor.actor, read_version(form)
        )
    except (SafetyDetectorError, RequestProblem) as exc:
        if is_in_place(request):
            return PlainTextResponse(detail_of(exc, visitor.language), _status_of(exc))
        return await _picture_page(request, visitor, inspection, form, exc)
    if is_in_place(request):
        return Response(
            status_code=HTTPStatus.NO_CONTENT, headers={"X-Version": str(saved.version)}
        )
    return _back(request, f"/pictures/{inspection.id}")


@router.post("/pictures/{inspection_id}/hold")
async def hold(request: Request, visitor: Manager, inspection_id: PictureId) -> Response:
    """Keeps it, whatever retention says."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    try:
        body = checked(HoldBody, {"reason": form.get("reason")})
        holds = here.service.retention.holds
        await run_in_threadpool(holds.set, [inspection.id], body.reason, visitor.actor)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _picture_page(request, visitor, inspection, form, exc)
    return _back(request, f"/pictures/{inspection.id}")


@router.post("/pictures/{inspection_id}/release")
async def release(request: Request, visitor: Administrator, inspection_id: PictureId) -> Response:
    """Lets retention decide about it again."""
    await read_form(request, visitor)
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    await run_in_threadpool(here.service.retention.holds.release, [inspection.id], visitor.actor)
    return _back(request, f"/pictures/{inspection.id}")


@router.post("/pictures/{inspection_id}/delete")
async def delete(request: Request, visitor: Administrator, inspection_id: PictureId) -> Response:
    """Removes it for good, unless it is evidence; then to where its list is."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    if form.get("sure") != "1":
        unsure = RequestProblem("request-invalid", "sure: 1 is needed.")
        return await _picture_page(request, visitor, inspection, form, unsure)
    remove = here.service.retention.inspections.remove
    try:
        await run_in_threadpool(remove, inspection.id, visitor.actor)
    except SafetyDetectorError as exc:
        return await _picture_page(request, visitor, inspection, form, exc)
    return _back(request, "/pictures")


def _back(request: Request, path: str) -> RedirectResponse:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{base_path(request)}{path}{query}", HTTPStatus.SEE_OTHER)


def _status_of(refused: SafetyDetectorError | RequestProblem) -> HTTPStatus:
    if isinstance(refused, CorrectionChanged):
        return HTTPStatus.PRECONDITION_FAILED
    is_now = isinstance(refused, InspectionUnfinished | InspectionKept)
    return status_of(refused, HTTPStatus.CONFLICT if is_now else HTTPStatus.UNPROCESSABLE_ENTITY)


async def _picture_page(
    request: Request,
    visitor: Visitor,
    inspection: Inspection,
    form: Form,
    refused: SafetyDetectorError | RequestProblem | None,
) -> Response:
    here = collaborators(request)
    wanted = wanted_of(request, visitor)
    results = here.service.inspections.results
    history = await run_in_threadpool(
        here.service.inspections.corrections.history, inspection.id, _SHORT_HISTORY
    )
    latest = history[0] if history else None
    boxes = shown_boxes(inspection, latest)
    before, behind = await run_in_threadpool(
        results.neighbours, inspection.id, wanted.filter, wanted.order
    )
    held = await run_in_threadpool(here.service.retention.holds.get, inspection.id)
    language = visitor.language
    things: dict[str, Any] = {
        "inspection": InspectionDocument.of(inspection, language, base_path(request)),
        "dangers": _dangers(inspection, visitor),
        "errors": [
            (run.backend, error_text(run.error, language)) for run in inspection.runs if run.error
        ],
        "refuted": _refuted(inspection),
        "correction": CorrectionDocument.of(latest, language) if latest else None,
        "corrections": [CorrectionDocument.of(one, language) for one in history],
        "rows": _rows(boxes, inspection, latest, visitor),
        "boxes": json.dumps(boxes),
        "detections": json.dumps(shown_boxes(inspection, None)),
        "names": json.dumps(
            {f"{one.label} {one.sub_label}": one.text(language) for one in _HAZARDS}
        ),
        "draft": form.get("boxes"),
        "form": form,
        "classes": _CLASSES,
        "counts": Counter(_look(_hazard(one)) for one in boxes),
        "hazards": [
            (one, _look(one), one.text(language), f"{one.label} {one.sub_label}")
            for one in _HAZARDS
        ],
        "may_correct": visitor.may(Role.REVIEWER) and inspection.status is Status.COMPLETED,
        "is_plain": inspection.status is not Status.COMPLETED
        or await run_in_threadpool(_is_shown_upright, results, inspection.id),
        "incidents": await _incidents(here, inspection.id, visitor, base_path(request)),
        "hold": HoldDocument.of(held) if held else None,
        "before": before,
        "behind": behind,
        "query": wanted.query,
        "refused": None if refused is None else detail_of(refused, language),
        "is_final": inspection.status in (Status.COMPLETED, Status.FAILED),
    }
    status = HTTPStatus.OK if refused is None else _status_of(refused)
    return page(request, visitor, "picture.html", things, status)


def _is_shown_upright(results: Results, inspection_id: str) -> bool:
    """Whether every browser shows the original as boxes refer to it.

    All turn a JPEG as its camera was held; of other kinds some do, and some kinds they do not show.
    """
    picture = results.original(inspection_id)
    if picture is None or picture.media_type == "image/tiff":
        return False
    if picture.media_type not in _SOMETIMES_TURNED:
        return True
    data = results.read(picture)
    try:
        return data is not None and read_header(data).orientation == 1
    except PictureRefused:
        return False


async def _incidents(
    here: Collaborators, inspection_id: str, visitor: Visitor, base: str
) -> list[IncidentDocument]:
    service = here.service.incidents
    ids = await run_in_threadpool(service.pictures.incidents_of, inspection_id)
    found = await run_in_threadpool(service.records.get_many, ids)
    return [IncidentDocument.of(found[one], visitor.language, base) for one in ids if one in found]


def _refuted(inspection: Inspection) -> list[list[int]]:
    """Suspected places that were not confirmed and are not shown as detections, in pixels."""
    shown = {one.box for one in inspection.detections}
    return [
        [int(side) for side in run.asked.place.xyxy]
        for run in inspection.runs
        if run.asked is not None
        and run.asked.answer not in CONFIRMING
        and run.asked.place not in shown
    ]


def _dangers(inspection: Inspection, visitor: Visitor) -> str:
    """What makes the verdict a hazard, each once with how often."""
    found = Counter(
        one.hazard.text(visitor.language) for one in inspection.detections if one.hazard.is_danger
    )
    between = "；" if visitor.language == "zh" else "; "
    return between.join(
        f"{text} × {number}" if number > 1 else text for text, number in found.items()
    )


def _rows(
    boxes: list[dict[str, Any]],
    inspection: Inspection,
    latest: Correction | None,
    visitor: Visitor,
) -> list[dict[str, Any]]:
    """The boxes as a table shows them."""
    origins = [one.origin.value for one in latest.boxes] if latest else ["kept"] * len(boxes)
    rows = []
    for one, origin in zip(boxes, origins, strict=True):
        hazard = _hazard(one)
        place = one["detection"]
        found = None if place is None else inspection.detections[place]
        rows.append(
            {
                "corners": one["bbox_2d"],
                "text": hazard.text(visitor.language),
                "look": _look(hazard),
                "sub_label": hazard.sub_label.value,
                "origin": origin,
                "score": found.score if found else None,
                "score_from": found.score_from.value if found else None,
                "calibrated": found.calibrated if found else None,
                "verified": found.verified if found else None,
            }
        )
    return rows


def _hazard(box: dict[str, Any]) -> Hazard:
    return Hazard(Label(box["label"]), SubLabel(box["sub_label"]))


def _look(hazard: Hazard) -> str:
    """Which of the classes a box is."""
    if hazard.label is not Label.PERSON:
        return hazard.label.value
    return "no-helmet" if hazard.sub_label is SubLabel.NO_HELMET else "person"
