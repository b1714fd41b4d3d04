"""What stands on the pages of reports, registers, notices and statistics."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

REPORTS: dict[str, Phrase] = {
    "page-reports": Phrase("Reports", "报告"),
    # What can be handed over.
    "report-kinds": Phrase("What to hand over", "报告种类"),
    "report-kind-incidents": Phrase("Hazard report with register", "隐患排查治理报告及台账"),
    "report-kind-notices": Phrase("Rectification notices", "隐患整改通知单"),
    "report-kind-inspections": Phrase("Report on pictures", "图像识别报告"),
    "report-about-incidents": Phrase(
        "Hazards of a period and what people did about them: statistics, register, evidence.",
        "某一时段的隐患及处理情况：统计、台账、隐患明细。",
    ),
    "report-about-notices": Phrase(
        "A form for each hazard that is chosen, with its pictures, to be filled in and signed.",
        "每起所选隐患一份，附图片，供填写、签发和签收。",
    ),
    "report-about-inspections": Phrase(
        "Every picture of a period, camera or batch, and what was found in it.",
        "某一时段、摄像头或批次的全部图片及识别结果。",
    ),
    "report-about-statistics": Phrase(
        "Numbers and charts by day, hour, kind and camera; rates and times.",
        "按日、小时、类别和摄像头的数量与图表，整改率、销号率及用时。",
    ),
    "report-notices-of": Phrase(
        "Rectification notices ({number})", "隐患整改通知单（{number} 份）"
    ),
    # The list.
    "reports-ordered": Phrase("Ordered so far", "已生成的报告"),
    "reports-none": Phrase(
        "No report has been ordered yet. Choose above what to hand over.",
        "尚无报告。请在上方选择要生成的种类。",
    ),
    "report-column-what": Phrase("Report", "报告"),
    "report-column-when": Phrase("Ordered", "申请时间"),
    "report-column-state": Phrase("State", "状态"),
    "report-column-files": Phrase("File", "文件"),
    "report-open": Phrase("Open the PDF", "打开 PDF"),
    "report-open-index": Phrase("Open the index", "打开总目录"),
    "report-save": Phrase("Save", "保存到本机"),
    "report-volumes": Phrase("{number} volumes", "共 {number} 册"),
    "report-volume": Phrase("Volume {number}", "第 {number} 册"),
    "report-volumes-together": Phrase(
        "Save index and volumes into one folder, under their names: they lead to each other.",
        "请将总目录和各册以原文件名存放在同一文件夹，以便相互跳转。",
    ),
    "report-named": Phrase("{number} chosen", "选定 {number} 项"),
    "report-status-queued": Phrase("Waiting", "排队中"),
    "report-status-running": Phrase("Being made", "生成中"),
    "report-status-completed": Phrase("Done", "已完成"),
    "report-status-failed": Phrase("Failed", "失败"),
    "report-stage-collecting": Phrase("collecting", "正在汇总"),
    "report-stage-drawing": Phrase("drawing", "正在排版"),
    "report-progress": Phrase("Pictures drawn", "已排版图片"),
    # One of them.
    "report-may-leave": Phrase(
        "It is made in the background; this page may be closed.",
        "报告在后台生成，可以关闭本页。",
    ),
    "report-order-again": Phrase("Order it again", "重新生成"),
    "report-ordered-so": Phrase("What was ordered", "报告内容"),
    "report-finished": Phrase("Finished", "完成时间"),
    "report-scope": Phrase("About", "范围"),
    "report-notices": Phrase("Notices", "整改通知单"),
    "report-remove": Phrase("Remove the report", "删除报告"),
    "report-remove-means": Phrase(
        "The report and its files go for good. Pictures and incidents stay.",
        "报告及其文件将被永久删除，图片和隐患事件不受影响。",
    ),
    # The form.
    "report-refused": Phrase("Not ordered.", "未提交。"),
    "report-choose-hazards": Phrase("For which hazards", "选择隐患"),
    "report-nothing-to-choose": Phrase(
        "No hazard matches. Change the filter above.", "没有符合条件的隐患，请调整上方的条件。"
    ),
    "report-selection": Phrase("Selection", "选定范围"),
    "report-of-incidents": Phrase(
        "{number} incidents that were chosen.", "已选定 {number} 起隐患事件。"
    ),
    "report-of-pictures": Phrase("{number} pictures that were chosen.", "已选定 {number} 张图片。"),
    "report-not-those": Phrase("Choose by period instead", "改为按时段选择"),
    "report-too-many-named": Phrase(
        "More than 1,000 incidents match this filter; the newest 1,000 are in the report. Narrow "
        "the filter to have all of them.",
        "符合条件的隐患事件超过 1,000 起，报告只含最新的 1,000 起。如需全部，请缩小条件范围。",
    ),
    "report-period": Phrase("Period", "时段"),
    "report-period-today": Phrase("Today", "今日"),
    "report-period-yesterday": Phrase("Yesterday", "昨日"),
    "report-period-this-week": Phrase("This week", "本周"),
    "report-period-last-week": Phrase("Last week", "上周"),
    "report-period-this-month": Phrase("This month", "本月"),
    "report-period-last-month": Phrase("Last month", "上月"),
    "report-only": Phrase("Only", "限定条件"),
    "report-batch": Phrase("Batch (its number)", "批次编号"),
    "report-verdict": Phrase("Outcome", "识别结论"),
    "report-looks": Phrase("On the paper", "版面"),
    "report-title": Phrase("Title", "标题"),
    "report-site": Phrase("Site", "单位或厂区"),
    "report-language": Phrase("Language", "语言"),
    "report-lang-usual": Phrase("As usual", "默认"),
    "report-lang-en": Phrase("English", "英文"),
    "report-lang-zh": Phrase("Chinese", "中文"),
    "report-order": Phrase("Order", "排序"),
    "report-order-time": Phrase("oldest first", "按时间先后"),
    "report-order-urgency": Phrase("most urgent first", "按紧急程度"),
    "report-order-it": Phrase("Order it", "生成"),
    "report-choose-something": Phrase(
        "Choose a period, a camera, or another condition.", "请选择时段、摄像头或其他条件。"
    ),
    "report-choose-incidents": Phrase("Choose at least one hazard.", "请至少选择一起隐患。"),
    # Statistics.
    "page-statistics": Phrase("Statistics of hazards", "隐患统计"),
    "statistics-report": Phrase("Report with register", "生成报告及台账"),
    "statistics-list": Phrase("List them", "查看明细"),
    "statistics-none": Phrase(
        "No hazard was found in this period. Choose another one above.",
        "该时段没有隐患，请在上方选择其他时段。",
    ),
    "statistics-found": Phrase("Hazards", "发现隐患"),
    "statistics-unjudged": Phrase("Not judged yet", "尚未判定"),
    "statistics-solved": Phrase("Put right", "已整改"),
    "statistics-closed": Phrase("Closed", "已销号"),
    "statistics-open": Phrase("Not closed", "未销号"),
    "statistics-overdue": Phrase("Overdue", "逾期"),
    "statistics-false": Phrase("False alarms", "误报"),
    "statistics-acknowledged": Phrase("Until somebody responded", "平均响应用时"),
    "statistics-time-closed": Phrase("Until closed", "平均销号用时"),
    "statistics-rectification-rate": Phrase("Rectified", "整改率"),
    "statistics-closure-rate": Phrase("Closed of all", "销号率"),
    "statistics-by-day": Phrase("By day", "按日统计"),
    "statistics-by-month": Phrase("By month", "按月统计"),
    "statistics-by-hour": Phrase("By hour of the day", "按小时统计"),
    "statistics-by-hazard": Phrase("By kind of hazard", "按隐患类别统计"),
    "statistics-by-camera": Phrase("By camera", "按摄像头统计"),
    "statistics-rates": Phrase("Rates and times", "整改率、销号率及用时"),
    "statistics-nobody-said": Phrase("not said", "未填写"),
    "statistics-group": Phrase("Of what", "分类"),
    "statistics-day": Phrase("Day", "日期"),
    "statistics-hour": Phrase("Hour", "小时"),
    "statistics-table": Phrase("As a table", "表格"),
    "statistics-left-out": Phrase("{number} more are in the table.", "另有 {number} 项见表格。"),
    "statistics-said": Phrase(
        "{total} in all, most of them ({number}) at: {most}.",
        "共 {total} 起，最多的是“{most}”，{number} 起。",
    ),
    "statistics-note": Phrase(
        "A hazard that nobody has judged yet counts as one; false alarms are counted beside the "
        "hazards. Times are means from when a hazard was found; put right means verified by "
        "somebody else.",
        "尚未判定的按隐患计；误报单独计数，不计入隐患。用时均从发现时起算，取平均值；"
        "“已整改”指经他人复查合格。",
    ),
}
