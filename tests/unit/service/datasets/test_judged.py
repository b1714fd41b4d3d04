"""Labelled pictures of what is stored, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from safety_detector.datasets.labelled import Basis, LabelledPicture
from safety_detector.domain.corrections import BoxOrigin
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.incidents.records import NewAct
from tests.judged_service import Judged
from tests.pictures import jpeg
from tests.service_stand import Stand

FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
PLACE = Box(10, 12, 40, 30)
NOON = datetime(2026, 11, 21, 7, 50, tzinfo=UTC)
LIGHT = NewAct(ActKind.DISMISS, text="Light, sun, reflection")
EVERYTHING = DatasetFilter()


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


def test_a_picture_that_came_after_the_judgement_was_not_judged(
    judged: Judged, stand: Stand
) -> None:
    """The incident goes on, and what shows it best by now is not what its judge had seen."""
    first = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    judged.judge(first, LIGHT)
    (picture,) = listed(judged)
    assert [one.basis for one in picture.judgements] == [Basis.FALSE_ALARM]
    assert picture.labelled == {Label.FIRE, Label.SMOKE}
    stand.clock.advance(5)
    judged.picture(
        jpeg(2), (PLACE, FIRE), camera_id="gate", taken_at=NOON + timedelta(seconds=5), score=0.95
    )
    assert all(not one.labelled and not one.judgements for one in listed(judged))


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
