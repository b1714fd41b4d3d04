"""Many pictures at a time: a feeder, workers, and a bound on what is in hand.

Each worker takes one picture through all its steps: read, decode, ask, draw, encode, write.  While
one waits for a disk or a model the others compute, and as none takes a second picture before the
first is written, nothing runs ahead.  Threads are enough: what takes long (decoding, the network,
resizing, encoding, hashing) runs without Python's lock.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from safety_detector.batch.journal import Journal
from safety_detector.batch.ledger import Ledger, Standing
from safety_detector.batch.lines import HAZARD_BELOW
from safety_detector.batch.outages import Patience, Stopped
from safety_detector.batch.picture_runner import PictureRunner
from safety_detector.message_texts.reason import Reason
from safety_detector.sources.offers import Offer, ReadPicture
from safety_detector.sources.source import Source

_TICK_S = 0.2
_SYNC_S = 2.0  # a power cut costs the results of so many seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; the first four count what earlier runs did as well.

    Attributes:
        total: pictures of the source.
        done: of them, those with a result or a reason why there is none.
        hazards: of those done, with a hazard.
        failed: of those done, without a result.
        inspected: done in this run.
        copied: of those, the ones whose bytes had been inspected under another name.
        superseded: lines of earlier runs that newer ones take the place of.
        waiting_reason: why nothing moves, if that is so.
    """

    total: int
    done: int
    hazards: int
    failed: int
    inspected: int = 0
    copied: int = 0
    superseded: int = 0
    waiting_reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    offer: Offer
    read: ReadPicture
    is_drawing: bool = False


class Engine:
    """Inspects what is left to do.

    Args:
        source: where pictures come from.
        ledger: what is left to do.
        journal: made durable every few seconds.
        runner: inspects one picture.
        patience: tells why nothing moves.
        workers: pictures in hand at a time.
        redraws: whether missing annotated pictures of finished ones are drawn again.
        stop: set when the run is to stop; what is in hand is finished.
    """

    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        journal: Journal,
        runner: PictureRunner,
        patience: Patience,
        *,
        workers: int,
        redraws: bool,
        stop: threading.Event,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._journal = journal
        self._runner = runner
        self._patience = patience
        self._workers = workers
        self._redraws = redraws
        self._stop = stop
        self._tasks: queue.Queue[_Task | None] = queue.Queue(maxsize=workers)
        self._counting = threading.Lock()
        self._fault: BaseException | None = None
        self._progress = _begin(ledger.standing())

    def run(self, tick: Callable[[Progress], None]) -> Progress:
        """Returns when everything is done or the run was stopped.

        Args:
            tick: told the progress several times a second, on this thread.

        Raises:
            ModelUnreachable: the model was away for too long.
            StorageUnavailable: an output cannot be written.
        """
        threads = [threading.Thread(target=self._guard, args=(self._feed,), daemon=True)]
        threads += [
            threading.Thread(target=self._guard, args=(self._work,), daemon=True)
            for _ in range(self._workers)
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, tick)
        except BaseException:
            self._stop.set()
            for thread in threads:
                thread.join()  # nothing is written to files that are closed meanwhile
            raise
        if self._fault is not None:
            raise self._fault
        return self.progress()

    def progress(self) -> Progress:
        """How far it is now."""
        return replace(self._progress, waiting_reason=self._patience.waiting_reason)

    def _watch(self, threads: Sequence[threading.Thread], tick: Callable[[Progress], None]) -> None:
        synced = time.monotonic()
        while running := [thread for thread in threads if thread.is_alive()]:
            tick(self.progress())
            running[0].join(_TICK_S)
            if time.monotonic() - synced >= _SYNC_S:
                self._journal.sync()
                synced = time.monotonic()
        self._journal.sync()

    def _guard(self, target: Callable[[], None]) -> None:
        try:
            target()
        except Stopped:
            pass
        except BaseException as exc:  # noqa: BLE001 (the edge of the thread: run() raises it)
            with self._counting:
                self._fault = self._fault or exc
            self._stop.set()

    def _feed(self) -> None:
        try:
            for task in self._due():
                if not self._put(task):
                    return
        finally:
            for _ in range(self._workers):
                self._put(None)

    def _due(self) -> Iterator[_Task]:
        for offer, read in self._source.hand_out(self._ledger.unfinished()):
            if read is None:
                self._ledger.withdraw(offer)
                self._count(total=-1)
            else:
                yield _Task(offer, read)
        if self._redraws:
            for offer in self._ledger.finished():
                if self._runner.lacks_drawing(offer):
                    for _, read in self._source.hand_out([offer]):
                        if read is not None:
                            yield _Task(offer, read, is_drawing=True)

    def _put(self, task: _Task | None) -> bool:
        """Waits for room; False when the run is to stop."""
        while not self._stop.is_set():
            with suppress(queue.Full):
                self._tasks.put(task, timeout=_TICK_S)
                return True
        return False

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                task = self._tasks.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if task is None or self._stop.is_set():
                return
            if task.is_drawing:
                self._runner.draw_again(task.offer, task.read)
            else:
                self._inspect(task)

    def _inspect(self, task: _Task) -> None:
        keep_original = self._source.is_fleeting(task.offer)
        noted = self._runner.inspect(task.offer, task.read, keep_original=keep_original)
        self._count(
            done=1,
            inspected=1,
            hazards=int(noted.entry.urgency < HAZARD_BELOW),
            failed=int(noted.entry.is_failure),
            copied=int(noted.is_copy),
            superseded=int(noted.supersedes),
        )

    def _count(self, **more: int) -> None:
        with self._counting:
            now = self._progress
            self._progress = replace(
                now, **{name: getattr(now, name) + number for name, number in more.items()}
            )


def _begin(standing: Standing) -> Progress:
    return Progress(standing.total, standing.done, standing.hazards, standing.failed)
