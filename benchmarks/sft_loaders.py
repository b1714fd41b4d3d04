"""Sets for fine-tuning: exact for a thousand real pictures, and loaded by the programs themselves.

    python -m benchmarks.sft_loaders [--pictures 1000] [--loaded 40]
        [--factory PYTHON] [--swift PYTHON] [--model TINY]

Writes labelled pictures of ``../shared/data/train`` in both formats and reads every answer back
with the service's own reader.  With ``--factory`` and ``--swift``, Pythons of environments with
llamafactory and ms-swift (they want different versions of ``datasets``), it has them load a smaller
set by the recipe that lies in it, and compares each sample with what the service sends: the same
text before and behind the picture, token by token decoded; as many tokens for the picture as the
dialect says; and learnt, the answer alone.  ``--model`` is the folder of
``tests/contract/tiny_model.py``: the real vocabulary and image processor.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.finetuning.companions import FineTuningProgram
from safety_detector.datasets.finetuning.drafting import built_in_options
from safety_detector.datasets.finetuning.reading_back import read_back_folder
from safety_detector.datasets.finetuning.writer import FineTuningWriter
from safety_detector.datasets.labelled import (
    EVERY_LABEL,
    Basis,
    Judgement,
    LabelledBox,
    LabelledPicture,
    Side,
)
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels
from safety_detector.domain.hazards import Hazard, Label, SubLabel

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "train"
_DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
_BY = Judgement(Basis.CORRECTION, "benchmark", _DAY, version=1)
_STATES = {"head_helmet": SubLabel.HELMET, "head_bare": SubLabel.NO_HELMET}
_FACTOR = 28  # pixels a visual token of Qwen2.5-VL, each side


@dataclass(frozen=True)
class _Folder:
    path: Path

    def write(self, name: str, data: bytes) -> None:
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def copy(self, name: str, file: IO[bytes]) -> None:
        with (self.path / name).open("wb") as copy:
            shutil.copyfileobj(file, copy)


def real_pictures(folder: Path, count: int) -> Iterator[tuple[LabelledPicture, Path]]:
    """Pictures of a COCO set as if somebody had judged them: a head decides its person's state."""
    coco = json.loads((folder / "annotations.json").read_bytes())
    names = {one["id"]: one["name"] for one in coco["categories"]}
    boxes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in coco["annotations"]:
        boxes[one["image_id"]].append(one)
    step = max(len(coco["images"]) // count, 1)
    for number, image in enumerate(coco["images"][::step][:count]):
        size = ImageSize(image["width"], image["height"])
        picture = LabelledPicture(
            inspection_id=f"01BENCH{number:019}",
            name=image["file_name"],
            sha256=f"{number:064x}",
            size=size,
            taken_at=_DAY + timedelta(days=number % 20),
            camera_id=f"camera{number % 7}",
            labelled=EVERY_LABEL,
            boxes=tuple(_labels(boxes[image["id"]], names, size)),
            judgements=(_BY,),
        )
        yield picture, folder / "images" / image["file_name"]


def _labels(
    found: Sequence[dict[str, Any]], names: dict[int, str], size: ImageSize
) -> Iterator[LabelledBox]:
    placed = []
    for one in found:
        x, y, width, height = one["bbox"]
        if width > 0 and height > 0:
            fitted = fit_to_pixels(Box(x, y, x + width, y + height), size)
            placed += [] if fitted is None else [(names[one["category_id"]], fitted)]
    heads = [(box, _STATES[name]) for name, box in placed if name in _STATES]
    for name, box in placed:
        if name in _STATES:
            continue
        label = Label(name)
        state = SubLabel.UNCERTAIN
        if label is Label.PERSON:
            state = next((it for head, it in heads if box.contains(head.centre)), state)
        yield LabelledBox(box, Hazard(label, state), _BY)


def write_set(folder: Path, program: FineTuningProgram, count: int, dialect: str) -> Counter[str]:
    """Writes a set; how many pictures went in, and why others did not."""
    counts: Counter[str] = Counter()
    options = replace(built_in_options(dialect), with_reasons=True)
    with closing(FineTuningWriter(_Folder(folder), program, options)) as writer:
        for number, (picture, path) in enumerate(real_pictures(DATA, count)):
            side = Side.VALIDATION if number % 140 in range(0, 140, 7) else Side.TRAIN
            group = f"{picture.camera_id}"
            why = writer.add(picture, side, group, PictureContent(path.read_bytes()))
            counts["written" if why is None else why.code] += 1
        writer.finish()
    return counts


def round_trip(count: int) -> None:
    """Each format and dialect: written, read back, all exact or an error."""
    for program in FineTuningProgram:
        for dialect in ("qwen2.5-vl", "qwen3-vl"):
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch) / "set"
                started = time.perf_counter()
                counts = write_set(folder, program, count, dialect)
                written_s = time.perf_counter() - started
                samples = sum(read_back_folder(folder).samples.values())
                size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
                print(
                    f"{program} {dialect}: {dict(counts)}, {samples} samples read back exactly, "
                    f"{written_s:.0f} s to write, {size / 1e6:.0f} MB"
                )


def load_with_peers(count: int, peers: dict[FineTuningProgram, str], model: str) -> bool:
    """Has the programs load a set; whether every sample is what the service sends."""
    fine = True
    for program, peer in peers.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "set"
            write_set(folder, program, count, "qwen2.5-vl")
            done = subprocess.run(
                [peer, str(ROOT / "benchmarks/sft_loaders_peer.py"), program, folder, model],
                env={
                    "PYTHONPATH": str(ROOT / "tests/contract/shim"),
                    "PATH": "/usr/bin:/bin",
                    "HOME": scratch,
                },
                capture_output=True,
                text=True,
                check=False,
            )
            loaded = [json.loads(one) for one in done.stdout.splitlines() if one[:1] == "{"]
            if done.returncode or not loaded:
                print(f"{program}: failed\n{done.stderr[-3000:]}")
                fine = False
                continue
            wrong = _compare(folder, loaded)
            fine = fine and not wrong
            print(f"{program}: {len(loaded)} samples loaded, {len(wrong)} differ")
            for one in wrong[:5]:
                print(f"  {one}")
    return fine


def _compare(folder: Path, loaded: Sequence[dict[str, Any]]) -> list[str]:
    samples = [json.loads(one) for one in (folder / "train.jsonl").read_text("utf-8").splitlines()]
    records = [json.loads(one) for one in (folder / "labels.jsonl").read_text("utf-8").splitlines()]
    records = [one for one in records if one["side"] == "train"]
    wrong = []
    if len(samples) != len(loaded):
        wrong.append(f"{len(samples)} samples, {len(loaded)} loaded")
    for number, (sample, record, one) in enumerate(
        zip(samples, records, loaded, strict=False), start=1
    ):
        system, user, answer = (it["content"] for it in sample["messages"])
        question = user.removeprefix("<image>")
        # As vLLM renders the request by the model's own chat template.
        given = (
            f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n"
            f"<|vision_start|><|vision_end|>{question}<|im_end|>\n<|im_start|>assistant\n"
        )
        pads = record["sent"][0] // _FACTOR * (record["sent"][1] // _FACTOR)
        if one["pads"] != pads:
            wrong.append(f"sample {number}: {one['pads']} tokens for the picture, not {pads}")
        # The two line breaks behind a message may be counted to either side.
        if one["given"].strip("\n") != given.strip("\n"):
            wrong.append(f"sample {number}: given {one['given']!r:.300}")
        if one["learnt"].rstrip("\n") != f"{answer}<|im_end|>":
            wrong.append(f"sample {number}: learnt {one['learnt']!r:.300}")
    return wrong


def main() -> int:
    """Runs what was asked for; 1 if a sample differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--loaded", type=int, default=40)
    parser.add_argument("--factory", help="Python with llamafactory")
    parser.add_argument("--swift", help="Python with ms-swift")
    parser.add_argument("--model", help="folder of tests/contract/tiny_model.py")
    asked = parser.parse_args()
    if asked.pictures:
        round_trip(asked.pictures)
    peers = {
        FineTuningProgram.LLAMA_FACTORY: asked.factory,
        FineTuningProgram.MS_SWIFT: asked.swift,
    }
    there = {program: python for program, python in peers.items() if python}
    return 0 if load_with_peers(asked.loaded, there, asked.model) else 1


if __name__ == "__main__":
    sys.exit(main())
