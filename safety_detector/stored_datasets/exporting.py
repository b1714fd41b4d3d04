"""Writes a labelled set: the plan first, then one picture after the other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO, TypeAlias

from safety_detector import __version__
from safety_detector.datasets.coco import judgement_document
from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.faces import People, blur_faces
from safety_detector.datasets.formats import FormatOptions, open_writer
from safety_detector.datasets.labelled import LabelledPicture
from safety_detector.datasets.split import Place
from safety_detector.datasets.writing import DatasetFiles, DatasetWriter
from safety_detector.domain.hazards import Label
from safety_detector.domain.inspection import timestamp
from safety_detector.errors import (
    DetectorError,
    PictureMissing,
    PictureRefused,
    StorageUnavailable,
    SubmissionRefused,
)
from safety_detector.exports import json_line
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.pictures.images import RgbImage
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.core import Service
from safety_detector.service.records import InspectionFilter
from safety_detector.stored_datasets.planning import (
    GONE,
    UNREADABLE,
    Plan,
    plan_dataset,
    why_left_out,
)
from safety_detector.stored_datasets.records import DatasetCounts, DatasetOrder

FindPeople: TypeAlias = Callable[[RgbImage], People]

_PAGE = 100
_NO_FACES = Reason("dataset-faces-not-found")


@dataclass(frozen=True, slots=True)
class Progress:
    """Hears how far an export is.

    Attributes:
        looked: how many pictures were looked at, before the split.
        written: how many of how many were written.
    """

    looked: Callable[[int], None] = lambda _number: None
    written: Callable[[int, int], None] = lambda _number, _total: None


def preview_dataset(service: Service, order: DatasetOrder) -> DatasetCounts:
    """What would go into a set, by what is stored of its pictures; none of them is read."""
    with closing(open_writer(order.format, _Nowhere(), _options(order))) as writer:
        judged = service.inspections.judged.list(order.wanted)
        plan = plan_dataset(judged, order, writer.refusal, read=None)
    counts = plan.counts
    ids = iter(plan.places)
    while page := list(islice(ids, _PAGE)):
        found = service.inspections.judged.get_many(page)
        for one in found.values():
            _count(counts, one, plan.places[one.inspection_id], order)
    return counts


def require_any(service: Service, order: DatasetOrder) -> None:
    """Passes where a set has a picture: at the first one that may go in.

    Args:
        service: where the judgements are.
        order: which set.

    Raises:
        UnknownCamera: there is neither such a camera nor a picture of one.
        SubmissionRefused: it has none; the message says why.
    """
    counts = DatasetCounts()
    with closing(open_writer(order.format, _Nowhere(), _options(order))) as writer:
        for picture in service.inspections.judged.list(order.wanted):
            why = why_left_out(picture, order) or writer.refusal(picture)
            if why is None:
                return
            counts.judged += 1
            counts.left_out[why.code] += 1
    raise _nothing(service, order, counts)


def export_dataset(
    service: Service,
    order: DatasetOrder,
    files: DatasetFiles,
    by: Actor,
    made_at: datetime,
    find_people: FindPeople | None = None,
    progress: Progress | None = None,
) -> DatasetCounts:
    """Writes a set; whatever it raises, what was written is no set.

    What retention removes meanwhile is left out and counted.  Before the first picture goes out,
    the audit log says who wants which.

    Args:
        service: where the judgements are.
        order: what is wanted.
        files: where it goes.
        by: who wants it.
        made_at: the present moment.
        find_people: where faces are; needed to blur them.
        progress: hears how far it is.

    Raises:
        UnknownCamera: there is neither such a camera nor a picture of one.
        SubmissionRefused: there is no such picture, or none of them can go into a set.
        StorageUnavailable, DatabaseUnavailable: pictures or labels cannot be read, or the set
            cannot be written.
    """
    if order.blur_faces and find_people is None:
        raise ValueError("faces cannot be blurred without anybody who finds them")
    progress = progress or Progress()
    with (
        _temporary_files(),
        closing(open_writer(order.format, files, _options(order))) as writer,
        tempfile.TemporaryFile() as lines,
    ):
        plan = plan_dataset(
            service.inspections.judged.list(order.wanted),
            order,
            writer.refusal,
            service.storage.read_picture,
            progress.looked,
        )
        if not plan.places:
            raise _nothing(service, order, plan.counts)
        with service.database.write() as connection:
            note_act(
                connection,
                by,
                AuditAction.DATASET_EXPORTED,
                made_at,
                pictures=len(plan.places),
                **order.as_json(),
            )
        for number, (picture, place) in enumerate(_planned(service, plan), start=1):
            why = (
                GONE
                if picture is None
                else _write(service, writer, picture, place, order, find_people)
            )
            if why is not None:
                plan.counts.left_out[why.code] += 1
            elif picture is not None:
                _count(plan.counts, picture, place, order)
                lines.write(_line(picture, place, order))
            progress.written(number, len(plan.places))
        writer.finish()
        _write_about(files, order, plan.counts, made_at, lines)
    return plan.counts


@contextmanager
def _temporary_files() -> Iterator[None]:
    """Says of a file that cannot be written that it is a temporary one.

    Whatever else is read or written says so itself, but for a client who has gone.
    """
    try:
        yield
    except ConnectionError:
        raise
    except OSError as exc:
        raise StorageUnavailable("temporary-folder-full", cause=system_cause(exc)) from exc


def _options(order: DatasetOrder) -> FormatOptions:
    return FormatOptions(order.licence, order.fine_tuning)


def _nothing(service: Service, order: DatasetOrder, counts: DatasetCounts) -> SubmissionRefused:
    if not counts.judged:
        for camera_id in order.wanted.camera_ids:
            # A camera's record may be gone while its pictures are still there.
            of_camera = InspectionFilter(camera_id=camera_id)
            if not service.inspections.results.count(of_camera, at_most=1):
                service.cameras.records.get(camera_id)
        return SubmissionRefused("dataset-empty")
    why = "; ".join(f"{count}: {text}" for text, count in counts.why_left_out("en").items())
    return SubmissionRefused("dataset-all-left-out", judged=counts.judged, why=why)


def _planned(service: Service, plan: Plan) -> Iterator[tuple[LabelledPicture | None, Place]]:
    """What goes into the set, as it is labelled by now; None of what is gone.

    Each is read when its turn comes: of a page of them some would be held by then.
    """
    for one, place in plan.places.items():
        yield service.inspections.judged.get_many([one]).get(one), place


def _write(
    service: Service,
    writer: DatasetWriter,
    picture: LabelledPicture,
    place: Place,
    order: DatasetOrder,
    find_people: FindPeople | None,
) -> Reason | None:
    """Why a picture is left out; None where it was written."""
    # It may be held by now, or nothing proven of it any more, or its labels may be others.
    why = why_left_out(picture, order) or writer.refusal(picture)
    if why is not None:
        return why
    conceal = None
    if order.blur_faces and find_people is not None:
        conceal = _concealing(picture, find_people)
    try:
        data = service.storage.read_picture(picture.sha256)
        return writer.add(picture, place.side, place.group, PictureContent(data, conceal))
    except PictureMissing:
        return GONE
    except PictureRefused:
        return UNREADABLE
    except DetectorError:
        return _NO_FACES


def _concealing(picture: LabelledPicture, find: FindPeople) -> Callable[[RgbImage], RgbImage]:
    """Blurs what the detector finds now, what it found before, and what people say is there."""
    boxes = [one.box for one in picture.boxes if one.hazard.label is Label.PERSON]
    boxes += [one.box for one in picture.detections if one.hazard.label is Label.PERSON]
    return lambda rgb: blur_faces(rgb, find, boxes)


def _count(
    counts: DatasetCounts, picture: LabelledPicture, place: Place, order: DatasetOrder
) -> None:
    counts.pictures[place.side] += 1
    counts.empty += picture.is_empty
    counts.licences[picture.licence or order.licence] += 1
    counts.boxes.update(
        f"{one.hazard.label.value}/{one.hazard.sub_label.value}" for one in picture.boxes
    )


def _line(picture: LabelledPicture, place: Place, order: DatasetOrder) -> bytes:
    """Where one picture of the set is from."""
    return json_line(
        {
            "inspection_id": picture.inspection_id,
            "name": picture.name,
            "sha256": picture.sha256,
            "source": picture.source,
            "taken_at": timestamp(picture.taken_at),
            "side": place.side.value,
            "group": place.group,
            "licence": picture.licence or order.licence,
            "held": picture.held,
            "labelled": sorted(one.value for one in picture.labelled),
            "judged": [judgement_document(one) for one in picture.judgements],
        }
    )


def _write_about(
    files: DatasetFiles,
    order: DatasetOrder,
    counts: DatasetCounts,
    made_at: datetime,
    lines: IO[bytes],
) -> None:
    lines.seek(0)
    files.copy("pictures.jsonl", lines)
    about: Mapping[str, object] = {
        "made_by": f"safety-detector {__version__}",
        "made_at": timestamp(made_at),
        "order": order.as_json(),
        **counts.as_json(),
        "why_left_out": counts.why_left_out("en"),
    }
    text = json.dumps(about, ensure_ascii=False, indent=2)
    files.write("dataset.json", text.encode("utf-8", "backslashreplace") + b"\n")


class _Nowhere:
    """Where nothing is kept."""

    def write(self, name: str, data: bytes) -> None:
        """Forgets it."""

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Forgets it."""
