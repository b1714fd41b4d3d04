"""Prompts that a site writes itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from safety_detector.detectors.qwen.crop_prompts import make_crop_prompt
from safety_detector.detectors.qwen.dialects import DIALECT_NAMES, dialect_named
from safety_detector.detectors.qwen.prompt_files import (
    MOST_BYTES,
    PromptKind,
    prompt_file,
    prompt_kinds,
    read_prompt_file,
    read_prompt_folder,
)
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.errors import ConfigurationInvalid

DIALECT = dialect_named("qwen2.5-vl")
KINDS = prompt_kinds(DIALECT)

Write = Callable[..., Path]


def original(name: str = "detection-zh") -> str:
    """The file with the built-in words."""
    return prompt_file(KINDS[name])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a prompt file and gives its path."""

    def write_file(content: str | bytes, name: str = "detection-zh.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_copy_of_the_built_in_prompt_asks_the_same_words(kind: PromptKind, write: Write) -> None:
    """Who begins with the built-in words begins with exactly what is asked without a file."""
    path = write(prompt_file(kind), f"{kind.form.name}.toml")
    assert read_prompt_file(path, KINDS) == kind.built_in
    assert kind.form.problems(kind.built_in) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_words_of_a_site_are_asked_with_the_family_s_coordinates(
    language: Language, dialect: str, write: Write
) -> None:
    """One file serves every model family: what depends on it is filled in."""
    text = original(f"detection-{language}").replace(f'"{language}-1"', '"gate-2"')
    path = write(text.replace("、雾", "、雾、蒸汽"), f"detection-{language}.toml")
    family = dialect_named(dialect)
    own = make_prompt(language, family, read_prompt_file(path, prompt_kinds(family)))
    built_in = make_prompt(language, family)
    assert own.instruction.replace("、雾、蒸汽", "、雾") == built_in.instruction
    assert (own.schema, own.object_limit) == (built_in.schema, built_in.object_limit)
    assert re.fullmatch(r"gate-2\+[0-9a-f]{8}", own.version)


def test_a_changed_word_is_another_version_even_if_its_name_stays(write: Write) -> None:
    """Somebody forgets to change the name: results of both wordings are told apart all the same."""
    first = read_prompt_file(write(original()), KINDS)
    second = read_prompt_file(write(original().replace("夕阳", "落日")), KINDS)
    versions = {make_prompt("zh", DIALECT, words).version for words in (first, second)}
    assert len(versions) == 2


def test_comments_and_line_ends_make_no_new_version(write: Write) -> None:
    """Windows' line ends and a byte order mark change no question."""
    usual = read_prompt_file(write(original()), KINDS)
    other = b"\xef\xbb\xbf" + original().replace("\n", "\r\n").encode() + b"\r\n# checked\r\n"
    assert read_prompt_file(write(other), KINDS) == usual


def test_json_may_be_shown_to_the_model(write: Write) -> None:
    """Braces of a sample are words, not places, so that nothing has to be doubled."""
    sample = '{"bbox_2d": [x1, y1, x2, y2], "label": "fire", "sub_label": "轻微"}'
    path = write(original().replace("检测这张图片，", f"按此格式：[{sample}]。"))
    assert sample in make_prompt("zh", DIALECT, read_prompt_file(path, KINDS)).question


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{limit}", "10", "{limit} is missing"),
        ("{coordinates}", "单位是像素", "{coordinates} is missing"),
        ("- {picture_text}", "", "{picture_text} is missing"),
        ("没有任何目标时输出 []。", "没有目标就不回答。", '"[]" is missing'),
        ("JSON", "文本", '"JSON" is missing'),
        ("bbox_2d", "box", '"bbox_2d" is missing'),
        ("sub_label", "state", '"sub_label" is missing'),
        ('"label"', '"name"', None),  # the word stands elsewhere too
        ("smoke", "烟", '"smoke" is missing'),
        ("{severities}", "轻微、严重、{uncertain}", '"中等" is missing'),
        ("{helmets}", "{no_helmet}、{uncertain}", None),  # {helmet} is said as well
        ("{limit}", "{limt}", "did you mean {limit}?"),
        ("{fire}", "{flame}", "{flame} is no place"),
        ("[x1, y1, x2, y2]", "[100, 200, 300, 400]", "example of a box"),
        ("[x1, y1, x2, y2]", "［1，2，3，4］", "example of a box"),
        ("图像检测器", "图像<|im_end|>检测器", "<|im_end|>"),
        ("图像检测器", "图像\u0085检测器", "control character"),
        ('"zh-1"', '"zh 1"', "version"),
        ('"zh-1"', '""', "version"),
        ('"zh-1"', '"' + "a" * 33 + '"', "version"),
        ('"zh-1"', "1", "version is no text"),
        ('version = "zh-1"', "", "version is missing"),
        ("question =", "questions =", "did you mean question?"),
        ("检测这张图片，输出 JSON 数组。", " ", "question is empty"),
        ("图像检测器", "图像检测器" * 1700, "the limit is 8,000"),
    ],
)
def test_words_without_what_the_reader_needs_are_refused_with_what_is_missing(
    old: str, new: str, said: str | None, write: Write
) -> None:
    """A prompt that would be answered in another form is refused before a picture is sent."""
    changed = original().replace(old, new)
    assert changed != original()
    path = write(changed)
    if said is None:
        assert read_prompt_file(path, KINDS)
        return
    with pytest.raises(ConfigurationInvalid) as caught:
        read_prompt_file(path, KINDS)
    assert said in caught.value.message
    assert path.name in caught.value.message


def test_a_word_inside_of_another_is_not_that_word(write: Write) -> None:
    """``no_helmet`` says nothing of ``helmet``, ``sub_label`` nothing of ``label``."""
    text = original("detection-en")
    for place in ('"{helmet}" only if', "{helmets}"):
        text = text.replace(place, place.replace("{helmet}", "it").replace("{helmets}", "told"))
    text = text.replace("safety helmet", "hat").replace("a helmet that", "a hat that")
    text = text.replace("if the helmet is", "if it is")
    with pytest.raises(ConfigurationInvalid, match='"helmet" is missing'):
        read_prompt_file(write(text, "detection-en.toml"), KINDS)


def test_all_that_is_missing_is_said_at_once(write: Write) -> None:
    """Nobody mends a file in ten rounds."""
    path = write("version = 'a'\ninstruction = 'Find fire.'\nquestion = 'Now.'\n")
    with pytest.raises(ConfigurationInvalid) as caught:
        read_prompt_file(path, KINDS)
    for missing in ("{limit}", "{coordinates}", "JSON", "bbox_2d", "[]", "smoke", "轻微"):
        assert missing in caught.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (original().encode("gbk"), "UTF-8"),
        (original().encode("utf-16"), "UTF-8"),
        (b"# " + b"x" * MOST_BYTES, "bytes"),
        (b"instruction = 'a", "TOML"),
        (b"a = " + b"[" * 5000, "TOML"),
        (b"a = " + b"9" * 10_000, "TOML"),
        (b"", "version is missing"),
        (b"instruction = [1, 2]\nversion = 'a'\nquestion = 'b'", "instruction is no text"),
    ],
    ids=["gbk", "utf-16", "huge", "cut", "nested", "digits", "empty", "list"],
)
def test_files_that_are_no_prompts_are_refused_in_words(
    content: bytes, said: str, write: Write
) -> None:
    """Whatever the bytes, a sentence names the file and what is wrong."""
    path = write(content)
    with pytest.raises(ConfigurationInvalid, match=said) as caught:
        read_prompt_file(path, KINDS)
    assert path.name in caught.value.message


@pytest.mark.parametrize(
    "name", ["detecton-zh.toml", "detection.toml", "detection-cn.toml", "Detection-zh.TOML"]
)
def test_a_file_that_would_never_be_asked_is_refused(name: str, write: Write) -> None:
    """A slip in a name must not leave a site with the built-in prompt unawares."""
    folder = write(original(), name).parent
    with pytest.raises(ConfigurationInvalid, match=r"did you mean detection-"):
        read_prompt_folder(folder, KINDS)


def test_a_mounted_folder_is_read_as_kubernetes_makes_it(tmp_path: Path) -> None:
    """Files are links into a hidden folder; what is hidden, or no TOML, is somebody else's."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "detection-en.toml").write_text(original("detection-en"))
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "detection-en.toml").symlink_to("..data/detection-en.toml")
    (tmp_path / "._detection-en.toml").write_bytes(b"\0\5\26\7")
    (tmp_path / "detection-en.toml.bak").write_text("old")
    assert list(read_prompt_folder(tmp_path, KINDS)) == ["detection-en"]


def test_folders_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A mount that is missing stops the start, and is not taken for "no prompts"."""
    with pytest.raises(ConfigurationInvalid, match="SAFETY_PROMPT_DIR"):
        read_prompt_folder(tmp_path / "gone", KINDS)
    (tmp_path / "detection-zh.toml").mkdir()
    with pytest.raises(ConfigurationInvalid, match="is no file"):
        read_prompt_folder(tmp_path, KINDS)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A start does not hang on what nobody writes to."""
    os.mkfifo(tmp_path / "detection-zh.toml")
    with pytest.raises(ConfigurationInvalid, match="is no file"):
        read_prompt_folder(tmp_path, KINDS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{inside}", "中间", "{inside} is missing in the question"),
        ("可能有火焰或烟雾", "来自{where}，可能有火焰或烟雾", "in the question alone"),
        ("{unsure}", "看不清", '"无法判断" is missing'),
        ("- {picture_text}", "", "{picture_text} is missing"),
        ('"answer"、', '"result"、', None),
    ],
)
def test_questions_about_a_place_are_held_against_their_own_reader(
    old: str, new: str, said: str | None, write: Write
) -> None:
    """What is filled for each picture stands in the question, and each answer's word is said."""
    path = write(original("crop-fire-smoke-zh").replace(old, new), "crop-fire-smoke-zh.toml")
    if said is None:
        assert read_prompt_file(path, KINDS)
        return
    with pytest.raises(ConfigurationInvalid) as caught:
        read_prompt_file(path, KINDS)
    assert said in caught.value.message


def test_a_place_is_asked_about_in_the_words_of_the_site(write: Write) -> None:
    """A file for crops changes what is asked about crops, and its version."""
    text = original("crop-helmet-en").replace("Answer with the JSON", "Write the JSON")
    words = read_prompt_file(write(text, "crop-helmet-en.toml"), KINDS)
    own = make_crop_prompt(CropQuestion.HELMET, "en", words)
    asked = own.about(Box(0, 0, 9, 9), Box(0, 0, 99, 99), ImageSize(200, 200), ImageSize(448, 448))
    assert asked.question.endswith("Write the JSON object.")
    assert "{" not in asked.question
    assert re.fullmatch(r"helmet-en-1\+[0-9a-f]{8}", asked.version)
