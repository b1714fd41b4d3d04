"""Labels to look at again, for whoever waits for the answer."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from safety_detector.datasets.doubtful import DEFAULT_SHARE
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.stored_datasets.doubting import (
    FOLDS,
    DoubtfulLabels,
    StoredResults,
    find_doubtful,
)
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.datasets.slots import taken_slot

_MOST_PICTURES = 10_000
"""Judged pictures that are compared while a client waits: some seconds."""


async def doubtful_labels(
    here: Collaborators, wanted: DatasetFilter, most_share: float = DEFAULT_SHARE
) -> DoubtfulLabels:
    """By what detectors said when the pictures came in: none is looked at again.

    Args:
        here: the service.
        wanted: which judged pictures.
        most_share: of the other labels of a kind, how many may be like a doubtful one.

    Raises:
        RequestProblem: others' sets are being counted.
        SubmissionRefused: there is too little to compare, or too much.
    """
    with taken_slot(here.datasets.looks):
        return await run_in_threadpool(
            find_doubtful,
            here.service,
            wanted,
            (StoredResults(),),
            folds=FOLDS,
            most_share=most_share,
            most_pictures=_MOST_PICTURES,
        )
