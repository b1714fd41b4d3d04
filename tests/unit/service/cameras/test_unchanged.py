"""Frames that show nothing new."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from safety_detector.database.engine import Database
from safety_detector.errors import AnswerUnreadable, NotAPicture
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import FrameDisposition, FrameReceipt, Submission
from tests.pictures import scene
from tests.service_stand import FIRE, Stand, build_stand, fail

LONGEST = timedelta(seconds=60)
WIDTH, HEIGHT = 960, 540


@pytest.fixture
def stand(database: Database, quick_path: Path) -> Stand:
    """A service that leaves unchanged frames out, with one camera."""
    stand = build_stand(database, quick_path, unchanged_max=LONGEST)
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    return stand


def frame(number: int, *, with_person: bool = False, seed: int = 1) -> bytes:
    """One frame of a scene in which nothing moves but the sensor's noise."""
    picture = scene(WIDTH, HEIGHT, seed).astype(np.float32)
    if with_person:
        picture[300:340, 500:516] = (60, 40, 30)
    noise = np.random.default_rng(number).standard_normal((HEIGHT, WIDTH, 1))
    noisy = np.clip(picture + 4 * noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy)[1].tobytes()


def push(stand: Stand, data: bytes, after_s: float = 2.0) -> FrameReceipt:
    """Pushes a frame some time after the last."""
    stand.clock.advance(after_s)
    return stand.service.cameras.frames.push("gate", data, Submission("frame.jpg"))


def dispositions(stand: Stand, frames: list[bytes], after_s: float = 2.0) -> list[str]:
    """What becomes of frames that are pushed one after the other."""
    return [push(stand, one, after_s).disposition.value for one in frames]


def test_frames_that_show_nothing_new_are_not_inspected(stand: Stand) -> None:
    """After a clear look nothing is inspected until a minute has passed; then one is."""
    push(stand, frame(0))
    assert stand.complete(stand.claim())
    became = dispositions(stand, [frame(number) for number in range(1, 31)])
    assert became == ["unchanged"] * 29 + ["accepted"]


def test_a_person_who_appears_is_inspected_at_once(stand: Stand) -> None:
    """Something of forty pixels at 1080p is no noise."""
    push(stand, frame(0))
    assert stand.complete(stand.claim())
    assert dispositions(stand, [frame(1), frame(2, with_person=True)]) == ["unchanged", "accepted"]


def test_a_clock_in_the_picture_is_no_change(stand: Stand) -> None:
    """Seconds are known after half a minute, minutes after two; a person beside them is none."""

    def with_clock(number: int, *, with_person: bool = False) -> bytes:
        picture = cv2.imdecode(np.frombuffer(frame(number), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        text = f"2026-11-29 01:{number // 30:02}:{2 * number % 60:02}"
        cv2.putText(picture, text, (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
        if with_person:
            picture[20:40, 700:708] = (60, 40, 30)
        return cv2.imencode(".jpg", picture)[1].tobytes()

    became = []
    for number in range(90):
        became.append(push(stand, with_clock(number)).disposition.value)
        if became[-1] == "accepted":
            assert stand.complete(stand.claim())
    assert became[:5] == ["accepted"] * 5
    assert became[60:].count("unchanged") >= 27
    receipt = push(stand, with_clock(90, with_person=True))
    assert receipt.disposition is FrameDisposition.ACCEPTED


def test_what_is_being_inspected_stands_for_frames_like_it(stand: Stand) -> None:
    """While the model takes its time a scene that stands still does not queue again."""
    push(stand, frame(0))
    assert dispositions(stand, [frame(1), frame(2)]) == ["unchanged"] * 2
    assert push(stand, frame(3, with_person=True)).disposition is FrameDisposition.ACCEPTED


def test_after_a_hazard_every_frame_is_inspected_for_a_minute(stand: Stand) -> None:
    """A fire that burns steadily is looked at again and again, also where a look misses it."""
    push(stand, frame(0))
    assert stand.complete(stand.claim(), FIRE)
    assert dispositions(stand, [frame(1)]) == ["accepted"]
    assert stand.complete(stand.claim())
    assert dispositions(stand, [frame(2)]) == ["accepted"]
    assert stand.complete(stand.claim())
    stand.clock.advance(60)
    push(stand, frame(3))
    assert stand.complete(stand.claim())
    assert dispositions(stand, [frame(4)]) == ["unchanged"]


def test_a_look_that_failed_stands_for_nothing(stand: Stand) -> None:
    """Where nobody looked the next frame is inspected."""
    push(stand, frame(0))
    jobs = stand.service.inspections.jobs
    assert fail(jobs, stand.claim(), AnswerUnreadable("answer-without-objects"))
    assert dispositions(stand, [frame(1)]) == ["accepted"]


def test_the_counters_reconcile(stand: Stand) -> None:
    """Of each frame it is known what became of it, of the camera's and of all."""
    push(stand, frame(0))
    assert stand.complete(stand.claim())
    for number in range(1, 5):
        push(stand, frame(number))
    push(stand, frame(5, with_person=True))
    push(stand, frame(6, seed=9))
    with pytest.raises(NotAPicture):
        push(stand, b"nothing")
    for counts in (
        stand.service.cameras.records.get("gate").frames,
        stand.service.operation.figures.counters().frames,
    ):
        assert counts.received == 8
        assert (counts.inspected, counts.unchanged, counts.in_flight) == (1, 4, 1)
        assert (counts.replaced, counts.refused, counts.skipped) == (1, 1, 0)
    fates = stand.service.cameras.records.frame_fates(None, None)["gate"]
    assert (fates.unchanged, fates.replaced) == (4, 1)


def test_an_unchanged_frame_leaves_no_file(stand: Stand) -> None:
    """Ten thousand pictures of an empty yard are not kept."""
    push(stand, frame(0))
    assert stand.complete(stand.claim())
    files = {one for one in stand.folder.rglob("*") if one.is_file()}
    receipt = push(stand, frame(1))
    assert receipt.disposition is FrameDisposition.UNCHANGED
    assert receipt.reason is not None
    assert {one for one in stand.folder.rglob("*") if one.is_file()} == files
