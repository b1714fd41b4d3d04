"""CPU time of everything but the detector, for one 1080p picture, beside the floor.

    python benchmarks/overhead.py [PICTURE] [--rounds 40]

Ours is what the product does around a call of the vision-language model: admit and decode the
upload, hash it, resize and encode it for the model, read the answer and map its boxes, draw them,
encode the annotated picture.  The floor, taken in the same run on the same bytes, is what any
program must do with OpenCV: decode, resize to the same size, and encode JPEGs of the same sizes and
qualities.  One OpenCV thread; CPU time of this process, the median of the rounds.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import PIL.Image
import PIL.JpegImagePlugin

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import find_fonts
from safety_detector.detectors.qwen.answer.reader import read_answer, to_detections
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS, JPEG_QUALITY
from safety_detector.detectors.qwen.dialects import dialect_named, sent_size
from safety_detector.domain.geometry import ImageSize
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import decode, encode_jpeg, resize

Result = TypeVar("Result")

ROOT = Path(__file__).parents[1]
FULL_HD = ImageSize(1920, 1080)
DIALECT = dialect_named("qwen2.5-vl")
FONTS = find_fonts()
DEFAULT_PICTURE = ROOT / "samples" / "helmet-and-bare-head-composed.jpg"
OBJECTS = 10  # the most that an answer holds: the dearest case for parsing and drawing


def full_hd_jpeg(path: Path) -> bytes:
    """The picture, enlarged or shrunk to 1920×1080, as a camera's JPEG (quality 90)."""
    with PIL.Image.open(path) as picture:
        buffer = io.BytesIO()
        picture.convert("RGB").resize((FULL_HD.width, FULL_HD.height)).save(
            buffer, "JPEG", quality=90
        )
    return buffer.getvalue()


def crowded_answer(sent: ImageSize) -> str:
    """An answer of ten objects in the form that the model was trained on."""
    labels = [("火焰", "严重"), ("烟雾", "中等"), ("人员", "未佩戴安全帽"), ("人员", "佩戴安全帽")]
    generator = np.random.default_rng(5)
    objects = []
    for index in range(OBJECTS):
        x, y = generator.integers(0, (sent.width - 220, sent.height - 260))
        label, sub_label = labels[index % len(labels)]
        box = [int(x), int(y), int(x) + 200, int(y) + 240]
        objects.append({"bbox_2d": box, "label": label, "sub_label": sub_label})
    return json.dumps(objects, ensure_ascii=False)


class Stages:
    """CPU milliseconds by stage, over all rounds."""

    def __init__(self) -> None:
        self.ms: dict[str, list[float]] = {}

    def run(self, name: str, work: Callable[[], Result]) -> Result:
        """Does the work and books its CPU time."""
        started = time.process_time()
        result = work()
        self.ms.setdefault(name, []).append((time.process_time() - started) * 1000)
        return result

    def total(self) -> float:
        """Sum of the stages' medians in milliseconds."""
        return sum(statistics.median(values) for values in self.ms.values())


def _tables(encoded: bytes) -> dict[int, list[int]]:
    with PIL.JpegImagePlugin.JpegImageFile(io.BytesIO(encoded)) as picture:
        return picture.quantization


def quality_of(encoded: bytes) -> int:
    """The quality at which OpenCV writes the quantisation table that the file holds."""
    wanted = _tables(encoded)
    blank = np.zeros((16, 16, 3), dtype=np.uint8)
    for quality in range(100, 0, -1):
        _, trial = cv2.imencode(".jpg", blank, (cv2.IMWRITE_JPEG_QUALITY, quality))
        if _tables(trial.tobytes()) == wanted:
            return quality
    raise SystemExit("the annotated JPEG has a quantisation table that OpenCV does not write")


def ours(data: bytes, answer: str, stages: Stages) -> tuple[ImageSize, bytes]:
    """One picture through the product's own functions; gives the sent size and the last JPEG."""
    header = stages.run("admit", lambda: admit(data, Limits()))
    rgb = stages.run("decode", lambda: decode(data, header))
    stages.run("hash", lambda: hashlib.sha256(data).hexdigest())
    sent = sent_size(header.size, DIALECT, DEFAULT_MAX_PIXELS)
    small = stages.run("resize", lambda: resize(rgb, sent))
    stages.run("encode for the model", lambda: encode_jpeg(small, JPEG_QUALITY))
    mapped = stages.run(
        "parse and map", lambda: to_detections(read_answer(answer), DIALECT, sent, header.size)
    )
    if len(mapped.detections) != OBJECTS:
        raise SystemExit(f"the answer was read as {len(mapped.detections)} boxes, not {OBJECTS}")
    drawn = stages.run("annotate", lambda: annotate(rgb, mapped.detections, FONTS, "zh"))
    encoded = stages.run("encode annotated", lambda: encode_annotated(drawn, len(data)))
    return sent, encoded


def floor(data: bytes, sent: ImageSize, quality: int, stages: Stages) -> None:
    """The same picture by OpenCV alone, in its own channel order."""
    array = np.frombuffer(data, dtype=np.uint8)
    bgr = stages.run("decode", lambda: cv2.imdecode(array, cv2.IMREAD_COLOR))
    size = (sent.width, sent.height)
    small = stages.run("resize", lambda: cv2.resize(bgr, size, interpolation=cv2.INTER_AREA))
    for_model = (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
    stages.run("encode for the model", lambda: cv2.imencode(".jpg", small, for_model))
    for_people = (cv2.IMWRITE_JPEG_QUALITY, quality)
    stages.run("encode annotated", lambda: cv2.imencode(".jpg", bgr, for_people))


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("picture", nargs="?", type=Path, default=DEFAULT_PICTURE)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    data = full_hd_jpeg(options.picture)
    answer = crowded_answer(sent_size(FULL_HD, DIALECT, DEFAULT_MAX_PIXELS))
    sent, encoded = ours(data, answer, Stages())  # warms caches up and tells the quality
    quality = quality_of(encoded)
    mine, bare = Stages(), Stages()
    for _ in range(options.rounds):  # alternating, so that both see the same machine
        ours(data, answer, mine)
        floor(data, sent, quality, bare)
    print(
        f"{options.picture.name} at {FULL_HD}, {len(data):,} bytes; sent at {sent}; {OBJECTS} boxes"
    )
    print(f"{'stage':<22}{'ours ms':>9}{'floor ms':>10}")
    for name, values in mine.ms.items():
        beside = bare.ms.get(name)
        shown = f"{statistics.median(beside):10.2f}" if beside else f"{'–':>10}"
        print(f"{name:<22}{statistics.median(values):9.2f}{shown}")
    print(f"{'sum':<22}{mine.total():9.2f}{bare.total():10.2f}")
    print(f"ratio {mine.total() / bare.total():.2f} (goal: at most 1.50)")


if __name__ == "__main__":
    main()
