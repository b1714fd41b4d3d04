"""Counts over incidents, as everybody is shown them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from safety_detector.documents.document import Document
from safety_detector.documents.incidents import rounded


class TallyDocument(Document):
    """What became of some incidents."""

    found: int = Field(description="Hazards, also those that nobody has judged yet.", examples=[42])
    false_alarms: int = Field(description="Beside them, what people called so.", examples=[5])
    unseen: int = Field(description="Of all of them, nobody has done anything about.", examples=[3])
    unjudged: int = Field(
        description="Of the hazards, nobody has said whether they are any.", examples=[4]
    )
    solved: int = Field(
        description="Of the hazards, put right, and verified by somebody else.", examples=[30]
    )
    closed: int = Field(description="Of these, closed.", examples=[28])
    overdue: int = Field(
        description="Of the hazards, should have been put right by now.", examples=[2]
    )
    rectification_rate: Annotated[float | None, AfterValidator(rounded)] = Field(
        description="`solved` of `found` (整改率); null without any.", examples=[0.7143]
    )
    closure_rate: Annotated[float | None, AfterValidator(rounded)] = Field(
        description="`closed` of `found`; null without any.", examples=[0.6667]
    )
    mean_s_to_acknowledge: Annotated[float | None, AfterValidator(rounded)] = Field(
        description="Seconds from when they opened until somebody did something about them, on "
        "average; also of false alarms.",
        examples=[95.5],
    )
    mean_s_to_close: Annotated[float | None, AfterValidator(rounded)] = Field(
        description="Seconds from when hazards opened until they were closed, on average.",
        examples=[86400.0],
    )


class StatisticsDocument(Document):
    """What became of incidents; what is part of another one is counted with that."""

    total: TallyDocument = Field(description="All.")
    by_state: dict[str, int] = Field(
        description="How many are how far.", examples=[{"open": 3, "closed": 28}]
    )
    by_hazard: dict[str, TallyDocument] = Field(
        description="By the most urgent hazard.", examples=[{}]
    )
    by_camera: dict[str, TallyDocument] = Field(description="By camera.", examples=[{}])
    by_level: dict[str, TallyDocument] = Field(
        description="By level; empty: nobody has said.", examples=[{}]
    )
    by_unit: dict[str, TallyDocument] = Field(
        description="By responsible unit; empty: nobody has said.", examples=[{}]
    )
    by_day: dict[str, TallyDocument] = Field(
        description="By the day on which they opened, of the service's time zone.", examples=[{}]
    )
    by_hour: dict[str, TallyDocument] = Field(
        description="By the hour of the day, 0 to 23.", examples=[{}]
    )
