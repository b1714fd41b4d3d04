"""Pictures of cameras that are away, with their age drawn above them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool

from safety_detector.annotation.age_banner import draw_age
from safety_detector.appearance.fonts import FontFiles
from safety_detector.pictures.images import decode, encode_jpeg, read_header
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import StoredPicture

_QUALITY = 85
_MOST_KEPT = 64  # of some 300 KB each: a wall of cameras asks for the same ones every few seconds


@dataclass(frozen=True, slots=True)
class BannerWords:
    """What stands in a banner.

    Attributes:
        age: in large letters.
        taken: below it.
        tag: changes with both.
    """

    age: str
    taken: str
    tag: str


class AgeBanners:
    """Draws them, one picture at a time, and keeps the last ones.

    Args:
        results: the pictures.
        find_fonts: the fonts; asked for each picture, so that new ones count.
    """

    def __init__(self, results: Results, find_fonts: Callable[[], FontFiles]) -> None:
        self._results = results
        self._find_fonts = find_fonts
        self._slots = CapacityLimiter(1)
        self._kept: OrderedDict[tuple[str, BannerWords], bytes] = OrderedDict()

    async def draw(self, picture: StoredPicture, words: BannerWords) -> bytes | None:
        """The picture as a JPEG with its banner; None if it is not stored any more."""
        async with self._slots:
            known = self._kept.get((picture.key, words))
            if known is not None:
                self._kept.move_to_end((picture.key, words))
                return known
            drawn = await run_in_threadpool(self._draw, picture, words)
            if drawn is not None:
                self._kept[picture.key, words] = drawn
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            return drawn

    def _draw(self, picture: StoredPicture, words: BannerWords) -> bytes | None:
        data = self._results.read(picture)
        if data is None:
            return None
        rgb = decode(data, read_header(data))
        return encode_jpeg(draw_age(rgb, words.age, words.taken, self._find_fonts()), _QUALITY)
