"""``safety-detector parse``: what is read from a raw model answer, and what is dropped and why."""

from __future__ import annotations

import re
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.detectors.qwen.answer.document import parse_document
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import ConfigurationInvalid

_SIZE = re.compile(r"(\d{1,6})[xX×](\d{1,6})")

# An answer has at most a few thousand characters; more than this was piped in by mistake.
_MAX_ANSWER_BYTES = 16 * 2**20

_STATUS_TEXT = {
    "complete": "complete: every object of the answer was read",
    "truncated": "truncated: the answer ends inside an object; whole objects before it count",
    "none": "none: the answer says that there is nothing",
    "unparseable": "unparseable: no box can be read; this is not the same as nothing found",
}


def run_parse(
    image_size: str | None, sent_size: str | None, model: str | None, *, as_json: bool
) -> int:
    """Reads an answer from stdin and prints what became of it; returns the exit code.

    Raises:
        ConfigurationInvalid: a size is not WxH, stdin holds far more than an answer, or the model's
            name does not say how it writes boxes.
        PictureUnsuitable: the model takes no picture of that size.
    """
    settings = settings_with_warnings()
    original, sent = _parse_size(image_size), _parse_size(sent_size)
    # A dialect's name is a name that says its dialect.
    answered_by = model or settings.qwen_dialect or settings.qwen_model
    if sys.stdin.isatty():
        stderr.print("Paste the model's answer, then press Ctrl-D.")
    data = sys.stdin.buffer.read(_MAX_ANSWER_BYTES + 1)
    if len(data) > _MAX_ANSWER_BYTES:
        raise ConfigurationInvalid("stdin-too-long", limit=_MAX_ANSWER_BYTES)
    text = data.decode("utf-8", errors="replace")
    document = parse_document(text, original, sent, answered_by)
    if as_json or not stdout_is_terminal():
        print_json_line(document)
    else:
        _print_for_people(document)
    return DONE


def _parse_size(text: str | None) -> ImageSize | None:
    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None or int(match[1]) == 0 or int(match[2]) == 0:
        raise ConfigurationInvalid("not-a-size", text=text)
    return ImageSize(int(match[1]), int(match[2]))


def _print_for_people(document: dict[str, Any]) -> None:
    console = Console(highlight=False)
    console.print(_STATUS_TEXT[document["status"]], markup=False)
    _print_boxes(console, "Read from the text", document["boxes_read"], "bbox", "sub_label")
    if document["detections"] is None:
        console.print("Boxes are not mapped: give --image-size or --sent-size.")
    else:
        _print_boxes(
            console, "Detections on the original", document["detections"], "bbox_2d", "sub_label"
        )
    _print_boxes(console, "Dropped", document["dropped"], "bbox", "reason")
    if document["incomplete_reason"]:
        console.print(f"Incomplete: {document['incomplete_reason']}.", markup=False)


def _print_boxes(
    console: Console, title: str, rows: list[dict[str, Any]], box_key: str, last_key: str
) -> None:
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(
        title=f"{title}: {len(rows)}",
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
    )
    for row in rows:
        box = row[box_key]
        corners = "no box" if box is None else ", ".join(f"{value:g}" for value in box)
        cells = (corners, row["label"] or "–", row[last_key] or "–")
        table.add_row(*(Text(printable(str(cell))) for cell in cells))
    console.print(table)
