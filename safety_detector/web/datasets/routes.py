"""``/v1/datasets``: what people judged, as labelled sets."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from safety_detector.datasets.doubtful import DEFAULT_SHARE
from safety_detector.datasets.formats import FINE_TUNING_FORMATS, DatasetFormat
from safety_detector.service.access.audit import Actor
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.records import Scope
from safety_detector.stored_datasets.exporting import (
    Progress,
    export_dataset,
    preview_dataset,
    require_any,
)
from safety_detector.stored_datasets.records import LICENCE_UNKNOWN, DatasetOrder
from safety_detector.web.access.authentication import Reader, actor_of, not_allowed
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.datasets.documents import (
    DatasetPreviewDocument,
    DoubtfulLabelDocument,
    DoubtfulLabelsDocument,
)
from safety_detector.web.datasets.doubting import doubtful_labels
from safety_detector.web.datasets.slots import take_slot, taken_slot
from safety_detector.web.datasets.streaming import ZipAnswer, ZipFiles
from safety_detector.web.openapi.description import KEYED, binary
from safety_detector.web.queries.values import (
    BatchId,
    Moment,
    RecordId,
    SearchedText,
    check_period,
)

router = APIRouter(tags=["datasets"])

_MOST_CAMERAS = 100


def wanted_dataset(
    principal: Reader,
    since: Annotated[Moment | None, Query(description="Taken at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Taken before.")] = None,
    camera_id: Annotated[
        list[RecordId] | None,
        Query(max_length=_MOST_CAMERAS, description="Of this camera; may be repeated."),
    ] = None,
    batch_id: Annotated[BatchId | None, Query(description="Of this batch.")] = None,
    validation: Annotated[
        float,
        Query(ge=0, le=1, description="Share of pictures for validation: whole days of cameras."),
    ] = 0.2,
    empty_share: Annotated[
        float,
        Query(ge=0, le=1, description="Most pictures without a box, as a share of all."),
    ] = 0.3,
    blur_faces: Annotated[
        bool, Query(description="Make faces unrecognisable; a picture where that fails stays out.")
    ] = False,
    include_held: Annotated[
        bool,
        Query(description="Also evidence under hold; needs the scope `admin`."),
    ] = False,
    licence: Annotated[
        SearchedText,
        Query(description="Of pictures of which their submitter said nothing."),
    ] = LICENCE_UNKNOWN,
) -> DatasetOrder:
    """Which set a query means.

    Raises:
        RequestProblem: the period ends before it begins, or the key may not have what is held.
    """
    check_period(since, until)
    if include_held and not principal.may(Scope.ADMIN):
        raise not_allowed(f"Evidence under hold needs a key with the scope '{Scope.ADMIN}'.")
    return DatasetOrder(
        wanted=DatasetFilter(since, until, tuple(camera_id or ()), batch_id),
        validation=validation,
        empty_share=empty_share,
        blur_faces=blur_faces,
        include_held=include_held,
        licence=licence,
    )


Wanted = Annotated[DatasetOrder, Depends(wanted_dataset)]


@router.get(
    "/v1/datasets",
    summary="Look at what a labelled set would hold",
    response_description="The counts",
    responses=KEYED,
)
async def preview(
    request: Request,
    wanted: Wanted,
    format: Annotated[  # noqa: A002 (the query's name)
        DatasetFormat, Query(description="Some formats cannot say what is not labelled.")
    ] = DatasetFormat.COCO,
) -> DatasetPreviewDocument:
    """How many judged pictures go in, and why the others do not; makes no set."""
    here = collaborators(request)
    order = _in_format(here, wanted, format)
    with taken_slot(here.datasets.looks):
        counts = await run_in_threadpool(preview_dataset, here.service, order)
    return DatasetPreviewDocument.of(counts, base_path=base_path(request))


@router.get(
    "/v1/datasets/doubtful",
    summary="List labels to look at again",
    response_description="The labels",
    responses=KEYED,
)
async def doubtful(
    request: Request,
    _principal: Reader,
    since: Annotated[Moment | None, Query(description="Taken at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Taken before.")] = None,
    camera_id: Annotated[
        list[RecordId] | None,
        Query(max_length=_MOST_CAMERAS, description="Of this camera; may be repeated."),
    ] = None,
    at_most: Annotated[
        float,
        Query(gt=0, le=0.5, description="Share of the other labels of a kind that may be like it."),
    ] = DEFAULT_SHARE,
    limit: Annotated[int, Query(ge=1, le=200, description="Most that are listed.")] = 50,
) -> DoubtfulLabelsDocument:
    """By what detectors said when the pictures came in: none is looked at again.

    The command `safety-detector dataset doubtful` asks the embedded detector anew.
    """
    check_period(since, until)
    here = collaborators(request)
    wanted = DatasetFilter(since, until, tuple(camera_id or ()))
    found = await doubtful_labels(here, wanted, at_most)
    base = base_path(request)
    return DoubtfulLabelsDocument(
        pictures=found.pictures,
        found=len(found.labels),
        labels=[DoubtfulLabelDocument.of_label(one, base) for one in found.labels[:limit]],
    )


@router.get(
    "/v1/datasets/{format}.zip",
    summary="Fetch what people judged as a labelled set",
    response_class=StreamingResponse,
    responses={200: binary("A zip", "application/zip"), **KEYED},
)
async def fetch(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    format: DatasetFormat,  # noqa: A002
) -> StreamingResponse:
    """Made while it is sent, whatever its size; the audit log says who fetched what.

    A zip that ends early, without its directory, is no set: something could not be read.
    """
    here = collaborators(request)
    order = _in_format(here, wanted, format)
    take_slot(here.datasets.slots)
    try:
        await run_in_threadpool(require_any, here.service, order)
    except BaseException:
        here.datasets.slots.release()
        raise
    name = f"dataset-{format.value}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    make = partial(_make, here, order, actor_of(principal))
    return ZipAnswer(make, here.datasets.slots.release, headers)


def _in_format(here: Collaborators, wanted: DatasetOrder, name: DatasetFormat) -> DatasetOrder:
    asked = here.datasets.asked_model() if name in FINE_TUNING_FORMATS else None
    return replace(wanted, format=name, fine_tuning=asked)


def _make(here: Collaborators, order: DatasetOrder, by: Actor, files: ZipFiles) -> None:
    with ExitStack() as opened:
        find = None
        if order.blur_faces:
            find = opened.enter_context(closing(here.datasets.find_people())).find
        progress = Progress(looked=files.looked)
        export_dataset(here.service, order, files, by, datetime.now(UTC), find, progress)
