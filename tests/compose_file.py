"""``docker-compose.yml`` as Compose reads it: variables filled in, anchors and merges resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).parents[1]
INT4_ENV = ROOT / "deploy" / "int4.env"

# $$ is a dollar sign; ${NAME:-default} takes the default for an empty value too, ${NAME-default}
# for a missing one alone.
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<operator>:?-)(?P<default>[^}]*))?\}")


def read_compose(variables: Mapping[str, str | None] | None = None) -> dict[str, Any]:
    """The file's content, with nothing left to be resolved.

    Args:
        variables: of Compose's environment.
    """
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(_filled_in(text, variables or {}))
    return content


def int4_variables() -> dict[str, str | None]:
    """The environment of the deployment with four int4 servers."""
    return dotenv_values(INT4_ENV)


def _filled_in(text: str, variables: Mapping[str, str | None]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        given = variables.get(match["name"])
        if given or (given == "" and match["operator"] == "-"):
            return given
        return match["default"] or ""

    return _VARIABLE.sub(value, text)
