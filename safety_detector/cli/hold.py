"""``safety-detector hold``: set, release and list holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.cli.operator import operated_service, operator
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.core import Service
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import InspectionFilter
from safety_detector.service.retention.holds import Hold, Holds
from safety_detector.web.holds.documents import HoldDocument

_PAGE = 500


def run_hold_set(
    inspection_ids: Sequence[str], wanted: InspectionFilter, reason: str, *, as_json: bool
) -> int:
    """Holds the named inspections, or all that match; returns the exit code, 3 if none does.

    Raises:
        ConfigurationInvalid: neither ids nor a filter are given, or both, or the reason is empty.
        UnknownInspection: one of the named is not there; then none is held.
        UnknownCamera: there is neither such a camera nor a picture of one.
    """
    if not reason.strip():
        raise ConfigurationInvalid("hold-needs-reason")
    if bool(inspection_ids) == (wanted != InspectionFilter()):
        raise ConfigurationInvalid("hold-needs-selection")
    by = operator()
    with operated_service() as service:
        held = 0
        for ids in (
            [inspection_ids] if inspection_ids else _pages(service.inspections.results, wanted)
        ):
            # What is named must be there; of a span of time some may be purged at this moment.
            found = service.retention.holds.set(
                ids, reason.strip(), by, all_or_none=bool(inspection_ids)
            )
            for hold in found:
                held += 1
                _show(hold, as_json)
        if not held and wanted.camera_id is not None:
            _check_camera(service, wanted.camera_id)
    if not held:
        stderr.print("No inspection matches, so that nothing is held.")
        return PARTLY_FAILED
    stderr.print(f"{held} held.")
    return DONE


def run_hold_release(inspection_ids: Sequence[str], *, as_json: bool) -> int:
    """Ends holds; returns the exit code, 3 if some were not held."""
    with operated_service() as service:
        released = service.retention.holds.release(inspection_ids, operator())
    left = sorted(set(inspection_ids) - set(released))
    if as_json or not stdout_is_terminal():
        print_json_line({"released": list(released), "left": left})
    for inspection_id in left:
        stderr.print(f"{printable(inspection_id)} was not held.", markup=False)
    stderr.print(f"{len(released)} released.")
    return PARTLY_FAILED if left else DONE


def run_hold_list(*, as_json: bool) -> int:
    """Lists every hold; returns the exit code."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Inspection", "Since", "By", "Reason"):
        table.add_column(column, overflow="fold")
    with operated_service() as service:
        for hold in _all(service.retention.holds):
            if as_json or not stdout_is_terminal():
                print_json_line(HoldDocument.of(hold).as_json())
            else:
                since = in_local_zone(hold.set_at).isoformat(sep=" ", timespec="minutes")
                row = (hold.inspection_id, since, printable(hold.set_by), printable(hold.reason))
                table.add_row(*map(Text, row))
    if table.row_count:
        Console().print(table)
    return DONE


def _check_camera(service: Service, camera_id: str) -> None:
    """A camera's record may be gone while its pictures are still there."""
    if not service.inspections.results.count(InspectionFilter(camera_id=camera_id), at_most=1):
        service.cameras.records.get(camera_id)


def _all(holds: Holds) -> Iterator[Hold]:
    after = ""
    while page := holds.list(_PAGE, after):
        yield from page
        after = page[-1].inspection_id


def _pages(results: Results, wanted: InspectionFilter) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = results.list(wanted, _PAGE, cursor)
        yield [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return


def _show(hold: Hold, as_json: bool) -> None:
    if as_json or not stdout_is_terminal():
        print_json_line(HoldDocument.of(hold).as_json())
