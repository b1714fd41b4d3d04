"""The Dockerfile, as far as it can be judged without building it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HADOLINT = Path(sys.executable).with_name("hadolint")


def lint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    """What hadolint says of it."""
    return subprocess.run(
        [HADOLINT, "--no-color", "-"],
        input=dockerfile, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_hadolint_finds_nothing() -> None:
    """The image is built as images should be."""
    done = lint(DOCKERFILE)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(r"--no-cache-dir ", ""), (r"USER 10001:10001", "USER root")],
)
def test_hadolint_would_find_something(right: str, wrong: str) -> None:
    """The linter is no rubber stamp."""
    assert lint(re.sub(right, wrong, DOCKERFILE)).returncode != 0


def test_the_base_is_pinned_and_named_without_a_registry() -> None:
    """Every stage begins with the same Python, from whatever mirror the site has."""
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}


def test_every_package_is_installed_by_its_hash() -> None:
    """What is installed from outside is what was locked."""
    installs = re.findall(r"pip (?:--python \S+ )?install[^&]*?(?:\n(?!    )|\Z)", DOCKERFILE)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install


def test_the_program_runs_as_nobody_in_particular() -> None:
    """The last user named is a number that is not root."""
    user = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)[-1]
    assert all(int(number) > 0 for number in user)


def test_the_context_holds_what_is_copied_and_nothing_else() -> None:
    """Neither secrets nor data can get into an image by accident."""
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


def test_the_wheel_is_built_with_what_is_locked_for_it() -> None:
    """The Dockerfile builds without isolation: the build's requirements must be in its lock."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    locked = (ROOT / "requirements-build.lock").read_text()
    for requirement in needed:
        assert f"{requirement} \\" in locked
