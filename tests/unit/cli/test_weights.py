import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
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


def test_weights_that_invent_on_the_site_lose_there(
    run_command: RunCommand, weights: Callable[[str], Path], site: Path
) -> None:
    """With thresholds of nothing every picture is a fire; check says so and changes nothing."""
    done = run_command("weights", "check", weights("0.01"), "--dataset", site / "validation.json")
    assert done.code == 3
    found = json.loads(done.out)
    assert found["loses"]
    assert not Path("data").exists()


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
