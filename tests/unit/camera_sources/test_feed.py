"""What FFmpeg reads from while others fetch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from safety_detector.camera_sources.streams.feed import Feed
from tests.eventually import eventually


def test_everything_arrives_whatever_its_size() -> None:
    """More than the pipe holds waits until it is read; then there is an end."""
    video = bytes(range(256)) * 4000

    feed = Feed(lambda write: write(video))
    parts = []
    while part := os.read(feed.reading, 65536):
        parts.append(part)
    feed.close()
    assert b"".join(parts) == video


def test_what_is_fetched_too_late_goes_nowhere(tmp_path: Path) -> None:
    """The number of a pipe that was given up may be another file's by then."""
    late, is_over = threading.Event(), threading.Event()

    def fetch(write: Callable[[bytes], None]) -> None:
        late.wait(60)
        try:
            write(b"late")
        finally:
            is_over.set()

    feed = Feed(fetch)
    feed.wait_at_most(0.0)
    assert os.read(feed.reading, 1) == b""  # its patience is over
    with ExitStack() as others:
        files = [tmp_path / str(number) for number in range(5)]
        for path in files:  # one of them has the number
            others.enter_context(path.open("wb"))
        late.set()
        eventually(is_over.is_set)
        assert [path.stat().st_size for path in files] == [0] * len(files)
    feed.close()
