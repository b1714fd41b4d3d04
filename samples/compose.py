"""Rebuild the sample pictures from the packages that they come from.

    python samples/compose.py UNPACKED OUT

`UNPACKED` holds each package of `SOURCES` unpacked into a folder of that name (samples/README.md
says how); the pictures are written to `OUT`. The same versions of NumPy, OpenCV and Pillow give the
same bytes; other versions may encode a JPEG a little differently, so the hashes in the README are
those of the files in the repository.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFilter

Vectors = np.ndarray  # float64, (…, 3): x to the right, y up, z towards the camera
LONGEST_SIDE_PX = 1600
JPEG_QUALITY = 88

SOURCES = {
    "flame": "flametrack/tests/_outputs/real_image_test/exported_data/image.png",
    "plume": "pyplis/pyplis/data/test_201509160708_F01_335.fts",
    "walk": "sports2d/Sports2D/Demo/demo.mp4",
    "astronaut": "scikit-image/skimage/data/astronaut.png",
    "rocket": "scikit-image/skimage/data/rocket.jpg",
    "coffee": "scikit-image/skimage/data/coffee.png",
    "hopper": "matplotlib/matplotlib/mpl-data/sample_data/grace_hopper.jpg",
    "pagoda": "scikit-learn/sklearn/datasets/images/china.jpg",
    "autumn": "lomiri-wallpapers-16.04/usr/share/backgrounds/aitzgorri_by_Aitzol_Berasategi.jpg",
    "sunset": "lomiri-wallpapers-16.04/usr/share/backgrounds/sunset_by_Aitzol_Berasategi.jpg",
}

AS_SHIPPED = {
    "astronaut-bare-head.png": "astronaut",
    "officer-cap-no-helmet.jpg": "hopper",
    "pagoda-nothing.jpg": "pagoda",
    "rocket-floodlights-nothing.jpg": "rocket",
}


@dataclass(frozen=True, slots=True)
class Wearing:
    """How a rendered hard hat sits on a head; lengths in pixels of the picture it goes into."""

    centre_xy: tuple[float, float]  # middle of the hat where shell and brim meet
    width_px: float  # of the shell, about 1.1 times that of the head
    turn_deg: float  # to the viewer's right
    tilt_deg: float  # forward
    roll_deg: float  # clockwise as seen
    light: tuple[float, float, float]  # direction towards the light
    colour: tuple[float, float, float]  # of the shell, RGB from 0 to 1
    exposure: float  # 1 in full light, less in shade
    face_wh: tuple[float, float]  # ellipse below the brim on which the shadow falls


ASTRONAUT_HAT = Wearing(
    (227, 77), 150, -6, 1, 1, (-0.45, 0.75, 0.65), (0.98, 0.78, 0.08), 0.95, (112, 50)
)
ROOF_HAT = Wearing((629, 115), 43, 6, 8, 0, (0.65, 0.7, 0.35), (0.98, 0.74, 0.12), 0.95, (34, 18))


def shrink(picture: Image.Image, longest_px: int = LONGEST_SIDE_PX) -> Image.Image:
    """Return the picture as RGB, its longer side at most `longest_px`."""
    picture = picture.convert("RGB")
    picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    return picture


def read_fits_frame(path: Path) -> Image.Image:
    """Return the 32-bit float frame of a FITS file as a grey picture with stretched contrast.

    FITS: header cards of 80 bytes in blocks of 2,880 up to END, then big-endian samples. Rows are
    taken as they come, top down, which is how pyplis reads them.
    """
    content = path.read_bytes()
    header_bytes = (content.index(b"END" + b" " * 77) // 2880 + 1) * 2880
    cards = [content[at : at + 80].decode("ascii") for at in range(0, header_bytes, 80)]
    values = {card[:8].strip(): card[10:30].strip() for card in cards if card[8:10] == "= "}
    width, height = int(values["NAXIS1"]), int(values["NAXIS2"])
    samples = np.frombuffer(content, ">f4", width * height, header_bytes)
    frame = cv2.medianBlur(samples.reshape(height, width).astype(np.float32), 3)
    low, high = np.percentile(frame, [0.3, 99.8])
    stretched = np.clip((frame - low) / (high - low), 0, 1) ** 0.85
    return Image.fromarray(np.rint(stretched * 255).astype(np.uint8))


def read_video_frame(path: Path, number: int) -> Image.Image:
    """Return one frame of a video, counted from 0."""
    video = cv2.VideoCapture(str(path))
    for _ in range(number + 1):
        read, frame = video.read()
        if not read:
            raise ValueError(f"{path} has no frame {number}")
    return Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def hat_distance(points: Vectors) -> np.ndarray:
    """Return roughly how far each point is from a hard hat whose shell is 2 wide; inside is < 0."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    ridges = 0.07 * np.exp(-((x / 0.10) ** 4)) + 0.045 * np.exp(-(((np.abs(x) - 0.34) / 0.09) ** 4))
    ridges = ridges * np.clip((y - 0.25) / 0.25, 0, 1)
    shell = (np.sqrt(x**2 + (y / 0.92) ** 2 + (z / 1.18) ** 2) - 1) * 0.92 - ridges
    shell = np.maximum(shell, -y - 0.02)
    droop = -0.10 * np.clip(z / 1.4, 0, 1.3) ** 2 - 0.05 * (x / 1.1) ** 2
    rim = (np.sqrt((x / 1.13) ** 2 + ((z - 0.14) / 1.42) ** 2) - 1) * 1.13
    brim = np.maximum(rim, np.abs(y - droop) - 0.035)
    blend = np.clip(0.5 + (brim - shell) / 0.14, 0, 1)
    return brim * (1 - blend) + shell * blend - 0.07 * blend * (1 - blend)


def rotation(wearing: Wearing) -> np.ndarray:
    """Return the 3×3 matrix that takes directions of the camera to those of the hat."""
    turn, tilt, roll = np.radians([wearing.turn_deg, wearing.tilt_deg, -wearing.roll_deg])
    about_y = [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    about_x = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    return np.linalg.inv(np.array(about_z) @ np.array(about_y) @ np.array(about_x))


def render_hat(wearing: Wearing, side_px: int) -> Image.Image:
    """Return the hat as RGBA, `side_px` square, 3.4 shell half-widths across, hat in the middle.

    Sphere tracing: each pixel's ray walks the distance that is certainly free until it meets the
    hat; the slope of the distance there is the surface normal.
    """
    across = np.linspace(-1.7, 1.7, side_px)
    camera = np.stack([*np.meshgrid(across, -across), np.full((side_px, side_px), 2.5)], axis=-1)
    to_hat = rotation(wearing)
    points, ray = camera @ to_hat.T, to_hat @ np.array([0.0, 0.0, -1.0])
    for _ in range(90):
        points = points + 0.6 * hat_distance(points)[..., None] * ray
    hit = hat_distance(points) < 0.01
    steps = np.eye(3) * 0.004
    normal = np.stack([hat_distance(points + s) - hat_distance(points - s) for s in steps], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9
    colour = shade(points, normal, to_hat, wearing)
    rgba = np.dstack([np.clip(colour, 0, 1), hit.astype(float)])
    return Image.fromarray(np.rint(rgba * 255).astype(np.uint8), "RGBA")


def shade(points: Vectors, normal: Vectors, to_hat: np.ndarray, wearing: Wearing) -> np.ndarray:
    """Return the RGB of glossy plastic at each point, from 0 to 1."""
    light = to_hat @ (np.array(wearing.light) / np.linalg.norm(wearing.light))
    eye, sky = to_hat @ np.array([0.0, 0.0, 1.0]), to_hat @ np.array([0.0, 1.0, 0.0])
    half = (light + eye) / np.linalg.norm(light + eye)
    lit = np.clip(normal @ light, 0, 1)
    open_sky = 0.5 + 0.5 * (normal @ sky)
    crevice = np.clip(hat_distance(points + 0.16 * normal) / 0.16, 0.25, 1)
    gloss = 0.55 * np.clip(normal @ half, 0, 1) ** 70 + 0.10 * np.clip(normal @ half, 0, 1) ** 9
    body = np.array(wearing.colour) * ((0.30 + 0.28 * open_sky) * crevice + 0.55 * lit)[..., None]
    return wearing.exposure * (body + gloss[..., None])


def put_on_hat(picture: Image.Image, wearing: Wearing) -> Image.Image:
    """Return the picture with a rendered hat on the head and its shadow on the face."""
    side = round(1.7 * wearing.width_px)
    hat = render_hat(wearing, 4 * side).resize((side, side), Image.Resampling.BOX)
    corner = (round(wearing.centre_xy[0] - side / 2), round(wearing.centre_xy[1] - side / 2))
    layer = Image.new("RGBA", picture.size)
    layer.paste(hat, corner)
    shadow = face_shadow(layer.getchannel("A"), wearing)
    dark = Image.new("RGB", picture.size, (28, 20, 18))
    worn = Image.composite(dark, picture, shadow)
    soft_edge = layer.getchannel("A").filter(ImageFilter.GaussianBlur(0.6))
    return Image.composite(layer.convert("RGB"), worn, soft_edge)


def face_shadow(hat_alpha: Image.Image, wearing: Wearing) -> Image.Image:
    """Return the shadow of the brim as a mask, only inside the ellipse of the face."""
    drop_px = 0.10 * wearing.width_px
    cast = hat_alpha.transform(
        hat_alpha.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -drop_px)
    ).filter(ImageFilter.GaussianBlur(0.035 * wearing.width_px))
    rows, columns = np.mgrid[: hat_alpha.height, : hat_alpha.width]
    (x, y), (face_w, face_h) = wearing.centre_xy, wearing.face_wh
    inside = ((columns - x) / (face_w / 2)) ** 2 + ((rows - y) / face_h) ** 2 < 1
    strength = 0.55 * np.asarray(cast, float) * cv2.GaussianBlur(inside.astype(float), (0, 0), 2)
    return Image.fromarray(np.rint(strength).astype(np.uint8))


def compose(unpacked: Path) -> dict[str, Callable[[], Image.Image]]:
    """Return how each picture that is not taken as shipped is made, by file name."""

    def opened(key: str) -> Image.Image:
        return Image.open(unpacked / SOURCES[key])

    def walk() -> Image.Image:
        return read_video_frame(unpacked / SOURCES["walk"], 78)

    def plume() -> Image.Image:
        return read_fits_frame(unpacked / SOURCES["plume"])

    return {
        "fire-in-laboratory.jpg": lambda: shrink(opened("flame")),
        "smoke-plume-volcano.jpg": lambda: shrink(plume()),
        "two-bare-heads-low-sun.jpg": lambda: shrink(walk()),
        "helmet-and-bare-head-composed.jpg": lambda: shrink(put_on_hat(walk(), ROOF_HAT)),
        "astronaut-helmet-composed.jpg": lambda: put_on_hat(opened("astronaut"), ASTRONAUT_HAT),
        "autumn-mountain-nothing.jpg": lambda: shrink(opened("autumn")),
        "sunset-nothing.jpg": lambda: shrink(opened("sunset"), 1280),
        "coffee-nothing.jpg": lambda: shrink(opened("coffee")),
    }


def main(unpacked: Path, out: Path) -> None:
    """Write every sample picture to the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, key in AS_SHIPPED.items():
        (out / name).write_bytes((unpacked / SOURCES[key]).read_bytes())
    for name, build in compose(unpacked).items():
        build().save(out / name, quality=JPEG_QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
