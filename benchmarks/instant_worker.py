"""A worker of the service whose detector takes no time (or BENCHMARK_DELAY_S seconds).

With BENCHMARK_RED it says that what is red burns.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from instant_detector import InstantDetector, RedDetector

from safety_detector.host.signs_of_life import Signs
from safety_detector.observability.logs import configure_logging
from safety_detector.settings import Backend, Settings, load_settings
from safety_detector.worker.app import create_worker_app, run_worker


def build_detector(_settings: Settings, _backend: Backend) -> InstantDetector:
    """The stand-in for a detector."""
    kind = RedDetector if os.environ.get("BENCHMARK_RED") else InstantDetector
    return kind(float(os.environ.get("BENCHMARK_DELAY_S", "0")))


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    Signs().give_from_thread()
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    app = create_worker_app(settings, "embedded", build_detector)
    sys.exit(run_worker(app, settings, "embedded"))
