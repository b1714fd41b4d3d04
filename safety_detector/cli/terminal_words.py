"""What commands print for people, English and Chinese side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence

from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.message_texts.phrase import Phrase
from safety_detector.sources.left_out import EXCLUDED, HIDDEN, OUTPUTS

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
LEFT_OUT = {
    HIDDEN: Phrase("{n} hidden files and folders were left out.", "略过 {n} 个隐藏的文件和目录。"),
    EXCLUDED: Phrase(
        "{n} excluded files and folders were left out.", "略过 {n} 个已排除的文件和目录。"
    ),
    OUTPUTS: Phrase(
        "{n} files and folders that an earlier batch wrote were left out.",
        "略过 {n} 个由先前批次生成的文件和目录。",
    ),
}
SOURCES_INSIDE = Phrase(
    "videos and zips are not looked into where they lie in a folder ({endings}); each may be named "
    "as SOURCE itself.",
    "目录中的视频和 zip 未检测（{endings}）；可将其逐个指定为 SOURCE 进行检测。",
)
NO_PICTURE = Phrase("there is no picture in {source}.", "{source} 中没有图片。")
NOTHING_INSPECTED = Phrase(
    "stopped before any picture was inspected.", "已停止，尚未检测任何图片。"
)
LOOKING = Phrase("Looking for pictures", "正在查找图片")
INSPECTING = Phrase("Inspecting", "正在检测")
BUILDING = Phrase("Building the outputs", "正在生成输出文件")
REPORTING = Phrase("Drawing the report", "正在生成报告")
STAGE = Phrase("{stage}: {facts}", "{stage}：{facts}")
SPEED = Phrase("{n} pictures/s", "每秒 {n} 张")
WITH_HAZARDS = Phrase("{n} with hazards", "存在隐患 {n}")
FAILED = Phrase("{n} failed", "检测失败 {n}")
TIME_LEFT = Phrase("{time} left", "剩余 {time}")
SO_FAR = Phrase("{n} so far", "已找到 {n}")
WAITING = Phrase("Waiting", "等待中")
WAITING_FOR = Phrase("{line}. Waiting: {reason}", "{line}。等待中：{reason}")
STOPPING = Phrase("Stopping: the pictures in hand are finished.", "正在停止：先完成手头的图片。")
STOPPING_BAR = Phrase("Stopping (Ctrl-C again: at once)", "正在停止（再按 Ctrl-C 立即停止）")
READING = Phrase("Reading pictures", "正在读取图片")
SHEET = Phrase("Sheet {n} of {total}", "证据页 {n}/{total}")
STOPPED = Phrase(
    "Stopped. The same command goes on with the pictures that are left.",
    "已停止。再次运行同一命令即可继续检测其余图片。",
)
INCOMPLETE = Phrase("[incomplete: {reasons}]", "[检测不完整：{reasons}]")
COMMA = Phrase(", ", "，")
SEMICOLON = Phrase("; ", "；")
WITH_CODE = Phrase("{reason} ({code})", "{reason} （{code}）")


def asked_language(arguments: Sequence[str]) -> Language:
    """The language of a command whose options were not read, for its errors."""
    asked = os.environ.get("SAFETY_LANGUAGE", "en")
    for option, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if option == "--lang":
            asked = value
        elif option.startswith("--lang="):
            asked = option.removeprefix("--lang=")
    return next((one for one in LANGUAGES if one == asked), "en")
