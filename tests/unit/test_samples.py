"""The sample pictures are what their README says: listed, licensed, small enough, of each kind."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "samples"
MAX_TOTAL_BYTES = 4_000_000
MAX_SIDE_PX = 1600
LICENCES = {
    "Apache-2.0",
    "BSD-3-Clause",
    "CC-BY-2.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "GPL-3.0-or-later",
    "public domain",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the README's table."""

    name: str
    description: str
    expected: frozenset[str]
    origin: str
    licence: str
    sha256: str


def read_rows() -> list[Row]:
    """Return the rows of the README's table."""
    rows = []
    for line in (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        name, description, expected, origin, licence, sha256 = line.strip("| ").split(" | ")
        kinds = frozenset(re.findall(r"`(\w+)`", expected))
        rows.append(Row(name.strip("`"), description, kinds, origin, licence, sha256.strip("`")))
    return rows


ROWS = read_rows()
EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def test_every_picture_is_listed_and_no_other() -> None:
    """The README's table names the pictures of the folder, each once."""
    pictures = {path.name for path in SAMPLES.iterdir() if path.suffix in {".jpg", ".png"}}
    assert sorted(row.name for row in ROWS) == sorted(pictures)


@EACH_ROW
def test_the_listed_hash_is_true(row: Row) -> None:
    """A picture cannot change without its row changing."""
    assert hashlib.sha256((SAMPLES / row.name).read_bytes()).hexdigest() == row.sha256


@EACH_ROW
def test_the_picture_is_whole_and_of_moderate_size(row: Row) -> None:
    """Each picture decodes to its last pixel and is at most 1,600 pixels long."""
    with Image.open(SAMPLES / row.name) as picture:
        picture.load()
        assert max(picture.size) <= MAX_SIDE_PX
        assert picture.mode == "RGB"


@EACH_ROW
def test_the_licence_allows_redistribution(row: Row) -> None:
    """Each picture names an origin and a licence that lets us, and our users, pass it on."""
    assert row.origin
    assert row.licence in LICENCES


@EACH_ROW
def test_composed_pictures_say_so(row: Row) -> None:
    """A picture that we composed is called composed in its name and in its description."""
    assert ("composed" in row.name) == row.description.startswith("composed: ")
    assert ("composed" in row.name) == ("rendered hat" in row.origin)


def test_all_together_stay_small() -> None:
    """Cloning the project costs at most 4 MB for the samples."""
    assert sum((SAMPLES / row.name).stat().st_size for row in ROWS) <= MAX_TOTAL_BYTES


@pytest.mark.parametrize(
    ("kind", "at_least"),
    [("fire", 1), ("smoke", 1), ("helmet", 1), ("no_helmet", 1), ("nothing", 2)],
)
def test_each_kind_is_there(kind: str, at_least: int) -> None:
    """The samples show a fire, smoke, a helmet worn, a bare head, and pictures of nothing."""
    assert sum(kind in row.expected for row in ROWS) >= at_least


def test_most_samples_are_photographs() -> None:
    """At least eight pictures are real, not composed."""
    assert sum("composed" not in row.name for row in ROWS) >= 8
