"""The results of a batch as files: JSON Lines, COCO, CSV, and a zip of its annotated pictures."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.exports import CocoExport, CsvExport, json_line
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.sources.names import readable_path
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.inspections.documents import InspectionDocument
from safety_detector.web.inspections.waiting import is_final

_PAGE = 500
_BLOCK = 1 << 16
_LONGEST_STEM = 80


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file that a batch can be fetched as.

    Attributes:
        media_type: what it is.
        pieces: makes it; with the language of names, and what stands before paths.
    """

    media_type: str
    pieces: Callable[[Collaborators, str, Language | None, str], Iterator[bytes]]


def final_ones(results: Results, batch_id: str) -> Iterator[Inspection]:
    """Completed and failed inspections of a batch, newest first."""
    wanted, cursor = InspectionFilter(batch_id=batch_id), None
    while True:
        page = results.list(wanted, _PAGE, cursor, ListOrder.ARRIVAL)
        yield from (one for one in page.items if is_final(one))
        cursor = page.next_cursor
        if cursor is None:
            return


def result_lines(
    here: Collaborators, batch_id: str, language: Language | None, base_path: str
) -> Iterator[bytes]:
    """A document a line; those that are not done yet are left out."""
    for one in final_ones(here.service.inspections.results, batch_id):
        yield json_line(InspectionDocument.of(one, language, base_path).as_json())


def coco_blocks(
    here: Collaborators, batch_id: str, _language: Language | None = None, _base_path: str = ""
) -> Iterator[bytes]:
    """Completed pictures and their boxes."""

    def write(file: IO[bytes]) -> None:
        with closing(CocoExport(file)) as export:
            for one in final_ones(here.service.inspections.results, batch_id):
                export.add(one)
            export.finish()

    return _written(here, write)


def csv_blocks(
    here: Collaborators, batch_id: str, _language: Language | None = None, _base_path: str = ""
) -> Iterator[bytes]:
    """A row for each detection, and one for a picture of none."""

    def write(file: IO[bytes]) -> None:
        export = CsvExport(file)
        for one in final_ones(here.service.inspections.results, batch_id):
            export.add(one)

    return _written(here, write)


def zip_blocks(
    here: Collaborators, batch_id: str, _language: Language | None = None, _base_path: str = ""
) -> Iterator[bytes]:
    """The annotated pictures, under their names; sent while it is made, whatever their number.

    What retention removed meanwhile is left out.
    """
    results, sink = here.service.inspections.results, _Sink()
    # Pictures are packed already; names are UTF-8, as the zip says.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as file:
        for one in final_ones(results, batch_id):
            picture = results.annotated(one.id)
            blob = results.open(picture) if picture else None
            if blob is None:
                continue
            with blob:
                content = blob.read(blob.size_bytes)
            taken = one.when_taken.at.astimezone(here.reports.time_zone)
            entry = zipfile.ZipInfo(
                _entry_name(one), max(taken.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
            )
            file.writestr(entry, content)
            yield sink.taken()
    yield sink.taken()


RESULT_FILES: dict[str, ResultFile] = {
    "results.jsonl": ResultFile("application/x-ndjson", result_lines),
    "results.csv": ResultFile("text/csv; charset=utf-8", csv_blocks),
    "coco.json": ResultFile("application/json", coco_blocks),
    "annotated.zip": ResultFile("application/zip", zip_blocks),
}
"""By the names of their addresses."""


async def send_results(
    here: Collaborators,
    batch_id: str,
    name: str,
    language: Language | None = None,
    base_path: str = "",
) -> StreamingResponse:
    """The answer with one of ``RESULT_FILES``.

    Raises:
        DatabaseUnavailable, StorageUnavailable: its beginning cannot be made.
    """
    file = RESULT_FILES[name]
    pieces = file.pieces(here, batch_id, language, base_path)
    first = await run_in_threadpool(next, pieces, b"")
    headers = {"Content-Disposition": f'inline; filename="{batch_id}-{name}"'}
    return StreamingResponse(chain((first,), pieces), headers=headers, media_type=file.media_type)


def _written(here: Collaborators, write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """A file that has to be whole before it is sent, in blocks."""
    with tempfile.TemporaryFile(dir=here.uploads.limits.spool_dir) as file:
        write(file)
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _entry_name(inspection: Inspection) -> str:
    """Name and id; nothing in it is a path, and no two are the same."""
    stem = readable_path(inspection.picture.name.rpartition(".")[0].encode("utf-8", "replace"))
    kept = "".join(one if one.isalnum() or one in " ._-()" else "_" for one in stem)
    return f"{kept.strip(' .')[:_LONGEST_STEM] or 'picture'}-{inspection.id}.jpg"


class _Sink(io.RawIOBase):
    """What a zip is written to that is sent at once: it cannot be gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = bytearray()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Keeps it until it is taken."""
        self._pending += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._pending)
        self._pending.clear()
        return taken
