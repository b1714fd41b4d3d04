"""Writes docs/settings.md from the settings themselves: python docs/make_settings.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from safety_detector.settings import PREFIX, Settings, is_secret

TARGET = Path(__file__).with_name("settings.md")

INTRODUCTION = """\
# Settings

Environment variables, or lines of a `.env` file in the current folder (the environment wins). Lists
are separated by commas, durations are in seconds. A setting marked *secret* may also be read from a
file that the same name with `_FILE` names. `safety-detector config` shows the effective values and
where each comes from; an unknown `SAFETY_*` name is warned about.

| setting | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_meaning(field)} |\n"
        for name, field in Settings.model_fields.items()
    )


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}`"
    if value is None or isinstance(value, SecretStr) or value in ((), {}):
        return ""
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{value}`"


def _meaning(field: FieldInfo) -> str:
    secret = " *Secret.*" if is_secret(field) else ""
    return (field.description or "").replace("|", "\\|") + secret


if __name__ == "__main__":
    TARGET.write_text(settings_page(), encoding="utf-8")
