"""What is said of incidents, and of telling people about them.

Long because both languages of a text stand side by side, and messages name what pages name.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

INCIDENTS: dict[str, Phrase] = {
    # The sentence of a message.
    "incident-opened": Phrase(
        "{hazards} at {camera}: severity {severity}, seen in {sightings} of {looks} looks; "
        "{judge}.",
        "{camera}：发现{hazards}，程度{severity}，{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    "incident-escalated": Phrase(
        "{hazards} at {camera} is getting worse: severity {severity}, seen in {sightings} of "
        "{looks} looks; {judge}.",
        "{camera}：{hazards}正在加重，程度{severity}，"
        "{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    # Of what is wrong with a camera; the reason is a sentence of its own.
    "camera-incident-opened": Phrase(
        "{camera}: {hazards}. {reason}", "{camera}：{hazards}。{reason}"
    ),
    "camera-incident-over": Phrase(
        "{camera}: {hazards}. It is over.", "{camera}：{hazards}。现已结束。"
    ),
    "incident-unacknowledged": Phrase(
        "Nobody has acknowledged it: {hazards} at {camera}, severity {severity}, seen in "
        "{sightings} of {looks} looks; {judge}.",
        "尚无人受理：{camera} 的{hazards}，程度{severity}，"
        "{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    "incident-seen-again": Phrase(
        "{hazards} at {camera} is seen again: severity {severity}, seen in {sightings} of {looks} "
        "looks; {judge}.",
        "{camera}：{hazards}再次出现，程度{severity}，"
        "{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    "incident-overdue": Phrase(
        "Overdue: {hazards} at {camera} should have been put right by {assignee}.",
        "已逾期：{camera} 的{hazards}应由 {assignee} 完成整改。",
    ),
    "camera-incident-unacknowledged": Phrase(
        "Nobody has acknowledged it: {camera}: {hazards}. {reason}",
        "尚无人受理：{camera}：{hazards}。{reason}",
    ),
    "digest": Phrase("{count} incidents, told together.", "共 {count} 起事件，合并通知。"),
    "incident-quiet": Phrase(
        "{hazards} at {camera} is not seen any more: severity was {severity}, seen in {sightings} "
        "of {looks} looks; {judge}.",
        "{camera}：{hazards}已不再可见，此前程度{severity}，"
        "{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    "incident-verified": Phrase(
        "The language model sees it too: {hazards} at {camera}, severity {severity}, seen in "
        "{sightings} of {looks} looks.",
        "大模型已确认：{camera} 的{hazards}，程度{severity}，{looks} 次检测中 {sightings} 次可见。",
    ),
    "incident-put-right": Phrase(
        "{hazards} at {camera} was put right, and somebody else has verified it.",
        "{camera}：{hazards}已整改，并经他人复查通过。",
    ),
    "incident-closed": Phrase(
        "{hazards} at {camera} is closed: severity was {severity}, seen in {sightings} of {looks} "
        "looks; {judge}.",
        "{camera}：{hazards}已关闭，此前程度{severity}，"
        "{looks} 次检测中 {sightings} 次可见；{judge}。",
    ),
    "incident-under-permit": Phrase(
        "{sentence} Hot work is permitted there: {number}, {who}.",
        "{sentence}该处有动火许可：{number}，{who}。",
    ),
    "hazard-fire": Phrase("Fire", "火焰"),
    "hazard-smoke": Phrase("Smoke", "烟雾"),
    "hazard-fire-and-smoke": Phrase("Fire and smoke", "火焰和烟雾"),
    "hazard-no-helmet": Phrase("Person without a proper helmet", "人员未正确佩戴安全帽"),
    "hazard-camera-silent": Phrase("camera silent", "摄像头无画面"),
    "hazard-camera-frozen": Phrase("camera frozen", "摄像头画面静止"),
    "hazard-camera-dark": Phrase("camera dark", "摄像头画面过暗"),
    "hazard-camera-covered": Phrase("camera covered or blinded", "摄像头被遮挡或受强光照射"),
    "hazard-camera-blurred": Phrase("camera blurred", "摄像头画面模糊"),
    "hazard-camera-moved": Phrase("camera moved", "摄像头移位"),
    "hazard-camera-clock": Phrase("camera's clock off", "摄像头时钟不准"),
    "hazard-camera-refused": Phrase("camera's pictures refused", "画面无法接收"),
    "severity-uncertain": Phrase("uncertain", "不确定"),
    "severity-minor": Phrase("minor", "轻微"),
    "severity-moderate": Phrase("moderate", "中等"),
    "severity-severe": Phrase("severe", "严重"),
    "judge-verified": Phrase("confirmed by the language model", "已由大模型确认"),
    "judge-model-away": Phrase(
        "unverified: the model server is away", "未经大模型核实（模型服务不可用）"
    ),
    "judge-unverified": Phrase("not confirmed by the language model", "未经大模型确认"),
    "judge-and-score": Phrase(
        "{judge}; the detector's highest score: {score}", "{judge}；检测模型最高得分：{score}"
    ),
    # A message that people read: its title …
    "told-opened": Phrase("{hazards} at {camera}", "{camera}：发现{hazards}"),
    "told-escalated": Phrase("{hazards} at {camera}: getting worse", "{camera}：{hazards}正在加重"),
    "told-quiet": Phrase(
        "{hazards} at {camera}: not seen any more", "{camera}：画面中已不见{hazards}"
    ),
    "told-unacknowledged": Phrase(
        "Nobody has acknowledged: {hazards} at {camera}", "尚无人受理：{camera} {hazards}"
    ),
    "told-overdue": Phrase("Overdue: {hazards} at {camera}", "整改逾期：{camera} {hazards}"),
    "told-seen-again": Phrase("{hazards} at {camera}: seen again", "{camera}：{hazards}再次出现"),
    "told-checked": Phrase(
        "{hazards} at {camera}: confirmed by the language model",
        "{camera}：{hazards}已由大模型确认",
    ),
    "told-digest": Phrase(
        "{count} incidents since the last message", "上次消息以来共 {count} 起事件"
    ),
    "told-verified": Phrase(
        "{hazards} at {camera}: put right, and verified", "{camera}：{hazards}整改复查通过"
    ),
    "told-closed": Phrase("{hazards} at {camera}: closed", "{camera}：{hazards}事件已关闭"),
    "told-camera-over": Phrase("{camera}: over: {hazards}", "{camera}：已恢复（{hazards}）"),
    "told-camera": Phrase("{camera}: {hazards}", "{camera}：{hazards}"),
    "told-severe": Phrase("{title} ({severity})", "{title}（程度{severity}）"),
    "told-test": Phrase(
        "Test message for {channel}: alarms of the safety detector will come here.",
        "测试消息（{channel}）：安全隐患告警将发送到这里。",
    ),
    # … its rows …
    "told-where": Phrase("Camera", "位置"),
    "told-zone": Phrase("Zone", "区域"),
    "told-severity": Phrase("Severity in the picture", "画面程度"),
    "told-rose": Phrase("What is worse", "加重情况"),
    "told-rose-severity": Phrase("it looks graver", "程度加重"),
    "told-rose-extent": Phrase("it is larger", "范围扩大"),
    "told-rose-fire": Phrase("fire has joined the smoke", "烟雾中出现火焰"),
    "told-rose-permit": Phrase("it left the place of permitted hot work", "超出动火许可范围"),
    "told-first-seen": Phrase("First seen", "首次发现"),
    "told-last-seen": Phrase("Last seen", "最近发现"),
    "told-looks": Phrase("Seen in", "检出情况"),
    "told-looks-seen": Phrase(
        "{sightings} of {looks} looks", "{looks} 次检测中检出 {sightings} 次"
    ),
    "told-since": Phrase("Since", "开始时间"),
    "told-because": Phrase("Found", "情况"),
    "told-judge": Phrase("Judged", "判定"),
    "told-assignee": Phrase("Person responsible", "整改责任人"),
    "told-due": Phrase("Until when", "整改期限"),
    "told-id": Phrase("Incident", "事件编号"),
    # … and what stands below.
    "told-held-back": Phrase(
        "{count} other incidents before it were not told by messages of their own.",
        "此前另有 {count} 起事件未单独通知，请查看事件列表。",
    ),
    "told-act-on-fire": Phrase(
        "Check at once; if it burns, raise the alarm and follow the emergency plan.",
        "请立即核实；如为火情，立即报警并启动应急预案。",
    ),
    "told-quiet-is-not-out": Phrase(
        "Not seen is not the same as out: check on site.",
        "画面中未再检出不等于隐患已消除，请现场确认。",
    ),
    "told-act-on-camera": Phrase(
        "Until this is mended, hazards may go unseen there.",
        "修复之前，该处隐患可能无法发现，请尽快检查。",
    ),
    "told-act-on-helmet": Phrase("Please check on site.", "请现场核实。"),
    "told-open-all": Phrase("Open the list", "查看事件列表"),
    "told-open": Phrase("Open the incident", "查看事件"),
    # Handling.
    "act-not-allowed": Phrase(
        "{act} is not possible while the incident is {state}; possible are {allowed}.",
        "事件状态为 {state} 时不能 {act}；可执行：{allowed}。",
    ),
    "act-not-allowed-since": Phrase(
        "{act} is not possible while the incident is {state} ({last} by {who}); possible are "
        "{allowed}.",
        "事件状态为 {state}（{who} 已执行 {last}），不能 {act}；可执行：{allowed}。",
    ),
    "act-needs-another-person": Phrase(
        "{who} put it right, so that somebody else has to verify it.",
        "整改由 {who} 完成，须由另一人复查。",
    ),
    "act-needs-text": Phrase(
        "{act} needs a text: in a few words, why.",
        "{act} 需要文字说明：请简要说明原因。",
    ),
    "act-takes-no-picture": Phrase(
        "{act} takes no inspection_id; a picture that shows it put right goes with rectify.",
        "{act} 不接受 inspection_id；整改后照片请随 rectify 提交。",
    ),
    "act-takes-no-shown-picture": Phrase(
        "{act} takes no shown_inspection_id; it says by which picture confirm or dismiss judged.",
        "{act} 不接受 shown_inspection_id；它说明 confirm 或 dismiss 判断时所看的图片。",
    ),
    "act-needs-assignee": Phrase(
        "assign needs an assignee: who puts it right.",
        "assign 需要填写责任人（assignee）。",
    ),
    "act-due-has-passed": Phrase(
        "due_at: {due_at} has passed; name a moment that is yet to come.",
        "due_at：{due_at} 已过；请填写将来的时间。",
    ),
    "act-changes-nothing": Phrase(
        "Nothing is said that would change: give location, description, basis or level.",
        "没有要修改的内容：请给出 location、description、basis 或 level。",
    ),
    "act-picture-unknown": Phrase(
        "There is no inspection {inspection_id!r}; submit the picture first.",
        "没有检测 {inspection_id!r}；请先提交图片。",
    ),
    "act-picture-failed": Phrase(
        "Inspection {inspection_id} failed, so that it shows nothing; submit another picture.",
        "检测 {inspection_id} 失败，不能作为整改依据；请提交其他图片。",
    ),
    "act-picture-earlier": Phrase(
        "The picture of inspection {inspection_id} was taken at {taken_at}, before the incident "
        "opened at {opened_at}; it cannot show that it was put right.",
        "检测 {inspection_id} 的图片拍摄于 {taken_at}，早于事件发现时间 {opened_at}，"
        "不能作为整改后照片。",
    ),
    "act-picture-waits": Phrase(
        "The after-picture (inspection {inspection_id}) is not inspected yet; wait for its result.",
        "整改后照片（检测 {inspection_id}）尚未检测完成；请等待结果。",
    ),
    "act-picture-doubted": Phrase(
        "{doubts} If it is put right all the same, say so with override: true and, in text, why.",
        "{doubts}如确已整改，请设置 override: true 并在 text 中说明理由。",
    ),
    "after-picture-shows": Phrase(
        "The detector sees in the after-picture: {hazard}.",
        "检测器在整改后照片中仍发现：{hazard}。",
    ),
    "after-picture-inconclusive": Phrase(
        "The detector cannot tell what the after-picture shows.",
        "检测器无法判断整改后照片的内容。",
    ),
    "after-picture-gone": Phrase(
        "The after-picture was removed.",
        "整改后照片已被删除。",
    ),
    "seen-since-after-picture": Phrase(
        "A camera saw the hazard again at {at}, after the after-picture was taken.",
        "整改后照片拍摄之后，摄像头于 {at} 再次发现该隐患。",
    ),
    "incident-changed-since": Phrase(
        "The incident has changed since you read it ({acts}); read it again, then decide.",
        "您读取之后，该事件已被处理（{acts}）；请重新读取后再操作。",
    ),
    "incident-led-on": Phrase(
        "The incident has become part of {incident_id} since you read it; read that one.",
        "您读取之后，该事件已并入 {incident_id}；请读取该事件。",
    ),
    "act-needs-incident": Phrase(
        "merge needs an incident_id: the incident that is the same.",
        "merge 需要填写 incident_id：与之相同的事件。",
    ),
    "split-needs-something": Phrase(
        "split needs an incident_id that was merged into this one, or inspection_ids of the "
        "pictures that show something else.",
        "split 需要填写已并入的 incident_id，或属于其他隐患的图片 inspection_ids。",
    ),
    "merge-unknown": Phrase(
        "There is no incident {incident_id!r}.",
        "没有事件 {incident_id!r}。",
    ),
    "merge-itself": Phrase(
        "{incident_id} is this incident, or part of it already.",
        "{incident_id} 即为该事件，或已并入该事件。",
    ),
    "merge-of-a-part": Phrase(
        "{incident_id} is part of {whole_id}; merge that one.",
        "{incident_id} 已并入 {whole_id}；请合并后者。",
    ),
    "merge-other-hazard": Phrase(
        "One is about {ours}, the other about {theirs}: these are two hazards.",
        "一个事件为{ours}，另一个为{theirs}：不是同一隐患。",
    ),
    "merge-closed": Phrase(
        "{incident_id} is closed; reopen it first.",
        "{incident_id} 已关闭；请先重新打开。",
    ),
    "merge-judged-otherwise": Phrase(
        "One was confirmed and the other called a false alarm; judge one of them anew first.",
        "一个已确认，另一个判为误报；请先重新判定其中之一。",
    ),
    "split-no-part": Phrase(
        "{incident_id} was not merged into this incident by a person; possible are {parts}.",
        "{incident_id} 不是由人员并入该事件的；可拆分：{parts}。",
    ),
    "split-not-shown": Phrase(
        "Inspection {inspection_id} does not show this incident; its pictures say which do.",
        "检测 {inspection_id} 不属于该事件；请查看该事件的图片列表。",
    ),
    "split-everything": Phrase(
        "These are all its pictures, so that nothing would be left of it.",
        "所选为该事件的全部图片，拆分后将无剩余图片。",
    ),
    # Rules.
    "alert-rules-too-many": Phrase(
        "There are {limit} alert rules, which is the most; remove one, or say more in one.",
        "告警规则已达上限 {limit} 条；请删除或合并。",
    ),
    "alert-rule-channel-unknown": Phrase(
        "{field}: there is no channel {id!r}; GET /v1/channels lists them.",
        "{field}：通道 {id!r} 不存在；可用 GET /v1/channels 查看。",
    ),
    "alert-rule-camera-unknown": Phrase(
        "camera_ids: there is no camera {id!r}; GET /v1/cameras lists them.",
        "camera_ids：摄像头 {id!r} 不存在；可用 GET /v1/cameras 查看。",
    ),
    "alert-rule-never-severe": Phrase(
        "The rule could never tell anybody: min_severity is severe, and {hazards} never are.",
        "该规则永远不会触发：min_severity 为 severe，而 {hazards} 从不会达到该程度。",
    ),
    "alert-rule-never-permitted": Phrase(
        "The rule could never tell anybody: permits are for fire and smoke, and hazards are "
        "{hazards}.",
        "该规则永远不会触发：动火许可仅针对火焰和烟雾，而 hazards 为 {hazards}。",
    ),
    "alert-rule-escalates-nothing": Phrase(
        "escalate: tell names neither opened nor escalated, so that nobody is asked to "
        "acknowledge anything.",
        "escalate：tell 不含 opened 或 escalated，没有任何需要确认的通知。",
    ),
    "alert-rule-zone-unknown": Phrase(
        "zone_ids: none of the rule's cameras has a zone {id!r}.",
        "zone_ids：该规则的摄像头均没有区域 {id!r}。",
    ),
    "alert-rule-zone-without-hazards": Phrase(
        "The rule could never tell anybody: zone {id!r} watches {watched}, hazards are {hazards}.",
        "该规则永远不会触发：区域 {id!r} 监视的是 {watched}，而 hazards 为 {hazards}。",
    ),
    "alert-rules-name-camera": Phrase(
        "Alert rules name the camera {id!r}, and would fall silent: {rules}. Take it out of them, "
        "or remove them, first.",
        "以下告警规则引用了摄像头 {id!r}，操作后将不再通知任何人：{rules}。"
        "请先修改或删除这些规则。",
    ),
    "alert-rules-name-zone": Phrase(
        "Alert rules name the zone {id!r}, and would tell nobody of it any more: {rules}. Change "
        "them, or remove them, first.",
        "以下告警规则引用了区域 {id!r}，操作后将不再就该区域通知任何人：{rules}。"
        "请先修改或删除这些规则。",
    ),
    # Why nobody sees any more what may still be there.
    "unseen-camera-removed": Phrase("The camera was removed.", "摄像头已被删除。"),
    "unseen-camera-off": Phrase("The camera is switched off.", "摄像头已停用。"),
    "unseen-model-away": Phrase(
        "Pictures wait for the model: {reason}", "画面正在等待模型：{reason}"
    ),
    "unseen-inconclusive": Phrase(
        "Nothing could be said of the pictures since.", "此后的画面均无法判断。"
    ),
    "unseen-no-look": Phrase(
        "No picture of the camera was inspected since.", "此后没有检测过该摄像头的画面。"
    ),
    # Masks where false alarms were.
    "no-mask-for-cameras": Phrase(
        "It is about the camera and not about a place in its picture.",
        "该事件与摄像头本身有关，与画面中的位置无关。",
    ),
    "place-is-masked": Phrase("The place is masked already: {reason}.", "该位置已屏蔽：{reason}。"),
    "no-false-alarm-there": Phrase(
        "Nobody has called anything at this place a false alarm; dismiss the incident first.",
        "该位置尚无被判为误报的事件；请先将该事件判为误报（dismiss）。",
    ),
    "mask-too-large": Phrase(
        "A mask would cover {percent} % of the picture, and the camera would see next to nothing; "
        "draw a smaller one, or change when incidents open.",
        "屏蔽区将覆盖画面的 {percent}%，摄像头几乎失去作用；"
        "请绘制较小的屏蔽区，或调整事件生成规则。",
    ),
    "mask-not-added": Phrase("The mask cannot be added: {problem}.", "无法添加屏蔽区：{problem}。"),
    # Rules and permits.
    "incident-rules-invalid": Phrase(
        "No incident could open by these rules: incident_rules.{problem}.",
        "按此规则无法生成事件：incident_rules.{problem}。",
    ),
    "permit-over": Phrase(
        "The permit is over since {until}; nothing would be covered.",
        "许可证已于 {until} 到期，不会生效。",
    ),
    "too-many-permits": Phrase(
        "Camera {camera_id} has {limit} permits that are coming or in force, as many as it may "
        "have; revoke one.",
        "摄像头 {camera_id} 的待生效及生效许可证已达上限 {limit} 个；请先撤销一个。",
    ),
    # Telling.
    "webhook-secret-malformed": Phrase(
        "A webhook's secret is whsec_ and the base64 of 24 to 64 bytes; leave it out to have one "
        "made.",
        "Webhook 密钥为 whsec_ 加 24 至 64 字节的 base64 编码；留空则自动生成。",
    ),
    "channel-switched-off": Phrase("Somebody has switched it off.", "已由人员停用。"),
    "channel-kind-stays": Phrase(
        "kind: the channel is one of {kind}, which stays; add another one, and remove this.",
        "kind：该通知渠道的类型为 {kind}，不能更改；请另行添加，再删除此渠道。",
    ),
    "channel-address-shortened": Phrase(
        "That is an address as it is shown, with … for what is secret in it; paste the whole one.",
        "这是隐去保密部分后显示的地址（含“…”）；请粘贴完整地址。",
    ),
    "channel-password-of-another-server": Phrase(
        "password: server, encryption or user are others now; give the password of that user anew.",
        "password：服务器、加密方式或用户已更改，请重新填写该用户的密码。",
    ),
    "message-sender-lost": Phrase(
        "The process that was sending it has ended; it is sent again.",
        "发送该消息的进程已结束；将重新发送。",
    ),
    "message-senders-lost": Phrase(
        "{losses} processes ended while they were sending it.",
        "已有 {losses} 个进程在发送该消息时结束。",
    ),
    "receiver-answered": Phrase(
        "The receiver answered {status} {text}.",
        "接收方返回 {status} {text}。",
    ),
    "receiver-redirects": Phrase(
        "The receiver answered {status}: messages are not sent to where it leads; give the "
        "address itself.",
        "接收方返回 {status}（重定向）：消息不会发往重定向地址；请直接填写最终地址。",
    ),
    "receiver-gone": Phrase(
        "The receiver answered 410: it wants no more messages, so nothing is sent any more.",
        "接收方返回 410：不再接收消息，已停止发送。",
    ),
    "robot-refused": Phrase("The robot answered {code}: {words}.", "机器人返回 {code}：{words}。"),
    "robot-no-robot": Phrase(
        "What answered is no robot: {answer!r}. Check the address.",
        "应答的不是机器人：{answer!r}。请检查地址。",
    ),
    "robot-security": Phrase(
        "Compare the robot's security settings: the secret of its signatures (加签), keywords and "
        "IP addresses that it insists on.",
        "请核对机器人的安全设置：签名密钥（加签）、关键词、IP 白名单。",
    ),
    "robot-unknown": Phrase(
        "The robot is not in the group any more, or its address is another: copy the address "
        "again.",
        "机器人已不在群中，或地址有误：请重新复制机器人的地址。",
    ),
    "robot-switched-off": Phrase(
        "The robot is switched off: switch it on in the group's settings.",
        "机器人已停用：请在群设置中启用。",
    ),
    "robot-too-fast": Phrase(
        "It was asked too often and is silent for a while; it is tried again after that.",
        "发送过于频繁，机器人暂停接收；稍后自动重试。",
    ),
    "robot-picture-failed": Phrase(
        "The text was delivered, the picture was not: {cause}",
        "文字已送达，图片未送达：{cause}",
    ),
    "apprise-not-installed": Phrase(
        "The package apprise is not installed where the service runs; install the program with "
        "its extra: pip install 'safety-detector-….whl[apprise]'.",
        "服务所在环境未安装 apprise；请安装附加项：pip install 'safety-detector-….whl[apprise]'。",
    ),
    "apprise-unknown": Phrase(
        "Apprise cannot use this address: {words}", "Apprise 无法使用该地址：{words}"
    ),
    "apprise-failed": Phrase("The service did not take it: {words}", "服务未接收：{words}"),
    "apprise-not-allowed": Phrase(
        "The address leads to {what}, which is no public address, and not in "
        "SAFETY_NOTIFY_NETWORKS; files and programs are no receivers.",
        "该地址指向 {what}，不是公网地址，也不在 SAFETY_NOTIFY_NETWORKS 中；不能指向文件或程序。",
    ),
    "apprise-ended": Phrase(
        "The process that sends by Apprise ended without an answer.",
        "通过 Apprise 发送的进程意外结束，没有结果。",
    ),
    "receiver-silent": Phrase(
        "The receiver did not answer within {seconds:g} s.",
        "接收方未在 {seconds:g} 秒内应答。",
    ),
    "receiver-unreachable": Phrase(
        "The receiver cannot be reached: {cause}.",
        "无法连接接收方：{cause}。",
    ),
    "receiver-unknown": Phrase(
        "The host {host} cannot be resolved ({cause}).",
        "主机 {host} 无法解析（{cause}）。",
    ),
    "receiver-not-trusted": Phrase(
        "The receiver's certificate is not trusted ({cause}); SAFETY_NOTIFY_CA_FILE names a file "
        "with those that are.",
        "接收方证书不受信任（{cause}）；可用 SAFETY_NOTIFY_CA_FILE 指定受信任证书的文件。",
    ),
    "mail-open-to-public": Phrase(
        "The mail server is at a public address, where nothing is sent without encryption; set "
        "the channel's encryption to starttls or tls.",
        "邮件服务器位于公网，不会以未加密方式发送；请将该渠道的 encryption 设为 starttls 或 tls。",
    ),
    "mail-without-starttls": Phrase(
        "The mail server offers no STARTTLS; smtps:// is encrypted from the beginning, and "
        "encryption none sends in the open within private networks.",
        "邮件服务器不支持 STARTTLS；可改用 smtps://，或在内网中将 encryption 设为 none。",
    ),
    "mail-login-refused": Phrase(
        "The mail server refuses this user and password: {status} {text}",
        "邮件服务器拒绝该用户名和密码：{status} {text}",
    ),
    "mail-answered": Phrase(
        "The mail server answered {status} {text}",
        "邮件服务器返回 {status} {text}",
    ),
    "mail-receivers-refused": Phrase(
        "The mail server refused receivers: {said}",
        "邮件服务器拒收以下收件人：{said}",
    ),
    "mqtt-refused": Phrase(
        "The broker refuses the connection: {text}.",
        "MQTT 代理拒绝连接：{text}。",
    ),
    "mqtt-publish-refused": Phrase(
        "The broker does not take messages to {topic}: {text}.",
        "MQTT 代理不接受发往 {topic} 的消息：{text}。",
    ),
    "mqtt-connection-lost": Phrase(
        "The broker closed the connection.",
        "MQTT 代理关闭了连接。",
    ),
    "mqtt-open-to-public": Phrase(
        "The broker is at a public address, where no password is sent without encryption; use "
        "mqtts://.",
        "MQTT 代理位于公网，不会以未加密方式发送密码；请使用 mqtts://。",
    ),
    "incident-not-so-after-all": Phrase(
        "With pictures that became known late, too few in a row show it for it to be announced.",
        "加上晚到的图片后，连续可见次数不足，未达到报警条件。",
    ),
    "mqtt-picture": Phrase("Last incident", "最近事件"),
    "mqtt-events": Phrase("Incidents", "事件"),
    "receiver-not-allowed": Phrase(
        "{host} is at {address}, which is no public address, and not in SAFETY_NOTIFY_NETWORKS.",
        "{host} 的地址为 {address}，不是公网地址，也不在 SAFETY_NOTIFY_NETWORKS 中。",
    ),
}
