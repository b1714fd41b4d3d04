"""What a picture costs, and what is taken from the prefix cache."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace

from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import Dialect, sent_size, smart_resize
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.domain.detections import TokenUsage
from safety_detector.domain.geometry import ImageSize
from tests.pictures import jpeg

from .conftest import Note, RawServer

SECTION = "Tokens"

# Width and height of pictures as cameras and people send them, and the corners of the arithmetic.
ORIGINALS = [
    *((1, 1), (13, 200), (28, 28), (28, 5600), (30, 70), (56, 28), (70, 70), (100, 99)),
    *((224, 224), (320, 240), (336, 336), (448, 448), (640, 480), (641, 479), (704, 576)),
    *((720, 1280), (800, 600), (1000, 30), (1024, 768), (1280, 720), (1280, 960), (1920, 1080)),
    *((2500, 2300), (3840, 2160)),
]
# Sent as they are, so that the server has to resize them; its context has room for all of them.
# Sides of 14 pixels and less are left out: there the libraries differ.  We enlarge those ourselves.
UNPREPARED = [
    *((1, 1), (15, 200), (30, 70), (41, 43), (70, 70), (70, 99), (98, 126), (100, 99)),
    *((333, 777), (641, 479), (1000, 30), (1023, 769), (1366, 768), (1919, 1079)),
]


def usage_of(server: ModelServer, prompt: Prompt, picture: bytes) -> TokenUsage:
    """The tokens of a question that is answered with one token."""
    usage = server.ask(prompt, picture, 1).usage
    assert usage is not None
    return usage


def text_tokens(server: ModelServer, prompt: Prompt, picture: bytes, visual: int) -> int:
    """What is left of the prompt's tokens when the picture's are taken off."""
    prompt_tokens = usage_of(server, prompt, picture).prompt_tokens
    assert prompt_tokens is not None
    return prompt_tokens - visual


def test_prepared_pictures_cost_what_the_grid_says(
    server: ModelServer, any_prompt: Prompt, dialect: Dialect, note: Note
) -> None:
    """We know the price of a picture, so the server saw it at the size that we sent."""
    texts = set()
    for original in ORIGINALS:
        sent = sent_size(ImageSize(*original), dialect, DEFAULT_MAX_PIXELS)
        picture = jpeg(1, sent.width, sent.height)
        texts.add(text_tokens(server, any_prompt, picture, dialect.visual_tokens(sent)))
    assert len(texts) == 1, texts
    note(
        SECTION,
        f"{len(ORIGINALS)} pictures of {ORIGINALS[0]} to {ORIGINALS[-1]} that we resized, "
        f"prompt `{any_prompt.version}`",
        f"(width / 28) × (height / 28) tokens each, and {texts.pop()} for the text",
    )


def test_the_server_resizes_as_our_arithmetic_does(
    server: ModelServer, prompt: Prompt, dialect: Dialect, note: Note
) -> None:
    """Were we not to resize, the server would come to the same grid."""
    texts = set()
    for width, height in UNPREPARED:
        seen = smart_resize(ImageSize(width, height), dialect)
        picture = jpeg(1, width, height)
        texts.add(text_tokens(server, prompt, picture, dialect.visual_tokens(seen)))
    assert len(texts) == 1, texts
    note(
        SECTION,
        f"{len(UNPREPARED)} pictures of other sizes, no side under 15 pixels, sent as they are",
        "the tokens of our `smart_resize`",
    )


def test_the_instruction_comes_from_the_prefix_cache(
    server: ModelServer, prompt: Prompt, raw: RawServer, note: Note
) -> None:
    """With the fixed text first every picture finds it there; with the picture first none does."""
    ours, others = [], []
    never_seen = secrets.randbits(32)  # not by this server in an earlier run either
    for seed in range(never_seen, never_seen + 5):
        ours.append(usage_of(server, prompt, jpeg(seed, 336, 336)))
        url = "data:image/jpeg;base64," + base64.b64encode(jpeg(seed + 5, 336, 336)).decode()
        answer = raw.chat(
            [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": prompt.instruction + prompt.question},
            ]
        )
        details = answer.json()["usage"]["prompt_tokens_details"] or {}
        others.append(details.get("cached_tokens") or 0)
    cached = [one.cached_tokens or 0 for one in ours[1:]]
    total = ours[-1].prompt_tokens or 0
    text = total - (336 // 28) ** 2
    assert min(cached) > 0.9 * text - 32, (cached, text)  # whole blocks of 32 alone are kept
    assert max(others[1:]) < 0.1 * text
    note(
        SECTION,
        "`cached_tokens` of 5 different pictures after the first: instruction in the system "
        "message, then the picture",
        f"{min(cached)} of {text} text tokens",
    )
    note(SECTION, "the same with the picture before the instruction", f"{max(others[1:])}")


def test_an_answer_is_the_same_each_time(server: ModelServer, prompt: Prompt, note: Note) -> None:
    """Temperature 0 and a seed: a second look at the same picture says the same."""
    picture = jpeg(7, 336, 336)
    texts = {server.ask(prompt, picture, 64).text for _ in range(3)}
    assert len(texts) == 1
    other = replace(prompt, question=prompt.question + " ")
    assert server.ask(other, picture, 64).text
    note(SECTION, "the same picture three times, temperature 0 with a seed", "the same answer")
