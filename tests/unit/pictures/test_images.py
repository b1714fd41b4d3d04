import io
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import (
    NotAPicture,
    PictureBroken,
    PictureRefused,
    PictureTruncated,
    UnsupportedPicture,
)
from safety_detector.pictures.images import (
    check_complete,
    decode,
    decode_picture,
    encode_jpeg,
    read_header,
    resize,
    shrink,
    size_of,
)

SAMPLES = Path(__file__).parents[3] / "samples"
ORIENTATION_TAG = 0x0112
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quadrants(width: int = 64, height: int = 32) -> PIL.Image.Image:
    """Red, green / blue, white: every turn and mirror of it looks different."""
    picture = PIL.Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(WHITE, (width // 2, height // 2, width, height))
    return picture


def encoded(picture: PIL.Image.Image, format: str, **options: object) -> bytes:  # noqa: A002
    """The picture as a file of that format."""
    buffer = io.BytesIO()
    picture.save(buffer, format=format, **options)  # type: ignore[arg-type]  # Pillow's Any options
    return buffer.getvalue()


def decoded(data: bytes) -> NDArray[np.uint8]:
    """What the product sees of a file: header, completeness, pixels."""
    header = read_header(data)
    check_complete(data, header)
    return decode(data, header)


def corner_colours(rgb: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Colours in the middle of the four quadrants, rounded to full or none."""
    height, width, _ = rgb.shape
    points = [(y, x) for y in (height // 4, -height // 4) for x in (width // 4, -width // 4)]
    return [tuple(int(value > 127) * 255 for value in rgb[y, x]) for y, x in points]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_every_promised_format_becomes_rgb(format_: str) -> None:
    """Cameras, phones and scanners all send something else."""
    rgb = decoded(encoded(quadrants(), format_))
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    assert size_of(rgb) == ImageSize(64, 32)
    assert corner_colours(rgb) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(format_: str, orientation: int) -> None:
    """Boxes refer to the picture as a person sees it, for all eight orientations."""
    exif = PIL.Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    data = encoded(quadrants(), format_, exif=exif.tobytes())
    with PIL.Image.open(io.BytesIO(data)) as stored:
        from PIL import ImageOps

        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    header = read_header(data)
    rgb = decoded(data)
    assert header.size == size_of(rgb) == ImageSize(expected.shape[1], expected.shape[0])
    assert corner_colours(rgb) == corner_colours(expected)
    assert (header.size.width < header.size.height) == (orientation >= 5)


def test_a_phone_s_heic_is_refused_with_what_to_do() -> None:
    """HEIC is named for what it is, and the way out is said."""
    with pytest.raises(UnsupportedPicture, match=r"image/heic.*convert to JPEG"):
        read_header(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 200)


def test_cmyk_jpeg_becomes_rgb() -> None:
    """Press photographs are CMYK; their colours must not come out inverted."""
    data = encoded(quadrants().convert("CMYK"), "JPEG", quality=95)
    assert corner_colours(decoded(data)) == [RED, GREEN, BLUE, WHITE]


def test_grey_jpeg_becomes_rgb() -> None:
    """A night camera sends one channel."""
    rgb = decoded(encoded(PIL.Image.new("L", (20, 10), 200), "JPEG"))
    assert rgb.shape == (10, 20, 3)
    assert abs(int(rgb[5, 5, 0]) - 200) <= 2


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_brightness(format_: str) -> None:
    """16-bit grey is scaled, not clipped to white."""
    grey = np.linspace(0, 65_535, 256, dtype=np.uint16).reshape(16, 16)
    rgb = decoded(encoded(PIL.Image.fromarray(grey), format_))
    assert rgb.shape == (16, 16, 3)
    assert rgb[0, 0, 0] == 0
    assert rgb[-1, -1, 0] == 255
    assert 120 <= int(rgb[8, 0, 0]) <= 136


def test_palette_and_transparency_lie_on_white() -> None:
    """Palette pictures keep their colours; what is transparent becomes white, not black."""
    palette = encoded(quadrants().quantize(8), "PNG")
    assert corner_colours(decoded(palette)) == [RED, GREEN, BLUE, WHITE]
    clear = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.putpixel((7, 7), (*RED, 255))
    assert decoded(encoded(clear, "PNG"))[0, 0].min() == 255


@pytest.mark.parametrize("alpha", [0, 1, 128])
@pytest.mark.parametrize(
    "format_", ["PNG", pytest.param("WEBP", marks=pytest.mark.processes), "TIFF"]
)
def test_where_nothing_is_opaque_the_colours_count(format_: str, alpha: int) -> None:
    """An alpha channel that its writer never filled does not make a white page of a picture."""
    picture = quadrants()
    picture.putalpha(alpha)
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    assert corner_colours(decoded(encoded(picture, format_, **options))) == [
        RED,
        GREEN,
        BLUE,
        WHITE,
    ]


def test_where_nothing_is_opaque_the_colours_count_in_palettes_and_greys() -> None:
    """Grey with alpha, a palette with transparent entries, and a GIF keep what they show too."""
    grey = quadrants().convert("L")
    grey.putalpha(0)
    assert corner_colours(decoded(encoded(grey, "PNG")))[-1] == WHITE
    assert decoded(encoded(grey, "PNG")).min() < 100
    palette = quadrants().quantize(8)
    assert corner_colours(decoded(encoded(palette, "PNG", transparency=bytes(8)))) == [
        RED,
        GREEN,
        BLUE,
        WHITE,
    ]
    one_colour = PIL.Image.new("P", (9, 9), 1)
    one_colour.putpalette([0, 0, 0, *RED])
    assert corner_colours(decoded(encoded(one_colour, "GIF", transparency=1))) == [RED] * 4


def test_what_is_partly_transparent_lies_on_white() -> None:
    """Half-transparent beside opaque is composed, as a browser shows it."""
    picture = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    picture.putpixel((0, 0), (0, 0, 0, 255))
    rgb = decoded(encoded(picture, "PNG"))
    assert rgb[0, 0].max() == 0
    assert 120 <= int(rgb[4, 4, 0]) <= 135


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_grey_is_seen_by_the_bits_that_it_uses(format_: str, bits: int) -> None:
    """A camera's 12-bit values in a 16-bit file are as bright as it saw them, not black."""
    grey = (np.linspace(0, 1, 64 * 64) * ((1 << bits) - 1)).astype(np.uint16).reshape(64, 64)
    grey[0, :2] = 65_535  # broken pixels say nothing about the range
    rgb = decoded(encoded(PIL.Image.fromarray(grey), format_))
    assert 120 <= int(rgb[32, 0, 0]) <= 136
    assert rgb[-1, -1].min() >= 250


def test_deep_colours_are_seen_by_the_bits_that_they_use() -> None:
    """12-bit colours in a 48-bit PNG are not nearly black."""
    colours = np.zeros((40, 60, 3), np.uint16)
    colours[:20, :, 2] = 4095  # OpenCV writes blue, green, red
    colours[20:, :, 0] = 2048
    written = cv2.imencode(".png", colours)[1].tobytes()
    rgb = decoded(written)
    assert tuple(rgb[5, 5]) == (255, 0, 0)
    assert tuple(rgb[35, 5]) == (0, 0, 128)


def test_a_tiff_without_all_of_its_data_says_so() -> None:
    """A strip that was never written is named; Pillow reads the file's header in its place."""
    data = bytearray(encoded(quadrants(), "TIFF", tiffinfo={278: 8}))
    with PIL.Image.open(io.BytesIO(data)) as picture:
        count = len(picture.tag_v2[273])  # type: ignore[attr-defined]
    directory = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[directory : directory + 2], "little")
    for entry in range(directory + 2, directory + 2 + 12 * entries, 12):
        if int.from_bytes(data[entry : entry + 2], "little") == 273:
            offsets = int.from_bytes(data[entry + 8 : entry + 12], "little")
            wide = 2 if int.from_bytes(data[entry + 2 : entry + 4], "little") == 3 else 4
            data[offsets + wide : offsets + 2 * wide] = bytes(wide)
    seen = decode_picture(bytes(data), read_header(bytes(data)))
    assert seen.damage == f"part 2 of {count} has no data"


def test_of_an_animation_the_first_frame_counts() -> None:
    """An animated GIF is one picture."""
    frames = [PIL.Image.new("RGB", (9, 9), RED), PIL.Image.new("RGB", (9, 9), BLUE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert corner_colours(decoded(data)) == [RED] * 4


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"hello, this is no picture\n" * 9, "text"),
        (b"%PDF-1.7\n" + b"\0" * 200, "pdf"),
        (b"PK\x03\x04" + b"\0" * 200, "zip"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, said: str) -> None:
    """The refusal says what the bytes look like."""
    with pytest.raises(NotAPicture, match=rf"(?i){said}"):
        read_header(data)


def test_an_unread_picture_format_is_not_called_a_non_picture() -> None:
    """A Photoshop file is a picture that we do not read."""
    with pytest.raises(UnsupportedPicture, match="convert"):
        read_header(b"8BPS\x00\x01" + b"\0" * 6 + b"\x00\x03" + b"\0" * 100)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_picture_is_refused(format_: str, share: float) -> None:
    """A half-written upload is never inspected as if it were whole."""
    noise = np.random.default_rng(7).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    data = encoded(PIL.Image.fromarray(noise), format_)
    with pytest.raises(PictureRefused):
        decoded(data[: int(len(data) * share)])


def test_a_truncated_jpeg_with_a_thumbnail_is_still_truncated() -> None:
    """The end marker of the thumbnail in the EXIF block is not the picture's."""
    exif = PIL.Image.Exif()
    exif[0x010E] = "a description with an end marker \xff\xd9 in it"
    data = encoded(quadrants(400, 300), "JPEG", exif=exif.tobytes() + b"\xff\xd9")
    header = read_header(data)
    check_complete(data, header)
    with pytest.raises(PictureTruncated):
        check_complete(data[:-400], header)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_an_end_marker_does_not_make_a_cut_jpeg_whole(share: float) -> None:
    """Frame grabbers close a file properly although its rest never came."""
    noise = np.random.default_rng(7).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    data = encoded(PIL.Image.fromarray(noise), "JPEG")
    with pytest.raises(PictureTruncated):
        decoded(data[: int(len(data) * share)] + b"\xff\xd9")


def test_garbage_behind_a_good_header_is_broken() -> None:
    """Pixels that cannot be decoded are a refusal, not a crash and not a grey picture."""
    data = bytearray(encoded(quadrants(), "PNG"))
    middle = data.find(b"IDAT") + 8
    data[middle : middle + 10] = b"\xaa" * 10
    with pytest.raises(PictureBroken):
        decoded(bytes(data))


def test_resize_to_the_same_size_changes_nothing_and_to_another_fits() -> None:
    """The model's grid is met exactly."""
    rgb = decoded(encoded(quadrants(), "PNG"))
    assert resize(rgb, ImageSize(64, 32)) is rgb
    assert size_of(resize(rgb, ImageSize(28, 56))) == ImageSize(28, 56)
    assert corner_colours(resize(rgb, ImageSize(140, 84))) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("factor", [1.2, 2.0, 2.51, 5.9])
def test_a_shrunk_picture_looks_like_the_average_of_its_pixels(factor: float) -> None:
    """The quick way to a smaller picture for the eye shows what the thorough one shows."""
    data = sorted(SAMPLES.glob("*.jpg"))[0].read_bytes()
    rgb = decode(data, read_header(data))
    size = ImageSize(round(rgb.shape[1] / factor), round(rgb.shape[0] / factor))
    shrunk = shrink(rgb, size)
    assert size_of(shrunk) == size
    assert shrunk.dtype == np.uint8
    difference = np.abs(shrunk.astype(int) - resize(rgb, size).astype(int))
    assert difference.mean() < 5


def test_encoded_pictures_carry_no_metadata_and_keep_their_colours() -> None:
    """What goes to the model server or into a report holds pixels only."""
    data = encode_jpeg(decoded(encoded(quadrants(), "PNG")), quality=90)
    with PIL.Image.open(io.BytesIO(data)) as picture:
        assert not picture.getexif()
    assert corner_colours(decoded(data)) == [RED, GREEN, BLUE, WHITE]
