"""``safety-detector prompts``: its commands, their options and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList

prompts = typer.Typer(
    cls=CommandList,
    help="What the language model is asked: see it, change it, check it.\n\n"
    "A prompt is a TOML file (detection-zh.toml) in the folder that SAFETY_PROMPT_DIR names; where "
    "there is none the built-in words are asked. Files are read when a process starts. Whether a "
    "new wording is better: safety-detector eval SET --against OLD.json (docs/evaluation.md).\n\n"
    "Example: safety-detector prompts copy --to prompts",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_Name = Annotated[
    str, typer.Argument(help="As list shows it, for example detection-zh.", metavar="NAME")
]


@prompts.command("list")
def prompts_list(json: _Json = False) -> None:
    """List the prompts, with the version that results carry, and where each is from."""
    from safety_detector.cli.prompts import run_prompts_list

    raise typer.Exit(run_prompts_list(as_json=json))


@prompts.command("show")
def prompts_show(name: _Name, json: _Json = False) -> None:
    """Print a prompt as it is sent, its places filled."""
    from safety_detector.cli.prompts import run_prompts_show

    raise typer.Exit(run_prompts_show(name, as_json=json))


@prompts.command("check")
def prompts_check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, or a folder of them. Default: SAFETY_PROMPT_DIR.", metavar="[PATH]..."
        ),
    ] = None,
    json: _Json = False,
) -> None:
    """Say of prompt files whether they can be used, and what is missing; exit code 2 if one cannot.

    Example: safety-detector prompts check prompts/detection-zh.toml
    """
    from safety_detector.cli.prompts import run_prompts_check

    raise typer.Exit(run_prompts_check(paths or [], as_json=json))


@prompts.command("copy")
def prompts_copy(
    to: Annotated[
        Path, typer.Option("--to", help="Folder for the files; made if missing.", metavar="DIR")
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(help="As list shows them. Default: all.", metavar="[NAME]..."),
    ] = None,
) -> None:
    """Write the built-in prompts as files to begin with; files that are there are left alone."""
    from safety_detector.cli.prompts import run_prompts_copy

    raise typer.Exit(run_prompts_copy(names or [], to))
