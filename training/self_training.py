"""People where nobody marked them: `python -m training.self_training --weights … --out …`.

Only one training picture in five is labelled for people, but most show some. The weights of an
earlier run find them; the surest become boxes to learn from. They teach where people are, never
where none is, so that one who was overlooked costs nothing.
"""

import argparse
import json
import tomllib
from pathlib import Path

from training.export import onnx_network
from training.labels import PERSON, read_labels, unlabelled_for_people
from training.validate import answer_all, suppress

LEAST_SCORE = 0.5  # 98 of 100 such boxes are people on the validation split
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
        sure = boxes[(kinds == PERSON) & (scores >= LEAST_SCORE)]
        if len(sure):
            believed[picture.path.name] = sure.round(1).tolist()
    arguments.out.write_text(json.dumps(believed))
    print(f"{sum(map(len, believed.values()))} people in {len(believed)} pictures")


if __name__ == "__main__":
    main()
