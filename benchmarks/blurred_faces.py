"""How many labelled heads `dataset export --blur-faces` covers, and how much of pictures with them.

Of the heads of `../shared/data/dev` (666 boxes in 201 real pictures of sites), without any label's
help: as for a person whom nobody corrected.

    python -m benchmarks.blurred_faces
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np

from safety_detector.datasets.faces import places_to_blur
from safety_detector.datasets.people_finder import bundled_people_finder
from safety_detector.pictures.images import decode, read_header, size_of

DATA = Path(__file__).parents[2] / "shared" / "data" / "dev"
_HEADS = {"head_helmet", "head_bare"}
_COVERED = 0.8  # of a head's area: what is left is hair, or a chin


def main() -> int:
    """Prints the table; the exit status is 2 without the pictures."""
    if not DATA.is_dir():
        print(f"{DATA} is not here", file=sys.stderr)
        return 2
    content = json.loads((DATA / "annotations.json").read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    heads = defaultdict(list)
    for one in content["annotations"]:
        if names[one["category_id"]] in _HEADS and not one["iscrowd"]:
            heads[one["image_id"]].append(one["bbox"])
    found: dict[str, list[bool]] = defaultdict(list)
    shares = []
    with closing(bundled_people_finder()) as finder:
        for image in content["images"]:
            if image["id"] not in heads:
                continue
            data = (DATA / "images" / image["file_name"]).read_bytes()
            rgb = decode(data, read_header(data))
            people = finder.find(rgb)
            covered = np.zeros(rgb.shape[:2], bool)
            for place in places_to_blur(people.heads, people.bodies, size_of(rgb)):
                x1, y1, x2, y2 = (int(value) for value in place.xyxy)
                covered[y1:y2, x1:x2] = True
            shares.append(covered.mean())
            for x, y, width, height in heads[image["id"]]:
                part = covered[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1]
                size = "24 px and more" if min(width, height) >= 24 else "smaller"
                found[size].append(bool(part.mean() >= _COVERED))
    print(f"{len(shares)} pictures with heads; {np.mean(shares):.3f} of them is blurred")
    for size, one in sorted(found.items()):
        print(f"heads of {size}: {sum(one)} of {len(one)} covered ({np.mean(one):.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
