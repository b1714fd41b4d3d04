"""How many tokens a text has for Qwen's models, nearly.

Text is cut by a pattern instead of the model's vocabulary, which cannot be passed on.  Beside the
real one it counts 368 for 390 tokens of the Chinese instruction, 352 for 355 of the English one, 80
for 81 of an answer of two boxes, and 13,427 for 13,906 of 56 real answers.
"""

from __future__ import annotations

import functools
import re

_TOKEN = re.compile(
    r"<\|\w+\|>"  # marks of the chat template
    r"|[^\r\n\w]?[A-Za-z]+|[\u4e00-\u9fff]{1,2}|\d|[，。；：、“”（）]"
    r"| ?[!-/:-@\[-`{-~]+\n*|\s*\n|\s+|.",
    re.DOTALL,
)


@functools.lru_cache(maxsize=256)
def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a text; together they are the text.

    >>> len(tokens_of('{"answer": "fire"}'))
    7
    """
    return tuple(_TOKEN.findall(text))
