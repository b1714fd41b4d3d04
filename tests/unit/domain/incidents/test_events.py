"""What is told of incidents as it happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from safety_detector.domain.incidents.events import EVENT_OF_ACT, EVENT_OF_CHANGE, IncidentEvent
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import ChangeKind


@pytest.mark.parametrize(
    ("every", "events"), [(ChangeKind, EVENT_OF_CHANGE), (ActKind, EVENT_OF_ACT)]
)
def test_whatever_happens_has_its_event(
    every: Iterable[str], events: Mapping[str, IncidentEvent]
) -> None:
    """Without one nothing more of the incident could be recorded."""
    assert set(events) == set(every)


def test_who_waits_for_the_second_person_is_not_told_of_the_model() -> None:
    """That the model saw it too and that somebody looked whether it is put right are two things."""
    assert EVENT_OF_CHANGE[ChangeKind.VERIFIED] is not EVENT_OF_ACT[ActKind.VERIFY]
