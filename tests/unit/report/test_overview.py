"""What a report says about its inspections, before any page is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.capture_time import ClockNote, ClockNoteCode, Taken, TakenFrom
from safety_detector.domain.hazards import Hazard, Language, SubLabel
from safety_detector.domain.inspection import Inspection, Verdict
from safety_detector.domain.outcomes import Outcome
from safety_detector.report.contents import (
    ExpectedCamera,
    Fact,
    FaultSpell,
    Kind,
    ReportContents,
    ReportScope,
    UninspectedFrames,
    WholeCounts,
)
from safety_detector.report.figures import count_dangers, count_hazards, count_outcomes
from safety_detector.report.overview import build_contents, number_report
from safety_detector.report.parts import Part
from safety_detector.report.sentences import say_duration
from tests.report_entries import (
    BARE_HEAD,
    CHINA,
    FIRE,
    HELMET,
    MADE_AT,
    SCOPE,
    SMOKE,
    UNJUDGED,
    failed,
    incomplete,
    inspection,
    queued,
)

MIXED = [
    inspection(1, FIRE, BARE_HEAD, HELMET),
    inspection(2, HELMET),
    incomplete(3),
    incomplete(4, SMOKE),
    inspection(5, UNJUDGED),
    failed(6),
    queued(7),
]


def build(
    inspections: list[Inspection], language: Language = "en", scope: ReportScope = SCOPE
) -> ReportContents:
    """The contents of a report that is one file."""
    part = Part(Kind.WHOLE, number_report(inspections, scope))
    return build_contents(inspections, scope, language, part)


def test_every_picture_is_counted_once() -> None:
    """The outcomes add up to the pictures submitted; failed ones are never among the clear."""
    outcomes = build(MIXED).outcomes
    assert outcomes.submitted == 7
    assert (outcomes.hazard, outcomes.clear, outcomes.inconclusive) == (2, 1, 2)
    assert (outcomes.failed, outcomes.unfinished, outcomes.incomplete) == (1, 1, 2)
    assert outcomes.completed == 5
    assert outcomes.open == 4


def test_the_headline_is_the_worst_that_is_known() -> None:
    """Hazards come first, then doubt; only a report without either is green."""
    assert build(MIXED).headline == "Hazards in 2 of 7 pictures."
    assert build(MIXED).headline_outcome is Outcome.HAZARD
    doubtful = build([inspection(1), failed(2)])
    assert doubtful.headline == (
        "No hazard was found, but there is no conclusion for 1 of 2 pictures."
    )
    assert doubtful.headline_outcome is Outcome.INCONCLUSIVE
    assert doubtful.warning is not None
    clear = build([inspection(1), inspection(2, HELMET)])
    assert clear.headline == "No hazard was found in 2 pictures."
    assert clear.headline_outcome is Outcome.CLEAR
    assert clear.warning is None
    assert build([]).headline_outcome is Outcome.INCONCLUSIVE


def test_the_register_holds_the_hazards_only() -> None:
    """One line for each picture with a hazard, with its number among all pictures."""
    rows = build(MIXED).register
    assert [(row.number, row.hazards, row.severity) for row in rows] == [
        (1, "Fire × 1, no proper helmet × 1", "Severe"),
        (4, "Smoke × 1", "Moderate"),
    ]
    rows = build(MIXED, "zh").register
    assert [(row.number, row.hazards, row.severity) for row in rows] == [
        (1, "火焰 × 1、未正确佩戴安全帽 × 1", "严重"),
        (4, "烟雾 × 1", "中等"),
    ]


@pytest.mark.parametrize(
    ("states", "english", "chinese"),
    [
        ((SubLabel.MINOR, SubLabel.SEVERE), "Severe", "严重"),
        ((SubLabel.SEVERE, SubLabel.MINOR), "Severe", "严重"),
        ((SubLabel.MODERATE, None), "Moderate", "中等"),
        ((None, SubLabel.MINOR), "Minor", "轻微"),
        ((SubLabel.UNCERTAIN, None), "Severity uncertain", "程度不确定"),
        ((SubLabel.UNCERTAIN, SubLabel.SEVERE), "Severe", "严重"),
        ((SubLabel.UNCERTAIN, SubLabel.MINOR), "Minor, others uncertain", "轻微，另有程度不确定"),
        ((None, None), "-", "—"),
    ],
)
def test_the_register_shows_the_worst_severity_of_the_picture(
    states: tuple[SubLabel | None, SubLabel | None], english: str, chinese: str
) -> None:
    """Severe smoke beside a small fire is severe; a bare head is not said twice."""
    found = [BARE_HEAD]
    for base, state in zip((FIRE, SMOKE), states, strict=True):
        if state is not None:
            found.append(replace(base, hazard=Hazard(base.hazard.label, state)))
    assert build([inspection(1, *found)]).register[0].severity == english
    assert build([inspection(1, *found)], "zh").register[0].severity == chinese


@pytest.mark.parametrize(
    ("duration", "english", "chinese"),
    [
        (timedelta(days=10, hours=14, minutes=31), "10 d 14 h 31 min", "10 天 14 小时 31 分"),
        (timedelta(minutes=62, seconds=29), "1 h 2 min", "1 小时 2 分"),
        (timedelta(days=2), "2 d", "2 天"),
        (timedelta(seconds=59.4), "59 s", "59 秒"),
        (timedelta(), "0 s", "0 秒"),
    ],
)
def test_a_duration_reads_like_one(duration: timedelta, english: str, chinese: str) -> None:
    """Days, hours and minutes by their names; 254:31:00 would have to be worked out."""
    assert say_duration(duration, "en") == english
    assert say_duration(duration, "zh") == chinese


def test_pictures_without_a_conclusion_are_listed_with_the_reason() -> None:
    """Incomplete, unjudged, failed and unfinished ones each say why."""
    rows = {row.number: row.reason for row in build(MIXED).troubles}
    assert list(rows) == [3, 5, 6, 7]
    assert "the answer was cut" in rows[3]
    assert "Whether a helmet is worn could not be judged (people: 1)." in rows[5]
    assert "the file ends before the picture does" in rows[6]
    assert "The JPEG file ends after 1,024 bytes, before its picture does." in rows[6]
    assert "model unreachable since 08:00" in rows[7]


@pytest.mark.parametrize(
    ("one", "english", "chinese"),
    [
        (
            inspection(1, FIRE, BARE_HEAD, HELMET),
            (
                "The picture shows fire in 1 place (severe: 1) and 2 people "
                "(no proper helmet: 1, helmet worn properly: 1)."
            ),
            "画面中检出火焰 1 处（严重 1）、人员 2 名（未正确佩戴安全帽 1、已正确佩戴安全帽 1）。",
        ),
        (
            inspection(1, FIRE, SMOKE, SMOKE, HELMET),
            (
                "The picture shows fire in 1 place (severe: 1), smoke in 2 places (moderate: 2) "
                "and 1 person (helmet worn properly: 1)."
            ),
            "画面中检出火焰 1 处（严重 1）、烟雾 2 处（中等 2）、人员 1 名（已正确佩戴安全帽 1）。",
        ),
        (
            inspection(1, HELMET),
            "The picture shows 1 person (helmet worn properly: 1). No fire or smoke was found.",
            "画面中检出人员 1 名（已正确佩戴安全帽 1）。未检出火焰或烟雾。",
        ),
        (
            inspection(1),
            "No fire, smoke or person was found.",
            "未检出火焰、烟雾或人员。",
        ),
        (
            failed(1),
            (
                "The picture could not be inspected, so nothing can be said about it: the file "
                "ends before the picture does."
            ),
            "该图片未能完成检测，无法给出任何判断：图片文件不完整。",
        ),
        (
            replace(failed(1), error=None),
            (
                "The picture could not be inspected, so nothing can be said about it: no reason "
                "recorded."
            ),
            "该图片未能完成检测，无法给出任何判断：未记录原因。",
        ),
    ],
)
def test_a_sheet_describes_its_picture(one: Inspection, english: str, chinese: str) -> None:
    """One sentence in each language says what is seen, or that nothing can be said."""
    for language, expected in (("en", english), ("zh", chinese)):
        (sheet,) = build([one], language).sheets  # type: ignore[arg-type]  # mypy sees str
        assert sheet.description == expected


def test_detections_are_numbered_as_on_the_picture() -> None:
    """Number 1 is the most urgent one, whatever order they are stored in."""
    shuffled = replace(MIXED[0], detections=(HELMET, FIRE, BARE_HEAD))
    (sheet,) = build([shuffled]).sheets
    assert [(row.number, row.detection) for row in sheet.detections] == [
        (1, FIRE),
        (2, BARE_HEAD),
        (3, HELMET),
    ]


def test_a_hazard_in_a_cut_answer_keeps_its_reservation() -> None:
    """Where more may be than is listed the sheet says so beside the hazard."""
    (sheet,) = build([incomplete(1, SMOKE)]).sheets
    assert sheet.outcome is Outcome.HAZARD
    assert sheet.reservations == (
        "The inspection was incomplete (the answer was cut): there may be more than is listed.",
    )


def test_a_failed_run_is_a_reservation_in_the_language_of_the_report() -> None:
    """The error's code becomes words."""
    run = replace(inspection(1).runs[0], complete=False, error="model-unreachable")
    (sheet,) = build([inspection(1, FIRE, runs=[run])], "zh").sheets
    assert sheet.reservations == ("有一次检测运行失败（模型服务无法连接）：可能存在未列出的隐患。",)


def test_a_silent_camera_has_a_gap_up_to_the_end_of_the_period() -> None:
    """A camera that falls silent shows its longest silence, also before and after its pictures."""
    day = datetime(2026, 11, 21, tzinfo=UTC)
    scope = replace(SCOPE, since=day, until=day + timedelta(hours=10), time_zone=UTC)
    rows = build([inspection(1), inspection(90), inspection(120)], scope=scope).cameras
    assert [row.longest_gap_text for row in rows] == ["6 h 30 min from 11-21 02:00"]
    rows = build([inspection(1), inspection(90), inspection(120)]).cameras
    assert [row.longest_gap_text for row in rows] == ["1 h 29 min from 11-21 08:01"]


def test_a_camera_that_sent_nothing_is_named_as_silent() -> None:
    """Its row has no pictures and a gap as long as the period, and the first page names it."""
    day = datetime(2026, 11, 21, tzinfo=UTC)
    scope = replace(
        SCOPE,
        since=day,
        until=day + timedelta(hours=8),
        time_zone=UTC,
        cameras=(
            ExpectedCamera("gate-3", day - timedelta(days=9)),
            ExpectedCamera("roof", day - timedelta(days=9)),
            ExpectedCamera("new", day + timedelta(hours=7)),
        ),
    )
    contents = build([inspection(1)], scope=scope)
    assert [
        (row.name, row.is_silent, row.first_text, row.longest_gap_text) for row in contents.cameras
    ] == [
        ("gate-3", False, "2026-11-21 00:01:00", "7 h 59 min from 11-21 00:01"),
        ("new", True, "-", "no picture since 11-21 07:00"),
        ("roof", True, "-", "no picture since 11-21 00:00"),
    ]
    assert contents.warning == (
        "Cameras that sent no picture in this period: new, roof. Silence is not safety."
    )
    nothing = build([], "zh", scope)
    assert [row.is_silent for row in nothing.cameras] == [True, True, True]


def test_nothing_is_missing_from_before_a_camera_was_there_nor_after_it_was_removed() -> None:
    """A camera that was made or removed in the period has no gap of 36 hours up to its edges."""
    day = datetime(2026, 11, 21, tzinfo=UTC)
    scope = replace(
        SCOPE,
        since=day - timedelta(days=3),
        until=day + timedelta(hours=8),
        time_zone=UTC,
        cameras=(
            ExpectedCamera("new", day),
            ExpectedCamera("removed", day - timedelta(days=9), day + timedelta(minutes=10)),
            ExpectedCamera("late-record", day + timedelta(minutes=50)),
            ExpectedCamera("twice", day - timedelta(days=9), day - timedelta(days=2)),
            ExpectedCamera("twice", day + timedelta(minutes=5)),
        ),
    )
    pictures = [
        inspection(1, camera_id="new"),
        inspection(479, camera_id="new"),
        inspection(5, camera_id="removed"),
        inspection(40, camera_id="late-record"),
        inspection(6, camera_id="twice"),
        inspection(7, camera_id="unknown"),
        inspection(9, camera_id="unknown"),
    ]
    gaps = {row.name: row.longest_gap_text for row in build(pictures, scope=scope).cameras}
    assert gaps == {
        "new": "7 h 58 min from 11-21 00:01",
        "removed": "3 d 5 min from 11-18 00:00",
        "late-record": "7 h 20 min from 11-21 00:40",
        "twice": "1 d from 11-18 00:00",
        "unknown": "2 min from 11-21 00:07",
    }


def test_cameras_are_called_by_their_names() -> None:
    """In register, coverage, sheets and warnings; the id is beside it where it must be found."""
    scope = replace(
        SCOPE,
        camera_id="gate-3",
        camera_names={"gate-3": "北门 3 号", "roof": "<b>Roof</b> (roof)", "gone": "Old yard"},
        cameras=(ExpectedCamera("gone", MADE_AT - timedelta(days=1)),),
    )
    pictures = [inspection(1, FIRE), inspection(2, FIRE, camera_id="roof")]
    contents = build(pictures, scope=scope)
    assert [row.camera for row in contents.register] == ["北门 3 号", "<b>Roof</b> (roof)"]
    assert [row.name for row in contents.cameras] == ["<b>Roof</b> (roof)", "Old yard", "北门 3 号"]
    assert "sent no picture in this period: Old yard" in (contents.warning or "")
    facts = [
        [fact.value for fact in sheet.facts if fact.name == "Camera"] for sheet in contents.sheets
    ]
    assert facts == [["北门 3 号 (gate-3)"], ["<b>Roof</b> (roof)"]]
    assert [fact.value for fact in contents.facts if fact.name == "Camera"] == [
        "北门 3 号 (gate-3)"
    ]


def test_frames_that_were_not_inspected_are_counted() -> None:
    """A camera that was too fast, or switched off, looks like neither silence nor completeness."""
    frames = {"gate-3": UninspectedFrames(1200, 3), "off": UninspectedFrames(0, 7)}
    expected = (ExpectedCamera("off", MADE_AT), ExpectedCamera("gate-3", MADE_AT))
    contents = build([inspection(1)], scope=replace(SCOPE, frames=frames, cameras=expected))
    assert [row.frames_text for row in contents.cameras] == [
        "replaced: 1,200, skipped: 3",
        "skipped: 7",
    ]
    assert "1,200 were replaced by a newer one before their turn, 10 were" in (
        contents.frames_line or ""
    )
    assert build([inspection(1)]).frames_line is None


def test_unchanged_frames_and_faults_of_cameras_are_part_of_the_coverage() -> None:
    """On how many looks the paper rests, and when what a camera showed proves nothing."""
    frames = {"gate-3": UninspectedFrames(0, 0, 1234)}
    began = MADE_AT - timedelta(minutes=50)
    faults = (
        FaultSpell("roof", Fault.FROZEN, began, None),
        FaultSpell("gate-3", Fault.SILENT, began, began + timedelta(minutes=5)),
    )
    scope = replace(SCOPE, frames=frames, faults=faults)
    contents = build([inspection(1)], scope=scope)
    assert (contents.frames_line or "").startswith(
        "This rests on 1 frames that were looked at. 1,234 more showed nothing new"
    )
    assert contents.fault_lines == (
        "roof: frozen picture, from 2026-11-21 15:40:00",
        "gate-3: silent, 2026-11-21 15:40:00 to 2026-11-21 15:45:00",
    )
    many = tuple(replace(faults[0], camera_id=f"c{number}") for number in range(20))
    lines = build([inspection(1)], scope=replace(scope, faults=many)).fault_lines
    assert lines[-1] == "and 8 more"


def test_a_camera_without_a_period_is_silent_since_it_was_added() -> None:
    """All that there is to say of a camera that never sent anything."""
    scope = replace(SCOPE, cameras=(ExpectedCamera("roof", MADE_AT - timedelta(hours=2)),))
    (row,) = build([], scope=scope).cameras
    assert (row.is_silent, row.longest_gap_text) == (True, "no picture since 11-21 14:30")


def test_what_is_still_to_come_is_no_gap() -> None:
    """A period that has not ended counts up to the moment of making."""
    scope = replace(SCOPE, since=MADE_AT - timedelta(hours=9), until=MADE_AT + timedelta(days=30))
    (row,) = build([inspection(1)], scope=scope).cameras
    assert row.longest_gap_text == "8 h 29 min from 11-21 08:01"


def test_a_volume_has_no_gaps_up_to_the_period_s_edges() -> None:
    """Its pictures are a part of the period; the index tells how the whole was covered."""
    scope = replace(SCOPE, since=MADE_AT - timedelta(days=9), until=MADE_AT)
    part = Part(Kind.VOLUME, "SD-1", volume=1, volumes=2)
    contents = build_contents([inspection(1), inspection(3)], scope, "en", part)
    assert [row.longest_gap_text for row in contents.cameras] == ["2 min from 11-21 08:01"]


def test_cameras_come_by_name_and_pictures_without_one_last() -> None:
    """Every picture counts for coverage, also one without a camera."""
    rows = build(
        [inspection(1, camera_id=None), inspection(2, camera_id="b"), inspection(3, camera_id="a")]
    ).cameras
    assert [(row.name, row.is_camera) for row in rows] == [
        ("a", True),
        ("b", True),
        ("(no camera)", False),
    ]


def test_hours_are_those_of_the_report_s_zone() -> None:
    """The columns of the day follow the place's clock and name every hour."""
    (chart,) = build([inspection(1, FIRE), inspection(61), inspection(62)]).over_time
    assert [column.name for column in chart.columns] == [f"{hour:02}" for hour in range(24)]
    assert [(c.name, c.pictures, c.hazards) for c in chart.columns if c.pictures] == [
        ("08", 1, 1),
        ("09", 2, 0),
    ]


@pytest.mark.parametrize(
    ("days", "titles", "columns"),
    [
        (0, [], []),
        (1, ["Pictures by day"], [2]),
        (30, ["Pictures by day"], [31]),
        (31, ["Pictures by month"], [2]),
        (300, ["Pictures by month"], [11]),
    ],
)
def test_longer_periods_are_counted_in_longer_steps(
    days: int, titles: list[str], columns: list[int]
) -> None:
    """Days up to a month, then months; a day without pictures keeps its place."""
    first, last = inspection(1), inspection(1 + days * 24 * 60)
    charts = build([first, last]).over_time
    assert [chart.title for chart in charts] == titles
    assert [len(chart.columns) for chart in charts] == columns


BERLIN = ZoneInfo("Europe/Berlin")


def at(moment: str, number: int = 1) -> Inspection:
    """An inspection of a picture that was taken at that moment of UTC."""
    taken = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return replace(inspection(number), received_at=taken, captured_at=taken)


def test_each_time_has_the_offset_that_it_had_then() -> None:
    """A report over the end of summer time is right before and after, and says when it changed."""
    pictures = [at("2026-10-24T10:00:00", 1), at("2026-10-26T10:00:00", 2)]
    scope = replace(SCOPE, time_zone=BERLIN)
    contents = build(pictures, scope=scope)
    assert [one.time_text for one in contents.sheets] == [
        "2026-10-24 12:00:00",
        "2026-10-26 11:00:00",
    ]
    assert contents.zone_line == (
        "Times are in UTC+02:00; from 2026-10-25 02:00:00 on in UTC+01:00."
    )
    assert [
        fact.value for one in contents.sheets for fact in one.facts if fact.name == "Taken"
    ] == [
        "2026-10-24 12:00:00 (UTC+02:00) (as its sender said)",
        "2026-10-26 11:00:00 (UTC+01:00) (as its sender said)",
    ]
    (days, hours) = contents.over_time
    assert [column.name for column in days.columns] == ["10-24", "10-25", "10-26"]
    assert [column.name for column in hours.columns if column.pictures] == ["11", "12"]


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        ("Europe/Berlin", "2026-10-24T22:30:00", "2026-10-25 00:30:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00", "2026-10-25 02:30:00 UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00", "2026-10-25 02:30:00 UTC+01:00"),
        ("Europe/Berlin", "2026-10-25T02:00:00", "2026-10-25 03:00:00"),
        ("Europe/Berlin", "2026-03-29T00:59:59", "2026-03-29 01:59:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00", "2026-03-29 03:00:00"),
        ("Australia/Sydney", "2026-01-15T12:00:00", "2026-01-15 23:00:00"),
        ("Australia/Sydney", "2026-07-15T12:00:00", "2026-07-15 22:00:00"),
        ("Australia/Lord_Howe", "2026-07-15T12:00:00", "2026-07-15 22:30:00"),
        ("Asia/Kolkata", "2026-07-15T18:30:00", "2026-07-16 00:00:00"),
        ("America/St_Johns", "2026-11-01T04:29:59", "2026-11-01 01:59:59 UTC-02:30"),
    ],
)
def test_a_moment_is_written_by_the_zone_s_rule(zone: str, moment: str, local: str) -> None:
    """Both hemispheres, zones of half an hour, and the hour that comes twice."""
    contents = build([at(moment)], scope=replace(SCOPE, time_zone=ZoneInfo(zone)))
    assert contents.sheets[0].time_text == local


def test_a_day_ends_at_the_midnight_of_its_own_offset() -> None:
    """A picture half an hour before midnight in winter time is not counted for the next day."""
    pictures = [at("2026-10-25T22:30:00", 1), at("2026-10-26T22:30:00", 2)]
    contents = build(pictures, scope=replace(SCOPE, time_zone=BERLIN))
    assert [(one.name, one.pictures) for one in contents.over_time[0].columns] == [
        ("10-25", 1),
        ("10-26", 1),
    ]


def test_of_a_selection_everything_is_counted() -> None:
    """Coverage and columns are those of all pictures, whichever of them have sheets."""
    everything = [inspection(1, FIRE), failed(2), inspection(3, HELMET)]
    whole = WholeCounts(count_outcomes(everything), count_hazards(everything), tuple(everything))
    scope = replace(SCOPE, whole=whole, verdict=Verdict.CLEAR)
    clear = build([everything[2]], scope=scope)
    assert clear.outcomes.submitted == 3
    assert sum(one.outcomes.submitted for one in clear.cameras) == 3
    assert clear.over_time == build(everything).over_time


READ_IN_TOKYO = ClockNote(ClockNoteCode.ZONE_ASSUMED, TakenFrom.EXIF, "x", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        (Taken(MADE_AT, TakenFrom.CAPTURED_AT), "(as its sender said)"),
        (Taken(MADE_AT, TakenFrom.ARRIVAL), "not stated; the time it was received counts"),
        (
            Taken(MADE_AT, TakenFrom.EXIF, (READ_IN_TOKYO,)),
            "(by the camera, EXIF, read in Asia/Tokyo)",
        ),
    ],
)
def test_a_sheet_says_when_its_picture_was_taken_and_how_that_is_known(
    taken: Taken, said: str
) -> None:
    """Nobody takes a time of arrival, or an assumed zone, for what a camera stated."""
    contents = build([replace(inspection(1, FIRE), taken=taken)])
    (fact,) = [one for one in contents.sheets[0].facts if one.name == "Taken"]
    assert fact.value.endswith(said)
    assert not [one for one in contents.sheets[0].facts if one.name == "Clock error"]


def test_the_axis_spans_the_whole_period() -> None:
    """A day without pictures at the period's edge has its place; what is to come has none yet."""
    day = datetime(2026, 11, 19, tzinfo=CHINA)
    scope = replace(SCOPE, since=day, until=day + timedelta(days=30))
    (days,) = build([inspection(1), inspection(2)], scope=scope).over_time
    assert [(one.name, one.pictures) for one in days.columns] == [
        ("11-19", 0),
        ("11-20", 0),
        ("11-21", 2),
    ]
    scope = replace(SCOPE, since=day - timedelta(days=400), until=day + timedelta(days=3))
    (months,) = build([inspection(1), inspection(2)], scope=scope).over_time
    assert [one.name for one in months.columns][:2] == ["2025-10", "2025-11"]
    assert [one.name for one in months.columns][-1] == "2026-11"
    long_ago = replace(SCOPE, since=datetime(1, 1, 2, tzinfo=UTC))
    (months,) = build([inspection(1)], scope=long_ago).over_time
    assert len(months.columns) == 36


def test_failed_pictures_are_not_counted_with_clear_ones() -> None:
    """A column tells what is clear from what nobody knows anything about."""
    (hours,) = build([inspection(1, FIRE), inspection(2), failed(3), failed(63)]).over_time
    eight, nine = (one for one in hours.columns if one.pictures)
    assert (eight.hazards, eight.open, eight.clear) == (1, 1, 1)
    assert (nine.hazards, nine.open, nine.clear) == (0, 1, 0)


def test_statistics_compare_with_the_period_before() -> None:
    """Pictures by category, beside those of the period before; nobody is divided by."""
    before = count_dangers([inspection(1, FIRE), inspection(2, FIRE, BARE_HEAD)])
    contents = build(MIXED, scope=replace(SCOPE, before=before))
    assert [
        (one.name, one.pictures, one.before_text, one.change_text) for one in contents.statistics
    ] == [
        ("Pictures inspected", 7, "2", "+250%"),
        ("Fire", 1, "2", "-50%"),
        ("Smoke", 1, "0", "-"),
        ("Head protection", 1, "1", "+0%"),
    ]
    assert contents.is_compared
    alone = build(MIXED)
    assert {one.before_text for one in alone.statistics} == {"-"}
    assert not alone.is_compared


def test_the_period_is_the_one_asked_for_or_the_one_of_the_pictures() -> None:
    """Open ends are said as such."""

    def period(scope: ReportScope) -> str:
        facts = build([inspection(1), inspection(2)], scope=scope).facts
        return next(fact.value for fact in facts if fact.name == "Period")

    since = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert period(SCOPE) == "2026-11-21 08:01:00 to 2026-11-21 08:02:00"
    assert period(replace(SCOPE, since=since)) == "from 2026-11-21 00:00:00"
    assert period(replace(SCOPE, until=since)) == "until 2026-11-21 00:00:00"


def test_provenance_names_each_model_once() -> None:
    """The summary says which detector and which instruction made the report's results."""
    other = replace(inspection(1).runs[0], backend="embedded", model="sd-1", prompt_version=None)
    facts = build([inspection(1), inspection(2), inspection(3, runs=[other])]).facts
    assert (
        Fact("Detector", "qwen: Qwen/Qwen2.5-VL-7B-Instruct, prompt zh-1; embedded: sd-1") in facts
    )


def test_the_reference_follows_from_the_content() -> None:
    """The same order on the same results has the same number, whenever; another has another."""
    number = number_report(MIXED, SCOPE)
    later = replace(SCOPE, made_at=SCOPE.made_at + timedelta(days=9))
    assert number_report(MIXED, later) == number
    assert number_report(MIXED[1:], SCOPE) != number
    assert number_report(MIXED, replace(SCOPE, since=MADE_AT - timedelta(days=3))) != number
    assert number_report(MIXED, replace(SCOPE, site="Plant 3")) != number
    changed = replace(MIXED[0], detections=(FIRE,))
    assert number_report([changed, *MIXED[1:]], SCOPE) != number


def test_a_very_long_name_keeps_its_beginning_and_end() -> None:
    """What is left out is counted."""
    name = "a" * 5_000 + "b" * 5_000
    (sheet,) = build([inspection(1, name=name)]).sheets
    assert sheet.name == "a" * 200 + " [... 9,600 ...] " + "b" * 200


def test_metadata_of_the_submitter_stands_on_the_sheet() -> None:
    """What came with the picture is kept with the evidence."""
    (sheet,) = build([replace(inspection(1), metadata={"工单": 7, "shift": "b"})]).sheets
    assert Fact("Metadata", '{"工单": 7, "shift": "b"}') in sheet.facts
    (sheet,) = build([inspection(1)]).sheets
    assert "Metadata" not in [fact.name for fact in sheet.facts]


def test_a_run_s_provenance_stands_in_one_line() -> None:
    """Model, instruction, timings, tokens and dropped boxes; what is unknown is left out."""
    run = replace(inspection(1).runs[0], dropped=2)
    bare = replace(run, backend="embedded", prompt_version=None, usage=None, timings_ms={})
    (sheet,) = build([inspection(1, runs=[run, replace(bare, dropped=0)])]).sheets
    assert [fact.value for fact in sheet.facts if fact.name == "Detector run"] == [
        (
            "qwen: Qwen/Qwen2.5-VL-7B-Instruct, prompt zh-1, prepare 9.1 ms, model 2,410.0 ms, "
            "parse 0.2 ms, 1,890 + 78 tokens, 2 boxes dropped"
        ),
        "embedded: Qwen/Qwen2.5-VL-7B-Instruct",
    ]


def test_what_retention_removed_is_not_called_silence() -> None:
    """Neither where pictures are left nor where none is; the times are those of their arrival."""
    gone = (datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC))
    scope = replace(SCOPE, purged=gone, cameras=(ExpectedCamera("gate-9", gone[0]),))
    for inspections in ([], MIXED):
        warning = build(inspections, scope=scope).warning or ""
        first, last = (one.astimezone(SCOPE.time_zone) for one in gone)
        assert f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S}" in warning
        assert "was submitted" not in warning
        assert "sent no picture" not in warning
    assert "gate-9" in warning
    assert "已被清除" in (build([], "zh", scope).warning or "")


def test_the_annex_is_named_only_for_what_it_lists() -> None:
    """A report on the hazards alone does not send its reader to a list that is not there."""
    everything = [inspection(1, FIRE), incomplete(2), failed(3)]
    whole = WholeCounts(count_outcomes(everything), count_hazards(everything), tuple(everything))
    scope = replace(SCOPE, whole=whole)
    for language, none, all_of_it, some in (
        ("en", "annex", "The annex lists them.", "The annex lists 1 of them."),
        ("zh", "附录", "清单见附录。", "附录列出其中 1 张。"),
    ):
        hazards = replace(scope, verdict=Verdict.HAZARD)
        assert none not in (build(everything[:1], language, hazards).warning or "")
        assert all_of_it in (build(everything, language).warning or "")
        open_ones = replace(scope, verdict=Verdict.INCONCLUSIVE)
        assert some in (build(everything[1:2], language, open_ones).warning or "")


def test_a_single_notice_is_called_one() -> None:
    """In the title that readers and archives show; several are notices."""
    one, two = inspection(1, FIRE), inspection(2, FIRE)

    def title(*found: Inspection) -> str:
        scope = replace(SCOPE, notices=tuple(each.id for each in found), notices_alone=True)
        return build_contents(found, scope, "en", Part(Kind.NOTICES, "SD-1")).title

    assert title(one) == "Rectification notice"
    assert title(one, two) == "Rectification notices"


def test_the_limits_speak_of_errors_in_both_directions() -> None:
    """A bare head may be taken for a worn helmet: who signs has to know, and to review."""
    missed, wrong, review = "可能漏检", "误判为已佩戴安全帽", "须经人员复核"
    chinese = "".join(build([], "zh").limits)
    assert all(word in chinese for word in (missed, wrong, review))
    english = " ".join(build([], "en").limits)
    assert "may be taken for a worn helmet" in english
    assert "must review the results" in english
