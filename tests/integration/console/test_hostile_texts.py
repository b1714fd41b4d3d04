"""Names and notes that would be markup anywhere else are texts on every page."""

from __future__ import annotations

import pytest

from tests.api_server import Api
from tests.console_stand import add_incidents

from .conftest import Visits

pytestmark = pytest.mark.processes

HOSTILE = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' autofocus onfocus=window.hit=1 x='",
    "javascript:window.hit=1",
    "{{ 7*7 }}{% raw %}",
    "</textarea><script>window.hit=1</script>",
    "</title><script>window.hit=1</script>",
    "<!--<script>window.hit=1//-->",
    "\u202e<b>rtl</b>",
    "<a href=//evil.example>x</a>",
    "<style>*{display:none}</style>",
]


@pytest.mark.attack("markup in texts")
@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_text_does_nothing(visits: Visits, api: Api, text: str) -> None:
    """As a camera's name, a note, a reason, an assignee, in the address, and after a refresh."""
    (incident_id,) = add_incidents(api, "Gate", first=9)
    with api.client() as client:
        said = {
            "name": text,
            "location": text,
            "zones": [{"id": "z", "name": text, "polygon": [[0, 0], [1, 0], [1, 1]]}],
            "masks": [{"reason": text, "polygon": [[0, 0], [0.5, 0], [0.5, 0.1]]}],
        }
        assert client.put("/v1/cameras/camera-9", json=said).is_success
        permit = {
            "camera_id": "camera-9",
            "polygon": [[0, 0], [1, 0], [1, 1]],
            "from": "2098-12-31T00:00:00Z",
            "until": "2099-01-01T00:00:00Z",
            "number": text,
            "who": text,
        }
        assert client.post("/v1/permits", json=permit).is_success
        path = f"/v1/incidents/{incident_id}/acts"
        assert client.post(path, json={"act": "note", "text": text}).is_success
    page = visits.page()
    addresses = (
        "/",
        "/wall",
        "/wall?location=" + "%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E",
        "/review",
        "/review/labels",
        '/review/labels?since="><script>window.hit=1</script>&camera_id=<script>window.hit=1</script>',
        "/incidents",
        f"/incidents/{incident_id}",
        "/incidents?camera_id=" + "%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E",
        '/incidents?state="><script>window.hit=1</script>',
        "/cameras",
        "/cameras?q=" + "%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E",
        "/cameras/-/new?url=" + "%22%3E%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E",
        *(f"/cameras/camera-9{one}" for one in ("", "/source", "/areas", "/rules", "/permits")),
        "/reports",
        '/reports/new?kind=incidents&title="><script>window.hit=1</script>&incidents=<svg>',
        "/reports/new?kind=notices",
        "/incidents/statistics",
        "/incidents/statistics?camera_id=%3Cscript%3E",
        "/batches",
        "/sign-in?back=javascript:window.hit=1",
        "/incidents/<script>window.hit=1</script>",
    )
    for address in addresses:
        page.goto(api.url + address)
        assert page.evaluate("window.hit") is None, address
        assert page.locator("main").is_visible()
    page.goto(f"{api.url}/incidents/{incident_id}")
    shown = page.locator(".history p").first.inner_text()
    assert shown.replace("\u200e", "") == text
