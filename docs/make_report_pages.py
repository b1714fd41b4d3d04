"""Writes the report pages of the README from the samples: python docs/make_report_pages.py.

The embedded detector looks at every sample, as though cameras had sent them on two days of
November; a report in English and one in Chinese are made of what it finds, and three of their pages
are drawn as PNG beside this file.  ``--all FOLDER`` keeps both reports and draws every page there
instead, for somebody to look at.  The same samples, weights and fonts give the same pages.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import PIL.Image
import pypdfium2

from safety_detector import __version__
from safety_detector.annotation.draw import painter_for
from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
)
from safety_detector.errors import PictureRefused
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import RgbImage, decode, read_header
from safety_detector.pipeline import inspect_picture
from safety_detector.ports import Detector
from safety_detector.report.contents import ExpectedCamera, ReportEntry, ReportScope
from safety_detector.report.pdf import write_report
from safety_detector.report.style import LABEL_COLOURS, OUTCOME_COLOURS, plate_of
from safety_detector.settings import Settings
from safety_detector.wiring import build_embedded_detector

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"

CHINA = timezone(timedelta(hours=8))
FIRST_MORNING = datetime(2026, 11, 20, 7, 42, tzinfo=CHINA)
SINCE = datetime(2026, 11, 20, tzinfo=CHINA)
UNTIL = SINCE + timedelta(days=2)
CAMERAS = ("gate-3", "boiler-house", "roof-east")
SILENT_CAMERA = "tank-farm"
SITES: dict[Language, str] = {"en": "Plant 2", "zh": "二号厂区"}

DOTS_AN_INCH = 110
"""Wide enough to read a sheet's table in a browser."""
COLOURS = 256

NOTICED = "fire-in-laboratory.jpg"
"""The sample whose notice is shown."""

SHEET = "helmet-and-bare-head-composed.jpg"
"""The sample whose evidence sheet is shown."""


def main() -> None:
    """Writes the three pages, or all of them to another folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    folder = parser.parse_args().all
    with tempfile.TemporaryDirectory(prefix="report-pages-") as temporary:
        fonts = find_fonts()
        with closing(build_embedded_detector(Settings())) as detector:
            for language in ("en", "zh"):
                path = (folder or Path(temporary)) / f"report-{language}.pdf"
                path.parent.mkdir(parents=True, exist_ok=True)
                make_report(path, detector, fonts, language)
                if folder:
                    draw_all(path, folder)
        if not folder:
            chinese, english = (Path(temporary) / f"report-{one}.pdf" for one in ("zh", "en"))
            draw(chinese, 0, HERE / "report-summary.png")
            draw(english, find_page(english, SHEET, "Annotated"), HERE / "report-sheet.png")
            draw(
                chinese, find_page(chinese, "隐患整改通知单", "签收人"), HERE / "report-notice.png"
            )


def make_report(path: Path, detector: Detector, fonts: FontFiles, language: Language) -> None:
    """Writes a report on the samples, with a notice on one of them."""
    sources = sorted(one for one in SAMPLES.iterdir() if one.suffix in (".jpg", ".png"))
    entries = [
        inspect(source, number, detector, fonts, language)
        for number, source in enumerate(sources, start=1)
    ]
    entries.append(cut_short(sources[0], len(entries) + 1))
    noticed = next(one.inspection.id for one in entries if one.inspection.picture.name == NOTICED)
    scope = ReportScope(
        made_at=UNTIL + timedelta(hours=8),
        made_by=f"safety-detector {__version__}",
        site=SITES[language],
        since=SINCE,
        until=UNTIL,
        time_zone=CHINA,
        notices=(noticed,),
        cameras=tuple(ExpectedCamera(one, SINCE) for one in (*CAMERAS, SILENT_CAMERA)),
    )
    write_report(path, entries, scope, fonts, language)


def inspect(
    source: Path, number: int, detector: Detector, fonts: FontFiles, language: Language
) -> ReportEntry:
    """What the detector finds in a sample; how long it took is left out, it is never the same."""
    data = source.read_bytes()
    inspected = inspect_picture(data, source.name, detector, Limits())
    inspection = replace(
        blank(number, inspected.facts),
        verdict=inspected.verdict,
        detections=inspected.detections,
        runs=tuple(replace(run, timings_ms={}) for run in inspected.runs),
    )
    annotated = inspected.annotated_jpeg(fonts, language)
    return ReportEntry(
        inspection,
        partial(load, data),
        partial(load, annotated),
        painter_for(inspection, fonts, language),
    )


def cut_short(source: Path, number: int) -> ReportEntry:
    """A picture whose transmission broke off."""
    data = source.read_bytes()[:20_000]
    try:
        decode(data, admit(data, Limits()))
    except PictureRefused as error:
        inspection = replace(
            blank(number, PictureFacts(f"{source.stem}-again{source.suffix}")),
            status=Status.FAILED,
            verdict=Verdict.INCONCLUSIVE,
            error=Problem(error.code, error.message),
        )
    return ReportEntry(inspection, lambda: None, lambda: None)


def blank(number: int, facts: PictureFacts) -> Inspection:
    """An inspection of the numbered picture, three hours or so after the one before."""
    return Inspection(
        id=f"01KAJ8W4T0{number:016d}",
        status=Status.COMPLETED,
        picture=facts,
        received_at=FIRST_MORNING + number * timedelta(hours=2, minutes=51),
        camera_id=CAMERAS[number % len(CAMERAS)],
    )


def load(data: bytes) -> RgbImage:
    """The pixels of a picture file."""
    return decode(data, read_header(data))


def find_page(path: Path, *texts: str) -> int:
    """The first page, from 0, that has all of the texts; the summary and the lists come before."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        for number in range(len(document)):
            text = document[number].get_textpage().get_text_range()
            if all(one in text for one in texts):
                return number
    raise SystemExit(f"{path.name} has no page with {', '.join(texts)}")


def draw(path: Path, page: int, target: Path) -> None:
    """Draws one page as PNG."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        picture = document[page].render(scale=DOTS_AN_INCH / 72).to_pil().convert("RGB")
    few = with_swatches(picture).quantize(COLOURS, dither=PIL.Image.Dither.NONE)
    few.crop((0, 0, *picture.size)).save(target, optimize=True)
    print(f"{target} {target.stat().st_size / 1000:.0f} kB")


def with_swatches(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The page and under it fields of the colours that mean something, so that they are kept.

    They are few of its pixels, and beside a photograph would be rounded to its colours.
    """
    warning = plate_of(Hazard(Label.PERSON, SubLabel.NO_HELMET)).ground
    colours = [*LABEL_COLOURS.values(), *OUTCOME_COLOURS.values(), warning]
    height = picture.height // 10
    larger = PIL.Image.new("RGB", (picture.width, picture.height + height))
    larger.paste(picture)
    width = -(-picture.width // len(colours))
    for position, colour in enumerate(colours):
        red, green, blue = (round(255 * part) for part in colour.rgb())
        field = (position * width, picture.height, (position + 1) * width, larger.height)
        larger.paste((red, green, blue), field)
    return larger


def draw_all(path: Path, folder: Path) -> None:
    """Draws every page of a report."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        pages = len(document)
    for number in range(pages):
        draw(path, number, folder / f"{path.stem}-{number + 1:02}.png")


if __name__ == "__main__":
    main()
