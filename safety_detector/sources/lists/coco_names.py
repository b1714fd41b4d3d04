"""The pictures that a labelled set in COCO format names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

from safety_detector.errors import ConfigurationInvalid


def looks_like_coco(path: Path, head: bytes) -> bool:
    """Whether a file is taken for COCO rather than for a list of paths."""
    return path.suffix.lower() == ".json" and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_coco_names(path: Path) -> tuple[Path, list[str]]:
    """The folder of the pictures, and their names in the order of the file.

    The folder is looked for as ``eval`` does: ``images/`` beside the file, else what the file
    names (``info.pictures``), else the file's own.

    Raises:
        ConfigurationInvalid: it is no COCO.
        OSError: it cannot be read.
    """
    try:
        document: dict[str, Any] = from_json(path.read_bytes())
        names = [str(one["file_name"]) for one in document["images"]]
    except (ValueError, LookupError, TypeError) as exc:
        raise ConfigurationInvalid("json-but-no-coco", path=path, cause=exc) from exc
    info = document.get("info")
    named = info.get("pictures") if isinstance(info, dict) else None
    folders = [path.parent / "images", *([Path(named)] if isinstance(named, str) else [])]
    return next((one for one in folders if one.is_dir()), path.parent), names
