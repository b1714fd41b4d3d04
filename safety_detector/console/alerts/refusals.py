"""Why a form was not taken, said at its fields where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from safety_detector.console.route import detail_of
from safety_detector.domain.hazards import Language
from safety_detector.errors import SafetyDetectorError
from safety_detector.web.problems.problem import RequestProblem, problem_document


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not taken.

    Attributes:
        status: of the answer.
        said: in the reader's language, what no field says; empty where fields say all.
        fields: what is wrong with a field, by its name; ``hours.2`` is a fault of ``hours``.
    """

    status: HTTPStatus
    said: str
    fields: dict[str, str]


def refusal_of(error: RequestProblem | SafetyDetectorError, language: Language) -> Refusal:
    """Why a form was not taken."""
    fields: dict[str, str] = {}
    if isinstance(error, RequestProblem):
        for field, reason in error.faults:
            fields.setdefault(field.partition(".")[0], reason.text(language))
    status = HTTPStatus(problem_document(error)["status"])
    of_all = fields.pop("", "")  # such as of two fields that do not go together
    return Refusal(status, of_all or ("" if fields else detail_of(error, language)), fields)
