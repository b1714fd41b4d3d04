"""``from safety_detector import detect``: what notebooks and pipelines get."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

import safety_detector
from safety_detector import SafetyDetectorError, detect
from safety_detector.errors import ConfigurationInvalid, NotAPicture, PictureTooLarge
from safety_detector.pictures.images import decode, read_header

ROOT = Path(__file__).parents[2]
FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, and none of the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("SAFETY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def pixels_of(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture as RGB."""
    data = path.read_bytes()
    return decode(data, read_header(data))


def essence(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what is new each time."""
    runs = [{**run, "timings_ms": None} for run in document["runs"]]
    return {**document, "id": None, "received_at": None, "taken_at": None, "runs": runs}


def test_the_page_in_the_docs_runs(tmp_path: Path) -> None:
    """Every example of docs/python.md works when the page is typed in from top to bottom."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 8
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "not-a-picture" in done.stdout
    assert (tmp_path / "out" / "fire-zh.jpg").read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("lang", [None, "zh"])
def test_the_document_is_the_commands(lang: Any) -> None:
    """Nobody has to learn two forms of one result."""
    command = [sys.executable, "-m", "safety_detector", "detect", str(FIRE)]
    printed = subprocess.run(
        [*command, "--json", *(["--lang", lang] if lang else [])],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert essence(detect(FIRE, lang=lang).document()) == essence(json.loads(printed))


def test_path_bytes_and_pixels_are_the_same_picture() -> None:
    """However a picture comes in, the same is found in it."""
    by_path, by_text = detect(FIRE), detect(str(FIRE))
    by_bytes = detect(FIRE.read_bytes())
    by_pixels = detect(pixels_of(FIRE), name=FIRE.name)
    assert by_path.detections
    assert by_path.detections == by_text.detections == by_bytes.detections == by_pixels.detections
    assert by_path.inspection.picture.sha256 == by_bytes.inspection.picture.sha256
    assert by_pixels.inspection.picture.sha256 is None
    assert by_pixels.inspection.picture.name == FIRE.name


def test_views_of_arrays_are_taken_as_they_look() -> None:
    """A picture from OpenCV with its channels turned, or a part of it, needs no copy by hand."""
    bgr = cv2.imread(str(FIRE))
    assert bgr is not None
    found = detect(bgr[..., ::-1])
    assert found.detections == detect(np.ascontiguousarray(bgr[..., ::-1])).detections
    part = detect(bgr[::2, ::2, ::-1])
    assert part.rgb.shape == ((bgr.shape[0] + 1) // 2, (bgr.shape[1] + 1) // 2, 3)


def test_the_result_keeps_its_picture_when_the_array_is_used_again() -> None:
    """A video's next frame in the same memory does not change the last result."""
    frame = pixels_of(FIRE).copy()
    found = detect(frame)
    before = found.annotated()
    frame[:] = 0
    assert np.array_equal(found.annotated(), before)


@pytest.mark.parametrize(
    ("array", "error", "says"),
    [
        (np.zeros((9, 9, 3)), TypeError, "float64, not uint8"),
        (np.zeros((9, 9), np.uint8), ValueError, r"\(9, 9\), not \(height, width, 3\)"),
        (np.zeros((9, 9, 4), np.uint8), ValueError, "array"),
        (np.zeros((3, 9, 9), np.uint8), ValueError, r"\(3, 9, 9\)"),
        (np.zeros((1, 9, 9, 3), np.uint8), ValueError, r"\(1, 9, 9, 3\)"),
        (np.zeros((0, 9, 3), np.uint8), ValueError, "no pixels"),
        (PIL.Image.new("RGB", (9, 9)), TypeError, "numpy.asarray"),
        (None, TypeError, "NoneType"),
    ],
)
def test_what_is_no_picture_is_named(array: Any, error: type[Exception], says: str) -> None:
    """The message says what came and how to make a picture of it."""
    with pytest.raises(error, match=says):
        detect(array)


def test_a_failure_is_an_error_and_no_empty_result() -> None:
    """Neither a missing file nor bytes that are no picture look like a clear one."""
    with pytest.raises(SafetyDetectorError, match=r"none\.jpg"):
        detect("none.jpg")
    with pytest.raises(NotAPicture):
        detect(b"no picture")


def test_the_limit_of_pixels_holds_for_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array costs what a file of its size does."""
    monkeypatch.setenv("SAFETY_MAX_PICTURE_PIXELS", "10000")
    with pytest.raises(PictureTooLarge, match="10,000"):
        detect(np.zeros((200, 200, 3), np.uint8))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"backend": "yolo"}, "backend"),
        ({"backend": "qwen"}, "SAFETY_QWEN_URLS"),
        ({"lang": "de"}, "en, zh"),
        ({"thresholds": {"flame": 0.5}}, "^thresholds: 'flame'"),
        ({"thresholds": {"fire": 2}}, "from 0 to 1"),
        ({"tiling": "much"}, "^tiling: "),
        ({"classes": ["cat"]}, "^classes: 'cat'"),
        ({"classes": []}, "no class is named"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says: str) -> None:
    """The message names the option as the caller wrote it."""
    with pytest.raises(ConfigurationInvalid, match=says):
        detect(FIRE, **options)


def test_settings_are_those_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set in a notebook counts from the next call on, and an option before it."""
    monkeypatch.setenv("SAFETY_EMBEDDED_THRESHOLDS", "fire=1,smoke=1")
    monkeypatch.setenv("SAFETY_LANGUAGE", "zh")
    found = detect(FIRE)
    assert found.runs[0].conditions.thresholds["fire"] == 1
    assert found.language == "zh"
    found = detect(FIRE, thresholds={"fire": 0.25}, lang="en")
    assert found.runs[0].conditions.thresholds["fire"] == 0.25
    assert found.language == "en"
    monkeypatch.delenv("SAFETY_EMBEDDED_THRESHOLDS")
    assert detect(FIRE).runs[0].conditions.thresholds["fire"] not in (1, 0.25)


def test_threads_get_what_one_gets() -> None:
    """Calls at the same time, with various options, do not mix."""
    chosen = [("fire",), ("smoke",), ("fire", "smoke"), ("person",), ("fire", "person")] * 3
    alone = {names: detect(FIRE, classes=names).detections for names in chosen}
    assert len({str(one) for one in alone.values()}) > 1
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda names: detect(FIRE, classes=names).detections, chosen)
    assert list(found) == [alone[names] for names in chosen]


@pytest.mark.parametrize("name", ["deep/er/out.jpg", "OUT.JPEG", "out.png"])
def test_the_annotated_picture_is_saved(name: str, tmp_path: Path) -> None:
    """The file is what its ending says, and shows what was found."""
    found = detect(FIRE)
    saved = found.save_annotated(tmp_path / name)
    with PIL.Image.open(saved) as picture:
        assert picture.format == ("PNG" if name.endswith("png") else "JPEG")
        assert picture.size == (found.annotated().shape[1], found.annotated().shape[0])


def test_evidence_is_not_written_over(tmp_path: Path) -> None:
    """The annotated picture never takes the place of the original."""
    original = tmp_path / "gate.jpg"
    shutil.copy(FIRE, original)
    found = detect("gate.jpg")
    (tmp_path / "link.jpg").symlink_to(original)
    for name in ("gate.jpg", original, "link.jpg"):
        with pytest.raises(ConfigurationInvalid, match="the picture itself"):
            found.save_annotated(name)
    with pytest.raises(ConfigurationInvalid, match=r"\.jpg or \.png"):
        found.save_annotated("out.gif")
    assert original.read_bytes() == FIRE.read_bytes()


def test_a_forked_process_detects() -> None:
    """Multiprocessing on Linux forks by default; the detector's threads are not there then."""
    program = (
        "import multiprocessing, sys; from safety_detector import detect; "
        f"first = detect({str(FIRE)!r}).verdict; "
        "pool = multiprocessing.get_context('fork').Pool(1); "
        f"assert pool.map_async(detect, [{str(FIRE)!r}]).get(120)[0].verdict == first"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_url_is_fetched_in_a_notebooks_thread() -> None:
    """Where an event loop runs already, as in Jupyter, a URL is looked at all the same."""
    program = (
        "import asyncio; from safety_detector import SafetyDetectorError, detect\n"
        "async def cell():\n"
        "    try: detect('http://127.0.0.1:9/a.jpg')\n"
        "    except SafetyDetectorError as error: print(error.code)\n"
        "asyncio.run(cell())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "address-refused", done.stderr


def test_importing_the_package_loads_nothing() -> None:
    """Neither the package nor the command's help waits for NumPy, Pydantic and the detector."""
    heavy = "numpy", "cv2", "PIL", "pydantic", "onnxruntime", "safety_detector.python_api"
    program = f"; print([name for name in {heavy!r} if name in sys.modules])"
    for module in ("safety_detector", "safety_detector.cli.main"):
        loaded = subprocess.run(
            [sys.executable, "-c", f"import sys, {module}{program}"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert loaded.strip() == "[]"


def test_every_public_name_is_there() -> None:
    """What ``__all__`` promises can be imported and completed; nothing else pretends to."""
    for name in safety_detector.__all__:
        assert getattr(safety_detector, name) is not None
        assert name in dir(safety_detector)
    with pytest.raises(AttributeError, match="detekt"):
        safety_detector.detekt  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(("language", "mark"), [("en", "; "), ("zh", "；")])
def test_printed_findings_are_told_apart(language: Any, mark: str) -> None:
    """Each has a comma of its own, so that two would look like four."""
    found = detect(ROOT / "samples" / "two-bare-heads-low-sun.jpg", lang=language)
    assert str(found).count(mark) == len(found.detections) - 1 > 0
