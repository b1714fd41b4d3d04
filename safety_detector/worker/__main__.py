"""``python -m safety_detector.worker --queue embedded``: one worker, until it is asked to stop."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from typing import get_args

from safety_detector.host.collector import no_collection_while_importing

with no_collection_while_importing():
    from celery import Celery

    from safety_detector.errors import SafetyDetectorError
    from safety_detector.host.signs_of_life import Signs
    from safety_detector.observability.logs import configure_logging
    from safety_detector.settings import Queue, Settings, load_settings
    from safety_detector.worker.app import create_render_app, create_worker_app, run_worker


def main() -> int:
    """Runs a worker; the exit status is 0 after an orderly stop."""
    arguments = argparse.ArgumentParser(
        prog="python -m safety_detector.worker", description=__doc__
    )
    arguments.add_argument("--queue", choices=get_args(Queue))
    wanted = arguments.parse_args().queue
    # Celery warns of running as root because of pickled messages; ours are JSON without content.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    Signs().give_from_thread()
    try:
        settings = load_settings()
        configure_logging(settings.log_format, settings.log_level)
        _quieten_celery()
        queue: Queue = wanted or settings.effective_backend
        return run_worker(_create_app(settings, queue), settings, queue)
    except SafetyDetectorError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2


def _create_app(settings: Settings, queue: Queue) -> Celery:
    if queue == "render":
        return create_render_app(settings)
    return create_worker_app(settings, queue)


def _quieten_celery() -> None:
    """Each picture has a line of its own; that a wake-up came and went says nothing."""
    for chatty in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
