"""Why pictures fail, in Chinese: the sentences of real errors, with their facts."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from safety_detector.errors import AddressRefused, PictureRefused
from safety_detector.images import decode, read_header
from safety_detector.ingest.admission import Limits, admit, read_file, too_many_bytes
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report.reasons import REASONS, reason_text
from tests.pictures import jpeg

ROOT = Path(__file__).parents[3]
LIMITS = Limits(max_bytes=1_000_000, max_pixels=1_000_000)


def written(mode: str, picture_format: str) -> bytes:
    """A picture file with pixels of that type."""
    out = io.BytesIO()
    PIL.Image.new(mode, (8, 8)).save(out, picture_format)
    return out.getvalue()


def refusal(data: bytes, limits: Limits = LIMITS) -> str:
    """What is said of a file that cannot be inspected."""
    with pytest.raises(PictureRefused) as caught:
        decode(data, admit(data, limits))
    return caught.value.message


REFUSED = {
    "empty": (b"", ""),
    "another thing": (b"PK\x03\x04" + bytes(2000), "zip"),
    "cut in the header": (jpeg()[:20], "20"),
    "no header": (b"\xff\xd8\xff" + bytes(3000), ""),
    "cut": (jpeg()[:-100], r"\d"),
    "damaged": (written("L", "PNG").replace(b"IDAT", b"IDAT\xff", 1), ""),
    "floating point": (written("F", "TIFF"), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_said_of_a_bad_file_has_a_chinese_sentence(name: str) -> None:
    """Its facts are kept: kinds of files, numbers of bytes, a decoder's own words."""
    data, fact = REFUSED[name]
    english = refusal(data)
    chinese = reason_text(english, "zh")
    assert re.search(r"[一-鿿].*。$", chinese), english
    assert re.search(fact, chinese)
    without_facts = re.sub(r"（.*）|[A-Z]\w*|\d+|zip|archive|application/\S+", "", chinese)
    assert not re.search(r"[A-Za-z]{3}", without_facts), chinese
    assert reason_text(english, "en") == english


def test_limits_are_said_with_their_numbers(tmp_path: Path) -> None:
    """How much there was, and how much there may be."""
    large = refusal(jpeg(width=200, height=100), Limits(max_bytes=10**6, max_pixels=10_000))
    size = read_header(jpeg(width=200, height=100)).size
    assert reason_text(large, "zh") == f"图片有 20,000 像素（{size}），上限为 10,000。"
    cases = (
        (None, "图片文件过大，上限为 1,000,000 字节。"),
        (2_000_000, "图片文件有 2,000,000 字节，上限为 1,000,000 字节。"),
    )
    for actual, said in cases:
        assert reason_text(too_many_bytes(LIMITS, actual).message, "zh") == said
    with pytest.raises(PictureRefused) as caught:
        read_file(tmp_path / "没有.jpg", LIMITS)
    assert (
        reason_text(caught.value.message, "zh") == f"{tmp_path / '没有.jpg'} 无法读取：没有该文件。"
    )


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("http://127.0.0.1/x.jpg", "127.0.0.1 不是公网地址；SAFETY_FETCH_ALLOW 可指定"),
        ("http://localhost/x.jpg", "localhost 指向 "),
        ("ftp://site/x.jpg", "ftp://site/x.jpg：只能下载 http 和 https 地址，不支持 ftp。"),
    ],
)
def test_addresses_that_are_refused_have_a_chinese_sentence(url: str, begins: str) -> None:
    """A report on a list of cameras says why one of them gave nothing."""
    with pytest.raises(AddressRefused) as caught:
        fetch_picture(url, FetchPolicy())
    assert reason_text(caught.value.message, "zh").startswith(begins)


def test_a_sentence_in_a_sentence_is_said_too() -> None:
    """Why a picture waits: what its last try said."""
    english = (
        "Tried 2 times, last: None of 1 model servers can answer: "
        "The model server at http://10.0.0.5:8000/v1 did not answer in time."
    )
    assert reason_text(english, "zh") == (
        "已尝试 2 次，最近一次：1 个模型服务均无法应答："
        "模型服务 http://10.0.0.5:8000/v1 未及时应答。"
    )


def test_what_is_not_known_stands_as_it_is() -> None:
    """A report never hides a reason, and nothing in it is taken for a place of a fact."""
    for text in ("It rained {n} times.", "", "{0}", "下雨了"):
        assert reason_text(text, "zh") == text


@pytest.mark.parametrize("phrase", REASONS, ids=lambda phrase: phrase.en[:40])
def test_every_sentence_is_found_and_keeps_its_facts(phrase: Phrase) -> None:
    """No earlier, wider sentence of the list takes it away."""
    facts = {name: f"<{name}>" for name in re.findall(r"{(\w+)}", phrase.en)}
    assert reason_text(phrase.say("en", **facts), "zh") == phrase.say("zh", **facts)


@pytest.mark.parametrize("phrase", REASONS, ids=lambda phrase: phrase.en[:40])
def test_both_languages_have_the_same_facts(phrase: Phrase) -> None:
    """Nothing is lost in translation."""
    assert set(re.findall(r"{(\w+)}", phrase.en)) == set(re.findall(r"{(\w+)}", phrase.zh))
    assert not re.search(r"[一-鿿][,;:!?(]|[,;:!?)][一-鿿]", phrase.zh)


REFUSALS_OF_REPORTS = (
    "cli/report.py",
    "report/notices.py",
    "service/report_selection.py",
)


def refusals_of(path: str) -> list[str]:
    """Each sentence that a module raises, with names in the places of its facts."""
    tree = ast.parse((ROOT / "safety_detector" / path).read_text(encoding="utf-8"))
    calls = [
        node.exc
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    said = [call.args[0] for call in calls if call.args]
    return [
        "".join(str(one.value) if isinstance(one, ast.Constant) else "fact" for one in text.values)
        if isinstance(text, ast.JoinedStr)
        else str(ast.literal_eval(text))
        for text in said
    ]


@pytest.mark.parametrize("path", REFUSALS_OF_REPORTS)
def test_every_refusal_of_a_report_has_a_chinese_sentence(path: str) -> None:
    """Who asks in Chinese is told in Chinese why there is no report."""
    refusals = refusals_of(path)
    assert refusals
    for english in refusals:
        assert re.search(r"[一-鿿]", reason_text(english, "zh")), english


@pytest.mark.parametrize(
    ("outcome", "word"),
    [("clear", "未见隐患"), ("inconclusive", "无法判定"), ("failed", "检测失败")],
)
def test_an_outcome_is_named_in_the_language_of_its_sentence(outcome: str, word: str) -> None:
    """No code of the program stands inside a Chinese refusal."""
    (english,) = (one for one in refusals_of("report/notices.py") if "found no hazard" in one)
    chinese = reason_text(english.replace("is fact)", f"is {outcome})"), "zh")
    assert f"未发现隐患（{word}）" in chinese
    assert outcome not in chinese


def test_noise_is_read_in_good_time() -> None:
    """A very long reason from outside does not hold up the report."""
    noise = " ".join(np.random.default_rng(1).bytes(9).hex() for _ in range(5_000))
    assert reason_text(noise, "zh") == noise
