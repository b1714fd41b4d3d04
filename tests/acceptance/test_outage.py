import json

from tests.eventually import eventually
from tests.model_server import Reply, closed_port, running

from .conftest import ROOT, StartServe

PICTURE = ROOT / "samples" / "two-bare-heads-low-sun.jpg"
ANSWER = json.dumps(
    [{"bbox_2d": [28, 28, 112, 280], "label": "人员", "sub_label": "未佩戴安全帽"}],
    ensure_ascii=False,
)


def test_pictures_wait_for_an_absent_model_and_complete_when_it_is_back(
    start_serve: StartServe,
) -> None:
    """An outage fails nothing: pictures say why they wait, and so does the readiness probe."""
    port = closed_port()
    address = f"http://127.0.0.1:{port}/v1"
    serve = start_serve(SAFETY_QWEN_URLS=address)
    accepted = serve.submit(PICTURE)
    eventually(lambda: serve.read(accepted["id"])["waiting_reason"] is not None, "a reason to wait")
    waiting = serve.read(accepted["id"])
    assert waiting["status"] == "queued"
    assert address in waiting["waiting_reason"]
    eventually(lambda: serve.health()["status"] == "degraded", "readyz tells the outage")
    assert address in serve.health()["checks"]["models"]["detail"]
    with running(Reply(ANSWER), port=port):
        result = serve.wait_for(accepted["id"])
        eventually(lambda: serve.health()["status"] == "ok", "readyz is well again")
    assert result["status"] == "completed"
    assert result["verdict"] == "hazard"
    assert result["runs"][0]["backend"] == "qwen"
    assert result["waiting_reason"] is None
    assert serve.stop() == 0
