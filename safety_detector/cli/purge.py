"""``safety-detector purge``: retention, now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import ByteSize, TypeAdapter, ValidationError

from safety_detector.cli.console import print_json_line, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service, operator
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.domain.inspection import timestamp
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.access.audit import Actor
from safety_detector.service.core import Service
from safety_detector.service.retention.age_clock import TOLD_FROM, Gap
from safety_detector.service.retention.incident_retention import PurgedIncidents
from safety_detector.service.retention.orphans import OrphanFiles
from safety_detector.service.retention.retention import KEEP_EVERYTHING, KeepPolicy, Purged
from safety_detector.service.retention.unused_pictures import UNUSED_PICTURE_AGE
from safety_detector.wiring import keep_policy


@dataclass(frozen=True, slots=True)
class PurgeOptions:
    """What goes; None means what the settings say.

    Attributes:
        keep_bytes: a number of bytes as people write it, such as ``500GB``.
        orphans: whether files without a row go, too.
        dry_run: whether nothing goes, and it is only told what would.
        trust_clock: whether time counts of which only the machine's clock tells.
    """

    keep_days: float | None
    keep_bytes: str | None
    orphans: bool
    dry_run: bool
    trust_clock: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """What went, or would go, and what stays for having just ended; ids of reports.

    ``gaps`` is time that is not counted, ``counted`` what this call has counted of it.
    """

    purged: Purged
    reports: Sequence[str]
    reports_just_ended: int
    incidents: PurgedIncidents
    orphans: OrphanFiles | None
    gaps: Sequence[Gap]
    counted: timedelta


def run_purge(options: PurgeOptions, *, as_json: bool) -> int:
    """Removes, or tells what would go; returns the exit code.

    Raises:
        ConfigurationInvalid: nothing says what is to go.
        StorageUnavailable, DatabaseUnavailable: not all of it is gone.
    """
    policy = _policy(options)
    if policy == KEEP_EVERYTHING and not options.orphans and not options.trust_clock:
        raise ConfigurationInvalid("purge-of-nothing")
    by = operator()
    with operated_service() as service:
        service.retention.age_clock.advance()
        may_count = options.trust_clock and not options.dry_run
        counted = service.retention.age_clock.trust(by) if may_count else timedelta(0)
        done = _Done(
            purged=_purge(service, policy, by, dry_run=options.dry_run),
            reports=_reports(service, policy, by, dry_run=options.dry_run),
            reports_just_ended=service.retention.reports.just_ended(policy),
            incidents=_incidents(service, policy, by, dry_run=options.dry_run),
            orphans=_orphans(service, by, dry_run=options.dry_run) if options.orphans else None,
            gaps=service.retention.age_clock.gaps(),
            counted=counted,
        )
    if as_json or not stdout_is_terminal():
        print_json_line(_document(done, dry_run=options.dry_run))
    _tell(done, dry_run=options.dry_run)
    return DONE


def _policy(options: PurgeOptions) -> KeepPolicy:
    configured = keep_policy(settings_with_warnings())
    days, size = options.keep_days, options.keep_bytes
    return KeepPolicy(
        configured.age if days is None else timedelta(days=days),
        configured.max_bytes if size is None else _bytes(size),
    )


def _bytes(written: str) -> int:
    try:
        return int(TypeAdapter(ByteSize).validate_python(written))
    except ValidationError as exc:
        raise ConfigurationInvalid("not-a-byte-size", text=written) from exc


def _purge(service: Service, policy: KeepPolicy, by: Actor, *, dry_run: bool) -> Purged:
    if dry_run:
        return service.retention.inspections.preview(policy)
    total = Purged()
    while True:
        purged = service.retention.inspections.enforce(by, policy)
        if not purged.inspection_ids:
            return replace(
                total, just_ended=service.retention.inspections.preview(policy).just_ended
            )
        total += purged


def _reports(service: Service, policy: KeepPolicy, by: Actor, *, dry_run: bool) -> tuple[str, ...]:
    retention = service.retention.reports
    return retention.preview(policy) if dry_run else retention.enforce(by, policy)


def _incidents(
    service: Service, policy: KeepPolicy, by: Actor, *, dry_run: bool
) -> PurgedIncidents:
    retention = service.retention.incidents
    if dry_run:
        return retention.preview(policy)
    total = PurgedIncidents()
    while (removed := retention.enforce(by, policy)) != PurgedIncidents():
        total += removed
    return total


def _orphans(service: Service, by: Actor, *, dry_run: bool) -> OrphanFiles:
    total = OrphanFiles()
    for part in range(service.retention.orphans.parts):
        total += (
            service.retention.orphans.count(part)
            if dry_run
            else service.retention.orphans.collect(part, by)
        )
    return total


def _document(done: _Done, *, dry_run: bool) -> dict[str, Any]:
    purged, orphans = done.purged, done.orphans
    return {
        "dry_run": dry_run,
        "inspections": len(purged.inspection_ids),
        "bytes": purged.size_bytes,
        "oldest_received_at": timestamp(purged.oldest) if purged.oldest else None,
        "newest_received_at": timestamp(purged.newest) if purged.newest else None,
        "inspection_ids": list(purged.inspection_ids),
        "report_ids": list(done.reports),
        "incident_ids": list(done.incidents.incident_ids),
        "messages": done.incidents.messages,
        "just_ended": purged.just_ended,
        "just_ended_reports": done.reports_just_ended,
        "orphan_files": orphans.files if orphans else None,
        "orphan_bytes": orphans.size_bytes if orphans else None,
        "uncounted": [
            {
                "kind": gap.kind.value,
                "seconds": round(gap.length.total_seconds()),
                "counts_in_seconds": (
                    None if gap.counts_in is None else round(gap.counts_in.total_seconds())
                ),
            }
            for gap in done.gaps
        ],
        "counted_seconds": round(done.counted.total_seconds()),
    }


def _tell(done: _Done, *, dry_run: bool) -> None:
    purged, orphans = done.purged, done.orphans
    verb = "would be removed" if dry_run else "removed"
    said = f"{_counted(len(purged.inspection_ids), 'inspection')} {verb}"
    said += f", {_counted(purged.size_bytes, 'byte')}"
    if purged.oldest and purged.newest:
        first, last = (
            in_local_zone(moment).isoformat(sep=" ", timespec="minutes")
            for moment in (purged.oldest, purged.newest)
        )
        said += f", from {first} to {last}"
    stderr.print(f"{said}.")
    if done.reports:
        stderr.print(f"{_counted(len(done.reports), 'report')} {verb}.")
    if done.incidents != PurgedIncidents():
        stderr.print(
            f"{_counted(len(done.incidents.incident_ids), 'incident')} and "
            f"{_counted(done.incidents.messages, 'message')} {verb}."
        )
    minutes = int(UNUSED_PICTURE_AGE / timedelta(minutes=1))
    for spared, name in ((purged.just_ended, "inspection"), (done.reports_just_ended, "report")):
        if spared:
            stay = "stays" if spared == 1 else "stay"
            stderr.print(
                f"{_counted(spared, name)} ended less than {minutes} minutes ago and {stay}."
            )
    if done.counted >= TOLD_FROM:
        hours = done.counted / timedelta(hours=1)
        stderr.print(f"{hours:,.1f} h count now in which nobody counted.")
    for gap in done.gaps:
        stderr.print(str(gap))
    if orphans is not None:
        stderr.print(
            f"{_counted(orphans.files, 'file')} without a row {verb}, "
            f"{_counted(orphans.size_bytes, 'byte')}."
        )


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"
