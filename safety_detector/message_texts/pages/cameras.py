"""What stands on the pages of cameras.

Long on purpose: a table without code, checked as a whole by a reader of both languages.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

CAMERAS_PAGES: dict[str, Phrase] = {
    "page-cameras": Phrase("Cameras", "摄像头"),
    # The list.
    "cameras-add": Phrase("Add a camera", "添加摄像头"),
    "cameras-strays": Phrase("What came from no known camera", "未识别来源的推送"),
    "cameras-none": Phrase("There are no cameras yet.", "尚未添加摄像头。"),
    "cameras-none-how": Phrase(
        "Add one with its address (rtsp://…), or let the camera send its pictures here. A test "
        "picture shows at once whether it works.",
        "填写地址（rtsp://…）即可添加，也可由摄像头主动推送图片。保存前可先获取测试图片。",
    ),
    "cameras-none-found": Phrase("No camera matches.", "没有符合条件的摄像头。"),
    "cameras-found": Phrase("{found} of {total}", "{total} 个中的 {found} 个"),
    "cameras-sought": Phrase("Name, place, address", "名称、位置、地址"),
    "cameras-all": Phrase("All", "全部"),
    "cameras-health": Phrase("How it is", "运行状况"),
    "cameras-name": Phrase("Camera", "摄像头"),
    "cameras-source": Phrase("Where its pictures come from", "图像来源"),
    "cameras-last": Phrase("Last picture", "最近图片"),
    "cameras-page-before": Phrase("The ones before", "上一页"),
    "camera-status-ok": Phrase("Works", "正常"),
    "camera-status-faulty": Phrase("Faulty", "异常"),
    "camera-status-unknown": Phrase("No picture yet", "尚无图片"),
    "camera-status-off": Phrase("Switched off", "已停用"),
    "camera-not-live": Phrase("not live", "非实时"),
    "camera-live": Phrase("live", "实时"),
    # Faults, as they are told of cameras.
    "camera-fault-name-silent": Phrase("Silent", "无画面"),
    "camera-fault-name-frozen": Phrase("Frozen", "画面静止"),
    "camera-fault-name-dark": Phrase("Dark", "画面过暗"),
    "camera-fault-name-covered": Phrase("Covered or blinded", "遮挡或强光"),
    "camera-fault-name-blurred": Phrase("Blurred", "画面模糊"),
    "camera-fault-name-moved": Phrase("Moved", "移位"),
    "camera-fault-name-clock": Phrase("Clock is off", "时钟不准"),
    "camera-fault-name-refused": Phrase("Pictures refused", "画面无法接收"),
    # Kinds of sources.
    "source-kind-push": Phrase("It sends pictures by itself", "摄像头主动推送"),
    "source-kind-rtsp": Phrase("RTSP stream", "RTSP 视频流"),
    "source-kind-http": Phrase("Video by HTTP (MJPEG, HLS, file)", "HTTP 视频（MJPEG、HLS、文件）"),
    "source-kind-file": Phrase("Video file on the server", "服务器上的视频文件"),
    "source-kind-snapshot": Phrase("Snapshots by HTTP", "HTTP 抓图"),
    "source-kind-folder": Phrase("Drop folder on the server", "服务器上的接收文件夹"),
    "source-kind-dahua": Phrase("Dahua events with pictures", "大华事件抓图"),
    "source-kind-told": Phrase("Told by the address", "由地址判断"),
    # The pages of one.
    "camera-tabs": Phrase("Pages of this camera", "该摄像头的页面"),
    "camera-tab-overview": Phrase("Overview", "概况"),
    "camera-tab-source": Phrase("Source", "接入"),
    "camera-tab-areas": Phrase("Zones and masks", "区域与屏蔽"),
    "camera-tab-hours": Phrase("Hours", "检测时段"),
    "camera-tab-rules": Phrase("Incident rules", "告警条件"),
    "camera-tab-permits": Phrase("Hot-work permits", "动火作业票"),
    "camera-no-picture": Phrase("No picture of it was inspected yet.", "尚无已检测的图片。"),
    "camera-taken": Phrase("taken", "拍摄于"),
    "camera-legend-zone": Phrase("Zone", "区域"),
    "camera-legend-mask": Phrase("Mask", "屏蔽区"),
    "camera-legend-permit": Phrase("Hot-work permit", "动火作业"),
    "camera-incidents": Phrase("Its incidents", "相关隐患事件"),
    "camera-facts": Phrase("Facts", "基本情况"),
    "camera-id": Phrase("Id", "编号"),
    "camera-added": Phrase("Added", "添加时间"),
    "camera-connected": Phrase("Connected", "已连接"),
    "camera-not-connected": Phrase("Not connected", "未连接"),
    "camera-since": Phrase("since {at}", "自 {at}"),
    "camera-connection": Phrase("Connection", "连接"),
    "camera-last-frame": Phrase("Last frame", "最近一帧"),
    "camera-last-error": Phrase("Last error", "最近错误"),
    "camera-stream": Phrase("Stream", "视频流"),
    "camera-clock": Phrase("Its clock", "时钟"),
    "camera-clock-differs": Phrase("{seconds} s beside the server's", "与服务器相差 {seconds} 秒"),
    "camera-every": Phrase("Looked at every {seconds} s", "每 {seconds} 秒检测一次"),
    "camera-login": Phrase("Login", "登录"),
    "camera-login-none": Phrase("none", "无"),
    "camera-login-kept": Phrase("user and password are kept, sealed", "用户名和密码已加密保存"),
    "camera-login-lost": Phrase(
        "the key that the password is sealed with is gone; give the password again",
        "加密密钥已丢失，请重新填写密码",
    ),
    "camera-frames": Phrase("What became of its frames", "图片处理情况"),
    "frames-received": Phrase("Received", "已接收"),
    "frames-inspected": Phrase("Inspected", "已检测"),
    "frames-in-flight": Phrase("Waiting", "等待检测"),
    "frames-skipped": Phrase("Skipped: too soon, or switched off", "跳过（过于频繁或已停用）"),
    "frames-unchanged": Phrase("Nothing new in them", "画面无变化"),
    "frames-replaced": Phrase("Replaced by a newer one", "被更新的图片取代"),
    "frames-refused": Phrase("Refused: no picture", "拒收（不是图片）"),
    "camera-hours-always": Phrase("Every hazard counts at any time.", "各类隐患全天有效。"),
    "camera-suppressed": Phrase("Seen, and did not count", "已检出但不计入"),
    "camera-suppressed-by": Phrase("By", "依据"),
    "camera-suppressed-total": Phrase("So far", "累计"),
    "camera-suppressed-week": Phrase("In 7 days", "近 7 天"),
    "camera-suppressed-last": Phrase("Last", "最近"),
    "suppressed-mask": Phrase("Mask", "屏蔽区"),
    "suppressed-zone": Phrase("Outside of zones that watch it", "不在关注的区域内"),
    "suppressed-hours": Phrase("Outside of the hours", "不在检测时段内"),
    "camera-deliveries": Phrase("What it sent lately", "最近推送"),
    "camera-deliveries-none": Phrase(
        "Nothing came to the receivers from it.", "接收接口未收到它的推送。"
    ),
    "camera-push-how": Phrase(
        "It sends its pictures to one of these addresses, with an API key as the password:",
        "摄像头向以下任一地址推送图片，以 API 密钥作为密码：",
    ),
    "delivery-when": Phrase("When", "时间"),
    "delivery-make": Phrase("Receiver", "接收接口"),
    "delivery-peer": Phrase("From", "来自"),
    "delivery-outcome": Phrase("What became of it", "结果"),
    "delivery-read": Phrase("What was read", "解析内容"),
    "delivery-pictures": Phrase("{number} pictures", "{number} 张图片"),
    "delivery-head": Phrase("Beginning of its text", "正文开头"),
    "delivery-bytes": Phrase("{number} bytes", "{number} 字节"),
    "delivery-outcome-accepted": Phrase("Accepted", "已接收"),
    "delivery-outcome-skipped": Phrase("Skipped", "已跳过"),
    "delivery-outcome-unchanged": Phrase("Nothing new", "画面无变化"),
    "delivery-outcome-heartbeat": Phrase("Sign of life", "心跳"),
    "delivery-outcome-no-picture": Phrase("No picture in it", "没有图片"),
    "delivery-outcome-unreadable": Phrase("Cannot be read", "无法解析"),
    "delivery-outcome-refused": Phrase("Refused", "已拒收"),
    "delivery-outcome-unknown-camera": Phrase("No known camera", "未识别摄像头"),
    "delivery-outcome-not-allowed": Phrase("No good key", "密钥无效"),
    "strays-none": Phrase("Everything that came belongs to a camera.", "收到的推送均已识别。"),
    "strays-how": Phrase(
        "Say at the camera, under Source, which MAC or IP address and channel sends its pictures; "
        "or give the camera an address with its id in it.",
        "请在摄像头的“接入”页填写推送设备的 MAC 或 IP 地址及通道；"
        "也可让摄像头向含其编号的地址推送。",
    ),
    # What can be done.
    "camera-acts": Phrase("What can be done", "操作"),
    "camera-switch-off": Phrase("Switch off", "停用"),
    "camera-switch-on": Phrase("Switch on", "启用"),
    "camera-reference": Phrase("It was turned on purpose", "已有意调整朝向"),
    "camera-reference-what": Phrase(
        "Its next picture becomes the one that it should look like; “moved” and “blurred” end.",
        "以下一张图片作为新的基准画面；“移位”和“画面模糊”随之解除。",
    ),
    "camera-remove": Phrase("Remove the camera", "删除摄像头"),
    "camera-remove-what": Phrase(
        "Its settings, zones, masks and password go. Inspections, incidents and reports of its "
        "pictures stay, under its name.",
        "将删除其设置、区域、屏蔽区和密码。已有的检测、隐患事件和报告保留，仍显示其名称。",
    ),
    "camera-remove-rules": Phrase(
        "Alert rules name it; take it out of them first:",
        "以下告警规则指定了该摄像头，请先从中移除：",
    ),
    "camera-remove-sure": Phrase("Yes, remove {name}", "确认删除 {name}"),
    # Source.
    "source-name": Phrase("Name, for people", "名称"),
    "source-id": Phrase("Id; empty: one is made up", "编号（留空则自动生成）"),
    "source-id-what": Phrase(
        "Letters, digits, . _ -; stands in addresses and rules, and stays.",
        "字母、数字、.、_、-；用于地址和规则，以后不能更改。",
    ),
    "source-location": Phrase("Where it hangs", "安装位置"),
    "source-kind": Phrase("How its pictures come", "接入方式"),
    "source-url": Phrase("Address or path", "地址或路径"),
    "source-url-what": Phrase(
        "rtsp://10.0.0.7/Streaming/Channels/102, http://…/snapshot.jpg, /data/drop/gate-3/. A user "
        "and password in it are taken out and sealed.",
        "例如 rtsp://10.0.0.7/Streaming/Channels/102、http://…/snapshot.jpg、/data/drop/gate-3/。"
        "地址中的用户名和密码会被取出并加密保存。",
    ),
    "source-username": Phrase("User", "用户名"),
    "source-password": Phrase("Password", "密码"),
    "source-password-kept": Phrase("is kept; fill in to change it", "已保存；填写则更改"),
    "source-no-login": Phrase("No user and password any more", "不再使用用户名和密码"),
    "source-transport": Phrase("Transport of RTSP", "RTSP 传输"),
    "transport-tcp": Phrase("TCP", "TCP"),
    "transport-udp": Phrase("UDP", "UDP"),
    "source-loop": Phrase("Begin again at the end of the file", "文件结束后从头开始"),
    "source-taken": Phrase("What becomes of accepted files", "已接收文件的处理"),
    "source-taken-moved": Phrase("moved", "移走"),
    "source-taken-deleted": Phrase("deleted", "删除"),
    "source-move-to": Phrase(
        "Moved to; empty: “accepted” beside them", "移至（留空为同级 accepted）"
    ),
    "source-every": Phrase("Seconds between two looks", "检测间隔（秒）"),
    "source-every-what": Phrase(
        "Empty: 2 where pictures are fetched; any for a camera that sends.",
        "留空：取流为 2 秒；主动推送则不限。",
    ),
    "source-min-interval": Phrase(
        "Skip pictures that come sooner, in ms", "短于此间隔的图片跳过（毫秒）"
    ),
    "camera-timezone": Phrase("Time zone", "时区"),
    "source-timezone": Phrase(
        "Time zone; empty: the site's, {zone}", "时区（留空为本站时区 {zone}）"
    ),
    "source-enabled": Phrase("Switched on", "启用"),
    "source-expected": Phrase("Silence is a fault", "无画面视为异常"),
    "source-try": Phrase("Take a test picture", "获取测试图片"),
    "source-trying": Phrase("Trying, up to 15 seconds …", "正在获取，最长 15 秒……"),
    "source-tried": Phrase("A picture came after {seconds} s.", "{seconds} 秒后取得图片。"),
    "source-tried-not": Phrase("No picture came.", "未取得图片。"),
    "source-nothing-saved": Phrase("Nothing is saved yet.", "尚未保存。"),
    "source-add": Phrase("Add the camera", "添加"),
    "device-title": Phrase("By what its pushes are known", "推送识别"),
    "device-what": Phrase(
        "Only where the camera or its recorder cannot be given an address with the camera's id.",
        "仅当摄像头或录像机不能设置含编号的推送地址时需要。",
    ),
    "device-mac": Phrase("MAC address", "MAC 地址"),
    "device-address": Phrase("IP address", "IP 地址"),
    "device-channel": Phrase("Channel of the recorder, from 1", "录像机通道（从 1 起）"),
    "device-acknowledgement": Phrase("What a push is answered with", "推送应答"),
    "acknowledgement-empty": Phrase("nothing", "空"),
    "acknowledgement-ok": Phrase("OK", "OK（文本）"),
    "acknowledgement-json": Phrase("JSON: Result true", "JSON 格式（Result 为 true）"),
    "camera-saved": Phrase("It is saved.", "保存成功。"),
    # Zones and masks.
    "areas-zones": Phrase("Zones", "区域"),
    "areas-zones-what": Phrase(
        "In a zone only the hazards that it watches count, as severe at least as it says. Outside "
        "all zones everything counts. What lies in it by half is in it.",
        "区域内仅计入所关注的隐患，程度不低于所设；所有区域之外，各类隐患均计入。检出框有一半在区域内即视为在内。",
    ),
    "areas-masks": Phrase("Masks", "屏蔽区"),
    "areas-masks-what": Phrase(
        "Where something looks like a hazard and is none. What lies in it by half does not count: "
        "draw it closely.",
        "画面中形似隐患之处。检出框有一半在其中即不计入，请贴合绘制。",
    ),
    "areas-add-zone": Phrase("Add a zone", "添加区域"),
    "areas-add-mask": Phrase("Add a mask", "添加屏蔽区"),
    "areas-remove": Phrase("Remove", "删除"),
    "areas-outline": Phrase(
        "Corners: x y in % of the picture, one a line", "顶点：x y（占画面百分比），每行一个"
    ),
    "areas-zone-id": Phrase("Id, for rules", "编号（用于规则）"),
    "areas-zone-name": Phrase("Name", "名称"),
    "areas-watch": Phrase("Watches", "关注"),
    "areas-severity": Phrase("As severe at least", "程度至少为"),
    "areas-severity-shown": Phrase("as the picture shows", "以画面为准"),
    "areas-reason": Phrase("Why, for whoever wonders in a year", "原因（便于日后查询）"),
    "areas-hazards": Phrase("Does not count", "不计入"),
    "areas-draw": Phrase("Draw", "绘制"),
    "areas-rectangle": Phrase("Rectangle", "矩形"),
    "areas-drawing": Phrase(
        "Click on each corner; a click on the first one, or Enter, ends it.",
        "依次点击各顶点；点击首个顶点或按 Enter 结束。",
    ),
    "areas-how": Phrase(
        "Drag a corner, or move it with the arrow keys (Shift: further). Small dots add a corner; "
        "Delete removes one.",
        "拖动顶点，或用方向键移动（Shift 加快）。小圆点可添加顶点，Delete 删除顶点。",
    ),
    "areas-corner": Phrase("Corner", "顶点"),
    "areas-corner-new": Phrase("Add a corner here", "在此添加顶点"),
    "areas-proposed": Phrase("Proposed, not saved yet", "建议，尚未保存"),
    "areas-proposal": Phrase(
        "Around {alarms} false alarms. It would have hidden {hidden} incidents of the last 90 "
        "days.",
        "依据 {alarms} 起误报。将屏蔽近 90 天内的 {hidden} 起事件。",
    ),
    "areas-proposal-confirmed": Phrase(
        "{number} of them people confirmed. Think twice.", "其中 {number} 起已被人员确认，请慎重。"
    ),
    "areas-false-alarms": Phrase("Lately a false alarm", "最近的误报"),
    "areas-propose": Phrase("Propose a mask there", "建议在此设屏蔽区"),
    "areas-unnamed": Phrase("new", "新建"),
    # Hours.
    "hours-what": Phrase(
        "A hazard that is named here counts at these hours alone; one that no row names always "
        "does. Hours that end before they begin go on to the next day. Times are those of {zone}.",
        "此处列出的隐患仅在所列时段计入；未列出的全天计入。结束早于开始的，延续到次日。时区：{zone}。",
    ),
    "hours-days": Phrase("Begins on", "开始日"),
    "hours-from": Phrase("From", "起"),
    "hours-to": Phrase("To", "止"),
    "hours-hazards": Phrase("These count", "计入的隐患"),
    "hours-add": Phrase("Add hours", "添加时段"),
    "hours-week": Phrase("The week as it is saved", "已保存的一周安排"),
    "hours-counts": Phrase("counts", "计入"),
    "hours-not": Phrase("does not count", "不计入"),
    "hours-row": Phrase("Hours", "时段"),
    "day-mon": Phrase("Mon", "周一"),
    "day-tue": Phrase("Tue", "周二"),
    "day-wed": Phrase("Wed", "周三"),
    "day-thu": Phrase("Thu", "周四"),
    "day-fri": Phrase("Fri", "周五"),
    "day-sat": Phrase("Sat", "周六"),
    "day-sun": Phrase("Sun", "周日"),
    # Incident rules.
    "rules-what": Phrase(
        "When something that is seen becomes an incident. An empty field is as for the whole site, "
        "which stands in it in grey.",
        "检出达到以下条件才形成隐患事件。留空的按全站设置，灰色数字即全站设置。",
    ),
    "rules-hazard": Phrase("Hazard", "隐患"),
    "rule-name-sightings": Phrase("Seen in", "可见次数"),
    "rule-name-looks": Phrase("of looks", "检测次数"),
    "rule-name-window-s": Phrase("within seconds", "时间窗口（秒）"),
    "rule-name-opening-score": Phrase("with a score from", "置信度不低于"),
    "rule-name-unsure-sightings": Phrase("or unsure in", "或低置信度可见"),
    "rule-name-unsure-looks": Phrase("of looks", "次检测中"),
    "rules-at-once": Phrase("A severe one at once", "严重的立即告警"),
    "rules-as-site-yes": Phrase("as the site: yes", "按全站：是"),
    "rules-as-site-no": Phrase("as the site: no", "按全站：否"),
    "rules-yes": Phrase("yes", "是"),
    "rules-no": Phrase("no", "否"),
    "rules-zone": Phrase("In the zone {zone}", "区域“{zone}”内"),
    "rules-whole": Phrase("Everywhere", "整幅画面"),
    "rules-ends": Phrase("When it ends", "结束条件"),
    "rules-quiet": Phrase("Quiet after so many watched seconds without it", "多少秒未再现视为消失"),
    "rules-merge": Phrase(
        "Seen again within so many more it opens again", "此后多少秒内再现视为同一起"
    ),
    # Permits.
    "permits-what": Phrase(
        "Fire and smoke that lie wholly in the place of a permit meanwhile are told as permitted. "
        "Nothing is hidden; what leaves the place, or lasts longer, is told again.",
        "有效期内完全位于作业区域的火焰和烟雾标为已许可。不会隐藏任何情况；超出区域或超时将再次告警。",
    ),
    "permits-enter": Phrase("Enter a permit", "登记作业票"),
    "permits-none": Phrase("No permit was entered for this camera.", "该摄像头没有登记作业票。"),
    "permit-number": Phrase("Number", "票号"),
    "permit-who": Phrase("Who answers for the work", "作业负责人"),
    "permit-from": Phrase("From ({zone})", "起（{zone}）"),
    "permit-until": Phrase("Until ({zone})", "止（{zone}）"),
    "permit-times": Phrase("From, until", "起止时间"),
    "permit-state": Phrase("State", "状态"),
    "permit-state-coming": Phrase("coming", "未开始"),
    "permit-state-in-force": Phrase("in force", "生效中"),
    "permit-state-over": Phrase("over", "已结束"),
    "permit-state-revoked": Phrase("taken back", "已撤销"),
    "permit-end": Phrase("Take back", "撤销"),
    "permit-add": Phrase("Enter", "登记"),
}
