"""Every fixed text of a report, English and Chinese side by side.

English keeps to straight quotation marks and three dots: the font's typographic ones are as wide
as a Chinese character.

Long on purpose: one table that a reader of both languages checks as a whole.
"""

from __future__ import annotations

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.capture_time import ClockNoteCode, TakenFrom
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import Role
from safety_detector.domain.hazards import Label
from safety_detector.message_texts.phrase import Phrase

# Titles
TITLE = Phrase("Safety hazard image recognition report", "安全隐患图像识别报告")
SUBJECT = Phrase("Fire, smoke and safety helmets", "火焰、烟雾与安全帽佩戴")
REGISTER = Phrase("Hazard register", "隐患台账")
SHEETS = Phrase("Evidence sheets", "隐患明细页")
CARDS = Phrase("Pictures without a hazard, or not inspected", "未见隐患及未完成检测的图片")
ANNEX = Phrase("Annex", "附录")
FINDINGS = Phrase("Findings by class and state", "按类别与状态统计")
COVERAGE = Phrase("Coverage", "覆盖情况")
BY_CAMERA = Phrase("Pictures by camera", "按摄像头统计")
BY_HOUR = Phrase("Pictures by hour of day", "按小时统计")
BY_DAY = Phrase("Pictures by day", "按日统计")
BY_MONTH = Phrase("Pictures by month", "按月统计")
WITH_HAZARD = Phrase("with a hazard", "存在隐患")
WITHOUT_ANSWER = Phrase("no conclusion", "未得出结论")
WITHOUT_HAZARD = Phrase("clear", "未见隐患")
TROUBLES = Phrase("Pictures without a conclusion", "未得出结论的图片")
LIMITS = Phrase("Limits of the method", "方法的局限")
INDEX = Phrase("Evidence index", "图片索引及校验值")
VOLUMES = Phrase("Volumes", "分册目录")
VOLUME = Phrase("Volume", "分册")
VOLUME_TITLE = Phrase(
    "{title}, volume {volume} of {volumes}", "{title}（第 {volume} 册，共 {volumes} 册）"
)
INDEX_TITLE = Phrase("{title}, index volume", "{title}（总册）")
NUMBERS = Phrase("Pictures no.", "图片编号")
WITHOUT_CONCLUSION = Phrase("No conclusion", "未得出结论")
PAGES = Phrase("Pages", "页数")
FILE = Phrase("File", "文件")
SIGNATURES = Phrase("Signatures", "签字")

# Facts about the report
SITE = Phrase("Site", "场所")
PERIOD = Phrase("Period", "时段")
CAMERA = Phrase("Camera", "摄像头")
AS_OF = Phrase("Data up to", "数据截至")
MADE_BY = Phrase("Program", "程序版本")
MODELS = Phrase("Detector", "检测模型")
REFERENCE = Phrase("Report no.", "报告编号")
FROM = Phrase("from {moment}", "{moment} 起")
UNTIL = Phrase("until {moment}", "截至 {moment}")
SPAN = Phrase("{first} to {last}", "{first} 至 {last}")
IN_ZONE = Phrase("{moment} ({zone})", "{moment}（{zone}）")
ZONE_FROM = Phrase("; from {moment} on in {zone}", "，{moment} 起为 {zone}")
TIMES_IN = Phrase("Times are in {zone}.", "时间均为 {zone}。")

# Facts about a picture
PICTURE = Phrase("Picture", "图片")
SIZE = Phrase("Size", "尺寸")
CAPTURED = Phrase("Taken", "拍摄时间")
CLOCK = Phrase("Clock error", "时钟异常")
RECEIVED = Phrase("Received", "接收时间")
BATCH = Phrase("Batch", "批次")
METADATA = Phrase("Metadata", "附加信息")
INSPECTION_ID = Phrase("Inspection", "检测编号")
SHA256 = Phrase("SHA-256 of the original", "原图 SHA-256")
RUN = Phrase("Detector run", "检测运行")
PROMPT = Phrase("prompt {version}", "提示词 {version}")
CALIBRATED = Phrase("score calibration {version}", "得分校准 {version}")
TOKENS = Phrase("{count} tokens", "{count} 个词元")
RUN_ROLES = {
    Role.SCREEN: Phrase("looked first", "初筛"),
    Role.SECOND_LOOK: Phrase("second look", "复核"),
    Role.STAND_IN: Phrase("stood in", "代替检测"),
}
ASKED_ABOUT = Phrase("at {place}, suspected: {suspected}", "位置 {place}，疑似{suspected}")
QUOTED = Phrase(' ("{text}")', "（“{text}”）")
ANSWERED = Phrase("answer: {answer}", "回答：{answer}")
ANSWERED_EARLIER = Phrase("{seconds} s earlier: {answer}", "{seconds} 秒前回答：{answer}")
ANSWERS = {
    CropAnswer.FIRE: Phrase("fire", "火焰"),
    CropAnswer.SMOKE: Phrase("smoke", "烟雾"),
    CropAnswer.FIRE_AND_SMOKE: Phrase("fire and smoke", "火焰和烟雾"),
    CropAnswer.NEITHER: Phrase("neither fire nor smoke", "无火焰、烟雾"),
    CropAnswer.HELMET: Phrase("helmet worn", "已佩戴安全帽"),
    CropAnswer.NO_HELMET: Phrase("no helmet", "未佩戴安全帽"),
    CropAnswer.NO_PERSON: Phrase("nobody", "无人员"),
    CropAnswer.CANNOT_TELL: Phrase("cannot tell", "无法判断"),
}
LOOKED_FOR = Phrase("looked for {labels} alone", "仅检测{labels}")
DROPPED = Phrase("{count} boxes dropped", "舍弃 {count} 个框")
STAGES = {
    "decode": Phrase("decode", "解码"),
    "prepare": Phrase("prepare", "预处理"),
    "model": Phrase("model", "模型"),
    "parse": Phrase("parse", "解析"),
}
CLOSE_UP = Phrase("Close-up {n}", "局部 {n}")
ORIGINAL = Phrase("Original", "原图")
ANNOTATED = Phrase("Annotated", "标注图")
VANISHED = Phrase("The picture is no longer available.", "图片已不存在。")
UNREADABLE = Phrase(
    "The stored picture is damaged and cannot be shown.", "存储的图片已损坏，无法显示。"
)
NOT_SHOWN = Phrase("The picture cannot be shown: {reason}.", "图片无法显示：{reason}。")
NO_ANNOTATION = Phrase("No annotated picture was made.", "未生成标注图。")
UNNAMED = Phrase("(no name)", "（无名称）")
UNKNOWN = Phrase("not known", "未知")
NONE = Phrase("-", "—")

# Columns
NUMBER = Phrase("No.", "编号")
ROW_NUMBER = Phrase("No.", "序号")
PICTURE_NUMBER = Phrase("Picture no.", "图片编号")
CLASS = Phrase("Class", "类别")
STATE = Phrase("Severity seen / helmet", "画面程度 / 佩戴情况")
BOX = Phrase("Box x1, y1, x2, y2 (px)", "检测框 x1, y1, x2, y2（像素）")
SCORE = Phrase("Score", "得分")
RIGHT_OF_100 = Phrase("Right of 100", "百中正确")
TIME = Phrase("Time", "时间")
PLACE = Phrase("Camera", "摄像头")
TIME_AND_PLACE = Phrase("Time, camera", "时间、摄像头")
HAZARD = Phrase("Hazard", "隐患")
SEVERITY = Phrase("Severity seen", "画面程度")
SEVERITY_NOTE = Phrase(
    "The severity seen in a picture is not the rank of a hazard (ordinary or major), which people "
    "decide.",
    "画面程度不等于隐患等级（一般/重大），等级由人员判定。",
)
WORST_KNOWN = Phrase("{state}, others uncertain", "{state}，另有程度不确定")
PAGE = Phrase("Page", "页码")
RECTIFIED = Phrase("Rectified", "已整改")
REASON = Phrase("Reason", "原因")
WITH_CODE = Phrase("{text} ({code})", "{text}（{code}）")
ATTEMPTS = Phrase("Attempts", "尝试次数")
VERDICT = Phrase("Verdict", "结论")
BOXES = Phrase("Objects", "目标数")
PICTURES = Phrase("Pictures", "图片数")
COMPLETED = Phrase("Completed", "已完成")
FAILED_COLUMN = Phrase("Failed", "失败")
FIRST = Phrase("First picture", "首张图片")
LAST = Phrase("Last picture", "末张图片")
LONGEST_GAP = Phrase("Longest gap", "最长间隔")
REPLACED = Phrase("replaced", "被替换")
UNCHANGED = Phrase("unchanged", "无变化")
SKIPPED = Phrase("skipped", "被跳过")
UNINSPECTED = Phrase("Frames not inspected", "未检测帧")
GAP_FROM = Phrase("{duration} from {moment}", "{duration}（{moment} 起）")
DAYS = Phrase("{n} d", "{n} 天")
HOURS = Phrase("{n} h", "{n} 小时")
SILENT_SINCE = Phrase("no picture since {moment}", "自 {moment} 起无图像")
NO_PICTURE = Phrase("no picture", "无图像")
NO_PICTURE_STORED = Phrase("no picture stored", "没有保存的图片")
MINUTES = Phrase("{n} min", "{n} 分")
SECONDS = Phrase("{n} s", "{n} 秒")
VOLUME_PAGE = Phrase("Vol. / page", "分册 / 页码")
WITHOUT_CAMERA = Phrase("(no camera)", "（无摄像头）")

# When pictures were taken
TAKEN_FROM: dict[TakenFrom, Phrase] = {
    TakenFrom.CAPTURED_AT: Phrase("as its sender said", "由发送方提供"),
    TakenFrom.EXIF: Phrase("by the camera, EXIF", "相机 EXIF"),
    TakenFrom.ARRIVAL: Phrase(
        "not stated; the time it was received counts", "未标明，以接收时间为准"
    ),
}
TAKEN_COUNTS: dict[TakenFrom, Phrase] = {
    TakenFrom.CAPTURED_AT: Phrase("stated by the sender", "发送方提供"),
    TakenFrom.EXIF: Phrase("by the camera (EXIF)", "相机 EXIF"),
    TakenFrom.ARRIVAL: Phrase("time received", "接收时间"),
}
TAKEN_BY = Phrase("When the pictures were taken: {counts}.", "拍摄时间来源：{counts}。")
READ_IN_ZONE = Phrase(", read in {zone}", "，按 {zone} 时区读取")
IN_BRACKETS = Phrase("{text} ({more})", "{text}（{more}）")
CLOCKS: dict[TakenFrom, Phrase] = {
    TakenFrom.CAPTURED_AT: Phrase("sender", "发送方"),
    TakenFrom.EXIF: Phrase("camera", "相机"),
    TakenFrom.ARRIVAL: Phrase("service", "服务"),
}
CLOCK_NOTES: dict[ClockNoteCode, Phrase] = {
    ClockNoteCode.ZONE_ASSUMED: Phrase(
        "The {source} states {stated} without a zone.", "{source}所标时间 {stated} 未含时区。"
    ),
    ClockNoteCode.IN_THE_FUTURE: Phrase(
        "The {source} states {stated}, which is later than the picture was received.",
        "{source}所标时间 {stated} 晚于接收时间。",
    ),
    ClockNoteCode.CLOCK_NEVER_SET: Phrase(
        "The {source} states {stated}: its clock was never set.",
        "{source}所标时间 {stated}：其时钟从未校准。",
    ),
    ClockNoteCode.UNREADABLE: Phrase(
        'The {source} states "{stated}", which is no time.', "{source}所标“{stated}”不是有效时间。"
    ),
}

# Sentences
SHOWS = Phrase("The picture shows {what}.", "画面中检出{what}。")
IN_PLACES: dict[Label, tuple[Phrase, Phrase]] = {
    Label.FIRE: (
        Phrase("fire in 1 place", "火焰 1 处"),
        Phrase("fire in {n} places", "火焰 {n} 处"),
    ),
    Label.SMOKE: (
        Phrase("smoke in 1 place", "烟雾 1 处"),
        Phrase("smoke in {n} places", "烟雾 {n} 处"),
    ),
    Label.PERSON: (Phrase("1 person", "人员 1 名"), Phrase("{n} people", "人员 {n} 名")),
}
STATE_COUNT = Phrase("{state}: {n}", "{state} {n}")
STATES_AROUND = Phrase(" ({states})", "（{states}）")
COMMA = Phrase(", ", "、")
LIST_COMMA = Phrase(", ", "，")
DOT = Phrase(", ", "·")
AND = Phrase(" and ", "、")
NO_FIRE = Phrase("No fire or smoke was found.", "未检出火焰或烟雾。")
NOTHING = Phrase("No fire, smoke or person was found.", "未检出火焰、烟雾或人员。")
NOT_INSPECTED = Phrase(
    "The picture could not be inspected, so nothing can be said about it: {reason}.",
    "该图片未能完成检测，无法给出任何判断：{reason}。",
)
NOT_YET = Phrase(
    "The inspection has not finished; nothing can be said about the picture yet.",
    "检测尚未完成，暂不能给出任何判断。",
)
WAITING = Phrase("It waits: {reason}.", "等待原因：{reason}。")
RUN_FAILED = Phrase(
    "A detector run failed ({reason}): there may be more than is listed.",
    "有一次检测运行失败（{reason}）：可能存在未列出的隐患。",
)
RUN_INCOMPLETE = Phrase(
    "The inspection was incomplete ({reason}): there may be more than is listed.",
    "检测不完整（{reason}）：可能存在未列出的隐患。",
)
RUN_REFUTED = Phrase(
    "It may be a false alarm, or the language model errs ({reason}).",
    "可能是误报，也可能是大模型判断有误（{reason}）。",
)
HELMET_UNCERTAIN = Phrase(
    "Whether a helmet is worn could not be judged (people: {n}).",
    "有 {n} 名人员是否佩戴安全帽无法判断。",
)
UNCONFIRMED = Phrase(
    "Found by the embedded detector alone, not confirmed by the language model: number {numbers}.",
    "第 {numbers} 项仅由内置检测器发现，未经大模型确认。",
)
NO_REASON = Phrase("no reason recorded", "未记录原因")

# Summary
HEADLINE_NONE = Phrase(
    "There are no pictures in this report: nothing is known about this place and period.",
    "本报告不含任何图片：无法判断该场所和时段的安全状况。",
)
HEADLINE_HAZARD = Phrase(
    "Hazards in {hazards} of {total} pictures.", "{total} 张图片中有 {hazards} 张存在隐患。"
)
HEADLINE_OPEN = Phrase(
    "No hazard was found, but there is no conclusion for {open} of {total} pictures.",
    "未发现隐患，但 {total} 张图片中有 {open} 张未得出结论。",
)
HEADLINE_CLEAR = Phrase(
    "No hazard was found in {total} pictures.", "{total} 张图片中均未发现隐患。"
)
SILENCE = Phrase(
    "Pictures without a conclusion (failed, incomplete or not judged): {open}. They were not shown "
    "to be safe and must be reviewed by a person.",
    "有 {open} 张图片未得出结论（失败、不完整或无法判断）。这不代表安全，须由人员复核。",
)
SEE_ANNEX = Phrase("The annex lists them.", "清单见附录。")
SOME_IN_ANNEX = Phrase("The annex lists {n} of them.", "附录列出其中 {n} 张。")
SELECTION = Phrase(
    "This report shows {shown} of {total} pictures, the most urgent ones. The others are counted "
    "here and listed in the files beside the report.",
    "本报告展示 {total} 张图片中最紧急的 {shown} 张；其余图片仅计入统计，并列于随附文件中。",
)
SELECTED = Phrase(
    'This report shows the pictures with the verdict "{verdict}" alone: {shown} of {total}. The '
    "others are counted here and have no sheet.",
    "本报告仅展示结论为“{verdict}”的图片（{total} 张中的 {shown} 张）；其余仅计入统计。",
)
WRONG_CLOCKS = Phrase(
    "Pictures whose stated time cannot be right: {n}; a clock is wrong. The next best time counts, "
    "see their sheets.",
    "有 {n} 张图片所标时间不可能正确（时钟异常），改用次优时间，详见其明细页。",
)
NO_PICTURES = Phrase(
    "No picture was submitted in this period. Silence is not safety: check the cameras and the "
    "transmission.",
    "该时段没有收到任何图片。无图像不等于安全：请检查摄像头与传输链路。",
)
SILENT_CAMERAS = Phrase(
    "Cameras that sent no picture in this period: {names}. Silence is not safety.",
    "以下摄像头在该时段没有发送任何图片：{names}。无图像不等于安全。",
)
FRAMES = Phrase(
    "Frames that were not inspected: {replaced} were replaced by a newer one before their turn, "
    "{skipped} were skipped (too soon after the last one, overtaken, or the camera switched off).",
    "未检测的帧：{replaced} 帧在轮到之前被更新的帧替换，"
    "{skipped} 帧被跳过（间隔过短、已有更新的帧或摄像头停用）。",
)
UNCHANGED_FRAMES = Phrase(
    "This rests on {looked} frames that were looked at. {unchanged} more showed nothing new beside "
    "the last of these before them, whose verdict stands for them.",
    "本报告依据 {looked} 帧已检测画面；"
    "另有 {unchanged} 帧与此前最近一次检测的画面相比没有变化，沿用其结论。",
)
CAMERA_FAULTS = Phrase(
    "What was wrong with cameras in this period; what they showed meanwhile proves nothing:",
    "该时段内的摄像头故障（其间的画面不能作为依据）：",
)
CAMERA_FAULT = Phrase("{camera}: {fault}, {span}", "{camera}：{fault}，{span}")
MORE_FAULTS = Phrase("and {n} more", "另有 {n} 项")
FAULTS = {
    Fault.SILENT: Phrase("silent", "无画面"),
    Fault.FROZEN: Phrase("frozen picture", "画面静止"),
    Fault.DARK: Phrase("dark", "画面过暗"),
    Fault.COVERED: Phrase("covered or blinded", "被遮挡或强光"),
    Fault.BLURRED: Phrase("blurred", "画面模糊"),
    Fault.MOVED: Phrase("turned away", "朝向改变"),
    Fault.CLOCK: Phrase("clock off", "时钟不准"),
    Fault.REFUSED: Phrase("pictures refused", "画面无法接收"),
}
NO_PICTURES_LEFT = Phrase(
    "No picture of this period is stored any more.", "该时段的图片均已不再保存。"
)
PURGED = Phrase(
    "Retention has removed pictures taken from {first} to {last}; what they showed is not in this "
    "report.",
    "保存期限已满，{first} 至 {last} 拍摄的部分图片已被清除，其检测结果不在本报告中。",
)
UNSTORED_CAMERAS = Phrase(
    "Cameras of which no picture of this period is stored: {names}. Silence is not safety.",
    "以下摄像头在该时段没有保存的图片：{names}。无图像不等于安全。",
)
AND_MORE = Phrase("{n} more", "另有 {n} 个")
TILE_PICTURES = Phrase("Pictures", "图片总数")
STATISTICS = Phrase("Statistics of hazards", "隐患统计")
BEFORE_PICTURES = Phrase("Period before", "上期")
CHANGE = Phrase("Change", "环比")
BY_HAND = (
    Phrase("Rectified, ordinary", "已整改（一般）"),
    Phrase("Rectified, major", "已整改（重大）"),
    Phrase("Rate", "整改率"),
    Phrase("Overdue", "逾期"),
)
INSPECTED = Phrase("pictures inspected", "排查图片")
COMPARED = Phrase(
    "Compared with the period before, of the same length.", "环比为与上一等长时段相比。"
)
NOT_COMPARED = Phrase(
    "There is no period before, of the same length, to compare with.", "无上一等长时段可比。"
)
FILLED_BY_HAND = Phrase(
    "Empty columns are filled in by people: rectification is not recorded by the program.",
    "空白栏由人员填写，本程序不记录整改情况。",
)
HAZARD_PICTURES = Phrase("Hazard", "存在隐患")
COUNTED = Phrase("{name}: {n}", "{name}：{n}")
SEMICOLON = Phrase("; ", "；")
SUBMITTED_COUNT = Phrase("Pictures submitted", "提交图片")
COMPLETED_COUNT = Phrase("Inspection completed", "完成检测")
INCOMPLETE_COUNT = Phrase("of these incomplete", "其中检测不完整")
HAZARDS_ELSEWHERE = Phrase(
    "Pictures with a hazard are not part of this selection: {n}.",
    "存在隐患的图片不在本次所选范围内：{n} 张。",
)
HAZARDS_LEFT_OUT = Phrase(
    "Further pictures with a hazard, which are not part of this selection: {n}.",
    "另有 {n} 张存在隐患的图片不在本次所选范围内。",
)
TROUBLES_ELSEWHERE = Phrase(
    "Pictures without a conclusion are not part of this selection: {n}. They were not shown to be "
    "safe.",
    "未得出结论的图片不在本次所选范围内：{n} 张。这不代表安全。",
)
TROUBLES_LEFT_OUT = Phrase(
    "Further pictures without a conclusion, which are not part of this selection: {n}. They were "
    "not shown to be safe.",
    "另有 {n} 张未得出结论的图片不在本次所选范围内，这不代表安全。",
)
NO_HAZARDS = Phrase("No picture shows a hazard.", "没有图片存在隐患。")
NO_TROUBLES = Phrase("Every picture has a conclusion.", "所有图片均已得出结论。")

# Limits
LIMIT_TEXTS = (
    Phrase(
        "The results come from automatic image recognition. They support an inspection by people "
        "and do not replace it.",
        "结果由图像自动识别得出，用于辅助人工检查，不能代替人工检查。",
    ),
    Phrase(
        "Only what a picture shows can be found. What is hidden, out of view, very small, blurred "
        'or dark may be missed; "clear" means that nothing was found in this picture, not that '
        "the place is safe.",
        "只能发现画面中可见的内容。被遮挡、画面之外、过小、模糊或过暗的目标可能漏检；"
        "“未见隐患”仅指该图片中未发现隐患，不代表现场安全。",
    ),
    Phrase(
        "What is named may be wrong too: hair, a cap or a hood may be taken for a worn helmet, so "
        "that a bare head is not reported, and a lamp, a sunset or mist for fire or smoke. A "
        "person must review the results before anything follows from them.",
        "检出的内容也可能误判：头发、便帽或兜帽可能被误判为已佩戴安全帽，致使未戴安全帽者未被报出；"
        "灯光、晚霞或水雾可能被误判为火焰或烟雾。结果须经人员复核后方可采用。",
    ),
    Phrase(
        '"Inconclusive" and "failed" pictures were not shown to be safe; they must be reviewed by '
        "a person.",
        "“无法判定”和“检测失败”的图片未被证明安全，须由人员复核。",
    ),
    Phrase(
        "The severity seen in a picture is estimated, not measured, and is not the rank of a "
        "hazard (ordinary or major), which people decide. A score is the detector's own figure and "
        "not a probability.",
        "画面程度由画面估计，并非测量值，也不等于隐患等级（一般/重大），等级由人员判定。"
        "得分为检测模型自身的数值，不是概率。",
    ),
    Phrase(
        '"Right of 100", where it stands, is how many of 100 labelled detections with such a score '
        "were right on the pictures that the scores were calibrated with; elsewhere it may differ.",
        "“百中正确”（如有）指在校准得分所用的已标注图片上，每 100 个同类得分的检出中正确的个数；"
        "其他场景可能不同。",
    ),
    Phrase(
        "Boxes are in pixels of the upright original, counted from its upper left corner. The "
        "numbers are those drawn on the annotated picture.",
        "检测框以转正后原图的像素表示，原点为左上角；编号与标注图上的编号一致。",
    ),
    Phrase(
        "The SHA-256 value identifies the submitted file: a file that was changed has another.",
        "SHA-256 值唯一对应所提交的文件：文件一经改动，该值即不同。",
    ),
)

# Rectification notice
NOTICE = Phrase("Rectification notice", "隐患整改通知单")
NOTICES = Phrase("Rectification notices", "隐患整改通知单")
IF_A_FIRE = Phrase(
    "If this is a fire: raise the alarm and start the emergency plan at once.",
    "如为火情，立即报警并启动应急预案。",
)
NOTICE_NUMBER = Phrase("Notice no.", "编号")
FOUND_AT = Phrase("Time of inspection", "检查时间")
UNIT = Phrase("Inspected unit", "受检单位")
DEPARTMENT = Phrase("Department responsible", "责任部门")
LOCATION = Phrase("Location", "部位")
INSPECTOR = Phrase("Inspector (confirmed by)", "检查人员（核实人）")
CATEGORY = Phrase("Category", "隐患类别")
CATEGORIES: dict[Label, Phrase] = {
    Label.FIRE: Phrase("fire", "火焰"),
    Label.SMOKE: Phrase("smoke", "烟雾"),
    Label.PERSON: Phrase("head protection", "安全帽佩戴"),
}
RANK = Phrase("Rank", "隐患等级")
RANKS = Phrase("□ ordinary    □ major", "□ 一般    □ 重大")
HAZARD_DESCRIPTION = Phrase("Hazard", "隐患描述")
CLAUSE = Phrase("Provision violated", "违反条款")
EVIDENCE = Phrase("Picture evidence", "图像依据")
EVIDENCE_TEXT = Phrase(
    "{name}; inspection {inspection}; SHA-256 of the original {sha256}",
    "{name}；检测编号 {inspection}；原图 SHA-256 {sha256}",
)
MEASURES = Phrase("Corrective actions (issuer)", "整改要求（签发方填写）")
MEASURES_TAKEN = Phrase("Corrective actions", "整改措施")
RESPONSIBLE = Phrase("Person responsible", "整改责任人")
PHONE = Phrase("Telephone", "联系电话")
DEADLINE = Phrase("Deadline", "整改期限")
FUNDS = Phrase("Funds", "整改资金")
PLAN = Phrase("Emergency plan", "应急预案")
ISSUED_BY = Phrase("Issued by, date", "签发人 / 日期")
ACCEPTED_BY = Phrase("Received by, date", "签收人 / 日期")
BY_ON = Phrase("{who}, {day}", "{who}，{day}")
BEFORE = Phrase("Before", "整改前")
AFTER = Phrase("After", "整改后")
ATTACH = Phrase("Attach a picture here", "粘贴整改后照片")
DONE = Phrase("Actions completed (receiver)", "整改完成情况（签收方填写）")
DONE_BY = Phrase("Completed by", "填报人")
DONE_ON = Phrase("Completed on", "完成日期")
CHECK = Phrase("Verification", "复查结论")
CHECK_RESULTS = Phrase(
    "□ satisfactory, closed    □ not satisfactory, rectify again",
    "□ 合格，准予销号    □ 不合格，重新整改",
)
CHECKED_BY = Phrase("Verified by", "复查人")
CHECKED_ON = Phrase("Verified on", "复查日期")

# Signatures
ROLES = (
    Phrase("Prepared by", "编制"),
    Phrase("Reviewed by", "审核"),
    Phrase("Approved by", "批准"),
)
NAME = Phrase("Name", "姓名")
SIGNATURE = Phrase("Signature", "签名")
DATE = Phrase("Date", "日期")

# Page furniture
PAGE_OF = Phrase("Page {page} of {pages}", "第 {page} 页 / 共 {pages} 页")
MADE_LINE = Phrase("{program}, data up to {moment}", "{program}，数据截至 {moment}")
