"""Lays composed groups out and prints them into a file that will be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from safety_detector.report import style
from safety_detector.report.blocks import Group
from safety_detector.report.contents import Imprint
from safety_detector.report.document import draw_document
from safety_detector.report.flow import find_places, paginate
from safety_detector.report.page_canvas import Place
from safety_detector.report.staging import Staging
from safety_detector.report.typesetting import Typefaces


@dataclass(frozen=True, slots=True)
class Printed:
    """A file that was drawn: its pages and where its bookmarks stand."""

    pages: int
    places: dict[str, Place]


def print_file(
    path: Path,
    groups: Sequence[Group],
    imprint: Imprint,
    as_of: datetime,
    typefaces: Typefaces,
    staging: Staging,
    elsewhere: Mapping[str, Place] | None = None,
) -> Printed:
    """Lays out and draws one file.

    Args:
        path: the file's later name.
        groups: what it is made of.
        imprint: what stands on every page.
        as_of: becomes the file's date.
        typefaces: the font to embed.
        staging: where it is written.
        elsewhere: where the bookmarks of the report's other files stand.
    """
    pages = paginate(groups, style.BODY_HEIGHT)
    places = find_places(pages)
    with staging.open(path) as file:
        draw_document(file, pages, {**(elsewhere or {}), **places}, imprint, as_of, typefaces)
    return Printed(len(pages), places)


def volume_path(path: Path, volume: int, volumes: int) -> Path:
    """Name of a volume beside the index: ``report-volume-03.pdf``."""
    digits = max(2, len(str(volumes)))
    return path.with_name(f"{path.stem}-volume-{volume:0{digits}}{path.suffix}")
