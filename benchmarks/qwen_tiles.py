"""What asking the language model about parts of large pictures costs, and what it sends of people.

    python -m benchmarks.qwen_tiles

For each size of picture: requests and visual tokens with ``SAFETY_QWEN_TILING`` off and auto,
seconds of a server of 4 × T4 at full batches (``capacity/gpu_work.py``), and how many pixels of
somebody of 40 are sent.  By arithmetic: what the model makes of these pixels says nobody.
"""

from __future__ import annotations

from safety_detector.capacity.gpu_timing import ANSWER_TOKENS, Timing
from safety_detector.capacity.gpu_work import RequestTokens, full_batch_s
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import dialect_named, sent_size
from safety_detector.detectors.qwen.tiles import (
    least_sent_scale,
    plan_qwen_tiles,
    size_of_tile,
)
from safety_detector.detectors.shrinking import SMALL_PERSON_PX
from safety_detector.detectors.tiling import AUTO, OFF, Tiling
from safety_detector.domain.geometry import ImageSize

_DIALECT = dialect_named("qwen2.5-vl")
_SIZES = (
    ImageSize(1920, 1080),
    ImageSize(2560, 1440),
    ImageSize(3072, 2048),
    ImageSize(3840, 2160),
    ImageSize(4000, 3000),
    ImageSize(7680, 4320),
)
# The question and the template behind the picture; the instruction is cached.
_TEXT_TOKENS = 20


def looks(size: ImageSize, tiling: Tiling) -> tuple[list[int], float]:
    """Visual tokens of each request about a picture, and by what its parts are shrunk at least."""
    tiles = plan_qwen_tiles(size, _DIALECT, DEFAULT_MAX_PIXELS, tiling)
    views = [size, *(size_of_tile(tile) for tile in tiles)]
    sent = [sent_size(one, _DIALECT, DEFAULT_MAX_PIXELS) for one in views]
    scale = least_sent_scale(size, tiles, _DIALECT, DEFAULT_MAX_PIXELS)
    return [_DIALECT.visual_tokens(one) for one in sent], scale


def main() -> None:
    """Prints a row for each size and each way."""
    timing = Timing()
    print("picture        tiling  requests  visual tokens  server-s  ×     of 40 px are sent")
    for size in _SIZES:
        alone = 0.0
        for tiling in (OFF, AUTO):
            tokens, scale = looks(size, tiling)
            seconds = sum(
                full_batch_s(RequestTokens(one, _TEXT_TOKENS, ANSWER_TOKENS), timing)
                for one in tokens
            )
            alone = alone or seconds
            print(
                f"{size!s:<14} {tiling!s:<7} {len(tokens):>8}  {sum(tokens):>13,}  {seconds:>8.2f}"
                f"  {seconds / alone:<4.1f}  {SMALL_PERSON_PX * scale:.0f} px"
            )


if __name__ == "__main__":
    main()
