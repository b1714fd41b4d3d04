"""Places without fire or smoke: halls, skies, low suns, lamps, kitchens.

`python -m training.negatives --packages DIR --out DIR` turns freely licensed photographs and
panoramas out of unpacked packages into pictures to learn from:

- `@pmndrs/assets` (npm, CC0 1.0): 18 panoramas of halls, workshops, streets, fields and skies;
- `blender-data` (Debian, CC0 1.0): eight of Blender's environment lights, twice as large;
- `lomiri-wallpapers-16.04` and `-20.04` (Debian, CC0, CC BY 4.0, CC BY-SA): photographs.

A panorama holds far more light than a screen shows, so each is developed at three exposures: a
sun that fills half the sky in one is a small disc in another.
"""

import argparse
import base64
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.labels import LabelledPicture
from training.model import CLASSES, PICTURE_CLASSES

KEY = "negatives"

PHOTOGRAPHS = (
    "Bridge_by_Sander_Klootwijk",
    "Dragonfly_by_Bolly",
    "Kleiber_by_Lukas_Baubkus",
    "Picture_0B_by_freespace",
    "Picture_1A_by_freespace",
    "Wine_by_Jakkub_Mede",
    "free_by_Peter_Nerlich",
    "friends_by_Aitzol_Berasategi",
    "greentock_by_Peter_Nerlich",
    "life_by_Aitzol_Berasategi",
    "picosdeeuropa_by_Aitzol_Berasategi",
    "seeding_by_Clements_Engelhardt",
)
"""Without those by the same authors that lie in `samples/`, and without drawings."""

EXPOSURES = (0.12, 0.35, 0.8)  # where the 60th percentile of the light comes to lie, 1 is white
UPPER, LOWER = 0.15, 0.85  # rows kept of a panorama; beyond them everything is stretched
VIEW_WIDTH = 640  # pixels, a third of the way round
VIEWS = 3
LONGEST_SIDE = 1024


def read_negatives(folder: Path) -> list[LabelledPicture]:
    """The pictures of a folder that this module wrote, each known to be free of fire and smoke."""
    background = np.isin(CLASSES, PICTURE_CLASSES)
    nothing = np.zeros((0, 4), np.float32)
    return [
        LabelledPicture(
            path=path,
            key=KEY,
            tag=KEY,
            group=f"{KEY}/{path.stem}",
            boxes=nothing,
            classes=np.zeros(0, np.int64),
            ignored_boxes=nothing,
            ignored_classes=np.zeros(0, np.int64),
            derived=np.zeros(0, bool),
            learns_background=background,
            picture_target=np.zeros(len(PICTURE_CLASSES), np.float32),
        )
        for path in sorted(folder.glob("*.jpg"))
    ]


def develop(light: NDArray[np.float32], exposure: float) -> NDArray[np.uint8]:
    """Linear light (H, W, 3) as a screen shows it, clipped where a camera would clip."""
    middle = max(float(np.percentile(light.mean(axis=2), 60)), 1e-6)
    shown = np.clip(light / middle * exposure, 0, 1) ** (1 / 2.2)
    return (shown * 255).astype(np.uint8)


def views(panorama: NDArray[np.float32]) -> Iterator[NDArray[np.uint8]]:
    """Overlapping parts of a panorama, each at every exposure, (h, VIEW_WIDTH, 3)."""
    height, width = panorama.shape[:2]
    strip = panorama[int(height * UPPER) : int(height * LOWER)]
    span = width // VIEWS + width // 8
    shown_height = round(strip.shape[0] * VIEW_WIDTH / span)
    for index in range(VIEWS):
        part = np.roll(strip, -index * width // VIEWS, axis=1)[:, :span]
        for exposure in EXPOSURES:
            yield cv2.resize(
                develop(part, exposure), (VIEW_WIDTH, shown_height), interpolation=cv2.INTER_CUBIC
            )


def read_exr(path: Path) -> NDArray[np.float32]:
    """An OpenEXR file as blue, green, red, (H, W, 3)."""
    import OpenEXR

    channels = OpenEXR.File(str(path)).channels()
    whole = channels.get("RGB") or channels["RGBA"]
    return whole.pixels[..., 2::-1].astype(np.float32)


def read_exr_module(path: Path) -> NDArray[np.float32]:
    """The OpenEXR file that a JavaScript module carries in base 64."""
    coded = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text())
    if coded is None:
        raise ValueError(f"{path} carries no picture")
    with tempfile.NamedTemporaryFile(suffix=".exr") as file:
        file.write(base64.b64decode(coded[1]))
        file.flush()
        return read_exr(Path(file.name))


def pictures(packages: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Name and pixels (BGR) of every picture to learn from."""
    for path in sorted(packages.rglob("*.jpg")):
        if path.stem in PHOTOGRAPHS and not path.is_symlink():
            pixels = cv2.imread(str(path))
            scale = min(1.0, LONGEST_SIDE / max(pixels.shape[:2]))
            yield (
                path.stem,
                cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
            )
    panoramas = [(path, read_exr_module(path)) for path in sorted(packages.rglob("hdri/*.exr.js"))]
    panoramas += [(path, read_exr(path)) for path in sorted(packages.rglob("world/*.exr"))]
    for path, panorama in panoramas:
        name = path.name.split(".")[0]
        for index, view in enumerate(views(panorama)):
            yield f"{name}_{panorama.shape[1]}_{index}", view


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="where they were unpacked")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, pixels in pictures(arguments.packages):
        cv2.imwrite(str(arguments.out / f"{name}.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])
        count += 1
    print(f"{count} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
