"""An error as it stands in answers."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from safety_detector.documents.document import Document
from safety_detector.documents.reasons import ReasonDocument


class ProblemDocument(Document):
    """An error (RFC 9457).  Some have further members, such as `limit` or `errors`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="Leads to what this kind of problem means.",
        examples=["/problems/picture-too-large"],
    )
    title: str = Field(description="The code as words.", examples=["Picture too large"])
    status: int = Field(description="That of the answer.", examples=[413])
    detail: str = Field(
        description="What was wrong this time, for people.",
        examples=["The picture has more; the limit is 33,554,432 bytes."],
    )
    code: str = Field(description="Stable, for programs.", examples=["picture-too-large"])
    details: ReasonDocument | None = Field(
        None,
        exclude_if=lambda details: details is None,
        description="Of what the detail is made, where it is one of the errors of pictures, models "
        "and storage.",
        examples=[{"code": "too-many-bytes-uncounted", "facts": {"limit": 33_554_432}}],
    )

    @classmethod
    def example(cls) -> dict[str, Any]:
        """With the further members of its kind."""
        return super().example() | {"limit": 33_554_432, "actual": None}
