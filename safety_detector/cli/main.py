"""The ``safety-detector`` command: its options, its help, and what happens to errors."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from safety_detector import __version__
from safety_detector.cli.exit_codes import DONE, exit_code_for
from safety_detector.errors import SafetyDetectorError

app = typer.Typer(
    name="safety-detector",
    help=(
        "Finds fire, smoke and missing safety helmets in pictures, on your own machines.\n\n"
        "Try: safety-detector detect samples/*.jpg --annotated out --pdf out/report.pdf"
    ),
    epilog=(
        "Results go to stdout (JSON unless it is a terminal), progress and errors to stderr. "
        "Exit codes: 0 done, 1 hazards found and --fail-on-hazard given, 2 wrong usage, "
        "3 part of the pictures failed, 4 a service that is needed is unreachable."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class BackendChoice(StrEnum):
    """Values of ``--backend``."""

    QWEN = "qwen"
    EMBEDDED = "embedded"


class LanguageChoice(StrEnum):
    """Values of ``--lang``."""

    EN = "en"
    ZH = "zh"


LangOption = Annotated[
    LanguageChoice | None,
    typer.Option(
        "--lang",
        help="Language of labels and reports; also adds names in that language to the JSON. "
        "Default: SAFETY_LANGUAGE, else en.",
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="JSON on stdout even if stdout is a terminal."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"safety-detector {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Runs before each command."""


@app.command()
def detect(
    images: Annotated[
        list[str], typer.Argument(help="Picture files or http(s) URLs.", metavar="IMAGE...")
    ],
    backend: Annotated[
        BackendChoice | None,
        typer.Option(
            help="Detector. Default: SAFETY_BACKEND; unset, qwen where SAFETY_QWEN_URLS is set, "
            "else embedded."
        ),
    ] = None,
    json: JsonOption = False,
    annotated: Annotated[
        Path | None,
        typer.Option(help="Folder for the annotated pictures; made if missing.", metavar="DIR"),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Write a PDF report of all pictures.", metavar="FILE")
    ] = None,
    lang: LangOption = None,
    fail_on_hazard: Annotated[
        bool, typer.Option("--fail-on-hazard", help="Exit with 1 if any picture shows a hazard.")
    ] = False,
) -> None:
    """Inspect pictures here and now; no server needed.

    Prints a table on a terminal, otherwise one JSON object a line, in the order given. A picture
    that cannot be inspected fails alone (exit code 3).
    """
    from safety_detector.cli.detect import DetectOptions, run_detect

    options = DetectOptions(
        backend=backend.value if backend else None,
        as_json=json,
        annotated_dir=annotated,
        pdf=pdf,
        language=lang.value if lang else None,
        fail_on_hazard=fail_on_hazard,
    )
    raise typer.Exit(run_detect(images, options))


@app.command()
def parse(
    image_size: Annotated[
        str | None,
        typer.Option(help="Size of the upright original, e.g. 1920x1080.", metavar="WxH"),
    ] = None,
    sent_size: Annotated[
        str | None,
        typer.Option(
            help="Size at which the model saw it. Default: computed from the image size.",
            metavar="WxH",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Model that answered; decides how its boxes are read.", metavar="NAME"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Explain a raw model answer (on stdin): what is read from it, what is dropped and why.

    Example: safety-detector parse --image-size 1920x1080 < answer.txt
    """
    from safety_detector.cli.parse import run_parse

    raise typer.Exit(run_parse(image_size, sent_size, model, as_json=json))


@app.command()
def doctor(json: JsonOption = False) -> None:
    """Check that everything this machine needs is there, and say what to do where it is not."""
    from safety_detector.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(as_json=json))


@app.command()
def config(json: JsonOption = False) -> None:
    """Show every setting with its effective value and where it comes from; secrets masked."""
    from safety_detector.cli.config import run_config

    raise typer.Exit(run_config(as_json=json))


def main() -> None:
    """Entry point of the console script: runs a command and turns our errors into exit codes."""
    try:
        app()
    except SafetyDetectorError as exc:
        typer.echo(f"safety-detector: {exc.message}", err=True)
        sys.exit(exit_code_for(exc))
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone.  Python would complain again when it
        # flushes stdout at exit, so stdout is pointed elsewhere first.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
