"""``weights``: its options and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.setting_options import with_data_dir

weights = typer.Typer(
    cls=CommandList,
    help="Check, install and take back weights of the embedded detector.\n\n"
    "Weights that were trained on pictures of your own site (training/README.md) are installed "
    "only if they forget nothing: they are asked what the weights in use answer right, on pictures "
    "that come with the program and on your site's own, and lose on no kind of question.\n\n"
    "Example: safety-detector weights install out/retrained.onnx --dataset export",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_File = Annotated[Path, typer.Argument(help="ONNX file of ours.", metavar="FILE")]
_Dataset = Annotated[
    Path | None,
    typer.Option(
        help="Judged pictures of this site that the weights have not learnt from: the folder that "
        "dataset export --format coco wrote (its validation part counts), or a COCO file.",
        metavar="PATH",
    ),
]


@weights.command("list")
@with_data_dir
def list_weights(json: _Json = False) -> None:
    """Show which weights are in use, and which were before.

    Example: safety-detector weights list
    """
    from safety_detector.cli.weights import run_weights_list

    raise typer.Exit(run_weights_list(as_json=json))


@weights.command()
@with_data_dir
def check(file: _File, dataset: _Dataset = None, json: _Json = False) -> None:
    """Ask other weights what those in use answer right; changes nothing.

    Exit code 3 if they lose on any kind of question. The pictures that come with the program show
    whether something was forgotten altogether, not how good weights are: give --dataset, too.

    Example: safety-detector weights check out/retrained.onnx --dataset export
    """
    from safety_detector.cli.weights import run_weights_check

    raise typer.Exit(run_weights_check(file, dataset, as_json=json))


@weights.command()
@with_data_dir
def install(file: _File, dataset: _Dataset = None, json: _Json = False) -> None:
    """Check weights as check does, and put a copy of them to use if they lose nothing.

    The copy lies in the data folder, and those in use before stay there. Workers take weights up
    when they are started anew.

    Example: safety-detector weights install out/retrained.onnx --dataset export
    """
    from safety_detector.cli.weights import run_weights_install

    raise typer.Exit(run_weights_install(file, dataset, as_json=json))


@weights.command()
@with_data_dir
def back(json: _Json = False) -> None:
    """Put the weights to use again that were in use before; at last those of the program.

    Example: safety-detector weights back
    """
    from safety_detector.cli.weights import run_weights_back

    raise typer.Exit(run_weights_back(as_json=json))
