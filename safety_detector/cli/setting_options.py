"""Options that stand for settings: ``--data-dir`` and those of commands that listen.

Each sets its environment variable, so that settings are read from one place and the processes that
a command starts see the same.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

_P = ParamSpec("_P")
_R = TypeVar("_R")

_DATA_DIR: Mapping[str, Any] = {
    "data_dir": Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            help="The service's data folder. Default: SAFETY_DATA_DIR, else data in this folder.",
            metavar="DIR",
        ),
    ]
}

_LISTENING: Mapping[str, Any] = {
    "root_path": Annotated[
        str | None,
        typer.Option(
            "--root-path",
            help="Prefix under which a proxy serves the API, like /safety, whether it takes it off "
            "or not; links and the API's pages then have it. Default: SAFETY_ROOT_PATH, else none.",
            metavar="PATH",
        ),
    ],
    "tls_cert": Annotated[
        Path | None,
        typer.Option(
            "--tls-cert",
            help="PEM file with the certificate (and its chain): the API then speaks https. "
            "Default: SAFETY_TLS_CERT, else plain http.",
            metavar="FILE",
        ),
    ],
    "tls_key": Annotated[
        Path | None,
        typer.Option(
            "--tls-key",
            help="PEM file with the certificate's key, where it is not in the same file; its "
            "password: SAFETY_TLS_KEY_PASSWORD_FILE. Default: SAFETY_TLS_KEY.",
            metavar="FILE",
        ),
    ],
}


def with_data_dir(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Adds ``--data-dir`` to a command."""
    return _with_options(command, _DATA_DIR)


def with_listening_options(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Adds the options of a command that serves the API."""
    return _with_options(command, _LISTENING)


def _with_options(command: Callable[_P, _R], options: Mapping[str, Any]) -> Callable[_P, _R]:
    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for name in options:
            value = kwargs.pop(name, None)
            if value is not None:
                from safety_detector.settings import PREFIX  # `--help` does without

                os.environ[PREFIX + name.upper()] = str(value)
        return command(*args, **kwargs)

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in options.items()
    ]
    signature = inspect.signature(command, eval_str=True)
    signature = signature.replace(parameters=[*signature.parameters.values(), *added])
    # Typer makes the options of these two.
    run.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    setattr(run, "__signature__", signature)  # noqa: B010 (mypy knows no such attribute)
    return run
