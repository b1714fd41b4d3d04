"""How many published answers of Qwen models are read right, beside other parsers.

    python benchmarks/answer_parsing.py REPLIES.jsonl [--supervision-python PYTHON]

REPLIES.jsonl holds one answer a line with its hand-judged truth (``raw``, ``expected``,
``status``).  supervision is no dependency of this project: give the interpreter of an environment
that has it.  A row counts as read right if the list of boxes is exactly the true one; where there
is no box to read, if the parser says that it failed.  An empty list in place of either is the one
mistake that must not happen.  Exit status 1 where ours makes it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import json_repair

from safety_detector.detectors.qwen.answer.reader import AnswerStatus, read_answer

Boxes = list[list[float]]
Reader = Callable[[str], Boxes | None]
"""Text → boxes as written, or None where the parser says that it failed."""

_SUPERVISION = """
import json, sys, warnings
warnings.simplefilter("ignore")
import supervision as sv
read = []
for text in json.load(sys.stdin):
    # Input and output of one size: the numbers come back as written.
    try:
        found = sv.Detections.from_vlm(
            sv.VLM.QWEN_2_5_VL, text, input_wh=(1000, 1000), resolution_wh=(1000, 1000)
        )
        read.append(found.xyxy.round(3).tolist())
    except Exception:
        read.append(None)
json.dump({"version": sv.__version__, "read": read}, sys.stdout)
"""


@dataclass(frozen=True)
class Score:
    """How one parser did.

    Attributes:
        name: the parser.
        right: rows read right.
        boxes_right: of those that have boxes.
        silent: rows that are not empty and were read as empty without a word.
        us: microseconds an answer, None where it ran in another process.
    """

    name: str
    right: int
    boxes_right: int
    silent: int
    us: float | None


def ours(text: str) -> Boxes | None:
    """The reader of this project."""
    reading = read_answer(text)
    if reading.status is AnswerStatus.UNPARSEABLE:
        return None
    return [list(box.bbox) for box in reading.boxes_read]


def plain_json(text: str) -> Boxes | None:
    """``json.loads`` after removing a fence, as most scripts do."""
    try:
        return boxes_in(json.loads(re.sub(r"^```(?:json)?|```$", "", text.strip()).strip()))
    except ValueError:
        return None


def repaired_json(text: str) -> Boxes | None:
    """json_repair, and every box of whatever it gives."""
    return boxes_in(json_repair.loads(text))


def boxes_in(value: Any) -> Boxes:
    """All boxes under the usual keys, wherever they stand."""
    if isinstance(value, list):
        return [box for item in value for box in boxes_in(item)]
    if not isinstance(value, dict):
        return []
    found: Boxes = []
    for key, item in value.items():
        if key in ("bbox_2d", "box_2d", "bbox") and isinstance(item, list) and len(item) == 4:
            found.append(item)
        elif key == "bboxes" and isinstance(item, list):
            found.extend(box for box in item if isinstance(box, list) and len(box) == 4)
        else:
            found.extend(boxes_in(item))
    return found


def score(name: str, rows: Sequence[dict[str, Any]], read: Sequence[Boxes | None]) -> Score:
    """Compares what a parser read with the truth; timing is added by the caller."""
    right = boxes_right = silent = 0
    for row, boxes in zip(rows, read, strict=True):
        truth = [box["bbox"] for box in row["expected"]]
        is_right = boxes is None if row["status"] == "unparseable" else boxes == truth
        right += is_right
        boxes_right += is_right and bool(truth)
        silent += boxes == [] and row["status"] in ("complete", "unparseable")
    return Score(name, right, boxes_right, silent, None)


def run_here(name: str, reader: Reader, rows: Sequence[dict[str, Any]]) -> Score:
    """Scores a parser in this process, with its CPU time: the best of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        read = [reader(row["raw"]) for row in rows]
        rounds.append(time.process_time() - started)
    result = score(name, rows, read)
    us = min(rounds) / len(rows) * 1e6
    return Score(name, result.right, result.boxes_right, result.silent, us)


def run_supervision(python: str, rows: Sequence[dict[str, Any]]) -> Score:
    """Scores supervision's parser in its own environment."""
    done = subprocess.run(
        [python, "-c", _SUPERVISION],
        input=json.dumps([row["raw"] for row in rows]),
        capture_output=True,
        check=True,
        text=True,
    )
    answer = json.loads(done.stdout)
    return score(f"supervision {answer['version']} from_vlm", rows, answer["read"])


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("replies", type=Path)
    arguments.add_argument("--supervision-python", metavar="PYTHON")
    options = arguments.parse_args()
    rows = [json.loads(line) for line in options.replies.read_text("utf-8").splitlines()]
    scores = [
        run_here("safety-detector", ours, rows),
        run_here("json_repair and a walk", repaired_json, rows),
        run_here("json.loads without fence", plain_json, rows),
    ]
    if options.supervision_python:
        scores.append(run_supervision(options.supervision_python, rows))
    with_boxes = sum(bool(row["expected"]) for row in rows)
    print(f"{len(rows)} answers, {with_boxes} with boxes, {len(rows) - with_boxes} failures\n")
    print(f"{'parser':<34}{'right':>7}{'boxes right':>13}{'silently empty':>16}{'µs each':>9}")
    for one in scores:
        us = "" if one.us is None else f"{one.us:.0f}"
        print(f"{one.name:<34}{one.right:>7}{one.boxes_right:>13}{one.silent:>16}{us:>9}")
    if scores[0].silent:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
