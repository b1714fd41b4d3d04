"""What the settings make of the model servers."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.errors import ConfigurationInvalid
from safety_detector.settings import Settings
from safety_detector.wiring import (
    build_embedded_detector,
    build_qwen_detector,
    qwen_slots,
    read_server_statuses,
)

URLS = ("http://10.0.0.5:8000/v1", "http://user:secret@10.0.0.6:8000/v1")


@pytest.mark.parametrize(
    ("given", "slots"),
    [
        ({}, 20),
        ({"qwen_urls": URLS}, 36),
        ({"qwen_urls": URLS, "qwen_max_in_flight": 8}, 20),
        ({"qwen_urls": URLS, "qwen_slots": 5}, 5),
    ],
)
def test_worker_has_as_many_pictures_in_hand_as_the_servers_and_some_more(
    given: dict[str, Any], slots: int
) -> None:
    """The servers are never short of pictures while others are read or drawn."""
    assert qwen_slots(Settings(**given)) == slots


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({}, 8),
        ({"qwen_max_in_flight": 2}, 2),
        ({"qwen_start_in_flight": 1}, 4),
        ({"qwen_start_in_flight": 40, "qwen_max_in_flight": 32}, 32),
    ],
)
def test_bounds_of_the_limit_fit_together_whatever_is_set(
    given: dict[str, Any], limit: int
) -> None:
    """One setting can be changed without the others."""
    with closing(build_qwen_detector(Settings(qwen_urls=URLS, **given))) as detector:
        statuses = detector.server_statuses()
    assert [one.limit for one in statuses] == [limit, limit]
    assert not any("secret" in one.address for one in statuses)


def table(folder: Path, name: str, **changes: Any) -> Path:
    """A calibration as ``eval --calibrate`` writes it, of the usual model and prompt."""
    content = {
        "format": "safety-detector score calibration 1",
        "backend": "qwen",
        "model": "Qwen/Qwen2.5-VL-7B-Instruct",
        "prompt_version": make_prompt("zh", dialect_named("qwen2.5-vl")).version,
        "score_from": "tokens",
        "classes": {"fire": {"curve": [[0.5, 0.4]], "boxes": 30, "right": 12}},
    }
    path = folder / name
    path.write_text(json.dumps(content | changes))
    return path


def test_each_detector_takes_the_calibration_that_is_about_it(tmp_path: Path) -> None:
    """What a run went by is named in it."""
    own = table(tmp_path, "own.json")
    other = table(
        tmp_path, "other.json", backend="embedded", prompt_version=None, score_from="detector",
        model=build_embedded_detector(Settings()).model,
    )  # fmt: skip
    settings = Settings(qwen_urls=URLS, score_calibration=(own, other))
    with closing(build_qwen_detector(settings)) as detector:
        versions = [detector.conditions.calibration]
    versions.append(build_embedded_detector(settings).conditions.calibration)
    assert versions == [hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in (own, other)]


@pytest.mark.parametrize(
    "changes", [{"model": "Qwen/Qwen3-VL-8B"}, {"prompt_version": "zh-0"}, {"classes": {}}]
)
def test_a_calibration_of_another_model_or_prompt_stops_the_start(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Nobody reads shares that were found with something else."""
    path = table(tmp_path, "table.json", **changes)
    with pytest.raises(ConfigurationInvalid, match=r"table\.json"):
        build_qwen_detector(Settings(qwen_urls=URLS, score_calibration=(path,)))


def test_two_calibrations_of_one_detector_stop_the_start(tmp_path: Path) -> None:
    """Both files are named."""
    paths = (table(tmp_path, "a.json"), table(tmp_path, "b.json"))
    with pytest.raises(ConfigurationInvalid, match=r"a\.json.*b\.json"):
        build_qwen_detector(Settings(qwen_urls=URLS, score_calibration=paths))


def test_without_redis_nothing_is_known_of_what_others_see() -> None:
    """There is nothing to ask, and nothing is asked."""
    assert read_server_statuses(Settings(qwen_urls=URLS)) == []
