"""Batches for training: pictures kept decoded in memory, drawn by source, turned and coloured.

Memory: about 0.7 MB a picture, 3 GB for 4,500. Batches are made in one background thread; OpenCV
lets go of the interpreter lock while it works.
"""

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.damage import damage
from training.labels import HEADS, LabelledPicture
from training.model import CLASSES, PICTURE_CLASSES
from training.synthetic import blank_picture, cut_flame, cut_head, paste_flame, paste_head

LETTERBOX_GREY = 114  # the same grey as at run time
FIRE, SMOKE = (CLASSES.index(name) for name in PICTURE_CLASSES)
HEAD_BARE = CLASSES.index("head_bare")
SMALLEST_HEAD_PX = 8
LARGE_HEAD_SHARE = 0.3  # of the side of the picture; every second one is at least so large
MOST_MAGNIFIED = 4.0  # beyond it a head is a blur
SMALLEST_FLAME_PX = 40  # smaller ones would be pasted as a few blurred pixels
HATS = "hat"  # the kind of scene whose bare heads mostly wear one
SMALLEST_HAT_PX = 36
SMALLEST_COVERED_PX = 14  # heads smaller than this are not covered by others


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures are varied. Hue moves little: the colour of fire is what tells it."""

    zoom_out: float  # smallest scale against the letterboxed picture
    zoom_in: float  # largest, at the shipped size; more at smaller sizes, so that heads stay large
    stretch: float  # largest change of the aspect ratio, as a factor
    hue_degrees: float
    saturation: float  # relative
    brightness: float  # relative
    min_visible: float  # a box cut below this share of its area is no longer taught
    blank_share: float  # pictures that show nothing at all, see synthetic.py
    damage_share: float  # how many pictures `damage.py` may touch
    focus_share: float  # of the pictures with heads, how many are cropped around one
    partly_visible: float  # the same as `min_visible` for fire, smoke and people, seen in part
    flame_share: float  # of the pictures known to be without fire, how many get a flame
    halves_share: float  # of the pictures, how many are put together from two
    hat_share: float  # of the pictures with heads, how many get heads with hats laid over theirs


@dataclass(frozen=True, slots=True)
class Batch:
    """B pictures of one size with their labels, boxes padded to the longest list (M)."""

    pixels: Tensor  # uint8 (B, 3, S, S), channels last in memory
    boxes: Tensor  # float32 (B, M, 4) xyxy in input pixels
    classes: Tensor  # int64 (B, M); -1 where padded
    learns_background: Tensor  # bool (B, 5)
    ignored_boxes: Tensor  # float32 (B, K, 4); zeros where padded
    ignored_classes: Tensor  # int64 (B, K); -1 where padded
    picture_target: Tensor  # float32 (B, 2), NaN where unknown


def letterbox_scale(height: int, width: int, size: int) -> float:
    """Factor by which a picture just fits a square of `size`."""
    return size / max(height, width)


def load_rgb(picture: LabelledPicture) -> NDArray[np.uint8]:
    """Decode one picture, (H, W, 3) RGB."""
    decoded = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError(f"cannot read {picture.path}")
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


class BatchMaker:
    """Draws pictures by the weight of their source and varies them."""

    def __init__(
        self,
        pictures: Sequence[LabelledPicture],
        source_weights: Mapping[str, float],
        augmentation: Augmentation,
        shipped_size: int,
        seed: int,
    ) -> None:
        self.pictures = pictures
        self.pixels = [load_rgb(picture) for picture in pictures]
        self.augmentation = augmentation
        self.shipped_size = shipped_size
        self.random = np.random.default_rng(seed)
        sources = [p.key if p.key in source_weights else p.tag for p in pictures]
        counts = Counter(sources)
        weights = np.array([source_weights[source] / counts[source] for source in sources])
        self.chances = weights / weights.sum()
        self.flames = [
            (index, box)
            for index, picture in enumerate(pictures)
            for box in picture.boxes[picture.classes == FIRE]
            if (box[2:] - box[:2]).min() >= SMALLEST_FLAME_PX
        ]
        self.hats = [
            (index, box)
            for index, picture in enumerate(pictures)
            if picture.tag == HATS
            for box in picture.boxes[picture.classes == HEAD_BARE]
            if (box[2:] - box[:2]).min() >= SMALLEST_HAT_PX
        ]

    def make(self, count: int, size: int) -> Batch:
        """Draw `count` pictures and bring them to a square of `size` pixels."""
        drawn = self.random.choice(len(self.pictures), count, replace=False, p=self.chances)
        return _collate([self._sample(int(index), size) for index in drawn])

    def _sample(self, index: int, size: int) -> "_Sample":
        """A labelled picture, varied; now and then an empty one, or one with a flame added."""
        if self.random.random() < self.augmentation.blank_share:
            return _empty_sample(blank_picture(self.random, size))
        sample = self._vary(index, size)
        if self.hats and self.random.random() < self.augmentation.hat_share:
            sample = self._with_hats(sample)
        if self.random.random() < self.augmentation.halves_share:
            sample = self._halves(sample, self._vary(self._draw(), size))
        has_none = self.flames and sample.picture_target[0] == 0
        if has_none and self.random.random() < self.augmentation.flame_share:
            return self._with_flame(sample)
        return sample

    def _draw(self) -> int:
        return int(self.random.choice(len(self.pictures), p=self.chances))

    def _halves(self, first: "_Sample", second: "_Sample") -> "_Sample":
        """The left or upper part of one picture beside the rest of another.

        Fire stands in more places that way than the few hundred pictures of it show.
        """
        size, axis = first.pixels.shape[0], int(self.random.integers(2))
        at = int(size * self.random.uniform(0.35, 0.65))
        low, high = np.zeros(4, np.float32), np.full(4, size, np.float32)
        low[axis] = high[axis + 2] = at
        near = self._part(first, np.array([0, 0, *high[2:]], np.float32))
        far = self._part(second, np.array([*low[:2], size, size], np.float32))
        rows = (np.arange(size) < at)[:, None, None]
        from_first = rows.swapaxes(0, 1) if axis == 0 else rows
        return _Sample(
            np.where(from_first, first.pixels, second.pixels),
            np.concatenate([near.boxes, far.boxes]),
            np.concatenate([near.classes, far.classes]),
            first.learns_background & second.learns_background,
            np.concatenate([near.ignored_boxes, far.ignored_boxes]),
            np.concatenate([near.ignored_classes, far.ignored_classes]),
            _either(near.picture_target, far.picture_target),
        )

    def _part(self, sample: "_Sample", window: NDArray[np.float32]) -> "_Sample":
        """The labels of what is seen through a window (4,)."""
        boxes, visible = _clip(sample.boxes, window)
        kept, cut = self._kept(visible, sample.classes)
        ignored, _ = _clip(sample.ignored_boxes, window)
        classes = sample.classes[kept]
        return replace(
            sample,
            boxes=boxes[kept],
            classes=classes,
            ignored_boxes=np.concatenate([ignored, boxes[cut]]),
            ignored_classes=np.concatenate([sample.ignored_classes, sample.classes[cut]]),
            picture_target=_cropped_target(sample.picture_target, classes),
        )

    def _with_flame(self, sample: "_Sample") -> "_Sample":
        donor, box = self.flames[self.random.integers(len(self.flames))]
        flame = cut_flame(self.pixels[donor], box)
        pasted = paste_flame(self.random, sample.pixels, flame, sample.boxes)
        if pasted is None:
            return sample
        pixels, flame_box = pasted
        background = sample.learns_background.copy()
        background[SMOKE] = False  # the flame may have brought some along
        return replace(
            sample,
            pixels=pixels,
            boxes=np.concatenate([sample.boxes, flame_box[None]]),
            classes=np.append(sample.classes, FIRE),
            learns_background=background,
            picture_target=np.array([1, np.nan], np.float32),
        )

    def _with_hats(self, sample: "_Sample") -> "_Sample":
        """Every second head of a picture, helmet or not, under one with a hat."""
        sides = (sample.boxes[:, 2:] - sample.boxes[:, :2]).min(axis=1, initial=np.inf)
        covered = np.isin(sample.classes, HEADS) & (sides >= SMALLEST_COVERED_PX)
        covered &= self.random.random(len(covered)) < 0.5
        pixels, classes = sample.pixels, sample.classes.copy()
        for row in np.flatnonzero(covered):
            donor, box = self.hats[self.random.integers(len(self.hats))]
            head = cut_head(self.pixels[donor], box)
            if self.random.random() < 0.5:
                head = head[:, ::-1]
            pixels = paste_head(pixels, head, sample.boxes[row])
            classes[row] = HEAD_BARE
        return replace(sample, pixels=pixels, classes=classes)

    def _vary(self, index: int, size: int) -> "_Sample":
        picture, pixels = self.pictures[index], self.pixels[index]
        matrix = self._matrix(pixels.shape[0], pixels.shape[1], size)
        heads = picture.boxes[np.isin(picture.classes, HEADS)]
        if len(heads) and self.random.random() < self.augmentation.focus_share:
            matrix = self._focus(heads[self.random.integers(len(heads))], pixels.shape[:2], size)
        shrinking = abs(matrix[0, 0]) < 0.6
        warped = cv2.warpAffine(
            _half(pixels) if shrinking else pixels,
            matrix @ np.diag([2.0, 2.0, 1.0]) if shrinking else matrix,
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderValue=(LETTERBOX_GREY,) * 3,
        )
        boxes, visible = _move(picture.boxes, matrix, size)
        kept, cut = self._kept(visible, picture.classes)
        ignored, _ = _move(picture.ignored_boxes, matrix, size)
        classes = picture.classes[kept]
        coloured = self._colour(warped)
        if self.random.random() < self.augmentation.damage_share:
            coloured = damage(self.random, coloured, burning=FIRE in classes)
        return _Sample(
            coloured,
            boxes[kept],
            classes,
            picture.learns_background,
            np.concatenate([ignored, boxes[cut]]),
            np.concatenate([picture.ignored_classes, picture.classes[cut]]),
            _cropped_target(picture.picture_target, classes),
        )

    def _kept(
        self, visible: NDArray[np.float64], classes: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which boxes are still taught, and which are cut too far and become ignored, (n,)."""
        vary = self.augmentation
        needed = np.where(np.isin(classes, HEADS), vary.min_visible, vary.partly_visible)
        kept = visible >= needed
        return kept, ~kept & (visible > 0)

    def _focus(
        self, head: NDArray[np.float32], shape: tuple[int, ...], size: int
    ) -> NDArray[np.float64]:
        """(2, 3) that shows one head (4,) at any size, from a few pixels to the whole picture."""
        random, side = self.random, float((head[2:] - head[:2]).max())
        smallest = SMALLEST_HEAD_PX if random.random() < 0.5 else LARGE_HEAD_SHARE * size
        shown = np.exp(random.uniform(np.log(smallest), np.log(0.95 * size)))
        least = letterbox_scale(shape[0], shape[1], size) * self.augmentation.zoom_out
        scale = float(np.clip(shown / side, least, max(least, MOST_MAGNIFIED)))
        middle = (head[:2] + head[2:]) / 2
        half = min(side * scale / 2, size / 2)
        at = random.uniform(half, size - half, 2)
        # Rather picture than grey beside it, where there is enough picture.
        extent = np.array([shape[1], shape[0]]) * scale
        low = np.clip(
            at - middle * scale, np.minimum(size - extent, 0), np.maximum(size - extent, 0)
        )
        matrix = np.array([[scale, 0, low[0]], [0, scale, low[1]]])
        return _mirrored(matrix, size) if random.random() < 0.5 else matrix

    def _matrix(self, height: int, width: int, size: int) -> NDArray[np.float64]:
        """(2, 3) from picture pixels to input pixels: zoom, stretch, mirror, shift."""
        vary, random = self.augmentation, self.random
        zoom_in = vary.zoom_in * self.shipped_size / size
        zoom = np.exp(random.uniform(np.log(vary.zoom_out), np.log(zoom_in)))
        if random.random() < 0.35:  # often enough the view that run time has
            zoom = 1.0
        stretch = np.exp(random.uniform(-1, 1) * np.log(vary.stretch) / 2)
        scale = letterbox_scale(height, width, size) * zoom
        scale_x, scale_y = scale * stretch, scale / stretch
        shift_x = random.uniform(0, 1) * (size - width * scale_x)
        shift_y = random.uniform(0, 1) * (size - height * scale_y)
        matrix = np.array([[scale_x, 0, shift_x], [0, scale_y, shift_y]])
        return _mirrored(matrix, size) if random.random() < 0.5 else matrix

    def _colour(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Shift hue, saturation and brightness by one random amount each."""
        vary = self.augmentation
        hue, saturation, value = self.random.uniform(-1, 1, 3) * (
            vary.hue_degrees / 2,
            vary.saturation,
            vary.brightness,
        )  # OpenCV's hue is 0..179
        steps = np.arange(256)
        tables = (
            ((steps + hue) % 180).astype(np.uint8),
            np.clip(steps * (1 + saturation), 0, 255).astype(np.uint8),
            np.clip(steps * (1 + value), 0, 255).astype(np.uint8),
        )
        channels = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))
        turned = [cv2.LUT(channel, table) for channel, table in zip(channels, tables, strict=True)]
        return cv2.cvtColor(cv2.merge(turned), cv2.COLOR_HSV2RGB)


@dataclass(frozen=True, slots=True)
class _Sample:
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    learns_background: NDArray[np.bool_]
    ignored_boxes: NDArray[np.float32]
    ignored_classes: NDArray[np.int64]
    picture_target: NDArray[np.float32]


def _empty_sample(pixels: NDArray[np.uint8]) -> _Sample:
    nothing = np.zeros((0, 4), np.float32)
    return _Sample(
        pixels=pixels,
        boxes=nothing,
        classes=np.zeros(0, np.int64),
        learns_background=np.ones(len(CLASSES), bool),
        ignored_boxes=nothing,
        ignored_classes=np.zeros(0, np.int64),
        picture_target=np.zeros(len(PICTURE_CLASSES), np.float32),
    )


def _mirrored(matrix: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.array([-matrix[0] + (0, 0, size), matrix[1]])


def _half(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average 2x2 pixels first, or a strongly shrunk picture would alias."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    return cv2.resize(
        pixels[: height * 2, : width * 2], (width, height), interpolation=cv2.INTER_AREA
    )


def _move(
    boxes: NDArray[np.float32], matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Map boxes and clip them; also the share of each box's area that is still visible."""
    corners = boxes.reshape(-1, 2, 2) * matrix[[0, 1], [0, 1]] + matrix[:, 2]
    whole = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return _clip(whole, np.array([0, 0, size, size], np.float32))


def _clip(
    whole: NDArray[np.float64] | NDArray[np.float32], window: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Clip boxes (n, 4) to a window (4,); also the share of each box's area that it shows."""
    clipped = np.clip(whole, np.tile(window[:2], 2), np.tile(window[2:], 2))
    visible = _area(clipped) / np.maximum(_area(whole), 1e-6)
    visible[(clipped[:, 2:] - clipped[:, :2]).min(axis=1, initial=np.inf) < 2] = 0
    return clipped.astype(np.float32), visible


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)


def _cropped_target(target: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """A crop that lost every labelled flame may still hold an unlabelled one: unknown, not 0."""
    cropped = target.copy()
    for position, name in enumerate(PICTURE_CLASSES):
        if target[position] == 1 and CLASSES.index(name) not in classes:
            cropped[position] = np.nan
    return cropped


def _either(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 where one of both is 1, 0 where both are 0, else unknown."""
    return np.where((first == 1) | (second == 1), np.float32(1), first + second)


def _pad(rows: list[NDArray], fill: float) -> Tensor:
    longest = max(1, *(len(row) for row in rows))
    padded = np.full((len(rows), longest, *rows[0].shape[1:]), fill, rows[0].dtype)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row
    return torch.from_numpy(padded)


def _collate(samples: list[_Sample]) -> Batch:
    pixels = torch.from_numpy(np.stack([s.pixels for s in samples]))
    return Batch(
        pixels=pixels.permute(0, 3, 1, 2),  # the memory stays (B, S, S, 3): channels last
        boxes=_pad([s.boxes for s in samples], 0),
        classes=_pad([s.classes for s in samples], -1),
        learns_background=torch.from_numpy(np.stack([s.learns_background for s in samples])),
        ignored_boxes=_pad([s.ignored_boxes for s in samples], 0),
        ignored_classes=_pad([s.ignored_classes for s in samples], -1),
        picture_target=torch.from_numpy(np.stack([s.picture_target for s in samples])),
    )


def prefetch(maker: BatchMaker, count: int, size_now: "queue.SimpleQueue[int]") -> Iterator[Batch]:
    """Yield batches made ahead in a thread, one for each size put into `size_now`."""
    ready: queue.Queue[Batch] = queue.Queue(maxsize=3)

    def work() -> None:
        while (size := size_now.get()) > 0:
            ready.put(maker.make(count, size))

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield ready.get()
