"""Rules of incidents in files."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause
from safety_detector.value_faults import in_words

_MOST_BYTES = 1 << 20

Rules = TypeVar("Rules", bound=BaseModel)


def read_rules_file(path: Path, form: type[Rules]) -> Rules:
    """The rules that a file says.

    Raises:
        ConfigurationInvalid: it cannot be read, or says what cannot be; the message names it.
    """
    try:
        with path.open("rb") as file:
            written = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigurationInvalid(
            "rules-unreadable", path=str(path), cause=system_cause(exc)
        ) from exc
    if len(written) > _MOST_BYTES:
        raise ConfigurationInvalid("rules-too-large", path=str(path), limit=_MOST_BYTES)
    try:
        return form.model_validate_json(written)
    except ValidationError as exc:
        faults = exc.errors(include_url=False, include_input=False)[:3]
        told = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'file'}: {in_words(one)}" for one in faults
        )
        raise rules_invalid(path, f"{told}.") from exc


def rules_invalid(path: Path, problems: str) -> ConfigurationInvalid:
    """What a file says of rules cannot be, for these reasons."""
    return ConfigurationInvalid("rules-invalid", path=str(path), problems=problems)
