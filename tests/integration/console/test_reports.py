"""Reports, registers and notices: ordered, followed and fetched by somebody in a browser."""

from __future__ import annotations

import io
import re
from urllib.parse import urlencode

import pypdf
import pytest
from playwright.sync_api import expect

from safety_detector.appearance.fonts import find_fonts
from safety_detector.service.access.audit import AuditAction, AuditFilter
from safety_detector.worker.renderer import Renderer
from tests.api_server import Api
from tests.console_stand import add_incidents
from tests.render_queue import render_runner

from .conftest import Visits

pytestmark = pytest.mark.processes


def render(api: Api) -> bool:
    """Makes the next report, as a worker does; False if there is none."""
    handler = Renderer(api.service, find_fonts, "en")
    return render_runner(api.service, api.service.reports.jobs, handler).run_next() > 0


@pytest.mark.parametrize(
    ("locale", "menu", "kind", "period", "order", "waiting", "done", "said"),
    [
        ("en-US", "Reports", "Hazard report with register", "This month", "Order it", "Waiting",
         "Done", "Hazard register"),
        ("zh-CN", "报告", "隐患排查治理报告及台账", "本月", "生成", "排队中", "已完成", "台账"),
    ],
)  # fmt: skip
def test_a_register_is_ordered_followed_and_opened(
    visits: Visits, api: Api, locale: str, menu: str, kind: str, period: str, order: str,
    waiting: str, done: str, said: str,
) -> None:  # fmt: skip
    """From the row at the top to the PDF in the reader's language; its page says when."""
    page = visits.page(locale=locale)
    page.goto(api.url)
    page.get_by_role("link", name=menu, exact=True).click()
    page.get_by_role("link", name=re.compile(kind)).click()
    page.get_by_role("link", name=period, exact=True).click()
    page.locator('[name="site"]').fill("二号厂区 <b>")
    page.get_by_role("button", name=order, exact=True).click()
    page.wait_for_url(re.compile("/reports/[0-9A-Z]{26}$"))
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(waiting)
    assert render(api)
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(done)
    file = page.request.get(f"{page.url}/report.pdf")
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(file.body())).pages)
    assert said in text
    assert "Gate 3" in text
    acts = api.service.access.audit.entries(AuditFilter(action=AuditAction.REPORT_ORDERED), 10)
    assert [one.subject for one in acts] == [page.url.rpartition("/")[2]]


def test_a_notice_is_made_of_hazards_that_are_ticked(visits: Visits, api: Api) -> None:
    """One form a hazard; without any the page says so and keeps what was filled in."""
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/reports/new?kind=notices")
    page.locator('[name="site"]').fill("二号厂区")
    page.get_by_role("button", name="生成").click()
    expect(page.get_by_role("alert")).to_have_text("未提交。 请至少选择一起隐患。")
    expect(page.locator('[name="site"]')).to_have_value("二号厂区")
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_role("button", name="生成").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("隐患整改通知单（1 份）")
    assert render(api)
    pdf = page.request.get(f"{page.url}/report.pdf").body()
    assert "整改通知单" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_an_incident_leads_to_its_notice(visits: Visits, api: Api) -> None:
    """One click from its page: it alone is there, and ticked."""
    with api.client() as client:
        incident = client.get("/v1/incidents").json()["incidents"][0]["id"]
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident}")
    page.get_by_role("link", name="Rectification notices").click()
    expect(page.get_by_role("checkbox")).to_have_count(1)
    expect(page.get_by_role("checkbox")).to_be_checked()


def test_a_filter_that_reports_do_not_know_names_its_incidents(visits: Visits, api: Api) -> None:
    """The address of a list of incidents is enough: just those are reported on."""
    page = visits.page()
    page.goto(f"{api.url}/reports/new?state=open&q=2+号门")
    expect(page.locator("main")).to_contain_text("1 incidents that were chosen")
    page.get_by_role("button", name="Order it").click()
    page.wait_for_url(re.compile("/reports/[0-9A-Z]{26}$"))
    (report,) = api.service.reports.orders.list(None, 10).items
    assert len(report.order.incident_ids) == 1


def test_what_is_refused_comes_back_as_it_was_filled_in(visits: Visits, api: Api) -> None:
    """Nothing chosen, a period backwards, an unknown camera: said in words, nothing is lost."""
    page = visits.page()
    for fields, said in (
        ({}, "Choose a period"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "ends before it begins"),
        ({"since": "2090-01-01"}, "not begun"),
        ({"camera_id": "nobody"}, "nobody"),
        ({"camera_id": "no body"}, "camera_id"),
    ):
        # A camera is chosen from those that there are; one that was removed comes with an address.
        camera = urlencode({name: fields[name] for name in fields if name == "camera_id"})
        page.goto(f"{api.url}/reports/new?kind=incidents&{camera}")
        page.locator('[name="title"]').fill('Monday "<i>"')
        for name, value in fields.items():
            if name != "camera_id":
                page.locator(f'[name="{name}"]').fill(value)
        page.get_by_role("button", name="Order it").click()
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(page.locator('[name="title"]')).to_have_value('Monday "<i>"')
        for name, value in fields.items():
            expect(page.locator(f'[name="{name}"]')).to_have_value(value)
    assert api.service.reports.orders.list(None, 10).items == ()


def test_a_selection_of_pictures_fills_the_form_in(api: Api) -> None:
    """More ids than an address can hold are posted; the form comes back with all of them."""
    with api.client() as client:
        ids = [one["id"] for one in client.get("/v1/inspections").json()["inspections"]]
        listed = client.get("/reports/new")
        token = re.findall('name="form_token" value="([^"]+)"', listed.text)[0]
        fields = {"form_token": token, "inspections": " ".join(ids)}
        answer = client.post("/reports/new", data=fields)
        assert "3 pictures that were chosen" in answer.text
        kept = re.findall('name="inspections" value="([^"]+)"', answer.text)
        assert kept == [" ".join(ids)]
        done = client.post("/reports", data={**fields, "kind": "inspections"})
        assert done.status_code == 303
    (report,) = api.service.reports.orders.list(None, 10).items
    assert report.order.inspection_ids == tuple(ids)


def test_no_notice_of_a_large_selection_is_lost(api: Api) -> None:
    """Those that are too many to be shown are counted, and all of them ordered."""
    ids = [f"01KB5V4Q2W9GZT3XJ8N7R6M{number:03}" for number in range(60)]
    with api.client() as client:
        token = re.findall('name="form_token" value="([^"]+)"', client.get("/reports/new").text)[0]
        fields = {"form_token": token, "kind": "notices", "notices": ",".join(ids)}
        shown = client.post("/reports/new", data=fields)
        assert "60 incidents that were chosen" in shown.text
        assert re.findall('name="notices" value="([^"]+)"', shown.text) == [" ".join(ids)]
        refused = client.post("/reports", data=fields)
        assert refused.status_code in (404, 422)
        assert ids[0] in refused.text


def test_an_administrator_removes_a_report(visits: Visits, api: Api) -> None:
    """The list is empty again, and its file is gone."""
    page = visits.page()
    page.goto(f"{api.url}/reports/new?kind=inspections&since=2026-01-01")
    page.get_by_role("button", name="Order it").click()
    page.wait_for_url(re.compile("/reports/[0-9A-Z]{26}$"))
    address = page.url
    page.get_by_text("Remove the report").first.click()
    page.get_by_role("button", name="Remove the report").click()
    expect(page.locator(".empty")).to_be_visible()
    assert page.request.get(address).status == 404
    assert page.request.get(f"{address}/report.pdf").status == 404


def test_the_list_asks_as_often_for_many_reports(api: Api) -> None:
    """Thirty reports cost as many queries as one."""
    from .test_weight import counted

    add_incidents(api, "Gate 9", first=9)
    with api.client() as client:

        def asked() -> int:
            client.get("/reports")
            with counted(api) as said:
                assert client.get("/reports").status_code == 200
            return len([one for one in said if "report" in one])

        client.post("/v1/reports", json={"since": "2026-01-01T00:00:00Z"})
        few = asked()
        for _ in range(8):
            client.post("/v1/reports", json={"since": "2026-01-01T00:00:00Z"})
        assert asked() == few
