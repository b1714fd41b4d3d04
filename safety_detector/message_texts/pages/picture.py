"""What stands on the page of one picture, and the names of what it shows."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

PICTURE: dict[str, Phrase] = {
    "picture-page": Phrase("Boxes: zoom, correct", "查看、更正检测框"),
    "picture-steps": Phrase("Pictures of the list", "列表中的图片"),
    "picture-before": Phrase("The one before", "上一张"),
    "picture-next": Phrase("The next", "下一张"),
    "picture-list": Phrase("All pictures", "返回图片列表"),
    "picture-stage": Phrase(
        "The picture with its boxes; + and − zoom, arrow keys move",
        "图片及检测框；+、− 缩放，方向键移动",
    ),
    "picture-tools": Phrase("What is shown", "显示"),
    "picture-zoom-in": Phrase("Larger", "放大"),
    "picture-zoom-out": Phrase("Smaller", "缩小"),
    "picture-fit": Phrase("Whole picture", "适合窗口"),
    "picture-boxes-shown": Phrase("Boxes", "检测框"),
    "picture-annotated": Phrase("As it is stored for evidence", "存档标注图"),
    "picture-detector-too": Phrase("What the detector said", "检测器结果"),
    "picture-class-fire": Phrase("Fire", "火焰"),
    "picture-class-smoke": Phrase("Smoke", "烟雾"),
    "picture-class-no-helmet": Phrase("No proper helmet", "未正确佩戴"),
    "picture-class-person": Phrase("Other people", "其他人员"),
    "picture-as-annotated": Phrase(
        "Your browser cannot show the original as it is; this is the stored picture with its boxes "
        "drawn in.",
        "浏览器无法直接显示原图，此处为已绘制检测框的存档图。",
    ),
    "picture-none-shown": Phrase("The picture is no longer stored.", "图片已不再保存。"),
    "filter-corrected": Phrase("Judged by a person", "人工判定"),
    "corrected-true": Phrase("judged", "已判定"),
    "corrected-false": Phrase("not yet", "未判定"),
    # Judging the boxes.
    "picture-judge": Phrase("What is in it, in your judgement", "人工更正"),
    "picture-nothing": Phrase("Nothing here", "无目标"),
    "picture-right": Phrase("All as shown", "全部正确"),
    "picture-correct": Phrase("Correct", "更正"),
    "picture-leave": Phrase("Leave", "退出更正"),
    "picture-delete-box": Phrase("Remove box", "删除框"),
    "picture-undo": Phrase("Undo", "撤销"),
    "picture-redo": Phrase("Redo", "重做"),
    "picture-new-box": Phrase("Add by numbers", "按坐标添加"),
    "picture-draw-as": Phrase("Draw, or make the chosen box", "绘制类别（或改变所选框）"),
    "picture-hint": Phrase(
        "Drag on the picture to draw. Click a box's edge or name to choose it; then drag it, or "
        "its edges and corners. Arrow keys move it, with Shift they size it, with Alt by ten "
        "pixels; brackets choose the one before and the next. Hold Space to move the picture.",
        "在图片上拖动即可画框。点击框线或名称选中，再拖动框、边或角。方向键移动，Shift 加方向键改变"
        "大小，加 Alt 每次十个像素；[ 和 ] 选上一个、下一个框。按住空格拖动可移动图片。",
    ),
    "picture-complete": Phrase(
        "I looked at the whole picture; nothing is missing", "已查看整张图片，无遗漏"
    ),
    "picture-note": Phrase("Note", "备注"),
    "picture-boxes": Phrase("Boxes", "检测框"),
    "picture-column-hazard": Phrase("What it is", "类别及情况"),
    "picture-column-corners": Phrase("Corners: x1, y1 – x2, y2", "坐标 x1, y1 – x2, y2"),
    "picture-column-score": Phrase("Score", "得分"),
    "picture-score-was-right": Phrase(
        "{number} of 100 such were right", "同类得分每 100 个有 {number} 个正确"
    ),
    "picture-score-of-words": Phrase(
        "These scores say how sure the language model was of its words; they are no probabilities.",
        "此处得分表示大模型对自己用词的确信程度，不是概率。",
    ),
    "picture-column-origin": Phrase("From", "来源"),
    "picture-no-boxes": Phrase("No boxes.", "无检测框。"),
    "picture-unsaved": Phrase("Not saved yet", "尚未保存"),
    "picture-saved": Phrase("Saved.", "已保存。"),
    "picture-draft-back": Phrase(
        "What you had drawn and not saved is here again.", "已恢复您上次未保存的更正。"
    ),
    "picture-theirs": Phrase("Drop mine, show theirs", "放弃我的，显示对方的"),
    "picture-mine": Phrase("Save mine over theirs", "以我的为准保存"),
    "picture-other-did": Phrase(
        "Somebody else corrected this picture meanwhile.", "他人已先行更正该图片。"
    ),
    "picture-no-answer": Phrase("The service does not answer.", "服务无响应。"),
    "picture-corrected-by": Phrase("Corrected by {who}", "由 {who} 更正"),
    "picture-confirmed-by": Phrase("Found right by {who}", "由 {who} 确认无误"),
    "picture-emptied-by": Phrase("Nothing in it, says {who}", "由 {who} 确认无目标"),
    "picture-incomplete": Phrase("not looked at as a whole", "未查看整张图片"),
    "picture-changes": Phrase(
        "kept {kept}, changed {changed}, added {added}, removed {removed}",
        "保留 {kept}，修改 {changed}，新增 {added}，删除 {removed}",
    ),
    "picture-history": Phrase("Corrections", "更正记录"),
    "box-origin-kept": Phrase("detector", "检测器"),
    "box-origin-changed": Phrase("changed", "已修改"),
    "box-origin-added": Phrase("added", "人工添加"),
    # Why.
    "picture-verdict": Phrase("Verdict, and why", "检测结论及依据"),
    "picture-why-hazard": Phrase("Found: {what}.", "检测到：{what}。"),
    "picture-why-clear": Phrase(
        "Every look was complete, and showed nothing dangerous.", "检测完整，未发现隐患。"
    ),
    "picture-why-uncertain": Phrase(
        "Whether a helmet is worn cannot be told of everybody.", "有人员的佩戴情况无法判定。"
    ),
    "picture-why-failed-run": Phrase("{detector}: {why}.", "{detector}：{why}。"),
    "picture-why-incomplete": Phrase(
        "Something may have been missed: {why}.", "可能有遗漏：{why}。"
    ),
    "picture-why-refuted": Phrase(
        "It may be a false alarm, or the language model errs: {why}.",
        "可能是误报，也可能是大模型判断有误：{why}。",
    ),
    "picture-by-person": Phrase("By a person", "人工判定"),
    "picture-waits": Phrase("It is shown here as soon as it is done.", "完成后自动显示。"),
    "picture-of-classes": Phrase("Looked for: {classes}", "检测目标：{classes}"),
    # Facts.
    "picture-facts": Phrase("The picture", "图片信息"),
    "picture-camera": Phrase("Camera", "摄像头"),
    "picture-name": Phrase("Name", "名称"),
    "picture-size": Phrase("Size", "尺寸"),
    "picture-pixels": Phrase("{width} × {height} pixels", "{width} × {height} 像素"),
    "picture-taken": Phrase("Taken", "拍摄时间"),
    "picture-received": Phrase("Arrived", "接收时间"),
    "taken-from-captured-at": Phrase("as its sender said", "由发送方提供"),
    "taken-from-exif": Phrase("as the camera noted in it", "由相机记录"),
    "taken-from-arrival": Phrase("when it arrived", "以接收时间为准"),
    "picture-batch": Phrase("Batch", "批次"),
    "picture-number": Phrase("Number", "编号"),
    "picture-files": Phrase("Files", "文件"),
    "picture-original": Phrase("original", "原图"),
    "picture-annotated-file": Phrase("annotated", "标注图"),
    "picture-json": Phrase("JSON", "JSON"),
    "picture-correction-json": Phrase("correction as JSON", "更正 JSON"),
    "picture-incidents": Phrase("Incident", "所属隐患事件"),
    "picture-no-incident": Phrase("It belongs to none.", "不属于任何事件。"),
    "picture-runs": Phrase("Who looked", "检测过程"),
    "run-role-full": Phrase("saw the whole picture", "整图检测"),
    "run-role-screen": Phrase("looked first", "初筛"),
    "run-role-second-look": Phrase("looked at one place again", "局部复核"),
    "run-role-stand-in": Phrase("stood in", "代替检测"),
    "run-asked": Phrase("Suspected at {place}: {what}", "疑似{what}，位置 {place}"),
    "run-answer": Phrase("Answer: {answer}", "回答：{answer}"),
    "run-answer-stands": Phrase(
        "Answer of {seconds} s before: {answer}", "{seconds} 秒前的回答：{answer}"
    ),
    "run-refuted-places": Phrase(
        "Dotted: suspected places that the language model does not confirm",
        "虚线框：大模型未确认的可疑位置",
    ),
    "run-no-answer": Phrase("No answer", "未得到回答"),
    "run-said": Phrase("In the model's words: “{text}”", "模型原话：“{text}”"),
    "run-answer-fire": Phrase("fire", "火焰"),
    "run-answer-smoke": Phrase("smoke", "烟雾"),
    "run-answer-fire-and-smoke": Phrase("fire and smoke", "火焰和烟雾"),
    "run-answer-neither": Phrase("neither fire nor smoke", "无火焰、烟雾"),
    "run-answer-helmet": Phrase("a helmet is worn", "已佩戴安全帽"),
    "run-answer-no-helmet": Phrase("no helmet", "未佩戴安全帽"),
    "run-answer-no-person": Phrase("nobody is there", "无人员"),
    "run-answer-cannot-tell": Phrase("cannot tell", "无法判断"),
    "backend-qwen": Phrase("Language model", "大模型"),
    "backend-embedded": Phrase("Small model on the CPU", "CPU 小模型"),
    "picture-run-took": Phrase("{seconds} s in all", "共 {seconds} 秒"),
    "picture-run-stage": Phrase("{stage} {ms} ms", "{stage} {ms} 毫秒"),
    "picture-run-prompt": Phrase("instruction {version}", "提示词版本 {version}"),
    "picture-run-tokens": Phrase("tokens: {number}", "token 数 {number}"),
    "picture-run-calibration": Phrase("calibration {version}", "校准表 {version}"),
    "unscored-not-given": Phrase(
        "no scores: the model server gives none", "无得分：模型服务未提供"
    ),
    "unscored-not-aligned": Phrase(
        "boxes without a score: the server's tokens are not the answer's text",
        "部分框无得分：服务返回的 token 与回答文本不符",
    ),
    "unscored-not-placed": Phrase(
        "boxes without a score: the answer had to be repaired", "部分框无得分：回答经过修复"
    ),
    "unscored-cut": Phrase(
        "boxes without a score: the server's tokens end early",
        "部分框无得分：服务返回的 token 不完整",
    ),
    "unscored-no-number": Phrase(
        "boxes without a score: the server sent none that could be one",
        "部分框无得分：服务返回的数值无效",
    ),
    "unscored-nothing-decided": Phrase(
        "boxes without a score: the model had no choice of words",
        "部分框无得分：模型没有其他用词可选",
    ),
    "picture-run-tiles": Phrase("and {number} parts of it", "另含 {number} 个分块"),
    "picture-run-dropped": Phrase("{number} boxes did not count", "{number} 个框未采用"),
    "took-decode": Phrase("reading", "解码"),
    "took-prepare": Phrase("making ready", "预处理"),
    "took-wait": Phrase("waiting", "等待"),
    "took-model": Phrase("model", "模型"),
    "took-parse": Phrase("answer", "解析"),
    # Keeping and deleting.
    "picture-kept": Phrase("Kept as evidence", "证据保留"),
    "picture-hold": Phrase("Keep as evidence", "作为证据保留"),
    "picture-hold-why": Phrase("Why", "原因"),
    "picture-held": Phrase("{why} ({who})", "{why}（{who}）"),
    "picture-release": Phrase("Keep no longer", "解除保留"),
    "picture-delete": Phrase("Delete picture", "删除图片"),
    "picture-delete-sure": Phrase(
        "For good, with its result and corrections. This cannot be taken back.",
        "永久删除图片及其检测结果和更正，不可恢复。",
    ),
}
