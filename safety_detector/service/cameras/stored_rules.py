"""Zones, masks and schedules of cameras as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from safety_detector.documents.incident_rules import IncidentRulesDocument
from safety_detector.domain.camera_rules import (
    CameraRules,
    Corner,
    Day,
    Hours,
    Mask,
    Polygon,
    WatchedHazard,
    Zone,
    ZoneSeverity,
)
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, RuleChanges

_KNOWN_POLYGONS = 4096


def stored_rules(rules: CameraRules) -> dict[str, Any]:
    """JSON-ready values, by column."""
    return {
        "zones": [
            {
                "id": zone.id,
                "name": zone.name,
                "polygon": [list(corner) for corner in zone.polygon.corners],
                "watch": list(zone.watch),
                "severity": zone.severity,
            }
            for zone in rules.zones
        ],
        "masks": [
            {
                "polygon": [list(corner) for corner in mask.polygon.corners],
                "reason": mask.reason,
                "hazards": list(mask.hazards),
            }
            for mask in rules.masks
        ],
        "schedule": [
            {
                "days": list(hours.days),
                "start_min": hours.start_min,
                "end_min": hours.end_min,
                "hazards": list(hours.hazards),
            }
            for hours in rules.schedule
        ],
    }


def stored_rule_changes(changes: RuleChanges) -> dict[str, Any] | None:
    """JSON-ready; None where nothing is said."""
    if changes == NO_CHANGES:
        return None
    return IncidentRulesDocument.of(changes).model_dump(mode="json", exclude_none=True)


def read_rule_changes(stored: Any) -> RuleChanges:
    """What ``stored_rule_changes`` made."""
    return NO_CHANGES if not stored else IncidentRulesDocument.model_validate(stored).changes()


def read_rules(row: Mapping[str, Any] | RowMapping) -> CameraRules:
    """The rules that a row of a camera, or of its former rules, keeps."""
    return CameraRules(
        zones=tuple(
            Zone(
                zone["id"],
                zone["name"],
                read_polygon(zone["polygon"]),
                _hazards(zone["watch"]),
                zone["severity"] and ZoneSeverity(zone["severity"]),
            )
            for zone in row["zones"]
        ),
        masks=tuple(
            Mask(read_polygon(mask["polygon"]), mask["reason"], _hazards(mask["hazards"]))
            for mask in row["masks"]
        ),
        schedule=tuple(
            Hours(
                tuple(map(Day, hours["days"])),
                hours["start_min"],
                hours["end_min"],
                _hazards(hours["hazards"]),
            )
            for hours in row["schedule"]
        ),
    )


def read_polygon(corners: list[list[float]]) -> Polygon:
    """A polygon as the database keeps it."""
    return _known_polygon(tuple((x, y) for x, y in corners))


@lru_cache(_KNOWN_POLYGONS)
def _known_polygon(corners: tuple[Corner, ...]) -> Polygon:
    """Each is checked once: that takes a millisecond, and cameras are often read."""
    return Polygon(corners)


def _hazards(names: list[str]) -> tuple[WatchedHazard, ...]:
    return tuple(map(WatchedHazard, names))
