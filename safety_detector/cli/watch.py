"""``safety-detector watch``: the role that fetches cameras' pictures."""

from __future__ import annotations

import signal
import threading
from contextlib import closing
from types import FrameType

from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import keep_data_private, settings_of_existing_service
from safety_detector.host.signs_of_life import Signs
from safety_detector.job_queue import JobQueue, WakeUps, create_celery
from safety_detector.observability.logs import configure_logging
from safety_detector.watcher.process import watch_until
from safety_detector.wiring import broker_url, camera_opener, open_service


def run_watch() -> int:
    """Watches cameras until SIGTERM or SIGINT; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no broker, no service here, or a setting cannot work.
        StorageUnavailable, DatabaseUnavailable: what it stands on cannot be used.
    """
    settings = settings_of_existing_service()
    configure_logging(settings.log_format, settings.log_level)
    signs = Signs()
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, ask_to_stop)
    with closing(JobQueue(create_celery(broker_url(settings)))) as job_queue:
        keep_data_private(settings)
        wake_ups = WakeUps(job_queue)
        wake_ups.start()
        try:
            with closing(open_service(settings, wake_ups.notify)) as service:
                watch_until(
                    stop,
                    service,
                    camera_opener(settings, service),
                    slots=settings.watch_streams,
                    grace=settings.camera_grace,
                    signs=signs,
                )
        finally:
            wake_ups.stop()
    return DONE
