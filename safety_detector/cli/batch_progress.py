"""How far a batch is: a moving bar on a terminal, a line a minute elsewhere; and its end."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from safety_detector.batch.engine import Progress as Pictures
from safety_detector.batch.run import News, Stage
from safety_detector.cli import terminal_words as words
from safety_detector.cli.console import printable, stderr
from safety_detector.domain.hazards import (
    Hazard,
    Label,
    Language,
    SubLabel,
)
from safety_detector.domain.inspection import Verdict, verdict_name
from safety_detector.domain.outcomes import Outcome, outcome_name

_LINE_EVERY_S = 60.0
_PACE_OVER_S = 60.0  # the time that is left follows the speed of the last minute

_STAGES = {
    Stage.LOOKING: words.LOOKING,
    Stage.INSPECTING: words.INSPECTING,
    Stage.BUILDING: words.BUILDING,
    Stage.REPORTING: words.REPORTING,
}


@contextmanager
def reporter(stop: threading.Event, language: Language) -> Iterator[Callable[[News], None]]:
    """What is told the news, and shows them on stderr."""
    if not stderr.is_terminal:
        yield _Lines(stop, language).tell
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[facts]}"),
        console=stderr, transient=True, refresh_per_second=4,
    ) as bars:  # fmt: skip
        yield _Bar(bars, stop, language).tell


class _Pace:
    """Pictures a second over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def follow(self, inspected: int) -> float | None:
        """Takes a reading and gives the speed; None before there is one."""
        now = time.monotonic()
        self._seen.append((now, inspected))
        while len(self._seen) > 2 and now - self._seen[0][0] > _PACE_OVER_S:
            self._seen.popleft()
        then, before = self._seen[0]
        return (inspected - before) / (now - then) if inspected > before and now > then else None


def describe(pictures: Pictures, per_second: float | None, language: Language) -> str:
    """Everything that is known of the progress, on one line."""
    parts = [f"{pictures.done:,}/{pictures.total:,}"]
    if per_second is not None:
        parts.append(words.SPEED.say(language, n=f"{per_second:.1f}"))
    parts.append(words.WITH_HAZARDS.say(language, n=f"{pictures.hazards:,}"))
    if pictures.failed:
        parts.append(words.FAILED.say(language, n=f"{pictures.failed:,}"))
    if per_second is not None and pictures.done < pictures.total:
        seconds = round((pictures.total - pictures.done) / per_second)
        parts.append(words.TIME_LEFT.say(language, time=str(timedelta(seconds=seconds))))
    return words.COMMA.say(language).join(parts)


class _Lines:
    """One line a minute, and one whenever something new begins."""

    def __init__(self, stop: threading.Event, language: Language) -> None:
        self._stop = stop
        self._language = language
        self._pace = _Pace()
        self._stage: Stage | None = None
        self._waiting = False
        self._stopping = False
        self._said_at = 0.0

    def tell(self, news: News) -> None:
        pictures = news.progress
        pace = self._pace.follow(pictures.inspected) if pictures else None
        if self._stop.is_set() and not self._stopping and news.stage is Stage.INSPECTING:
            self._stopping = True
            self._say(words.STOPPING.say(self._language))
        waiting = bool(pictures and pictures.waiting_reason)
        is_due = time.monotonic() - self._said_at >= _LINE_EVERY_S
        if news.stage is self._stage and waiting == self._waiting and not is_due:
            return
        self._stage, self._waiting = news.stage, waiting
        language = self._language
        line = _STAGES[news.stage].say(language)
        if pictures:
            facts = describe(pictures, pace, language)
            line = words.STAGE.say(language, stage=line, facts=facts)
            if pictures.waiting_reason:
                reason = pictures.waiting_reason.text(language)
                line = words.WAITING_FOR.say(language, line=line, reason=reason)
        elif news.step:
            facts = words.SO_FAR.say(language, n=f"{news.step:,}")
            line = words.STAGE.say(language, stage=line, facts=facts)
        self._say(line)

    def _say(self, line: str) -> None:
        self._said_at = time.monotonic()
        stderr.print(printable(line), markup=False, soft_wrap=True)


class _Bar:
    """A bar that moves; what is known of the progress beside it."""

    def __init__(self, bars: Progress, stop: threading.Event, language: Language) -> None:
        self._bars = bars
        self._language = language
        self._stop = stop
        self._pace = _Pace()
        self._task: TaskID = bars.add_task(
            _STAGES[Stage.LOOKING].say(language), total=None, facts=""
        )

    def tell(self, news: News) -> None:
        pictures = news.progress
        language = self._language
        title, facts = _STAGES[news.stage].say(language), ""
        done, total = news.step, news.steps
        if pictures and news.stage is Stage.INSPECTING:
            facts = describe(pictures, self._pace.follow(pictures.inspected), language)
            done, total = pictures.done, pictures.total
            if pictures.waiting_reason:
                title = words.WAITING.say(language)
                facts = printable(pictures.waiting_reason.text(language))
            elif self._stop.is_set():
                title = words.STOPPING_BAR.say(language)
        elif total:
            facts = f"{done:,}/{total:,}"
        elif done:
            facts = f"{done:,}"
        self._bars.update(
            self._task, description=title, completed=done, total=total or None, facts=facts
        )


def print_summary(summary: dict[str, Any], folder: Path, language: Language) -> None:
    """The end of a run, for people."""
    console = Console(highlight=False)
    pictures, verdicts = summary["pictures"], summary["verdicts"]
    counted = [(verdict_name(one, language), verdicts[one]) for one in Verdict]
    failed = outcome_name(Outcome.FAILED, language)
    counted += [(failed, pictures["failed"])] if pictures["failed"] else []
    left = words.LEFT_TO_DO.say(language)
    counted += [(left, pictures["pending"])] if pictures["pending"] else []
    counts = words.COMMA.say(language).join(
        words.COUNT.say(language, n=f"{number:,}", name=name) for name, number in counted
    )
    sums = words.SUMS.say(language, n=f"{pictures['total']:,}", counts=counts)
    console.print(sums, markup=False)
    if summary["detections"]:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(words.FOUND.say(language))
        table.add_column(words.OBJECTS.say(language), justify="right")
        table.add_column(words.PICTURES.say(language), justify="right")
        for row in summary["detections"]:
            hazard = Hazard(Label(row["label"]), SubLabel(row["sub_label"]))
            table.add_row(hazard.text(language), f"{row['boxes']:,}", f"{row['pictures']:,}")
        console.print(table)
    if summary["skipped_files"]:
        number = sum(summary["skipped_files"].values())
        console.print(words.PASSED_OVER.say(language, n=f"{number:,}"), markup=False)
    for reason, number in summary["left_out"].items():
        said = words.LEFT_OUT[reason].say(language, n=f"{number:,}")
        console.print(said, markup=False)
    results = words.RESULTS.say(language, folder=printable(str(folder)))
    console.print(results, markup=False, soft_wrap=True)
