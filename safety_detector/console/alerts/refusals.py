"""Why a form was not taken, said at its fields where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from safety_detector.console.route import detail_of
from safety_detector.domain.hazards import Language
from safety_detector.errors import SafetyDetectorError, SubmissionRefused
from safety_detector.web.problems.problem import RequestProblem, problem_document


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not taken.

    Attributes:
        status: of the answer.
        said: in the reader's language, what no field says; empty where fields say all.
        fields: what is wrong with a field, by its name; ``hours.2`` is a fault of ``hours``.
        is_of_others: whether somebody else changed it meanwhile, which the reader is told by this.
    """

    status: HTTPStatus
    said: str
    fields: dict[str, str]
    is_of_others: bool = False


def seen_after(refusal: Refusal | None, before: str | None, present: str) -> str:
    """Which digest of what it shows a form brings back next.

    Whoever was not told of what others did has not seen it.

    Args:
        refusal: what the reader is told.
        before: what the form brought; None where it is shown for the first time.
        present: of what is there now.
    """
    return present if before is None or (refusal and refusal.is_of_others) else before


def check_seen(seen: str, present: str) -> None:
    """Stops whoever would overwrite what they have not seen.

    Raises:
        SubmissionRefused: somebody else changed it since the form was shown.
    """
    if seen != present:
        raise SubmissionRefused("changed-meanwhile")


def refusal_of(error: RequestProblem | SafetyDetectorError, language: Language) -> Refusal:
    """Why a form was not taken."""
    fields: dict[str, str] = {}
    if isinstance(error, RequestProblem):
        for field, reason in error.faults:
            fields.setdefault(field.partition(".")[0], reason.text(language))
    elif isinstance(named := error.facts.get("field"), str):
        fields[named] = error.reason.text(language)
    status = HTTPStatus(problem_document(error)["status"])
    if isinstance(error, SafetyDetectorError) and error.reason.code == "changed-meanwhile":
        return Refusal(HTTPStatus.CONFLICT, error.reason.text(language), {}, is_of_others=True)
    of_all = fields.pop("", "")  # such as of two fields that do not go together
    return Refusal(status, of_all or ("" if fields else detail_of(error, language)), fields)
