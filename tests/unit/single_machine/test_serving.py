"""What ``serve`` says to its operator."""

from __future__ import annotations

import json

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.single_machine.serving import check_port, what_is_missing


def test_what_is_not_ready_is_named_with_its_reason() -> None:
    """One line that people can read, without what is well."""
    checks = {
        "database": {"status": "ok"},
        "workers": {"status": "degraded", "detail": "No worker for qwen has been seen."},
    }
    said = what_is_missing(json.dumps({"status": "degraded", "checks": checks}))
    assert said == "workers: No worker for qwen has been seen."


def test_where_the_reason_is_not_told_its_place_is() -> None:
    """Strangers are not told why, and serve itself has no key."""
    checks = {"models": {"status": "degraded"}}
    said = what_is_missing(json.dumps({"status": "degraded", "checks": checks}))
    assert said == "models: degraded (GET /readyz with an API key says why)"


def test_another_answer_is_shown_as_it_is() -> None:
    """A fault of the API itself is not hidden."""
    problem = json.dumps({"code": "internal", "status": 500})
    assert what_is_missing(problem) == problem


def test_an_address_that_is_not_ours_is_said_to_be_the_trouble() -> None:
    """Another port would not help."""
    with pytest.raises(ConfigurationInvalid, match=r"^gate\.invalid is no address of this machine"):
        check_port("gate.invalid", 8017)
