"""Pictures in which nothing can be seen, and poor ones that show something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from safety_detector.domain.detections import DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.inspection import Verdict
from safety_detector.ingest.admission import Limits
from safety_detector.pictures.images import (
    RgbImage,
    decode,
    encode_jpeg,
    read_header,
    resize,
    shrink,
)
from safety_detector.pictures.quality import look_at
from safety_detector.pipeline import inspect_picture

SAMPLES = Path(__file__).parents[3] / "samples"
DATA = Path(__file__).parents[4] / "shared" / "data"
WIDTH, HEIGHT = 960, 540

Floats = NDArray[np.float64]


def scene() -> Floats:
    """A street with people."""
    data = (SAMPLES / "two-bare-heads-low-sun.jpg").read_bytes()
    rgb = decode(data, read_header(data))
    return resize(rgb, ImageSize(WIDTH, HEIGHT)).astype(float)


def even(*colour: float) -> Floats:
    """One colour, or one grey."""
    return np.ones((HEIGHT, WIDTH, 3)) * (colour if len(colour) == 3 else colour[0])


def noisy(picture: Floats, sigma: float) -> Floats:
    """A sensor's noise on top."""
    return picture + np.random.default_rng(3).normal(0, sigma, picture.shape)


def written(picture: Floats, *lines: tuple[str, int, int, float]) -> Floats:
    """Lettering as recorders write it: text, x, y, size."""
    out = np.clip(picture, 0, 255).astype(np.uint8)
    for text, x, y, size in lines:
        cv2.putText(
            out, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 2, cv2.LINE_AA
        )
    return out.astype(float)


def dated(picture: Floats) -> Floats:
    """A date above, a name below."""
    lines = (("2026-11-29 08:15:22", 20, 40, 1.0), ("CAMERA 01", WIDTH - 220, HEIGHT - 20, 1.0))
    return written(picture, *lines)


def vignette(centre: float, depth: float) -> Floats:
    """Darker towards the corners."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return (centre - depth * (x**2 + y**2) / 2)[..., np.newaxis] * np.ones(3)


def blurred(picture: Floats, share: float) -> Floats:
    """Blurred by a share of the picture's width."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), share * WIDTH))


def bars(low: float, high: float) -> Floats:
    """Colour bars, white to blue."""
    corners = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    columns = np.array(corners)[np.arange(WIDTH) * 7 // WIDTH]
    return np.broadcast_to(low + (high - low) * columns, (HEIGHT, WIDTH, 3)).copy()


def lost(colour: tuple[int, int, int] | None, share: float) -> Floats:
    """The lower part in one colour, or the last row that came again and again."""
    picture = scene()
    begin = round(HEIGHT * (1 - share))
    picture[begin:] = picture[begin] if colour is None else colour
    return picture


def lamp(radius: int, ground: float, sigma: float) -> Floats:
    """A lamp in the night."""
    picture = even(ground)
    cv2.circle(picture, (WIDTH // 3, HEIGHT // 3), radius, (255, 230, 180), cv2.FILLED)
    return noisy(np.maximum(picture, blurred(picture, 0.01)), sigma)


def lamps_in_a_row() -> Floats:
    """A road at night."""
    picture = even(3)
    for x in range(60, WIDTH, 120):
        cv2.circle(picture, (x, 250), 6, (255, 220, 150), cv2.FILLED)
    return noisy(picture, 3)


def snow(cell: int) -> Floats:
    """An analogue line without a signal."""
    rows, columns = HEIGHT // cell, WIDTH // cell
    small = np.random.default_rng(1).integers(0, 256, (rows, columns, 1)).astype(float)
    return np.asarray(cv2.resize(small * np.ones(3), (WIDTH, HEIGHT)))


NOTHING: dict[str, tuple[str, Callable[[], Floats]]] = {
    "black": ("picture-too-dark", lambda: even(0)),
    "black with a date": ("picture-too-dark", lambda: dated(even(0))),
    "black: NO SIGNAL": (
        "picture-too-dark",
        lambda: written(even(0), ("NO SIGNAL", 300, 280, 2.0)),
    ),
    "night, noise alone": ("picture-too-dark", lambda: noisy(even(15), 12)),
    "night, noise and a date": ("picture-too-dark", lambda: dated(noisy(even(15), 6))),
    "3 % of the light": ("picture-too-dark", lambda: noisy(scene() * 0.03, 2)),
    "white": ("picture-too-bright", lambda: even(255)),
    "overexposed": ("picture-too-bright", lambda: scene() * 0.02 + 251),
    "grey": ("picture-without-structure", lambda: even(128)),
    "grey: VIDEO LOSS": (
        "picture-without-structure",
        lambda: written(even(90), ("VIDEO LOSS", 290, 300, 2.0)),
    ),
    "taped over": ("picture-without-structure", lambda: noisy(even(150, 130, 100), 4)),
    "taped over, vignette": ("picture-without-structure", lambda: noisy(vignette(110, 70), 4)),
    "taped over, a date": ("picture-without-structure", lambda: dated(noisy(vignette(110, 70), 4))),
    "a gradient": (
        "picture-without-structure",
        lambda: noisy(np.linspace(20, 235, WIDTH)[np.newaxis, :, np.newaxis] * even(1), 3),
    ),
    "snow": ("picture-without-structure", lambda: snow(1)),
    "coarse snow": ("picture-without-structure", lambda: snow(2)),
    "blue": ("picture-no-signal", lambda: even(0, 0, 255)),
    "blue: NO SIGNAL": (
        "picture-no-signal",
        lambda: written(even(10, 20, 190), ("NO SIGNAL", 300, 280, 2.0)),
    ),
    "colour bars": ("picture-no-signal", lambda: bars(0, 192)),
    "colour bars, analogue": ("picture-no-signal", lambda: noisy(bars(16, 180), 5)),
    "blurred": ("picture-blurred", lambda: noisy(blurred(scene(), 0.012), 2)),
    "blurred with a date": ("picture-blurred", lambda: dated(blurred(scene(), 0.02))),
    "condensation": (
        "picture-blurred",
        lambda: noisy(0.35 * blurred(scene(), 0.02) + 0.65 * even(190), 2),
    ),
    "half grey": ("picture-part-missing", lambda: lost((128, 128, 128), 0.5)),
    "a quarter green": ("picture-part-missing", lambda: lost((0, 135, 0), 0.25)),
    "the upper half grey": ("picture-part-missing", lambda: lost((128, 128, 128), 0.5)[::-1]),
    "the last row again": ("picture-part-missing", lambda: lost(None, 0.4)),
}

SOMETHING: dict[str, Callable[[], Floats]] = {
    "a street": scene,
    "a street, dated": lambda: dated(scene()),
    "fog": lambda: noisy(0.15 * scene() + 0.85 * even(200), 1.5),
    "dusk": lambda: noisy(scene() * 0.12, 2),
    "a lamp": lambda: lamp(12, 6, 4),
    "a small lamp": lambda: lamp(4, 2, 3),
    "a lamp in clean black": lambda: lamp(9, 0, 0),
    "lamps in a row": lamps_in_a_row,
    "a little unsharp": lambda: blurred(scene(), 0.003),
    "bordered": lambda: np.vstack((even(0)[:70], scene()[70:-70], even(0)[:70])),
}


def stored(picture: Floats) -> bytes:
    """As a camera writes it."""
    return encode_jpeg(np.clip(picture, 0, 255).astype(np.uint8), 85)


def seen(picture: Floats) -> RgbImage:
    """As the product gets to see it."""
    data = stored(picture)
    return decode(data, read_header(data))


class Content:
    """A detector that finds nothing in whatever it is shown, and is sure of it."""

    backend = "embedded"
    model = "content"
    prompt_version = None

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Nothing."""
        return DetectorOutcome((), DetectorRun(self.backend, self.model))

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("factor", [1, 2])
def test_a_picture_in_which_nothing_can_be_seen_says_why(name: str, factor: int) -> None:
    """Black, covered, blurred, without signal, half lost: large or small, with lettering or not."""
    code, make = NOTHING[name]
    picture = seen(make())
    if factor > 1:
        picture = shrink(picture, ImageSize(WIDTH // factor, HEIGHT // factor))
    assert [reason.code for reason in look_at(picture).reasons] == [code]


@pytest.mark.parametrize("name", SOMETHING)
def test_a_poor_picture_that_shows_something_has_no_reason(name: str) -> None:
    """Fog, dusk, and a night with one lamp are pictures of something."""
    assert look_at(seen(SOMETHING[name]())).reasons == ()


@pytest.mark.parametrize(
    ("size", "small"), [((1, 1), True), ((16, 12), True), ((600, 20), True), ((48, 36), False)]
)
def test_a_tiny_picture_shows_nothing(size: tuple[int, int], small: bool) -> None:
    """Of 16 x 12 pixels nobody can tell that there is no fire."""
    rgb = resize(scene().astype(np.uint8), ImageSize(*size))
    codes = [reason.code for reason in look_at(rgb).reasons]
    assert codes == (["picture-too-small"] if small else [])


@pytest.mark.parametrize("name", ["black", "blue: NO SIGNAL", "taped over", "blurred", "half grey"])
def test_what_cannot_be_seen_is_never_clear(name: str) -> None:
    """However sure the detector is, the verdict is inconclusive and the run tells what was seen."""
    inspected = inspect_picture(stored(NOTHING[name][1]()), "gate.jpg", Content(), Limits())
    assert inspected.verdict is Verdict.INCONCLUSIVE
    (run,) = inspected.runs
    assert [one.code for one in run.incomplete_reasons] == [NOTHING[name][0]]
    assert run.picture.keys() == {"luminance", "contrast", "structure", "sharpness"}


def test_a_street_is_clear() -> None:
    """A picture that shows something is judged by what is found in it."""
    inspected = inspect_picture(stored(scene()), "gate.jpg", Content(), Limits())
    assert inspected.verdict is Verdict.CLEAR
    assert inspected.runs[0].complete


@pytest.mark.skipif(not (DATA / "dev").exists(), reason="needs ../shared/data")
def test_every_labelled_picture_of_the_measuring_set_shows_something() -> None:
    """No threshold takes a real picture for a covered camera."""
    called = {}
    for path in sorted((DATA / "dev" / "images").iterdir()):
        data = path.read_bytes()
        reasons = look_at(decode(data, read_header(data))).reasons
        if reasons:
            called[path.name] = reasons
    assert called == {}
