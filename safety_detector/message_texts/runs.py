"""Why a detector run may have missed something, in a few words and without a full stop."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

RUNS: dict[str, Phrase] = {
    "answer-cut": Phrase(
        "the answer was cut",
        "回答被截断",
    ),
    "box-dropped": Phrase(
        "a box had to be dropped",
        "有检测框被舍弃",
    ),
    "box-outside": Phrase(
        "a box reached far outside the picture",
        "有检测框远超画面范围",
    ),
    "object-limit": Phrase(
        "the answer holds as many objects as the limit of {limit}",
        "回答中的目标数已达上限 {limit}",
    ),
    "part-unread": Phrase(
        "the answers about {parts} of {tiles} parts of the picture cannot be read",
        "图片 {tiles} 个局部中有 {parts} 个的回答无法读取",
    ),
    "picture-too-small": Phrase(
        "the picture is too small to see anything ({width} x {height} pixels)",
        "图片过小（{width} x {height} 像素），无法看清内容",
    ),
    "picture-too-dark": Phrase(
        "the picture is too dark to see anything",
        "画面过暗，无法看清内容",
    ),
    "picture-too-bright": Phrase(
        "the picture is too bright to see anything",
        "画面过曝，无法看清内容",
    ),
    "picture-without-structure": Phrase(
        "the picture shows nothing but an even area (is the lens covered?)",
        "画面为单一色块，没有可辨认的内容（镜头可能被遮挡）",
    ),
    "picture-blurred": Phrase(
        "the picture is too blurred to see anything",
        "画面严重模糊，无法看清内容",
    ),
    "picture-no-signal": Phrase(
        "the picture is a no-signal or test screen",
        "画面为无信号或测试画面",
    ),
    "picture-part-missing": Phrase(
        "{percent} % of the picture are missing",
        "画面有 {percent}% 缺失",
    ),
    "picture-shrunk": Phrase(
        "the picture was shrunk ({width} x {height} pixels), so that people of less than "
        "{person_px} pixels were lost",
        "图片被缩小（原为 {width} x {height} 像素），不足 {person_px} 像素的人员无法识别",
    ),
    "picture-damaged": Phrase(
        "the picture's file is damaged: {words}",
        "图片文件已损坏：{words}",
    ),
    "second-look-refuted": Phrase(
        "the language model does not see what another detector takes for a hazard "
        "(suspected places: {count})",
        "大模型未确认检测模型报出的隐患（可疑位置 {count} 处）",
    ),
    "second-look-unsure": Phrase(
        "the language model cannot tell whether suspected places show a hazard ({count})",
        "大模型无法判断可疑位置是否存在隐患（{count} 处）",
    ),
    "second-look-missing": Phrase(
        "the language model gave no answer about suspected places ({count})",
        "大模型未就可疑位置给出回答（{count} 处）",
    ),
    "second-look-left-out": Phrase(
        "suspected places were not shown to the language model ({count}): {why}",
        "有可疑位置未经大模型复核（{count} 处）：{why}",
    ),
    "full-look-left-out": Phrase(
        "the whole picture was not shown to the language model: {why}",
        "整幅图片未经大模型检查：{why}",
    ),
    "second-look-limit": Phrase(
        "others of the picture are more urgent",
        "同一画面中有更紧急的位置",
    ),
    "second-look-budget": Phrase(
        "the budget of second looks is spent",
        "复核额度已用完",
    ),
    "second-look-busy": Phrase(
        "too many others wait for an answer",
        "等待回答的图片过多",
    ),
}
