"""Whether `eval --tune` tells the truth about what its thresholds cost: tuned here, tried there.

`python -m benchmarks.site_thresholds --data ../shared/data` makes a site of pictures of `train2` by
their tags (fires, lamps at night, sunsets, sites), halves it, sets thresholds that are far off,
tunes them on one half by the real command, and tries the written setting on the other half.  The
bundled weights were trained on such pictures, so the figures are too good; what is measured is
whether those that were told and those that came are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

TAGS = {
    "fire+smoke": 60,
    "fire": 40,
    "smoke": 34,
    "lamp-night": 70,
    "sunset": 60,
    "bare-site": 90,
    "helmet": 90,
    "warehouse": 60,
}
"""Most pictures of each tag."""

FAR_OFF = "fire=0.95,smoke=0.97,head_bare=0.15"
SETTING = "SAFETY_EMBEDDED_THRESHOLDS"


def halves(data: Path, folder: Path) -> tuple[Path, Path]:
    """Two sets of the same kinds of pictures, none in both."""
    coco: dict[str, Any] = json.loads((data / "train2" / "annotations.json").read_bytes())
    by_tag = defaultdict(list)
    for image in coco["images"]:
        if image.get("tag") in TAGS and not image.get("weak"):
            by_tag[image["tag"]].append(image)
    dice = random.Random(3)
    sides: tuple[list[Any], list[Any]] = ([], [])
    for tag, images in by_tag.items():
        dice.shuffle(images)
        chosen = images[: TAGS[tag]]
        sides[0].extend(chosen[::2])
        sides[1].extend(chosen[1::2])
    paths = folder / "here.json", folder / "there.json"
    for path, images in zip(paths, sides, strict=True):
        ids = {image["id"] for image in images}
        labels = [one for one in coco["annotations"] if one["image_id"] in ids]
        path.write_text(json.dumps(coco | {"images": images, "annotations": labels}))
    return paths


def evaluated(labels: Path, images: Path, thresholds: str, *options: str) -> dict[str, Any]:
    """What ``eval --json`` prints with these thresholds."""
    command = ["eval", str(labels), "--images", str(images), "--backend", "embedded", *options]
    print(f"$ {SETTING}={thresholds} safety-detector {' '.join(command)}")
    done = subprocess.run(
        [sys.executable, "-m", "safety_detector", *command],
        env=os.environ | {SETTING: thresholds},
        check=True,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Tunes on one half, tries on the other, prints both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    images = options.data / "train2" / "images"
    with tempfile.TemporaryDirectory() as name:
        here, there = halves(options.data, Path(name))
        written = Path(name, "site.env")
        told = evaluated(here, images, FAR_OFF, "--tune", str(written))["tuned"]
        print(written.read_text())
        setting = written.read_text().splitlines()[-1].partition("=")[2]
        came = evaluated(there, images, setting)["picture_level"]
    print("class  recall: before  told  came   false alarms: before  told  came")
    for kind in ("fire", "smoke"):
        before = told["classes"][kind]["at_now"]
        expected = told["classes"][kind]["held_out"]
        if told["classes"][kind]["to_set"] is None:
            expected = before
        print(
            f"{kind:6} {before['recall']:14.3f} {expected['recall']:5.3f} "
            f"{came[kind]['recall']:5.3f} {before['false_alarms']:21.3f} "
            f"{expected['false_alarms']:5.3f} {came[kind]['false_positive_rate']:5.3f}"
        )


if __name__ == "__main__":
    main()
