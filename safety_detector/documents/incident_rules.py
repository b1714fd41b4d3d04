"""When incidents of a camera open and end, as operators say it: REST, files of rules."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from safety_detector.domain.camera_rules import MOST_ZONES, WatchedHazard
from safety_detector.domain.incidents.opening_rules import (
    MOST_LOOKS,
    MOST_WINDOW_S,
    OpeningChange,
    RuleChanges,
)

_LONGEST_S = 86400.0


class OpeningDocument(BaseModel):
    """How often a hazard has to be seen at one place; what is not named is as otherwise."""

    model_config = ConfigDict(extra="forbid")

    sightings: int | None = Field(
        None,
        ge=1,
        le=MOST_LOOKS,
        strict=True,
        description="So many looks that show it …",
        examples=[2],
    )
    looks: int | None = Field(
        None,
        ge=1,
        le=MOST_LOOKS,
        strict=True,
        description="… among so many looks in a row …",
        examples=[3],
    )
    window_s: float | None = Field(
        None,
        gt=0,
        le=MOST_WINDOW_S,
        strict=True,
        description="… within so many seconds. Unset: as long as that many looks of the camera "
        "take.",
        examples=[60],
    )
    opening_score: float | None = Field(
        None,
        ge=0,
        le=1,
        strict=True,
        description="A sighting counts towards opening from this score on; below it is unsure.",
        examples=[0.7],
    )
    unsure_sightings: int | None = Field(
        None,
        ge=0,
        le=MOST_LOOKS,
        strict=True,
        description="So many looks that show it, however unsure, suffice as well …",
        examples=[10],
    )
    unsure_looks: int | None = Field(
        None,
        ge=0,
        le=MOST_LOOKS,
        strict=True,
        description="… among so many in a row; 0 where they never do. Unset both: in proportion "
        "to `sightings` and `looks`.",
        examples=[15],
    )
    severe_at_once: StrictBool | None = Field(
        None, description="Whether a single severe sighting suffices.", examples=[True]
    )

    @model_validator(mode="after")
    def _is_some_rule(self) -> Self:
        self.change()
        return self

    def change(self) -> OpeningChange:
        """As the service takes it."""
        return OpeningChange(
            self.sightings,
            self.looks,
            self.window_s,
            self.opening_score,
            self.unsure_sightings,
            self.unsure_looks,
            self.severe_at_once,
        )


class IncidentRulesDocument(BaseModel):
    """When incidents open and end; what is not named is as for the whole site."""

    model_config = ConfigDict(extra="forbid")

    opening: dict[WatchedHazard, OpeningDocument] = Field(
        default_factory=dict, description="By hazard.", examples=[{"fire": {"sightings": 1}}]
    )
    zones: dict[str, dict[WatchedHazard, OpeningDocument]] = Field(
        default_factory=dict,
        max_length=MOST_ZONES,
        description="By the `id` of one of the camera's zones, and hazard, where they differ.",
        examples=[{"tanks": {"smoke": {"sightings": 1, "looks": 1}}}],
    )
    quiet_s: float | None = Field(
        None,
        gt=0,
        le=_LONGEST_S,
        strict=True,
        description="An incident goes quiet after so many watched seconds without it.",
        examples=[60],
    )
    merge_s: float | None = Field(
        None,
        ge=0,
        le=_LONGEST_S,
        strict=True,
        description="Seen again within so many watched seconds more it opens again.",
        examples=[300],
    )

    def changes(self) -> RuleChanges:
        """As the service takes it."""
        return RuleChanges(
            opening={hazard: one.change() for hazard, one in self.opening.items()},
            zones={
                zone_id: {hazard: one.change() for hazard, one in of_zone.items()}
                for zone_id, of_zone in self.zones.items()
            },
            quiet_s=self.quiet_s,
            merge_s=self.merge_s,
        )

    @classmethod
    def of(cls, changes: RuleChanges) -> Self:
        """What ``changes`` made."""
        return cls(
            opening={hazard: _shown(one) for hazard, one in changes.opening.items()},
            zones={
                zone_id: {hazard: _shown(one) for hazard, one in of_zone.items()}
                for zone_id, of_zone in changes.zones.items()
            },
            quiet_s=changes.quiet_s,
            merge_s=changes.merge_s,
        )


def _shown(change: OpeningChange) -> OpeningDocument:
    return OpeningDocument(
        sightings=change.sightings,
        looks=change.looks,
        window_s=change.window_s,
        opening_score=change.opening_score,
        unsure_sightings=change.unsure_sightings,
        unsure_looks=change.unsure_looks,
        severe_at_once=change.is_severe_at_once,
    )
