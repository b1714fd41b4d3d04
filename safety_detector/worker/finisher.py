"""Records results in the background, so that the next picture need not wait for the disk."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from safety_detector.service.records import Finding

_log = logging.getLogger(__name__)

# As many results may wait or be recorded together; then inspecting waits.
_MOST_TOGETHER = 8


class Finisher:
    """A thread that records whatever results have come since the last time, all at once.

    Args:
        record: records results.
        finished: told each result that needs no more care, recorded or not.
    """

    def __init__(
        self,
        record: Callable[[Sequence[Finding]], None],
        finished: Callable[[Finding], None],
    ) -> None:
        self._record = record
        self._finished = finished
        self._results: queue.Queue[Finding | None] = queue.Queue(_MOST_TOGETHER)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts recording; again after a stop, if wanted."""
        self._thread = threading.Thread(target=self._run, name="finisher", daemon=True)
        self._thread.start()

    def hand_over(self, finding: Finding) -> None:
        """Leaves a result to be recorded; waits while too many are."""
        self._results.put(finding)

    def stop(self) -> None:
        """Records what was handed over and ends."""
        if self._thread is not None:
            self._results.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        ended = False
        while not ended:
            results = [self._results.get()]
            while len(results) < _MOST_TOGETHER and not self._results.empty():
                results.append(self._results.get())
            ended = None in results
            findings = [one for one in results if one is not None]
            if findings:
                self._finish(findings)

    def _finish(self, findings: Sequence[Finding]) -> None:
        try:
            self._record(findings)
        except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
            _log.exception("%d results could not be recorded; their leases end", len(findings))
        finally:
            for finding in findings:
                self._finished(finding)
