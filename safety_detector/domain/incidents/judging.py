"""By whom an incident was judged, and how sure: one wording for pages, paper and messages."""

from __future__ import annotations

from safety_detector.message_texts.reason import Reason


def judged_by(
    *, is_verified: bool, is_model_away: bool = False, score: float | None = None
) -> Reason:
    """Whether a language model confirms it, and the detector's own highest score.

    The score is told as a figure from 0 to 1 and not as percent, since it is no probability.

    Args:
        is_verified: the language model saw it.
        is_model_away: it did not, since it cannot be used.
        score: the highest; None where there is none.
    """
    if is_verified:
        judge = Reason("judge-verified")
    else:
        judge = Reason("judge-model-away") if is_model_away else Reason("judge-unverified")
    if score is None:
        return judge
    return Reason.of("judge-and-score", judge=judge, score=f"{score:.2f}")
