"""Files of the output folder: what goes wrong with them, and how one takes another's place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from safety_detector.errors import StorageUnavailable
from safety_detector.message_texts.reason import system_cause
from safety_detector.name_bytes import readable_text

RESULTS, ERRORS = "results.jsonl", "errors.jsonl"
TABLE, COCO, YOLO = "detections.csv", "coco.json", "yolo"
REPORT, VOLUMES, SUMMARY = "report.pdf", "report-volume-*.pdf", "summary.json"
"""Names of the outputs."""

ANNOTATED, ORIGINALS = "annotated", "originals"
"""Folders of the output: annotated pictures, and copies of fleeting ones (frames, URLs)."""

OUTPUT_FILES = (RESULTS, ERRORS, TABLE, COCO, REPORT, SUMMARY)
OUTPUT_FOLDERS = (ANNOTATED, ORIGINALS, YOLO)
"""What a batch writes under a name of its own; a report's volumes are besides (``VOLUMES``)."""

FRAMES = ".video-frames.jsonl"
"""Which frames of a video lie among the originals."""

PART_ENDING = ".part"
"""Of files that are being written; what a killed run leaves of them is written anew."""


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what the operating system says about an output file into our error.

    Raises:
        StorageUnavailable: the disk is full, read-only or gone.
    """
    try:
        yield
    except OSError as exc:
        raise StorageUnavailable(
            "output-not-written",
            path=readable_text(str(path)),
            cause=system_cause(exc),
            errno=exc.errno,
        ) from exc


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when the block ends without an error, durably.

    Raises:
        StorageUnavailable: it cannot be written; what was there before stays.
    """
    part = path.with_name(path.name + PART_ENDING)
    with storage_errors(path):
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """Writes a file that a journal line will refer to, its folder made if missing.

    Raises:
        StorageUnavailable: it cannot be written; no part of it is left.
    """
    with storage_errors(path):
        try:
            try:
                path.write_bytes(data)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
