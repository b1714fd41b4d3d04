"""Whose fault a failed request to a model server is; pure."""

from __future__ import annotations

from enum import Enum, auto
from http import HTTPStatus

from safety_detector.errors import AnswerTimedOut, DetectorError, ModelFault, ModelUnreachable

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
    if error.facts.get("timed_out"):
        return Blame.SERVER if _drips(error) else Blame.UNCLEAR
    if error.facts.get("unconnected"):
        return Blame.DEAD_SERVER
    match error.facts.get("status"):
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


def _drips(error: DetectorError) -> bool:
    """Whether a part of the answer had come, but at a pace that no picture is to blame for."""
    chars_per_s = error.facts.get("chars_per_s")
    return isinstance(chars_per_s, float) and chars_per_s < _LEAST_CHARS_PER_S


def breaks_down(error: DetectorError) -> bool:
    """Whether the engine may have died of this request, if it is not sound now.

    The connection broke, or what is left of the server says 500 (vLLM, when its engine is dead).
    """
    return (
        blame(error) is Blame.BROKEN
        or error.facts.get("status") == HTTPStatus.INTERNAL_SERVER_ERROR
    )


def of_the_picture(error: DetectorError) -> DetectorError:
    """What an unclear error says about the picture, once its server is known to be sound."""
    aside = " It answers a test picture all the same."
    if error.facts.get("timed_out"):
        return AnswerTimedOut(error.message + aside, **error.facts)
    if isinstance(error, ModelUnreachable):
        return ModelFault(error.message + aside, **error.facts)
    return error


def of_a_breaker(error: DetectorError) -> DetectorError:
    """What it says about the picture that answers about it break off again and again.

    It may be that it brings the engine down.  Then there is nobody left to be examined, and it
    would go from server to server for ever.
    """
    return ModelFault(error.message + " An answer about this picture broke off before, too.")
