"""Reports ordered over REST; the worker's part is played by its own renderer."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pypdf
import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.database.tables import inspections
from safety_detector.errors import PictureBroken
from safety_detector.service.access.audit import PROGRAM, AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Scope
from safety_detector.service.retention.age_clock import AgeClock, Uptime
from safety_detector.service.retention.retention import KeepPolicy, Retention
from safety_detector.web.reports.documents import ReportDocument, ReportPageDocument
from safety_detector.worker.renderer import Renderer
from tests.api_server import Api, make_jpeg
from tests.render_queue import render_runner
from tests.service_stand import fail, next_claim

PERIOD = {"since": "2026-01-01T00:00:00+08:00"}


def render(api: Api) -> bool:
    """Makes the next report, as a worker does; False if there is none."""
    service = api.service
    handler = Renderer(service, find_fonts, "en")
    return render_runner(service, service.reports.jobs, handler).run_next() > 0


def submit(api: Api, client: httpx2.Client, seed: int = 0, **query: str) -> str:
    """The id of an inspected picture."""
    answer = client.post(
        "/v1/inspections",
        params={"name": f"{seed}.jpg", **query},
        content=make_jpeg(seed),
        headers={"Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202, answer.text
    api.work()
    return str(answer.json()["id"])


def order(client: httpx2.Client, **body: Any) -> dict[str, Any]:
    """The answer to an order that is accepted."""
    answer = client.post("/v1/reports", json=body)
    assert answer.status_code == 202, answer.text
    document: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == document["links"]["self"]
    assert answer.headers["Retry-After"] == "2"
    ReportDocument.read(document)
    return document


def text_of(answer: httpx2.Response) -> str:
    """The text of a PDF, its white space evened out."""
    assert answer.headers["Content-Type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_an_ordered_report_is_made_and_read(api: Api, client: httpx2.Client) -> None:
    """From the order over its progress to the PDF, in the zone of the period."""
    client.post("/v1/cameras", json={"id": "roof", "name": "Roof"})
    ids = [submit(api, client, seed) for seed in range(2)]
    ordered = order(client, **PERIOD, notices=[ids[1]], lang="zh", site="二号厂区")
    assert ordered["status"] == "queued"
    assert ordered["links"]["report"] is None
    early = client.get(f"{ordered['links']['self']}/report.pdf")
    assert (early.status_code, early.json()["code"]) == (409, "not-ready")
    assert render(api)
    done = client.get(ordered["links"]["self"]).json()
    ReportDocument.read(done)
    assert done["status"] == "completed"
    assert done["progress"] == {"stage": None, "done": 2, "total": 2}
    pdf = client.get(done["links"]["report"])
    assert len(pdf.content) == done["files"][0]["size_bytes"]
    assert pdf.headers["ETag"] == f'"{done["files"][0]["sha256"]}"'
    assert done["files"][0]["name"] in pdf.headers["Content-Disposition"]
    text = text_of(pdf)
    for expected in (*ids, "隐患台账", "隐患整改通知单", "二号厂区", "UTC+08:00"):
        assert expected in text
    assert "没有发送任何图片：Roof" in text
    again = client.get(done["links"]["report"], headers={"If-None-Match": pdf.headers["ETag"]})
    assert again.status_code == 304


def purge_everything(api: Api) -> None:
    """Retention of a day, two days from now; reports are kept."""
    service = api.service
    a_day = KeepPolicy(age=timedelta(days=1))
    later = datetime.now(UTC) + timedelta(days=2)
    service.retention.age_clock.advance()
    age_clock = AgeClock(
        service.database,
        wall=lambda _connection: later,
        uptime=lambda: Uptime("another start", timedelta(0)),
    )
    age_clock.trust(PROGRAM)
    retention = Retention(service.database, service.storage, a_day, lambda: later, age_clock)
    assert retention.enforce(PROGRAM).inspection_ids


def test_a_report_outlives_the_pictures_that_it_shows(api: Api, client: httpx2.Client) -> None:
    """It stays whole; one of the same period that is made later says that they were removed."""
    client.post("/v1/cameras", json={"id": "roof", "name": "Roof"})
    inspection = submit(api, client, 1, camera_id="roof")
    (incident,) = client.get("/v1/incidents").json()["incidents"]
    for act in ({"act": "dismiss", "text": "steam"}, {"act": "close"}):  # it keeps its picture
        assert client.post(f"{incident['links']['self']}/acts", json=act).status_code == 201
    ordered = order(client, **PERIOD)
    waiting = order(client, inspections=[inspection])
    assert render(api)
    before = client.get(f"{ordered['links']['self']}/report.pdf")
    purge_everything(api)
    assert client.get(f"/v1/inspections/{inspection}").status_code == 404
    after = client.get(f"{ordered['links']['self']}/report.pdf")
    assert (after.status_code, after.content) == (200, before.content)
    assert render(api)
    failed = client.get(waiting["links"]["self"]).json()
    assert (failed["status"], failed["error"]["code"]) == ("failed", "unknown-inspection")
    later = order(client, **PERIOD)
    assert render(api)
    text = text_of(client.get(f"{later['links']['self']}/report.pdf"))
    assert "Retention has removed pictures" in text
    assert "Roof 0 0 0 - - no picture stored" in text
    assert "sent no picture" not in text
    assert "no picture since" not in text


def test_named_inspections_make_a_report_of_their_own(api: Api, client: httpx2.Client) -> None:
    """And nothing else is in it."""
    one, other = submit(api, client, 1), submit(api, client, 2)
    ordered = order(client, inspections=[other])
    assert render(api)
    text = text_of(client.get(f"{ordered['links']['self']}/report.pdf"))
    assert other in text
    assert one not in text


def test_a_report_of_one_verdict_is_ordered_as_such(api: Api, client: httpx2.Client) -> None:
    """The order is told back; all pictures are counted, and those of the verdict shown."""
    submit(api, client, 1)
    ordered = order(client, verdict="hazard", order="urgency", **PERIOD)
    assert (ordered["order"]["verdict"], ordered["order"]["order"]) == ("hazard", "urgency")
    clear = order(client, verdict="clear", **PERIOD)
    assert render(api)
    assert render(api)
    text = text_of(client.get(f"/v1/reports/{ordered['id']}/report.pdf"))
    assert "1.jpg" in text
    text = text_of(client.get(f"/v1/reports/{clear['id']}/report.pdf"))
    assert "Hazards in 1 of 1 pictures." in text
    assert "0 of 1" in text


@pytest.mark.parametrize(
    ("body", "field"), [({"verdict": "bad"}, "verdict"), ({"order": "size"}, "order")]
)
def test_a_choice_that_is_none_is_named(
    client: httpx2.Client, body: dict[str, str], field: str
) -> None:
    """With the field, and nothing is ordered."""
    answer = client.post("/v1/reports", json={**PERIOD, **body})
    assert answer.status_code == 422
    assert field in answer.text
    assert client.get("/v1/reports").json()["reports"] == []


def test_an_empty_period_gets_a_report_that_says_so(api: Api, client: httpx2.Client) -> None:
    """A silent camera is in it; silence is not safety."""
    api.service.cameras.records.create(CameraSettings("Roof"), "roof")
    ordered = order(client, camera_id="roof", **PERIOD)
    assert render(api)
    text = text_of(client.get(f"{ordered['links']['self']}/report.pdf"))
    assert "nothing is known about this place and period" in text
    assert "Roof 0 0 0" in text


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({"inspections": ["nobody", "no-one"]}, 422, "unknown-inspection", "'nobody', 'no-one'"),
        ({**PERIOD, "notices": ["nobody"]}, 422, "unknown-inspection", "'nobody'"),
        ({"camera_id": "roof"}, 404, "unknown-camera", "roof"),
        ({"batch_id": "nightly"}, 422, "submission-refused", "nightly"),
        ({}, 422, "request-invalid", "since, until, camera_id, batch_id"),
        ({"title": "x"}, 422, "request-invalid", "Say what the report is about"),
        ({**PERIOD, "inspections": ["a"]}, 422, "request-invalid", "does not go with"),
        ({**PERIOD, "until": "2025-01-01T00:00:00Z"}, 422, "request-invalid", "later than since"),
        ({"since": "yesterday"}, 422, "request-invalid", "since"),
        ({"notices": ["../../etc"]}, 422, "request-invalid", "notices.0"),
        ({**PERIOD, "colour": "red"}, 422, "request-invalid", "colour"),
        ({**PERIOD, "lang": "fr"}, 422, "request-invalid", "lang"),
        ({"inspections": ["a"] * 1001}, 422, "request-invalid", "inspections"),
        ([], 422, "request-invalid", ""),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused(
    client: httpx2.Client, body: Any, status: int, code: str, named: str
) -> None:
    """The problem names what was wrong, and nothing is queued."""
    answer = client.post("/v1/reports", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert named in answer.json()["detail"]
    assert client.get("/v1/reports").json()["reports"] == []


def test_a_notice_on_nothing_found_is_refused(api: Api, client: httpx2.Client) -> None:
    """Nobody can be told to rectify nothing; the problem says what was found instead."""
    failed = client.post("/v1/inspections", content=make_jpeg(1)).json()["id"]
    claim = next_claim(api.service, "worker-1")
    assert claim is not None
    assert fail(api.service.inspections.jobs, claim, PictureBroken("The JPEG cannot be decoded."))
    answer = client.post("/v1/reports", json={"notices": [failed]})
    assert (answer.status_code, answer.json()["code"]) == (422, "notice-refused")
    assert failed in answer.json()["detail"]
    assert client.get("/v1/reports").json()["reports"] == []


def test_the_same_order_makes_the_same_files(api: Api, client: httpx2.Client) -> None:
    """A period and a notice that are ordered twice have the same bytes, and so the same numbers."""
    one = submit(api, client, 1)
    for body in ({"notices": [one], "lang": "zh"}, {"inspections": [one]}):
        digests = set()
        for _ in range(2):
            ordered = order(client, **body)
            assert render(api)
            files = client.get(ordered["links"]["self"]).json()["files"]
            digests.add(files[0]["sha256"])
        assert len(digests) == 1


def test_a_picture_that_still_waits_cannot_be_reported_on(client: httpx2.Client) -> None:
    """It is named; later it can."""
    waiting = client.post("/v1/inspections", content=make_jpeg()).json()["id"]
    answer = client.post("/v1/reports", json={"inspections": [waiting]})
    assert (answer.status_code, answer.json()["code"]) == (409, "inspection-unfinished")
    assert waiting in answer.json()["detail"]


def test_too_many_reports_at_a_time_are_refused(api: Api, client: httpx2.Client) -> None:
    """With 429, the limit, and when to come back; each key counts for itself."""
    for _ in range(10):
        order(client, **PERIOD)
    refused = client.post("/v1/reports", json=PERIOD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-reports")
    assert refused.json()["limit"] == 10
    assert refused.headers["Retry-After"] == "5"
    with api.client(api.key(Scope.READ)) as other:
        order(other, **PERIOD)


def test_reports_are_listed(client: httpx2.Client) -> None:
    """Newest first, page by page, by status."""
    ids = [order(client, **PERIOD)["id"] for _ in range(3)]
    page = client.get("/v1/reports", params={"limit": 2}).json()
    ReportPageDocument.read(page)
    rest = client.get("/v1/reports", params={"cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in page["reports"] + rest["reports"]] == sorted(ids, reverse=True)
    assert rest["next_cursor"] is None
    assert client.get("/v1/reports", params={"status": "failed"}).json()["reports"] == []
    assert client.get("/v1/reports", params={"cursor": "x"}).status_code == 422


@pytest.mark.parametrize(
    "path", ["/v1/reports/nobody", "/v1/reports/nobody/report.pdf", "/v1/reports/%00/volumes/1.pdf"]
)
def test_an_unknown_report_is_not_found(client: httpx2.Client, path: str) -> None:
    """Whatever is asked of it."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_removed_report_is_gone_with_its_files(api: Api, client: httpx2.Client) -> None:
    """The log tells who removed it; one that was never made can be removed too."""
    made = order(client, inspections=[submit(api, client)])
    assert render(api)
    waiting = order(client, **PERIOD)
    for report in (made, waiting):
        assert client.delete(report["links"]["self"]).status_code == 204
        assert client.get(report["links"]["self"]).status_code == 404
        assert client.delete(report["links"]["self"]).status_code == 404
    assert list((api.folder / "data" / "reports").iterdir()) == []
    assert not render(api)
    acts = api.service.access.audit.entries(AuditFilter(action=AuditAction.REPORT_REMOVED), 10)
    assert [act.subject for act in acts] == [waiting["id"], made["id"]]


def test_the_probe_tells_that_reports_wait(api: Api, client: httpx2.Client) -> None:
    """Without a worker for them; pictures are inspected all the same."""
    api.service.operation.upkeep.report_worker("embedded-1", "embedded", 2)
    assert client.get("/readyz").json()["status"] == "ok"
    order(client, **PERIOD)
    told = client.get("/readyz").json()["checks"]["workers"]
    assert told["status"] == "degraded"
    assert told["detail"] == "No worker for render has been seen; reports wait."
    api.service.operation.upkeep.report_worker("render-1", "render", 1)
    told = client.get("/readyz").json()["checks"]["workers"]
    assert told == {"status": "ok", "detail": "1 seen, for 2 pictures at a time."}


def test_a_failed_report_says_why(api: Api, client: httpx2.Client) -> None:
    """Its file answers 409 with the reason."""
    inspection = submit(api, client)
    ordered = order(client, inspections=[inspection])
    with api.service.database.write() as connection:  # as retention does
        connection.execute(inspections.delete().where(inspections.c.id == inspection))
    assert render(api)
    failed = client.get(ordered["links"]["self"]).json()
    ReportDocument.read(failed)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "unknown-inspection")
    answer = client.get(f"{ordered['links']['self']}/report.pdf")
    assert answer.status_code == 409
    assert inspection in answer.json()["detail"]


def test_a_picture_that_has_vanished_is_said_to_be_gone(api: Api, client: httpx2.Client) -> None:
    """Its sheet stands without it; and a report whose own files are gone answers 410."""
    inspection = submit(api, client)
    for find in (
        api.service.inspections.results.original,
        api.service.inspections.results.annotated,
    ):
        stored = find(inspection)
        assert stored is not None
        (api.service.storage.root / stored.key).unlink()
    ordered = order(client, inspections=[inspection])
    assert render(api)
    report = f"{ordered['links']['self']}/report.pdf"
    # The original, the annotated picture, and the close-up of the small fire.
    assert text_of(client.get(report)).count("The picture is no longer available.") == 3
    api.service.storage.delete_reports(ordered["id"])
    gone = client.get(report)
    assert (gone.status_code, gone.json()["code"]) == (410, "report-gone")


def test_a_picture_that_cannot_be_read_any_more_is_said_to_be_so(
    api: Api, client: httpx2.Client
) -> None:
    """A damaged file does not end the report, and is not called missing."""
    inspection = submit(api, client)
    stored = api.service.inspections.results.original(inspection)
    assert stored is not None
    (api.service.storage.root / stored.key).write_bytes(b"no picture")
    ordered = order(client, inspections=[inspection])
    assert render(api)
    text = text_of(client.get(f"{ordered['links']['self']}/report.pdf"))
    assert text.count("The stored picture is damaged and cannot be shown.") >= 1
    assert "no longer" not in text


def test_a_period_with_one_picture_still_tells_of_the_cameras(
    api: Api, client: httpx2.Client
) -> None:
    """The short form of a single inspection has no coverage."""
    api.service.cameras.records.create(CameraSettings("Roof"), "roof")
    submit(api, client)
    ordered = order(client, **PERIOD)
    assert render(api)
    text = text_of(client.get(f"{ordered['links']['self']}/report.pdf"))
    assert "Cameras that sent no picture in this period: Roof." in text


def test_a_long_report_comes_in_volumes(
    api: Api, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index stands under report.pdf, the volumes by number; their names fit the links."""
    monkeypatch.setattr("safety_detector.report.pdf.PICTURES_PER_VOLUME", 2)
    ids = [submit(api, client, seed) for seed in range(3)]
    ordered = order(client, **PERIOD)
    assert render(api)
    done = client.get(ordered["links"]["self"]).json()
    assert [one["name"] for one in done["files"]] == [
        f"report-{ordered['id']}.pdf",
        f"report-{ordered['id']}-volume-01.pdf",
        f"report-{ordered['id']}-volume-02.pdf",
    ]
    assert len(done["links"]["volumes"]) == 2
    first, second = (text_of(client.get(one)) for one in done["links"]["volumes"])
    assert ids[0] in first
    assert ids[2] in second
    assert f"report-{ordered['id']}-volume-02.pdf" in text_of(client.get(done["links"]["report"]))
    missing = client.get(f"{done['links']['self']}/volumes/3.pdf")
    assert missing.status_code == 404


def test_a_report_about_incidents_is_ordered_and_made(api: Api, client: httpx2.Client) -> None:
    """A hazard stands in it once, with what people did; alone its notice is a form."""
    client.post("/v1/cameras", json={"id": "roof", "name": "Roof"})
    for seed in range(3):
        submit(api, client, seed, camera_id="roof")
    (incident,) = client.get("/v1/incidents").json()["incidents"]
    act = {"act": "confirm"}
    assert client.post(f"/v1/incidents/{incident['id']}/acts", json=act).status_code == 201
    ordered = order(client, about="incidents", **PERIOD, lang="zh", site="二号厂区")
    assert ordered["order"]["about"] == "incidents"
    noticed = order(client, about="incidents", notices=[incident["id"]])
    assert render(api)
    done = client.get(ordered["links"]["self"]).json()
    assert done["progress"] == {"stage": None, "done": 1, "total": 1}
    text = text_of(client.get(done["links"]["report"]))
    for expected in ("发现隐患 1 起", "隐患台账", "已确认", "二号厂区", incident["id"][-4:]):
        assert expected in text
    assert render(api)
    notice = text_of(client.get(f"{noticed['links']['self']}/report.pdf"))
    assert "Rectification notice" in notice
    assert "Hazard register" not in notice


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({}, 422, "request-invalid", "hazard, severity, state, level, zone_id, assignee"),
        ({**PERIOD, "verdict": "hazard"}, 422, "request-invalid", "verdict"),
        ({**PERIOD, "batch_id": "b"}, 422, "request-invalid", "batch_id"),
        ({"inspections": ["a"]}, 422, "request-invalid", "inspections"),
        ({**PERIOD, "incidents": ["a"]}, 422, "request-invalid", "does not go with"),
        ({"incidents": ["nobody"]}, 422, "unknown-incident", "'nobody'"),
        ({**PERIOD, "notices": ["nobody"]}, 422, "unknown-incident", "'nobody'"),
        ({**PERIOD, "hazard": "flood"}, 422, "request-invalid", "hazard"),
        ({**PERIOD, "level": "huge"}, 422, "request-invalid", "level"),
        ({**PERIOD, "about": "cats"}, 422, "request-invalid", "about"),
        ({**PERIOD, "about": "inspections", "hazard": "fire"}, 422, "request-invalid", "hazard"),
        ({"camera_id": "roof"}, 404, "unknown-camera", "roof"),
    ],
)
def test_an_order_about_incidents_that_makes_no_sense_is_refused(
    client: httpx2.Client, body: dict[str, Any], status: int, code: str, named: str
) -> None:
    """The problem names what was wrong, and nothing is queued."""
    answer = client.post("/v1/reports", json={"about": "incidents", **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert named in answer.json()["detail"]
    assert client.get("/v1/reports").json()["reports"] == []
