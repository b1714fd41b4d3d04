"""What stands on the pages of batches."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

BATCHES: dict[str, Phrase] = {
    "page-batches": Phrase("Batches", "批次"),
    "batches-none": Phrase(
        "There is no batch yet. Start one above, or drop a folder or zip on the page of pictures.",
        "尚无批次。请在上方新建，或在“图片”页拖入文件夹或 ZIP。",
    ),
    "batch-new": Phrase("Start a batch", "新建批次"),
    "batch-upload": Phrase("Upload pictures, a folder or a zip", "上传图片、文件夹或 ZIP"),
    "batch-upload-means": Phrase(
        "From this computer; what is uploaded together becomes a batch.",
        "从本机上传，同一次上传的图片组成一个批次。",
    ),
    "batch-folder": Phrase("A folder on the server", "服务器上的文件夹"),
    "batch-folder-means": Phrase(
        "Read in the background with everything below it; nothing is changed there.",
        "在后台读取其中及下级文件夹的全部图片，不改动原文件。",
    ),
    "batch-folder-none": Phrase(
        "None may be read yet: whoever runs the server names them in SAFETY_BATCH_FOLDERS.",
        "尚未开放任何文件夹：请服务器管理人员在 SAFETY_BATCH_FOLDERS 中设置。",
    ),
    "batch-source": Phrase("Path of the folder", "文件夹路径"),
    "batch-roots": Phrase("May be read: {roots}", "可读取：{roots}"),
    "batch-camera": Phrase(
        "Camera that took all of them (if it was one)", "拍摄全部图片的摄像头（可不填）"
    ),
    "batch-begin": Phrase("Start", "开始"),
    "batch-refused": Phrase("Not started.", "未开始。"),
    "batch-column": Phrase("Batch", "批次"),
    "batch-pictures": Phrase("Pictures", "图片"),
    "batch-more": Phrase("more than {number}", "超过 {number}"),
    "batch-state": Phrase("State", "状态"),
    "batch-newest": Phrase("Newest picture", "最新图片"),
    "batch-waiting": Phrase("{number} wait", "待识别 {number}"),
    "batch-busy": Phrase("very many wait", "大量待识别"),
    "batch-done": Phrase("Done", "已完成"),
    "reading-queued": Phrase("Folder waits to be read", "文件夹待读取"),
    "reading-running": Phrase("Folder is being read", "正在读取文件夹"),
    "reading-completed": Phrase("Folder is read", "文件夹已读完"),
    "reading-stopped": Phrase("Reading was stopped", "已停止读取"),
    # One of them.
    "batch-title": Phrase("Batch {id}", "批次 {id}"),
    "batch-accepted": Phrase("Accepted", "已接收"),
    "batch-completed": Phrase("With a result", "已识别"),
    "batch-queued": Phrase("Waiting", "待识别"),
    "batch-running": Phrase("Being inspected", "识别中"),
    "batch-failed": Phrase("Failed", "失败"),
    "batch-progress": Phrase("Inspected", "识别进度"),
    "batch-verdicts": Phrase("What was found", "识别结论"),
    "batch-look": Phrase("Look at all pictures", "查看全部图片"),
    "batch-files": Phrase("Results as files", "下载结果"),
    "batch-file-csv": Phrase("Table (CSV, for spreadsheets)", "表格（CSV，可用 Excel 打开）"),
    "batch-file-jsonl": Phrase("Everything (JSON Lines)", "全部数据（JSON Lines）"),
    "batch-file-coco": Phrase("Boxes for training (COCO)", "标注框（COCO，用于训练）"),
    "batch-file-zip": Phrase("Annotated pictures (ZIP)", "标注图（ZIP）"),
    "batch-files-so-far": Phrase(
        "They hold what is inspected so far.", "文件只含目前已识别的图片。"
    ),
    "batch-report": Phrase("Order a report", "生成报告"),
    "batch-folder-read": Phrase("The folder", "文件夹"),
    "batch-position": Phrase("Read up to", "已读到"),
    "batch-refused-files": Phrase("Refused files", "被拒收的文件"),
    "batch-skipped": Phrase("No pictures", "非图片文件"),
    "batch-stop": Phrase("Read no further", "停止读取"),
    "batch-stop-means": Phrase(
        "Pictures that were accepted are still inspected.", "已接收的图片仍会识别。"
    ),
    "batch-why": Phrase("Why", "原因"),
    "batch-file": Phrase("File", "文件"),
    "batch-errors-more": Phrase("All of them as a file", "下载全部"),
}
