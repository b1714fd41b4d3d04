"""The words of a prompt as people write them, and what they must hold.  Pure.

Words have places in braces, ``{limit}``, that the program fills: what it counts, maps and reads by
has to be said to the model as it is.  A file of a site's own may say everything else differently;
one that leaves out what the reader of the answer needs is refused with what is missing.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from safety_detector.domain.hazards import Language

LONGEST_WORDS = 8_000
"""Characters of an instruction and its question together: about 5,000 tokens, a third of the
context that a server with 16,384 tokens has, and three times the longest built-in one."""

DIGEST_DIGITS = 8
"""Of the SHA-256 of the words, in a version: enough to tell any two wordings of a site apart."""

# A name in braces; JSON's braces hold quotes, spaces or other braces and are words.
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# A site's name for its wording.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
# Four numbers in brackets, with ASCII or full-width signs between them.
_EXAMPLE_BOX = re.compile(r"[\[［]\s*\d+(?:\.\d+)?(?:\s*[,，、]\s*\d+(?:\.\d+)?){3}\s*[\]］]")
# <|im_end|>, <|vision_start|>: tokenizers take them for the signs that end a message.
_CONTROL_TOKEN = re.compile(r"<\|[^|<>]{1,40}\|>")
_ALLOWED_CONTROLS = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class PromptWords:
    """What is said to the model, its places not filled yet.

    Attributes:
        version: the name of the wording, ``zh-1``.
        instruction: the system message.
        question: the words behind the picture.
    """

    version: str
    instruction: str
    question: str


@dataclass(frozen=True, slots=True)
class Part:
    """Something that the reader of an answer needs to have been said.

    Attributes:
        text: stands in the words, once their places are filled.
        why: what goes wrong without it, in a few words.
    """

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class PromptForm:
    """What the words of one kind of prompt in one language must hold.

    Attributes:
        kind: ``detection``, ``crop-fire-smoke``, …; part of the file's name.
        language: the other part.
        values: what each place is filled with.
        needed: places that must be there, with why.
        parts: texts that must be there once the places are filled.
        later: places of the question that are filled for each picture; each must be there.
        boxes: whether the answer holds boxes, so that an example of one would come back.
    """

    kind: str
    language: Language
    values: Mapping[str, str]
    needed: Mapping[str, str]
    parts: tuple[Part, ...]
    later: Collection[str] = ()
    boxes: bool = True

    @property
    def name(self) -> str:
        """Kind and language, as files are called."""
        return f"{self.kind}-{self.language}"

    def problems(self, words: PromptWords) -> list[str]:
        """What keeps the words from being used, each in a sentence; empty if nothing does."""
        found = _sign_problems(words) + _place_problems(words, self)
        asked = filled_words(words, self.values)
        said = f"{asked.instruction}\n{asked.question}"
        if len(said) > LONGEST_WORDS:
            found.append(f"it has {len(said):,} characters, the limit is {LONGEST_WORDS:,}")
        for part in self.parts:
            # What a missing place would have brought was named already.
            if not _says(said, part.text, self.parts) and not _is_brought_by(part.text, self):
                found.append(f'"{part.text}" is missing: {part.why}')
        example = _EXAMPLE_BOX.search(said)
        if self.boxes and example is not None:
            found.append(
                f"{example[0]} is an example of a box, and models answer with it; write "
                "[x1, y1, x2, y2]"
            )
        return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; names that are no places of it stay as they are.

    >>> filled('at most {limit}, {"label": …}', {"limit": "10"})
    'at most 10, {"label": …}'
    """
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def filled_words(words: PromptWords, values: Mapping[str, str]) -> PromptWords:
    """The words with their places filled."""
    return PromptWords(
        words.version, filled(words.instruction, values), filled(words.question, values)
    )


def version_of(words: PromptWords, built_in: PromptWords) -> str:
    """Name and digest of filled words: two wordings never have one version.

    A copy of the built-in words that nobody changed, its name neither, has their version.

    >>> built_in = PromptWords("en-1", "Find fire and smoke.", "Answer.")
    >>> version_of(PromptWords("site-3", "Find fire.", "Answer."), built_in)
    'site-3+d6dadae9'
    >>> version_of(built_in, built_in)
    'en-1'
    """
    if words == built_in:
        return built_in.version
    said = f"{words.instruction}\n{words.question}".encode()
    return f"{words.version}+{hashlib.sha256(said).hexdigest()[:DIGEST_DIGITS]}"


def _sign_problems(words: PromptWords) -> list[str]:
    found = []
    if _VERSION.fullmatch(words.version) is None:
        found.append(
            f"version {words.version[:40]!r} is none: 1 to 32 letters, digits, dots, dashes, "
            "for example gate-2"
        )
    for name, text in (("instruction", words.instruction), ("question", words.question)):
        if not text.strip():
            found.append(f"{name} is empty")
        odd = sorted({one for one in text if _is_odd(one)})
        if odd:
            found.append(f"{name} holds the control character {odd[0]!a}")
        token = _CONTROL_TOKEN.search(text)
        if token is not None:
            found.append(f"{name} holds {token[0]}, which servers take for the end of a message")
    return found


def _is_odd(char: str) -> bool:
    is_control = ord(char) < 32 or 127 <= ord(char) < 160 or "\ud800" <= char <= "\udfff"
    return is_control and char not in _ALLOWED_CONTROLS


def _place_problems(words: PromptWords, form: PromptForm) -> list[str]:
    text = f"{words.instruction}\n{words.question}"
    used = {place[1]: None for place in _PLACE.finditer(text)}
    known = {*form.values, *form.later}
    found = [
        f"{{{name}}} is no place that the program fills{_nearest(name, known)}"
        for name in used
        if name not in known
    ]
    found += [
        f"{{{name}}} is missing: {why}" for name, why in form.needed.items() if name not in used
    ]
    asked = {place[1] for place in _PLACE.finditer(words.question)}
    found += [
        f"{{{name}}} is missing in the question: it is filled for each picture"
        for name in form.later
        if name not in asked
    ]
    told = {place[1] for place in _PLACE.finditer(words.instruction)}
    found += [
        f"{{{name}}} is filled in the question alone: the instruction is the same for each picture"
        for name in form.later
        if name in told
    ]
    return found


def _says(said: str, text: str, parts: Collection[Part]) -> bool:
    """Whether a word is said for itself: ``sub_label`` says no ``label``, 未佩戴 no 佩戴."""
    for longer in {part.text for part in parts if text in part.text and text != part.text}:
        said = said.replace(longer, " ")
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_])", said) is not None


def _is_brought_by(text: str, form: PromptForm) -> bool:
    return any(text in form.values.get(name, "") for name in form.needed)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    listed = ", ".join(f"{{{one}}}" for one in sorted(known))
    return f" (did you mean {{{close[0]}}}?)" if close else f" (there are {listed})"
