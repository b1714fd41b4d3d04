import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.installed import InstalledWeights
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.evaluation.check_set import read_check_set
from safety_detector.pictures.images import encode_jpeg

from .conftest import RunCommand

THRESHOLD = re.compile(rb'("(?:picture_)?(?:fire|smoke|person|head_helmet|head_bare)": )0\.\d+')


@pytest.fixture
def weights(tmp_path: Path) -> Callable[[str], Path]:
    """The program's weights with every threshold another one, written with as many digits."""

    def write(threshold: str) -> Path:
        def replaced(match: re.Match[bytes]) -> bytes:
            digits = len(match[0]) - len(match[1])
            return match[1] + threshold.encode().ljust(digits, b"0")

        path = tmp_path / "other.onnx"
        path.write_bytes(THRESHOLD.sub(replaced, BUNDLED_WEIGHTS.read_bytes()))
        return path

    return write


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A judged export whose one validation picture shows neither fire nor anybody."""
    (tmp_path / "export" / "images").mkdir(parents=True)
    picture = encode_jpeg(np.full((240, 320, 3), 90, np.uint8), 90)
    (tmp_path / "export" / "images" / "a.jpg").write_bytes(picture)
    content = {
        "info": {"description": "safety-detector"},
        "categories": [
            {"id": 1, "name": "fire"},
            {"id": 2, "name": "smoke"},
            {"id": 3, "name": "person"},
        ],
        "images": [{"id": 1, "file_name": "a.jpg", "width": 320, "height": 240}],
        "annotations": [],
    }
    (tmp_path / "export" / "validation.json").write_text(json.dumps(content))
    return tmp_path / "export"


def test_weights_that_forget_are_not_installed(
    run_command: RunCommand, weights: Callable[[str], Path], tmp_path: Path
) -> None:
    """Nothing passes thresholds of 0.9, so every fire and every bare head would be overlooked."""
    done = run_command("weights", "install", weights("0.9"), "--json")
    assert done.code == 3
    found = json.loads(done.out)
    assert (found["loses"], found["installed"]) == (True, False)
    lost = {one["question"] for one in found["check_set"]["changes"] if one["loses"]}
    assert {"fire reported where it is", "smoke reported where it is"} < lost
    assert list((tmp_path / "data").rglob("*.onnx")) == []
    assert json.loads(run_command("weights", "list").out)["from"] == "program"


def test_weights_that_lose_nothing_are_installed_used_and_taken_back(
    run_command: RunCommand, site: Path, tmp_path: Path
) -> None:
    """From the file to the detector that answers with it, and back."""
    own = tmp_path / "own.onnx"
    version = json.loads(run_command("weights", "list").out)["version"]
    renamed = version[:-1] + "x"  # of the same length
    own.write_bytes(BUNDLED_WEIGHTS.read_bytes().replace(version.encode(), renamed.encode()))
    done = run_command("weights", "install", own, "--dataset", site)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["installed"]
    assert [one["asked"] for one in found["dataset"]["changes"]] == [1, 1]

    own.unlink()
    assert json.loads(run_command("weights", "list").out)["from"] == "installed"
    seen = run_command("detect", site / "images" / "a.jpg", "--backend", "embedded")
    assert json.loads(seen.out)["runs"][0]["model"].endswith(renamed)
    assert renamed in run_command("doctor", "--json").out

    back = run_command("weights", "back")
    assert (back.code, json.loads(back.out)["version"]) == (0, version)
    assert run_command("weights", "back").code == 2


def renamed(path: Path, version: str, mark: str) -> Path:
    """The program's weights under another name of the same length."""
    own = version[:-1] + mark
    path.write_bytes(BUNDLED_WEIGHTS.read_bytes().replace(version.encode(), own.encode()))
    return path


def test_installing_what_is_in_use_changes_nothing(run_command: RunCommand, tmp_path: Path) -> None:
    """One step back leads to what was before, however often something was installed."""
    version = json.loads(run_command("weights", "list").out)["version"]
    first, second = (renamed(tmp_path / f"{mark}.onnx", version, mark) for mark in "xy")
    for path, is_new in ((first, True), (first, False), (second, True), (second, False)):
        done = run_command("weights", "install", path)
        assert done.code == 0, done.err
        assert ("already_in_use" in json.loads(done.out)) is not is_new
    assert json.loads(run_command("weights", "back").out)["version"] == version[:-1] + "x"
    assert json.loads(run_command("weights", "back").out)["version"] == version


@pytest.mark.parametrize("content", ["{}", "[" * 100_000, None])
def test_an_installation_that_fails_leaves_no_copy(
    run_command: RunCommand, tmp_path: Path, content: str | None
) -> None:
    """A set that cannot be read ends it before anything is copied."""
    if content is not None:
        (tmp_path / "broken.json").write_text(content)
    done = run_command("weights", "install", BUNDLED_WEIGHTS, "--dataset", tmp_path / "broken.json")
    assert done.code == 2, done.err
    assert list((tmp_path / "data").rglob("*.onnx")) == []


def test_a_comparison_that_fails_leaves_no_copy(
    run_command: RunCommand, site: Path, tmp_path: Path
) -> None:
    """Neither does a picture that turns out to be damaged while they are compared."""
    (site / "images" / "a.jpg").write_bytes(b"no picture")
    done = run_command("weights", "install", BUNDLED_WEIGHTS, "--dataset", site)
    assert done.code == 3
    assert "Not a picture" in done.err
    assert list((tmp_path / "data").rglob("*.onnx")) == []


def test_small_losses_do_not_add_up_from_one_installation_to_the_next(
    run_command: RunCommand, weights: Callable[[str], Path], tmp_path: Path
) -> None:
    """What is no worse than the weights in use is held against those of the program, too."""
    fire = next(one for one in read_check_set() if one.counted(RawClass.FIRE))
    box = fire.counted(RawClass.FIRE)[0].box
    content = {
        "categories": [{"id": 1, "name": "fire"}],
        "images": [
            {
                "id": 1,
                "file_name": fire.path.name,
                "width": fire.size.width,
                "height": fire.size.height,
            }
        ],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [box.x1, box.y1, 9, 9]}],
    }
    (tmp_path / fire.path.name).write_bytes(fire.path.read_bytes())
    (tmp_path / "site.json").write_text(json.dumps(content))
    installed = InstalledWeights(tmp_path / "data")
    blind = installed.take(weights("0.9"))
    installed.use(blind, "blind", datetime.now(UTC), "somebody")
    done = run_command("weights", "check", blind, "--dataset", tmp_path / "site.json")
    assert done.code == 3, done.err
    found = json.loads(done.out)
    assert [one["loses"] for one in found["dataset"]["changes"]] == [False]
    assert [one["loses"] for one in found["dataset_since_program"]["changes"]] == [True]


def test_weights_that_invent_on_the_site_lose_there(
    run_command: RunCommand, weights: Callable[[str], Path], site: Path
) -> None:
    """With thresholds of nothing every picture is a fire; check says so and changes nothing."""
    done = run_command("weights", "check", weights("0.01"), "--dataset", site / "validation.json")
    assert done.code == 3
    found = json.loads(done.out)
    assert found["loses"]
    assert not Path("data").exists()
    said = done.err.splitlines()
    assert said[0].startswith("0 of ")
    assert said[-1].startswith("They lose and would not be installed: ")
    assert "no alarm where there is neither, " in said[-1]


def test_check_ends_with_its_verdict_in_words(run_command: RunCommand) -> None:
    """What loses nothing may be installed; without pictures of the site the line says so."""
    done = run_command("weights", "check", BUNDLED_WEIGHTS)
    assert done.code == 0
    assert done.err.splitlines()[-1] == (
        "They lose nothing and may be installed; of this site's pictures nothing was asked."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not a readable ONNX"), (b"no model", "not a readable ONNX"), (None, "no weights")],
)
def test_what_is_no_model_of_ours_is_refused_before_anything_is_asked(
    run_command: RunCommand, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """The error names the file, and nothing is left in the data folder."""
    path = tmp_path / "wrong.onnx"
    if content is not None:
        path.write_bytes(content)
    for command in ("check", "install"):
        done = run_command("weights", command, path)
        assert done.code == 2
        assert said in done.err
        assert "wrong.onnx" in done.err
    assert not Path("data").exists()


def test_a_data_set_that_contradicts_itself_is_refused(run_command: RunCommand, site: Path) -> None:
    """A comparison on half a set would mean nothing."""
    (site / "images" / "a.jpg").unlink()
    done = run_command("weights", "install", BUNDLED_WEIGHTS, "--dataset", site)
    assert done.code == 2
    assert "missing" in done.err
    assert json.loads(run_command("weights", "list").out)["from"] == "program"


def test_weights_that_a_setting_names_are_not_passed_over(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who installs weights that would never be used is told so."""
    monkeypatch.setenv("SAFETY_EMBEDDED_WEIGHTS", str(BUNDLED_WEIGHTS))
    done = run_command("weights", "install", BUNDLED_WEIGHTS)
    assert done.code == 2
    assert "unset it first" in done.err


def test_a_damaged_installation_stops_the_detector(
    run_command: RunCommand, site: Path, tmp_path: Path
) -> None:
    """It neither answers with other weights nor falls back unasked."""
    folder = tmp_path / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / "in-use.json").write_text("{}")
    done = run_command("detect", site / "images" / "a.jpg", "--backend", "embedded")
    assert done.code == 2
    assert "in-use.json" in done.err
