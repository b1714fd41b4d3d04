"""Made-up pictures that break a short cut: "no workers in sight, so it must be a fire".

Almost every picture without fire in the training set shows workers, and almost none with fire
does. Left alone, the network calls an evenly grey picture a fire. So now and then a flame is put
beside workers, and a picture shows nothing at all.

A second one: "whoever stands on a site and wears something wears a helmet". Heads with hats are
laid over heads of other pictures.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

PATCH_SHARE = (0.12, 0.5)  # side of a pasted flame as a share of the picture's
PATCH_MARGIN = 0.08  # shown around the labelled box, so that the flame is not cut hard
PLACES_TRIED = 6
LEAST_CHANGE = 15  # grey levels on average; a flame before a white sky cannot be seen
HEAD_MARGIN = 0.12  # shown around a pasted head, so that nothing of the one below sticks out


def blank_picture(random: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """A smooth wash of a few random colours with some noise, (size, size, 3)."""
    grid = int(random.integers(1, 5))
    base = random.uniform(0, 255, 3)
    spread = random.uniform(0, 90)
    colours = np.clip(base + random.normal(0, spread, (grid, grid, 3)), 0, 255)
    wash = cv2.resize(colours.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    noise = random.normal(0, random.uniform(0, 12), (size, size, 1))
    return np.clip(wash + noise, 0, 255).astype(np.uint8)


def cut_flame(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The labelled flame with a small margin, (h, w, 3)."""
    margin = PATCH_MARGIN * (box[2:] - box[:2])
    x1, y1 = np.maximum(box[:2] - margin, 0).astype(int)
    x2, y2 = np.ceil(box[2:] + margin).astype(int)
    return pixels[y1:y2, x1:x2]


def paste_flame(
    random: np.random.Generator,
    pixels: NDArray[np.uint8],
    flame: NDArray[np.uint8],
    taken: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]] | None:
    """Lay a flame over a picture, away from the boxes that are `taken`.

    The brighter of both pixels wins, as light adds up, and the patch fades towards its edges.
    Returns the new picture and the flame's box (4,), or None if no free
    place was found where it would be seen.
    """
    size = pixels.shape[0]
    side = size * np.exp(random.uniform(*np.log(PATCH_SHARE)))
    scale = side / max(flame.shape[:2])
    width = max(int(flame.shape[1] * scale), 8)
    height = max(int(flame.shape[0] * scale), 8)
    patch = cv2.resize(flame, (width, height), interpolation=cv2.INTER_AREA)
    for _ in range(PLACES_TRIED):
        x, y = (int(random.integers(0, max(size - side_, 1))) for side_ in (width, height))
        box = np.array([x, y, x + width, y + height], np.float32)
        if not _touches(box, taken):
            break
    else:
        return None
    whole = pixels.copy()
    under = whole[y : y + height, x : x + width]
    faded = (patch * _fade(height, width))[: under.shape[0], : under.shape[1]].astype(np.uint8)
    if np.maximum(faded, under).mean() - under.mean() < LEAST_CHANGE:
        return None
    np.maximum(under, faded, out=under)
    inner = box + np.array([1, 1, -1, -1], np.float32) * PATCH_MARGIN * side * 0.8
    return whole, np.clip(inner, 0, size).astype(np.float32)


def cut_head(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The labelled head with a small margin, (h, w, 3)."""
    margin = HEAD_MARGIN * (box[2:] - box[:2])
    x1, y1 = np.maximum(box[:2] - margin, 0).astype(int)
    x2, y2 = np.ceil(box[2:] + margin).astype(int)
    return pixels[y1:y2, x1:x2]


def paste_head(
    pixels: NDArray[np.uint8], head: NDArray[np.uint8], box: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Lay a head from `cut_head` over the one in a box (4,), as bright as that; a new picture."""
    margin = HEAD_MARGIN * (box[2:] - box[:2])
    x1, y1 = np.floor(box[:2] - margin).astype(int)
    x2, y2 = np.ceil(box[2:] + margin).astype(int)
    patch = cv2.resize(head, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = _oval(y2 - y1, x2 - x1)
    left, top = max(-x1, 0), max(-y1, 0)
    whole = pixels.copy()
    under = whole[max(y1, 0) : y2, max(x1, 0) : x2]
    patch = patch[top : top + under.shape[0], left : left + under.shape[1]]
    alpha = alpha[top : top + under.shape[0], left : left + under.shape[1]]
    light = np.clip(float(under.mean() + 20) / float(patch.mean() + 20), 0.6, 1.5)
    mixed = np.clip(patch * light, 0, 255) * alpha + under * (1 - alpha)
    under[:] = mixed.astype(np.uint8)
    return whole


def _oval(height: int, width: int) -> NDArray[np.float32]:
    """1 inside a rounded rectangle, falling to 0 at its edges, (height, width, 1)."""
    rows = np.abs(np.linspace(-1, 1, height))[:, None] ** 4
    columns = np.abs(np.linspace(-1, 1, width))[None] ** 4
    return np.clip((1 - rows - columns) / 0.35, 0, 1).astype(np.float32)[..., None]


def _touches(box: NDArray[np.float32], taken: NDArray[np.float32]) -> bool:
    low = np.maximum(box[:2], taken[:, :2])
    high = np.minimum(box[2:], taken[:, 2:])
    return bool(((high - low) > 0).all(axis=1).any())


def _fade(height: int, width: int) -> NDArray[np.float32]:
    """1 in the middle, falling to 0 over the outer fifth, (height, width, 1)."""
    rows = np.minimum(np.arange(height) + 1, np.arange(height)[::-1] + 1) / (0.2 * height)
    columns = np.minimum(np.arange(width) + 1, np.arange(width)[::-1] + 1) / (0.2 * width)
    fade = np.clip(rows, 0, 1)[:, None] * np.clip(columns, 0, 1)[None]
    return fade[..., None].astype(np.float32)
