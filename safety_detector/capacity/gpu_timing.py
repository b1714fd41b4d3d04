"""How long 4 × T4 take for what they are asked: a model of Qwen2.5-VL-7B, fp16, over four cards.

Nobody has measured this machine here.  What is known of it: one stream gets 30 tokens a second (the
user's own figure), the weights take 15.2 GB (so a T4 at 320 GB/s needs at least 11 ms to read its
quarter for one decode step), and the arithmetic of the design for requests whose instruction is not
cached, derated by the same third as the user's figure.  The three constants below were solved from
two of its rows and give all six:

================  ======  ======  ======
pictures/s        480p    720p    1080p
visual tokens     391     1,196   2,691
16 in flight      2.2     1.5     0.9
one at a time     0.33    0.31    0.27
================  ======  ======  ======

- the step from 480p to 1080p costs 0.65 s at 16 in flight, for 2,300 visual tokens: 0.28 ms each;
- a cached instruction halves the prefill of a VGA frame: 421 tokens of text cost as much as 391
  visual ones, 0.26 ms each (a visual token passes the vision tower as well);
- what is left of one 480p request alone is 2.8 s, 84 tokens at 30 a second, an answer of two boxes;
- what is left of one of 16 is 0.236 s, so the step that gives 16 streams a token takes 44.9 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_TOKENS = 84
"""Of the answer behind the table: two boxes of 40 tokens and what is around them."""

TEXT_TOKENS = 421
"""Of the text behind the table: the Chinese instruction (390), the question and the template."""

MAX_RUNNING = 16
"""``--max-num-seqs`` of the recommended start."""

STEP_TOKENS = 2048
"""``max_num_batched_tokens``: what one step computes at most, vLLM's default for a server."""

BLOCK_TOKENS = 16
"""Of the prefix cache: it reuses whole blocks only; vLLM's default on a GPU."""

CONTEXT_TOKENS = 8192
"""``--max-model-len`` of the recommended start."""

KV_TOKENS = 600_000
"""Tokens that fit beside the weights: (4 × 16 GB × 0.9 - 15.2 GB - 8 GB) / 57,344 bytes a token
(28 layers, 4 heads of 128 for keys and for values, 2 bytes)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that each kind of work takes one server, all cards of which work on it together.

    Attributes:
        cards: graphics cards of the server: one of its seconds is so many GPU-seconds.
        visual_token_s: prefill of one visual token, vision tower included.
        text_token_s: prefill of one token of text.
        one_stream_s: a step that decodes one token of one stream.
        more_streams_s: what each further stream adds to it.
    """

    cards: int = 4
    visual_token_s: float = 0.28e-3
    text_token_s: float = 0.26e-3
    one_stream_s: float = 1 / 30
    more_streams_s: float = (44.9e-3 - 1 / 30) / 15

    def step_s(self, decoding: int, visual_tokens: int, text_tokens: int) -> float:
        """How long one step takes.

        Args:
            decoding: streams that get a token in it.
            visual_tokens: of prompts, computed in the same step.
            text_tokens: likewise.
        """
        prefill = visual_tokens * self.visual_token_s + text_tokens * self.text_token_s
        if not decoding:
            return prefill
        return prefill + self.one_stream_s + (decoding - 1) * self.more_streams_s
