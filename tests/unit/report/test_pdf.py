"""A report written to a PDF file and read back with independent readers."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pdfplumber
import pypdf
import pytest

from safety_detector.domain.detections import Detection, DetectorRun, TokenUsage
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
    decide_verdict,
)
from safety_detector.fonts import find_fonts
from safety_detector.images import RgbImage
from safety_detector.report.contents import ReportEntry, ReportScope
from safety_detector.report.pdf import write_report

FONTS = find_fonts()
CHINA = timezone(timedelta(hours=8))
SCOPE = ReportScope(
    made_at=datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
    made_by="safety-detector 0.1.0",
    site="Plant 2",
    time_zone=CHINA,
)


def picture() -> RgbImage:
    """A picture of 160 × 120 pixels with a gradient."""
    rows = np.linspace(0, 255, 120, dtype=np.uint8)
    return np.repeat(np.repeat(rows[:, None, None], 160, axis=1), 3, axis=2)


def inspection(
    number: int = 1,
    name: str = "gate3.jpg",
    detections: tuple[Detection, ...] = (),
    camera_id: str | None = "gate-3",
) -> Inspection:
    """A completed inspection with one complete run."""
    run = DetectorRun(
        backend="qwen",
        model="Qwen/Qwen2.5-VL-7B-Instruct",
        prompt_version="zh-1",
        usage=TokenUsage(1890, 640, 78),
        timings_ms={"prepare": 9.1, "model": 2410.0, "parse": 0.2},
    )
    return Inspection(
        id=f"01JD{number:022d}",
        status=Status.COMPLETED,
        picture=PictureFacts(name, f"{number:064x}", 160, 120),
        received_at=datetime(2026, 11, 21, 0, number, tzinfo=UTC),
        verdict=decide_verdict(detections, [run]),
        detections=detections,
        runs=(run,),
        camera_id=camera_id,
    )


def failed_inspection(number: int = 1) -> Inspection:
    """An inspection that ended without a result."""
    return Inspection(
        id=f"01JF{number:022d}",
        status=Status.FAILED,
        picture=PictureFacts("broken.jpg", "ab" * 32),
        received_at=datetime(2026, 11, 21, 0, number, tzinfo=UTC),
        verdict=Verdict.INCONCLUSIVE,
        error=Problem("picture-truncated", "The JPEG file ends after 1,024 bytes.", 1),
    )


def entry(one: Inspection) -> ReportEntry:
    """The inspection with both of its pictures."""
    return ReportEntry(one, picture, picture)


FIRE = Detection(Box(10, 20, 60, 80), Hazard(Label.FIRE, SubLabel.SEVERE), 0.87)
BARE_HEAD = Detection(Box(90, 10, 130, 110), Hazard(Label.PERSON, SubLabel.NO_HELMET))
HELMET = Detection(Box(5, 5, 25, 100), Hazard(Label.PERSON, SubLabel.HELMET), 0.5)


def text_of(path: Path) -> str:
    """All text of the file, page after page."""
    with pdfplumber.open(path) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_single_report_says_what_was_found(tmp_path: Path, language: Language) -> None:
    """The table holds each detection's number, class, state, box and score as they are."""
    one = inspection(detections=(HELMET, BARE_HEAD, FIRE))
    (path,) = write_report(tmp_path / "one.pdf", [entry(one)], SCOPE, FONTS, language)
    text = text_of(path)
    assert "10, 20, 60, 80" in text
    assert "90, 10, 130, 110" in text
    assert "0.87" in text
    assert f"{1:064x}" in text
    assert "2026-11-21 08:01:00" in text
    assert ("未佩戴安全帽" if language == "zh" else "no helmet") in text


def test_every_font_is_embedded(tmp_path: Path) -> None:
    """Each font of each page carries its outlines, so that it prints the same everywhere."""
    path = tmp_path / "report.pdf"
    write_report(path, [entry(inspection(1)), entry(failed_inspection(2))], SCOPE, FONTS, "zh")
    reader = pypdf.PdfReader(path)
    fonts = [
        font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    for font in fonts:
        assert "/FontFile2" in font["/FontDescriptor"]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """A report can be made again and compared."""
    entries = [entry(inspection(1, detections=(FIRE,))), entry(inspection(2))]
    for name in ("first.pdf", "second.pdf"):
        write_report(tmp_path / name, entries, SCOPE, FONTS, "en")
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()
