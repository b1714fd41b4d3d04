"""The wheel that users install, outside the checkout and with the runtime packages only."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds nothing but the unpacked wheel."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the wheel's program from an empty folder, with the checkout out of reach.

    ``-I`` keeps the current folder and PYTHONPATH off the module path; the editable install's
    entry for the checkout is taken off by hand.
    """
    program = (
        "import sys\n"
        f"sys.path = [p for p in sys.path if p != {str(ROOT)!r}]\n"
        f"sys.path.insert(0, {str(installed)!r})\n"
        f"sys.argv = ['safety-detector', *{list(arguments)!r}]\n"
        "from safety_detector.cli.main import main\n"
        "main()\n"
    )
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_the_wheel_holds_fonts_weights_and_their_licences(wheel: Path) -> None:
    """An air-gapped machine gets everything with the one file."""
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "safety_detector/bundled_fonts/NotoSansSC-Regular.ttf",
        "safety_detector/bundled_fonts/NotoSansSC-Bold.ttf",
        "safety_detector/bundled_fonts/NotoSansLatin-Regular.ttf",
        "safety_detector/bundled_fonts/NotoSansLatin-Bold.ttf",
        "safety_detector/bundled_fonts/NotoSansKR-Regular.ttf",
        "safety_detector/bundled_fonts/OFL.txt",
        "safety_detector/bundled_fonts/OFL-NotoSans.txt",
        "safety_detector/detectors/embedded/weights/safety-embedded.onnx",
        "safety_detector/detectors/embedded/MODEL_CARD.md",
        "safety_detector/evaluation/check_set/annotations.json",
        "safety_detector/evaluation/check_set/BSD-3-Clause-Sports2D.txt",
        "safety_detector/evaluation/check_set/images/officer.jpg",
        "safety_detector/console/templates/now.html",
        "safety_detector/console/assets/console.css",
        "safety_detector/console/assets/live-worker.js",
    ):
        assert needed in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "training/", "benchmarks/")) for name in names)


def test_no_installed_file_can_be_another_package_s(wheel: Path) -> None:
    """Whatever else is installed or removed beside it, before or after, touches nothing of ours."""
    version = wheel.name.split("-")[1]
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"safety_detector", f"safety_detector-{version}.dist-info"}


def test_another_package_named_worker_is_not_run(installed: Path, tmp_path: Path) -> None:
    """Beside it in the same environment, or in the current folder: our worker is ours."""
    taken = f"import pathlib\npathlib.Path({str(tmp_path / 'taken')!r}).touch()\n"
    for folder in (installed, tmp_path):
        (folder / "worker").mkdir()
        for name in ("__init__.py", "__main__.py", "app.py"):
            (folder / "worker" / name).write_text(taken)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "safety_detector.worker", "--help"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)},
    )  # fmt: skip
    assert "--queue" in done.stdout, done.stderr
    assert not (tmp_path / "taken").exists()


def test_the_installed_wheel_does_the_whole_job(installed: Path, tmp_path: Path) -> None:
    """Detection, annotated picture and PDF work far from the checkout."""
    picture = ROOT / "samples" / "fire-in-laboratory.jpg"
    done = run(
        installed, tmp_path, "detect", str(picture), "--annotated", "out", "--pdf", "out/r.pdf",
        "--lang", "zh",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "completed"
    assert (tmp_path / result["links"]["annotated"]).read_bytes().startswith(b"\xff\xd8")
    assert (tmp_path / "out" / "r.pdf").read_bytes().startswith(b"%PDF-")


def test_the_doctor_finds_the_installed_wheel_healthy(installed: Path, tmp_path: Path) -> None:
    """Fonts and weights are found inside the package."""
    done = run(installed, tmp_path, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(installed) in done.stdout
