"""``python -m tests.noting_watcher FILE``: a watcher that notes each frame that the service took.

A line a frame, written when it is committed: camera, fence, watcher, and the moment by the clock
that all processes of the machine share.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from safety_detector.camera_sources.puller import PulledFrame
from safety_detector.cli.watch import run_watch
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watching import WatchedCamera
from safety_detector.watcher.handing_over import HandOver


def note_frames(path: Path) -> None:
    """Has frames of this process noted in a file that other processes write to as well."""
    descriptor = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    original = HandOver._push

    def push(self: HandOver, claim: Claim[WatchedCamera], frame: PulledFrame) -> bool:
        taken = original(self, claim, frame)
        if taken:
            line = f"{claim.subject_id} {claim.fence} {claim.worker} {time.monotonic():.3f}\n"
            os.write(descriptor, line.encode())
        return taken

    HandOver._push = push  # type: ignore[method-assign] # for what it notes


if __name__ == "__main__":
    note_frames(Path(sys.argv[1]))
    sys.exit(run_watch())
