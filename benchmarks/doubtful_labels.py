"""How many spoilt labels ``dataset doubtful`` finds among real ones, with the embedded detector.

    python -m benchmarks.doubtful_labels [--data FOLDER] [--pictures 201] [--spoilt 0.05]

Labels of real pictures are spoilt as reviewers err: a fire or a cloud of smoke struck out, one
drawn where none is, a helmet's state ticked wrongly; then the list is compared with what was
spoilt.  The pictures are of no camera: twenty groups by number stand for days.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.sft_loaders import ROOT, real_pictures
from safety_detector.datasets.doubtful import Disagreements, assign_folds
from safety_detector.datasets.labelled import LabelledBox, LabelledPicture
from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.stored_datasets.doubting import LookAgain

_OTHER_STATE = {SubLabel.HELMET: SubLabel.NO_HELMET, SubLabel.NO_HELMET: SubLabel.HELMET}


def spoilt(picture: LabelledPicture, rng: random.Random) -> tuple[LabelledPicture, str] | None:
    """The picture with one wrong label, and what is wrong; None where nothing can be."""
    ways = []
    for place, one in enumerate(picture.boxes):
        rest = (*picture.boxes[:place], *picture.boxes[place + 1 :])
        alone = all(other.hazard.label is not one.hazard.label for other in rest)
        if one.hazard.label is not Label.PERSON and alone:
            ways.append((rest, "struck out"))
        if one.hazard.sub_label in _OTHER_STATE:
            hazard = Hazard(Label.PERSON, _OTHER_STATE[one.hazard.sub_label])
            ways.append(((*rest, replace(one, hazard=hazard)), "state"))
    if not any(one.hazard.label is Label.FIRE for one in picture.boxes):
        width, height = picture.size.width, picture.size.height
        x, y = rng.randrange(width // 2), rng.randrange(height // 2)
        box = Box(x, y, x + width // 4, y + height // 4)
        drawn = LabelledBox(box, Hazard(Label.FIRE, SubLabel.SEVERE), picture.judgements[0])
        ways.append(((*picture.boxes, drawn), "drawn"))
    if not ways:
        return None
    boxes, what = rng.choice(ways)
    return replace(picture, boxes=boxes), what


def judged(
    data: Path, count: int, share: float, seed: int, wrong: dict[str, str]
) -> Iterator[LabelledPicture]:
    """The pictures, a share of them with a wrong label; which, is noted."""
    rng = random.Random(seed)
    for number, (picture, path) in enumerate(real_pictures(data, count)):
        one = replace(picture, camera_id=f"group{number % 20}", taken_at=picture.judgements[0].at)
        one = replace(one, sha256=str(path))
        changed = spoilt(one, rng) if rng.random() < share else None
        if changed is not None:
            one, wrong[one.inspection_id] = changed
        yield one


def main() -> int:
    """Prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "dev")
    parser.add_argument("--pictures", type=int, default=201)
    parser.add_argument("--spoilt", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    seen = {}
    with closing(load_onnx_detector()) as detector:
        witness = LookAgain(detector, lambda path: Path(path).read_bytes())
        for picture in judged(asked.data, asked.pictures, 0.0, 0, {}):
            said = witness.say(picture)
            seen[picture.inspection_id] = said.sightings if said else ()
    for share in (0.05, 0.1, 0.2):
        hits: Counter[str] = Counter()
        all_wrong: Counter[str] = Counter()
        listed_pictures = right = 0
        for seed in range(asked.seeds):
            wrong: dict[str, str] = {}
            pictures = list(judged(asked.data, asked.pictures, asked.spoilt, seed, wrong))
            folds = assign_folds(Counter(one.group for one in pictures), 5)
            found = Disagreements("embedded", folds)
            for one in pictures:
                found.add(one, seen[one.inspection_id])
            listed = {one.inspection_id for one in found.doubtful(share)}
            listed_pictures += len(listed)
            right += len(listed & wrong.keys())
            all_wrong.update(wrong.values())
            hits.update(what for key, what in wrong.items() if key in listed)
        told = ", ".join(f"{what} {hits[what]} of {n}" for what, n in sorted(all_wrong.items()))
        print(
            f"--at-most {share}: of {all_wrong.total()} spoilt pictures {hits.total()} listed "
            f"({told}); {listed_pictures / asked.seeds:.0f} pictures of {len(seen)} listed in the "
            f"mean, {right / max(listed_pictures, 1):.0%} of them spoilt"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
