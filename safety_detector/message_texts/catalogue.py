"""Every message by its code."""

from __future__ import annotations

from safety_detector.message_texts.models import MODELS
from safety_detector.message_texts.phrase import Phrase

PHRASES: dict[str, Phrase] = {
    **MODELS,
    # Words from outside, and sentences of the time before there were codes.
    "quoted": Phrase("{text}", "{text}"),
    "sentences": Phrase("{reasons}", "{reasons}"),
    "other": Phrase("{text}", "{text}"),
}
