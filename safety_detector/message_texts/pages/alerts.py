"""What stands on the pages of channels, alert rules, duty hours and messages."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

ALERTS: dict[str, Phrase] = {
    "page-alerts": Phrase("Alerts", "告警通知"),
    # Overview.
    "alerts-duty": Phrase("Who is told, and when", "值班安排：何时通知谁"),
    "alerts-duty-from-rules": Phrase(
        "Drawn from the rules below, in the site's time ({zone}): to change who is on duty, "
        "change the hours of a rule.",
        "根据下方告警规则生成，按本站时间（{zone}）；如需调整值班，请修改规则的时段。",
    ),
    "alerts-duty-now": Phrase("on duty now", "当前值班"),
    "alerts-duty-off": Phrase("switched off", "已停用"),
    "alerts-duty-everything": Phrase("no rule: every alarm", "未设规则：全部告警"),
    "alerts-duty-later": Phrase("if nobody acknowledges ({rules})", "无人受理时才通知（{rules}）"),
    "alerts-duty-whole-day": Phrase("whole day", "全天"),
    "alerts-duty-more": Phrase("and {number} more", "等另外 {number} 条"),
    "alerts-duty-never": Phrase("not told of alarms", "不接收告警"),
    "alerts-untold": Phrase(
        "{hazard}: nobody would be told at these hours: {hours}. Add a rule, or give one more "
        "hours.",
        "以下时段出现{hazard}时无人收到通知：{hours}。请添加规则或延长规则时段。",
    ),
    "alerts-untold-but": Phrase(
        "{hazard}: at these hours only part would be told, by rules that are limited to some "
        "cameras, zones, severities, permits, or to what gets worse ({rules}); nobody would be "
        "told of the rest: {hours}. Add a rule, or widen one.",
        "以下时段出现{hazard}时只通知一部分：相应规则限定了摄像头、区域、严重程度、动火许可"
        "或仅通知加重（{rules}），其余情况无人收到通知：{hours}。请添加规则或放宽规则。",
    ),
    "alerts-channels": Phrase("Channels", "通知渠道"),
    "alerts-no-channels": Phrase(
        "Nobody is told of anything yet. Add a channel: a group's robot, a mailbox, a system.",
        "尚无通知渠道，发现隐患时无人收到通知。请添加：群机器人、邮箱或其他系统。",
    ),
    "alerts-add-channel": Phrase("Add a channel", "添加通知渠道"),
    "alerts-rules": Phrase("Rules", "告警规则"),
    "alerts-no-rules": Phrase(
        "There are no rules: every channel is told of every incident that opens or gets worse.",
        "尚无告警规则：所有渠道都会收到全部新发现和加重的隐患事件。",
    ),
    "alerts-add-rule": Phrase("Add a rule", "添加告警规则"),
    "alerts-all-messages": Phrase("All messages", "全部通知记录"),
    "alerts-read-only": Phrase(
        "Channels and rules are changed by administrators.", "通知渠道和告警规则由系统管理员修改。"
    ),
    "column-channel": Phrase("Channel", "渠道"),
    "column-leads-to": Phrase("Leads to", "地址"),
    "column-last-message": Phrase("Last message", "最近通知"),
    "column-about": Phrase("About", "通知内容"),
    "column-written": Phrase("Written", "时间"),
    "column-outcome": Phrase("What came of it", "发送结果"),
    "column-tries": Phrase("Tries", "尝试次数"),
    "channel-told-nothing": Phrase("told nothing yet", "尚未通知"),
    # Kinds of channels.
    "channel-kind-webhook": Phrase("Webhook (another system)", "Webhook（其他系统）"),
    "channel-kind-dingtalk": Phrase("DingTalk group", "钉钉群"),
    "channel-kind-wecom": Phrase("WeCom group", "企业微信群"),
    "channel-kind-feishu": Phrase("Feishu or Lark group", "飞书群"),
    "channel-kind-mail": Phrase("Mail", "邮件"),
    "channel-kind-mqtt": Phrase("MQTT (building control)", "MQTT（楼宇自控等）"),
    "channel-kind-apprise": Phrase("Another service (Apprise)", "其他服务（Apprise）"),
    "channel-about-webhook": Phrase(
        "Signed JSON for a system of yours, as Standard Webhooks says.",
        "向您的系统发送带签名的 JSON（Standard Webhooks）。",
    ),
    "channel-about-dingtalk": Phrase(
        "In the group: 群设置 › 机器人 › 添加机器人 › 自定义. Under 安全设置 choose 加签 and copy "
        "its secret; then copy the webhook address.",
        "在群中：群设置 › 机器人 › 添加机器人 › 自定义；"
        "安全设置选“加签”并复制密钥，再复制 Webhook 地址。",
    ),
    "channel-about-wecom": Phrase(
        "In the group: 群设置 › 消息推送 (群机器人) › 添加. Copy the webhook address.",
        "在群中：群设置 › 消息推送（群机器人）› 添加，复制 Webhook 地址。",
    ),
    "channel-about-feishu": Phrase(
        "In the group: 设置 › 群机器人 › 添加机器人 › 自定义机器人. Switch on 签名校验 and "
        "copy its secret; then copy the webhook address.",
        "在群中：设置 › 群机器人 › 添加机器人 › 自定义机器人；"
        "开启“签名校验”并复制密钥，再复制 Webhook 地址。",
    ),
    "channel-about-mail": Phrase(
        "A mailbox that may send: server, user and password (of QQ, 163 and others a 授权码).",
        "需要可发信的邮箱：服务器、用户名和密码（QQ、163 等为授权码）。",
    ),
    "channel-about-mqtt": Phrase(
        "A broker: messages, and for each camera and hazard whether it is seen now.",
        "MQTT 代理：推送通知，并保留每个摄像头各类隐患的当前状态。",
    ),
    "channel-about-apprise": Phrase(
        "One of the many services that Apprise knows, by its address.",
        "Apprise 支持的其他服务，填写其地址。",
    ),
    # Fields of channels.
    "channel-field-name": Phrase("Name", "名称"),
    "channel-hint-name": Phrase(
        "For people, for example the group's name.", "便于识别，例如群名称。"
    ),
    "channel-field-language": Phrase("Language of messages", "通知语言"),
    "channel-field-enabled": Phrase("Switched on", "启用"),
    "channel-hint-enabled": Phrase(
        "One that is switched off is told nothing, not even what still waits.",
        "停用后不再发送任何通知，包括尚未发出的。",
    ),
    "channel-field-url": Phrase("Address", "地址"),
    "channel-hint-url-mail": Phrase(
        "smtp://mail.example.com (port 587) or smtps://mail.example.com (port 465)",
        "smtp://mail.example.com（端口 587）或 smtps://mail.example.com（端口 465）",
    ),
    "channel-hint-url-mqtt": Phrase(
        "mqtts://broker.example.com (port 8883) or mqtt://… (1883)",
        "mqtts://broker.example.com（端口 8883）或 mqtt://…（1883）",
    ),
    "channel-url-kept": Phrase(
        "What is secret in it is not shown. Leave it so to keep the whole address, or paste a new "
        "one.",
        "地址中的保密部分不显示。保持不变即沿用原地址，或粘贴新地址。",
    ),
    "channel-field-secret": Phrase("Secret of its signatures", "签名密钥"),
    "channel-hint-secret": Phrase(
        "Only if the robot asks for signatures.", "仅当机器人要求签名时填写。"
    ),
    "channel-hint-secret-webhook": Phrase(
        "Leave it empty to have one made; it is shown once.", "留空则自动生成，仅显示一次。"
    ),
    "channel-secret-kept": Phrase(
        "Leave it empty to keep the one that there is.", "留空则沿用原有的。"
    ),
    "channel-without-secret": Phrase("It asks for none any more", "不再需要签名"),
    "channel-new-secret": Phrase("Make a new one, and show it once", "重新生成，并显示一次"),
    "channel-field-password": Phrase("Password", "密码"),
    "channel-hint-password": Phrase("Of that user; shown to nobody.", "该用户的密码，不会显示。"),
    "channel-without-password": Phrase("It asks for none any more", "不再需要密码"),
    "channel-field-username": Phrase("User", "用户名"),
    "channel-hint-username": Phrase("Where the server asks for one.", "服务器要求登录时填写。"),
    "channel-field-keyword": Phrase("Keyword", "关键词"),
    "channel-hint-keyword": Phrase(
        "A word that the robot insists on; messages without it get it.",
        "机器人要求的关键词，通知中没有时自动加上。",
    ),
    "channel-field-mention-mobiles": Phrase("Phone numbers to call", "被 @ 的手机号"),
    "channel-hint-mention-mobiles": Phrase(
        "Alarms call these people; one a line.", "告警时 @ 这些人员，每行一个。"
    ),
    "channel-field-mention-all": Phrase("Alarms call everybody (@所有人)", "告警时 @所有人"),
    "channel-field-pictures": Phrase("With the annotated picture", "附标注图"),
    "channel-field-encryption": Phrase("Encryption", "加密方式"),
    "channel-hint-encryption": Phrase(
        "Without any, passwords and mail go in the clear; refused beyond private networks.",
        "不加密时密码和邮件以明文传输，仅限内网使用。",
    ),
    "encryption-by-address": Phrase("as the address says", "由地址决定"),
    "encryption-starttls": Phrase("STARTTLS, after the greeting", "STARTTLS 加密"),
    "encryption-tls": Phrase("TLS from the beginning", "TLS 加密"),
    "encryption-none": Phrase("none", "不加密"),
    "channel-field-sender": Phrase("Sender", "发件人"),
    "channel-hint-sender": Phrase("Whose mails they are.", "发件邮箱地址。"),
    "channel-field-receivers": Phrase("Receivers", "收件人"),
    "channel-hint-receivers": Phrase("One a line.", "每行一个。"),
    "channel-field-base-topic": Phrase("Topics begin with", "主题前缀"),
    "channel-hint-base-topic": Phrase(
        "Services that share a broker need one each.", "共用代理的各服务须不同。"
    ),
    "channel-field-discovery-prefix": Phrase("Home Assistant's prefix", "Home Assistant 前缀"),
    "channel-hint-discovery-prefix": Phrase("Empty: it is told nothing.", "留空则不通知。"),
    "channel-field-protocol": Phrase("Version of the protocol", "协议版本"),
    "channel-hint-protocol": Phrase("Older brokers know 3.1.1 alone.", "旧代理仅支持 3.1.1。"),
    "form-not-needed": Phrase("(not needed)", "（可不填）"),
    "form-see-fields": Phrase("See the fields that are marked.", "请检查标出的各项。"),
    # A channel.
    "channel-new": Phrase("A new channel", "添加通知渠道"),
    "channel-new-which": Phrase("How are people to be told?", "用什么方式通知？"),
    "channel-other-kind": Phrase("Another kind", "其他方式"),
    "channel-add": Phrase("Add it", "添加"),
    "channel-change": Phrase("Change it", "修改"),
    "channel-is-off": Phrase("Nothing is sent: {why}", "不再发送：{why}"),
    "channel-back-on": Phrase(
        "A test message that is delivered switches it on again, as does another address.",
        "测试通知送达后，或更换地址后，将自动恢复发送。",
    ),
    "channel-test": Phrase("Send a test message", "发送测试通知"),
    "channel-test-goes": Phrase(
        "It goes the way of every other message.", "与真实告警的发送途径完全相同。"
    ),
    "channel-tried": Phrase("Sent just now", "刚刚发送"),
    "channel-log": Phrase("What it was told", "通知记录"),
    "channel-remove": Phrase("Remove it", "删除"),
    "channel-remove-warning": Phrase(
        "It is told nothing any more, not even what still waits; its log goes with it. Rules that "
        "name it alone go too.",
        "将不再通知，尚未发出的也不再发送，通知记录一并删除；仅引用此渠道的规则也会删除。",
    ),
    "form-sure": Phrase("Yes, I am sure", "确认删除"),
    "channel-secret-title": Phrase("Keep this secret now", "请立即保存密钥"),
    "channel-secret-once": Phrase(
        "With it the receiver checks that messages come from here. It is not shown again.",
        "接收方用它验证通知来源。此密钥不再显示。",
    ),
    "channel-secret-go-on": Phrase("I have kept it: go on", "已保存，继续"),
    # Messages.
    "messages-title": Phrase("Messages", "通知记录"),
    "messages-none": Phrase("No message.", "没有通知。"),
    "messages-of-incident": Phrase("Messages sent", "已发通知"),
    "messages-of-incident-none": Phrase("Nobody was told of it.", "该事件未通知任何人。"),
    "messages-incident": Phrase("Incident", "隐患事件"),
    "message-type-incident-opened": Phrase("New incident", "新发现"),
    "message-type-incident-escalated": Phrase("Got worse, or nobody reacted", "加重或无人处理"),
    "message-type-incident-quiet": Phrase("Not seen any more", "不再可见"),
    "message-type-incident-closed": Phrase("Closed", "已销号"),
    "message-type-incident-verified": Phrase("Verified", "已确认"),
    "message-type-digest": Phrase("Several at once", "汇总通知"),
    "message-type-channel-test": Phrase("Test", "测试"),
    "message-status-waiting": Phrase("waits to be sent", "待发送"),
    "message-status-held": Phrase("held back", "暂缓"),
    "message-status-collected": Phrase("in another message", "并入其他通知"),
    "message-status-delivered": Phrase("delivered", "已送达"),
    "message-status-failed": Phrase("not delivered", "未送达"),
    "message-took": Phrase("in {ms} ms", "用时 {ms} 毫秒"),
    "message-not-yet": Phrase("not delivered yet", "尚未送达"),
    "message-next-try": Phrase("next try {at}", "下次尝试 {at}"),
    "message-held-until": Phrase(
        "as the same was told shortly before; at {at} at the latest",
        "短时间内已通知过同类隐患；最迟 {at} 通知",
    ),
    "message-not-sent": Phrase(
        "not sent: the channel was switched off before", "未发送：渠道此前已停用"
    ),
    "message-given-up": Phrase("given up after {number} tries", "已尝试 {number} 次，不再重试"),
    "message-told-in": Phrase("that message", "查看该通知"),
    "message-resend": Phrase("Send again", "重新发送"),
    "message-log": Phrase("Details", "详情"),
    "message-tries": Phrase("Tries", "发送记录"),
    "message-says": Phrase("What it says", "通知内容"),
    "message-json": Phrase("As programs get it", "程序收到的内容"),
    "message-answer": Phrase("Answer", "应答"),
    "message-no-answer": Phrase("none", "无应答"),
    "message-cause": Phrase("What went wrong", "失败原因"),
    "message-fine": Phrase("nothing", "无"),
    # Rules as sentences.
    "list-between": Phrase(", ", "、"),
    "list-and-others": Phrase("{shown} and {number} more", "{shown}等另外 {number} 个"),
    "rule-tells": Phrase(
        "Tells {channels} of {what}, {where}, {when}.",
        "{when}，{where}出现{what}时，通知 {channels}。",
    ),
    "rule-any-hazard": Phrase("any hazard or fault", "任一隐患或摄像头故障"),
    "rule-at-least": Phrase("{what} ({severity} at least)", "{what}（{severity}及以上）"),
    "rule-any-camera": Phrase("at any camera", "任一摄像头"),
    "rule-cameras": Phrase("at {cameras}", "摄像头 {cameras} "),
    "rule-zones": Phrase("{where} in {zones}", "{where}的区域 {zones} "),
    "rule-always": Phrase("at any time", "任何时间"),
    "rule-occasions": Phrase("On the occasion: {occasions}.", "通知时机：{occasions}。"),
    "rule-permitted-only": Phrase("Permitted hot work only.", "仅限已批准的动火作业。"),
    "rule-permitted-without": Phrase("Not of permitted hot work.", "不含已批准的动火作业。"),
    "rule-cools-down": Phrase(
        "For {span} after that, more of the same camera is held back unless it is worse.",
        "此后 {span}内，同一摄像头的同类隐患暂缓通知（加重除外）。",
    ),
    "rule-escalates": Phrase(
        "If nobody acknowledges within {span}: {channels}.",
        "{span}内无人受理，则通知 {channels}。",
    ),
    "hours-every-day": Phrase("every day", "每天"),
    "hours-day-to-day": Phrase("{first}–{last}", "{first}至{last}"),
    "hours-of-days": Phrase("{days} {start}–{end}", "{days} {start}–{end}"),
    "hours-whole-day": Phrase("{days} the whole day", "{days}全天"),
    "occasion-opened": Phrase("it is new", "新发现"),
    "occasion-escalated": Phrase("it gets worse or nobody reacts", "加重或无人处理"),
    "occasion-quiet": Phrase("it is not seen any more", "不再可见"),
    "occasion-verified": Phrase("it is verified", "大模型确认或复查合格"),
    "occasion-closed": Phrase("it is closed", "已销号"),
    # A rule's form.
    "rule-new": Phrase("A new rule", "添加告警规则"),
    "rule-form-name": Phrase("Name of the rule", "规则名称"),
    "rule-form-tell": Phrase("Tell these channels", "通知以下渠道"),
    "rule-form-no-channels": Phrase("Add a channel first.", "请先添加通知渠道。"),
    "rule-form-of": Phrase("of these", "出现以下情况时"),
    "rule-form-none-any": Phrase("none ticked: any", "均不勾选即为全部"),
    "rule-form-severity": Phrase("as severe at least", "画面程度不低于"),
    "rule-form-cameras": Phrase("at these cameras", "在以下摄像头"),
    "rule-form-zones": Phrase("first seen in these zones", "首次出现于以下区域"),
    "rule-form-hours": Phrase("at these hours", "在以下时段"),
    "rule-form-hours-hint": Phrase(
        "Nothing said: at any time. No days: every day. No times: the whole day. An end before the "
        "start is on the next day. Times are those of the camera's zone, else {zone}.",
        "均不填：任何时间；不选日期：每天；不填时间：全天；结束早于开始即为次日。"
        "按摄像头所在时区；未设时按本站时区 {zone}。",
    ),
    "rule-form-from": Phrase("from", "起"),
    "rule-form-to": Phrase("to", "止"),
    "rule-form-row": Phrase("Hours {number}", "时段 {number}"),
    "rule-form-occasions": Phrase("on these occasions", "在以下时机"),
    "rule-form-permitted": Phrase("Permitted hot work", "已批准的动火作业"),
    "permitted-any": Phrase("is told of too", "同样通知"),
    "permitted-only": Phrase("is all that is told of", "仅通知此类"),
    "permitted-without": Phrase("is not told of", "不通知"),
    "rule-form-cool-down": Phrase(
        "then hold back more of the same camera for so many minutes, unless it is worse",
        "通知后同一摄像头的同类隐患暂缓通知（分钟，加重除外）",
    ),
    "rule-form-escalate": Phrase("If nobody acknowledges", "无人受理时"),
    "rule-form-escalate-after": Phrase("after so many minutes", "超过（分钟）"),
    "rule-form-escalate-to": Phrase("tell these channels too", "另通知以下渠道"),
    "rule-form-try": Phrase("Try it on the last week", "用最近一周试算"),
    "rule-remove-warning": Phrase(
        "A channel that no rule names any more is told of every alarm again.",
        "不再被任何规则引用的渠道将重新接收全部告警。",
    ),
    # What it would have told.
    "tried-title": Phrase("What it would have told in the last seven days", "最近七天试算结果"),
    "tried-counts": Phrase(
        "Incidents in these days: {looked_at}. It would have told of {told}, each once as it "
        "opened.",
        "最近七天共 {looked_at} 起隐患事件，按此规则会通知 {told} 起（各在新发现时）。",
    ),
    "tried-held-back": Phrase(
        "{number} more would have been held back, and told in the next message.",
        "另有 {number} 起暂缓，并入下一条通知。",
    ),
    "tried-outside": Phrase(
        "{number} more opened outside its hours.", "另有 {number} 起不在时段内。"
    ),
    "tried-cut": Phrase(
        "There were more; only the latest were looked at.", "事件较多，仅计算了最近的一部分。"
    ),
    "tried-not-kept": Phrase("The rule is not saved yet.", "规则尚未保存。"),
}
