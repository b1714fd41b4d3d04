"""Two prompts on the labelled pictures of `dev`, compared as somebody does who wants to switch.

`python -m benchmarks.compare_prompts --data ../shared/data [--pictures DIR]` runs the real commands
(`prompts copy`, `eval --save`, `eval --against`) against a stand-in for the model server that
answers by the truth of each picture, with error rates that are stated for each prompt: no model can
be asked here.  The same dice fall for both prompts, since what is hard about a picture is so for
both.  It prints what the commands print: the table, and what a person reads from it.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import dialect_named, sent_size
from safety_detector.detectors.qwen.prompts import OBJECT_LIMIT, state_word
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, rescale
from safety_detector.domain.hazards import SubLabel
from safety_detector.evaluation.truth import LabelledPicture, read_labelled_pictures
from tests.model_server import Reply, running

DIALECT = dialect_named("qwen2.5-vl")
SEED = 5


@dataclass(frozen=True, slots=True)
class Errors:
    """How often the stand-in is wrong.

    Attributes:
        missed: a picture with fire, or with smoke, is not called so.
        false: a picture of neither is called fire.
        bare_missed: a bare head is called helmet.
        helmet_missed: a helmet is called none.
    """

    missed: float
    false: float
    bare_missed: float
    helmet_missed: float


PROMPTS = {
    "built in": Errors(missed=0.06, false=0.05, bare_missed=0.25, helmet_missed=0.04),
    "of the site": Errors(missed=0.06, false=0.05, bare_missed=0.10, helmet_missed=0.09),
}
"""The second one calls more bare heads, and more helmets none: what a stricter wording does."""


def reply(picture: LabelledPicture, errors: Errors) -> Reply:
    """What the stand-in says of a picture; the dice are the picture's, whatever the prompt."""
    dice = random.Random(f"{SEED} {picture.path.name}")
    sent = sent_size(picture.size, DIALECT, DEFAULT_MAX_PIXELS)
    said: list[dict[str, object]] = []

    def say(box: Box, label: str, state: SubLabel) -> None:
        placed = fit_to_pixels(rescale(box, picture.size, sent), sent)
        if placed is not None:
            corners = [int(one) for one in placed.xyxy]
            said.append({"bbox_2d": corners, "label": label, "sub_label": state_word(state, "zh")})

    for kind in (RawClass.FIRE, RawClass.SMOKE):
        throw = dice.random()
        if picture.shows(kind) and throw >= errors.missed:
            for one in picture.counted(kind):
                say(one.box, kind.value, SubLabel.MODERATE)
    burns = picture.shows(RawClass.FIRE) or picture.shows(RawClass.SMOKE)
    if dice.random() < errors.false and not burns:
        say(Box(0, 0, picture.size.width / 4, picture.size.height / 4), "fire", SubLabel.MINOR)
    for one in picture.counted(RawClass.HEAD_BARE):
        is_missed = dice.random() < errors.bare_missed
        state = SubLabel.HELMET if is_missed else SubLabel.NO_HELMET
        say(_body(one.box, picture.size), "person", state)
    for one in picture.counted(RawClass.HEAD_HELMET):
        is_missed = dice.random() < errors.helmet_missed
        state = SubLabel.NO_HELMET if is_missed else SubLabel.HELMET
        say(_body(one.box, picture.size), "person", state)
    return Reply(json.dumps(said[:OBJECT_LIMIT], ensure_ascii=False))


def _body(head: Box, size: ImageSize) -> Box:
    """Somebody under a head: three heads wide, seven high."""
    return Box(
        max(head.x1 - head.width, 0),
        head.y1,
        min(head.x2 + head.width, size.width),
        min(head.y1 + 7 * head.height, size.height),
    )


def run(command: list[str], environment: dict[str, str], *, on_terminal: bool = False) -> str:
    """Runs a command of the program and gives what it printed; a terminal gets tables."""
    line = [sys.executable, "-m", "safety_detector", *command]
    print(f"$ safety-detector {' '.join(command)}")
    if not on_terminal:
        done = subprocess.run(
            line, env=environment, check=True, capture_output=True, text=True, timeout=3600
        )
        return done.stdout
    read, write = pty.openpty()
    with subprocess.Popen(
        line, env=environment, stdout=write, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        os.close(write)
        shown = b""
        try:
            while chunk := os.read(read, 65_536):
                shown += chunk
        except OSError:  # the other end was closed
            pass
        errors = process.communicate()[1]
    if process.returncode:
        raise SystemExit(errors.decode())
    return shown.decode().replace("\r\n", "\n")


def main() -> None:
    """Runs it and prints what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pictures", type=Path, help="Folder for the pictures that differ.")
    options = parser.parse_args()
    annotations = options.data / "dev" / "annotations.json"
    pictures = read_labelled_pictures(annotations)
    environment = os.environ | {"SAFETY_BACKEND": "qwen", "COLUMNS": "140"}
    for name, errors in PROMPTS.items():
        print(f"{name}: {errors}")
    with tempfile.TemporaryDirectory() as folder:
        old, prompts = Path(folder, "old.json"), Path(folder, "prompts")
        compare = ["eval", str(annotations), "--against", str(old)]
        if options.pictures:
            compare += ["--differences", str(options.pictures)]
        with running(*[reply(one, PROMPTS["built in"]) for one in pictures]) as server:
            asked = environment | {"SAFETY_QWEN_URLS": server.url}
            run(["eval", str(annotations), "--save", str(old)], asked)
        run(
            ["prompts", "copy", "detection-zh", "--to", str(prompts)],
            environment | {"SAFETY_BACKEND": "embedded"},
        )
        path = prompts / "detection-zh.toml"
        text = path.read_text(encoding="utf-8").replace('"zh-1"', '"strict-2"')
        strict = text.replace("帽檐朝前才算", "帽檐朝前、系好下颏带才算")
        path.write_text(strict, encoding="utf-8")
        with running(*[reply(one, PROMPTS["of the site"]) for one in pictures]) as server:
            asked = environment | {
                "SAFETY_QWEN_URLS": server.url,
                "SAFETY_PROMPT_DIR": str(prompts),
            }
            print(run(compare, asked, on_terminal=True))


if __name__ == "__main__":
    main()
