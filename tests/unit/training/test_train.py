import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")

from training.train import blend  # noqa: E402


def test_the_mean_of_two_runs_lies_between_them() -> None:
    """Counters are no weights and stay whole numbers."""
    first = {"weight": torch.tensor([1.0, 2.0]), "seen": torch.tensor(7)}
    second = {"weight": torch.tensor([3.0, 6.0]), "seen": torch.tensor(9)}
    mean = blend([first, second], [0.75, 0.25])
    assert mean["weight"].tolist() == [1.5, 3.0]
    assert mean["weight"].dtype is torch.float32
    assert mean["seen"].item() == 7
