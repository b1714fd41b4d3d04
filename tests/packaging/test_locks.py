"""The locks next year: each package has a newer release, and the one that they pin is withdrawn."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]
NEWER = "9999"

# Debian 12's, the one of Python 3.11, and a recent one.
PIPS = {
    "23.0.1": "236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f",
    "23.2.1": "7ccf472345f20d35bdc9d1841ff5f313260c2c33fe417f48c30ac46cccabf5be",
    "26.3": "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13",
}


@dataclass(frozen=True)
class Locked:
    """A package as a lock pins it."""

    requirement: Requirement
    hashed: bool

    @property
    def version(self) -> str:
        """The only version that will do."""
        (pin,) = self.requirement.specifier
        assert pin.operator == "==", self.requirement
        return pin.version


def read_lock(path: Path) -> list[Locked]:
    """The packages of a lock."""
    entries = path.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return [
        Locked(Requirement(entry.partition("--hash")[0]), "--hash=sha256:" in entry)
        for entry in entries
        if entry.strip() and not entry.lstrip().startswith("#")
    ]


def write_wheel(folder: Path, name: str, version: str, known: Distribution | None) -> str:
    """Puts a wheel without content on the index, which asks for what the real one does.

    Returns its SHA-256.
    """
    stem = f"{name.replace('-', '_')}-{version}"
    asked = (known.requires or []) if known else []
    extras = known.metadata.get_all("Provides-Extra", []) if known else []
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in asked]
    lines += [f"Provides-Extra: {one}" for one in extras]
    page = folder / name
    page.mkdir(exist_ok=True)
    path = page / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    yanked = "" if version == NEWER else "data-yanked"
    with (page / "index.html").open("a", encoding="utf-8") as index:
        index.write(f'<a href="{path.name}" {yanked}>{path.name}</a><br>\n')
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed(name: str, path: Path | None = None) -> Distribution | None:
    """The package in the environment of this Python, or in the folder; None if it is not there."""
    try:
        return (
            next(iter(distributions(name=name, path=[str(path)]))) if path else distribution(name)
        )
    except (PackageNotFoundError, StopIteration):
        return None


def next_year(lock: Path, folder: Path, environment: Path | None = None) -> Path:
    """The same lock on an index where all that it pins is withdrawn; the lock for that index.

    What each package asks for is taken from the real ones, in the environment of this Python or in
    the ``site-packages`` that is named; the wheels are empty.
    """
    folder.mkdir()
    lines = []
    entries = [one.requirement for one in read_lock(lock)]
    # Ours is not in the locks; whoever installs its wheel by them has it resolved with the rest.
    if lock.name in LOCKS[:2]:
        entries.append(Requirement(f"safety-detector=={distribution('safety-detector').version}"))
    for entry in entries:
        (pin,) = entry.specifier
        name = canonicalize_name(entry.name)
        known = installed(name, environment)
        digest = write_wheel(folder, name, pin.version, known)
        write_wheel(folder, name, NEWER, known)
        lines.append(f"{entry} --hash=sha256:{digest}")
    out = folder / "next-year.lock"
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return out


def install(pip: Path, lock: Path) -> subprocess.CompletedProcess[str]:
    """What this pip would install by the lock, from the index that the lock is in and no other."""
    command = [str(getattr(sys, "_base_executable", sys.executable)), str(pip / "pip")]
    command += ["install", "--dry-run", "--ignore-installed", "--require-hashes"]
    command += ["--index-url", lock.parent.as_uri(), "--requirement", str(lock)]
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(lock.parent),
        "PIP_CONFIG_FILE": os.devnull,
    }
    return subprocess.run(
        [*command, "--no-cache-dir", "--disable-pip-version-check"],
        env=variables, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module", params=PIPS)
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pip of this version, from the index that pip is configured with."""
    folder = tmp_path_factory.mktemp("pip")
    wanted = folder / "pip.txt"
    wanted.write_text(f"pip=={request.param} --hash=sha256:{PIPS[request.param]}\n")
    python = str(getattr(sys, "_base_executable", sys.executable))
    fetched = subprocess.run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
         "--requirement", str(wanted), "--dest", str(folder), "--retries", "1"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if fetched.returncode:
        pytest.skip(f"no pip {request.param} from the index: {fetched.stderr.strip()[-200:]}")
    with zipfile.ZipFile(next(folder.glob("pip-*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_installs_when_everything_has_a_newer_release(
    name: str, pip: Path, tmp_path: Path
) -> None:
    """What installs today installs next year, with whatever pip the machine brought."""
    done = install(pip, next_year(ROOT / name, tmp_path / "index"))
    assert done.returncode == 0, done.stderr
    assert f"-{NEWER}" not in done.stdout.partition("Would install")[2]


def test_the_tools_install_when_everything_has_a_newer_release(pip: Path, tmp_path: Path) -> None:
    """The environment of ``make audit`` and ``make fuzz`` is locked like the others."""
    environments = list(ROOT.glob(".venv-tools/lib/*/site-packages"))
    if not environments:
        pytest.skip("what the tools ask for is known where `make tools` made their environment")
    lock = next_year(ROOT / "requirements-tools.lock", tmp_path / "index", environments[0])
    done = install(pip, lock)
    assert done.returncode == 0, done.stderr
    assert f"-{NEWER}" not in done.stdout.partition("Would install")[2]


@pytest.mark.parametrize("pip", ["23.2.1"], indirect=True)
def test_a_lock_without_extras_would_not(pip: Path, tmp_path: Path) -> None:
    """The index is no rubber stamp: names without their extras stop an old pip there."""
    lock = next_year(ROOT / "requirements-dev.lock", tmp_path / "index")
    stripped = re.sub(r"^([\w.-]+)\[[^]]*]", r"\1", lock.read_text(), flags=re.MULTILINE)
    assert stripped != lock.read_text()
    lock.write_text(stripped)
    assert "all requirements must have their versions pinned" in install(pip, lock).stderr


@pytest.mark.parametrize("name", [*LOCKS, "requirements-tools.lock", "training/requirements.txt"])
def test_a_lock_pins_every_package_with_its_hash(name: str) -> None:
    """Nothing in it is whatever is newest, or whatever an index hands out."""
    packages = read_lock(ROOT / name)
    assert packages
    for one in packages:
        assert one.version
        assert one.hashed, one.requirement
