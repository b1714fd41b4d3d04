"""File names whose bytes do not say in which encoding they are.

UTF-8 shows itself by its form.  Of the others those are told apart that old programs on Chinese,
Japanese and Western systems write: GBK, Shift-JIS and Windows-1252.  Names are too short for
statistics of letters (charset-normalizer 3.5 reads none of ten Chinese names as GBK), but the
encodings differ in where they put what people write: GB 2312's 3,755 everyday characters begin with
B0 to D7 and JIS's kana with 82 and 83, and a Western name has single letters beyond ASCII among
plain ones.
"""

from __future__ import annotations

from collections.abc import Callable

_LONGEST_BYTES = 4096  # what is longer is no name, and takes long to guess at


def decode_name(raw: bytes, declared: str | None = None) -> str:
    """The name that was meant.

    Args:
        raw: its bytes.
        declared: an encoding that goes with it; one that is unknown, or that does not fit, is left
            out of account.
    """
    if len(raw) > _LONGEST_BYTES:
        return raw.decode("utf-8", "replace")
    for encoding in (declared, "utf-8"):
        if encoding:
            try:
                return raw.decode(encoding)
            except (LookupError, UnicodeError, ValueError):
                continue
    best = max(_CANDIDATES, key=lambda candidate: _likelihood(raw, *candidate))
    return raw.decode(best[0], "replace")


def readable_text(text: str) -> str:
    """A message with names of files in it, without the half characters that stand for odd bytes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _likelihood(raw: bytes, encoding: str, score: Callable[[str, bytes, str, str], float]) -> float:
    """How much the name looks like one in this encoding: mean over the bytes beyond ASCII."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return -10.0  # may still be the least bad
    total, count = 0.0, 0
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if character.isascii():
            continue
        written = character.encode(encoding)
        total += score(character, written, before, after) * len(written)
        count += len(written)
    return total / max(count, 1)


def _chinese(_character: str, written: bytes, _before: str, _after: str) -> float:
    if len(written) != 2 or written[1] < 0xA1:
        return -0.5  # beyond GB 2312
    if 0xB0 <= written[0] <= 0xD7:
        return 1.0  # level 1, by pronunciation
    if 0xD8 <= written[0] <= 0xF7:
        return 0.35  # level 2, by radical
    return 0.4 if 0xA1 <= written[0] <= 0xA9 else -0.5  # signs, full-width letters, kana


def _japanese(_character: str, written: bytes, _before: str, _after: str) -> float:
    if len(written) == 1:
        return -0.3  # half-width kana: all of Windows-1252's letters and GB 2312 look like them
    place = int.from_bytes(written)
    if 0x829F <= place <= 0x82F1 or 0x8340 <= place <= 0x8396:
        return 1.0  # kana
    if 0x889F <= place <= 0x9872:
        return 0.7  # level 1
    if 0x8140 <= place <= 0x829E:
        return 0.4  # signs, full-width letters
    return -0.5


def _western(character: str, _written: bytes, before: str, after: str) -> float:
    if not character.isalpha():
        return -0.3
    # A letter that stands between plain ones, or ends or begins a word of them.
    plain = [one.isascii() and one.isalpha() for one in (before, after)]
    if character.isupper() and before.islower():
        return -0.2  # no word is written so
    return 0.9 if all(plain) else 0.8 if any(plain) else -0.2


_CANDIDATES = (("gb18030", _chinese), ("cp932", _japanese), ("cp1252", _western))
