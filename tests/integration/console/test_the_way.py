"""The shortest way that a person walks, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.api_server import Api, make_jpeg

from .conftest import Visits

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("locale", "waiting", "confirmed"),
    [("en-US", "Nobody has seen these yet", "Confirmed"), ("zh-CN", "待处理", "已确认")],
)
def test_from_now_to_a_judgement(
    visits: Visits, api: Api, locale: str, waiting: str, confirmed: str
) -> None:
    """Now shows what waits; its picture is opened; one key judges it, and it is gone from there."""
    page = visits.page(locale=locale)
    page.goto(api.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(waiting + r"\s*3"))
    page.keyboard.press("j")
    card = page.locator('[data-card][aria-current="true"]')
    incident_id = card.get_attribute("data-card")
    page.keyboard.press("o")
    page.wait_for_url(f"**/incidents/{incident_id}")
    annotated, original = page.locator("[data-annotated]"), page.locator("[data-original]")
    expect(annotated).to_be_visible()
    assert annotated.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    page.keyboard.press("v")
    expect(annotated).to_be_hidden()
    assert original.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    page.goto(api.url)
    page.locator(f'[data-card="{incident_id}"]').focus()
    page.keyboard.press("c")
    expect(page.locator(f'[data-card="{incident_id}"]')).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(waiting + r"\s*2"))
    page.goto(f"{api.url}/incidents/{incident_id}")
    expect(page.locator(".plates .state")).to_have_text(confirmed)
    (act,) = api.service.incidents.acts.list(str(incident_id))
    assert act.shown_inspection_id is not None


def test_the_language_is_changed_with_one_click(visits: Visits, api: Api) -> None:
    """The same page comes back in the other language, with its filter, and stays so."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open")
    page.get_by_role("button", name="中文").click()
    expect(page).to_have_url(f"{api.url}/incidents?state=open")
    expect(page.get_by_role("heading", level=1)).to_have_text("隐患事件")
    page.goto(api.url)
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_pages_work_without_scripts(visits: Visits, api: Api) -> None:
    """Scripts spare reloads; judging and filtering do without them."""
    page = visits.page(java_script_enabled=False)
    page.goto(api.url)
    page.locator("button.confirm").first.click()
    expect(page.locator("[data-card]")).to_have_count(2)
    page.get_by_role("link", name="Incidents").click()
    page.get_by_label("State").select_option("confirmed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_all_pictures_of_an_incident_are_gone_through_by_keys(visits: Visits, api: Api) -> None:
    """The strip shows each; one key shows the next one large, with or without its boxes."""
    with api.client() as client:
        for seed in (71, 72):
            pushed = client.post(
                "/v1/cameras/camera-1/frames",
                content=make_jpeg(seed, (640, 360)),
                headers={"Content-Type": "image/jpeg"},
            )
            assert pushed.status_code == 202
            api.work()
        (incident,) = client.get("/v1/incidents?camera_id=camera-1").json()["incidents"]
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident['id']}")
    strip = page.locator("[data-strip] [data-show]")
    expect(strip).to_have_count(3)
    strip.first.click()
    shown = page.locator("[data-annotated]")
    addresses = [shown.get_attribute("src")]
    for _ in range(2):
        page.keyboard.press(".")
        addresses.append(shown.get_attribute("src"))
    assert len(set(addresses)) == 3
    leads_to = page.get_by_role("link", name="Boxes: zoom, correct").get_attribute("href")
    assert f"{leads_to}/annotated.jpg" == addresses[-1]
    page.keyboard.press("v")
    page.keyboard.press(",")
    original = page.locator("[data-original]")
    expect(original).to_be_visible()
    assert (
        str(original.get_attribute("src")).rpartition("/")[0]
        == str(addresses[1]).rpartition("/")[0]
    )
