"""``safety-detector detect``: pictures straight through the library."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from ulid import ULID

from safety_detector import __version__
from safety_detector.annotation.draw import painter_for
from safety_detector.appearance.fonts import FontFiles
from safety_detector.cli import terminal_words
from safety_detector.cli.asked_options import AskedOptions, with_asked
from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.detect_table import print_results
from safety_detector.cli.exit_codes import DONE, HAZARD_FOUND, PARTLY_FAILED
from safety_detector.cli.picture_files import (
    AnnotatedFolder,
    PictureSpool,
    prepare_output_file,
)
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.documents.results import ResultDocument
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
)
from safety_detector.errors import ModelUnreachable, SafetyDetectorError
from safety_detector.host.local_time import local_time_zone
from safety_detector.ingest.exif_time import taken_of
from safety_detector.ingest.fetching import FetchPolicy, is_url, read_source, without_credentials
from safety_detector.pipeline import inspect_with_second_look
from safety_detector.ports import Detector
from safety_detector.settings import Backend
from safety_detector.sources.names import display_name
from safety_detector.wiring import build_detector, fetch_policy, find_configured_fonts


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """The options of ``detect``; None means that the settings decide."""

    backend: Backend | None
    asked: AskedOptions
    as_json: bool
    annotated_dir: Path | None
    pdf: Path | None
    language: Language | None
    fail_on_hazard: bool


def run_detect(sources: Sequence[str], options: DetectOptions) -> int:
    """Inspects each source, prints the results, writes what was asked for.

    Returns the exit code.

    Raises:
        ModelUnreachable: no model server answers; what was done so far has been printed, and no
            report is written.
        SafetyDetectorError: nothing could be started (settings, weights, fonts, output folders).
    """
    settings = with_asked(settings_with_warnings(), options.backend, options.asked)
    language = options.language or settings.language
    fonts = find_configured_fonts(settings)
    if options.pdf is not None:
        prepare_output_file(options.pdf)
    folder = AnnotatedFolder.prepare(options.annotated_dir) if options.annotated_dir else None
    with (
        closing(build_detector(settings, options.backend)) as detector,
        tempfile.TemporaryDirectory(prefix="safety-detector-") as spool_dir,
    ):
        spool = PictureSpool(Path(spool_dir)) if options.pdf else None
        zone = local_time_zone()
        runner = _PictureRunner(
            detector, fetch_policy(settings), fonts, language, folder, spool, zone
        )
        inspections = _inspect_all(runner, sources, options)
        if options.pdf and spool:
            _write_report(options.pdf, inspections, spool, fonts, language, zone)
    return _exit_code(inspections, options)


@dataclass(frozen=True, slots=True)
class _PictureRunner:
    """What it takes to inspect one source."""

    detector: Detector
    policy: FetchPolicy
    fonts: FontFiles
    language: Language
    folder: AnnotatedFolder | None
    spool: PictureSpool | None
    zone: tzinfo

    def inspect(self, source: str) -> Inspection:
        """The outcome of one file or URL; only an unreachable model raises."""
        received_at = datetime.now(UTC)
        inspection_id = str(ULID())
        name = display_name(source)
        links = {"original": printable(without_credentials(source) if is_url(source) else source)}
        facts = PictureFacts(name=name)
        try:
            data = read_source(source, self.policy)
            inspected = inspect_with_second_look(data, name, self.detector, self.policy.limits)
            facts = inspected.facts
            if self.folder or self.spool:
                annotated = inspected.annotated_jpeg(self.fonts, self.language)
                if self.folder:
                    links["annotated"] = str(self.folder.write(name, annotated))
                if self.spool:
                    self.spool.keep(inspection_id, data, annotated)
        except ModelUnreachable:
            raise
        except SafetyDetectorError as exc:
            return Inspection(
                id=inspection_id,
                status=Status.FAILED,
                picture=facts,
                received_at=received_at,
                verdict=Verdict.INCONCLUSIVE,
                error=Problem(code=exc.code, reason=exc.reason),
                links=links,
            )
        taken = taken_of(data, received_at, self.zone)
        return inspected.as_inspection(inspection_id, received_at, taken, links)


def _inspect_all(
    runner: _PictureRunner, sources: Sequence[str], options: DetectOptions
) -> list[Inspection]:
    as_table = stdout_is_terminal() and not options.as_json
    inspections: list[Inspection] = []
    try:
        with _progress(len(sources)) as progress:
            task = progress.add_task(
                terminal_words.INSPECTING.say(runner.language), total=len(sources)
            )
            for source in sources:
                inspection = runner.inspect(source)
                inspections.append(inspection)
                if not as_table:
                    print_json_line(ResultDocument.of(inspection, options.language).as_json())
                progress.advance(task)
    finally:
        if as_table and inspections:
            print_results(inspections, runner.language)
    return inspections


def _progress(total: int) -> Progress:
    return Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=total < 2 or not stderr.is_terminal,
    )


def _write_report(
    path: Path,
    inspections: Sequence[Inspection],
    spool: PictureSpool,
    fonts: FontFiles,
    language: Language,
    zone: tzinfo,
) -> None:
    from safety_detector.report.contents import ReportEntry, ReportScope
    from safety_detector.report.pdf import write_report

    entries = [
        ReportEntry(
            one,
            spool.original_of(one.id),
            spool.annotated_of(one.id),
            painter_for(one, fonts, language),
        )
        for one in inspections
    ]
    scope = ReportScope(
        made_at=datetime.now(UTC),
        made_by=f"safety-detector {__version__}",
        time_zone=zone,
    )
    for written in write_report(path, entries, scope, fonts, language):
        said = terminal_words.REPORT.say(language, path=printable(str(written)))
        stderr.print(said, markup=False, soft_wrap=True)


def _exit_code(inspections: Sequence[Inspection], options: DetectOptions) -> int:
    if options.fail_on_hazard and any(one.verdict is Verdict.HAZARD for one in inspections):
        return HAZARD_FOUND
    if any(one.status is Status.FAILED for one in inspections):
        return PARTLY_FAILED
    return DONE
