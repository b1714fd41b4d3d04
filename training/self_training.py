"""People where nobody marked them: `python -m training.self_training --weights … --out …`.

Only one training picture in five is labelled for people, but most show some. The weights of an
earlier run find them; the surest become boxes to learn from. Where that run was in doubt nothing
is taught, so that somebody it overlooked costs nothing; the rest of the picture is background.
"""

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.export import onnx_network
from training.labels import HEADS, PERSON, read_labels, unlabelled_for_people
from training.validate import answer_all, suppress

SURE = 0.45  # 98 of 100 such boxes are people on the validation split
DOUBTFUL = 0.2  # below it is nobody: 97 of 100 people of the validation split score more
# A body under a head that no person box holds, in sides of the head's box: half of it to the left
# and to the right of the head's centre, and downwards (a standing adult is 7 to 8 heads tall).
BODY_WIDTHS = 3.0
BODY_HEIGHTS = 8.0
MOSTLY = 0.7  # share of a box's area from which it counts as inside another
INPUT_SIZE = 512


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="an exported ONNX file")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    overlaps = tomllib.loads(arguments.config.read_text())["overlaps"]
    pictures = unlabelled_for_people(read_labels(arguments.data))
    network = onnx_network(arguments.weights, arguments.threads)
    believed = {}
    for picture, answer in zip(pictures, answer_all(network, pictures, INPUT_SIZE), strict=True):
        boxes, scores, kinds = suppress(answer, overlaps)
        people, certainty = boxes[kinds == PERSON], scores[kinds == PERSON]
        sure = people[certainty >= SURE]
        doubtful = np.concatenate(
            [
                doubtful_people(people[(certainty >= DOUBTFUL) & (certainty < SURE)], sure),
                bodies_of(picture.boxes[np.isin(picture.classes, HEADS)], sure),
            ]
        )
        if len(sure):
            believed[picture.path.name] = {
                "sure": sure.round(1).tolist(),
                "doubtful": doubtful.round(1).tolist(),
            }
    arguments.out.write_text(json.dumps(believed))
    count = sum(len(picture["sure"]) for picture in believed.values())
    print(f"{count} people in {len(believed)} pictures")


def doubtful_people(boxes: NDArray[np.float32], sure: NDArray[np.float32]) -> NDArray[np.float32]:
    """Those of the boxes (n, 4) that are not a second box of somebody who is sure (m, 4)."""
    if len(boxes) == 0 or len(sure) == 0:
        return boxes
    return boxes[share_inside(boxes, sure).max(axis=1) < MOSTLY]


def bodies_of(heads: NDArray[np.float32], sure: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the bodies of those heads (n, 4) may be that no sure person (m, 4) holds."""
    if len(sure) and len(heads):
        heads = heads[share_inside(heads, sure).max(axis=1) < MOSTLY]
    middle, sides = (heads[:, 0] + heads[:, 2]) / 2, heads[:, 2:] - heads[:, :2]
    half = sides[:, 0] * BODY_WIDTHS / 2
    bottom = heads[:, 1] + sides[:, 1] * BODY_HEIGHTS
    return np.stack([middle - half, heads[:, 1], middle + half, bottom], axis=1)


def share_inside(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each box (n, 4) lies in each of the others (m, 4): (n, m), 0 to 1."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    return shared / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=-1), 1e-6)[:, None]


if __name__ == "__main__":
    main()
