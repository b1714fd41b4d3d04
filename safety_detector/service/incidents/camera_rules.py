"""By what a camera's pictures are judged: what was said of the camera, as it is now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from safety_detector.database.tables import cameras
from safety_detector.domain.camera_rules import NO_RULES, CameraRules
from safety_detector.domain.incidents.opening_rules import IncidentRules
from safety_detector.service.cameras.stored_rules import read_rules


@dataclass(frozen=True, slots=True)
class RulesOfCamera:
    """By what a camera's pictures are judged.

    Attributes:
        picture: what counts in them.
        incidents: how often it has to be seen.
        zone: of the camera's hours.
    """

    picture: CameraRules = NO_RULES
    incidents: IncidentRules = field(default_factory=IncidentRules)
    zone: tzinfo = UTC


def rules_of_camera(connection: Connection, camera_id: str, site: tzinfo) -> RulesOfCamera:
    """The rules of a camera; of one that was removed meanwhile those of every camera."""
    query = select(cameras).where(cameras.c.id == camera_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return RulesOfCamera(zone=site)
    zone = ZoneInfo(row["timezone"]) if row["timezone"] else site
    return RulesOfCamera(read_rules(row), zone=zone)
