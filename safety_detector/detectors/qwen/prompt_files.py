"""Prompts as files that people edit: one TOML file for each kind and language.

``SAFETY_PROMPT_DIR`` names their folder; ``detection-zh.toml`` in it takes the place of the
built-in words.  A file holds ``version``, ``instruction`` and ``question`` and nothing else.
Whatever cannot be used is refused when a process starts, with what is wrong: a prompt that is
silently not asked would be believed to be.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safety_detector.detectors.qwen.crop_prompts import BUILT_IN_CROP_WORDS, crop_form
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompt_words import (
    PromptForm,
    PromptWords,
    filled_words,
    version_of,
)
from safety_detector.detectors.qwen.prompts import BUILT_IN_WORDS, DETECTION, detection_form
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause

SUFFIX = ".toml"

MOST_BYTES = 64 * 1024
"""Of one file: eight times what a prompt may say, in three bytes a character."""

MOST_FILES = 100
"""In the folder; more were put there by mistake."""

_KEYS = ("version", "instruction", "question")

_HEAD = """\
# What the language model is asked: {name}.
#
# Change `version` with the words: results carry it, with a digest of the words behind it, so that
# no two wordings are taken for each other. The folder of this file is named by SAFETY_PROMPT_DIR.
# Check it: safety-detector prompts check {name}.toml
#
# The program fills (those with * must stay):
{places}

"""


@dataclass(frozen=True, slots=True)
class PromptKind:
    """One kind of prompt in one language: what its words must hold, and the built-in ones."""

    form: PromptForm
    built_in: PromptWords


def prompt_kinds(dialect: Dialect) -> dict[str, PromptKind]:
    """All that the model may be asked, by name: ``detection-zh`` and so on."""
    kinds = [
        PromptKind(detection_form(language, dialect), BUILT_IN_WORDS[language])
        for language in LANGUAGES
    ]
    kinds += [
        PromptKind(crop_form(question, language), BUILT_IN_CROP_WORDS[question][language])
        for question in CropQuestion
        for language in LANGUAGES
    ]
    return {kind.form.name: kind for kind in kinds}


def version_of_file(words: PromptWords, kind: PromptKind) -> str:
    """The version that results carry when a file's words are asked."""
    values = kind.form.values
    return version_of(filled_words(words, values), filled_words(kind.built_in, values))


def detection_name(language: Language) -> str:
    """The name of the prompt for whole pictures in a language."""
    return f"{DETECTION}-{language}"


def crop_name(question: CropQuestion, language: Language) -> str:
    """The name of the prompt for one place in a picture."""
    return crop_form(question, language).name


def read_prompt_folder(folder: Path, kinds: Mapping[str, PromptKind]) -> dict[str, PromptWords]:
    """The words of each file in the folder, by the name of their kind, all without problems.

    Raises:
        ConfigurationInvalid: the folder or a file cannot be read, a file's name is none of a
            kind, or its words leave out what the reader of the answer needs.
    """
    return {path.stem: read_prompt_file(path, kinds) for path in prompt_paths(folder)}


def prompt_paths(folder: Path) -> list[Path]:
    """The files in the folder that should hold prompts, in the order of their names.

    Names that begin with a dot are others' (``..data`` of Kubernetes, ``._x`` of macOS).

    Raises:
        ConfigurationInvalid: it cannot be read, or holds far too many.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as exc:
        raise ConfigurationInvalid(
            "prompt-folder-unreadable", path=folder, cause=system_cause(exc)
        ) from exc
    paths = [
        folder / name
        for name in names
        if name.lower().endswith(SUFFIX) and not name.startswith(".")
    ]
    if len(paths) > MOST_FILES:
        raise ConfigurationInvalid(
            "prompt-folder-too-full", path=folder, files=len(paths), limit=MOST_FILES
        )
    return paths


def read_prompt_file(path: Path, kinds: Mapping[str, PromptKind]) -> PromptWords:
    """The words of one file, which may be asked as they are.

    Raises:
        ConfigurationInvalid: as for ``read_prompt_folder``.
    """
    kind = kinds.get(path.stem)
    if kind is None or path.suffix != SUFFIX:
        close = difflib.get_close_matches(path.stem.lower(), kinds, n=1)
        raise ConfigurationInvalid(
            "prompt-file-of-no-kind",
            path=path,
            nearest=f"{(close or list(kinds))[0]}{SUFFIX}",
            known=", ".join(f"{name}{SUFFIX}" for name in kinds),
        )
    document = _parse(path)
    problems = [f"{key} is missing" for key in _KEYS if key not in document]
    problems += [f"{key} is no text" for key in _KEYS if not isinstance(document.get(key, ""), str)]
    problems += [
        f"{key[:40]!r} is no part of a prompt file{_nearest(key)}"
        for key in document
        if key not in _KEYS
    ]
    words = PromptWords(*(_text(document.get(key)) for key in _KEYS))
    if not problems:
        problems = kind.form.problems(words)
    if problems:
        raise ConfigurationInvalid("prompt-file-invalid", path=path, problems="; ".join(problems))
    return words


def prompt_file(kind: PromptKind) -> str:
    """The text of a file with the built-in words of a kind, to be edited."""
    form, words = kind.form, kind.built_in
    must_stay = {*form.needed, *form.later}
    filled_with = dict.fromkeys(form.later, "(for each picture)") | dict(form.values)
    places = "\n".join(
        f"# {'*' if name in must_stay else ' '} {{{name}}}  {value}"
        for name, value in filled_with.items()
    )
    return (
        f"{_HEAD.format(name=form.name, places=places)}"
        f'version = "{words.version}"\n\n'
        f"instruction = '''\n{words.instruction}'''\n\n"
        f"question = '''\n{words.question}'''\n"
    )


def _parse(path: Path) -> dict[str, object]:
    try:
        if not path.is_file():  # a pipe would be waited for
            raise ConfigurationInvalid("prompt-file-no-file", path=path)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigurationInvalid("unreadable", path=path, cause=system_cause(exc)) from exc
    if len(content) > MOST_BYTES:
        raise ConfigurationInvalid("prompt-file-too-large", path=path, limit=MOST_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigurationInvalid("prompt-file-not-utf8", path=path) from exc
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:  # numbers of thousands of digits are values too
        cause = exc if isinstance(exc, tomllib.TOMLDecodeError) else "no words, but data"
        raise ConfigurationInvalid("prompt-file-no-toml", path=path, cause=cause) from exc


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key.lower(), _KEYS, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (there are {', '.join(_KEYS)})"
