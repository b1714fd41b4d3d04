import io
import os
import signal
from typing import Any

import psutil
import pypdf

from tests.eventually import eventually

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


def render_workers(serve: Serve) -> list[psutil.Process]:
    """The processes that make reports."""
    return [process for process in serve.workers() if "render" in process.cmdline()]


def read_report(serve: Serve, address: str) -> dict[str, Any]:
    """The ordered report's present document."""
    document: dict[str, Any] = serve.client.get(address).json()
    return document


def test_a_period_is_reported_on_while_its_worker_is_killed(start_serve: StartServe) -> None:
    """Order, kill -9, restart: in the end there is one whole PDF with all that was found."""
    serve = start_serve(SAFETY_LEASE="6", SAFETY_HEARTBEAT="1")
    serve.client.post("/v1/cameras", json={"id": "roof", "name": "Roof"}).raise_for_status()
    found = serve.wait_for(serve.submit(FIRE)["id"])
    eventually(lambda: bool(render_workers(serve)), "a worker for reports")
    body = {"since": "2026-01-01T00:00:00+08:00", "notices": [found["id"]], "lang": "zh"}
    ordered = serve.client.post("/v1/reports", json=body)
    assert ordered.status_code == 202, ordered.text
    for process in render_workers(serve):
        os.kill(process.pid, signal.SIGKILL)
    address = ordered.headers["Location"]
    eventually(lambda: read_report(serve, address)["status"] == "completed", "the report")
    document = read_report(serve, address)
    pdf = serve.client.get(document["links"]["report"])
    assert pdf.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert found["id"] in text
    assert found["image"]["sha256"] in "".join(text.split())
    assert "隐患整改通知单" in text
    folders = list((serve.data_dir / "reports").iterdir())
    assert [path.name for one in folders for path in one.iterdir()] == [
        document["files"][0]["name"]
    ]
    assert serve.stop() == 0
