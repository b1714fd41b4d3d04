"""The grid and the coordinate space of each model family."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.detectors.qwen.dialects import (
    DIALECT_NAMES,
    MAX_RATIO,
    Dialect,
    dialect_for_model,
    dialect_named,
    sent_size,
    size_at_attempt,
    smart_resize,
)
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import ConfigurationInvalid, PictureUnsuitable
from tests.real_answers import real_answers

GOLDEN = Path(__file__).parents[3] / "data" / "smart_resize_golden.csv.gz"
QWEN25 = dialect_named("qwen2.5-vl")

sides = st.integers(1, 12_000)
dialects = st.sampled_from([dialect_named(name) for name in DIALECT_NAMES])


def test_grid_equals_the_reference_for_20000_sizes() -> None:
    """The size that we send is the size that the reference makes of a picture."""
    by_bounds = {(d.factor, d.min_pixels): d for d in map(dialect_named, DIALECT_NAMES)}
    wrong = []
    rows = gzip.decompress(GOLDEN.read_bytes()).decode("ascii").splitlines()
    for row in rows:
        width, height, factor, least, most, new_width, new_height = map(int, row.split(","))
        dialect = by_bounds[factor, least]
        try:
            size = smart_resize(ImageSize(width, height), dialect, most)
            ours = (size.width, size.height)
        except PictureUnsuitable:
            ours = (0, 0)
        if ours != (new_width, new_height):
            wrong.append((row, ours))
    assert len(rows) == 20_000
    assert wrong == []


@pytest.mark.parametrize(
    ("size", "grid", "tokens"),
    [
        ((640, 480), (644, 476), 391),
        ((1280, 720), (1288, 728), 1196),
        ((1920, 1080), (1932, 1092), 2691),
        ((3840, 2160), (3836, 2156), 10_549),
        ((70, 70), (56, 56), 4),  # 2.5 rounds to the even 2
        ((1, 1), (56, 56), 4),
    ],
)
def test_visual_tokens_of_common_sizes(
    size: tuple[int, int], grid: tuple[int, int], tokens: int
) -> None:
    """The token counts that a real server gave for these sizes follow from the grid."""
    sent = smart_resize(ImageSize(*size), QWEN25)
    assert (sent.width, sent.height) == grid
    assert QWEN25.visual_tokens(sent) == tokens


def test_cap_of_1280_tokens_brings_1080p_to_1222() -> None:
    """Our default limit more than halves what a 1080p frame costs and leaves 720p as it is."""
    cap = 1280 * 28**2
    assert QWEN25.visual_tokens(sent_size(ImageSize(1920, 1080), QWEN25, cap)) == 1222
    assert QWEN25.visual_tokens(sent_size(ImageSize(1280, 720), QWEN25, cap)) == 1196


def test_real_answers_say_the_input_size_that_we_compute() -> None:
    """Where a published answer names the picture's size and the model's, they agree with ours."""
    pairs = [(row["image_size"], row["input_size"]) for row in real_answers() if row["input_size"]]
    assert len(pairs) >= 5
    for image, expected in pairs:
        size = smart_resize(ImageSize(*image), QWEN25)
        assert [size.width, size.height] == expected


@settings(deadline=None)
@given(sides, sides, dialects, st.integers(256, 16_384))
def test_server_leaves_what_we_send_as_it_is(
    width: int, height: int, dialect: Dialect, budget: int
) -> None:
    """What is sent lies on the grid and within the limit; the server's resize does nothing."""
    most = budget * dialect.factor**2
    try:
        sent = sent_size(ImageSize(width, height), dialect, most)
    except PictureUnsuitable:
        return
    assert sent.width % dialect.factor == sent.height % dialect.factor == 0
    assert sent.pixels <= most
    assert smart_resize(sent, dialect) == sent


@settings(deadline=None)
@given(sides, sides, dialects)
def test_second_size_is_another_one_that_the_server_leaves_too(
    width: int, height: int, dialect: Dialect
) -> None:
    """A second attempt never sends the very grid that failed."""
    try:
        sent = sent_size(ImageSize(width, height), dialect, 1280 * dialect.factor**2)
    except PictureUnsuitable:
        return
    other = size_at_attempt(sent, dialect, 2)
    assert other != sent
    assert smart_resize(other, dialect) == other


@pytest.mark.parametrize("size", [(MAX_RATIO + 1, 1), (1, MAX_RATIO + 1), (5000, 24)])
def test_too_long_pictures_are_refused(size: tuple[int, int]) -> None:
    """A picture that the server would refuse is refused here, with its size in the message."""
    with pytest.raises(PictureUnsuitable, match=f"{size[0]}×{size[1]}"):
        smart_resize(ImageSize(*size), QWEN25)


def test_strip_that_becomes_too_thin_on_the_grid_is_refused() -> None:
    """8,200×41 is 200 to 1, but on the grid it would be 8,204×28 and come back as an error."""
    strip = ImageSize(8200, 41)
    assert smart_resize(strip, QWEN25) == ImageSize(8204, 28)
    with pytest.raises(PictureUnsuitable):
        sent_size(strip, QWEN25, QWEN25.max_pixels)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-vl"),
        ("Qwen2.5-VL-72B-Instruct-AWQ", "qwen2.5-vl"),
        ("/models/qwen2_5_vl_7b", "qwen2.5-vl"),
        ("qwen2.5vl:7b", "qwen2.5-vl"),
        ("mlx-community/Qwen2-VL-7B-Instruct-8bit", "qwen2-vl"),
        ("qwen2-vl", "qwen2-vl"),
        ("qwen3-vl-235b-a22b-instruct", "qwen3-vl"),
        ("Qwen3.5-9B-MLX-4bit", "qwen3-vl"),
    ],
)
def test_model_name_says_the_dialect(model: str, name: str) -> None:
    """The family is read off the names under which models are served."""
    assert dialect_for_model(model).name == name


@pytest.mark.parametrize("model", ["qwen-vl-max", "Qwen2.5-7B-Instruct", "llava", "", "qwen3-32b"])
def test_unclear_model_name_asks_for_the_setting(model: str) -> None:
    """A name that does not say the family is refused, and the message says what to set."""
    with pytest.raises(ConfigurationInvalid, match="SAFETY_QWEN_DIALECT"):
        dialect_for_model(model)


@pytest.mark.parametrize("name", DIALECT_NAMES)
def test_every_dialect_is_found_by_its_name(name: str) -> None:
    """A dialect's name leads to it, and is a model name that says its dialect."""
    assert dialect_named(name).name == dialect_for_model(name).name == name


def test_unknown_dialect_is_refused() -> None:
    """The message lists the dialects that there are."""
    with pytest.raises(ConfigurationInvalid, match=r"qwen2\.5-vl"):
        dialect_named("qwen4")
