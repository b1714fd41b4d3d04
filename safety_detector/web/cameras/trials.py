"""``POST /v1/cameras/test``: opens a source before it is saved, and says what comes."""

from __future__ import annotations

import base64
from functools import partial
from typing import Annotated, Self

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from pydantic import AliasPath, BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from safety_detector.camera_sources.puller import SourceReport
from safety_detector.camera_sources.source import CameraSource
from safety_detector.documents.document import Document, Moment
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import decode, encode_jpeg, shrink_to_side
from safety_detector.value_faults import ValueFault
from safety_detector.web.access.authentication import Admin
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.cameras.bodies import SourceBody
from safety_detector.web.cameras.finding import check_possible
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.openapi.description import BODY, ONE
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import RecordId

router = APIRouter(tags=["cameras"])

_PREVIEW_SIDE_PX = 1280
_PREVIEW_QUALITY = 85


class TrialBody(BaseModel):
    """What is to be tried: a source, or that of a camera that was added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": {
                        "url": "rtsp://10.0.0.7/Streaming/Channels/102",
                        "username": "viewer",
                        "password": "…",
                    }
                }
            ]
        },
    )

    source: SourceBody | None = Field(None, description="As for a new camera.")
    camera_id: RecordId | None = Field(
        None,
        description="A camera, with the password that is kept of it. With `source`: what that "
        "would be after a change, with what is kept as long as scheme, host and port are the same.",
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.source is None and self.camera_id is None:
            raise ValueFault("trial-of-nothing")
        return self


class TrialDocument(Document):
    """What came from a source."""

    took_s: float = Field(description="Seconds until the first picture.", examples=[1.3])
    codec: str | None = Field(
        validation_alias=AliasPath("frame", "facts", "codec"),
        description="Of the stream.",
        examples=["h264"],
    )
    width: int | None = Field(
        validation_alias=AliasPath("frame", "facts", "width"),
        description="In pixels.",
        examples=[1920],
    )
    height: int | None = Field(
        validation_alias=AliasPath("frame", "facts", "height"),
        description="In pixels.",
        examples=[1080],
    )
    fps: float | None = Field(
        validation_alias=AliasPath("frame", "facts", "fps"),
        description="Frames a second, as the source says.",
        examples=[25.0],
    )
    clock_difference_s: float | None = Field(
        validation_alias=AliasPath("frame", "facts", "clock_difference_s"),
        description="The camera's clock less ours, in seconds; null where it does not tell.",
        examples=[0.4],
    )
    taken_at: Moment | None = Field(
        validation_alias=AliasPath("frame", "taken_at"),
        description="When the picture was taken, if the source says so.",
        examples=["2026-11-21T08:00:00.000Z"],
    )


class TrialAnswer(TrialDocument):
    """What came from a source, with a picture to look at."""

    picture: str = Field(
        "",
        description="A JPEG of at most 1280 pixels a side, in base64.",
        examples=["/9j/4AAQSkZJRg…"],
    )


@router.post(
    "/v1/cameras/test",
    summary="Try a source",
    response_description="A picture came",
    responses={**ONE, **BODY},
)
async def try_source(
    request: Request,
    _principal: Admin,
    body: Annotated[TrialBody, Depends(JsonBody(TrialBody))],
) -> TrialAnswer:
    """Opens a source as a watcher would, and answers within 15 seconds; nothing is saved.

    With a picture, its size and what the stream says of itself; else 422, whose `detail` says what
    is wrong, and at which step: refused, wrong password, no such path, no video, …
    """
    return await tried(collaborators(request), body)


async def tried(here: Collaborators, body: TrialBody) -> TrialAnswer:
    """What came from a source.

    Raises:
        RequestProblem: too many are being tried.
        CameraUnavailable: no picture came; the message says why.
        PictureRefused: what came is no picture that would be accepted.
    """
    source = await run_in_threadpool(_meant, here, body)
    slots = here.cameras.test_slots
    if not slots.available_tokens:
        raise RequestProblem("tests-busy", "Other sources are being tried; come back in a while.")
    report = await to_thread.run_sync(here.cameras.test_source, source, limiter=slots)
    preview = partial(_preview, report, here.uploads.limits.picture)
    answer = TrialAnswer.of(report)
    return answer.model_copy(update={"picture": await run_in_threadpool(preview)})


def _meant(here: Collaborators, body: TrialBody) -> CameraSource:
    records = here.service.cameras.records
    if body.camera_id is not None:
        check_possible(body.camera_id)
    if body.source is None:
        source = records.open_source(body.camera_id or "")
    elif body.camera_id is not None and body.source.keeps_login:
        source = records.with_kept_login(body.camera_id, body.source.source())
    else:
        source = body.source.source()
    records.check_place(source)
    return source


def _preview(report: SourceReport, limits: Limits) -> str:
    """The picture in base64; checked as any picture from outside.

    Raises:
        PictureRefused: a source sends what would not be accepted either.
    """
    header = admit(report.frame.jpeg, limits)
    small = shrink_to_side(decode(report.frame.jpeg, header), _PREVIEW_SIDE_PX)
    return base64.b64encode(encode_jpeg(small, _PREVIEW_QUALITY)).decode("ascii")
