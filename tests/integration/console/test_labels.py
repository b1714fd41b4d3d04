"""Judgements that a detector speaks against, listed for whoever judges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from tests.api_server import Api, make_jpeg
from tests.judged_service import HeldCounts, Judged

from .conftest import Visits

pytestmark = pytest.mark.processes

PLACE = Box(10, 12, 40, 30)
FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
NAME = "<b>yard</b>.jpg"
SIZE = (320, 240)
LAST_WEEK = datetime.now(UTC).replace(hour=12, minute=0) - timedelta(days=7)


def judge(api: Api, *, spoilt: int, first: datetime = LAST_WEEK) -> str:
    """Forty judged fires of four days, of which somebody called one nothing; gives that one."""
    judged, ids = Judged(api.service), []
    for number in range(40):
        taken = first + timedelta(days=number % 4)
        name = NAME if number == spoilt else "gate.jpg"
        one = judged.picture(make_jpeg(number), (PLACE, FIRE), name=name, taken_at=taken)
        judged.correct(one, *([] if number == spoilt else [(PLACE, FIRE, 0)]))
        ids.append(one)
    return ids[spoilt]


def middle(shown: Locator) -> tuple[float, float]:
    """Where the middle of something is in the window."""
    box = shown.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_wrong_judgement_is_found_and_put_right(visits: Visits, api: Api) -> None:
    """From Review to the list and to the picture; once corrected it is off the list."""
    wrong = judge(api, spoilt=9)
    page = visits.page()
    page.goto(f"{api.url}/review")
    page.get_by_role("link", name="Labels to look at again").click()
    card = page.locator(".doubted")
    expect(card).to_have_count(1)
    for words in (NAME, "no fire here", "fire, 0.80", "the same in 0 of 30 others"):
        expect(card).to_contain_text(words)
    page.get_by_role("link", name=NAME).click()
    page.wait_for_url(f"**/pictures/{wrong}?**")
    expect(page.locator("[data-correct]")).to_be_visible()
    Judged(api.service).correct(wrong, (PLACE, FIRE, 0))
    page.goto(f"{api.url}/review/labels")
    expect(page.locator(".empty")).to_contain_text("No label stands out in 40 judged pictures")


def test_the_place_stands_where_it_is_in_the_picture(visits: Visits, api: Api) -> None:
    """Whatever the picture's shape, which leaves bars beside it."""
    judge(api, spoilt=9)
    page = visits.page()
    page.goto(f"{api.url}/review/labels")
    frame = page.locator(".doubted .picture").bounding_box()
    assert frame is not None
    width, height = SIZE
    scale = min(frame["width"] / width, frame["height"] / height)
    assert frame["width"] - width * scale > 20
    x, y = PLACE.centre
    expected = (
        frame["x"] + frame["width"] / 2 + (x - width / 2) * scale,
        frame["y"] + frame["height"] / 2 + (y - height / 2) * scale,
    )
    assert middle(page.locator(".doubted .line")) == pytest.approx(expected, abs=2)


def test_where_nothing_can_be_told_it_says_why(visits: Visits, api: Api) -> None:
    """Nothing judged, too little, a period that is none, a camera by its name."""
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/review/labels")
    expect(page.locator(".empty")).to_contain_text("没有符合条件的已判定图片，无从对比")
    judged = Judged(api.service)
    for number in range(2):
        taken = LAST_WEEK + timedelta(days=number)
        one = judged.picture(make_jpeg(number), (PLACE, FIRE), taken_at=taken)
        judged.correct(one, (PLACE, FIRE, 0))
    page.reload()
    expect(page.locator(".empty")).to_contain_text("已判定的图片 2 张，尚不足以判断")
    answer = page.goto(f"{api.url}/review/labels?since=2026-11-02&until=2026-11-01")
    assert answer is not None
    assert answer.status == 422
    answer = page.goto(f"{api.url}/review/labels?since=never")
    assert answer is not None
    assert answer.status == 422
    page.goto(f"{api.url}/review/labels?camera_id=2+号门")
    expect(page.locator("select[name=camera_id]")).to_have_value("camera-2")


def test_the_last_months_are_compared_unless_all_is_asked_for(visits: Visits, api: Api) -> None:
    """What was taken half a year ago is there once the day is taken out of the form."""
    judge(api, spoilt=9, first=LAST_WEEK - timedelta(days=180))
    page = visits.page()
    page.goto(f"{api.url}/review/labels")
    expect(page.locator(".empty")).to_contain_text("nothing to compare")
    page.locator("input[name=since]").fill("")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".doubted")).to_have_count(1)


def test_it_waits_for_others_counts(
    visits: Visits, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As REST does: a count reads every judged picture."""
    judge(api, spoilt=9)
    held = HeldCounts()
    held.install(monkeypatch)
    page = visits.page(locale="zh-CN")
    with api.client() as client, ThreadPoolExecutor() as pool:
        others = [
            pool.submit(client.get, "/v1/datasets", params={"camera_id": "gate"}) for _ in range(2)
        ]
        try:
            assert all(held.begun.acquire(timeout=60) for _ in others)
            answer = page.goto(f"{api.url}/review/labels")
            assert answer is not None
            assert answer.status == 503
            expect(page.locator(".empty")).to_contain_text("请稍后再试")
        finally:
            held.go_on.set()
        assert all(one.result().is_success for one in others)
    page.reload()
    expect(page.locator(".doubted")).to_have_count(1)
