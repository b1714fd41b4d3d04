"""What the server was seen to do, collected by the tests and written down for readers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

_HEAD = """\
# What vLLM {version} really does

Written by `make contract`: the real server on a CPU, with the flags of `docker-compose.yml`
(without those for the cards) and a tiny Qwen2.5-VL with random weights, asked through our own
client. It says nothing about accuracy or speed; it is the truth about the protocol. Every line is a
test.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the record.

    Attributes:
        section: heading that it belongs under.
        asked: what was done.
        said: what the server did, with the figures of this run.
    """

    section: str
    asked: str
    said: str


def add_finding(path: Path, finding: Finding) -> None:
    """Appends a line to the file of this run."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(finding), ensure_ascii=False) + "\n")


def read_findings(path: Path) -> list[Finding]:
    """The lines of a run."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Finding(**json.loads(line)) for line in lines]


def write_record(findings: list[Finding], folder: Path) -> Path:
    """Writes the page; returns its path."""
    version = next(one.said for one in findings if one.asked == "`/version`")
    path = folder / f"contract-vllm-{'.'.join(version.split('.')[:2])}.md"
    path.write_text(_page(findings, version), encoding="utf-8")
    return path


def _page(findings: list[Finding], version: str) -> str:
    parts = [_HEAD.format(version=version)]
    for section, lines in groupby(findings, key=lambda one: one.section):
        rows = "".join(f"| {_cell(one.asked)} | {_cell(one.said)} |\n" for one in lines)
        parts.append(f"\n## {section}\n| asked | seen |\n|---|---|\n{rows}")
    return "".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
