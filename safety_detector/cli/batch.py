"""``safety-detector batch``: pictures by the hundred thousand, through the library alone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import cv2

from safety_detector.batch.outages import Patience, Stopped
from safety_detector.batch.outputs import DEFAULT_FORMATS, Format
from safety_detector.batch.picture_runner import Equipment, local_equipment
from safety_detector.batch.run import Plan, run_batch
from safety_detector.cli import terminal_words
from safety_detector.cli.asked_options import AskedOptions, with_asked
from safety_detector.cli.batch_progress import print_summary, reporter
from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal, warn
from safety_detector.cli.exit_codes import DONE, HAZARD_FOUND, PARTLY_FAILED, STOPPED
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.domain.hazards import Language
from safety_detector.errors import ConfigurationInvalid, ModelUnreachable
from safety_detector.host.local_time import local_time_zone
from safety_detector.settings import Backend, Settings
from safety_detector.sources.left_out import selection
from safety_detector.sources.source import Source, SourceOptions, may_be_source, open_source
from safety_detector.wiring import (
    build_batch_detector,
    build_remote_service,
    fetch_policy,
    find_configured_fonts,
    picture_limits,
)

REMOTE_WORKERS = 64
"""Pictures that are sent or waited for at a time: four servers of 16 slots, or as many workers."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """The options of ``batch``; None means that the settings decide."""

    out: Path
    backend: Backend | None
    asked: AskedOptions
    server: str | None
    workers: int | None
    restart: bool
    formats: str | None
    frames_per_second: float
    assumed_rate: float | None
    zip_encoding: str | None
    exclude: tuple[str, ...]
    include_hidden: bool
    csv_mark: bool
    report_pictures: int
    language: Language | None
    fail_on_hazard: bool
    as_json: bool


def run_batch_command(source_text: str, options: BatchOptions) -> int:
    """Inspects what is left of the source and builds the outputs; returns the exit code.

    Raises:
        ConfigurationInvalid: the source or the output folder cannot be used as asked.
        ModelUnreachable, StorageUnavailable: the run ended early, and the same command goes on.
        SafetyDetectorError: nothing could be started (settings, weights, fonts).
    """
    formats = _read_formats(options.formats)
    if options.server and options.backend:
        raise ConfigurationInvalid("server-and-backend")
    if options.server and options.asked.named:
        raise ConfigurationInvalid("server-and-option", option=options.asked.named[0])
    settings = settings_with_warnings()
    if not options.server:
        settings = with_asked(settings, options.backend, options.asked)
    language = options.language or settings.language
    cv2.setNumThreads(1)  # every core has a picture of its own
    source_options = SourceOptions(
        policy=fetch_policy(settings),
        output=options.out,
        frames_per_second=options.frames_per_second,
        assumed_rate=options.assumed_rate,
        zip_encoding=options.zip_encoding or settings.zip_encoding,
        selection=selection(options.exclude, with_hidden=options.include_hidden),
    )
    with (
        ExitStack() as opened,
        closing(open_source(source_text, source_options)) as source,
        stop_by_signal() as stop,
        reporter(stop, language) as tell,
    ):
        try:
            equipment, workers = _equip(opened, source, stop, settings, options, language, formats)
            plan = _plan(options, settings, formats, workers)
            ended = run_batch(source, equipment, plan, stop, tell)
        except Stopped:
            warn(terminal_words.NOTHING_INSPECTED.say(language))
            return STOPPED
    if options.as_json or not stdout_is_terminal():
        print_json_line(ended.summary)
    else:
        print_summary(ended.summary, options.out, language)
    inside = {
        ending: number
        for ending, number in ended.summary["skipped_files"].items()
        if may_be_source(ending)
    }
    if inside:
        endings = ", ".join(f"{number:,} {ending}" for ending, number in inside.items())
        warn(terminal_words.SOURCES_INSIDE.say(language, endings=endings))
    if ended.is_complete and not ended.summary["pictures"]["total"]:
        warn(terminal_words.NO_PICTURE.say(language, source=ended.summary["source"]))
    if not ended.is_complete:
        stderr.print(terminal_words.STOPPED.say(language), markup=False)
    return _exit_code(ended.summary, options.fail_on_hazard)


def _equip(
    opened: ExitStack,
    source: Source,
    stop: threading.Event,
    settings: Settings,
    options: BatchOptions,
    language: Language,
    formats: frozenset[Format],
) -> tuple[Equipment, int]:
    """What judges the pictures, closed with the stack, and how many are in hand at a time."""
    limits, fonts = picture_limits(settings), find_configured_fonts(settings)
    draws = Format.ANNOTATED in formats
    if options.server is None:
        detector, workers = build_batch_detector(settings, options.backend, options.workers)
        opened.callback(detector.close)
        equipment = local_equipment(
            detector,
            limits,
            fonts,
            language,
            line_language=options.language,
            draws=draws,
            zone=local_time_zone(),
        )
        return equipment, workers
    workers = options.workers or REMOTE_WORKERS
    service = opened.enter_context(
        build_remote_service(settings, options.server, source.description, workers, stop)
    )
    _wait_for_service(service.check, settings, stop)
    look, judge, begin = service.look, service.judge, service.begin
    zone = local_time_zone()
    equipment = Equipment(
        judge, look, limits, fonts, language, options.language, draws, begin, zone
    )
    return equipment, workers


def _wait_for_service(check: Callable[[], None], settings: Settings, stop: threading.Event) -> None:
    """Waits for a service that is not there yet, as for one that goes away later.

    Raises:
        ModelUnreachable: it did not come.
        ConfigurationInvalid: it is none, or refuses the key.
        Stopped: whoever began it does not wait.
    """
    said = False

    def look() -> None:
        nonlocal said
        try:
            check()
        except ModelUnreachable as exc:
            if not said:
                patience_s = settings.batch_patience.total_seconds()
                warn(f"{exc.message} Waiting up to {patience_s:g} s (SAFETY_BATCH_PATIENCE).")
            said = True
            raise

    Patience(settings.batch_patience, stop).ask(look)


def _plan(
    options: BatchOptions, settings: Settings, formats: frozenset[Format], workers: int
) -> Plan:
    return Plan(
        folder=options.out,
        workers=workers,
        formats=formats,
        restart=options.restart,
        patience=settings.batch_patience,
        report_pictures=options.report_pictures,
        time_zone=local_time_zone(),
        csv_mark=options.csv_mark,
    )


def _read_formats(text: str | None) -> frozenset[Format]:
    if text is None:
        return frozenset(DEFAULT_FORMATS)
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = sorted(names - {one.value for one in Format})
    if unknown:
        known = ", ".join(one.value for one in Format)
        raise ConfigurationInvalid("unknown-formats", name=printable(unknown[0]), known=known)
    return frozenset(Format(name) for name in names)


@contextmanager
def stop_by_signal() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one ends the process at once."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(STOPPED)  # each line is in its file already, and what is half built is not
        stop.set()

    previous: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _exit_code(summary: dict[str, Any], fail_on_hazard: bool) -> int:
    if not summary["complete"]:
        return STOPPED
    if fail_on_hazard and summary["verdicts"]["hazard"]:
        return HAZARD_FOUND
    return PARTLY_FAILED if summary["pictures"]["failed"] else DONE
