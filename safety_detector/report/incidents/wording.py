"""Every fixed text of a report about incidents, English and Chinese side by side.

Long on purpose, as ``report.wording``: one table that a reader of both languages checks as a whole.
"""

from __future__ import annotations

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level
from safety_detector.domain.incidents.incident import ChangeKind
from safety_detector.domain.incidents.looks import Severity
from safety_detector.message_texts.pages import PAGES
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report.incidents.records import EvidenceRole

# Titles
TITLE = Phrase("Hazard incident report", "安全隐患排查治理报告")
SUBJECT = Phrase(
    "Fire, smoke and safety helmets: what was found and what became of it",
    "火焰、烟雾与安全帽佩戴：隐患及其治理情况",
)
REGISTER = Phrase("Hazard register", "隐患台账")
CARRIED = Phrase("Carried over from before the period", "上期遗留隐患")
SHEETS = Phrase("Evidence sheets", "隐患明细页")
FALSE_ALARMS = Phrase("False alarms", "误报")
STATISTICS = Phrase("Statistics by category", "隐患统计（按类别）")
BY_AREA = Phrase("Statistics by area", "隐患统计（按区域）")
BY_UNIT = Phrase("Statistics by unit or person responsible", "隐患统计（按责任单位、责任人）")
TIMES = Phrase("Time to respond and to close", "响应与销号用时")
REASONS = Phrase("Why incidents were false alarms", "误报原因")
BY_CAMERA = Phrase("Incidents by camera", "按摄像头统计")
BY_HOUR = Phrase("Hazards by hour of day", "按小时统计")
BY_DAY = Phrase("Hazards by day", "按日统计")
BY_MONTH = Phrase("Hazards by month", "按月统计")
INDEX = Phrase("Evidence index", "图片索引及校验值")

# Facts about the report
AS_OF = Phrase("Handling as of", "治理情况截至")
FILTERS = {
    "hazard": Phrase("Category", "隐患类别"),
    "severity": Phrase("Severity seen", "画面程度"),
    "zone_id": Phrase("Zone", "区域"),
    "state": Phrase("State", "治理状态"),
    "assignee": Phrase("Person responsible", "责任人"),
    "level": Phrase("Rank", "隐患等级"),
}

# Names of things
HAZARDS: dict[WatchedHazard, Phrase] = {
    WatchedHazard.FIRE: Phrase("fire", "火焰"),
    WatchedHazard.SMOKE: Phrase("smoke", "烟雾"),
    WatchedHazard.NO_HELMET: Phrase("no proper helmet", "未正确佩戴安全帽"),
}
HAZARDS_SAID: dict[WatchedHazard, Phrase] = {
    WatchedHazard.FIRE: Phrase("fire", "火焰"),
    WatchedHazard.SMOKE: Phrase("smoke", "烟雾"),
    WatchedHazard.NO_HELMET: Phrase("a person without a proper helmet", "人员未正确佩戴安全帽"),
}
CATEGORIES: dict[WatchedHazard, Phrase] = {
    WatchedHazard.FIRE: Phrase("fire", "火焰"),
    WatchedHazard.SMOKE: Phrase("smoke", "烟雾"),
    WatchedHazard.NO_HELMET: Phrase("head protection", "安全帽佩戴"),
}
SEVERITIES: dict[Severity, Phrase] = {
    Severity.UNCERTAIN: Phrase("severity uncertain", "程度不确定"),
    Severity.MINOR: Phrase("minor", "轻微"),
    Severity.MODERATE: Phrase("moderate", "中等"),
    Severity.SEVERE: Phrase("severe", "严重"),
}
STATES: dict[HandlingState, Phrase] = {
    one: PAGES[f"state-{one.value.replace('_', '-')}"] for one in HandlingState
}
FALSE_ALARM = Phrase("false alarm", "误报")
OVERDUE_STATE = Phrase("overdue", "已逾期")
LEVELS: dict[Level | None, Phrase] = {
    Level.GENERAL: Phrase("ordinary", "一般"),
    Level.MAJOR: Phrase("major", "重大"),
    None: Phrase("not ranked", "未定级"),
}
ACTS: dict[ActKind, Phrase] = {one: PAGES[f"done-{one.value.replace('_', '-')}"] for one in ActKind}
BY_CAMERA_ITSELF = Phrase("camera", "摄像头检测")
OPENED = Phrase("Opened", "事件产生")
ESCALATED, ENDED = (
    PAGES[f"change-{one.value}"] for one in (ChangeKind.ESCALATED, ChangeKind.ENDED)
)
BECAUSE = {one: PAGES[f"because-{one}"] for one in ("severity", "extent", "fire", "permit")}
MORE_ACTS = Phrase("{n} more entries are in the audit log.", "另有 {n} 条记录见审计日志。")
PICTURE_ROLES: dict[EvidenceRole, Phrase] = {
    EvidenceRole.BEST: Phrase("best picture", "最佳画面"),
    EvidenceRole.OPENED: Phrase("when it opened", "产生时"),
    EvidenceRole.WORST: Phrase("at its worst", "最严重时"),
    EvidenceRole.AFTER: Phrase("rectified", "整改后"),
}
ORIGINAL_OF = Phrase("Original: {role}", "原图：{role}")
ANNOTATED_OF = Phrase("Annotated: {role}", "标注图：{role}")
AT_MOMENT = Phrase("{name} {moment}", "{name} {moment}")

# Sentences
HAZARD_AT = Phrase("{hazards} at {place}{severity}.", "{place}发现{hazards}{severity}。")
SEEN = Phrase(
    "Seen in {sightings} of {looks} pictures from {first} to {last}; {judge}.",
    "{first} 至 {last} 的 {looks} 次检测中 {sightings} 次可见；{judge}。",
)
SEVERITY_OF = Phrase(" ({severity})", "（{severity}）")
STILL_SEEN = Phrase("the moment of this report", "本报告截止时")
PERMITTED = Phrase("It lies within hot-work permit {permit}.", "位于动火作业许可 {permit} 范围内。")
ZONE_AT = Phrase("{camera}, {zone}", "{camera}·{zone}")
NOT_JUDGED = Phrase("No person has judged it yet.", "尚未经人员核实。")
FALSE_ALARM_BECAUSE = Phrase("Judged a false alarm by {who}: {text}", "{who}判为误报：{text}")
NO_PICTURES = Phrase("Its pictures are no longer stored.", "其图片已不再保存。")

# Summary
HEADLINE = Phrase(
    "Hazards found: {found}. Closed: {closed}; not closed: {open}, of these overdue: {overdue}.",
    "发现隐患 {found} 起：已销号 {closed} 起，未销号 {open} 起（其中逾期 {overdue} 起）。",
)
HEADLINE_ALL_FALSE = Phrase(
    "No hazard was found; all {n} incidents were judged false alarms.",
    "未发现隐患：{n} 起事件均判为误报。",
)
HEADLINE_NONE = Phrase("No hazard incident opened in this period.", "该时段未产生隐患事件。")
UNJUDGED = Phrase(
    "Not judged by a person yet: {n}. They count as hazards until somebody says otherwise.",
    "尚有 {n} 起未经人员核实；核实前按隐患计入。",
)
CARRIED_OVER = Phrase(
    "Carried over from before the period: {n}, of these still not closed: {open}.",
    "上期遗留 {n} 起，其中仍未销号 {open} 起。",
)
REOPENED = Phrase("Reopened after they were thought to be done: {n}.", "曾重新打开 {n} 起。")
MERGED = Phrase(
    "Incidents that went into others are not counted by themselves: {n}.",
    "另有 {n} 起已并入其他事件，不单独计数。",
)
FAULTY = Phrase(
    "Cameras had {n} faults in this period, during which they prove nothing; see the coverage.",
    "该时段摄像头故障 {n} 次，其间画面不能作为依据，详见覆盖情况。",
)
NO_COVERAGE = Phrase(
    "No picture was inspected in this period. Silence is not safety: check the cameras and the "
    "transmission.",
    "该时段没有检测任何图片。无图像不等于安全：请检查摄像头与传输链路。",
)
TILE_FOUND = Phrase("Hazards", "隐患")
TILE_CLOSED = Phrase("Closed", "已销号")
TILE_OPEN = Phrase("Not closed", "未销号")
TILE_OVERDUE = Phrase("Overdue", "逾期")
TILE_RATE = Phrase("Rectified", "整改率")
TILE_FALSE = Phrase("False alarms", "误报")
COVERED = Phrase(
    "Pictures inspected: {completed} of {submitted}; failed: {failed}; without a conclusion: "
    "{inconclusive}.",
    "检测图片 {completed} 张（提交 {submitted} 张）；失败 {failed} 张；"
    "无法判定 {inconclusive} 张。",
)

# Columns
ROW = Phrase("No.", "序号")
TIME_AND_NUMBER = Phrase("Opened, incident no.", "产生时间、隐患编号")
PLACE = Phrase("Place", "部位")
HAZARD = Phrase("Hazard (severity seen)", "隐患（画面程度）")
LEVEL = Phrase("Rank", "等级")
STATE = Phrase("State", "状态")
RESPONSIBLE = Phrase("Responsible", "责任人")
DUE = Phrase("Due", "整改期限")
CLOSED_ON = Phrase("Closed", "销号日期")
PAGE = Phrase("Page", "页码")
INCIDENT_NUMBERS = Phrase("Incidents no.", "事件序号")
CATEGORY = Phrase("Category", "类别")
AREA = Phrase("Area", "区域")
UNIT = Phrase("Unit, person", "责任单位、责任人")
FOUND = Phrase("Found", "排查")
BEFORE = Phrase("Before", "上期")
CHANGE = Phrase("Change", "环比")
REPEATED = Phrase("Again", "重复")
SOLVED_GENERAL = Phrase("Rectified, ordinary", "已整改 一般")
SOLVED_MAJOR = Phrase("Rectified, major", "已整改 重大")
SOLVED_UNRANKED = Phrase("Rectified, not ranked", "已整改 未定级")
RATE = Phrase("Rate", "整改率")
CLOSED = Phrase("Closed", "已销号")
OVERDUE = Phrase("Overdue", "逾期")
FALSE = Phrase("False alarms", "误报")
OF = Phrase("{n} of {total}", "{n}/{total}")
ALL = Phrase("all hazards", "合计")
OTHERS = Phrase("others ({n})", "其他（{n} 个）")
NOBODY = Phrase("(nobody)", "（未指定）")
RESPONDED = Phrase("Responded", "已响应")
TO_RESPOND = (
    Phrase("Respond: mean", "响应 平均"),
    Phrase("Respond: median", "响应 中位数"),
    Phrase("Respond: 90 % within", "响应 90% 以内"),
)
TO_CLOSE = (
    Phrase("Close: mean", "销号 平均"),
    Phrase("Close: median", "销号 中位数"),
    Phrase("Close: 90 % within", "销号 90% 以内"),
)
CLOSED_NUMBER = Phrase("Closed", "已销号")
REASON = Phrase("Reason", "原因")
NUMBER = Phrase("Number", "起数")
SHARE = Phrase("Share", "占比")
WITHOUT_REASON = Phrase("(no reason given)", "（未说明原因）")
WHEN = Phrase("Time", "时间")
WHAT = Phrase("What", "事项")
WHO = Phrase("Who", "人员")
WORDS = Phrase("In their words", "说明")
WITH_DUE = Phrase("{who}, until {due}", "{who}，期限 {due}")
LEGEND_OPEN = Phrase("not closed", "未销号")
LEGEND_OVERDUE = Phrase("overdue", "逾期")
LEGEND_CLOSED = Phrase("closed", "已销号")
LEGEND_FALSE = Phrase("false alarms", "误报")
INCIDENTS = Phrase("All", "合计")
HAZARDS_COLUMN = Phrase("Hazards", "隐患")
PICTURE_OF = Phrase("Picture", "图片")

FAULTS_TITLE = Phrase("Faults of cameras as incidents", "摄像头故障事件")
FAULT = Phrase("Fault", "故障")
FROM = Phrase("From", "起")
UNTIL = Phrase("Until", "止")
INCIDENT_NUMBER = Phrase("Incident no.", "事件编号")
LASTS = Phrase("still lasts", "仍在持续")

# Notes
NOTE_STATISTICS = Phrase(
    "Rectified: put right and verified by a second person. Overdue: not put right by its deadline. "
    "Again: the same category at the same place of the same camera within 30 days. False alarms "
    "are counted apart and are no hazards.",
    "已整改指整改完成并经他人复查合格；逾期指期限已过而未完成整改；重复指 30 "
    "天内同一摄像头同一区域再次出现同类隐患；误报单独计数，不计入隐患。",
)
NOTE_TIMES = Phrase(
    "Respond: from the opening of an incident until a person first acted on it, false alarms "
    "included. Close: until a hazard was closed.",
    "响应用时自事件产生至人员首次处置（含误报）；销号用时自事件产生至隐患销号。",
)
NO_REGISTER = Phrase("No hazard was found.", "未发现隐患。")
CARRIED_NOTE = Phrase(
    "Found before the period and not closed when it began; their evidence is in earlier reports.",
    "以下隐患于本时段之前发现，且时段开始时尚未销号；其图片见此前报告。",
)

# Limits, before those of the method
LIMIT_TEXTS = (
    Phrase(
        "One incident is one hazard at one place of one camera, from its first sighting until it "
        "was looked for and not seen any more. What was seen too seldom, lies in a mask, or falls "
        "into hours that are not watched opens none.",
        "同一摄像头同一位置的同一隐患计为一起事件，自首次可见起，至检测中不再可见为止。"
        "出现次数不足、位于屏蔽区域或处于不监测时段的，不产生事件。",
    ),
    Phrase(
        "States, ranks, measures and reasons stand here as people recorded them; the program sees "
        "to it that whoever rectified did not verify, and judges none of it.",
        "状态、等级、整改措施与原因均由人员填写；程序仅保证整改与复查非同一人，不作评判。",
    ),
)
