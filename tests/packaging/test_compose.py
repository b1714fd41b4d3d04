"""docker-compose.yml, by the Compose specification and by what we promise of it."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from compose_spec import PyCompose, parse_duration

from safety_detector import __version__
from safety_detector.settings import Queue, Settings, known_variables
from tests.compose_file import INT4_ENV, ROOT, int4_variables, read_compose

DEPLOYMENTS = {"fp16": {}, "int4": int4_variables()}


@pytest.fixture(params=DEPLOYMENTS)
def compose(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The file in each of its two forms."""
    return read_compose(DEPLOYMENTS[request.param])


def services(compose: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every service with its name."""
    yield from compose["services"].items()


def environments(compose: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every variable of every service: service, name, value."""
    for name, service in services(compose):
        for variable, value in service.get("environment", {}).items():
            yield name, variable, str(value)


def check(compose: dict[str, Any]) -> None:
    """Raises ValueError where the specification is not kept, or a reference leads nowhere."""
    PyCompose.from_json(json.dumps(compose)).validate()


def test_the_file_keeps_to_the_specification(compose: dict[str, Any]) -> None:
    """Compose will take it."""
    check(compose)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("api", "cap_dropp", ["ALL"]),
        ("api", "restart", "sometimes"),
        ("api", "networks", ["nowhere"]),
        ("api", "secrets", ["unknown"]),
        ("redis", "stop_grace_period", "soon"),
    ],
)
def test_a_mistake_would_be_found(service: str, key: str, value: object) -> None:
    """The validator is no rubber stamp."""
    compose = read_compose()
    compose["services"][service][key] = value
    with pytest.raises(ValueError, match=r"."):
        check(compose)


def test_every_setting_is_one(compose: dict[str, Any]) -> None:
    """No variable is misspelt, and each value can be read by the settings."""
    ours = {(name, value) for _, name, value in environments(compose) if "SAFETY_" in name}
    assert ours
    assert {name for name, _ in ours} <= known_variables()
    Settings.model_validate(
        {
            name.removeprefix("SAFETY_").lower(): value
            for name, value in ours
            if not name.endswith("_FILE")
        }
    )


def test_every_queue_has_a_worker(compose: dict[str, Any]) -> None:
    """No kind of work waits for ever."""
    queues = {
        service["command"][2]
        for _, service in services(compose)
        if service.get("command", [""])[0] == "worker"
    }
    assert queues == set(get_args(Queue))


def test_nothing_is_published_but_the_api(compose: dict[str, Any]) -> None:
    """And that to this machine alone, unless the operator names an address."""
    published = {
        name: service["ports"] for name, service in services(compose) if "ports" in service
    }
    assert published == {"api": ["127.0.0.1:8000:8000"]}
    assert not any("network_mode" in service for _, service in services(compose))
    inner = {name for name, network in compose["networks"].items() if network.get("internal")}
    outer = {name for name, one in services(compose) if set(one["networks"]) - inner}
    assert outer == {"api", "watch"}  # the latter reaches cameras


def test_every_service_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    """Except for what ends by itself."""
    for name, service in services(compose):
        health = service["healthcheck"]
        if service["restart"] == "no":
            assert health == {"disable": True}, name
        else:
            assert health["test"][0] in ("CMD", "CMD-SHELL"), name
            assert parse_duration(health["timeout"]) <= parse_duration(health["interval"]), name


def test_every_image_is_pinned_and_named_without_a_registry(compose: dict[str, Any]) -> None:
    """The same file gives the same programs tomorrow, from whatever mirror the site has."""
    for name, service in services(compose):
        repository, _, tag = service["image"].partition(":")
        assert re.match(r"v?\d+\.\d+\.?\d*", tag), name
        assert "." not in repository.split("/")[0], name
        if "build" in service:
            assert service["image"] == f"safety-detector:{__version__}"
            assert service["pull_policy"] == "never"


def test_an_air_gapped_site_pulls_nothing() -> None:
    """One variable forbids every look at a registry."""
    compose = read_compose({"PULL_POLICY": "never"})
    assert {service["pull_policy"] for _, service in services(compose)} == {"never"}


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    """Passwords come from files, and no address holds one."""
    for service, name, value in environments(compose):
        if re.search(r"PASSWORD|SECRET|TOKEN|API_KEY|DATABASE_URL|REDIS_URL", name):
            assert name.endswith("_FILE"), name
            assert value.startswith("/run/secrets/"), name
            assert value.removeprefix("/run/secrets/") in compose["services"][service]["secrets"]
        assert "@" not in value, name
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"://[^/\s\"']*:[^/\s\"'@]*@", text)


def test_every_service_has_as_few_rights_as_it_needs(compose: dict[str, Any]) -> None:
    """Read-only, without capabilities, bounded in memory and in what it logs."""
    for name, service in services(compose):
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert not {"cap_add", "privileged", "devices", "pid", "ipc"} & set(service), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
        for mount in service.get("volumes", []):
            source = mount["source"] if isinstance(mount, dict) else mount.partition(":")[0]
            writable = isinstance(mount, str) or not mount.get("read_only")
            assert source in compose["volumes"] or not writable, name


def test_what_is_needed_is_there_before_it_is_used(compose: dict[str, Any]) -> None:
    """Tables before those who use them; the model server nobody waits for."""
    for name, service in services(compose):
        awaited = {key: value["condition"] for key, value in service.get("depends_on", {}).items()}
        if name == "migrate":
            assert awaited == {"postgres": "service_healthy"}
        elif "build" in service:
            assert awaited == {
                "postgres": "service_healthy",
                "redis": "service_healthy",
                "migrate": "service_completed_successfully",
            }
        else:
            assert not awaited, name


@pytest.mark.parametrize("service", ["worker-qwen", "worker-embedded"])
def test_a_worker_may_finish_what_it_has_in_hand(service: str) -> None:
    """A stop waits longer than one picture may take."""
    settings = Settings.model_construct()
    grace_s = parse_duration(read_compose()["services"][service]["stop_grace_period"])
    longest = max(settings.qwen_deadline, settings.picture_time_limit) + timedelta(seconds=10)
    assert grace_s > longest.total_seconds()


def test_the_service_knows_every_model_server_that_runs(compose: dict[str, Any]) -> None:
    """One of fp16 on all four cards, or four of int4 with a card each; never both."""
    worker = compose["services"]["worker-qwen"]
    settings = Settings.model_validate({"qwen_urls": worker["environment"]["SAFETY_QWEN_URLS"]})
    known = [urlsplit(url).hostname for url in settings.qwen_urls]
    int4 = "vllm-0" in known
    running = {
        name: service
        for name, service in services(compose)
        if name.startswith("vllm")
        and service["deploy"].get("replicas", 1)
        and ("profiles" not in service or int4)
    }
    assert sorted(running) == sorted(known)
    cards = []
    for service in running.values():
        [device] = service["deploy"]["resources"]["reservations"]["devices"]
        assert device["capabilities"] == ["gpu"]
        cards += device["device_ids"]
        assert set(service["networks"]) & set(worker["networks"])
        model = service["command"][service["command"].index("--served-model-name") + 1]
        assert model == worker["environment"]["SAFETY_QWEN_MODEL"]
        assert service["environment"]["HF_HUB_OFFLINE"] == "1"
        # What the service has in hand the server has in work; what waits here goes by urgency.
        assert f"--max-num-seqs={settings.qwen_max_in_flight}" in service["command"]
    assert sorted(cards) == ["0", "1", "2", "3"]


def test_the_int4_environment_switches_its_profile_on() -> None:
    """Copying one file is the whole switch."""
    variables = int4_variables()
    assert variables["COMPOSE_PROFILES"] == "int4", INT4_ENV
    profiles = {
        name for name, service in services(read_compose(variables)) if "profiles" in service
    }
    assert profiles == {f"vllm-{card}" for card in range(4)}


def make_secrets(folder: Path) -> dict[str, str]:
    """Runs the script; the secrets by name."""
    script = ROOT / "deploy" / "make_secrets.sh"
    subprocess.run(["sh", str(script), str(folder)], check=True, capture_output=True)
    return {path.name: path.read_text().strip() for path in folder.iterdir()}


def test_the_secrets_that_are_mounted_are_made(tmp_path: Path) -> None:
    """Exactly those, random, fitting each other, and out of reach of the machine's users."""
    folder = tmp_path / "secrets"
    made = make_secrets(folder)
    assert {f"secrets/{name}" for name in made} == {
        secret["file"] for secret in read_compose()["secrets"].values()
    }
    assert urlsplit(made["database_url"]).password == made["postgres_password"]
    assert urlsplit(made["redis_url"]).password == made["redis_conf"].split()[1]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    other = make_secrets(tmp_path / "other")
    assert all(made[name] != other[name] for name in made)


def test_secrets_that_are_there_are_kept(tmp_path: Path) -> None:
    """A second run cannot lock the service out of its database."""
    made = make_secrets(tmp_path / "secrets")
    (tmp_path / "secrets" / "first_api_key").unlink()
    again = make_secrets(tmp_path / "secrets")
    assert again.pop("first_api_key") != made.pop("first_api_key")
    assert again == made
