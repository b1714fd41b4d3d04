"""What the server tells beside its answers."""

from __future__ import annotations

import pytest

from safety_detector.detectors.qwen.servers.model_server import ModelServer

from .conftest import MODEL, Note, RawServer

SECTION = "Endpoints"

# Each is named in docs/deploy-4xT4.md, for the dashboards of a site.
METRICS = [
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:kv_cache_usage_perc",
    "vllm:prefix_cache_hits_total",
    "vllm:prefix_cache_queries_total",
    "vllm:generation_tokens_total",
    "vllm:prompt_tokens_total",
    "vllm:num_preemptions_total",
    "vllm:time_to_first_token_seconds_count",
    "vllm:e2e_request_latency_seconds_count",
    "vllm:request_queue_time_seconds_count",
]


def test_the_version_is_told(raw: RawServer, note: Note) -> None:
    """The record carries it."""
    note(SECTION, "`/version`", raw.get("/version").json()["version"])


def test_health_is_told(server: ModelServer, raw: RawServer, note: Note) -> None:
    """Our client's look passes."""
    server.check_health()
    note(SECTION, "`/health`", raw.get("/health").status_code)


def test_the_served_model_is_listed(server: ModelServer, raw: RawServer, note: Note) -> None:
    """Under the name that the deployment gives it, with the length of its context."""
    assert server.served_models() == {MODEL}
    [model] = raw.get("/v1/models").json()["data"]
    assert model["max_model_len"] == 8192
    note(SECTION, "`/v1/models`", f"`{MODEL}`, `max_model_len` {model['max_model_len']}")


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_there(raw: RawServer, name: str, note: Note) -> None:
    """Under the name that dashboards ask for."""
    assert raw.metric(name) >= 0
    note(SECTION, f"`{name}`", "there")


def test_a_key_protects_the_model_alone(raw: RawServer, note: Note) -> None:
    """Everything beside /v1 stays open: the port must never be published."""
    for path, status in (("/v1/models", 401), ("/health", 200), ("/metrics", 200)):
        assert raw.get(path, with_key=False).status_code == status
        note(SECTION, f"`{path}` without the API key", status)
