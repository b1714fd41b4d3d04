from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")
onnx = pytest.importorskip("onnx", reason="training has its own requirements")

from training.export import onnx_network  # noqa: E402
from training.from_onnx import read_folded  # noqa: E402
from training.graph import fold_padding, quantise_backbone  # noqa: E402
from training.model import same_padding  # noqa: E402


class Inner(torch.nn.Module):
    """A padded convolution named as the backbone's are, and one beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, 2), torch.nn.ReLU6())
        self.head = torch.nn.Conv2d(8, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 3, H, W) -> (1, 4, H / 2, W / 2)."""
        return self.head(self.backbone(torch.nn.functional.pad(x, same_padding(3, 2))))


class Small(torch.nn.Module):
    """Takes what the product gives."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Inner()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(1, H, W, 3) uint8."""
        return self.network(image.permute(0, 3, 1, 2).float() / 255)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The small network as an ONNX file."""
    torch.manual_seed(1)
    path = tmp_path / "small.onnx"
    picture = (torch.zeros(1, 32, 32, 3, dtype=torch.uint8),)
    torch.onnx.export(Small(), picture, str(path), input_names=["image"], dynamo=False)
    return path


def pictures(count: int) -> list[np.ndarray]:
    """Random inputs."""
    random = np.random.default_rng(2)
    return [random.integers(0, 256, (1, 32, 32, 3), np.uint8) for _ in range(count)]


@pytest.mark.filterwarnings("ignore")
def test_padding_moves_into_the_convolution_and_changes_nothing(exported: Path) -> None:
    """The faster graph gives the same answers."""
    (before,) = onnx_network(exported, 1)(pictures(1)[0])
    fold_padding(exported)
    assert "Pad" not in [node.op_type for node in onnx.load(str(exported)).graph.node]
    (after,) = onnx_network(exported, 1)(pictures(1)[0])
    assert np.allclose(before, after, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_eight_bits_answer_nearly_the_same_and_can_be_read_back(exported: Path) -> None:
    """Only the backbone loses digits, and what ships can still be learnt from."""
    fold_padding(exported)
    exact = read_folded(exported)
    (before,) = onnx_network(exported, 1)(pictures(1)[0])
    quantise_backbone(exported, [lambda one=one: one for one in pictures(8)])
    (after,) = onnx_network(exported, 1)(pictures(1)[0])
    assert 0 < np.abs(before - after).max() < 0.05 * np.ptp(before)
    stored = read_folded(exported)
    assert stored["backbone.0"][0].numpy() == pytest.approx(
        exact["backbone.0"][0].numpy(), abs=0.01
    )
    assert torch.equal(stored["head"][0], exact["head"][0])
