"""Statistics of incidents as an EHS manager looks at them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.sync_api import expect

from tests.api_server import Api
from tests.console_stand import add_incidents

from .conftest import Visits
from .test_weight import counted

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("locale", "menu", "title", "found"),
    [("en-US", "Reports", "Statistics of hazards", "Hazards"),
     ("zh-CN", "报告", "隐患统计", "发现隐患")],
)  # fmt: skip
def test_the_numbers_are_those_of_rest(
    visits: Visits, api: Api, locale: str, menu: str, title: str, found: str
) -> None:
    """From Reports to numbers, charts and tables, and on to a report of the same incidents."""
    with api.client() as client:
        incident = client.get("/v1/incidents").json()["incidents"][0]["id"]
        acts = f"/v1/incidents/{incident}/acts"
        assert client.post(acts, json={"act": "dismiss", "text": "sun"}).is_success
        total = client.get("/v1/incidents/statistics?of_camera=false").json()["total"]
    assert (total["found"], total["false_alarms"]) == (2, 1)
    page = visits.page(locale=locale)
    page.goto(api.url)
    page.get_by_role("link", name=menu, exact=True).click()
    page.get_by_role("link", name=re.compile(title)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    tile = page.locator(".tiles div", has_text=found).first
    expect(tile.locator("dd")).to_have_text("2")
    charts = page.get_by_role("img")
    expect(charts).to_have_count(4)
    expect(charts.last).to_contain_text("Gate 3")
    page.locator("summary").last.click()
    expect(page.get_by_role("row", name=re.compile("2 号门")).first).to_be_visible()
    page.locator(".head .primary").click()
    page.wait_for_url(re.compile("/reports/new.*since="))
    expect(page.locator('[name="since"]')).not_to_have_value("")


def test_faults_of_cameras_are_no_hazards(api: Api) -> None:
    """REST and the page tell them apart by the same filter."""
    with api.client() as client:
        every = client.get("/v1/incidents").json()["incidents"]
        mine = client.get("/v1/incidents?of_camera=false").json()["incidents"]
        faults = client.get("/v1/incidents?of_camera=true").json()["incidents"]
    assert len(mine) == 3
    assert len(every) == len(mine) + len(faults)


def test_a_period_without_hazards_says_so(visits: Visits, api: Api) -> None:
    """No empty axes; a value that is none is refused in words."""
    page = visits.page()
    page.goto(f"{api.url}/incidents/statistics?since=2020-01-01&until=2020-02-01")
    expect(page.locator(".empty")).to_contain_text("No hazard was found in this period")
    expect(page.get_by_role("img")).to_have_count(0)
    with api.client() as client:
        assert client.get("/incidents/statistics?hazard=<b>").status_code == 422
        assert (
            client.get("/incidents/statistics?since=2020-02-01&until=2020-01-01").status_code == 422
        )


def test_statistics_ask_as_often_for_many(api: Api) -> None:
    """Twenty more cameras with incidents cost no query more."""
    with api.client() as client:

        def asked() -> int:
            client.get("/incidents/statistics")
            with counted(api) as said:
                assert client.get("/incidents/statistics").status_code == 200
            return len([one for one in said if "incident" in one or "camera" in one])

        few = asked()
        add_incidents(api, *(f"Gate {number}" for number in range(10, 22)), first=10)
        assert asked() == few


def test_an_opened_table_stays_open_and_the_others_shut(visits: Visits, api: Api) -> None:
    """Their titles are all the same; what happens meanwhile opens and shuts none."""
    page = visits.page()
    page.goto(f"{api.url}/incidents/statistics")
    tables = page.locator("[data-refresh=statistics] details")
    assert tables.count() > 2
    tables.nth(1).locator("summary").click()
    add_incidents(api, "Gate 4", first=4)
    expect(page.locator("[data-refresh=statistics]")).to_contain_text("Gate 4")
    opened = tables.evaluate_all("all => all.map((one) => one.open)")
    assert [at for at, is_open in enumerate(opened) if is_open] == [1]


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("address", ["/pictures", "/incidents", "/incidents/statistics"])
def test_a_filter_that_cannot_be_is_told_in_the_reader_s_language(
    api: Api, address: str, locale: str
) -> None:
    """Above the form, in which everything stands as it was filled in; nothing is shown as none."""
    backwards = {"en": "The period ends before it begins.", "zh": "结束日期须晚于开始日期。"}
    none_of_them = {"en": "is needed", "zh": "只能是 '"}
    periods = ("since=2026-03-04&until=2026-03-04", "since=2026-03-05&until=2026-03-04")
    name = "verdict" if address == "/pictures" else "hazard"
    tried = dict.fromkeys(periods, backwards)
    tried[f"{name}=nonsense&since=2026-03-04"] = none_of_them
    with api.client() as client:
        for query, told in tried.items():
            answer = client.get(f"{address}?{query}", headers={"Accept-Language": locale})
            assert answer.status_code == 422
            refused = re.search(r'role="alert">([^<]+)<', answer.text)
            assert refused is not None, answer.text
            assert told[locale] in unescape(refused[1])
            assert " or &#39;" not in refused[1]
            assert re.search('name="since" value="2026-03-0[45]"', answer.text)
            assert 'class="empty"' not in answer.text
