"""What holds of every page, also of one that is added tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from safety_detector.console.rendering import NAVIGATION
from tests.api_server import Api
from tests.console_pages import every_page, things_of
from tests.console_stand import add_incidents

from .conftest import Visits

pytestmark = pytest.mark.processes

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

_HOSTILE = "<img src=x onerror=window.hit=1>'\"><script>window.hit=1</script>"
_FULL: dict[str, Any] = {"resultTypes": ["violations"]}
_COLOURS: dict[str, Any] = {**_FULL, "runOnly": ["color-contrast"]}


@pytest.fixture
def addresses(api: Api) -> list[str]:
    """All pages, with something on each."""
    add_incidents(api, _HOSTILE, first=8)
    with api.client() as client:
        incident_id = client.get("/v1/incidents?camera_id=camera-8").json()["incidents"][0]["id"]
        for act in (
            {"act": "note", "text": _HOSTILE},
            {"act": "confirm"},
            {"act": "assign", "assignee": _HOSTILE, "measure": _HOSTILE},
        ):
            assert client.post(f"/v1/incidents/{incident_id}/acts", json=act).is_success
        channel = {"kind": "webhook", "name": _HOSTILE, "url": "https://127.0.0.1:9/x"}
        channel_id = added(client, "channels", channel)
        assert client.post(f"/v1/channels/{channel_id}/test").is_success
        added(client, "alert-rules", {"name": _HOSTILE, "channel_ids": [channel_id]})
        added(client, "reports", {"camera_id": "camera-8", "title": _HOSTILE, "site": _HOSTILE})
        things = things_of(client)
        assert {"channel_id", "message_id", "rule_id", "report_id"} <= set(things)
        found = every_page(client, things)
    assert {one.path for one in NAVIGATION} <= set(found)
    return found


def added(client: httpx2.Client, resource: str, body: dict[str, Any]) -> str:
    """The id of what REST takes."""
    answer = client.post(f"/v1/{resource}", json=body)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def findings(page: Any, options: dict[str, Any]) -> Iterator[str]:
    """What axe calls serious or critical."""
    for one in axe.Axe().run(page, options=options).response["violations"]:
        if one["impact"] in ("serious", "critical"):
            node = one["nodes"][0]
            what = f"{node['html'][:200]} {node['failureSummary']}"
            yield f"{one['id']}: {len(one['nodes'])} × {what}"


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_page_is_for_everybody(
    visits: Visits, api: Api, addresses: list[str], locale: str
) -> None:
    """Axe finds nothing serious, in light and dark, at a desk and on a telephone.

    Nothing is wider than the window, and no name that is markup does anything.
    """
    page = visits.page(locale=locale, viewport={"width": 1280, "height": 800})
    found: dict[str, str] = {}
    for address in addresses:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(api.url + address)
        looks = [("light", "", _FULL), ("dark", "", _COLOURS), ("dark", "390 px", _FULL)]
        for scheme, width, options in looks:
            page.emulate_media(color_scheme=scheme)
            if width:
                page.set_viewport_size({"width": 390, "height": 800})
            for one in findings(page, options):
                found[f"{address} {scheme} {width}"] = one
            shown, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            if shown > room:
                found[f"{address} {width or '1280 px'}"] = f"{shown} px wide"
        assert page.evaluate("window.hit") is None, address
    assert not found, "\n".join(f"{where}: {what}" for where, what in found.items())
