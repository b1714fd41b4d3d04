import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from tests.eventually import eventually
from tests.model_server import Reply, StandInServer, running

from .conftest import ROOT, Serve, StartServe

PICTURE = ROOT / "samples" / "two-bare-heads-low-sun.jpg"
ANSWER = json.dumps(
    [{"bbox_2d": [28, 28, 112, 280], "label": "人员", "sub_label": "未佩戴安全帽"}],
    ensure_ascii=False,
)
SLOW = Reply(ANSWER, drip_s=0.03)  # about a second a picture
PICTURES = 60


def counters(serve: Serve) -> dict[str, int]:
    """How many inspections there are of each status."""
    listed: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = serve.client.get("/v1/inspections", params={"limit": 100, **cursor}).json()
        listed += page["inspections"]
    statuses = [one["status"] for one in listed]
    return {status: statuses.count(status) for status in set(statuses)}


def submit(serve: Serve, count: int) -> None:
    """Uploads the picture so many times."""
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(serve.submit, PICTURE) for _ in range(count)]:
            one.result()


def states(serve: Serve) -> list[str]:
    """How each model server stands, by the readiness probe."""
    servers = serve.health()["checks"].get("model_servers", {}).get("servers", [])
    return [one["state"] for one in servers]


def test_a_killed_server_of_four_and_an_outage_of_all_lose_nothing(
    start_serve: StartServe,
) -> None:
    """Sixty pictures: one server dies in the middle, then all are away; every picture completes."""
    with ExitStack() as first_life:
        lives = [first_life.enter_context(ExitStack()) for _ in range(4)]
        servers: list[StandInServer] = [life.enter_context(running(SLOW)) for life in lives]
        ports = [server.server_port for server in servers]
        serve = start_serve(
            SAFETY_QWEN_URLS=",".join(server.url for server in servers),
            SAFETY_QWEN_MAX_IN_FLIGHT="4",
        )
        submit(serve, PICTURES // 2)
        eventually(lambda: all(server.seen for server in servers), "each server has pictures")
        lives[0].close()
        eventually(lambda: "ejected" in states(serve), "the probe tells of the dead server")
        eventually(lambda: counters(serve) == {"completed": PICTURES // 2}, "half of them done")
        for server in servers[1:]:
            server.gate.clear()
        submit(serve, PICTURES // 2)
        eventually(lambda: any(server.in_flight for server in servers[1:]), "pictures in flight")
    eventually(lambda: states(serve) == ["ejected"] * 4, "all are known to be away")
    assert serve.health()["status"] == "degraded"
    assert counters(serve).get("failed", 0) == 0
    with ExitStack() as second_life:
        for port in ports:
            second_life.enter_context(running(SLOW, port=port))
        eventually(lambda: counters(serve) == {"completed": PICTURES}, "all of them done")
        eventually(lambda: states(serve) == ["in-use"] * 4, "all are in use again")
        eventually(lambda: serve.health()["status"] == "ok", "the probe is well again")
        assert serve.stop() == 0


def test_the_embedded_detector_stands_in_where_the_operator_wants_it(
    start_serve: StartServe,
) -> None:
    """While no model server can be used results come, with both runs, and are never clear."""
    with running(Reply("!" * 200)) as broken:
        serve = start_serve(SAFETY_QWEN_URLS=broken.url, SAFETY_QWEN_FALLBACK="embedded")
        eventually(lambda: states(serve) == ["ejected"], "the probe tells before any picture comes")
        assert "run of" in serve.health()["checks"]["model_servers"]["detail"]
        result = serve.wait_for(serve.submit(PICTURE)["id"])
        assert result["status"] == "completed"
        assert [run["backend"] for run in result["runs"]] == ["qwen", "embedded"]
        assert result["verdict"] in ("hazard", "inconclusive")
        assert broken.seen == []
        assert serve.stop() == 0
