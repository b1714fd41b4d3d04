"""What stands on the pages about incidents alone."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

INCIDENTS: dict[str, Phrase] = {
    # The list.
    "day-today": Phrase("Today, {day}", "今天 {day}"),
    "day-yesterday": Phrase("Yesterday, {day}", "昨天 {day}"),
    "filter-text": Phrase("Words", "关键词"),
    "filter-more": Phrase("More filters", "更多条件"),
    "filter-review": Phrase("Judged as", "判定结果"),
    "filter-yes": Phrase("yes", "是"),
    "filter-no": Phrase("no", "否"),
    "review-confirmed": Phrase("Confirmed", "已确认"),
    "review-false-alarm": Phrase("False alarm", "误报"),
    "view-table": Phrase("Table", "列表"),
    "view-pictures": Phrase("Pictures", "大图"),
    "group-by": Phrase("Group by:", "分组："),
    "group-none": Phrase("nothing", "不分组"),
    "group-day": Phrase("day", "按日期"),
    "group-camera": Phrase("camera", "按摄像头"),
    "incidents-choose": Phrase("Choose: {what}, {where}, {at}", "选择：{what}，{where}，{at}"),
    "incidents-choose-head": Phrase("Chosen", "选择"),
    "incidents-choose-all": Phrase("All of this page", "本页全选"),
    "incidents-judge": Phrase("Judge those that are chosen", "判定所选"),
    "incidents-judge-keys": Phrase(
        "j and k go up and down, x chooses, shift and a click choose a row of them; the keys judge "
        "all that are chosen.",
        "j、k 上下移动，x 选中，按住 Shift 单击可连续选择；判定键对所选全部生效。",
    ),
    "incidents-papers": Phrase("Of these:", "按当前条件："),
    "incidents-to-report": Phrase("report and register", "报告与台账"),
    "incidents-to-notices": Phrase("notices", "整改通知单"),
    "incidents-to-statistics": Phrase("statistics", "统计"),
    "several-done": Phrase("{what}: {number}", "{what}：{number} 起"),
    "several-none": Phrase("Nothing was done.", "未执行任何操作。"),
    "several-none-chosen": Phrase("Choose some first.", "请先选择。"),
    "several-undo": Phrase("Take it back", "撤销"),
    "review-several": Phrase("Several at once", "批量判定"),
    # One incident.
    "incident-scrub": Phrase("Picture", "图片"),
    "incident-places": Phrase("Its places in the picture", "在画面中的位置"),
    "incident-places-told": Phrase("Where it was seen {number} times", "{number} 次可见的位置"),
    "incident-after": Phrase("After-picture", "整改后图片"),
    "incident-overridden": Phrase("against what the detector says", "与检测结果不一致"),
    "incident-the-other": Phrase("the other incident", "另一事件"),
    "incident-comment": Phrase("Comment", "备注"),
    "act-note-add": Phrase("Add", "添加"),
    "incident-to-parts": Phrase("Merge or split", "合并或拆分"),
    "incident-to-mask": Phrase("Keep this false alarm from coming again", "防止此类误报再次出现"),
    "act-picture": Phrase("Picture of the result", "整改后图片"),
    "act-picture-how": Phrase(
        "Take one, choose a file, drop it here or paste it. The detector looks at it before it "
        "counts.",
        "可拍照、选择文件、拖放或粘贴。系统先行检测，显示结果后再提交。",
    ),
    "act-picture-send": Phrase("Send the picture", "上传图片"),
    "act-picture-sending": Phrase("How much of the picture has been sent", "图片上传进度"),
    "act-picture-offline": Phrase(
        "The picture could not be sent: no connection. Choose it again.",
        "图片未能上传：连接已断开。请重新选择。",
    ),
    "after-picture-none": Phrase("Choose one picture first.", "请先选择一张图片。"),
    "after-gone": Phrase("The picture was removed.", "图片已被删除。"),
    "after-waits": Phrase(
        "The picture is there; the detector has yet to look at it.", "图片已上传，正在等待检测。"
    ),
    "after-failed": Phrase(
        "The picture could not be inspected; send another one.", "图片检测失败，请另传一张。"
    ),
    "after-shows": Phrase("The detector sees: {hazards}", "检测到：{hazards}"),
    "after-clear": Phrase("The detector sees no hazard.", "未检测到隐患。"),
    "after-cannot-tell": Phrase("The detector cannot tell what it shows.", "无法判断图片内容。"),
    "after-override": Phrase(
        "It is put right all the same; I say why below.", "确已整改，原因见下方说明。"
    ),
    "page-act-picture-doubted": Phrase(
        "{doubts} If it is put right all the same, tick that it is, and say why.",
        "{doubts}如确已整改，请勾选“确已整改”，并在说明中写明原因。",
    ),
    "page-act-due-has-passed": Phrase(
        "It has to be put right by a moment that is yet to come.", "整改期限须晚于现在。"
    ),
    "page-act-needs-text": Phrase("Say in a few words why.", "请在说明中简要写明原因。"),
    "page-act-needs-assignee": Phrase("Say who puts it right.", "请填写整改责任人。"),
    "page-act-changes-nothing": Phrase(
        "Nothing is said that would change anything.", "没有需要保存的修改。"
    ),
    # Merging and splitting.
    "parts-title": Phrase("Merge or split", "合并或拆分"),
    "parts-back": Phrase("Back to the incident", "返回事件详情"),
    "parts-merged": Phrase("Merged into this one", "已并入本事件"),
    "parts-part-again": Phrase("Part it again", "拆出"),
    "parts-may-be-same": Phrase("May be the same", "可能为同一事件"),
    "parts-merge": Phrase("It is the same: merge", "同一事件，合并"),
    "parts-merge-told": Phrase(
        "Of the same camera within two days, and of others within the hour. A merged incident is "
        "listed and handled as part of this one; it can be parted again.",
        "同一摄像头前后两天内、其他摄像头前后一小时内的同类事件。"
        "合并后作为本事件的一部分统一处理，可再次拆出。",
    ),
    "parts-none-near": Phrase("There is none near it.", "附近没有同类事件。"),
    "parts-by-number": Phrase("Another one, by its number", "按编号指定其他事件"),
    "parts-pictures": Phrase("Some pictures show something else", "部分图片为其他隐患"),
    "parts-split-told": Phrase(
        "Choose those pictures; they become an incident of their own.",
        "选择这些图片，将其拆分为单独的事件。",
    ),
    "parts-split": Phrase("Make an incident of them", "拆分为单独事件"),
    "parts-one-picture": Phrase(
        "One picture alone shows it; there is nothing to split.", "仅有一张图片，无法拆分。"
    ),
    # A mask.
    "mask-title": Phrase("A mask against this false alarm", "针对此误报的屏蔽区"),
    "mask-shape": Phrase("The mask that is proposed", "建议的屏蔽区"),
    "mask-what": Phrase("What it would do", "屏蔽效果"),
    "mask-share": Phrase("Share of the picture", "占画面比例"),
    "mask-percent": Phrase("{percent} %", "{percent}%"),
    "mask-hazards": Phrase("No longer watched there", "不再检测"),
    "mask-false-alarms": Phrase("False alarms there", "该处误报"),
    "mask-hidden": Phrase("Incidents of 90 days in it", "90 天内该处事件"),
    "mask-would-hide-confirmed": Phrase(
        "It would have hidden {number} that people confirmed:", "会屏蔽已确认的 {number} 起事件："
    ),
    "mask-blind": Phrase(
        "In the masked place the camera tells of nothing of this kind any more.",
        "屏蔽后，该位置不再报告此类隐患。",
    ),
    "mask-by-hand": Phrase("Draw a mask on the camera's picture", "在摄像头画面上绘制屏蔽区"),
    "mask-reason": Phrase("Why, for whoever wonders in a year", "屏蔽原因（备查）"),
    "mask-accept": Phrase("Add the mask", "添加屏蔽区"),
    "mask-ask-administrator": Phrase("An administrator may add it.", "需由系统管理员添加。"),
}
