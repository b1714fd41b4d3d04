"""``safety-detector replay``: what other rules would have made of what a camera saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service
from safety_detector.documents.incident_rules import IncidentRulesDocument, OpeningDocument
from safety_detector.documents.incidents import ReplayedIncidentDocument
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.incident import Incident
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.incidents.camera_rules import RulesOfCamera
from safety_detector.service.incidents.replay import Folded, Replayed
from safety_detector.service.incidents.rules_files import read_rules_file, rules_invalid
from safety_detector.web.cameras.bodies import HoursBody, MaskBody, ZoneBody


class _Rules(BaseModel):
    """What a file of rules may say; what it does not name stays.

    Its fields are those of a camera; those of its incident rules may also stand by themselves, as
    in the site's file.
    """

    model_config = ConfigDict(extra="forbid")

    opening: dict[WatchedHazard, OpeningDocument] = Field(default_factory=dict)
    quiet_s: float | None = Field(None, gt=0, le=86400)
    merge_s: float | None = Field(None, ge=0, le=86400)
    incident_rules: IncidentRulesDocument | None = None
    zones: list[ZoneBody] | None = None
    masks: list[MaskBody] | None = None
    schedule: list[HoursBody] | None = None

    def of(self, present: RulesOfCamera) -> RulesOfCamera:
        """The present rules with what the file names.

        Raises:
            ValueError: it contradicts itself, or them.
        """
        picture = present.picture
        if self.zones is not None:
            picture = replace(picture, zones=tuple(one.zone() for one in self.zones))
        if self.masks is not None:
            picture = replace(picture, masks=tuple(one.mask() for one in self.masks))
        if self.schedule is not None:
            picture = replace(picture, schedule=tuple(one.hours() for one in self.schedule))
        incidents, zone_ids = present.incidents, [zone.id for zone in picture.zones]
        site = IncidentRulesDocument(
            opening=self.opening, quiet_s=self.quiet_s, merge_s=self.merge_s
        )
        for one in (site, self.incident_rules):
            if one is not None:
                changes = one.changes()
                changes.check(incidents, zone_ids)
                incidents = changes.of(incidents)
        return replace(present, picture=picture, incidents=incidents)


def run_replay(
    camera_id: str,
    since: datetime | None,
    until: datetime | None,
    rules: Path | None,
    *,
    as_json: bool,
) -> int:
    """Shows what other rules would have made of what a camera saw; returns the exit code.

    Raises:
        ConfigurationInvalid: the file of rules cannot be read, or says what cannot be.
        UnknownCamera: there is none with that id.
    """
    wanted = _Rules() if rules is None else read_rules_file(rules, _Rules)

    def changed(present: RulesOfCamera) -> RulesOfCamera:
        try:
            return wanted.of(present)
        except ValueError as exc:
            raise rules_invalid(rules or Path(), f"{exc}.") from exc

    with operated_service() as service:
        replayed = service.incidents.replay.run(camera_id, since, until, changed)
    if as_json or not stdout_is_terminal():
        print_json_line(_document(replayed))
    else:
        _show(replayed, has_rules=rules is not None)
    return DONE


def _document(replayed: Replayed) -> dict[str, Any]:
    return {
        "looks": replayed.looks,
        "hours": round(replayed.period.total_seconds() / 3600, 2),
        "present": _folded_document(replayed, replayed.present),
        "other": _folded_document(replayed, replayed.other),
        "lost": [ReplayedIncidentDocument.of(one).as_json() for one in replayed.lost],
        "gained": [ReplayedIncidentDocument.of(one).as_json() for one in replayed.gained],
    }


def _folded_document(replayed: Replayed, folded: Folded) -> dict[str, Any]:
    alerts = replayed.alerts_a_day(folded)
    return {
        "incidents": len(folded.incidents),
        "alerts": folded.alerts,
        "alerts_a_day": None if alerts is None else round(alerts, 2),
        "time_to_alert_s": folded.time_to_alert_s,
    }


def _show(replayed: Replayed, *, has_rules: bool) -> None:
    console = Console()
    hours = replayed.period.total_seconds() / 3600
    console.print(f"{replayed.looks} looks in {hours:.1f} hours", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Rules", "Incidents", "Alerts", "Alerts a day", "Time to alert"):
        table.add_column(column)
    rows = [("present", replayed.present)]
    if has_rules:
        rows.append(("from the file", replayed.other))
    for name, folded in rows:
        alerts, seconds = replayed.alerts_a_day(folded), folded.time_to_alert_s
        table.add_row(
            name,
            str(len(folded.incidents)),
            str(folded.alerts),
            "–" if alerts is None else f"{alerts:.1f}",
            "–" if seconds is None else f"{seconds:.0f} s",
        )
    console.print(table)
    for name, found in (("Lost", replayed.lost), ("Gained", replayed.gained)):
        if found:
            console.print(f"\n{name}:", highlight=False)
            console.print(_table(found))


def _table(found: Sequence[Incident]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("First seen", "Hazards", "Severity", "Zone", "Seen in"):
        table.add_column(column)
    for one in found:
        first = in_local_zone(one.first_seen_at).isoformat(sep=" ", timespec="seconds")
        table.add_row(
            Text(first),
            Text(", ".join(sorted(one.hazards))),
            Text(one.severity.value),
            Text(printable(one.zone_id or "")),
            Text(f"{one.sightings} of {one.looks} looks"),
        )
    return table
