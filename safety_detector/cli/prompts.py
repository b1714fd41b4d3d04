"""What ``safety-detector prompts`` does: list, show, check and copy what the model is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, WRONG_USAGE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.detectors.qwen.prompt_files import (
    SUFFIX,
    PromptKind,
    prompt_file,
    prompt_kinds,
    prompt_paths,
    read_prompt_file,
    version_of_file,
)
from safety_detector.detectors.qwen.prompt_words import PromptWords, filled_words
from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause
from safety_detector.settings import Settings
from safety_detector.wiring import qwen_dialect, read_prompts


def run_prompts_list(*, as_json: bool) -> int:
    """Prints each prompt with its version and its source; returns the exit code.

    Raises:
        ConfigurationInvalid: a prompt of the site's own cannot be used.
    """
    settings = settings_with_warnings()
    kinds = prompt_kinds(qwen_dialect(settings))
    own = read_prompts(settings)
    rows = [_described(name, kind, own, settings) for name, kind in kinds.items()]
    if as_json or not stdout_is_terminal():
        for row in rows:
            print_json_line(row)
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("prompt", "version", "asked", "from"):
        table.add_column(column)
    for row in rows:
        asked = "yes" if row["asked"] else "no"
        cells = (row["name"], row["version"], asked, row["file"] or "built in")
        table.add_row(*(Text(printable(one)) for one in cells))
    Console(highlight=False).print(table)
    return DONE


def run_prompts_show(name: str, *, as_json: bool) -> int:
    """Prints one prompt as it is sent; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no prompt of that name, or the site's own cannot be used.
    """
    settings = settings_with_warnings()
    kinds = prompt_kinds(qwen_dialect(settings))
    [(_, kind)] = _named([name], kinds)
    own = read_prompts(settings)
    words = filled_words(own.get(kind.form.name, kind.built_in), kind.form.values)
    document = _described(kind.form.name, kind, own, settings) | {
        "instruction": words.instruction,
        "question": words.question,
    }
    if as_json or not stdout_is_terminal():
        print_json_line(document)
        return DONE
    console = Console(highlight=False)
    console.print(f"{kind.form.name}, version {document['version']}", style="bold", markup=False)
    console.print(words.instruction, markup=False, soft_wrap=True)
    console.print("\n(the picture)\n", style="dim")
    console.print(words.question, markup=False, soft_wrap=True)
    return DONE


def run_prompts_check(paths: list[Path], *, as_json: bool) -> int:
    """Says of each file whether it can be used; returns the exit code, 2 if one cannot.

    Raises:
        ConfigurationInvalid: there is nothing to check.
    """
    settings = settings_with_warnings()
    kinds = prompt_kinds(qwen_dialect(settings))
    where = paths or ([settings.prompt_dir] if settings.prompt_dir else [])
    files = [one for path in where for one in (prompt_paths(path) if path.is_dir() else [path])]
    if not files:
        raise ConfigurationInvalid("no-prompt-to-check")
    console = Console(highlight=False)
    is_sound = True
    for path in files:
        row: dict[str, Any] = {"file": str(path), "ok": True, "version": None, "problem": None}
        try:
            words = read_prompt_file(path, kinds)
            row["version"] = version_of_file(words, kinds[path.stem])
        except ConfigurationInvalid as exc:
            row |= {"ok": False, "problem": exc.message}
            is_sound = False
        if as_json or not stdout_is_terminal():
            print_json_line(row)
        else:
            found = f"can be used, version {row['version']}" if row["ok"] else row["problem"]
            style = None if row["ok"] else "red"
            console.print(printable(f"{path}: {found}"), style=style, markup=False, soft_wrap=True)
    return DONE if is_sound else WRONG_USAGE


def run_prompts_copy(names: list[str], folder: Path) -> int:
    """Writes the built-in prompts as files; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no such prompt, or the folder cannot be written.
    """
    settings = settings_with_warnings()
    kinds = prompt_kinds(qwen_dialect(settings))
    wanted = _named(names, kinds) if names else kinds.items()
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, kind in wanted:
            path = folder / f"{name}{SUFFIX}"
            try:
                with path.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(prompt_file(kind))
            except FileExistsError:
                stderr.print(printable(f"{path} is there already and was left alone."))
                continue
            written += 1
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=folder, cause=system_cause(exc)) from exc
    stderr.print(
        printable(
            f"{written} files in {folder}. Edit them, give each a new version, and set "
            f"SAFETY_PROMPT_DIR={folder.absolute()}; those that you do not need may go."
        ),
        soft_wrap=True,
    )
    return DONE


def _described(
    name: str, kind: PromptKind, own: Mapping[str, PromptWords], settings: Settings
) -> dict[str, Any]:
    is_own = name in own and settings.prompt_dir is not None
    return {
        "name": name,
        "version": version_of_file(own[name], kind) if is_own else kind.built_in.version,
        "asked": kind.form.language == settings.qwen_prompt_language,
        "file": str(Path(settings.prompt_dir or "") / f"{name}{SUFFIX}") if is_own else None,
    }


def _named(names: Iterable[str], kinds: Mapping[str, PromptKind]) -> list[tuple[str, PromptKind]]:
    found = []
    for name in names:
        kind = kinds.get(name.removesuffix(SUFFIX))
        if kind is None:
            raise ConfigurationInvalid("no-such-prompt", name=name, known=", ".join(kinds))
        found.append((kind.form.name, kind))
    return found
