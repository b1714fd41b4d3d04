"""A report about incidents written to a PDF file and read back with independent readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pdfplumber
import pypdf
import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import ActKind, HandlingState
from safety_detector.errors import NoticeRefused, ReportFailed
from safety_detector.report.incidents import pdf as incident_pdf
from safety_detector.report.incidents.pdf import write_incident_report
from safety_detector.report.incidents.records import (
    CameraIncident,
    EvidenceRole,
    Handled,
    IncidentEntry,
    IncidentScope,
)
from tests.incident_entries import (
    ASSIGNED,
    CLOSED,
    DISMISSED,
    NOON,
    NOTHING_SEEN,
    RECTIFIED,
    act,
    incident,
    month,
    scope,
    with_pictures,
)
from tests.unit.report.test_pdf import outline_titles, overlapping_words, unbroken

FONTS = find_fonts()
HOSTILE = "<b>bold</b> & \u202e🔥 %s {0} \\( " + "x" * 3_000


def write(
    folder: Path,
    entries: Sequence[IncidentEntry],
    language: Language = "en",
    about: IncidentScope | None = None,
    name: str = "report.pdf",
) -> list[Path]:
    """The files of a report."""
    return write_incident_report(folder / name, entries, about or scope(), FONTS, language)


def pages_of(path: Path) -> list[str]:
    """The text of each page, without white space: lines may end anywhere."""
    with pdfplumber.open(path) as document:
        return [unbroken(page.extract_text()) for page in document.pages]


def text_of(path: Path) -> str:
    """All of it."""
    return "".join(pages_of(path))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Hazards found: 4. Closed: 1; not closed: 3, of these overdue: 1.",
                "Not judged by a person yet: 1.",
                "Fire and smoke (severe)", "No proper helmet", "Being put right", "overdue",
                "Gate 3, Tank farm", "Stairs of tank 4", "Welding without a fire watch",
                "Welding shop, Zhao Qiang", "GB 50720 6.3.1", "800 yuan", "Fire plan A",
                "Judged a false alarm by Wang Lei: sun on the tank",
                "Cylinders moved", "2026-11-24 12:00", "Pictures inspected: 1,000 of 1,000",
            ],
        ),
        (
            "zh",
            [
                "发现隐患 4 起：已销号 1 起，未销号 3 起（其中逾期 1 起）。",
                "尚有 1 起未经人员核实",
                "火焰、烟雾（严重）", "未正确佩戴安全帽", "整改中", "已逾期", "重大",
                "隐患台账", "隐患明细页", "误报原因", "响应与销号用时", "覆盖情况",
                "Wang Lei判为误报：sun on the tank", "复查合格", "已销号",
            ],
        ),
    ],
)  # fmt: skip
def test_a_report_says_what_was_found_and_what_became_of_it(
    tmp_path: Path, language: Language, expected: list[str]
) -> None:
    """Numbers, states, people and their words stand there in both languages."""
    (path,) = write(tmp_path, month(), language)
    text = text_of(path)
    for one in expected:
        assert unbroken(one) in text
    for entry in month():
        assert entry.incident.reference in text
        for picture in entry.pictures:
            assert picture.entry.inspection.picture.sha256 in text


def test_the_register_has_the_hazards_alone_and_leads_to_their_sheets(tmp_path: Path) -> None:
    """Hazards are numbered without holes before false alarms, which are no rows of a register."""
    (path,) = write(tmp_path, month())
    reader = pypdf.PdfReader(path)
    titles = list(outline_titles(reader.outline))
    sheets = [one for one in titles if re.match(r"\d+ · ", one)]
    assert [one.split(" · ")[0] for one in sheets] == ["1", "2", "3", "4", "5"]
    assert [one.split(" · ")[-1] for one in sheets] == [
        "Not acknowledged", "Being put right (overdue)", "Closed", "Confirmed", "False alarm",
    ]  # fmt: skip
    pages = pages_of(path)
    false_alarm = month()[1].incident.reference
    register = next(number for number, page in enumerate(pages) if "Hazardregister" in page)
    assert false_alarm not in pages[register]
    links = [
        reader.get_page_number(link.get_object()["/Dest"][0].get_object())
        for link in cast(Any, reader.pages[register]["/Annots"])
    ]
    hazards = [one.incident.reference for one in month() if not one.incident.is_false_alarm]
    for reference, target in zip(hazards, links, strict=False):
        assert reference in pages[register]
        assert reference in pages[target]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_has_text_over_other_text_or_over_its_edge(
    tmp_path: Path, language: Language
) -> None:
    """Ordinary pages of every kind, and those with whatever people wrote into fields."""
    hostile = replace(
        ASSIGNED,
        assignee=HOSTILE, unit=HOSTILE, measure=HOSTILE, basis=HOSTILE, funds=HOSTILE,
        location=HOSTILE, description=HOSTILE, plan=HOSTILE,
        acts=(*ASSIGNED.acts, *(act(ActKind.NOTE, 70 + n, HOSTILE, HOSTILE) for n in range(30))),
    )  # fmt: skip
    dismissed = replace(DISMISSED, acts=(act(ActKind.DISMISS, 5, HOSTILE, HOSTILE),))
    entries = [
        *month(),
        with_pictures(incident(6, hostile, zone_id="z", zone=HOSTILE), 6, EvidenceRole.OPENED),
        with_pictures(incident(7, dismissed), 7),
        IncidentEntry(incident(8)),
        IncidentEntry(incident(9, DISMISSED)),
    ]
    notices = tuple(entries[number].incident.id for number in (0, 3, 5, 7))
    (path,) = write(tmp_path, entries, language, scope(notices=notices, site=HOSTILE))
    assert "<b>bold</b>&[U+202E][U+1F525]" in text_of(path)
    with pdfplumber.open(path) as document:
        for page in document.pages:
            assert all(40 < one["x0"] < one["x1"] < page.width - 40 for one in page.chars)
            assert all(25 < one["top"] < one["bottom"] < page.height - 25 for one in page.chars)
            assert overlapping_words(page) == []


def test_an_incident_s_pictures_are_on_one_page(tmp_path: Path) -> None:
    """However many it has and however much was done: none stands half on the next."""
    many = replace(
        CLOSED, acts=(*CLOSED.acts, *(act(ActKind.NOTE, 100 + n, "Li Na", "x") for n in range(20)))
    )
    roles = (EvidenceRole.OPENED, EvidenceRole.WORST, EvidenceRole.AFTER)
    entries = [with_pictures(incident(number, many), number, *roles) for number in range(1, 4)]
    (path,) = write(tmp_path, entries)
    pages = pages_of(path)
    for entry in entries:
        reference = entry.incident.reference
        own = [
            number
            for number, page in enumerate(pages)
            if reference in page and "Intheirwords" in page
        ]
        assert len(own) == 1
        digests = [one.entry.inspection.picture.sha256 for one in entry.pictures]
        assert all(one in pages[own[0]] for one in digests)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whenever and however often it is written."""
    (one,) = write(tmp_path, month(), name="one.pdf")
    (two,) = write(tmp_path, month(), name="two.pdf")
    assert one.read_bytes() == two.read_bytes()


def test_every_font_is_embedded_and_every_page_counted(tmp_path: Path) -> None:
    """As an archive asks."""
    (path,) = write(tmp_path, month(), "zh")
    reader = pypdf.PdfReader(path)
    for number, page in enumerate(reader.pages, start=1):
        assert f"第 {number} 页 / 共 {len(reader.pages)} 页" in page.extract_text()
        for font in page["/Resources"]["/Font"].values():
            described: Any = font.get_object()
            described = described.get("/DescendantFonts", [described])[0].get_object()
            assert "/FontFile2" in described["/FontDescriptor"].get_object()


@pytest.mark.parametrize(("coverage", "colour"), [(scope().coverage, "●"), ((NOTHING_SEEN,), "◆")])
def test_no_incident_is_good_news_only_where_somebody_looked(
    tmp_path: Path, coverage: Any, colour: str
) -> None:
    """Silence is not safety."""
    (path,) = write(tmp_path, [], "en", scope(coverage=coverage))
    text = text_of(path)
    assert f"{colour}Nohazardincidentopenedinthisperiod." in text
    assert ("Silenceisnotsafety" in text) == (colour == "◆")


def test_what_was_carried_over_stands_apart(tmp_path: Path) -> None:
    """It is no hazard of this period, and is not forgotten."""
    carried = (incident(1, ASSIGNED), incident(2, CLOSED))
    (path,) = write(tmp_path, [], "en", scope(carried=carried))
    text = text_of(path)
    assert unbroken("Carried over from before the period: 2, of these still not closed: 1.") in text
    assert all(one.reference in text for one in carried)
    assert "Hazardsfound" not in text


def test_faults_of_cameras_stand_in_the_coverage(tmp_path: Path) -> None:
    """With how far people are with them, and among no hazards."""
    fault = CameraIncident(
        reference="SI-AAAA-BBBB-CCCC",
        camera_id="gate-3",
        fault=Fault.COVERED,
        since=NOON,
        until=None,
        handled=Handled(state=HandlingState.ACKNOWLEDGED),
    )
    (path,) = write(tmp_path, [], "zh", scope(of_cameras=(fault,)))
    text = text_of(path)
    assert "摄像头故障事件" in text
    row = "SI-AAAA-BBBB-CCCC Gate 3 被遮挡或强光 2026-11-21 12:00:00 仍在持续 已受理"
    assert unbroken(row) in text
    assert "该时段未产生隐患事件" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notice_is_filled_in_with_what_people_recorded(
    tmp_path: Path, language: Language
) -> None:
    """Rank and result are ticked, the picture after is there; what nobody said stays blank."""
    one = with_pictures(incident(1, CLOSED), 1, EvidenceRole.AFTER)
    alone = scope(notices=(one.incident.id,), notices_alone=True)
    (path,) = write(tmp_path, [one], language, alone)
    form, *others = pages_of(path)
    assert len(others) == 1
    expected = [
        one.incident.reference, "Welding shop", "Zhao Qiang", "GB 50720 6.3.1", "800 yuan",
        "Fire plan A", "Post a fire watch and clear the gas cylinders", "2026-11-24 12:00",
        "Cylinders moved", "Li Na", "Stairs of tank 4", "Welding without a fire watch",
        {"en": "□ ordinary ■ major", "zh": "□ 一般 ■ 重大"}[language],
        {"en": "■ satisfactory, closed", "zh": "■ 合格，准予销号"}[language],
    ]  # fmt: skip
    for text in expected:
        assert unbroken(text) in form
    attach = {"en": "Attachapicturehere", "zh": "粘贴整改后照片"}[language]
    assert attach not in form
    blank = with_pictures(incident(2), 2)
    alone = scope(notices=(blank.incident.id,), notices_alone=True)
    (path,) = write(tmp_path, [blank], language, alone, "blank.pdf")
    form = pages_of(path)[0]
    assert attach in form
    assert "■" not in form


def test_a_notice_is_two_pages_however_much_was_done(tmp_path: Path) -> None:
    """The form and its evidence, and no third page with a line on it."""
    many = replace(
        CLOSED, acts=(*CLOSED.acts, *(act(ActKind.NOTE, 100 + n, "Li Na", "x") for n in range(20)))
    )
    roles = (EvidenceRole.OPENED, EvidenceRole.WORST, EvidenceRole.AFTER)
    one = with_pictures(incident(1, many), 1, *roles)
    alone = scope(notices=(one.incident.id,), notices_alone=True)
    for language in ("en", "zh"):
        (path,) = write(tmp_path, [one], language, alone)
        assert len(pages_of(path)) == 2


def test_a_hazard_that_was_not_put_right_is_ticked_so(tmp_path: Path) -> None:
    """The one who looked said no; what was said to be done stands there no more."""
    rejected = replace(
        ASSIGNED, acts=(*RECTIFIED.acts, act(ActKind.REJECT, 80, "Li Na", "still there"))
    )
    one = with_pictures(incident(1, rejected), 1)
    alone = scope(notices=(one.incident.id,), notices_alone=True)
    (path,) = write(tmp_path, [one], "en", alone)
    form = pages_of(path)[0]
    assert "■notsatisfactory,rectifyagain" in form
    assert "Cylindersmoved" not in form


def test_a_notice_on_a_false_alarm_or_a_stranger_is_refused(tmp_path: Path) -> None:
    """Nobody can be told to rectify nothing, and no file is left."""
    entries = month()
    with pytest.raises(NoticeRefused, match="false alarm"):
        write(tmp_path, entries, about=scope(notices=(entries[1].incident.id,)))
    with pytest.raises(ReportFailed, match="no incident"):
        write(tmp_path, entries, about=scope(notices=("nobody",)))
    assert list(tmp_path.iterdir()) == []


def test_a_long_report_comes_in_volumes_with_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds a part; the index counts all and leads into them."""
    monkeypatch.setattr(incident_pdf, "_PRINTS_PER_VOLUME", 6)
    index, *volumes = write(tmp_path, month())
    assert [one.name for one in volumes] == [
        f"report-volume-{number:02}.pdf" for number in range(1, len(volumes) + 1)
    ]
    assert len(volumes) > 1
    text = text_of(index)
    assert "Hazardsfound:4." in text
    for entry in month():
        holding = [one for one in volumes if entry.incident.reference in text_of(one)]
        assert len(holding) == 1
    assert all(f"{number}/" in text for number in range(1, len(volumes) + 1))
