"""What is wrong with a value is said at its field, in the reader's language."""

from __future__ import annotations

import re

import pytest

from safety_detector.console.route import detail_of
from safety_detector.web.cameras.bodies import CameraBody
from safety_detector.web.permits.documents import PermitBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

_BOW_TIE = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
_WRONG: list[tuple[str, dict[str, object]]] = [
    ("name", {}),
    ("name", {"name": " "}),
    ("name", {"name": "x" * 300}),
    ("every_s", {"name": "x", "every_s": "often"}),
    ("every_s", {"name": "x", "every_s": 0}),
    ("zones.0.id", {"name": "x", "zones": [{"id": "区", "name": "x", "polygon": []}]}),
    ("zones.0.polygon", {"name": "x", "zones": [{"id": "a", "name": "x", "polygon": _BOW_TIE}]}),
    ("masks.0.hazards", {"name": "x", "masks": [{"polygon": [], "reason": "x", "hazards": []}]}),
    ("schedule.0.from", {"name": "x", "schedule": [{"days": ["mon"], "from": "7", "to": "9"}]}),
    ("source", {"name": "x", "source": {"url": "gopher://x"}}),
    ("incident_rules.opening.fire.looks", {"name": "x", "incident_rules":
        {"opening": {"fire": {"looks": 900}}}}),
    ("timezone", {"name": "x", "timezone": "Mars/Olympus"}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "body"), _WRONG)
def test_each_fault_of_a_camera_is_said_at_its_field_in_both_languages(
    field: str, body: dict[str, object]
) -> None:
    """Whoever reads Chinese gets no English sentence of a library."""
    with pytest.raises(RequestProblem) as refused:
        checked(CameraBody, body)
    reasons = dict(refused.value.faults)
    assert field in reasons
    for reason in reasons.values():
        assert re.search(r"[一-鿿]", reason.text("zh")), reason
        assert not re.search(r"[一-鿿]", reason.text("en"))
    assert field in detail_of(refused.value, "zh")


def test_a_permit_that_ends_before_it_begins_is_refused_in_chinese() -> None:
    """A fault of the whole form is said as well."""
    body = {
        "camera_id": "a",
        "polygon": [[0, 0], [1, 0], [1, 1]],
        "from": "2026-11-21T13:00:00+08:00",
        "until": "2026-11-21T12:00:00+08:00",
        "number": "1",
        "who": "x",
    }
    with pytest.raises(RequestProblem) as refused:
        checked(PermitBody, body)
    assert detail_of(refused.value, "zh") == "结束时间必须晚于开始时间"
