"""``--data-dir`` for every command about a service: ``SAFETY_DATA_DIR`` by an option."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

_P = ParamSpec("_P")
_R = TypeVar("_R")

_OPTION = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="The service's data folder. Default: SAFETY_DATA_DIR, else data in this folder.",
        metavar="DIR",
    ),
]


def with_data_dir(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Adds ``--data-dir`` to a command.

    It sets the environment variable, so that settings are read from one place and the processes
    that a command starts see the same folder.
    """

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        folder = kwargs.pop("data_dir", None)
        if folder is not None:
            os.environ["SAFETY_DATA_DIR"] = str(folder)
        return command(*args, **kwargs)

    option = inspect.Parameter(
        "data_dir", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_OPTION
    )
    signature = inspect.signature(command, eval_str=True)
    signature = signature.replace(parameters=[*signature.parameters.values(), option])
    # Typer makes the options of these two.
    run.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    setattr(run, "__signature__", signature)  # noqa: B010 (mypy knows no such attribute)
    return run
