"""Errors as problem documents."""

from __future__ import annotations

import json

import pytest

from safety_detector import errors
from safety_detector.errors import PictureTooLarge, SafetyDetectorError, StorageUnavailable
from safety_detector.web.problems.problem import (
    RequestProblem,
    invalid_request,
    known_kinds,
    problem_document,
    problem_response,
)


def every_error() -> list[type[SafetyDetectorError]]:
    """Every class of the tree."""
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, SafetyDetectorError)
    ]


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.code)
def test_every_error_is_a_whole_problem(cls: type[SafetyDetectorError]) -> None:
    """Each error has type, title, status, detail and code, and is among the known kinds."""
    document = problem_document(cls("It is so.", limit=5))
    assert document["type"] == f"/problems/{cls.code}"
    assert document["title"]
    assert 400 <= document["status"] <= 599
    assert (document["detail"], document["code"], document["limit"]) == ("It is so.", cls.code, 5)
    if cls is not SafetyDetectorError:
        kind = known_kinds()[cls.code]
        assert (kind.status, kind.title) == (document["status"], document["title"])
        assert kind.meaning.endswith((".", ":", ";", ","))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotAPicture, 422),
        (errors.PictureTooLarge, 413),
        (errors.AddressRefused, 422),
        (errors.FetchFailed, 422),
        (errors.UnknownCamera, 404),
        (errors.CameraExists, 409),
        (errors.IdempotencyConflict, 422),
        (errors.StorageUnavailable, 503),
        (errors.DatabaseUnavailable, 503),
        (errors.FontInvalid, 500),
    ],
)
def test_status_follows_the_class(error: type[SafetyDetectorError], status: int) -> None:
    """The nearest class of the tree decides the status."""
    assert problem_document(error("x"))["status"] == status


def test_facts_never_hide_the_problem() -> None:
    """A fact with the name of one of the problem's own members does not replace it."""
    document = problem_document(errors.FetchFailed("The server answered 500.", status=500))
    assert document["status"] == 422


def test_unavailability_says_when_to_come_back() -> None:
    """A 503 has Retry-After, a refusal has not."""
    assert problem_response(StorageUnavailable("full")).headers["Retry-After"] == "5"
    assert "Retry-After" not in problem_response(PictureTooLarge("big")).headers


def test_invalid_fields_are_named_without_their_values() -> None:
    """Each wrong field is named with its fault; what was sent is not repeated."""
    problem = invalid_request(
        [{"loc": ("captured_at",), "msg": "Value error, no zone", "input": "secret"}]
    )
    body = json.loads(bytes(problem_response(problem).body))
    assert body["errors"] == [{"field": "captured_at", "detail": "no zone"}]
    assert "secret" not in json.dumps(body)


def test_own_problem_keeps_its_headers() -> None:
    """A refusal of the web layer carries its headers into the answer."""
    problem = RequestProblem("rate-limited", "slow down", headers={"Retry-After": "3"})
    assert problem_response(problem).headers["Retry-After"] == "3"
