"""Another name for ``safety_detector.worker``, for Celery's commands in a checkout.

``celery -A worker inspect active``, ``celery -A worker worker``.  It is no part of the wheel: a
package of this name may well be another program's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery


def __getattr__(name: str) -> Celery:
    """The application of a worker for the configured backend, made when Celery asks for it."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from safety_detector.settings import load_settings
    from safety_detector.worker.app import create_worker_app, pool_of

    settings = load_settings()
    queue = settings.effective_backend
    pool = pool_of(queue, settings)
    app = create_worker_app(settings, queue)
    # What `safety-detector worker` tells Celery on its own command line.
    app.conf.update(
        task_default_queue=queue, worker_pool=pool.kind, worker_concurrency=pool.concurrency
    )
    return app
