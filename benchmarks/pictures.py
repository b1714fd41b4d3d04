"""Pictures for benchmarks: as many as wanted, no two alike."""

from __future__ import annotations

from pathlib import Path

from safety_detector.domain.geometry import ImageSize
from safety_detector.pictures.images import decode, encode_jpeg, read_header, resize

SAMPLES = Path(__file__).parents[1] / "samples"
VGA = ImageSize(640, 480)


def make_pictures(count: int, size: ImageSize = VGA) -> list[bytes]:
    """Different JPEGs of that size, each cut from another place of the samples' photographs."""
    sources = []
    for path in sorted(SAMPLES.glob("*.jpg")):
        data = path.read_bytes()
        sources.append(
            resize(decode(data, read_header(data)), ImageSize(2 * size.width, 2 * size.height))
        )
    pictures = []
    for index in range(count):
        source = sources[index % len(sources)]
        x, y = (index * 7) % size.width, (index * 11) % size.height
        pictures.append(encode_jpeg(source[y : y + size.height, x : x + size.width], 85))
    return pictures
