"""Boxes of heads that were derived from faces and came out too large, seen anew by earlier weights.

`python -m training.tighter_heads --weights … --config … --data …` writes `tighter_heads.json`:
where an earlier network sees a head inside such a box, its box is learnt from instead; the class
stays the label's. The held-apart pictures keep their labels: what is measured owes nothing to it.
"""

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.export import onnx_network
from training.labels import HEADS, TIGHTER_HEADS
from training.train import read_all, split
from training.validate import answer_all

TAG = "street"  # faces with masks, grown by a rule (SOURCES.md of train2)
LEAST_SCORE = 0.15
MOSTLY = 0.7  # share of the seen head that lies inside the labelled box
AREAS = (0.2, 1.25)  # of the seen head against the labelled box
SAME_IOU = 0.4  # one that overlaps a head by more shows the same head


def tighter(
    labelled: NDArray[np.float32], seen: NDArray[np.float32], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The labelled boxes (n, 4), each as the best seen head (m, 4) inside it, if there is one."""
    found, free = labelled.copy(), np.ones(len(seen), bool)
    for row in np.argsort(_areas(labelled)):  # small ones first: a large one may hold several
        shared = _shared(labelled[row], seen)
        ratio = _areas(seen) / _areas(labelled[row])
        fits = free & (shared > MOSTLY * _areas(seen)) & (ratio > AREAS[0]) & (ratio < AREAS[1])
        if not fits.any():
            continue
        overlap = shared / (_areas(seen) + _areas(labelled[row]) - shared)
        best = int(np.argmax(np.where(fits, scores * np.sqrt(overlap), -1)))
        found[row] = seen[best]
        same = _shared(seen[best], seen)
        free &= same <= SAME_IOU * (_areas(seen) + _areas(seen[best]) - same)
    return found


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[..., 2:] - boxes[..., :2]).prod(axis=-1), np.float32)


def _shared(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=-1), np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="an exported ONNX file")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    config = tomllib.loads(arguments.config.read_text())
    training, _ = split(read_all(arguments.data), config)
    pictures = [picture for picture in training if picture.tag == TAG]
    export = config["export"]
    network = onnx_network(arguments.weights, arguments.threads)
    answers = answer_all(network, pictures, export["size"], export.get("overview"))
    corrected = {}
    for picture, answer in zip(pictures, answers, strict=True):
        scores = answer.scores[:, list(HEADS)].max(axis=1)
        sure = scores > LEAST_SCORE
        boxes = tighter(picture.boxes, answer.boxes[sure], scores[sure])
        corrected[picture.path.name] = [[round(side, 1) for side in box] for box in boxes.tolist()]
    lines = (f"{json.dumps(name)}: {json.dumps(boxes)}" for name, boxes in corrected.items())
    TIGHTER_HEADS.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{sum(map(len, corrected.values()))} heads in {len(corrected)} pictures")


if __name__ == "__main__":
    main()
