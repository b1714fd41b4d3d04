"""Reads a set for fine-tuning back with the service's own reader, and refuses it where it differs.

Sets are edited by hand, put together, and written by other programs; what they say then is no
longer what people judged, and nobody sees it in a loss curve.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from safety_detector.datasets.finetuning.conversations import PICTURE_MARK
from safety_detector.datasets.finetuning.samples import SampleRecord
from safety_detector.datasets.labelled import Side
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import AnnotationsInvalid, PictureRefused, SafetyDetectorError
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.pictures.images import read_header

LABELS_FILE = "labels.jsonl"
SAMPLE_FILES = {Side.TRAIN: "train.jsonl", Side.VALIDATION: "validation.jsonl"}

NAMED_PROBLEMS = 5
"""How many problems an error names before it only counts the rest."""

_LONGEST_LINE = 1_000_000
"""Bytes; an instruction, a question and ten objects are some thousand."""

_ROLES = ["system", "user", "assistant"]


class _Message(BaseModel):
    role: str
    content: str


class _Sample(BaseModel):
    messages: list[_Message]
    images: list[str]


@dataclass(slots=True)
class ReadBack:
    """How a reading went.

    Attributes:
        samples: how many there are, by side.
        sides: the side of each group: what looks alike stays together.
        problems: the first few, for people.
        wrong: how many problems there are.
    """

    samples: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    sides: dict[str, Side] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    wrong: int = 0

    def note(self, problem: str) -> None:
        """Counts a problem; the first few are kept."""
        self.wrong += 1
        if len(self.problems) < NAMED_PROBLEMS:
            self.problems.append(problem)

    def refuse_if_wrong(self, path: object) -> None:
        """Raises if anything was noted.

        Raises:
            AnnotationsInvalid: the message names the first few.
        """
        if not self.wrong:
            return
        more = self.wrong - len(self.problems)
        listed = "; ".join(self.problems) + (f"; and {more} more" if more else "")
        raise AnnotationsInvalid(
            "finetuning-set-inexact", path=path, listed=listed, problems=self.wrong
        )


def read_back_folder(folder: Path) -> ReadBack:
    """Reads every sample of a set and compares it with its labels and its picture.

    Raises:
        AnnotationsInvalid: it is no such set, or says something else than its labels do.
    """
    labels = folder / LABELS_FILE
    found = ReadBack()
    try:
        for side, name in SAMPLE_FILES.items():
            with labels.open("rb") as records:
                own = (one for one in _records(records) if one.side is side)
                path = folder / name
                if path.exists():
                    with path.open("rb") as samples:
                        compare(samples, own, side, found, folder)
                else:
                    compare(iter(()), own, side, found, folder)
    except OSError as exc:
        raise AnnotationsInvalid(
            "finetuning-set-unreadable", path=folder, cause=system_cause(exc)
        ) from exc
    except ValueError as exc:
        cause = " ".join(str(exc).split())[:300]
        raise AnnotationsInvalid("finetuning-set-unreadable", path=labels, cause=cause) from exc
    found.refuse_if_wrong(folder)
    return found


def compare(
    samples: Iterable[bytes],
    records: Iterable[SampleRecord],
    side: Side,
    found: ReadBack,
    folder: Path | None = None,
) -> None:
    """Compares the lines of a file of samples with the records of the same side, in order.

    Args:
        samples: the lines.
        records: what they should say.
        side: of both.
        found: where it is noted.
        folder: in which the pictures lie; None looks at none.
    """
    name = SAMPLE_FILES[side]
    for number, (line, record) in enumerate(zip_longest(samples, records), start=1):
        if line is None or record is None:
            what = "labels" if line is None else "samples"
            found.note(f"{name}: line {number} and what follows have {what} alone")
            return
        found.samples[side] += 1
        problem = _problem(line, record, folder, found)
        if problem:
            found.note(f"{name}, line {number} ({record.picture}): {problem}")


def _records(file: IO[bytes]) -> Iterator[SampleRecord]:
    for number, line in enumerate(_lines(file), start=1):
        try:
            yield SampleRecord.model_validate_json(line)
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"line {number}: {where} {first['msg']}") from exc


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _problem(line: bytes, record: SampleRecord, folder: Path | None, found: ReadBack) -> str | None:
    if found.sides.setdefault(record.group, record.side) is not record.side:
        return f"{record.group} is in both files: what looks alike would be learnt and then asked"
    try:
        sample = _Sample.model_validate(json.loads(line))
    except (ValidationError, ValueError, RecursionError):
        return "not a sample with messages and images"
    if [one.role for one in sample.messages] != _ROLES:
        return "its messages are not system, user, assistant"
    marks = [one.content.count(PICTURE_MARK) for one in sample.messages]
    if marks != [0, 1, 0] or not sample.messages[1].content.startswith(PICTURE_MARK):
        return f"it does not hold {PICTURE_MARK} once, before the question"
    if sample.images != [record.picture]:
        return f"it shows {', '.join(sample.images)[:120] or 'no picture'}"
    try:
        fault = record.fault_of(sample.messages[2].content)
    except (ValueError, SafetyDetectorError) as exc:
        return f"its labels cannot be: {exc}"
    if fault is not None:
        return f"the answer does not read back exactly: {Reason(fault)}"
    return None if folder is None else _picture_problem(folder / record.picture, record.sent_size)


def _picture_problem(path: Path, sent: ImageSize) -> str | None:
    try:
        header = read_header(path.read_bytes())
    except OSError as exc:
        return f"its picture cannot be read: {system_cause(exc)}"
    except PictureRefused as exc:
        return f"its picture cannot be read: {exc}"
    if header.orientation != 1:
        return "its picture is stored turned, which programs that train do not undo"
    return None if header.size == sent else f"its picture has {header.size} pixels, not {sent}"
