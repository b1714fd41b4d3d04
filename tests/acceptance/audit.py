"""Known vulnerabilities of packages: ``python -m tests.acceptance.audit PIP_AUDIT LOCKFILE``.

Runs pip-audit (the program that is named) and judges what it found.  By itself it says "No known
vulnerabilities found" with exit status 0 also where it could look nothing up, as offline or behind
a mirror without PyPI's data; here silence is not safety.  The exit status is 0 where every package
was looked up and none is known to be vulnerable, 1 where one is, and 2 where packages could not be
looked up: nothing is known of those then.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

SOUND, VULNERABLE, UNKNOWN = 0, 1, 2

_MOST_NAMED = 5


def look_up(program: str, lock: str) -> list[Mapping[str, Any]]:
    """What pip-audit says of each package; empty where it cannot ask at all."""
    command = [program, "--disable-pip", "--require-hashes", "--requirement", lock]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError, TypeError):  # it ended with an error of its own
        sys.stderr.write(done.stderr)
        return []


def judge(packages: Sequence[Mapping[str, Any]]) -> int:
    """Says what is known of the packages; the exit status."""
    unknown = [str(one["name"]) for one in packages if "skip_reason" in one]
    vulnerable = [one for one in packages if one.get("vulns")]
    for one in vulnerable:
        ids = ", ".join(str(found["id"]) for found in one["vulns"])
        say(f"{one['name']} {one['version']}: {ids}")
    known = len(packages) - len(unknown)
    say(f"pip-audit: {known} packages looked up, {len(vulnerable)} of them with vulnerabilities.")
    if unknown or not packages:
        named = ", ".join(unknown[:_MOST_NAMED]) + (", ..." if len(unknown) > _MOST_NAMED else "")
        say(
            f"NOT AUDITED: {named or 'every package'} ({len(unknown) or 'all'}).  Nothing is known "
            "of their vulnerabilities: the package index that was asked has no such data.  Run "
            "`make audit` again on a machine that reaches PyPI itself."
        )
    if vulnerable:
        return VULNERABLE
    return UNKNOWN if unknown or not packages else SOUND


def say(line: str) -> None:
    """Prints a line."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Looks the packages up and judges them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pip_audit", help="the program, from an environment of its own")
    parser.add_argument("lock", help="the lock file")
    options = parser.parse_args()
    return judge(look_up(options.pip_audit, options.lock))


if __name__ == "__main__":
    sys.exit(main())
