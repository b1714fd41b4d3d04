"""Sentences of the time before there were codes, in old results and databases."""

from __future__ import annotations

import re
from string import Formatter

import numpy as np
import pytest

from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.pages import PAGES
from safety_detector.message_texts.reason import Reason

# As earlier versions wrote them into results.jsonl and the database.
STORED = {
    "The picture is cut off (image file is truncated (9 bytes not processed)).": (
        "图片文件被截断（图片文件被截断（9 字节未处理））。"
    ),
    "The model server at http://a/v1 cannot be reached ([Errno 111] Connection refused).": (
        "模型服务 http://a/v1 无法连接（连接被拒绝（系统错误 111））。"
    ),
    "the picture's file is damaged: Corrupt JPEG data: 18 extraneous bytes before marker 0xd9": (
        "图片文件已损坏：JPEG 数据损坏：标记 0xd9 之前多出 18 字节"
    ),
    "The file is empty.": "文件为空。",
    "Not a picture: it looks like zip archive.": "不是图片，看起来是 zip archive。",
    "The picture has 20,000 pixels (200 x 100); the limit is 10,000.": (
        "图片有 20,000 像素（200 x 100），上限为 10,000。"
    ),
    "The JPEG is cut off (premature end of file).": "JPEG 文件被截断（premature end of file）。",
    "/a/b.jpg cannot be read: No such file or directory.": "/a/b.jpg 无法读取：没有该文件或目录。",
    "The model server answered with an empty answer.": "模型服务返回空回答。",
    "No box can be read in the model's answer: 'I see \"fire\"'.": (
        "模型回答中读不出检测框：'I see \"fire\"'。"
    ),
    "Tried 2 times, last: The model server at http://10.0.0.5:8000/v1 did not answer in time.": (
        "已尝试 2 次，最近一次：模型服务 http://10.0.0.5:8000/v1 未及时应答。"
    ),
    "The model server at http://a/v1 did not answer in time. Waiting since 2026-11-21 08:00:00 "
    "UTC.": "模型服务 http://a/v1 未及时应答。自 2026-11-21 08:00:00 UTC 起等待。",
    "3 workers ended without a word while they had this picture.": (
        "先后有 3 个处理进程在处理该图片时意外终止。"
    ),
    "Unexpected ValueError: it broke": "程序异常 ValueError：it broke",
    "the answer holds as many objects as the limit of 10": "回答中的目标数已达上限 10",
}


def own_words(code: str) -> bool:
    """Whether there is more in a message than its facts; those of pages were never stored."""
    if code in PAGES:
        return False
    return any(re.search("[a-z]", text) for text, *_ in Formatter().parse(PHRASES[code].en))


@pytest.mark.parametrize("sentence", STORED)
def test_a_stored_sentence_is_said_in_chinese(sentence: str) -> None:
    """A Chinese report on an old batch has Chinese reasons; an English one the old words."""
    reason = Reason.of_sentence(sentence)
    assert reason.text("en") == sentence
    assert reason.text("zh") == STORED[sentence]


@pytest.mark.parametrize("code", [code for code in PHRASES if own_words(code)])
def test_every_message_is_found_by_its_english_text(code: str) -> None:
    """No earlier, wider message takes it away."""
    phrase = PHRASES[code]
    facts = {
        name: "'x'" if conversion else f"<{name}>"
        for _, name, _, conversion in Formatter().parse(phrase.en)
        if name
    }
    plain = phrase.en.replace("!r}", "}")
    english = "".join(
        text + (facts[name] if name else "") for text, name, _, _ in Formatter().parse(plain)
    )
    chinese = "".join(
        text + (facts[name] if name else "")
        for text, name, _, _ in Formatter().parse(phrase.zh.replace("!r}", "}"))
    )
    assert Reason.of_sentence(english).text("zh") == chinese


@pytest.mark.parametrize("text", ["It rained {n} times.", "", "{0}", "下雨了"])
def test_what_is_not_known_stands_as_it_is(text: str) -> None:
    """A report never hides a reason, and nothing in it is taken for a place of a fact."""
    assert Reason.of_sentence(text).text("zh") == text


def test_noise_is_read_in_good_time() -> None:
    """A very long reason from outside does not hold up the report."""
    noise = " ".join(np.random.default_rng(1).bytes(9).hex() for _ in range(5_000))
    assert Reason.of_sentence(noise).text("zh") == noise
    tricky = "Tried " * 300 + "."
    assert Reason.of_sentence(tricky).text("zh") == tricky
