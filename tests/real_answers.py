"""The collection of published answers of Qwen models, where it lies beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

REPLIES = Path(__file__).parents[2] / "shared" / "data" / "replies" / "replies.jsonl"


def real_answers() -> list[dict[str, Any]]:
    """The rows of the collection; skips the test where it is missing."""
    if not REPLIES.exists():
        pytest.skip(f"the collection of real answers is not at {REPLIES}")
    return [json.loads(line) for line in REPLIES.read_text("utf-8").splitlines()]
