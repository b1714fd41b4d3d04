"""What stands on the page of pictures, and the names of what it shows."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

PICTURES: dict[str, Phrase] = {
    "page-pictures": Phrase("Pictures", "图片"),
    "pictures-none": Phrase("No picture has come in yet.", "尚无图片。"),
    "pictures-how-cameras": Phrase(
        "Send some above, from this computer or telephone; or add cameras, which send theirs.",
        "可在上方从电脑或手机上传图片，也可接入摄像头自动送图。",
    ),
    "pictures-none-match": Phrase(
        "No picture matches. Widen the period, or clear the filter.",
        "没有符合条件的图片。请放宽时间范围或清除条件。",
    ),
    "pictures-newer": Phrase("There are newer pictures: show them", "有新图片，点击显示"),
    "pictures-people": Phrase("people: {number}", "人员 {number} 名"),
    # Filters.
    "filter-further": Phrase("More", "更多条件"),
    "filter-verdict": Phrase("Verdict", "检测结论"),
    "filter-label": Phrase("Shows", "目标"),
    "filter-sub-label": Phrase("How", "目标情况"),
    "filter-status": Phrase("Progress", "检测进度"),
    "filter-name": Phrase("Name holds", "图片名称包含"),
    "filter-batch": Phrase("Batch", "批次编号"),
    "filter-order": Phrase("Order", "排序"),
    "order-taken": Phrase("newest first", "按拍摄时间，最新在前"),
    "order-arrival": Phrase("last arrived first", "按接收时间，最新在前"),
    "order-urgency": Phrase("most urgent first", "按紧急程度"),
    "verdict-hazard": Phrase("Hazard", "存在隐患"),
    "verdict-clear": Phrase("Clear", "未见隐患"),
    "verdict-inconclusive": Phrase("Inconclusive", "无法判定"),
    "status-queued": Phrase("Waiting", "排队中"),
    "status-running": Phrase("Being looked at", "检测中"),
    "status-completed": Phrase("Done", "已完成"),
    "status-failed": Phrase("Not inspected", "检测失败"),
    "label-fire": Phrase("Fire", "火焰"),
    "label-smoke": Phrase("Smoke", "烟雾"),
    "label-person": Phrase("A person", "人员"),
    "sub-label-minor": Phrase("minor", "轻微"),
    "sub-label-moderate": Phrase("moderate", "中等"),
    "sub-label-severe": Phrase("severe", "严重"),
    "sub-label-helmet": Phrase("helmet worn properly", "已正确佩戴安全帽"),
    "sub-label-no-helmet": Phrase("no proper helmet", "未正确佩戴安全帽"),
    "sub-label-uncertain": Phrase("uncertain", "不确定"),
    # Choosing some of them.
    "pictures-pick": Phrase("Select {name}", "选择 {name}"),
    "pictures-picked": Phrase("selected", "张已选"),
    "pictures-picked-most": Phrase(
        "No more than 1000 can be selected: the last ones were not added.",
        "最多可选 1000 张：最后所选的未加入。",
    ),
    "pictures-pick-all": Phrase("All of this page", "全选本页"),
    "pictures-pick-none": Phrase("None", "取消选择"),
    "pictures-key-move": Phrase("next, before", "下一张、上一张"),
    "pictures-key-pick": Phrase("select", "选择"),
    "pictures-batch-page": Phrase("Progress and downloads of the batch", "批次进度及下载"),
    "pictures-report": Phrase("Report of these", "生成报告"),
    "pictures-report-filter": Phrase("Report of all of these", "按此条件生成报告"),
    # Sending.
    "pictures-send": Phrase("Send pictures", "上传图片"),
    "pictures-files": Phrase("Choose files", "选择文件"),
    "pictures-folder": Phrase("Choose a folder", "选择文件夹"),
    "pictures-drop": Phrase(
        "Or drop files, folders or a ZIP anywhere on this page, or paste a picture.",
        "也可将文件、文件夹或 ZIP 拖到本页任意位置，或直接粘贴图片。",
    ),
    "pictures-kinds": Phrase(
        "JPEG, PNG, WebP, BMP, TIFF, GIF; up to {megabytes} MB each.",
        "支持 JPEG、PNG、WebP、BMP、TIFF、GIF，每张不超过 {megabytes} MB。",
    ),
    "pictures-no-camera": Phrase("none", "无"),
    "pictures-sending": Phrase("Pictures on their way", "上传进度"),
    "pictures-arrived": Phrase("arrived", "已接收"),
    "pictures-refused": Phrase("not accepted", "未接收"),
    "pictures-left-out": Phrase("other files left out", "个其他文件已略过"),
    "pictures-show-batch": Phrase("Show all of them", "查看全部"),
    "pictures-signed-out": Phrase(
        "You are signed out. Sign in in another window; sending then goes on by itself, and "
        "nothing is lost while this page stays open.",
        "登录已失效。请在新窗口登录，之后自动继续上传；保持本页打开即可，文件不会丢失。",
    ),
    "pictures-no-answer": Phrase("The service does not answer.", "服务无响应。"),
    "pictures-goes-on": Phrase(
        "It is tried again by itself; keep this page open.", "将自动重试，请保持本页打开。"
    ),
    "pictures-again": Phrase("Try again", "重试"),
    "pictures-again-all": Phrase("Try all of them again", "全部重试"),
    "pictures-stop": Phrase("Stop sending", "停止上传"),
    "pictures-too-many-bytes": Phrase(
        "The file has more bytes than a picture may have.", "文件超过图片大小上限。"
    ),
    "pictures-zip-too-large": Phrase(
        "The ZIP has more than {megabytes} MB. Choose the folder instead, or send it in parts.",
        "ZIP 超过 {megabytes} MB。请改为选择文件夹，或分成几个 ZIP 上传。",
    ),
    "pictures-reading": Phrase(
        "The folder is being read, files so far:", "正在读取文件夹，已读文件数："
    ),
    "pictures-too-many": Phrase(
        "A browser sends at most 20,000 files at once. Send folders one by one, or have the "
        "service read a folder of the server:",
        "浏览器一次最多上传 20,000 个文件。请分文件夹上传，或由服务读取服务器上的文件夹：",
    ),
    "pictures-nothing-in-it": Phrase("There is no picture in it.", "其中没有图片。"),
    "pictures-not-read": Phrase(
        "Your browser can no longer read the file. Was it moved or changed?",
        "浏览器无法再读取该文件，可能已被移动或修改。",
    ),
    "pictures-arriving": Phrase("is being stored", "正在保存"),
    "pictures-sent-batch": Phrase("{number} pictures arrived.", "已接收 {number} 张图片。"),
    "pictures-skipped": Phrase(
        "{number} other files in it were left out.", "其中 {number} 个其他文件已略过。"
    ),
    "pictures-rejected": Phrase("Not accepted: {number}", "未接收：{number} 个"),
}
