"""What is wrong with a value that somebody gave, said at its field."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

VALUES: dict[str, Phrase] = {
    # Of any field.
    "value-bool": Phrase("true or false is needed", "需要填写 true 或 false"),
    "value-size": Phrase(
        "a size is needed, for example 500GB or 2TiB", "需要填写容量，例如 500GB 或 2TiB"
    ),
    "value-unknown-field": Phrase("there is no such field", "没有这个字段"),
    "value-number": Phrase(
        "a number is needed, for example 90 or 0.5", "需要填写数字，例如 90 或 0.5"
    ),
    "value-whole-number": Phrase("a whole number is needed, for example 8", "需要填写整数，例如 8"),
    "value-more-than": Phrase("it must be more than {gt}", "必须大于 {gt}"),
    "value-at-least": Phrase("it must be at least {ge}", "不能小于 {ge}"),
    "value-less-than": Phrase("it must be less than {lt}", "必须小于 {lt}"),
    "value-at-most": Phrase("it must be at most {le}", "不能大于 {le}"),
    "value-one-of": Phrase("one of {expected} is needed", "只能是 {expected} 之一"),
    "value-one-of-tags": Phrase("one of {expected_tags} is needed", "只能是 {expected_tags} 之一"),
    "value-missing": Phrase("it is needed and was not given", "必填"),
    "value-object": Phrase("a JSON object is needed", "需要 JSON 对象"),
    "value-too-long": Phrase(
        "it is too long; at most {max_length} characters are taken",
        "过长，最多 {max_length} 个字符",
    ),
    "value-too-short": Phrase(
        "it is too short; {min_length} or more characters are needed",
        "过短，至少 {min_length} 个字符",
    ),
    "value-too-many": Phrase(
        "there are too many; {max_length} at most are taken", "过多，最多 {max_length} 个"
    ),
    "value-too-few": Phrase(
        "there are too few; {min_length} or more are needed", "过少，至少 {min_length} 个"
    ),
    "value-text": Phrase("text is needed", "需要填写文字"),
    "value-seconds": Phrase(
        "a number of seconds is needed, for example 30", "需要填写秒数，例如 30"
    ),
    "value-text-empty": Phrase("it has at least one character", "不能为空"),
    "value-id": Phrase(
        "an id has 1 to 64 of the ASCII letters, digits, '.', '_' and '-', a letter or digit "
        "first; other letters can stand in a name",
        "编号为 1 到 64 个英文字母、数字、“.”、“_”或“-”，以字母或数字开头；名称可用其他文字",
    ),
    "value-ulid": Phrase(
        "a ULID is needed, for example 01KB5V4Q2W9GZT3XJ8N7R6M5HD",
        "需要 ULID，例如 01KB5V4Q2W9GZT3XJ8N7R6M5HD",
    ),
    "value-moment": Phrase(
        "a date, a time and a zone are needed, as in 2026-11-21T16:00:00+08:00",
        "需要日期、时间和时区，例如 2026-11-21T16:00:00+08:00",
    ),
    "value-year": Phrase("the year must be from {first} to {last}", "年份应为 {first} 到 {last}"),
    "timezone-unknown": Phrase(
        "there is no zone of this name; for example Asia/Shanghai is one",
        "没有这个时区；例如 Asia/Shanghai",
    ),
    "timezone-unknown-near": Phrase(
        "there is no zone of this name; did you mean {nearest}?",
        "没有这个时区；是否为 {nearest}？",
    ),
    "value-plain-number": Phrase("a number is needed", "需要填写数字"),
    # Areas of a picture.
    "area-few-corners": Phrase(
        "at least 3 corners are needed, not {found}", "至少需要 3 个顶点，现有 {found} 个"
    ),
    "corner-unreadable": Phrase(
        "line {number} is no corner; two numbers from 0 to 100 are needed, as in 12.5, 80",
        "第 {number} 行不是顶点，应为 0 至 100 的两个数字，例如 12.5, 80",
    ),
    "area-many-corners": Phrase(
        "{most} corners at most, not {found}", "最多 {most} 个顶点，现有 {found} 个"
    ),
    "area-outside": Phrase(
        "corner {number} lies outside of the picture; corners are fractions of its width and "
        "height, 0 to 1",
        "第 {number} 个顶点在图片之外；坐标为宽、高的比例，0 到 1",
    ),
    "area-corner-twice": Phrase(
        "corner {number} and the one after it are the same", "第 {number} 个顶点与下一个重合"
    ),
    "area-nothing": Phrase("the area is next to nothing", "区域面积过小"),
    "area-crosses": Phrase(
        "the outline crosses or touches itself; go around the area once",
        "边线相交或重叠；请沿区域边缘依次取点",
    ),
    "zones-same-id": Phrase(
        "{number} zones have the id {zone_id}", "{number} 个区域的编号都是 {zone_id}"
    ),
    # Hours.
    "hours-time": Phrase(
        "a time of the day is needed, from 00:00 to 24:00", "需要填写时间，00:00 到 24:00"
    ),
    "hours-no-day": Phrase(
        "at least one day is needed, for example mon", "至少选择一天，例如星期一"
    ),
    "hours-outside": Phrase(
        "hours begin from 00:00 to 23:59 and end at 24:00 at the latest",
        "开始时间为 00:00 到 23:59，结束时间不晚于 24:00",
    ),
    "hours-empty": Phrase(
        "the hours are empty: from and to are the same; a whole day is from 00:00 to 24:00",
        "起止时间相同；全天为 00:00 到 24:00",
    ),
    # When incidents open.
    "rule-sightings": Phrase(
        "{sightings} of {looks} looks: it has to be 1 to {most}, and no more sightings than looks",
        "{looks} 次检测中 {sightings} 次：应为 1 到 {most}，且可见次数不多于检测次数",
    ),
    "rule-unsure-sightings": Phrase(
        "{sightings} of {looks} looks with unsure sightings: it has to be 0 to {most}, and no more "
        "sightings than looks",
        "低置信度 {looks} 次检测中 {sightings} 次：应为 0 到 {most}，且可见次数不多于检测次数",
    ),
    "rule-window": Phrase(
        "a window has more than 0 seconds, not {window_s}", "时间窗口应大于 0 秒，现为 {window_s}"
    ),
    "rule-window-bounds": Phrase(
        "a window has 1 to {most} seconds, not {window_s}",
        "时间窗口为 1 到 {most} 秒，现为 {window_s}",
    ),
    "rule-zone-unknown": Phrase(
        "zones.{zone_id}: the camera has no zone with that id",
        "zones.{zone_id}：该摄像头没有此编号的区域",
    ),
    "rule-at": Phrase("{place}: {problem}", "{place}：{problem}"),
    "period-backwards": Phrase("The period ends before it begins.", "结束日期须晚于开始日期。"),
    # Permits.
    "permit-period": Phrase("until: it must be later than from", "结束时间必须晚于开始时间"),
    "permit-too-long": Phrase(
        "until: a permit is for {days} days at most", "一份作业票最长 {days} 天"
    ),
    # Sources that are tried.
    "trial-of-nothing": Phrase("source or camera_id is needed", "需要填写 source 或 camera_id"),
    # Devices.
    "value-mac": Phrase(
        "a MAC address is needed, as in 44:19:b6:0a:1b:2c",
        "需要 MAC 地址，例如 44:19:b6:0a:1b:2c",
    ),
    "value-address": Phrase(
        "an IP address is needed, as in 10.0.0.64", "需要 IP 地址，例如 10.0.0.64"
    ),
}
