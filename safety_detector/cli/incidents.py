"""``safety-detector incidents``: list them, show one, do something about it, count them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service, operator
from safety_detector.documents.incident_acts import ActDocument, ActsDocument
from safety_detector.documents.incident_statistics import StatisticsDocument
from safety_detector.documents.incidents import (
    ChangesDocument,
    IncidentDocument,
)
from safety_detector.domain.incidents.handling import allowed_acts
from safety_detector.domain.incidents.statistics import Tally
from safety_detector.errors import ConfigurationInvalid, PictureRefused, SubmissionRefused
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.core import Service
from safety_detector.service.incidents.records import (
    IncidentFilter,
    NewAct,
    SeenVersion,
    StoredIncident,
)
from safety_detector.service.records import Submission
from safety_detector.value_faults import in_words
from safety_detector.web.incidents.bodies import ActBody, IncidentBody

_PAGE = 200
_Body = TypeVar("_Body", bound=BaseModel)


def run_incidents_list(wanted: IncidentFilter, limit: int, *, as_json: bool) -> int:
    """Lists incidents, the latest first; returns the exit code."""
    found: list[StoredIncident] = []
    with operated_service() as service:
        records, before = service.incidents.records, None
        while len(found) < limit:
            page = records.list(wanted, min(_PAGE, limit - len(found)), before)
            if not page:
                break
            found += page
            before = page[-1].id
    if as_json or not stdout_is_terminal():
        for one in found:
            print_json_line(IncidentDocument.of(one).as_json())
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Opened", "Camera", "What", "Severity", "State", "Until", "Who"):
        table.add_column(column, overflow="fold")
    for one in found:
        opened = in_local_zone(one.opened_at).isoformat(sep=" ", timespec="minutes")
        until = (
            in_local_zone(one.due_at).isoformat(sep=" ", timespec="minutes") if one.due_at else ""
        )
        row = (
            one.id, opened, one.camera_name or one.camera_id, ", ".join(one.hazards), one.severity,
            one.state, until, one.assignee or "",
        )  # fmt: skip
        table.add_row(*(Text(printable(str(part))) for part in row))
    Console().print(table)
    return DONE


def run_incidents_show(incident_id: str, *, as_json: bool) -> int:
    """Shows an incident with what happened to it and was done; returns the exit code.

    Raises:
        SubmissionRefused: there is none.
    """
    with operated_service() as service:
        incident = service.incidents.records.get(incident_id)
        if incident is None:
            raise SubmissionRefused("merge-unknown", incident_id=incident_id[:64])
        changes = service.incidents.records.changes(incident.id)
        acts = service.incidents.acts.list(incident.id)
    document = IncidentDocument.of(incident).as_json()
    if as_json or not stdout_is_terminal():
        told = ChangesDocument.of({"changes": changes}).as_json()
        done = ActsDocument.of({"acts": acts}).as_json()
        print_json_line({"incident": document, **told, **done})
        return DONE
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in document.items():
        if value not in (None, [], {}) and not isinstance(value, dict):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            table.add_row(name, Text(printable(shown)))
    if incident.after is not None:
        seen = ", ".join(incident.after.hazards) or incident.after.verdict or incident.after.status
        table.add_row("after", Text(f"{incident.after.inspection_id}: {seen}"))
    table.add_row("possible acts", ", ".join(allowed_acts(incident.state)))
    for act in acts:
        at = in_local_zone(act.at).isoformat(sep=" ", timespec="minutes")
        text = f"{act.kind} by {act.by.name}{': ' + act.text if act.text else ''}"
        table.add_row(at, Text(printable(text)))
    Console().print(table)
    return DONE


def run_incidents_act(
    incident_id: str,
    told: Mapping[str, Any],
    picture: Path | None,
    version: int | None,
    *,
    as_json: bool,
) -> int:
    """Does something about an incident; returns the exit code.

    Args:
        incident_id: of the incident.
        told: as REST takes it.
        picture: a file that shows it put right; it is submitted first.
        version: what was seen of it; None: whatever others did.
        as_json: JSON also on a terminal.

    Raises:
        SubmissionRefused, PictureRefused: it cannot be done.
    """
    wanted = _checked(ActBody, told).wanted()
    with operated_service() as service:
        if picture is not None:
            told = {**told, "inspection_id": _submitted(service, picture)}
            wanted = _checked(ActBody, told).wanted()
        return _do(service, incident_id, wanted, version, as_json=as_json)


def run_incidents_describe(
    incident_id: str, told: Mapping[str, Any], version: int | None, *, as_json: bool
) -> int:
    """Writes what a person says of an incident; returns the exit code.

    Raises:
        SubmissionRefused: it cannot be written.
    """
    wanted = _checked(IncidentBody, told).wanted()
    with operated_service() as service:
        return _do(service, incident_id, wanted, version, as_json=as_json)


def run_incidents_statistics(wanted: IncidentFilter, *, as_json: bool) -> int:
    """Counts incidents; returns the exit code."""
    with operated_service() as service:
        found = service.incidents.statistics.of(wanted)
    if as_json or not stdout_is_terminal():
        print_json_line(StatisticsDocument.of(found).as_json())
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "",
        "Found",
        "False alarms",
        "Put right",
        "Overdue",
        "To acknowledge",
        "To close",
    ):
        table.add_column(column, justify="right" if column else "left")
    for name, tally in (
        ("all", found.total),
        *found.by_hazard.items(),
        *found.by_camera.items(),
        *((f"level {level or 'not given'}", tally) for level, tally in found.by_level.items()),
    ):
        table.add_row(Text(printable(name)), *_tally_row(tally))
    Console().print(table)
    return DONE


def _tally_row(tally: Tally) -> Sequence[str]:
    rate = tally.rectification_rate
    return (
        str(tally.found),
        str(tally.false_alarms),
        f"{tally.solved}" if rate is None else f"{tally.solved} ({rate:.0%})",
        str(tally.overdue),
        _duration(tally.mean_s_to_acknowledge),
        _duration(tally.mean_s_to_close),
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    hours = seconds / 3600
    return (
        f"{seconds / 60:.0f} min"
        if hours < 2
        else f"{hours:.0f} h"
        if hours < 72
        else f"{hours / 24:.0f} d"
    )


def _do(
    service: Service, incident_id: str, wanted: NewAct, version: int | None, *, as_json: bool
) -> int:
    seen = None if version is None else [SeenVersion(incident_id, version)]
    done = service.incidents.acts.do(incident_id, wanted, operator(), seen)
    if done is None:
        raise SubmissionRefused("merge-unknown", incident_id=incident_id[:64])
    if as_json or not stdout_is_terminal():
        print_json_line(IncidentDocument.of(done).as_json())
        return DONE
    act = ActDocument.of(service.incidents.acts.list(done.id)[-1])
    following = ", ".join(allowed_acts(done.state))
    text = f"{done.id}: {act.act} by {act.by}; it is {done.state}. Possible now: {following}."
    Console().print(printable(text), markup=False, soft_wrap=True)
    return DONE


def _submitted(service: Service, picture: Path) -> str:
    """The inspection of a picture, which the service's workers make."""
    try:
        data = picture.read_bytes()
    except OSError as exc:
        raise PictureRefused("unreadable", path=picture, cause=exc.strerror or str(exc)) from exc
    return service.inspections.intake.accept(data, Submission(picture.name)).id


def _checked(model: type[_Body], told: Mapping[str, Any]) -> _Body:
    try:
        return model.model_validate({name: one for name, one in told.items() if one is not None})
    except ValidationError as exc:
        faults = (
            f"{'.'.join(str(part) for part in fault['loc'])}: {in_words(fault)}"
            for fault in exc.errors(include_url=False, include_input=False)
        )
        raise ConfigurationInvalid("act-invalid", problems="; ".join(faults)) from exc
