"""Make the pictures that weights are checked on before they are installed.

    python samples/check_set.py safety_detector/evaluation/check_set

They are variations of the sample pictures whose licences let them go into the program: heads near
and far with and without rendered hard hats, a flame laid over places without fire, drawn smoke over
skies and halls, and the places as they are; by day, by night, grey, and as a poor camera shows
them. What the bundled weights do not see with a margin is left out, for a question that they get
wrong, or right by chance, cannot be lost: so the set says nothing about how good weights are, only
whether something was forgotten.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from compose import ASTRONAUT_HAT, ROOF_HAT, Wearing, put_on_hat
from PIL import Image

from safety_detector.detectors.embedded.detector import OnnxDetector, load_onnx_detector
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
from safety_detector.detectors.embedded.raw_boxes import RawClass, of_kind
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.counting import people_of_heads
from safety_detector.evaluation.truth import TrueBox

SAMPLES = Path(__file__).parent
LONGEST_SIDE_PX = 416
JPEG_QUALITY = 78
MARGIN = 1.12
"""Multiple of its threshold that a score needs; what is not there stays below its inverse."""
ROUNDING_PX = 1  # of boxes

CATEGORIES = tuple(RawClass)
Pixels = np.ndarray  # uint8 (H, W, 3) RGB
Boxes = list[tuple[RawClass, tuple[float, float, float, float]]]

HAT_COLOURS = {
    "yellow": (0.98, 0.78, 0.08),
    "white": (0.93, 0.93, 0.92),
    "red": (0.80, 0.10, 0.08),
    "blue": (0.10, 0.25, 0.70),
    "orange": (0.95, 0.40, 0.05),
}

ASTRONAUT_HEAD, ASTRONAUT_HATTED = (148, 22, 305, 212), (140, 2, 312, 212)
OFFICER_HEAD = (138, 58, 392, 400)
WALK_MAN, WALK_MAN_HATTED = (600, 96, 656, 160), (598, 84, 662, 160)
WALK_WOMAN = (1086, 462, 1140, 528)
WALK_ROOF = (380, 30, 860, 480)  # the man, nearer

FLAME = (905, 290, 1100, 470)  # in fire-in-laboratory.jpg


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture before it is varied, and all that is in it."""

    name: str
    pixels: Pixels
    boxes: Boxes


def read(name: str) -> Pixels:
    """One sample picture, RGB."""
    return np.asarray(Image.open(SAMPLES / name).convert("RGB"))


def cut(scene: Scene, name: str, window: tuple[int, int, int, int]) -> Scene:
    """A part of a scene; what is not wholly in it is not labelled, so cut where nothing is cut."""
    x1, y1, x2, y2 = window
    inside: Boxes = [
        (kind, (a - x1, b - y1, c - x1, d - y1))
        for kind, (a, b, c, d) in scene.boxes
        if a >= x1 and b >= y1 and c <= x2 and d <= y2
    ]
    return Scene(name, scene.pixels[y1:y2, x1:x2], inside)


def people() -> Iterator[Scene]:
    """Heads, bare and in hats of every colour, from portraits to people across a yard."""
    bare, helmet = RawClass.HEAD_BARE, RawClass.HEAD_HELMET
    astronaut, walk = read("astronaut-bare-head.png"), read("two-bare-heads-low-sun.jpg")
    yield Scene("astronaut", astronaut, [(bare, ASTRONAUT_HEAD)])
    yield Scene("officer", read("officer-cap-no-helmet.jpg"), [(bare, OFFICER_HEAD)])
    seen = Scene("walk", walk, [(bare, WALK_MAN), (bare, WALK_WOMAN)])
    yield seen
    yield cut(seen, "walk-roof", WALK_ROOF)
    yield cut(seen, "walk-road", (880, 400, 1380, 880))
    for colour, rgb in HAT_COLOURS.items():
        worn = np.asarray(put_on_hat(Image.fromarray(astronaut), _of(ASTRONAUT_HAT, rgb)))
        yield Scene(f"astronaut-{colour}", worn, [(helmet, ASTRONAUT_HATTED)])
        worn = np.asarray(put_on_hat(Image.fromarray(walk), _of(ROOF_HAT, rgb)))
        boxes: Boxes = [(helmet, WALK_MAN_HATTED), (bare, WALK_WOMAN)]
        hatted = Scene(f"walk-{colour}", worn, boxes)
        yield hatted
        yield cut(hatted, f"{hatted.name}-roof", WALK_ROOF)


def _of(hat: Wearing, colour: tuple[float, float, float]) -> Wearing:
    return replace(hat, colour=colour)


def places() -> Iterator[Scene]:
    """Where neither fire nor smoke nor anybody is."""
    for name in ("autumn-mountain", "coffee", "pagoda", "rocket-floodlights", "sunset"):
        yield Scene(name, read(f"{name}-nothing.jpg"), [])


def fires() -> Iterator[Scene]:
    """The laboratory's flame where it is, and laid over the places, larger and smaller."""
    laboratory = read("fire-in-laboratory.jpg")
    whole = Scene("laboratory", laboratory, [(RawClass.FIRE, (917, 312, 1085, 460))])
    yield whole
    yield cut(whole, "laboratory-near", (720, 150, 1280, 640))
    x1, y1, x2, y2 = FLAME
    flame = laboratory[y1:y2, x1:x2]
    for place in places():
        dim = (place.pixels * 0.45).astype(np.uint8)
        for number, (x, y, width) in enumerate(((0.2, 0.45, 0.3), (0.55, 0.3, 0.4))):
            pixels, box = _lay_over(dim, flame, x, y, width)
            yield Scene(f"{place.name}-fire{number}", pixels, [(RawClass.FIRE, box)])


def _lay_over(
    pixels: Pixels, flame: Pixels, x: float, y: float, width: float
) -> tuple[Pixels, tuple[float, float, float, float]]:
    """The brighter of both pixels, as light adds up; the flame fades towards its edges."""
    wide = round(width * pixels.shape[1])
    tall = round(wide * flame.shape[0] / flame.shape[1])
    patch = cv2.resize(flame, (wide, tall), interpolation=cv2.INTER_CUBIC).astype(float)
    rows = 1 - np.abs(np.linspace(-1, 1, tall))[:, None] ** 4
    columns = 1 - np.abs(np.linspace(-1, 1, wide))[None] ** 4
    patch *= (rows * columns)[..., None]
    left, top = round(x * pixels.shape[1]), round(y * pixels.shape[0])
    laid = pixels.copy()
    under = laid[top : top + tall, left : left + wide]
    patch = patch[: under.shape[0], : under.shape[1]]
    np.maximum(under, patch.astype(np.uint8), out=under)
    seen = (left + 0.06 * wide, top + 0.1 * tall, left + 0.92 * wide, top + 0.95 * tall)
    return laid, seen


def smokes(random: np.random.Generator) -> Iterator[Scene]:
    """Plumes drawn over the places: soft noise in a widening, leaning column.

    Not over the sunset, whose haze the bundled weights take for smoke anyhow.
    """
    for place in places():
        if place.name == "sunset":
            continue
        for number, (foot, lean, grey) in enumerate(((0.3, 0.25, 70), (0.65, -0.3, 120))):
            pixels, box = _plume(random, place.pixels, foot, lean, grey)
            yield Scene(f"{place.name}-smoke{number}", pixels, [(RawClass.SMOKE, box)])


def _plume(
    random: np.random.Generator, pixels: Pixels, foot: float, lean: float, grey: int
) -> tuple[Pixels, tuple[float, float, float, float]]:
    height, width = pixels.shape[:2]
    noise = np.zeros((height, width), np.float32)
    for octave in range(2, 8):
        grid = random.random((2**octave, 2**octave)).astype(np.float32)
        noise += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / 1.7**octave
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    rows, columns = np.mgrid[0 : 1 : 1j * height, 0 : 1 : 1j * width]
    risen = np.clip((0.85 - rows) / 0.8, 0, 1)  # 0 at the foot, 1 at the top
    middle = foot + lean * risen**1.5 + 0.03 * np.sin(9 * risen + 20 * foot)
    spread = 0.03 + 0.24 * risen
    column = np.exp(-(((columns - middle) / spread) ** 4)) * (rows < 0.85)
    cover = np.clip(1.9 * column * (0.25 + noise) - 0.25, 0, 1) * (0.55 + 0.4 * (1 - risen))
    cover = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), width / 300)[..., None]
    shade = (grey + 110 * noise)[..., None] * np.array([1.0, 0.99, 0.97])
    mixed = pixels * (1 - cover) + shade * cover
    seen_rows, seen_columns = np.nonzero(cover[..., 0] > 0.25)
    box = (seen_columns.min(), seen_rows.min(), seen_columns.max() + 1, seen_rows.max() + 1)
    return np.clip(mixed, 0, 255).astype(np.uint8), tuple(float(value) for value in box)


def variations(scene: Scene, random: np.random.Generator) -> Iterator[Scene]:
    """The scene as it is, by night, grey, hazy, and as a poor camera shows it."""
    pixels, boxes = _shrunk(scene)
    light = pixels.astype(np.float32)
    yield Scene(scene.name, pixels, boxes)
    yield Scene(f"{scene.name}-night", _bytes(light * 0.4), boxes)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    yield Scene(f"{scene.name}-grey", np.repeat(grey[..., None], 3, axis=2), boxes)
    yield Scene(f"{scene.name}-hazy", _bytes(light * 0.7 + 60), boxes)
    poor = cv2.GaussianBlur(light, (0, 0), 1.0) + random.normal(0, 9, pixels.shape)
    yield Scene(f"{scene.name}-poor", _bytes(poor), boxes)


def _bytes(light: np.ndarray) -> Pixels:
    return np.clip(light, 0, 255).astype(np.uint8)


def _shrunk(scene: Scene) -> tuple[Pixels, Boxes]:
    height, width = scene.pixels.shape[:2]
    scale = min(1.0, LONGEST_SIDE_PX / max(height, width))
    size = (round(width * scale), round(height * scale))
    pixels = cv2.resize(scene.pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, [(kind, tuple(v * scale for v in box)) for kind, box in scene.boxes]


def is_sure(detector: OnnxDetector, scene: Scene, pixels: Pixels) -> bool:
    """Whether the bundled weights see what is there, and nothing else, with a margin."""
    size = ImageSize(pixels.shape[1], pixels.shape[0])
    raw = detector.raw(pixels)
    said = detector.judge(raw, size)
    for kind in (RawClass.FIRE, RawClass.SMOKE):
        best = max((one.score for one in of_kind(raw.boxes, kind)), default=0.0)
        there = any(kind is one for one, _ in scene.boxes)
        limit = detector.thresholds[kind] * (MARGIN if there else 1 / MARGIN)
        if (best >= limit) is not there:
            return False
    heads = [TrueBox(kind, Box(*box)) for kind, box in scene.boxes if kind.startswith("head_")]
    owners = people_of_heads(heads, said)
    people_said = [one for one in said if one.hazard.label is Label.PERSON]
    if len(people_said) > len(heads) and any(
        one.hazard.sub_label is SubLabel.NO_HELMET and one not in owners for one in people_said
    ):
        return False
    states = {RawClass.HEAD_BARE: SubLabel.NO_HELMET, RawClass.HEAD_HELMET: SubLabel.HELMET}
    return all(
        owner is not None
        and owner.hazard.sub_label is states[head.kind]
        and (owner.score or 0.0) >= detector.thresholds[head.kind] * MARGIN
        for head, owner in zip(heads, owners, strict=True)
    )


def main(out: Path) -> None:
    """Write the set to the folder `out`."""
    random = np.random.default_rng(20261130)
    detector = load_onnx_detector(BUNDLED_WEIGHTS, 1)
    (out / "images").mkdir(parents=True, exist_ok=True)
    for old in (out / "images").glob("*.jpg"):
        old.unlink()
    images, annotations, left_out = [], [], 0
    for scene in (*people(), *places(), *fires(), *smokes(random)):
        for one in variations(scene, random):
            quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            coded = cv2.imencode(".jpg", one.pixels[..., ::-1], quality)[1]
            shown = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            if not is_sure(detector, one, shown):
                left_out += 1
                continue
            number = len(images) + 1
            name = f"{one.name}.jpg"
            (out / "images" / name).write_bytes(coded.tobytes())
            height, width = one.pixels.shape[:2]
            images.append(
                {
                    "id": number,
                    "file_name": name,
                    "width": width,
                    "height": height,
                    "labelled": _labelled(one),
                }
            )
            for kind, (x1, y1, x2, y2) in one.boxes:
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": number,
                        "category_id": CATEGORIES.index(kind) + 1,
                        "bbox": [round(x1, 1), round(y1, 1), round(x2 - x1, 1), round(y2 - y1, 1)],
                    }
                )
    categories = [{"id": n, "name": kind.value} for n, kind in enumerate(CATEGORIES, 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (out / "annotations.json").write_text(json.dumps(content, indent=0) + "\n")
    print(f"{len(images)} pictures, {left_out} left out")


def _labelled(scene: Scene) -> list[int]:
    """Everything is known of them but bodies: those of whoever has a head are not drawn."""
    has_heads = any(kind.startswith("head_") for kind, _ in scene.boxes)
    return [n for n, kind in enumerate(CATEGORIES, 1) if kind != RawClass.PERSON or not has_heads]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
