import pytest

from safety_detector.detectors.thresholds import parse_labels, parse_thresholds


def test_pairs_of_class_and_score_are_read() -> None:
    """Spaces, capitals and a comma at the end do no harm."""
    assert parse_thresholds(" Fire = 0.5, head_bare=1, smoke=0,") == {
        "fire": 0.5,
        "head_bare": 1.0,
        "smoke": 0.0,
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("fyre=0.5", "'fyre'"),
        ("no_helmet=0.5", "did you mean head_bare"),
        ("fire=1.5", "fire=1.5"),
        ("fire=-0.1", "fire=-0.1"),
        ("fire=nan", "fire=nan"),
        ("fire=50%", "fire=50%"),
        ("fire=", "fire="),
        ("fire", "'fire'"),
        ("0.5", "'0.5'"),
        ("fire=0,5", "'5'"),
        ("fire=0.5,fire=0.6", "fire is given twice"),
    ],
)
def test_what_is_no_threshold_is_named(text: str, named: str) -> None:
    """The message says which part is wrong."""
    with pytest.raises(ValueError, match=r"fire|threshold|class") as caught:
        parse_thresholds(text)
    assert named in str(caught.value)


def test_classes_come_in_one_order() -> None:
    """However they are written, results show them alike."""
    assert parse_labels("person, Fire") == ("fire", "person")


@pytest.mark.parametrize("text", ["", " , ", "people", "fire,helmet"])
def test_what_is_no_class_is_refused(text: str) -> None:
    """The message names the classes that there are."""
    with pytest.raises(ValueError, match="fire, smoke, person"):
        parse_labels(text)
