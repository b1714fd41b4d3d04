"""A picture that is to show an incident put right, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from safety_detector.documents.incidents import AfterDocument
from safety_detector.message_texts.reason import Reason
from safety_detector.service.incidents.after_pictures import LookAtAfter


@dataclass(frozen=True, slots=True)
class AfterShown:
    """A picture that is to show it put right, as a page shows it.

    Attributes:
        picture: what the detector says of it; None where it was removed.
        is_waited_for: whether it has yet to say so.
        doubts: what speaks against it.
    """

    picture: AfterDocument | None
    is_waited_for: bool
    doubts: tuple[Reason, ...]

    @classmethod
    def of(cls, look: LookAtAfter) -> AfterShown:
        """What was found."""
        document = AfterDocument.of(look.after) if look.after else None
        return cls(document, look.is_waited_for, look.doubts)
