"""From a checkpoint to the ONNX file that the product loads.

`python -m training.export --checkpoint last.pt --data … --out safety-embedded.onnx` writes the
averaged weights with batch normalisation folded in, chooses the thresholds on the validation split
with the very file it wrote, and stores them in the file's metadata.
"""

import argparse
import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import load_rgb
from training.graph import fold_padding, quantise_backbone
from training.labels import LabelledPicture
from training.model import CLASSES, PICTURE_CLASSES, Detector
from training.train import averaged_weights, blend, read_all, split
from training.validate import (
    Network,
    Overlaps,
    answer_all,
    box_picture_scores,
    class_figures,
    letterbox,
    picture_figures,
)

OPSET = 17
CALIBRATION_PICTURES = 64


class Exported(nn.Module):
    """The network with the product's input and outputs: one uint8 picture in, plain arrays out.

    The score of a fire or smoke box is the geometric mean of the box's own and the picture's: the
    box head alone takes a hi-vis vest for a flame, the picture head knows better.
    """

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(1, H, W, 3) uint8 RGB -> boxes (N, 4), scores (N, 5), picture scores (2,)."""
        answer = self.network(image.permute(0, 3, 1, 2).float())
        scores, picture = answer.logits[0].sigmoid(), answer.picture_logits[0].sigmoid()
        hazards = len(PICTURE_CLASSES)  # they come first in CLASSES
        fused = (scores[:, :hazards] * picture).sqrt()
        return answer.boxes[0], torch.cat([fused, scores[:, hazards:]], dim=1), picture


def write_graph(network: Detector, size: int, path: Path) -> None:
    """Write the graph; H and W stay free, in multiples of 32."""
    torch.onnx.export(
        Exported(network.eval()),
        (torch.zeros(1, size, size, 3, dtype=torch.uint8),),
        str(path),
        input_names=["image"],
        output_names=["boxes", "scores", "picture_scores"],
        dynamic_axes={
            "image": {1: "height", 2: "width"},
            "boxes": {0: "cells"},
            "scores": {0: "cells"},
        },
        opset_version=OPSET,
        dynamo=False,  # the newer exporter does not fold batch normalisation into convolutions
    )


def onnx_network(path: Path, threads: int) -> Network:
    """Wrap an ONNX file for `answer_all`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        return tuple(session.run(None, {"image": pixels}))

    return run


def write_metadata(path: Path, entries: dict[str, Any]) -> None:
    """Store entries in the file, strings as they are and the rest as JSON."""
    model = onnx.load(str(path))
    del model.metadata_props[:]
    for key, value in entries.items():
        text = value if isinstance(value, str) else json.dumps(value)
        model.metadata_props.add(key=key, value=text)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def measure(
    path: Path,
    pictures: list[LabelledPicture],
    size: int,
    overview: dict[str, Any] | None,
    overlaps: Overlaps,
    threads: int,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Thresholds by class, and figures to print, on validation pictures."""
    answers = answer_all(onnx_network(path, threads), pictures, size, overview)
    by_class = class_figures(pictures, answers, overlaps)
    by_picture = picture_figures(pictures, np.stack([a.picture_scores for a in answers]))
    thresholds = {name: round(by_class[name].threshold, 4) for name in CLASSES}
    # A box alarms as well as the picture does, so it may not pass more often where nothing is.
    by_best_box = picture_figures(pictures, box_picture_scores(answers))
    for name in PICTURE_CLASSES:
        thresholds[name] = round(max(by_class[name].threshold, by_best_box[name].strictest), 4)
        thresholds[f"picture_{name}"] = round(by_picture[name].threshold, 4)
    return thresholds, {"classes": by_class, "pictures": by_picture}


def calibration(
    pictures: Sequence[LabelledPicture], size: int, seed: int
) -> list[Callable[[], NDArray[np.uint8]]]:
    """Inputs to measure the range of every layer on, each loaded when it is asked for."""
    drawn = np.random.default_rng(seed).choice(len(pictures), CALIBRATION_PICTURES, replace=False)
    return [lambda one=pictures[row]: letterbox(load_rgb(one), size)[0][None] for row in drawn]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--mean-with",
        type=Path,
        nargs="+",
        help="checkpoints or exported files that it started from",
    )
    parser.add_argument("--share", type=float, default=0.5, help="of --checkpoint in that mean")
    parser.add_argument("--config", type=Path, help="instead of the checkpoint's own")
    parser.add_argument("--size", type=int, help="instead of the configuration's")
    parser.add_argument(
        "--last",
        action="store_true",
        help="the weights of the last step, not the averaged ones, which remember smaller pictures",
    )
    parser.add_argument("--int8", action="store_true", help="let the backbone compute in 8 bits")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, map_location="cpu")
    config = tomllib.loads(arguments.config.read_text()) if arguments.config else state["config"]
    size = arguments.size or config["export"]["size"]
    overlaps = config["overlaps"]
    training, validation = split(read_all(arguments.data), config)
    weights = state["network" if arguments.last else "averaged"]
    if arguments.mean_with:
        others = [averaged_weights(path, config, training) for path in arguments.mean_with]
        rest = (1 - arguments.share) / len(others)
        weights = blend([weights, *others], [arguments.share, *(rest for _ in others)])
    network = Detector()
    network.load_state_dict(weights)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_graph(network, size, arguments.out)
    fold_padding(arguments.out)
    if arguments.int8:
        quantise_backbone(arguments.out, calibration(training, size, config["seed"]))
    overview = config["export"].get("overview")
    thresholds, figures = measure(
        arguments.out, validation, size, overview, overlaps, arguments.threads
    )
    entries = {
        "model_name": config["model_name"],
        "version": config["version"],
        "classes": list(CLASSES),
        "input_size": size,
        "thresholds": thresholds,
        "overlaps": overlaps,
    }
    write_metadata(arguments.out, entries | ({"overview": overview} if overview else {}))
    for group in figures.values():
        for name, value in group.items():
            print(name, value)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB, {state['steps']} steps")


if __name__ == "__main__":
    main()
