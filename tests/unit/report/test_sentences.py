from safety_detector.domain.detections import DetectorRun, RunConditions
from safety_detector.report.sentences import say_run


def test_a_run_that_left_classes_out_says_so() -> None:
    """Who reads a report without people knows that nobody looked for them."""
    some = DetectorRun("embedded", "m", conditions=RunConditions(classes=("fire", "smoke")))
    assert "looked for fire, smoke alone" in say_run(some, "en")
    assert "仅检测" in say_run(some, "zh")
    every = DetectorRun(
        "embedded", "m", conditions=RunConditions(classes=("fire", "smoke", "person"))
    )
    assert "looked for" not in say_run(every, "en")
