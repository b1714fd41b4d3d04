"""What vLLM's scheduler does with requests, step by step; pure, the caller keeps the time.

Continuous batching: a step gives each answer that is being written one token, and computes prompts
with what is left of its budget.  Requests beyond ``MAX_RUNNING`` wait in front, first come, first
served.  Blocks of a prompt that were computed before, from its first token on, are not computed
again.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from safety_detector.capacity.gpu_timing import (
    BLOCK_TOKENS,
    KV_TOKENS,
    MAX_RUNNING,
    STEP_TOKENS,
    Timing,
)


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """A prompt as the model sees it.

    Attributes:
        tokens: in order; each of a picture's is a name of the picture's content.
        visual: where the picture's tokens stand.
    """

    tokens: Sequence[str]
    visual: range


@dataclass(eq=False, slots=True)
class Request:
    """One request and how far it has come.

    Attributes:
        prompt: what is asked.
        output_tokens: how many tokens its answer has.
        cached: tokens of the prompt that were there already.
        computed: tokens of the prompt that are there now.
        written: tokens of the answer so far.
    """

    prompt: PromptTokens
    output_tokens: int
    cached: int = 0
    computed: int = 0
    written: int = 0

    @property
    def uncomputed(self) -> int:
        """Tokens of the prompt that are still to be computed."""
        return len(self.prompt.tokens) - self.computed

    @property
    def is_decoding(self) -> bool:
        """Whether the prompt is computed."""
        return not self.uncomputed

    @property
    def is_done(self) -> bool:
        """Whether the whole answer is written."""
        return self.written >= self.output_tokens


@dataclass(frozen=True, slots=True)
class Step:
    """Work of the machine that ends at once for all.

    Attributes:
        duration_s: how long it takes.
        writes: requests that get a token at its end.
        prefill: requests with how many tokens of their prompts are computed in it.
    """

    duration_s: float
    writes: tuple[Request, ...]
    prefill: tuple[tuple[Request, int], ...]


@dataclass(slots=True)
class Counts:
    """Tokens since the start, as ``/metrics`` has them."""

    prompt: int = 0
    cached: int = 0
    written: int = 0


class PrefixCache:
    """Which blocks of prompts are computed; the least recently used ones go first."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[int, None] = OrderedDict()

    def cached_tokens(self, tokens: Sequence[str]) -> int:
        """Tokens at the prompt's start that need not be computed; never the whole prompt."""
        known = 0
        for block in _blocks(tokens[:-1]):
            if block not in self._blocks:
                break
            self._blocks.move_to_end(block)
            known += BLOCK_TOKENS
        return known

    def add(self, tokens: Sequence[str]) -> None:
        """Notes a computed prompt."""
        for block in _blocks(tokens):
            self._blocks[block] = None
        while len(self._blocks) > KV_TOKENS // BLOCK_TOKENS:
            self._blocks.popitem(last=False)


def _blocks(tokens: Sequence[str]) -> list[int]:
    """A name for each whole block, which depends on all blocks before it."""
    names, name = [], 0
    for at in range(0, len(tokens) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
        name = hash((name, *tokens[at : at + BLOCK_TOKENS]))
        names.append(name)
    return names


@dataclass(slots=True)
class Engine:
    """The machine between two steps.

    Attributes:
        timing: how fast it is.
        reuses_prefixes: whether it has a prefix cache.
        running: requests that it works on, at most ``MAX_RUNNING``.
        waiting: requests in front of it.
        counts: tokens since the start.
    """

    timing: Timing = field(default_factory=Timing)
    reuses_prefixes: bool = True
    running: list[Request] = field(default_factory=list)
    waiting: deque[Request] = field(default_factory=deque)
    counts: Counts = field(default_factory=Counts)
    _cache: PrefixCache = field(default_factory=PrefixCache)

    @property
    def kv_usage(self) -> float:
        """Part of the cache that the running requests hold."""
        return sum(one.computed + one.written for one in self.running) / KV_TOKENS

    def add(self, request: Request) -> None:
        """Puts a request behind those that wait."""
        self.waiting.append(request)

    def abort(self, request: Request) -> None:
        """Forgets a request, wherever it is; its place is free for the next step."""
        if request in self.running:
            self.running.remove(request)
        elif request in self.waiting:
            self.waiting.remove(request)

    def begin_step(self) -> Step | None:
        """What the machine does next, or None if there is nothing to do."""
        self._admit()
        if not self.running:
            return None
        writes = [one for one in self.running if one.is_decoding]
        decoding, budget = len(writes), STEP_TOKENS - len(writes)
        prefill, visual, text = [], 0, 0
        for request in self.running:
            tokens = min(budget, request.uncomputed)
            if not tokens:
                continue
            budget -= tokens
            prefill.append((request, tokens))
            seen = _within(request.prompt.visual, request.computed, request.computed + tokens)
            visual, text = visual + seen, text + tokens - seen
            if tokens == request.uncomputed:
                writes.append(request)  # the step that ends a prompt gives the first token
        return Step(self.timing.step_s(decoding, visual, text), tuple(writes), tuple(prefill))

    def end_step(self, step: Step) -> tuple[Request, ...]:
        """Books what a step has done; the requests that got a token, without aborted ones."""
        for request, tokens in step.prefill:
            request.computed += tokens
            if request.is_decoding:
                self._cache.add(request.prompt.tokens)
        written = tuple(one for one in step.writes if one in self.running)
        for request in written:
            request.written += 1
            self.counts.written += 1
            if request.is_done:
                self.running.remove(request)
        return written

    def _admit(self) -> None:
        while self.waiting and len(self.running) < MAX_RUNNING:
            request = self.waiting.popleft()
            if self.reuses_prefixes:
                request.cached = self._cache.cached_tokens(request.prompt.tokens)
            request.computed = request.cached
            self.counts.prompt += len(request.prompt.tokens)
            self.counts.cached += request.cached
            self.running.append(request)


def _within(span: range, start: int, stop: int) -> int:
    return max(0, min(span.stop, stop) - max(span.start, start))
