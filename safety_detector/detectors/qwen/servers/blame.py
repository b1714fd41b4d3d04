"""Whose fault a failed request to a model server is; pure."""

from __future__ import annotations

from enum import Enum, auto
from http import HTTPStatus

from safety_detector.errors import (
    AnswerTimedOut,
    DetectorError,
    ModelFault,
    ModelUnreachable,
    ServerFailure,
)

# Sixteen answers at a time come at 11 tokens/s each on 4 × T4, of 2 to 3 characters.
_LEAST_CHARS_PER_S = 8.0


class Blame(Enum):
    """Whose a failed request is."""

    PICTURE = auto()
    CROWD = auto()  # the server is sound and has no room
    SERVER = auto()  # it may pass; several in a row may not
    BROKEN = auto()  # so with an answer that broke off; but two such are the picture's
    DEAD_SERVER = auto()  # nothing is there, or nothing for us
    UNCLEAR = auto()  # what the server does with a test picture tells


def blame(error: DetectorError) -> Blame:
    """Whose a failed request is, as far as the error shows it."""
    if isinstance(error, ModelFault):
        return Blame.UNCLEAR
    if not isinstance(error, ModelUnreachable):
        return Blame.PICTURE
    if error.failure is ServerFailure.TIMED_OUT:
        return Blame.SERVER if _drips(error) else Blame.UNCLEAR
    if error.failure is ServerFailure.UNCONNECTED:
        return Blame.DEAD_SERVER
    match error.http_status:
        case 401 | 403 | 404:
            return Blame.DEAD_SERVER
        case 408 | 409 | 425 | 429:
            return Blame.CROWD
        case 500:
            return Blame.UNCLEAR
        case None:
            return Blame.BROKEN
        case _:
            return Blame.SERVER  # a gateway's 502 to 504


def _drips(error: ModelUnreachable) -> bool:
    """Whether a part of the answer had come, but at a pace that no picture is to blame for."""
    return error.chars_per_s is not None and error.chars_per_s < _LEAST_CHARS_PER_S


def breaks_down(error: DetectorError) -> bool:
    """Whether the engine may have died of this request, if it is not sound now.

    The connection broke, or what is left of the server says 500 (vLLM, when its engine is dead).
    """
    return blame(error) is Blame.BROKEN or (
        isinstance(error, ModelUnreachable)
        and error.http_status == HTTPStatus.INTERNAL_SERVER_ERROR
    )


def timed_out(error: DetectorError) -> bool:
    """Whether no answer came in time."""
    return isinstance(error, ModelUnreachable) and error.failure is ServerFailure.TIMED_OUT


def of_the_picture(error: DetectorError) -> DetectorError:
    """What an unclear error says about the picture, once its server is known to be sound."""
    if timed_out(error):
        return AnswerTimedOut("server-answers-others", reason=error.reason)
    if isinstance(error, ModelUnreachable):
        return ModelFault("server-answers-others", reason=error.reason)
    return error


def of_a_breaker(error: DetectorError) -> DetectorError:
    """What it says about the picture that answers about it break off again and again.

    It may be that it brings the engine down.  Then there is nobody left to be examined, and it
    would go from server to server for ever.
    """
    return ModelFault("answers-break-off", reason=error.reason)
