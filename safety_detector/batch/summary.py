"""``summary.json``: what a batch is about, how it stands, and what the last run did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from safety_detector import __version__
from safety_detector.batch.engine import Progress
from safety_detector.batch.lines import Provenance
from safety_detector.batch.outputs import Tally
from safety_detector.domain.inspection import Verdict


def make_summary(
    provenance: Provenance,
    progress: Progress,
    tally: Tally,
    skipped: dict[str, int],
    left_out: dict[str, int],
    started_at: datetime,
    seconds: float,
) -> dict[str, Any]:
    """The document.

    Args:
        provenance: which pictures these are, and who judged them.
        progress: at the end of the run.
        tally: over the lines of all runs.
        skipped: files that are no pictures, by ending.
        left_out: files and folders that were passed over by their names, by reason.
        started_at: when the run began.
        seconds: how long pictures were inspected.
    """
    judge = provenance.judge
    pending = progress.total - progress.done
    return {
        "source": provenance.source,
        "complete": pending == 0,
        "backend": judge.backend,
        "model": judge.model,
        "prompt_version": judge.prompt_version,
        "service": judge.service,
        "program": f"safety-detector {__version__}",
        "pictures": {
            "total": progress.total,
            "completed": tally.completed,
            "failed": tally.failed,
            "pending": pending,
            "no_longer_there": tally.gone,
        },
        "verdicts": {verdict.value: tally.verdicts[verdict] for verdict in Verdict},
        "incomplete": tally.incomplete,
        "detections": [
            {
                "label": hazard.label.value,
                "sub_label": hazard.sub_label.value,
                "boxes": tally.boxes[hazard],
                "pictures": tally.pictures[hazard],
            }
            for hazard in sorted(tally.boxes, key=lambda hazard: hazard.rank)
        ],
        "errors": dict(sorted(tally.errors.items())),
        "skipped_files": dict(sorted(skipped.items())),
        "left_out": dict(sorted(left_out.items())),
        "this_run": {
            "started_at": started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "inspected": progress.inspected,
            "copied": progress.copied,
            "seconds": round(seconds, 1),
            "pictures_per_second": round(progress.inspected / seconds, 2) if seconds else None,
        },
    }
