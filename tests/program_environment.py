"""The environment of the programs that tests and benchmarks start."""

from __future__ import annotations

import os


def program_environment() -> dict[str, str]:
    """This process's environment without a setting of the machine's, for a program of ours.

    Of a disk as little is kept free as of the smallest: what hundreds of services keep by default
    would fill it, and where it is nearly full none of them would accept anything.
    """
    inherited = {name: value for name, value in os.environ.items() if "SAFETY_" not in name}
    return inherited | {"SAFETY_MIN_FREE_DISK": "16MiB", "SAFETY_DISK_RESERVE": "8MiB"}
