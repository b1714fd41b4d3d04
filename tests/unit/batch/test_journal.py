"""Lines of the journal, read back."""

from __future__ import annotations

import json

import pytest

from safety_detector.batch.journal import read_document


@pytest.mark.parametrize(
    "document",
    [
        {"name": "东门/火.jpg", "score": 0.87, "none": None, "list": [1, -2, 3.5e300], "": {}},
        {"model": "half of a pair: \ud83d"},
        {"number": 12345678901234567890123, "flag": True},
    ],
)
def test_whatever_was_written_is_read_back(document: dict[str, object]) -> None:
    """The parser reads every document that Python writes, half characters included."""
    assert read_document(json.dumps(document).encode() + b"\n") == document


@pytest.mark.parametrize("line", [b"", b"nonsense\n", b'{"a": 1\n', b"\xff\xfe\n", b'{"a": 1} x\n'])
def test_what_is_no_json_is_a_value_error(line: bytes) -> None:
    """A line that nobody can read is told apart from one that says little."""
    with pytest.raises(ValueError, match=r".*"):
        read_document(line)
