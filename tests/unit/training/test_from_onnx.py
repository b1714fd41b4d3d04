from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")
onnx = pytest.importorskip("onnx", reason="training has its own requirements")

from training.export import onnx_network, write_graph  # noqa: E402
from training.from_onnx import load_onnx, pairs  # noqa: E402
from training.model import Detector  # noqa: E402


# The newer exporter folds no norms (training/export.py says why).
@pytest.mark.filterwarnings("ignore")
def test_a_shipped_file_can_go_on_learning(tmp_path: Path) -> None:
    """The network read back from an exported file answers as the file does, with real norms."""
    torch.manual_seed(2)
    shipped = Detector()
    for _, _, norm in pairs(shipped):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.5, 0.5)
    path = tmp_path / "shipped.onnx"
    write_graph(shipped, 64, path)

    restored = Detector()
    pixels = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    load_onnx(restored, path, pixels)
    picture = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 3), np.uint8)
    boxes, _, picture_scores = onnx_network(path, 1)(picture)
    with torch.no_grad():
        answer = restored.eval()(torch.from_numpy(picture).permute(0, 3, 1, 2).float())
    assert np.allclose(answer.boxes[0].numpy(), boxes, atol=0.05)
    assert np.allclose(answer.picture_logits[0].sigmoid().numpy(), picture_scores, atol=1e-3)
    # Identity norms would answer the same but learn badly.
    assert any(norm.running_mean.abs().max() > 1e-3 for _, _, norm in pairs(restored))
