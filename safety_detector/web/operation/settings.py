"""The settings with which a process was started: value and origin, secrets masked."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from safety_detector.documents.document import Document
from safety_detector.observability.logs import mask_secrets
from safety_detector.settings import PREFIX, Origin, Settings, is_secret, source_of


class SettingDocument(Document):
    """One setting as it is in force."""

    name: str = Field(description="Of its variable.", examples=["SAFETY_LANGUAGE"])
    value: Any = Field(description="In force; of a secret only that there is one.", examples=["zh"])
    source: Origin = Field(description="Where the value comes from.", examples=["environment"])
    secret: bool = Field(description="Whether the value is masked.", examples=[False])
    description: str | None = Field(
        description="What it does.", examples=["Language of pictures and reports: en or zh."]
    )


def setting_documents(settings: Settings) -> tuple[SettingDocument, ...]:
    """Every setting, in the order of ``docs/settings.md``."""
    return tuple(
        SettingDocument(
            name=PREFIX + name.upper(),
            value=_shown(getattr(settings, name)),
            source=source_of(name),
            secret=is_secret(field),
            description=field.description,
        )
        for name, field in Settings.model_fields.items()
    )


def _shown(value: Any) -> Any:
    """The value as JSON; of a secret only that there is one."""
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, tuple):
        return [mask_secrets(str(part)) for part in value]
    if isinstance(value, str):
        return mask_secrets(value)
    if value is None or isinstance(value, bool | int | float | dict):
        return value
    total_seconds = getattr(value, "total_seconds", None)
    return total_seconds() if total_seconds else str(value)
