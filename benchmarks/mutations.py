"""Damaged pictures and damaged model answers by the thousand: does any crash, hang or grow?

    python benchmarks/mutations.py [--pictures 10000] [--answers 10000] [--seed 1]

Real pictures of every format that is read, and real answers of the models, are damaged at random
(bytes changed, cut out, doubled, spliced with another's, headers rewritten).  Each goes the way
that it goes in a worker, in a process of its own, which is watched: a picture must end in a result
or in a refusal of ours, an answer in a reading whose boxes lie in the picture.  Printed are the
seed, what became of them, crashes (the process ended, or an error that is none of ours), hangs
(more than 20 s for one) and the peak of the process's memory.  The n-th case of a seed is always
the same.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import PIL.Image

from safety_detector.appearance.fonts import find_fonts
from safety_detector.detectors.qwen.answer.reader import AnswerStatus, read_answer, to_detections
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.detections import DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.admission import Limits
from safety_detector.pictures.images import RgbImage
from safety_detector.pipeline import inspect_picture

LONGEST_S = 20.0
LIMITS = Limits(max_pixels=16_000_000)
IMAGE_SIZE, SENT_SIZE = ImageSize(1920, 1080), ImageSize(1932, 1092)

ANSWERS = (
    (
        '```json\n[\n\t{"bbox_2d": [341, 258, 397, 402], "label": "人员", '
        '"sub_label": "未佩戴安全帽"}\n]\n```'
    ),
    (
        '[{"bbox_2d": [0, 0, 100, 100], "label": "fire", "sub_label": "severe"}, '
        '{"bbox_2d": [10.5, 20, 300, 400], "label": "smoke", "sub_label": "minor", "score": 0.5}]'
    ),
    '{"objects": [{"bbox": [1, 2, 3, 4], "label": "火焰", "sub_label": "中度"}], "total": 1}',
    "[]",
    "未检测到目标",
    (
        '<think>A man stands there.</think>[{"bbox_2d": [5, 6, 70, 80], "label": "person", '
        '"sub_label": "helmet"}]'
    ),
    "<|object_ref_start|>fire<|object_ref_end|><|box_start|>(100,200),(300,400)<|box_end|>",
)
FRAGMENTS = (
    "NaN", "Infinity", "-1", "1e999", "null", "[", "]", "{", "}", '"', "\\", "\u0000", "!" * 40,
    "]" * 2000, "[" * 2000, " " * 5000, "9" * 400, '{"bbox_2d": [1, 2, 3, 4]}, ' * 30, "```",
    "\ud83d",
    "<|im_end|>", "\n", "，", "：", "“", "”", "\u202e", "true", '"label": ', "0x1F", "1.2.3",
)  # fmt: skip


@dataclass
class Outcome:
    """What became of the cases."""

    ends: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    peak_mib: float = 0.0


class NothingThere:
    """A detector that sees nothing in any picture."""

    backend = "embedded"

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """No detections."""
        return DetectorOutcome((), DetectorRun("embedded", "none"))

    def close(self) -> None:
        """Nothing is open."""


@cache
def sound_pictures() -> tuple[bytes, ...]:
    """Small pictures of every format and pixel type that is read."""
    rng = np.random.default_rng(0)
    coarse = PIL.Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
    photo = coarse.resize((320, 240), PIL.Image.Resampling.BICUBIC)
    grey16 = PIL.Image.fromarray(rng.integers(0, 65535, (60, 80), dtype=np.uint16))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    made = [
        _written(photo, "JPEG", quality=85),
        _written(photo, "JPEG", progressive=True),
        _written(photo, "JPEG", exif=exif),
        _written(photo.convert("L"), "JPEG"),
        _written(photo.convert("CMYK"), "JPEG"),
        _written(photo, "PNG"),
        _written(photo.convert("RGBA"), "PNG"),
        _written(photo.quantize(16), "PNG", transparency=3),
        _written(grey16, "PNG"),
        _written(photo, "WEBP"),
        _written(photo, "WEBP", lossless=True),
        _written(photo, "BMP"),
        _written(photo, "TIFF", compression="tiff_lzw"),
        _written(photo, "TIFF", compression="jpeg"),
        _written(photo, "GIF"),
        _written(photo, "MPO", save_all=True, append_images=[photo]),
        _written(photo, "GIF", save_all=True, append_images=[photo.rotate(90)]),
    ]
    samples = Path(__file__).parents[1] / "samples"
    return (*made, (samples / "two-bare-heads-low-sun.jpg").read_bytes())


def _written(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def mutated_picture(seed: int, number: int) -> bytes:
    """The n-th damaged picture of a seed."""
    chance = random.Random(f"picture {seed} {number}")
    pictures = sound_pictures()
    data = bytearray(chance.choice(pictures))
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        _damage(data, chance, pictures)
    return bytes(data)


def _damage(data: bytearray, chance: random.Random, others: tuple[bytes, ...]) -> None:
    """One change; most of them near the front, where the headers are."""
    reach = len(data) if chance.random() < 0.4 else min(len(data), 700)
    at = chance.randrange(reach) if reach else 0
    length = chance.choice((1, 2, 4, 16, 256, 4096))
    match chance.randrange(8):
        case 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            data[at : at + length] = chance.randbytes(min(length, 64))
        case 2:
            del data[at : at + length]
        case 3:
            del data[at:]
        case 4:
            data[at:at] = data[at : at + length]
        case 5:
            data[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
        case 6:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data[at : at + length] = other[start : start + length]
        case _:
            if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)


def mutated_answer(seed: int, number: int) -> str:
    """The n-th damaged answer of a seed."""
    chance = random.Random(f"answer {seed} {number}")
    text = chance.choice(ANSWERS)
    for _ in range(chance.choice((1, 1, 2, 3, 6, 20))):
        at = chance.randrange(len(text) + 1)
        length = chance.choice((1, 1, 2, 5, 30))
        match chance.randrange(6):
            case 0:
                text = text[:at] + text[at + length :]
            case 1:
                text = text[:at] + chance.choice(FRAGMENTS) + text[at + length :]
            case 2:
                text = text[:at]
            case 3:
                text = text[:at] + text[at : at + length] * chance.choice((2, 3, 50)) + text[at:]
            case 4:
                text = text[:at] + chr(chance.choice((0, 10, 34, 91, 0x4E00, 0x1F525))) + text[at:]
            case _:
                text = text[:at] + chance.choice(ANSWERS)[at:]
    return text


def try_picture(seed: int, number: int) -> str:
    """Takes a damaged picture the whole way; what became of it."""
    try:
        inspected = inspect_picture(
            mutated_picture(seed, number), "mutated", NothingThere(), LIMITS
        )
        inspected.annotated_jpeg(find_fonts(), "en")
    except SafetyDetectorError as error:
        return error.code
    return "result"


def try_answer(seed: int, number: int) -> str:
    """Reads a damaged answer; what became of it."""
    reading = read_answer(mutated_answer(seed, number))
    if reading.status is AnswerStatus.UNPARSEABLE:
        return reading.status.value
    dialect = dialect_named("qwen2.5-vl")
    mapped = to_detections(reading, dialect, SENT_SIZE, IMAGE_SIZE)
    for detection in mapped.detections:
        left, top, right, bottom = detection.box.xyxy
        if not (0 <= left < right <= IMAGE_SIZE.width and 0 <= top < bottom <= IMAGE_SIZE.height):
            raise AssertionError(f"a box outside of the picture: {detection}")
    return reading.status.value


def try_all(
    attempt: Callable[[int, int], str], seed: int, count: int, longest_s: float = LONGEST_S
) -> Outcome:
    """Tries the cases 0 to ``count`` - 1 of a seed in a watched process."""
    outcome = Outcome()
    begin = 0
    while begin < count:
        begin = _watch(attempt, seed, begin, count, longest_s, outcome)
    return outcome


def _watch(
    attempt: Callable[[int, int], str],
    seed: int,
    begin: int,
    count: int,
    longest_s: float,
    outcome: Outcome,
) -> int:
    """Tries cases until the process ends; the case to go on with."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_try_on, args=(theirs, attempt, seed, begin, count))
    process.start()
    theirs.close()
    number = begin
    try:
        # The first also waits for the process to begin.
        while ours.poll(longest_s + (60 if number == begin else 0)):
            kind, text, peak_mib = ours.recv()
            outcome.peak_mib = max(outcome.peak_mib, peak_mib)
            if kind == "uncaught":
                outcome.crashes.append(f"seed {seed} case {number}: {text}")
            else:
                outcome.ends[text] += 1
            number += 1
            if number == count:
                break
        else:
            outcome.hangs.append(f"seed {seed} case {number}")
            number += 1
    except EOFError:
        process.join()
        outcome.crashes.append(f"seed {seed} case {number}: the process ended {process.exitcode}")
        number += 1
    process.kill()
    process.join()
    return number


def _try_on(
    answers: Connection, attempt: Callable[[int, int], str], seed: int, begin: int, count: int
) -> None:
    # The decoders complain there of what is expected here.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for number in range(begin, count):
        try:
            kind, text = "end", attempt(seed, number)
        except Exception:  # noqa: BLE001 (what is looked for)
            kind, text = "uncaught", traceback.format_exc(limit=-4)
        answers.send((kind, text, _peak_mib()))


def _peak_mib() -> float:
    """Not ``ru_maxrss``, which begins with the memory of the process that started this one."""
    facts = Path("/proc/self/status").read_text()
    return int(facts.partition("VmHWM:")[2].split()[0]) / 1024


def report(name: str, seed: int, count: int, outcome: Outcome, seconds: float) -> None:
    """Prints the figures of one kind."""
    ends = ", ".join(f"{end} {number}" for end, number in outcome.ends.most_common())
    print(f"{count} mutated {name}, seed {seed}, {seconds:.0f} s: {ends}")
    print(
        f"  crashes {len(outcome.crashes)}, hangs {len(outcome.hangs)}, "
        f"peak memory {outcome.peak_mib:.0f} MiB"
    )
    for line in [*outcome.crashes, *outcome.hangs]:
        print(f"  {line}")


def main() -> None:
    """Tries both kinds and prints what became of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    bad = 0
    for name, attempt, count in (
        ("pictures", try_picture, options.pictures),
        ("answers", try_answer, options.answers),
    ):
        started = time.monotonic()
        outcome = try_all(attempt, options.seed, count)
        report(name, options.seed, count, outcome, time.monotonic() - started)
        bad += len(outcome.crashes) + len(outcome.hangs)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
