"""By what a camera's pictures are judged: by what was said of it when they were taken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from safety_detector.database.tables import cameras
from safety_detector.domain.camera_rules import NO_RULES, CameraRules
from safety_detector.domain.incidents.incident import Change, Incident, Shown
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.incidents.opening_rules import IncidentRules
from safety_detector.domain.incidents.permits import Permit
from safety_detector.domain.incidents.state_machine import CameraState, Step, fold
from safety_detector.service.cameras.rule_versions import SITE, site_rules, versions_between
from safety_detector.service.cameras.stored_rules import read_rule_changes, read_rules
from safety_detector.service.incidents.permits import permits_between


@dataclass(frozen=True, slots=True)
class RulesOfCamera:
    """By what a camera's pictures are judged.

    Attributes:
        picture: what counts in them.
        incidents: how often it has to be seen.
        zone: of the camera's hours.
        permits: for hot work there; each says when it is in force.
    """

    picture: CameraRules = NO_RULES
    incidents: IncidentRules = field(default_factory=IncidentRules)
    zone: tzinfo = UTC
    permits: Sequence[Permit] = ()


class RulesByTime:
    """The rules of a camera at each moment of a period.

    Args:
        versions: from when on which hold, the earliest first; the first also before.
    """

    def __init__(self, versions: Sequence[tuple[datetime, RulesOfCamera]]) -> None:
        self._begin = [at for at, _ in versions]
        self._rules = [rules for _, rules in versions]

    def at(self, moment: datetime) -> RulesOfCamera:
        """The rules that held at a moment."""
        return self._rules[self._number(moment)]

    def fold(self, state: CameraState, looks: Sequence[Look]) -> Step:
        """Folds looks in, each by the rules of its moment; see ``state_machine.fold``."""
        incidents: dict[str, Incident] = {}
        changes: list[Change] = []
        shown: list[Shown] = []
        ordered = sorted(looks, key=lambda look: look.key)
        for number, some in groupby(ordered, key=lambda look: self._number(look.at)):
            step = fold(state, some, self._rules[number].incidents)
            state = step.state
            incidents |= {one.id: one for one in step.incidents}
            changes += step.changes
            shown += step.shown
        return Step(state, tuple(incidents.values()), tuple(changes), tuple(shown))

    def _number(self, moment: datetime) -> int:
        return max(bisect_right(self._begin, moment) - 1, 0)


def rules_now(connection: Connection, camera_id: str, site: tzinfo) -> RulesOfCamera:
    """The rules of a camera as they are now; ``site`` is the zone of cameras without one."""
    query = select(cameras).where(cameras.c.id == camera_id)
    row = connection.execute(query).mappings().one_or_none()
    common = site_rules(connection)
    return RulesOfCamera(incidents=common, zone=site) if row is None else _of(row, common, site)


def rules_between(
    connection: Connection, camera_id: str, site: tzinfo, since: datetime, until: datetime
) -> RulesByTime:
    """The rules of a camera during a period, also of one that was removed.

    Args:
        connection: a transaction.
        camera_id: the camera.
        site: the zone of cameras without one.
        since: when the first picture that is to be judged was taken.
        until: when the last.
    """
    own = versions_between(connection, camera_id, since, until)
    common = versions_between(connection, SITE, since, until)
    permits = permits_between(connection, camera_id, since, until)
    begin = sorted({at for at, _ in (*own, *common)}) or [since]
    versions = []
    for at in begin:
        changes = read_rule_changes(_at(common, at).get("incident_rules"))
        said, base = _at(own, at), changes.of(IncidentRules())
        rules = _of(said, base, site, permits) if said else RulesOfCamera(NO_RULES, base, site)
        versions.append((at, rules))
    return RulesByTime(versions)


def _at(versions: Sequence[tuple[datetime, Any]], moment: datetime) -> Mapping[str, Any]:
    """What held at a moment; of one before the first, that."""
    before = [rules for at, rules in versions if at <= moment]
    found: Mapping[str, Any] = before[-1] if before else versions[0][1] if versions else {}
    return found


def _of(
    said: Mapping[Any, Any], common: IncidentRules, site: tzinfo, permits: Sequence[Permit] = ()
) -> RulesOfCamera:
    changes = read_rule_changes(said["incident_rules"])
    zone = ZoneInfo(said["timezone"]) if said["timezone"] else site
    return RulesOfCamera(read_rules(said), changes.of(common, said["every_s"]), zone, permits)
