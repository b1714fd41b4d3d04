"""``make install`` on machines that are set up in other ways than ours."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Builds an editable project without needing any package.
BACKEND = """
import base64, hashlib, pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "project-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for file, text in {
            "project.pth": str(pathlib.Path.cwd()),
            "project-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: project\\nVersion: 1.0\\n",
            "project-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "project-1.0.dist-info/RECORD": "",
        }.items():
            wheel.writestr(file, text)
    return name
"""  # noqa: E501


def write_gadget(folder: Path, version: str) -> Path:
    """A wheel with one module and one program."""
    path = folder / f"gadget-{version}-py3-none-any.whl"
    files = {
        "gadget.py": f"VERSION = {version!r}\ndef main():\n    print(VERSION)\n",
        f"gadget-{version}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: gadget\nVersion: {version}\n"
        ),
        f"gadget-{version}.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"gadget-{version}.dist-info/entry_points.txt": (
            "[console_scripts]\ngadget = gadget:main\n"
        ),
    }
    rows = []
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            rows.append(f"{name},sha256={digest.decode()},{len(text)}")
        wheel.writestr(f"gadget-{version}.dist-info/RECORD", "\n".join(rows) + "\n")
    return path


class Checkout:
    """Our Makefile over a small project whose lock names one package, and an index that has it."""

    def __init__(self, folder: Path, index: Path) -> None:
        folder.mkdir(parents=True)
        index.mkdir()
        self.folder, self.index = folder, index
        self.home = folder.parent / "home"
        self.home.mkdir()
        for name in ("Makefile", "make_environment.py"):
            shutil.copy(ROOT / name, folder)
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        self.lock("1.0")
        write_gadget(index, "2.0")

    def lock(self, version: str) -> None:
        """Pins the package."""
        digest = hashlib.sha256(write_gadget(self.index, version).read_bytes()).hexdigest()
        (self.folder / "requirements-dev.lock").write_text(
            f"gadget=={version} --hash=sha256:{digest}\n"
        )

    def make(
        self, python: str | None = None, umask: int = 0o022, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs ``make install`` from elsewhere."""
        interpreter = python or getattr(sys, "_base_executable", sys.executable)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PIP_INDEX_URL": "http://127.0.0.1:9/nothing",
            "PIP_FIND_LINKS": self.index.as_uri(),
            "PIP_NO_INDEX": "1",
            **variables,
        }
        return subprocess.run(
            ["make", "-C", str(self.folder), "install", f"PYTHON={interpreter}"],
            cwd=self.home, env=environment, umask=umask, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip

    def installed(self) -> str:
        """What the environment's own program says."""
        return subprocess.run(
            [str(self.folder / ".venv" / "bin" / "gadget")],
            capture_output=True, text=True, timeout=60, check=False,
        ).stdout.strip()  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a folder whose name has a space and letters beyond ASCII."""
    return Checkout(tmp_path / "my project é" / "checkout", tmp_path / "index")


MACHINES: dict[str, dict[str, str]] = {
    "plain": {},
    "pip is set up for something else": {
        "PIP_USER": "1",
        "PIP_TARGET": "{home}/elsewhere",
        "PIP_PREFIX": "{home}/elsewhere",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_CONSTRAINT": "{home}/constraint.txt",
        "PIP_DRY_RUN": "1",
    },
    "Python is set up for something else": {
        "PYTHONPATH": "{home}/other",
        "PYTHONSAFEPATH": "1",
        "VIRTUAL_ENV": "{home}/other",
        "LC_ALL": "C",
        "HOME": "/dev/null/none",
    },
}


@pytest.mark.parametrize("machine", MACHINES)
def test_packages_get_into_the_environment(checkout: Checkout, machine: str) -> None:
    """However Python and pip are set up here, the locked packages are where they belong."""
    (checkout.home / "constraint.txt").write_text("gadget==2.0\n")
    with zipfile.ZipFile(checkout.index / "gadget-1.0-py3-none-any.whl") as wheel:
        wheel.extractall(checkout.home / "other")
    variables = {
        name: value.format(home=checkout.home) for name, value in MACHINES[machine].items()
    }
    done = checkout.make(**variables)
    assert done.returncode == 0, done.stderr
    assert checkout.installed() == "1.0"


def test_each_step_is_said_before_it_takes_its_time(checkout: Checkout) -> None:
    """Nobody looks at an empty terminal for a minute; what has nothing to do says nothing."""
    said = checkout.make().stderr
    assert "Making .venv with 1 packages of requirements-dev.lock" in said
    assert "Installing this project into .venv" in said
    assert checkout.make().stderr == ""


def test_a_configuration_file_leads_no_package_astray(checkout: Checkout) -> None:
    """What holds for variables holds for pip's files; the index is still taken from them."""
    configuration = checkout.home / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(
        f"[global]\nfind-links =\n  {checkout.home.as_uri()}\n  {checkout.index.as_uri()}\n"
        f"[install]\nuser = true\ntarget = {checkout.home}/elsewhere\nno-index = true\n"
    )
    done = checkout.make(PIP_FIND_LINKS="", PIP_NO_INDEX="")
    assert done.returncode == 0, done.stderr
    assert checkout.installed() == "1.0"
    assert not (checkout.home / "elsewhere").exists()


def test_a_private_umask_is_kept(checkout: Checkout) -> None:
    """Where files are nobody else's by default the environment works and is nobody else's."""
    assert checkout.make(umask=0o077).returncode == 0
    assert checkout.installed() == "1.0"
    assert (checkout.folder / ".venv").stat().st_mode & 0o077 == 0


def test_the_environment_is_made_anew_when_something_under_it_changed(checkout: Checkout) -> None:
    """A new lock, a moved folder and an interrupted installation need nothing by hand."""
    assert checkout.make().returncode == 0
    mark = checkout.folder / ".venv" / "mark"
    mark.touch()
    assert checkout.make().returncode == 0
    assert mark.exists()
    checkout.lock("2.0")
    assert checkout.make().returncode == 0
    assert checkout.installed() == "2.0"
    moved = checkout.folder.with_name("moved")
    checkout.folder.rename(moved)
    checkout.folder = moved
    assert checkout.make().returncode == 0
    assert checkout.installed() == "2.0"
    (moved / ".venv" / "bin" / "python").unlink()
    assert checkout.make().returncode == 0
    assert checkout.installed() == "2.0"


def test_a_package_that_is_not_the_locked_one_is_refused(checkout: Checkout) -> None:
    """The hash decides, and what failed is tried again by the next call."""
    wheel = checkout.index / "gadget-1.0-py3-none-any.whl"
    good = wheel.read_bytes()
    wheel.write_bytes((checkout.index / "gadget-2.0-py3-none-any.whl").read_bytes())
    done = checkout.make()
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    wheel.write_bytes(good)
    assert checkout.make().returncode == 0
    assert checkout.installed() == "1.0"


def test_a_folder_of_somebody_elses_is_not_cleared(checkout: Checkout) -> None:
    """A mistyped name costs nobody an environment, or a folder of pictures."""
    other = checkout.home / "pictures"
    other.mkdir()
    (other / "gate.jpg").touch()
    done = subprocess.run(
        [sys.executable, "make_environment.py", str(other), "--lock", "requirements-dev.lock"],
        cwd=checkout.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "was not made by make" in done.stderr
    assert (other / "gate.jpg").exists()


def test_a_python_without_pip_gets_what_python_brings(checkout: Checkout, tmp_path: Path) -> None:
    """Debian's python3-venv alone is enough."""
    if not ensurepip_works():
        pytest.skip("this machine's Python has no ensurepip")
    done = checkout.make(bare_python(tmp_path / "bare"))
    assert done.returncode == 0, done.stderr
    assert checkout.installed() == "1.0"


def test_a_python_with_nothing_says_what_to_do(checkout: Checkout, tmp_path: Path) -> None:
    """Where there is neither pip nor ensurepip the message names what to install."""
    done = checkout.make(bare_python(tmp_path / "bare", "ensurepip"))
    assert done.returncode != 0
    assert "apt-get install python3-pip" in done.stderr
    assert "Traceback" not in done.stderr


def ensurepip_works() -> bool:
    """Whether this machine's Python brings a pip for new environments."""
    base = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run([base, "-m", "ensurepip", "--version"], check=False).returncode == 0


def bare_python(folder: Path, *missing: str) -> str:
    """This machine's Python with its standard library, or less, and no other package."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = folder / "lib" / version
    library.mkdir(parents=True)
    for entry in Path(os.__file__).parent.iterdir():
        if entry.name not in ("site-packages", "dist-packages", "__pycache__", *missing):
            (library / entry.name).symlink_to(entry)
    (folder / "bin").mkdir()
    program = folder / "bin" / version
    shutil.copy(Path(getattr(sys, "_base_executable", sys.executable)).resolve(), program)
    return str(program)
