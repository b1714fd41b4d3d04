"""The pictures of a new batch: the files of a form, or the entries of a zip, each for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio.to_thread
from fastapi import Request

from safety_detector.domain.inspection import Inspection
from safety_detector.errors import ConfigurationInvalid
from safety_detector.sources.archives.archive import ZipSource
from safety_detector.sources.offers import Offer
from safety_detector.web.accept_places import while_there
from safety_detector.web.bodies.uploads import Spool, body_too_large, counted, in_time
from safety_detector.web.inspections.accepting import (
    AcceptFile,
    FormOutcome,
    Submitting,
    accept_in_turn,
)
from safety_detector.web.inspections.fields import (
    SubmissionFields,
    ZipFields,
    numbered_key,
)
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})


async def accept_zip(request: Request, context: Submitting, most_pictures: int) -> FormOutcome:
    """Accepts the pictures of a zip that is the body.

    Entries that lead outside, are links, encrypted or archives themselves are rejected alone;
    nothing is extracted to a place that an entry names.

    Raises:
        RequestProblem: no zip, more bytes or pictures than the limits, too slow.
        StorageUnavailable: it could not be received.
    """
    limits = context.here.uploads.limits
    fields = checked(ZipFields, context.query)
    with Spool(limits.spool_dir) as spool:
        async with in_time(limits):
            async for chunk in counted(
                request,
                limits.max_request_bytes,
                lambda actual: body_too_large(limits.max_request_bytes, actual),
            ):
                await spool.append(chunk)
        # Not in the pool of all requests: 10,000 pictures would hold one of its threads for long.
        return await anyio.to_thread.run_sync(
            _accept_entries,
            request,
            context,
            spool,
            fields,
            most_pictures,
            limiter=context.here.uploads.zip_slots,
        )


def _accept_entries(
    request: Request, context: Submitting, spool: Spool, fields: ZipFields, most_pictures: int
) -> FormOutcome:
    limits = context.here.uploads.limits
    encoding = fields.zip_encoding or limits.zip_encoding
    try:
        source = ZipSource(Path("body.zip"), limits.picture, spool.file, encoding)
    except ConfigurationInvalid as exc:
        raise RequestProblem("body-malformed", "The body is no zip that can be read.") from exc
    try:
        offers = sorted(source.offers(), key=lambda one: one.place)
        if len(offers) > most_pictures:
            raise RequestProblem(
                "too-many-files",
                f"The zip has {len(offers):,} pictures; the limit is {most_pictures:,}.",
                limit=most_pictures,
            )

        def files() -> Iterable[tuple[str, AcceptFile]]:
            for index, offer in enumerate(offers):
                key = numbered_key(context.key, index, len(offers))
                yield offer.name, partial(_accept, context, source, offer, fields, key)

        outcome = accept_in_turn(while_there(request, files()))
        return replace(outcome, skipped=source.skipped + source.left_out)
    finally:
        source.close()


def _accept(
    context: Submitting, source: ZipSource, offer: Offer, fields: SubmissionFields, key: str | None
) -> Inspection:
    picture = source.read_again(offer)
    submission = fields.submission(offer.name, context.principal, key)
    return context.here.service.inspections.intake.accept(picture, submission)
