import pickle

import pytest

from safety_detector import errors
from safety_detector.errors import PictureTooLarge, SafetyDetectorError


def subclasses(cls: type[SafetyDetectorError]) -> list[type[SafetyDetectorError]]:
    """The class and all below it."""
    return [cls, *(deeper for one in cls.__subclasses__() for deeper in subclasses(one))]


def test_codes_are_unique_and_each_error_stands_in_the_tree_at_the_top_of_the_module() -> None:
    """Programs tell errors apart by code; readers find them all in one diagram."""
    tree = subclasses(SafetyDetectorError)
    assert len({cls.code for cls in tree}) == len(tree)
    for cls in tree:
        assert cls.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("cls", subclasses(SafetyDetectorError))
def test_errors_survive_pickle_with_their_facts(cls: type[SafetyDetectorError]) -> None:
    """Workers hand errors across processes."""
    copy = pickle.loads(pickle.dumps(cls("too large", limit=5)))  # noqa: S301 (our own bytes)
    assert type(copy) is cls
    assert copy.message == str(copy) == "too large"
    assert copy.facts == {"limit": 5}


def test_a_refused_picture_is_not_worth_a_retry() -> None:
    """What is wrong with the bytes stays wrong."""
    assert not PictureTooLarge("x").retryable
