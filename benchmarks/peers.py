"""What published detectors reach on a labelled set, in the figures of `safety-detector eval`.

Peers are installed apart, in an environment of their own, and never become a dependency: the ones
named here run on Ultralytics' library, which is under the AGPL. Their weights come inside packages
on PyPI, so nothing is downloaded at run time.

    python -m venv /var/tmp/peers
    /var/tmp/peers/bin/pip install ultralytics fire-detector==1.0.3
    /var/tmp/peers/bin/python benchmarks/peers.py answer fire-detector \
        ../shared/data/dev/annotations.json ../shared/data/dev/images /var/tmp/fire.json
    python -m benchmarks.peers judge ../shared/data/dev/annotations.json \
        ../shared/data/dev/images /var/tmp/fire.json

`answer` needs only the peer's environment, `judge` only ours. The sets of `training.held_apart`
work as well. The peers' own training pictures are not known: some may be among the judged ones. The
weights of helmet-detector 2.1.0 (PyPI) do not load with Ultralytics' present release.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import time
from pathlib import Path
from typing import Any

LEAST_SCORE = 0.01

# Package, weights in it, and our class of each of its classes. Their names are the peers' own.
PEERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "fire-detector": (
        "fire_detector",
        "models/light_yolov8_flame.pt",
        {"fire": "fire", "flame": "fire", "smoke": "smoke"},
    ),
}


def answer(peer: str, annotations: Path, images: Path, out: Path) -> None:
    """Let a peer answer for every picture of a set; in its own environment."""
    from ultralytics import YOLO  # the peer's environment alone has it

    package, weights, ours = PEERS[peer]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"{peer} is not installed in this environment.")
    importlib.import_module(package)  # its weights may refer to classes of its own
    model = YOLO(str(Path(found.submodule_search_locations[0]) / weights))
    print(f"{peer}: classes {model.names}")
    boxes: dict[str, list[Any]] = {}
    started = time.perf_counter()
    names = [one["file_name"] for one in json.loads(annotations.read_text())["images"]]
    for name in names:
        result = model.predict(str(images / name), conf=LEAST_SCORE, device="cpu", verbose=False)[0]
        boxes[name] = [
            [ours[model.names[int(kind)].lower()], float(score), *map(float, corners)]
            for corners, score, kind in zip(
                result.boxes.xyxy.tolist(),
                result.boxes.conf.tolist(),
                result.boxes.cls.tolist(),
                strict=True,
            )
            if model.names[int(kind)].lower() in ours
        ]
    spent = 1000 * (time.perf_counter() - started) / max(len(names), 1)
    out.write_text(json.dumps({"peer": peer, "ms_per_picture": spent, "boxes": boxes}))
    print(f"{len(names)} pictures, {spent:.0f} ms each")


def judge(annotations: Path, images: Path, answers: Path, threshold: float) -> dict[str, Any]:
    """Figures of a peer's answers, those that depend on a threshold at the one given."""
    from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass, of_kind
    from safety_detector.domain.detections import Detection
    from safety_detector.domain.geometry import Box, fit_to_pixels
    from safety_detector.domain.hazards import Hazard, Label, SubLabel
    from safety_detector.evaluation.figures import compute_figures
    from safety_detector.evaluation.running import Answered
    from safety_detector.evaluation.truth import read_labelled_pictures

    content = json.loads(answers.read_text())
    hazards = {
        RawClass.FIRE: Hazard(Label.FIRE, SubLabel.UNCERTAIN),
        RawClass.SMOKE: Hazard(Label.SMOKE, SubLabel.UNCERTAIN),
        RawClass.HEAD_HELMET: Hazard(Label.PERSON, SubLabel.HELMET),
        RawClass.HEAD_BARE: Hazard(Label.PERSON, SubLabel.NO_HELMET),
    }
    judged = []
    for picture in read_labelled_pictures(annotations, images):
        name = str(picture.path.relative_to(images))
        boxes = [
            RawBox(RawClass(kind), Box(*corners), score)
            for kind, score, *corners in content["boxes"][name]
        ]
        boxes.sort(key=lambda one: -one.score)
        detections = [
            Detection(box, hazards[one.kind], one.score)
            for one in of_kind(boxes, *hazards)
            if one.score >= threshold and (box := fit_to_pixels(one.box, picture.size))
        ]
        best = {
            kind: max((one.score for one in of_kind(boxes, kind)), default=0.0)
            for kind in (RawClass.FIRE, RawClass.SMOKE)
        }
        raw = RawAnswer(tuple(boxes), best)
        judged.append(Answered(picture, tuple(detections), raw, content["ms_per_picture"]))
    return compute_figures(judged, dict.fromkeys(RawClass, threshold))


def _print(figures: dict[str, Any]) -> None:
    for name, one in figures["classes"].items():
        if one["ap50"]:  # a class that the peer does not know has none
            print(f"AP50 {name}: {one['ap50']:.3f} (precision {one['precision'] or 0:.2f})")
    for name, one in figures["regions"].items():
        print(
            f"area of {name}: IoU median {one['iou_median']}, at least half in "
            f"{one['iou_at_least_half']}, best box {one['best_box_area_ratio_median']} of the truth"
        )
    for name, one in figures["picture_level"].items():
        print(
            f"pictures of {name}: recall {one['recall']} at {one['false_positive_rate']} false, "
            f"{one['recall_at_5pct_fp']} at 0.05"
        )
    print(f"{figures['ms_per_picture']} ms a picture")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    asking = commands.add_parser("answer", help="in the peer's environment")
    asking.add_argument("peer", choices=list(PEERS))
    judging = commands.add_parser("judge", help="in ours")
    for one in (asking, judging):
        one.add_argument("annotations", type=Path)
        one.add_argument("images", type=Path)
    asking.add_argument("out", type=Path)
    judging.add_argument("answers", type=Path)
    judging.add_argument("--threshold", type=float, default=0.25, help="Ultralytics' own is 0.25")
    arguments = parser.parse_args()
    if arguments.command == "answer":
        answer(arguments.peer, arguments.annotations, arguments.images, arguments.out)
    else:
        _print(
            judge(arguments.annotations, arguments.images, arguments.answers, arguments.threshold)
        )


if __name__ == "__main__":
    main()
