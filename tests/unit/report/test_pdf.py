"""A report written to a PDF file and read back with independent readers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from string import Formatter
from typing import Any, cast

import pdfplumber
import pypdf
import pytest

from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.domain.detections import Detection, RunConditions
from safety_detector.domain.hazards import Language
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.domain.inspection import Inspection, PictureFacts, Problem
from safety_detector.errors import NoticeRefused, PictureBroken, PictureMissing, ReportFailed
from safety_detector.message_texts.models import MODELS
from safety_detector.message_texts.pictures import PICTURES
from safety_detector.message_texts.reason import Reason
from safety_detector.message_texts.runs import RUNS
from safety_detector.message_texts.service import SERVICE
from safety_detector.pictures.images import RgbImage
from safety_detector.report import wording
from safety_detector.report.contents import ReportEntry, ReportScope, WholeCounts
from safety_detector.report.figures import count_dangers, count_hazards, count_outcomes
from safety_detector.report.pdf import PICTURES_PER_VOLUME, write_report
from tests.report_entries import (
    BARE_HEAD,
    FIRE,
    HELMET,
    SCOPE,
    SMOKE,
    entries,
    entry,
    failed,
    incomplete,
    inspection,
    picture,
    queued,
)

FONTS = find_fonts()
MIXED = entries(
    inspection(1, FIRE, BARE_HEAD, HELMET),
    inspection(2, HELMET, camera_id="东门-2"),
    incomplete(3),
    failed(4),
    inspection(5, SMOKE, camera_id=None),
)

HOSTILE = [
    "<b>bold</b> & <script>alert(1)</script> &amp; %s {0} \\(",
    "../../etc/passwd",
    "火🔥灾\u202egpj.exe",
    "مرحبا بالعالم.jpg",
    "a" * 10_000,
    "汉" * 10_000,
    "🔥" * 5_000,
    "\n\t\x00\x1b[31mred\udcff.jpg",
    "e\u0301cole\u200b\ufeff",
    "",
    " ",
]


def write(
    folder: Path,
    content: list[ReportEntry],
    language: Language = "en",
    scope: ReportScope = SCOPE,
    name: str = "report.pdf",
) -> Path:
    """The path of a report that is one file."""
    (path,) = write_report(folder / name, content, scope, FONTS, language)
    return path


def text_of(path: Path) -> str:
    """All text of the file as a reader extracts it, page after page."""
    with pdfplumber.open(path) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


def unbroken(text: str) -> str:
    """The text without any white space: lines may end anywhere."""
    return re.sub(r"\s+", "", text)


def outline_titles(outline: list[Any]) -> Iterator[str]:
    """The titles of an outline from top to bottom."""
    for one in outline:
        if isinstance(one, list):
            yield from outline_titles(one)
        else:
            yield one.title


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Fire", "Severe", "Person", "No proper helmet", "Helmet worn properly", "Hazard"]),
        ("zh", ["火焰", "严重", "人员", "未正确佩戴安全帽", "已正确佩戴安全帽", "存在隐患"]),
    ],
)
def test_a_single_report_says_what_was_found(
    tmp_path: Path, language: Language, words: list[str]
) -> None:
    """Each detection stands in the table as it is, and the picture's identity beside it."""
    text = text_of(write(tmp_path, entries(inspection(1, FIRE, BARE_HEAD, HELMET)), language))
    for expected in [*words, "0.87", "2026-11-21 08:01:00", "gate-3", f"{1:064x}", "zh-1"]:
        assert expected in text
    rows = re.findall(r"^(\d+) .* (\d+, \d+, \d+, \d+) (0\.\d\d|-|—)$", text, re.MULTILINE)
    none = "-" if language == "en" else "—"
    assert rows == [
        ("1", "100, 200, 600, 800", "0.87"),
        ("2", "1200, 700, 1300, 1000", none),
        ("3", "50, 50, 150, 400", "0.50"),
    ]


@pytest.mark.parametrize(
    ("language", "heading", "version"),
    [("en", "Right of 100", "score calibration c0ffee"), ("zh", "百中正确", "得分校准 c0ffee")],
)
def test_a_calibrated_score_says_how_many_of_100_were_right(
    tmp_path: Path, language: Language, heading: str, version: str
) -> None:
    """Beside the detector's own figure, and by which table; without a table there is no column."""
    calibrated = inspection(1, replace(FIRE, score=0.87, calibrated=0.914), HELMET)
    conditions = RunConditions(calibration="c0ffee")
    runs = tuple(replace(run, conditions=conditions) for run in calibrated.runs)
    text = text_of(write(tmp_path, entries(replace(calibrated, runs=runs)), language))
    assert version in text
    (header,) = re.findall(rf"^.* {heading}$", text, re.MULTILINE)
    rows = re.findall(r"^\d .* (0\.\d\d|-|—) (\d+|-|—)$", text, re.MULTILINE)
    assert [right for _, right in rows] == ["91", wording.NONE.say(language)], header
    plain = text_of(write(tmp_path, entries(inspection(1, FIRE)), language))
    assert not re.findall(rf"^.* {heading}$", plain, re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_on_many_names_every_picture(tmp_path: Path, language: Language) -> None:
    """No inspection is left out, whatever became of it, nor is its hash."""
    text = unbroken(text_of(write(tmp_path, MIXED, language)))
    for one in MIXED:
        assert one.inspection.id in text
        assert one.inspection.picture.name in text
        assert text.count(str(one.inspection.picture.sha256)) >= 2  # sheet and evidence index


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_register_reads_like_its_data(tmp_path: Path, language: Language) -> None:
    """Each hazard is one line with number, time, camera, picture, hazard, severity and page."""
    text = text_of(write(tmp_path, MIXED, language))
    severe, moderate = ("Severe", "Moderate") if language == "en" else ("严重", "中等")
    fire, smoke = ("Fire", "Smoke") if language == "en" else ("火焰", "烟雾")
    none = "-" if language == "en" else "—"
    lines = [unbroken(line) for line in text.splitlines()]
    for beginning, severity in (
        (f"1 2026-11-21 08:01:00 gate-3 1 picture-1.jpg {fire} × 1", severe),
        (f"2 2026-11-21 08:05:00 {none} 5 picture-5.jpg {smoke} × 1", moderate),
    ):
        (row,) = [line for line in lines if line.startswith(unbroken(beginning))]
        assert re.search(rf"{severity}\d+$", row)


def test_a_verdict_is_never_broken_in_the_middle_of_a_word(tmp_path: Path) -> None:
    """Every table has room for the longest one."""
    words = text_of(write(tmp_path, MIXED)).split()
    assert "Inconclusive" in words
    assert not [word for word in words if "Inconclusive".startswith(word) and 3 < len(word) < 12]


def test_failed_pictures_are_listed_with_their_reason(tmp_path: Path) -> None:
    """The annex says in the report's language why there is no conclusion, and how often tried."""
    text = unbroken(text_of(write(tmp_path, MIXED, "zh")))
    assert "未得出结论的图片" in text
    assert "图片文件不完整" in text
    assert "JPEG文件在1,024字节处结束，画面尚不完整。" in text
    assert "（picture-truncated）" in text
    assert "检测不完整（回答被截断）：可能存在未列出的隐患。" in text


def every_reason() -> list[Reason]:
    """Every message about pictures, models and storage, with a fact in each place."""
    found = []
    for code, phrase in {**PICTURES, **MODELS, **SERVICE}.items():
        names = {name: spec for _, name, spec, _ in Formatter().parse(phrase.en) if name}
        facts = {name: 7 if spec else "7" for name, spec in names.items()}
        full = Reason.of("errno-enospc")
        found.append(Reason.of(code, **facts | {"cause": full, "reason": Reason("file-empty")}))
    return found


def test_a_chinese_report_has_no_english_sentence(tmp_path: Path) -> None:
    """Whatever failed, waits or is incomplete: its reader understands why."""
    reasons = every_reason()
    run = replace(
        incomplete(1).runs[0],
        incomplete_reasons=tuple(
            Reason.of(
                code, **dict.fromkeys(("limit", "width", "height", "percent", "person_px"), 7)
            )
            for code in RUNS
            if code != IncompleteCode.DAMAGED
        ),
    )
    content = entries(
        replace(incomplete(1), runs=(run,)),
        *(
            replace(failed(2 + n), error=Problem("picture-broken", reason, 1))
            for n, reason in enumerate(reasons)
        ),
        *(
            replace(queued(900 + n), waiting_reason=Reason.of("tried-again", tries=1, reason=one))
            for n, one in enumerate(reasons[::4])
        ),
    )
    text = re.sub(
        r"safety-\s*detector\s+[a-z]+\s+[a-z]+", "", text_of(write(tmp_path, content, "zh"))
    )  # what is to be typed is typed so in every language
    assert re.findall(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text) == []
    assert "设备空间不足" in text
    assert "已尝试1次" in unbroken(text)


def test_a_report_without_pictures_says_that_nothing_is_known(tmp_path: Path) -> None:
    """An empty period never reads like a safe one."""
    text = text_of(write(tmp_path, [], "en"))
    assert "nothing is known" in text
    assert "Silence is not safety" in text
    assert "No picture shows a hazard" not in text
    assert "Clear\n" not in text.split("Limits")[0].split("Silence")[0]


def test_pictures_without_a_finding_share_pages(tmp_path: Path) -> None:
    """Behind the sheets of those with one, up to eight to a page, with hash and verdict."""
    content = entries(
        *(inspection(n, *([FIRE] if n == 9 else [HELMET] * (n % 2))) for n in range(1, 18))
    )
    with pdfplumber.open(write(tmp_path, content)) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
        cards = [number for number, text in enumerate(texts) if text.count("● Clear") > 1]
        sheet = next(number for number, text in enumerate(texts) if "Annotated" in text)
        assert [texts[number].count("● Clear") for number in cards] == [2, 8, 6]
        assert [len(pdf.pages[number].images) for number in cards[1:]] == [8, 6]
        assert all(overlapping_words(pdf.pages[number]) == [] for number in cards)
    assert sheet <= cards[0]
    for n in (*range(1, 9), *range(10, 18)):
        assert any(f"picture-{n}.jpg" in texts[one] for one in cards)
        assert any(f"{n:064x}" in texts[one] for one in cards)


@pytest.mark.parametrize("count", [1, 2, 3, 17, 40])
def test_no_page_holds_a_title_or_signatures_alone(tmp_path: Path, count: int) -> None:
    """The first page says what was found, and who signs has something before his eyes."""
    content = entries(*(inspection(n, *[FIRE, HELMET][: n % 3]) for n in range(1, count + 1)))
    with pdfplumber.open(write(tmp_path, content)) as pdf:
        first, last = pdf.pages[0].extract_text(), pdf.pages[-1].extract_text()
    assert "Hazard" in first or "Clear" in first
    assert "Signatures" in last
    assert "Limits of the method" in last


def test_a_report_without_hazards_says_so(tmp_path: Path) -> None:
    """Register and annex are not left out where there is nothing to put into them."""
    text = text_of(write(tmp_path, entries(inspection(1), inspection(2, HELMET))))
    assert "No hazard was found in 2 pictures." in text
    assert "No picture shows a hazard." in text
    assert "Every picture has a conclusion." in text


def test_an_unfinished_inspection_is_not_called_clear(tmp_path: Path) -> None:
    """A queued picture's report says that nothing can be said yet, and what it waits for."""
    text = unbroken(text_of(write(tmp_path, entries(queued()))))
    assert "Notfinished" in text
    assert "modelunreachablesince08:00" in text


def test_every_font_is_embedded_as_a_subset(tmp_path: Path) -> None:
    """Each font of each page carries its outlines, so that it prints the same everywhere."""
    reader = pypdf.PdfReader(write(tmp_path, MIXED, "zh"))
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/FontDescriptor"]
            assert "/FontFile2" in descriptor
            names.add(descriptor["/FontName"])
    assert all(re.match(r"/[A-Z]{6}\+NotoSansSC-", name) for name in names)
    assert {name.rsplit("-")[-1] for name in names} == {"Regular", "Bold"}


LETTERS = "Łódź Gdańsk ğış ňř Việt Київ Ґ Ēα Άρης 대한민국 서울 火焰 Ł"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_letters_of_other_languages_are_printed_and_can_be_copied(
    tmp_path: Path, language: Language
) -> None:
    """Names in Polish, Turkish, Czech, Vietnamese, Ukrainian, Greek and Korean stand as written."""
    one = inspection(1, FIRE, name=f"{LETTERS}.jpg", camera_id=LETTERS)
    scope = replace(SCOPE, site=LETTERS, title=LETTERS)
    path = write(tmp_path, [*entries(one), *MIXED], language, scope)
    with pdfplumber.open(path) as pdf:
        text = unbroken("".join(page.extract_text() for page in pdf.pages))
    assert text.count(unbroken(LETTERS)) >= 4
    assert "[U+" not in text
    reader = pypdf.PdfReader(path)
    assert unbroken(LETTERS) in unbroken("".join(page.extract_text() for page in reader.pages))
    assert ((reader.metadata and reader.metadata.title) or "").startswith(LETTERS)
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_one_file_may_serve_as_both_weights(tmp_path: Path) -> None:
    """An operator's font that has a single weight makes a readable report."""
    fonts = FontFiles(regular=FONTS.regular, bold=FONTS.regular)
    (path,) = write_report(tmp_path / "one.pdf", MIXED, SCOPE, fonts, "zh")
    assert "隐患台账" in text_of(path)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """A report can be made again and compared."""
    first, second = (write(tmp_path, MIXED, name=name) for name in ("a.pdf", "b.pdf"))
    assert first.read_bytes() == second.read_bytes()


def test_reports_made_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Threads share the font; each still gets its own file, byte for byte."""
    languages: list[Language] = ["en", "zh"] * 6
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(
                lambda case: write(tmp_path, MIXED, case[1], name=f"{case[0]}.pdf").read_bytes(),
                enumerate(languages),
            )
        )
    assert len(set(made[0::2])) == len(set(made[1::2])) == 1
    assert made[0] != made[1]


def test_metadata_names_title_site_and_the_moment_of_making(tmp_path: Path) -> None:
    """Archives find out what a file is without opening it."""
    reader = pypdf.PdfReader(write(tmp_path, MIXED, "zh"))
    assert reader.metadata is not None
    assert (reader.metadata.title or "").startswith("安全隐患图像识别报告 SD-20261121-")
    assert reader.metadata.author == "Plant 2"
    last = max(one.inspection.received_at for one in MIXED)
    assert reader.metadata.creation_date == last
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


@pytest.mark.parametrize(
    ("language", "pattern"), [("en", r"Page (\d+) of (\d+)"), ("zh", r"第 (\d+) 页 / 共 (\d+) 页")]
)
def test_each_page_says_which_of_how_many_it_is(
    tmp_path: Path, language: Language, pattern: str
) -> None:
    """A lost page is noticed."""
    with pdfplumber.open(write(tmp_path, MIXED, language)) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            found = re.search(pattern, page.extract_text())
            assert found is not None
            assert found.groups() == (str(number), str(len(pdf.pages)))


def test_the_outline_leads_to_every_section_and_sheet(tmp_path: Path) -> None:
    """A reader's sidebar shows the sections, and a sheet for each picture by number and name."""
    titles = list(outline_titles(pypdf.PdfReader(write(tmp_path, MIXED)).outline))
    assert [title for title in titles if "·" not in title] == [
        "Safety hazard image recognition report",
        "Coverage",
        "Hazard register",
        "Evidence sheets",
        "Pictures without a hazard, or not inspected",
        "Annex",
        "Pictures without a conclusion",
        "Evidence index",
        "Limits of the method",
        "Signatures",
    ]
    assert [title for title in titles if "·" in title] == [
        "1 · picture-1.jpg · Hazard",
        "3 · picture-3.jpg · Inconclusive",
        "5 · picture-5.jpg · Hazard",
        "2 · picture-2.jpg · Clear",
        "4 · broken-4.jpg · Failed",
    ]


def test_the_register_leads_to_the_page_that_it_names(tmp_path: Path) -> None:
    """A row's printed page number, its link's target and the sheet's page are the same."""
    path = write(tmp_path, MIXED)
    reader = pypdf.PdfReader(path)
    with pdfplumber.open(path) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
    register = next(number for number, text in enumerate(texts) if "Hazard register" in text)
    printed = [
        int(page) for page in re.findall(r"(?:Severe|Moderate) (\d+)$", texts[register], re.M)
    ]
    links = [
        reader.get_page_number(link.get_object()["/Dest"][0].get_object()) + 1
        for link in cast(Any, reader.pages[register]["/Annots"])
    ]
    sheets = [
        page
        for name in ("picture-1.jpg", "picture-5.jpg")
        for page, text in enumerate(texts, start=1)
        if f"Picture {name}" in text
    ]
    assert printed == links[: len(printed)] == sheets  # other lists may stand under the register


def test_pictures_have_the_resolution_of_print(tmp_path: Path) -> None:
    """A large picture is brought to 150 dots an inch; a small one is not blown up."""

    def large() -> RgbImage:
        return picture().repeat(100, axis=0).repeat(100, axis=1)

    one = ReportEntry(inspection(1), large, picture)
    with pdfplumber.open(write(tmp_path, [one])) as pdf:
        left, right = pdf.pages[0].images
    dots_an_inch = left["srcsize"][0] / ((left["x1"] - left["x0"]) / 72)
    assert dots_an_inch == pytest.approx(150, abs=0.5)
    assert left["srcsize"][1] / left["srcsize"][0] == pytest.approx(0.75, abs=0.01)
    assert right["srcsize"] == (16, 12)
    assert left["x1"] < right["x0"]
    assert left["top"] == right["top"]


def test_a_vanished_or_broken_picture_is_said_to_be_missing(tmp_path: Path) -> None:
    """The sheet stands, with a sentence where the picture would be."""

    def broken() -> RgbImage:
        raise PictureBroken("The JPEG cannot be decoded.")

    def missing() -> RgbImage:
        raise PictureMissing("The picture is not in the data folder.")

    for absent in (missing, lambda: None):
        text = text_of(write(tmp_path, [ReportEntry(inspection(1, FIRE), absent, broken)]))
        assert "The picture is no longer available." in text
        assert "The stored picture is damaged and cannot be shown." in text
        assert "100, 200, 600, 800" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_that_never_was_one_is_called_broken(tmp_path: Path, language: Language) -> None:
    """A failed picture's frame says why it failed, whether its bytes are kept or not."""

    def broken() -> RgbImage:
        raise PictureBroken("The JPEG cannot be decoded.")

    one = failed(1)
    one = replace(one, error=one.error and replace(one.error, code="picture-broken"))
    for original in (broken, lambda: None):
        text = text_of(write(tmp_path, [ReportEntry(one, original, lambda: None)], language))
        assert ("is damaged." if language == "en" else "图片无法显示：图片已损坏。") in text
        assert "no longer" not in text
        assert "不存在" not in text


def test_small_dangers_are_enlarged(tmp_path: Path) -> None:
    """A person without a helmet who is small in the picture gets a close-up with its number."""
    one = ReportEntry(
        inspection(1, FIRE, BARE_HEAD), lambda: picture().repeat(100, 0).repeat(100, 1), picture
    )
    with pdfplumber.open(write(tmp_path, [one])) as pdf:
        page = pdf.pages[0]
        assert len(page.images) == 3
        assert "Close-up 1 2 Person, no proper helmet" in page.extract_text().replace("No", "no")


def hostile_entries() -> list[ReportEntry]:
    """Inspections in which every text that comes from outside is hostile."""
    found = []
    for number, text in enumerate(HOSTILE, start=1):
        other = HOSTILE[number % len(HOSTILE)]
        base = incomplete(number, FIRE, HELMET) if number % 3 else failed(number)
        one = replace(
            base,
            id=f"{text[:100]}{number}",
            picture=PictureFacts(text, text[:64], base.picture.width, base.picture.height),
            camera_id=other,
            batch_id=text,
            metadata={text: [other]},
            runs=tuple(
                replace(
                    run,
                    model=text,
                    prompt_version=other,
                    complete=False,
                    incomplete_reasons=(Reason("other", {"text": text}),),
                )
                for run in base.runs
            ),
            error=base.error and replace(base.error, code=text, reason=Reason.of_sentence(other)),
        )
        found.append(entry(one))
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_text_stays_text_and_inside_the_page(tmp_path: Path, language: Language) -> None:
    """Markup, emoji, right-to-left and 10,000 characters neither break a page nor leave it."""
    scope = replace(
        SCOPE,
        title=HOSTILE[0] + "x" * 5_000,
        site=HOSTILE[2] + "y" * 5_000,
        camera_id=HOSTILE[6],
        made_by=HOSTILE[7] + "z" * 500,
        notices=(f"{HOSTILE[1]}2", f"{HOSTILE[4][:100]}5"),
    )
    path = write(tmp_path, hostile_entries(), language, scope)
    text = unbroken(text_of(path))
    assert "<b>bold</b>&<script>alert(1)</script>&amp;%s{0}\\(" in text
    assert "火[U+1F525]灾[U+202E]gpj.exe" in text
    assert "[U+0645][U+0631]" in text
    assert "[U+000A][U+0009][U+0000][U+001B][31mred[U+DCFF].jpg" in text
    assert "école[U+200B][U+FEFF]" in text
    assert not any(character in text for character in "\x00\u202e\u200b\ufffd🔥")
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            assert all(40 < one["x0"] < one["x1"] < page.width - 40 for one in page.chars)
            assert all(25 < one["top"] < one["bottom"] < page.height - 25 for one in page.chars)
            assert overlapping_words(page) == []


def overlapping_words(page: Any) -> list[tuple[str, str]]:
    """Pairs of words of a page that are printed over each other."""
    words = sorted(page.extract_words(x_tolerance=1.5), key=lambda one: one["top"])
    found = []
    for number, upper in enumerate(words):
        for lower in words[number + 1 :]:
            height = min(one["bottom"] - one["top"] for one in (upper, lower))
            if lower["top"] > upper["bottom"] - 0.5 * height:
                break
            if min(upper["x1"], lower["x1"]) - max(upper["x0"], lower["x0"]) > 1:
                found.append((upper["text"], lower["text"]))
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_is_printed_over_other_text(tmp_path: Path, language: Language) -> None:
    """Ordinary pages of every kind are free of collisions."""
    scope = replace(SCOPE, notices=(MIXED[0].inspection.id,))
    with pdfplumber.open(write(tmp_path, MIXED, language, scope)) as pdf:
        for page in pdf.pages:
            assert overlapping_words(page) == []


NOTICE_FIELDS: dict[Language, list[str]] = {
    "en": [
        "Rectification notice", "Notice no.", "Time of inspection", "Inspected unit",
        "Department responsible", "Location", "Inspector", "Category", "Rank", "□ ordinary",
        "□ major", "Hazard", "Provision violated", "Picture evidence", "Corrective actions",
        "Deadline", "Person responsible", "Telephone", "Issued by, date", "Received by, date",
        "Before", "After", "Actions completed", "Completed by", "Completed on", "Verification",
        "□ satisfactory, closed", "□ not satisfactory, rectify again", "Verified by", "Verified on",
        "If this is a fire: raise the alarm and start the emergency plan at once.",
    ],
    "zh": [
        "隐患整改通知单", "编号", "检查时间", "受检单位", "责任部门", "部位", "检查人员（核实人）",
        "隐患类别", "隐患等级", "□ 一般", "□ 重大", "隐患描述", "违反条款", "图像依据", "整改要求",
        "整改期限", "整改责任人", "联系电话", "签发人 / 日期", "签收人 / 日期", "整改前", "整改后",
        "整改完成情况", "填报人", "完成日期", "复查结论", "□ 合格，准予销号", "□ 不合格，重新整改",
        "复查人", "复查日期", "如为火情，立即报警并启动应急预案。",
    ],
}  # fmt: skip


def notices_on(*numbers: int, content: list[ReportEntry] = MIXED) -> ReportScope:
    """The scope of notices alone on the numbered pictures."""
    wanted = tuple(content[number - 1].inspection.id for number in numbers)
    return replace(SCOPE, notices=wanted, notices_alone=True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notice_alone_is_the_form_and_its_evidence(tmp_path: Path, language: Language) -> None:
    """Every field is there, filled in where it is known; nothing of a report is around it."""
    path = write(tmp_path, MIXED[:1], language, notices_on(1))
    with pdfplumber.open(path) as pdf:
        form, evidence = pdf.pages
        text = unbroken(form.extract_text())
        for field in [*NOTICE_FIELDS[language], "Plant 2", "gate-3", MIXED[0].inspection.id]:
            assert all(word in text for word in field.split())
        assert "2026-11-2108:01:00" in text
        assert "UTC+08:00" in text
        assert len(form.images) == 1
        assert len(evidence.images) >= 2
        assert overlapping_words(form) == []
        assert f"{1:064x}" in unbroken(evidence.extract_text())
    whole = text_of(path)
    for foreign in ("image recognition report", "图像识别报告", "Signatures", "签字", "of 3"):
        assert foreign not in whole


def test_a_notice_speaks_of_the_hazard_alone(tmp_path: Path) -> None:
    """People who wear their helmets are none of it."""
    with pdfplumber.open(write(tmp_path, MIXED[:1], "zh", notices_on(1))) as pdf:
        text = unbroken(pdf.pages[0].extract_text())
    assert "火焰1处（严重1）、人员1名（未正确佩戴安全帽1）。" in text
    assert "已正确佩戴安全帽1" not in text


def test_several_notices_are_papers_of_their_own(tmp_path: Path) -> None:
    """Each begins on page one and has its own number on its second page."""
    chosen = [MIXED[0], MIXED[4]]
    with pdfplumber.open(write(tmp_path, chosen, "en", notices_on(1, 2, content=chosen))) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
    assert [re.findall(r"Page \d of \d", text) for text in texts] == [
        ["Page 1 of 2"],
        ["Page 2 of 2"],
    ] * 2
    numbers = [re.findall(r"SD-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text) for text in texts]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_a_finding_keeps_its_number_whatever_the_report(tmp_path: Path) -> None:
    """In another selection, language, zone, and a year later it is the same."""
    pattern = re.compile(r"SD-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
    later = replace(SCOPE, made_at=SCOPE.made_at + timedelta(days=400), time_zone=UTC, site="x")
    noticed = (MIXED[4].inspection.id,)
    numbers = {
        found
        for language, content, scope in (
            ("en", [MIXED[4]], replace(SCOPE, notices=noticed, notices_alone=True)),
            ("zh", MIXED, replace(SCOPE, notices=noticed)),
            ("zh", [MIXED[4]], replace(later, notices=noticed)),
        )
        for found in pattern.findall(text_of(write(tmp_path, content, language, scope)))
    }
    assert len(numbers) == 1


def test_a_report_can_have_notices_too(tmp_path: Path) -> None:
    """The form is a page without the report's header, whose pages are counted on."""
    scope = replace(SCOPE, notices=(MIXED[0].inspection.id,))
    with pdfplumber.open(write(tmp_path, MIXED, "zh", scope)) as pdf:
        forms = [page for page in pdf.pages if "复查结论" in page.extract_text()]
        assert len(forms) == 1
        assert "图像识别报告" not in forms[0].extract_text()
        assert f"共 {len(pdf.pages)} 页" in forms[0].extract_text()


@pytest.mark.parametrize("one", [inspection(2, HELMET), incomplete(3), failed(4), queued(5)])
def test_a_notice_without_a_hazard_is_refused(tmp_path: Path, one: Inspection) -> None:
    """Clear, inconclusive, failed and unfinished: there is nothing to rectify."""
    scope = replace(SCOPE, notices=(one.id,), notices_alone=True)
    with pytest.raises(NoticeRefused, match=one.id) as caught:
        write(tmp_path, entries(one), scope=scope)
    assert "no hazard" in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "site",
    ["华东区域第三化工园区" * 12, "W" * 120, "Łódź-" * 24, "a b " * 30, "汉" * 120 + "end"],
    ids=["chinese", "latin", "polish", "words", "both"],
)
def test_a_long_site_name_is_whole_in_report_and_notice(tmp_path: Path, site: str) -> None:
    """It wraps; nothing of it is cut or printed over something else."""
    for scope in (replace(SCOPE, site=site), replace(notices_on(1), site=site)):
        with pdfplumber.open(write(tmp_path, MIXED[:1], "zh", scope)) as pdf:
            page = pdf.pages[0]
            assert unbroken(site) in unbroken(page.extract_text())
            assert all(40 < one["x0"] < one["x1"] < page.width - 40 for one in page.chars)
            assert overlapping_words(page) == []


def test_the_same_order_gives_the_same_bytes_later_too(tmp_path: Path) -> None:
    """A report, a single one and a notice that are made again a month later are the same papers."""
    later = SCOPE.made_at + timedelta(days=31, seconds=7)
    closed = replace(SCOPE, since=SCOPE.made_at - timedelta(days=2), until=SCOPE.made_at)
    for content, scope in (
        (MIXED, closed),
        (MIXED, SCOPE),
        (MIXED[:1], SCOPE),
        (MIXED[:1], notices_on(1)),
    ):
        first = write(tmp_path, content, scope=scope, name="a.pdf")
        second = write(tmp_path, content, scope=replace(scope, made_at=later), name="b.pdf")
        assert first.read_bytes() == second.read_bytes()


def test_a_notice_on_a_stranger_is_refused(tmp_path: Path) -> None:
    """A notice that would silently be missing is an error, and no file is written."""
    scope = replace(SCOPE, notices=("01STRANGER",))
    with pytest.raises(ReportFailed, match="01STRANGER"):
        write(tmp_path, MIXED, scope=scope)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_the_sheets(tmp_path: Path) -> None:
    """A caller can show how far a long report is, and can stop it."""
    told = []
    write_report(
        tmp_path / "told.pdf",
        MIXED,
        SCOPE,
        FONTS,
        "en",
        lambda done, all_: told.append((done, all_)),
    )
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_a_report_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    """Whatever stops the drawing, there is no half file and the earlier report is untouched."""

    def interrupted() -> RgbImage:
        raise KeyboardInterrupt

    path = write(tmp_path, MIXED)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, [*MIXED, ReportEntry(inspection(9, FIRE), picture, interrupted)])
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A missing folder, or a folder in the report's place, is an error that says which."""
    with pytest.raises(ReportFailed, match="missing"):
        write(tmp_path / "missing", MIXED)
    (tmp_path / "report.pdf").mkdir()
    with pytest.raises(ReportFailed, match="folder"):
        write(tmp_path, MIXED)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("content", [[], MIXED[:1], MIXED], ids=["empty", "single", "many"])
def test_the_structure_is_sound(tmp_path: Path, content: list[ReportEntry]) -> None:
    """A strict checker finds nothing to complain about."""
    check_structure(write(tmp_path, content, "zh"))


def check_structure(path: Path) -> None:
    """Passes when qpdf finds neither errors nor anything to warn of."""
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A report on one picture more than fits into a volume; hazards at both ends."""
    content = entries(*(inspection(n) for n in range(1, PICTURES_PER_VOLUME + 2)))
    content[0] = entry(inspection(1, FIRE))
    content[-1] = entry(inspection(PICTURES_PER_VOLUME + 1, SMOKE))
    path = tmp_path_factory.mktemp("volumes") / "报告.pdf"
    return write_report(path, content, SCOPE, FONTS, "en")


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_volumes_and_index_are_sound(volumes: list[Path]) -> None:
    """Links into other files included."""
    for path in volumes:
        check_structure(path)


def test_a_long_report_comes_in_volumes(volumes: list[Path]) -> None:
    """The index stands under the report's own name, the volumes beside it under theirs."""
    assert [path.name for path in volumes] == [
        "报告.pdf",
        "报告-volume-01.pdf",
        "报告-volume-02.pdf",
    ]
    assert sorted(volumes[0].parent.iterdir()) == sorted(volumes)


def test_the_index_volume_leads_into_the_volumes(volumes: list[Path]) -> None:
    """A row of the index's register opens the right volume at the right page."""
    reader = pypdf.PdfReader(volumes[0])
    targets = []
    for page in reader.pages:
        if "Hazard register" not in page.extract_text():
            continue
        for link in cast(Any, page["/Annots"]):
            action = link.get_object()["/A"]
            assert action["/S"] == "/GoToR"
            targets.append((action["/F"]["/UF"], action["/D"][0]))
    targets = targets[:2]  # the annex begins under the register
    assert [name for name, _ in targets] == ["报告-volume-01.pdf", "报告-volume-02.pdf"]
    for number, (name, page) in zip((1, PICTURES_PER_VOLUME + 1), targets, strict=True):
        text = pypdf.PdfReader(volumes[0].with_name(str(name))).pages[page].extract_text()
        assert f"picture-{number}.jpg" in text
        assert f"{number:064x}" in text


def test_the_index_volume_counts_all_pictures(volumes: list[Path]) -> None:
    """Summary and evidence index are about the whole report."""
    text = text_of(volumes[0])
    assert f"Hazards in 2 of {PICTURES_PER_VOLUME + 1} pictures." in text
    assert f"{PICTURES_PER_VOLUME + 1:064x}" in text


@pytest.mark.parametrize(
    ("language", "compared", "alone"),
    [("en", "Compared with the period before", "no period before"), ("zh", "环比为", "可比")],
)
def test_a_comparison_is_explained_where_there_is_one(
    tmp_path: Path, language: Language, compared: str, alone: str
) -> None:
    """Columns of dashes say that there was nothing to compare with."""
    before = replace(SCOPE, before=count_dangers([inspection(8, FIRE)]))
    for scope, said, unsaid in ((before, compared, alone), (SCOPE, alone, compared)):
        text = unbroken(text_of(write(tmp_path, MIXED, language, scope)))
        assert unbroken(said) in text
        assert unbroken(unsaid) not in text


def test_what_a_list_leaves_out_is_said_under_it(tmp_path: Path) -> None:
    """A report on some pictures lists some of the hazards and doubts, and counts the others."""
    everything = [one.inspection for one in MIXED] + [inspection(9, FIRE), failed(10)]
    whole = WholeCounts(count_outcomes(everything), count_hazards(everything), tuple(everything))
    text = unbroken(text_of(write(tmp_path, MIXED, "zh", replace(SCOPE, whole=whole))))
    assert "另有1张存在隐患的图片不在本次所选范围内" in text
    assert "另有1张未得出结论的图片不在本次所选范围内" in text
    assert "另有" not in unbroken(text_of(write(tmp_path, MIXED, "zh")))


def test_the_running_head_of_a_notice_names_one_notice(tmp_path: Path) -> None:
    """Each is filed by itself, also where several were ordered."""
    first, second = inspection(1, FIRE), inspection(2, FIRE)
    wanted = (first.id, second.id)
    scope = replace(SCOPE, notices=wanted, notices_alone=True)
    path = write(tmp_path, entries(first, second), scope=scope)
    with pdfplumber.open(path) as pdf:
        heads = [page.extract_text().splitlines()[0] for page in pdf.pages]
    assert all(head.startswith("Rectification notice") for head in heads)
    assert not any("notices" in head for head in heads)


@pytest.mark.parametrize(
    ("found", "wh"),
    [
        ((FIRE,), (1600, 1200)),
        ((FIRE,), (1600, 2400)),
        ((BARE_HEAD,), (1600, 1600)),
        ((BARE_HEAD,), (1600, 2400)),
        ((FIRE, BARE_HEAD), (1600, 1200)),
    ],
    ids=["fire", "fire, upright", "head", "head, upright", "both"],
)
def test_sheets_share_pages_two_by_two(
    tmp_path: Path, found: tuple[Detection, ...], wh: tuple[int, int]
) -> None:
    """No sheet fills half a page and leaves the rest empty, none is torn, nothing overlaps."""
    some = [inspection(n, *found) for n in range(1, 7)]
    some = [replace(one, picture=replace(one.picture, width=wh[0], height=wh[1])) for one in some]
    with pdfplumber.open(write(tmp_path, entries(*some))) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
        sheets = [text.count("Annotated") for text in texts]
        assert sum(sheets) == 6
        assert sorted(filter(None, sheets)) in ([2, 2, 2], [1, 1, 2, 2])
        assert len(texts) <= 6
        for page, text in zip(pdf.pages, texts, strict=True):
            assert overlapping_words(page) == []
            assert text.count("Annotated") == text.count("Detector run")


def test_a_few_rows_do_not_stand_on_a_page_alone(tmp_path: Path) -> None:
    """Behind the end of the register its first sheet begins, and the annex behind the last one."""
    with pdfplumber.open(write(tmp_path, entries(inspection(1, FIRE), inspection(2)))) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
    register = next(text for text in texts if "Hazard register" in text)
    assert "Evidence sheets" in register or "Annotated" in texts[texts.index(register) + 1]
    (cards,) = [text for text in texts if "Pictures without a hazard, or" in text]
    assert "Evidence index" in cards
