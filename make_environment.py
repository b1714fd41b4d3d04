"""Makes a Python environment with locked packages; only the standard library is needed.

    python3 make_environment.py .venv --lock requirements-dev.lock --editable .

What is there already and made of the same lock by the same Python stays as it is.  The environment
is filled from outside and has no pip, because Debian's python3 has venv but not ensurepip.

Of what pip is configured with, by variables or files, only where packages come from counts here
(index, certificate, proxy, cache, …): ``user = true`` or ``PIP_TARGET`` would put the packages
elsewhere, ``PIP_CONSTRAINT`` would change them.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

_OLDEST = (3, 11)
_STAMP = ".installed"

# The first pip that fills another environment (`--python`).
_OLDEST_PIP = (22, 3)

# Where packages come from; nothing else of pip's configuration is heard.
_SOURCES = (
    "cache-dir", "cert", "client-cert", "default-timeout", "extra-index-url", "find-links",
    "index-url", "keyring-provider", "no-cache-dir", "no-index", "proxy", "resume-retries",
    "retries", "timeout", "trusted-host", "use-deprecated", "use-feature",
)  # fmt: skip
# Later ones win, as in pip.
_SECTIONS = ("global", "install", ":env:")

# What would change which modules are found, or take assertions out of the tests.
_PYTHON_VARIABLES = ("PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV")


def main() -> int:
    """Makes the environment that the arguments describe; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the environment; made anew if it is outdated")
    parser.add_argument("--lock", type=Path, required=True, help="what to install")
    parser.add_argument("--editable", type=Path, help="a project to install without its packages")
    parser.add_argument(
        "--complete",
        action="store_true",
        help="the lock names every package and no hashes: install it as it is, ask nobody else",
    )
    options = parser.parse_args()
    if sys.version_info < _OLDEST:
        return _refuse("Python 3.11 or newer is needed; name one with make PYTHON=python3.11")
    folder: Path = options.folder.absolute()
    wanted = _fingerprint(folder, options.lock, options.editable)
    present = _read_stamp(folder)
    if present == wanted:
        return 0
    pip = _Pip(folder)
    if not present or {**present, "project": None} != {**wanted, "project": None}:
        if not _may_be_cleared(folder):
            return _refuse(
                f"{folder} is there and was not made by make; remove it, or name another."
            )
        _say(
            f"Making {options.folder} with {_count(options.lock)} packages of {options.lock.name}; "
            "the first time this takes a minute or two ..."
        )
        venv.create(folder, clear=True, symlinks=True)
        (folder / _STAMP).touch()  # also if it ends here, it is known as ours
        how = ["--no-deps"] if options.complete else ["--require-hashes"]
        pip.install(*how, "--requirement", str(options.lock))
    if options.editable:
        _say(f"Installing this project into {options.folder} ...")
        pip.install("--no-deps", "--no-build-isolation", "--editable", str(options.editable))
    (folder / _STAMP).write_text(json.dumps(wanted), encoding="utf-8")
    return 0


def _say(step: str) -> None:
    # On stderr, which has no buffer: pip is silent for minutes behind it.
    sys.stderr.write(f"{step}\n")


def _count(lock: Path) -> int:
    """How many packages a lock file pins."""
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def _refuse(reason: str) -> int:
    _say(reason)
    return 1


def _fingerprint(folder: Path, lock: Path, project: Path | None) -> dict[str, str | None]:
    """What an environment depends on; another one has to be made if any of it is different."""
    return {
        # A copied or moved environment has programs that start the old one's Python.
        "folder": str(folder),
        "python": f"{sys.version} {sys.base_prefix}",
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest(),
        "project": project
        and hashlib.sha256((project / "pyproject.toml").read_bytes()).hexdigest(),
    }


def _read_stamp(folder: Path) -> dict[str, str | None] | None:
    """What the environment in the folder was made of; None where there is no whole one."""
    # Its Python is gone where the machine's was replaced.
    if not (folder / "bin" / "python").exists():
        return None
    try:
        return dict(json.loads((folder / _STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _may_be_cleared(folder: Path) -> bool:
    """Whether the folder is missing, empty, one of ours, or an environment inside the checkout."""
    if not folder.exists() or (folder / _STAMP).exists() or not any(folder.iterdir()):
        return True
    return (folder / "pyvenv.cfg").exists() and folder.is_relative_to(Path.cwd())


class _Pip:
    """A pip that fills the environment in a folder, whatever it is configured for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = {
            name: value for name, value in os.environ.items() if name not in _PYTHON_VARIABLES
        }
        self.command: list[str] | None = None

    def install(self, *arguments: str) -> None:
        """Runs ``pip install``.

        Raises:
            SystemExit: there is no pip, or it failed and has said why.
        """
        if self.command is None:
            self.command = self._find()
            self._forget_but_sources()
        python = str(self.folder / "bin" / "python")
        command = [*self.command, "--python", python, "install", "--quiet", *arguments]
        done = subprocess.run(command, env=self.variables, check=False)
        if done.returncode:
            raise SystemExit(done.returncode)

    def _find(self) -> list[str]:
        """The command that runs a pip which is new enough.

        Raises:
            SystemExit: there is none, nor the means to make one.
        """
        # This Python's, or that of the one which it is an environment of.
        base = getattr(sys, "_base_executable", sys.executable)
        for program in dict.fromkeys([sys.executable, base]):
            if self._version(program) >= _OLDEST_PIP:
                return [program, "-m", "pip"]
        # Debian's python3-venv without python3-pip: the pip that Python has for new environments.
        own = self.folder / ".pip"
        with contextlib.suppress(subprocess.CalledProcessError):
            venv.create(own, clear=True, symlinks=True, with_pip=True)
        program = str(own / "bin" / "python")
        if self._version(program) >= _OLDEST_PIP:
            return [program, "-m", "pip"]
        raise SystemExit(
            f"{sys.executable} has no pip of version 22.3 or newer.  Install it (on Debian: "
            "apt-get install python3-pip), or name another Python with make PYTHON=..."
        )

    def _version(self, program: str) -> tuple[int, ...]:
        """The version of this Python's pip; () if it has none."""
        said = self._ask(program, "-m", "pip", "--version").split()  # pip 23.0.1 from …
        return tuple(int(part) for part in said[1].split(".")[:2]) if len(said) > 1 else ()

    def _forget_but_sources(self) -> None:
        """Takes all that pip is configured with away, but for where packages come from."""
        found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
        for line in self._ask(*(self.command or ()), "config", "list").splitlines():
            name, _, shown = line.partition("=")
            section, _, key = name.rpartition(".")
            value = str(ast.literal_eval(shown)).strip() if key in _SOURCES else ""
            if value and section in found:
                # Several addresses stand on a line each in a file, and in a row in a variable.
                found[section][key] = value.replace("\n", " ")
        for name in [name for name in self.variables if name.startswith("PIP_")]:
            del self.variables[name]
        for section in _SECTIONS:
            for key, value in found[section].items():
                self.variables[f"PIP_{key.upper().replace('-', '_')}"] = value
        self.variables |= {
            "PIP_CONFIG_FILE": os.devnull,  # what counts of the files is in variables now
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }

    def _ask(self, *command: str) -> str:
        """What a program prints; empty if it fails."""
        asked = subprocess.run(
            command, env=self.variables, capture_output=True, text=True, check=False
        )
        return asked.stdout if asked.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
