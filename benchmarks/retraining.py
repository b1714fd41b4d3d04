r"""One round of retraining for a made-up site: before and after on pictures it never judged.

The site is made of kinds of scenes of `../shared/data/train2`, of the part that taught the bundled
weights nothing (`training.train.split`; thresholds were chosen on it). 200 of its pictures are
judged: a reviewer goes through what the bundled detector reports, sets the states right, takes away
what is not there and draws what is missing. The rest of the site is for measuring.

    python -m benchmarks.retraining make --out /var/tmp/site
    python -m training.retrain --dataset /var/tmp/site/judged --out /var/tmp/site/retrained
    python -m benchmarks.retraining measure --site /var/tmp/site \
        --weights /var/tmp/site/retrained/retrained.onnx

It needs the packages of `requirements.lock` and of `training/requirements.txt`.
"""

import argparse
import json
import random
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, iou
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.acceptance import compare
from safety_detector.evaluation.check_set import read_check_set
from safety_detector.evaluation.counting import MATCH_IOU, people_of_heads
from safety_detector.evaluation.running import Answered, answer_pictures
from safety_detector.evaluation.truth import TrueBox, read_labelled_pictures
from safety_detector.exports import COCO_CATEGORIES, EXPORTED_BY
from training.held_apart import as_coco
from training.train import read_all, split

DATA = Path(__file__).parents[2] / "shared" / "data"
CONFIG = Path(__file__).parents[1] / "training" / "config.toml"

SCENES = (
    *("hat", "bare-site", "helmet", "helmet-close", "helmet+bare", "street", "riders"),
    *("warehouse", "object", "lamp-night", "fire+smoke", "fire", "smoke"),
)
"""A depot at the edge of a town: hats and helmets, passers-by, riders, lamps by night, a hall."""

JUDGED, VALIDATION = 200, 60
SEED = 7
_STATES = {RawClass.HEAD_BARE: SubLabel.NO_HELMET, RawClass.HEAD_HELMET: SubLabel.HELMET}
_CATEGORY = {one["name"]: one["id"] for one in COCO_CATEGORIES}


def judged_boxes(answer: Answered) -> list[tuple[Box, Label, SubLabel]]:
    """What a reviewer leaves of what was reported, or draws."""
    truth, left = answer.picture, []
    heads = [one for kind in _STATES for one in truth.counted(kind)]
    owners = people_of_heads(heads, answer.detections)
    for head, owner in zip(heads, owners, strict=True):
        box = head.box if owner is None else owner.box
        left.append((box, Label.PERSON, _STATES[head.kind]))
    free = [
        one for one in answer.detections if one.hazard.label is Label.PERSON and one not in owners
    ]
    for person in free:  # somebody whose head cannot be told, or nobody
        hidden = any(one.ignored and person.box.contains(one.box.centre) for one in truth.boxes)
        body = any(iou(person.box, one.box) >= MATCH_IOU for one in truth.counted(RawClass.PERSON))
        if hidden or body:
            left.append((person.box, Label.PERSON, SubLabel.UNCERTAIN))
    for one in truth.boxes:  # heads that the set leaves open, reported or not
        seen = any(box.contains(one.box.centre) for box, label, _ in left if label is Label.PERSON)
        if one.ignored and one.kind in _STATES and not seen:
            left.append((one.box, Label.PERSON, SubLabel.UNCERTAIN))
    for label in (Label.FIRE, Label.SMOKE):
        truths = truth.counted(RawClass(label.value))
        left += [_hazard(one, label, answer.detections) for one in truths]
    return left


def _hazard(
    truth: TrueBox, label: Label, found: Sequence[Detection]
) -> tuple[Box, Label, SubLabel]:
    """The detector's own box where it fits."""
    fits = [
        one for one in found if one.hazard.label is label and iou(one.box, truth.box) >= MATCH_IOU
    ]
    if fits:
        return fits[0].box, label, fits[0].hazard.sub_label
    return truth.box, label, SubLabel.UNCERTAIN


def write_part(answers: Sequence[Answered], folder: Path, side: str) -> None:
    """One side of the split, as `safety-detector dataset export --format coco` writes it."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, answer in enumerate(answers, 1):
        picture = answer.picture
        shutil.copyfile(picture.path, folder / "images" / picture.path.name)
        labelled = [one for one in (RawClass.FIRE, RawClass.SMOKE) if one in picture.labelled]
        if set(_STATES) <= picture.labelled:
            labelled.append(RawClass.PERSON)
        images.append(
            {
                "id": number,
                "file_name": picture.path.name,
                "width": picture.size.width,
                "height": picture.size.height,
                "labelled": [_CATEGORY[one.value] for one in labelled],
                "tag": picture.tag,
            }
        )
        for box, label, state in judged_boxes(answer):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": _CATEGORY[label.value],
                    "bbox": [box.x1, box.y1, box.width, box.height],
                    "attributes": {"sub_label": state.value},
                }
            )
    content = {
        "info": {"description": EXPORTED_BY},
        "categories": COCO_CATEGORIES,
        "images": images,
        "annotations": annotations,
    }
    (folder / f"{side}.json").write_text(json.dumps(content))


def make(out: Path) -> None:
    """The site: `judged/` as an export, and `measure.json` of the rest."""
    config = tomllib.loads(CONFIG.read_text())
    _, unseen = split(read_all([DATA / "train", DATA / "train2"]), config)
    site = [one for one in unseen if one.tag in SCENES and one.path.parent.parent.name == "train2"]
    groups = sorted({one.group for one in site})
    random.Random(SEED).shuffle(groups)
    order = {group: number for number, group in enumerate(groups)}
    site.sort(key=lambda one: order[one.group])
    parts: dict[str, list[Any]] = {"train": [], "validation": [], "measure": []}
    limits = {"train": JUDGED - VALIDATION, "validation": VALIDATION}
    for group in groups:  # what belongs together stays together
        side = next((one for one in limits if len(parts[one]) < limits[one]), "measure")
        parts[side] += [one for one in site if one.group == group]
    (out / "judged" / "images").mkdir(parents=True)
    for side, pictures in parts.items():
        path = out / f"{side}.json"
        path.write_text(json.dumps(as_coco(pictures, DATA)))
        print(side, len(pictures), dict(Counter(one.tag for one in pictures).most_common()))
    detector = load_onnx_detector(BUNDLED_WEIGHTS, 0)
    for side in limits:
        pictures = read_labelled_pictures(out / f"{side}.json", DATA)
        write_part(answer_pictures(detector, pictures), out / "judged", side)


def measure(site: Path, weights: Path) -> None:
    """Right answers of both weights on the site's other pictures, by question and by scene."""
    pictures = read_labelled_pictures(site / "measure.json", DATA)
    for title, some in (("the site's other pictures", pictures), ("check set", read_check_set())):
        before = answer_pictures(load_onnx_detector(BUNDLED_WEIGHTS, 0), some)
        after = answer_pictures(load_onnx_detector(weights, 0), some)
        print(f"\n{title}: {len(some)}")
        _print(before, after)
        for tag in sorted({one.tag for one in some if one.tag}):
            pairs = [
                (old, new) for old, new in zip(before, after, strict=True) if old.picture.tag == tag
            ]
            print(f" {tag}")
            _print([old for old, _ in pairs], [new for _, new in pairs])


def _print(before: Sequence[Answered], after: Sequence[Answered]) -> None:
    for one in compare(before, after).changes:
        moved = f"{len(one.better)} pictures better, {len(one.worse)} worse"
        print(f"   {one.question.value:45}{one.asked:5}: {one.before:4} -> {one.after:4}   {moved}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make").add_argument("--out", type=Path, required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("--site", type=Path, required=True)
    measuring.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA} is missing")
    if arguments.command == "make":
        make(arguments.out)
    else:
        measure(arguments.site, arguments.weights)


if __name__ == "__main__":
    main()
