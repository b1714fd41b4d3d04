"""What commands print for people, English and Chinese side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence

from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.report.wording import Phrase

PICTURE = Phrase("Picture", "图片")
VERDICT = Phrase("Verdict", "结论")
FOUND = Phrase("Found", "检出内容")
OBJECTS = Phrase("boxes", "目标数")
PICTURES = Phrase("pictures", "图片数")
MILLISECONDS = Phrase("ms", "毫秒")
SUMS = Phrase("{n} pictures: {counts}", "{n} 张图片：{counts}")
COUNT = Phrase("{n} {name}", "{name} {n}")
LEFT_TO_DO = Phrase("left to do", "待检测")
ANNOTATED = Phrase("Annotated pictures: {folder}/", "标注图：{folder}/")
REPORT = Phrase("Report: {path}", "报告：{path}")
RESULTS = Phrase("Results: {folder}/", "结果：{folder}/")
PASSED_OVER = Phrase(
    "{n} files that are no pictures were passed over.", "跳过 {n} 个不是图片的文件。"
)
LEFT_OUT = Phrase(
    "{n} {reason} files and folders were left out.", "略过 {n} 个文件和目录（{reason}）。"
)
STOPPED = Phrase(
    "Stopped. The same command goes on with the pictures that are left.",
    "已停止。再次运行同一命令即可继续检测其余图片。",
)
INCOMPLETE = Phrase("[incomplete: {reasons}]", "[检测不完整：{reasons}]")
COMMA = Phrase(", ", "，")
SEMICOLON = Phrase("; ", "；")
WITH_CODE = Phrase("{reason} ({code})", "{reason}（{code}）")


def asked_language(arguments: Sequence[str]) -> Language:
    """The language of a command whose options were not read, for its errors."""
    asked = os.environ.get("SAFETY_LANGUAGE", "en")
    for option, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if option == "--lang":
            asked = value
        elif option.startswith("--lang="):
            asked = option.removeprefix("--lang=")
    return next((one for one in LANGUAGES if one == asked), "en")
