"""How many jobs are claimed at once."""

from __future__ import annotations

from safety_detector.jobs.runner import Appetite


def after(seconds: float, pictures: int = 50) -> int:
    """What is claimed after so many pictures of that duration."""
    appetite = Appetite(most=8)
    for _ in range(pictures):
        appetite.done(seconds)
    return appetite.jobs


def test_a_new_worker_claims_one_picture() -> None:
    """Until it knows better."""
    assert Appetite(most=8).jobs == 1


def test_slow_pictures_are_claimed_one_by_one() -> None:
    """Two idle workers share what comes, and nothing urgent waits behind a claimed picture."""
    assert after(2.0) == after(0.05) == after(0.03) == 1


def test_quick_pictures_are_claimed_together_up_to_a_bound() -> None:
    """As many as 50 ms suffice for, eight at most."""
    assert after(0.012) == 4
    assert after(0.0001) == after(0.0) == 8


def test_one_slow_picture_ends_the_haste() -> None:
    """The mean follows quickly."""
    appetite = Appetite(most=8)
    for _ in range(50):
        appetite.done(0.005)
    appetite.done(1.0)
    assert appetite.jobs == 1
