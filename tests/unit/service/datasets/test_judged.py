"""Labelled pictures of what is stored, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from safety_detector.datasets.labelled import Basis, LabelledPicture
from safety_detector.domain.camera_rules import CameraRules, Mask, Polygon, WatchedHazard, Zone
from safety_detector.domain.corrections import BoxOrigin
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.errors import SubmissionRefused
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.incidents.permits import NewPermit
from safety_detector.service.incidents.records import NewAct
from tests.judged_service import REVIEWER, Judged
from tests.pictures import jpeg
from tests.service_stand import Stand

FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
PLACE = Box(10, 12, 40, 30)
NOON = datetime(2026, 11, 21, 7, 50, tzinfo=UTC)
CONFIRM = NewAct(ActKind.CONFIRM)
LIGHT = NewAct(ActKind.DISMISS, text="Light, sun, reflection")
EVERYTHING = DatasetFilter()
STACK = Polygon(((195 / 640, 0.3), (245 / 640, 0.3), (245 / 640, 0.65), (195 / 640, 0.65)))


@pytest.fixture
def judged(stand: Stand) -> Judged:
    """Makes pictures and judgements."""
    return Judged(stand.service)


def listed(judged: Judged, wanted: DatasetFilter = EVERYTHING) -> list[LabelledPicture]:
    """Every judged picture."""
    return list(judged.service.inspections.judged.list(wanted))


def test_the_latest_correction_counts(judged: Judged) -> None:
    """With its origin, its person, and what it took away; the incident is told beside it."""
    one = judged.picture(
        jpeg(1), (PLACE, FIRE), (Box(1, 2, 9, 20), BARE), camera_id="gate", taken_at=NOON
    )
    judged.correct(one, (PLACE, FIRE, 0), complete=False)
    judged.correct(one, (Box(11, 12, 40, 31), FIRE, 0), note="torch")
    (picture,) = listed(judged)
    (box,) = picture.boxes
    assert (box.box, box.origin, box.judgement.reason) == (
        Box(11, 12, 40, 31),
        BoxOrigin.CHANGED,
        "torch",
    )
    assert picture.is_complete
    assert [one.detection.hazard for one in picture.refuted] == [BARE]
    assert picture.judgements[0].version == 2
    assert len(picture.incidents) == 1


def test_a_judgement_stays_with_the_picture_that_was_shown(judged: Judged, stand: Stand) -> None:
    """The incident goes on, and what shows it best by now is not what its judge had seen."""
    first = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    judged.judge(first, LIGHT)
    stand.clock.advance(5)
    later = NOON + timedelta(seconds=5)
    judged.picture(jpeg(2), (PLACE, FIRE), camera_id="gate", taken_at=later, score=0.95)
    (picture,) = listed(judged)
    assert picture.inspection_id == first
    assert [one.basis for one in picture.judgements] == [Basis.FALSE_ALARM]
    assert picture.labelled == {Label.FIRE, Label.SMOKE}


def test_what_came_just_before_a_judgement_may_not_have_been_shown(
    judged: Judged, stand: Stand
) -> None:
    """Nothing is proven unless it is said which picture was looked at; a settled one was."""
    first = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    stand.clock.advance(5)
    later = NOON + timedelta(seconds=5)
    best = judged.picture(jpeg(2), (PLACE, FIRE), camera_id="gate", taken_at=later, score=0.95)
    stand.clock.advance(1)
    judged.judge(first, LIGHT)
    assert listed(judged) == []
    judged.judge(first, replace(CONFIRM, shown_inspection_id=first))
    assert [one.inspection_id for one in listed(judged)] == [first]
    stand.clock.advance(600)
    judged.judge(first, LIGHT)
    assert [one.inspection_id for one in listed(judged)] == [best]
    with pytest.raises(SubmissionRefused, match="does not show this incident"):
        judged.judge(first, replace(CONFIRM, shown_inspection_id=judged.picture(jpeg(3))))


def test_what_looks_join_was_judged_by_its_own_picture(judged: Judged, stand: Stand) -> None:
    """A fire that nobody judged reaches the lamp that somebody did; the lamp alone is taught."""
    lamp, fire = Box(50, 50, 110, 110), Box(400, 300, 480, 400)
    looks = [
        [(lamp, FIRE)],
        [(fire, FIRE)],
        [(lamp, FIRE), (fire, FIRE)],
        [(lamp, FIRE), (Box(112, 100, 480, 400), FIRE)],
        [(lamp, FIRE), (Box(105, 100, 480, 400), FIRE)],
    ]
    ids = []
    for number, found in enumerate(looks):
        stand.clock.advance(3)
        at = NOON + timedelta(seconds=3 * number)
        score = 0.95 if number == 1 else 0.8 if number == 0 else 0.5
        ids.append(
            judged.picture(
                jpeg(number, 640, 480), *found, camera_id="gate", taken_at=at, score=score
            )
        )
        if number == 1:
            judged.judge(ids[0], CONFIRM)
    assert judged.service.incidents.pictures.incidents_of(
        ids[0]
    ) == judged.service.incidents.pictures.incidents_of(ids[1])
    (picture,) = listed(judged)
    assert picture.inspection_id == ids[0]
    assert [one.box for one in picture.boxes] == [lamp]


@pytest.mark.parametrize("act", [CONFIRM, LIGHT])
def test_a_picture_that_was_parted_is_not_what_was_judged(
    judged: Judged, stand: Stand, act: NewAct
) -> None:
    """Somebody says that it shows something else; who merges the two again takes that back."""
    ids = []
    for number in range(3):
        stand.clock.advance(3)
        at, score = NOON + timedelta(seconds=3 * number), 0.9 if number == 1 else 0.5
        ids.append(
            judged.picture(jpeg(number), (PLACE, FIRE), camera_id="gate", taken_at=at, score=score)
        )
    stand.clock.advance(600)
    whole = judged.judge(ids[1], act)
    assert [one.inspection_id for one in listed(judged)] == [ids[1]]
    parted = NewAct(ActKind.SPLIT, inspection_ids=(ids[1],), text="something else")
    do = judged.service.incidents.acts.do
    assert do(whole, parted, REVIEWER) is not None
    assert listed(judged) == []
    (other,) = (
        one for one in judged.service.incidents.pictures.incidents_of(ids[1]) if one != whole
    )
    assert do(whole, NewAct(ActKind.MERGE, incident_id=other), REVIEWER) is not None
    assert [one.inspection_id for one in listed(judged)] == [ids[1]]


def test_what_looks_and_then_a_person_joined_is_one(judged: Judged, stand: Stand) -> None:
    """Two steps from a part to the whole: its pictures of two days stay together."""
    lamp, fire, third = Box(50, 50, 110, 110), Box(400, 300, 480, 400), Box(1150, 740, 1190, 790)
    looks = [
        [(lamp, FIRE)],
        [(fire, FIRE)],
        [(lamp, FIRE), (fire, FIRE)],
        [(lamp, FIRE), (Box(112, 100, 480, 400), FIRE)],
        [(lamp, FIRE), (Box(105, 100, 480, 400), FIRE)],
        [(third, FIRE)],
    ]
    ids = []
    for number, found in enumerate(looks):
        stand.clock.advance(3)
        data, at = jpeg(number, 1200, 800), NOON + timedelta(seconds=3 * number)
        ids.append(judged.picture(data, *found, camera_id="gate", taken_at=at))
    incidents_of = judged.service.incidents.pictures.incidents_of
    (looked,), (whole,) = incidents_of(ids[0]), incidents_of(ids[5])
    merge = NewAct(ActKind.MERGE, incident_id=looked)
    assert judged.service.incidents.acts.do(whole, merge, REVIEWER) is not None
    assert [incidents_of(ids[number]) for number in (0, 1, 5)] == [(whole,)] * 3
    judged.correct(ids[1], (fire, FIRE, 0))
    judged.correct(ids[5], (third, FIRE, 0))
    assert [one.incidents for one in listed(judged)] == [(whole,), (whole,)]


@pytest.mark.parametrize(
    ("other", "labelled"), [(None, set()), (CONFIRM, set()), (LIGHT, {Label.FIRE, Label.SMOKE})]
)
def test_a_lamp_beside_a_fire_does_not_empty_the_picture(
    judged: Judged, stand: Stand, other: NewAct | None, labelled: set[Label]
) -> None:
    """The detector missed the fire in the lamp's picture; before and after it burned."""
    lamp, fire = Box(50, 50, 110, 110), Box(400, 300, 480, 400)
    ids = []
    for number, found in enumerate(
        [[(fire, FIRE), (lamp, FIRE)], [(lamp, FIRE)], [(fire, FIRE), (lamp, FIRE)]]
    ):
        stand.clock.advance(3)
        data, at = jpeg(number, 640, 480), NOON + timedelta(seconds=3 * number)
        score = 0.95 if number == 1 else 0.9
        ids.append(judged.picture(data, *found, camera_id="gate", taken_at=at, score=score))
    stand.clock.advance(600)
    dismissed = judged.judge(ids[1], LIGHT)
    (burning,) = set(judged.service.incidents.pictures.incidents_of(ids[0])) - {dismissed}
    if other is not None:
        assert judged.service.incidents.acts.do(burning, other, REVIEWER) is not None
    lamps = {one.inspection_id: one for one in listed(judged)}[ids[1]]
    assert lamps.labelled == labelled
    assert [one.detection.box for one in lamps.refuted] == [lamp]


@pytest.mark.parametrize(
    ("rules", "refuted", "is_labelled"),
    [
        (CameraRules(), 3, True),
        (CameraRules(masks=(Mask(STACK, "flare stack"),)), 2, False),
        (CameraRules(masks=(Mask(STACK, "hats", (WatchedHazard.NO_HELMET,)),)), 3, True),
        (CameraRules(zones=(Zone("a", "stack", STACK, (WatchedHazard.NO_HELMET,)),)), 2, False),
    ],
)
def test_a_dismissal_is_not_about_what_does_not_count(
    judged: Judged, stand: Stand, rules: CameraRules, refuted: int, is_labelled: bool
) -> None:
    """A flare in a mask between two lamps is a flame, though the incident's box holds all three."""
    lamps, flare = [Box(50, 150, 190, 290), Box(250, 150, 390, 290)], Box(200, 200, 240, 260)
    settings = CameraSettings("gate", rules=rules)
    stand.service.cameras.records.create(settings, "gate")
    judged.cameras.add("gate")
    stand.clock.advance(5)
    at = stand.clock.now
    found = [(box, FIRE) for box in (*lamps, flare)]
    one = judged.picture(jpeg(1, 640, 480), *found, camera_id="gate", taken_at=at, score=0.9)
    stand.clock.advance(3)
    judged.judge(one, LIGHT)
    (picture,) = listed(judged)
    assert len(picture.refuted) == refuted
    assert bool(picture.labelled) is is_labelled


def test_where_hot_work_is_permitted_no_picture_is_without_flames(
    judged: Judged, stand: Stand
) -> None:
    """The lamp is none; whether they weld somewhere in the picture nobody said."""
    judged.picture(jpeg(9), camera_id="gate", taken_at=NOON - timedelta(days=2))
    now = stand.clock.now
    place = Polygon(((0.7, 0.7), (0.9, 0.7), (0.9, 0.9)))
    until = now + timedelta(hours=1)
    permit = NewPermit("gate", place, now, until, "HW-1", "Li Na")
    stand.service.incidents.permits.create(permit, REVIEWER)
    stand.clock.advance(60)
    one = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=stand.clock.now)
    judged.judge(one, LIGHT)
    (picture,) = listed(judged)
    assert [len(picture.refuted), picture.labelled] == [1, frozenset()]


@pytest.mark.parametrize("before", [(), (LIGHT, NewAct(ActKind.REOPEN))])
def test_what_is_merged_keeps_its_judgement(
    judged: Judged, stand: Stand, before: tuple[NewAct, ...]
) -> None:
    """The confirmed part is taught, with its own picture; what it went into is not judged by it."""
    there = Box(400, 300, 480, 400)
    one = judged.picture(jpeg(1, 640, 480), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    stand.clock.advance(3)
    at = NOON + timedelta(seconds=3)
    two = judged.picture(jpeg(2, 640, 480), (there, FIRE), camera_id="gate", taken_at=at)
    for act in before:
        judged.judge(one, act)
    stand.clock.advance(3)
    part = judged.judge(two, CONFIRM)
    (whole,) = judged.service.incidents.pictures.incidents_of(one)
    merge = NewAct(ActKind.MERGE, incident_id=part)
    assert judged.service.incidents.acts.do(whole, merge, REVIEWER) is not None
    (picture,) = listed(judged)
    assert picture.inspection_id == two
    assert [box.box for box in picture.boxes] == [there]
    judged.judge(one, LIGHT)  # of both by now, which contradicts what was said of the part
    assert two not in [each.inspection_id for each in listed(judged) if each.boxes]


def test_who_judges_anew_is_believed(judged: Judged) -> None:
    """A false alarm that was taken back is none; before the next judgement nothing is said."""
    one = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    judged.judge(one, LIGHT)
    judged.judge(one, NewAct(ActKind.REOPEN))
    assert listed(judged) == []
    judged.judge(one, NewAct(ActKind.CONFIRM))
    (picture,) = listed(judged)
    assert [box.hazard for box in picture.boxes] == [FIRE]
    assert picture.labelled == frozenset()


def test_a_day_is_that_of_the_camera(judged: Judged, stand: Stand) -> None:
    """What is taken at half past five in the afternoon, UTC, is taken the day after in Shanghai."""
    settings = CameraSettings("gate", timezone="Asia/Shanghai")
    stand.service.cameras.records.create(settings, "gate")
    judged.cameras.add("gate")
    at = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    judged.correct(judged.picture(jpeg(1), camera_id="gate", taken_at=at))
    judged.correct(judged.picture(jpeg(2), taken_at=at))
    assert [one.group for one in listed(judged)] == [
        "camera/gate/2026-11-21",
        "upload/2026-11-20",
    ]


def test_a_filter_names_time_and_cameras(judged: Judged) -> None:
    """By when a picture was taken; several cameras are any of them."""
    for number, camera in enumerate(("a", "b", "c")):
        at = NOON - timedelta(hours=number)
        judged.correct(judged.picture(jpeg(number), camera_id=camera, taken_at=at))
    judged.picture(jpeg(9), camera_id="a", taken_at=NOON)

    def cameras(wanted: DatasetFilter) -> list[str | None]:
        return [one.camera_id for one in listed(judged, wanted)]

    assert cameras(EVERYTHING) == ["a", "b", "c"]
    assert cameras(DatasetFilter(camera_ids=("a", "c"))) == ["a", "c"]
    assert cameras(DatasetFilter(since=NOON - timedelta(hours=1))) == ["a", "b"]
    assert cameras(DatasetFilter(until=NOON - timedelta(hours=1))) == ["c"]
    assert cameras(DatasetFilter(batch_id="01KAJ8W4T0X2V7Q9R5N3M1B6CD")) == []


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"licence": "CC BY 4.0"}, "CC BY 4.0"),
        ({"license": " own "}, "own"),
        ({"licence": 4}, None),
        ({"licence": "x\ny"}, None),
        ({"licence": {"a": 1}, "license": "CC0"}, "CC0"),
        ({"licence": "y" * 999}, "y" * 200),
        ({}, None),
    ],
)
def test_a_licence_is_what_the_submitter_said(
    judged: Judged, metadata: dict[str, object], said: str | None
) -> None:
    """A short text, or nothing."""
    judged.correct(judged.picture(jpeg(1), metadata=metadata))
    assert [one.licence for one in listed(judged)] == [said]
