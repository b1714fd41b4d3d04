"""What is said of commands: their options, where pictures come from, where results go.

Long because both languages of a text stand side by side, and a table has no parts to be split at.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

COMMANDS: dict[str, Phrase] = {
    "password-missing": Phrase(
        "There is no terminal to ask for the password at; give it with --password-file FILE, or "
        "--password-file - for stdin.",
        "没有可询问密码的终端；请用 --password-file FILE 提供密码（- 表示标准输入）。",
    ),
    "passwords-differ": Phrase("The two passwords are not the same.", "两次输入的密码不一致。"),
    "unknown-role": Phrase(
        "{role!r} is no role; there are {known}.", "{role!r} 不是有效角色；可选：{known}。"
    ),
    "rules-unreadable": Phrase(
        "The rules in {path} cannot be read: {cause}.",
        "无法读取 {path} 中的规则：{cause}。",
    ),
    "rules-too-large": Phrase(
        "{path} has more than {limit:,} bytes; rules are a short JSON file.",
        "{path} 超过 {limit:,} 字节；规则应为简短的 JSON 文件。",
    ),
    "rules-invalid": Phrase(
        "The rules in {path} cannot be: {problems}",
        "{path} 中的规则无效：{problems}",
    ),
    "not-a-zip": Phrase(
        "{path} cannot be read as a zip: {cause}.",
        "{path} 无法作为 zip 读取：{cause}。",
    ),
    "zip-too-many-entries": Phrase(
        "{path} has {entries:,} entries; the limit is {limit:,}.",
        "{path} 有 {entries:,} 个条目，上限为 {limit:,}。",
    ),
    "json-but-no-coco": Phrase(
        "{path} is JSON but no COCO: it needs images with a file_name ({cause}).",
        "{path} 是 JSON 但不是 COCO：需要含 file_name 的 images（{cause}）。",
    ),
    "output-not-written": Phrase(
        "{path} cannot be written: {cause}. What is done is kept: when there is room "
        "again, the same command goes on.",
        "{path} 无法写入：{cause}。已完成的部分均已保留，腾出空间后再次运行同一命令即可继续。",
    ),
    "video-unusable": Phrase(
        "{path} cannot be used: {cause}. If it plays elsewhere, convert it: ffmpeg -i IN OUT.mp4",
        "{path} 无法使用：{cause}。若其他播放器可以播放，请先转换：ffmpeg -i IN OUT.mp4",
    ),
    "temporary-folder-full": Phrase(
        "The folder for temporary files has no room: {cause}. TMPDIR names another one.",
        "临时文件目录空间不足：{cause}。可用 TMPDIR 指定其他目录。",
    ),
    "list-line-of-another-encoding": Phrase(
        "Line {line} of {path} is not {encoding} as its beginning: {cause}. Save the list "
        "as UTF-8.",
        "{path} 第 {line} 行与文件开头的编码 {encoding} 不符：{cause}。请将清单存为 UTF-8。",
    ),
    "list-line-too-long": Phrase(
        "Line {line} of {path} is neither a path nor a URL: it is longer than {limit:,} "
        "characters.",
        "{path} 第 {line} 行既不是路径也不是 URL：超过 {limit:,} 个字符。",
    ),
    "list-line-with-nul": Phrase(
        "Line {line} of {path} is neither a path nor a URL: it has a NUL byte. Save the "
        "list as UTF-8.",
        "{path} 第 {line} 行既不是路径也不是 URL：含有 NUL 字节。请将清单存为 UTF-8。",
    ),
    "not-made": Phrase(
        "{path} cannot be made: {cause}.",
        "{path} 无法创建：{cause}。",
    ),
    "output-held": Phrase(
        "Another batch is writing to {path}: process {process}.",
        "另一个批次正在写入 {path}：进程 {process}。",
    ),
    "not-writable": Phrase(
        "{path} cannot be written to.",
        "{path} 无法写入。",
    ),
    "output-holds-strangers": Phrase(
        "{path} holds {name} but no {results}: name another folder, or say --restart to "
        "replace what is there.",
        "{path} 中有 {name} 但没有 {results}：请指定其他目录，或用 --restart 替换其中内容。",
    ),
    "not-cleared": Phrase(
        "{path} cannot be cleared: {cause}.",
        "{path} 无法清空：{cause}。",
    ),
    "server-not-an-address": Phrase(
        "--server: that is no address ({cause}).",
        "--server：不是有效的地址（{cause}）。",
    ),
    "service-redirects": Phrase(
        "{service} sends us on to {location!r}: --server needs the address of the service "
        "itself, with its path if it has one.",
        "{service} 将请求转到 {location!r}：--server 需要服务本身的地址，如有路径请一并写明。",
    ),
    "service-refuses-key": Phrase(
        "The service at {service} refuses the key: {detail} SAFETY_SERVER_KEY holds it, "
        "with the scopes submit and read.",
        "服务 {service} 拒绝该密钥：{detail}密钥由 SAFETY_SERVER_KEY 给出，需要 submit 和 "
        "read 权限。",
    ),
    "service-refuses-admin": Phrase(
        "The service refuses: {detail} SAFETY_SERVER_KEY holds the key, with the scope admin.",
        "服务拒绝了请求：{detail}密钥由 SAFETY_SERVER_KEY 给出，需要 admin 权限。",
    ),
    "not-a-service": Phrase(
        "{service} is no safety-detector service: {detail} Behind a proxy that serves it "
        "under a path, --server needs that path as well.",
        "{service} 不是 safety-detector 服务：{detail}若代理将其置于某路径之下，--server 也"
        "需写明该路径。",
    ),
    "another-service-answers": Phrase(
        "Something else answers in the place of the service at {service}: {detail}",
        "应答的并非服务 {service}，而是其他程序：{detail}",
    ),
    "service-certificate-untrusted": Phrase(
        "The certificate of {service} is not trusted ({cause}). SAFETY_SERVER_CA names a "
        "file with it, or with that of its authority.",
        "{service} 的证书不受信任（{cause}）。可用 SAFETY_SERVER_CA 指定含该证书或其签发机"
        "构证书的文件。",
    ),
    "service-unreachable": Phrase(
        "The service at {service} cannot be reached: {cause}.",
        "服务 {service} 无法连接：{cause}。",
    ),
    "service-cannot-help": Phrase(
        "The service at {service} cannot help now: {detail}",
        "服务 {service} 暂时无法处理：{detail}",
    ),
    "service-answer-unreadable": Phrase(
        "The service's answer is none: {detail}",
        "服务的应答无法解读：{detail}",
    ),
    "failed-without-reason": Phrase(
        "The inspection failed without a reason.",
        "检测失败，未说明原因。",
    ),
    "output-holds-other-results": Phrase(
        "{path} holds other results: {difference}. Name another folder with --out, or say "
        "--restart to throw those away.",
        "{path} 中是其他结果：{difference}。请用 --out 指定其他目录，或用 --restart 丢弃原有结果。",
    ),
    "source-is-url": Phrase(
        "{url} is a URL: write it into a list file, one a line, or use detect.",
        "{url} 是 URL：请写入清单文件（每行一个），或使用 detect。",
    ),
    "source-is-output": Phrase(
        "{path} is the output folder as well; name another one with --out.",
        "{path} 同时是输出目录，请用 --out 指定其他目录。",
    ),
    "source-is-picture": Phrase(
        "{path} is one picture: use detect, or name its folder.",
        "{path} 是单张图片，请用 detect 检测，或指定其所在目录。",
    ),
    "source-not-recognised": Phrase(
        "{path} is no folder, zip, video, labelled set (COCO) or list of pictures (text, "
        "one path or URL a line).",
        "{path} 不是目录、zip、视频、标注集（COCO）或图片清单（文本，每行一个路径或 URL）。",
    ),
    "neither-folder-nor-file": Phrase(
        "{path} is neither a folder nor a regular file.",
        "{path} 既不是目录也不是普通文件。",
    ),
    "unknown-name-encoding": Phrase(
        "{name!r} is no encoding of names; there are gbk, big5, shift_jis, euc_kr, cp437, "
        "cp850, cp1252, cp866, utf-8 and many more.",
        "{name!r} 不是名称编码；可用 gbk、big5、shift_jis、euc_kr、cp437、cp850、cp1252、"
        "cp866、utf-8 等。",
    ),
    "option-invalid": Phrase(
        "{option}: {cause}.",
        "{option}：{cause}。",
    ),
    "threshold-needs-embedded": Phrase(
        "--threshold: the qwen backend gives no scores that a threshold could be held "
        "against; --backend embedded does.",
        "--threshold：qwen 后端不提供可与阈值比较的得分；--backend embedded 可以。",
    ),
    "unknown-action": Phrase(
        "{action!r} is no action; there are {known}.",
        "{action!r} 不是操作名称；可选：{known}。",
    ),
    "backup-of-postgresql": Phrase(
        "The service's database is not in the data folder but where SAFETY_DATABASE_URL "
        "leads; pg_dump makes copies of a PostgreSQL database.",
        "服务的数据库不在数据目录中，而在 SAFETY_DATABASE_URL 所指之处；PostgreSQL 数据库请"
        "用 pg_dump 备份。",
    ),
    "backup-onto-itself": Phrase(
        "{path} is the service's database itself.",
        "{path} 就是服务的数据库本身。",
    ),
    "server-and-backend": Phrase(
        "--server and --backend: the service has its own backend.",
        "--server 与 --backend：服务有自己的后端。",
    ),
    "server-and-option": Phrase(
        "--server and {option}: the service has its own settings.",
        "--server 与 {option}：服务有自己的设置。",
    ),
    "unknown-formats": Phrase(
        "--formats: {name!r} is none of {known}.",
        "--formats：{name!r} 不在 {known} 之中。",
    ),
    "weights-by-setting": Phrase(
        "SAFETY_EMBEDDED_WEIGHTS names {path}, which would stay in use; unset it first.",
        "SAFETY_EMBEDDED_WEIGHTS 指定了 {path}，安装后仍会使用该文件；请先取消该设置。",
    ),
    "hold-needs-reason": Phrase(
        "Give a --reason; whoever finds the hold in a year needs it.",
        "请用 --reason 说明理由，供日后查阅者了解。",
    ),
    "hold-needs-selection": Phrase(
        "Name either inspections or which ones: --camera, --batch, --since, --until.",
        "请指定检测编号，或指定范围：--camera、--batch、--since、--until。",
    ),
    "key-needs-scopes": Phrase(
        "Name either scopes (--scope submit --scope read) or the one camera that the key "
        "may push to (--camera ID).",
        "请指定权限（--scope submit --scope read），或该密钥可推送的一个摄像头（--camera ID）。",
    ),
    "unknown-scope": Phrase(
        "{cause}; the scopes are {known}.",
        "{cause}；可选权限：{known}。",
    ),
    "no-active-key": Phrase(
        "There is no active key {key_id!r}; safety-detector keys list shows them.",
        "没有有效密钥 {key_id!r}；可用 safety-detector keys list 查看。",
    ),
    "stdin-too-long": Phrase(
        "stdin holds more than {limit:,} bytes.",
        "标准输入超过 {limit:,} 字节。",
    ),
    "not-a-size": Phrase(
        "{text!r} is no size; write it like 1920x1080.",
        "{text!r} 不是尺寸；请写成 1920x1080 的形式。",
    ),
    "output-is-folder": Phrase(
        "{path} is a folder; name a file, for example {path}/out.pdf.",
        "{path} 是目录，请指定文件，例如 {path}/out.pdf。",
    ),
    "not-written": Phrase(
        "{path} cannot be written: {cause}.",
        "{path} 无法写入：{cause}。",
    ),
    "no-room": Phrase(
        "{path} has no room: {cause}.",
        "{path} 空间不足：{cause}。",
    ),
    "purge-of-nothing": Phrase(
        "Nothing says what to purge: set SAFETY_KEEP_DAYS or SAFETY_KEEP_BYTES, or give "
        "--keep-days, --keep-bytes or --orphans; --dry-run shows what would go.",
        "未说明要清除什么：请设置 SAFETY_KEEP_DAYS 或 SAFETY_KEEP_BYTES，或指定 --keep-days"
        "、--keep-bytes 或 --orphans；--dry-run 可预览。",
    ),
    "not-a-byte-size": Phrase(
        "--keep-bytes: {text!r} is no size; write it like 500GB or 2TiB.",
        "--keep-bytes：{text!r} 不是大小；请写成 500GB 或 2TiB 的形式。",
    ),
    "inspection-excludes-selection": Phrase(
        "--inspection names what the report is about; it does not go with --camera, "
        "--batch, --since, --until or --verdict.",
        "--inspection 已指定报告内容，不能与 --camera、--batch、--since、--until 或 "
        "--verdict 同时使用。",
    ),
    "until-before-since": Phrase(
        "--until must be later than --since.",
        "--until 必须晚于 --since。",
    ),
    "report-on-what": Phrase(
        "Say what the report is about: --inspection ID, --notice ID, --camera ID, --batch "
        "ID, --since, --until or --verdict.",
        "请指定报告内容：--inspection ID、--notice ID、--camera ID、--batch ID、--since、"
        "--until 或 --verdict。",
    ),
    "report-needs-incidents": Phrase(
        "--hazard, --zone and --assignee choose incidents: add --incidents.",
        "--hazard、--zone 和 --assignee 用于选择事件：请加上 --incidents。",
    ),
    "incidents-exclude-inspections": Phrase(
        "A report about incidents does not go with --inspection, --batch or --verdict.",
        "事件报告不能与 --inspection、--batch 或 --verdict 同时使用。",
    ),
    "incident-excludes-selection": Phrase(
        "--incident names what the report is about; it does not go with --camera, --since, "
        "--until, --hazard, --zone or --assignee.",
        "--incident 已指定报告内容，不能与 --camera、--since、--until、--hazard、--zone 或 "
        "--assignee 同时使用。",
    ),
    "report-on-which-incidents": Phrase(
        "Say which incidents: --since, --until, --camera ID, --hazard, --zone ID, --assignee, "
        "--incident ID or --notice ID.",
        "请指定事件：--since、--until、--camera ID、--hazard、--zone ID、--assignee、"
        "--incident ID 或 --notice ID。",
    ),
    "requeue-what": Phrase(
        "Name either failed inspections or a moment: safety-detector requeue ID..., or "
        "--failed-since '2026-11-21 16:00'.",
        "请指定失败的检测或一个时刻：safety-detector requeue ID...，或 --failed-since '"
        "2026-11-21 16:00'。",
    ),
    "annotations-of-another-size": Phrase(
        "{path} has {actual} pixels, its annotations say {stated}.",
        "{path} 为 {actual} 像素，而标注写的是 {stated}。",
    ),
    "tune-needs-embedded": Phrase(
        "--tune chooses thresholds of the embedded detector; the language model has none. Say "
        "--backend embedded.",
        "--tune 用于选择内置模型的阈值，大模型没有阈值。请加 --backend embedded。",
    ),
    "tune-by-other-weights": Phrase(
        "These answers are of {answered}, but the weights that are set are {model}: a threshold of "
        "one means nothing to the other. Leave --answers out, or set SAFETY_EMBEDDED_WEIGHTS.",
        "这些结果来自 {answered}，而当前权重为 {model}，两者的阈值互不相通。请去掉 --answers，"
        "或设置 SAFETY_EMBEDDED_WEIGHTS。",
    ),
    "answers-of-another-set": Phrase(
        "The answers in {path} are about other pictures, so nothing can be compared: {listed}.",
        "{path} 中的结果针对的是其他图片，无法比较：{listed}。",
    ),
    "answers-too-large": Phrase(
        "{path} has more than {limit:,} bytes; answers are what eval --save wrote.",
        "{path} 超过 {limit:,} 字节；此处需要 eval --save 写出的文件。",
    ),
    "not-saved-answers": Phrase(
        "{path} is no file that eval --save wrote: {cause}.",
        "{path} 不是 eval --save 写出的文件：{cause}。",
    ),
    "nothing-calibrated": Phrase(
        "No table was written, for it would tell nothing ({boxes} labelled detections with a "
        "score, {unscored} detections without one): {listed}. More labelled pictures are needed, "
        "or a model server that gives log-probabilities.",
        "未生成校准表，因为没有可用的结果（已标注且带得分的检测结果 {boxes} 个，没有得分的 "
        "{unscored} 个）：{listed}。需要更多已标注的图片，或能提供 logprobs 的模型服务。",
    ),
    "differences-of-what": Phrase(
        "--differences needs --against FILE, the answers to compare with.",
        "--differences 需要同时给出 --against FILE（用于比较的结果）。",
    ),
    "answers-given-already": Phrase(
        "--answers takes what was said when it was kept, so {options} would change nothing; leave "
        "out either. --save and --against compare a run with other options.",
        "--answers 使用已保存的结果，{options} 不会起作用，请去掉其中之一。"
        "如需比较不同选项，请用 --save 和 --against。",
    ),
    "annotations-inconsistent": Phrase(
        "{path}: {listed}.",
        "{path}：{listed}。",
    ),
    "not-json": Phrase(
        "{path} is not JSON: {cause}.",
        "{path} 不是 JSON：{cause}。",
    ),
    "not-coco": Phrase(
        "{path} is not in COCO format: {listed}.",
        "{path} 不是 COCO 格式：{listed}。",
    ),
    "annotated-ending": Phrase(
        "{path} must end in .jpg or .png.",
        "{path} 须以 .jpg 或 .png 结尾。",
    ),
    "annotated-onto-itself": Phrase(
        "{path} is the picture itself; name another file.",
        "{path} 就是原图，请指定其他文件。",
    ),
    "option-needs-embedded": Phrase(
        '{option}: the qwen backend has none; backend="embedded" does.',
        '{option}：qwen 后端没有此项；backend="embedded" 有。',
    ),
    "proxy-takes-less": Phrase(
        "A proxy before {service} takes no {bytes:,} bytes (413): raise its limit for "
        "bodies to what the service takes (in nginx: client_max_body_size 48m), and the "
        "same command goes on.",
        "{service} 前的代理不接受 {bytes:,} 字节（413）：请将其请求体上限调至服务的上限（"
        "nginx：client_max_body_size 48m），再次运行同一命令即可继续。",
    ),
    "proxy-refuses": Phrase(
        "A proxy before {service} refuses the request, not the service: {detail}",
        "拒绝请求的是 {service} 前的代理，而非服务本身：{detail}",
    ),
    "judge-service": Phrase("the service at {service}", "服务 {service}"),
    "judge": Phrase("{model} ({backend})", "{model}（{backend}）"),
    "judge-with-prompt": Phrase(
        "{model} ({backend}) with prompt {prompt}", "{model}（{backend}），提示词 {prompt}"
    ),
    "another-source": Phrase(
        "the source was {before}, now it is {now}", "来源原为 {before}，现为 {now}"
    ),
    "another-judge": Phrase(
        "the pictures were judged by {before}, now by {now}", "原由 {before} 检测，现为 {now}"
    ),
    "conditions-not-noted": Phrase(
        "they come from a version that did not note thresholds, tiling and classes",
        "来自未记录阈值、分块和类别的早期版本",
    ),
    "another-condition": Phrase(
        "the pictures were judged with {name} {before}, now it is {now}",
        "检测时 {name} 为 {before}，现为 {now}",
    ),
    "camera-invalid": Phrase(
        "The camera cannot be added so: {problems}",
        "无法这样添加摄像头：{problems}",
    ),
    "alert-rule-invalid": Phrase(
        "The rule cannot be added so: {problems}", "无法这样添加告警规则：{problems}"
    ),
    "alert-rule-half-escalation": Phrase(
        "--escalate-after and --escalate-to belong together: when, and to whom.",
        "--escalate-after 与 --escalate-to 须同时给出：何时、通知谁。",
    ),
    "hours-unreadable": Phrase(
        "Hours are written like 19:00-07:00 or 'mon-fri 08:00-18:00', not {hours!r}.",
        "时段写法如 19:00-07:00 或 'mon-fri 08:00-18:00'，而非 {hours!r}。",
    ),
    "no-alert-rule": Phrase("There is no alert rule {rule_id!r}.", "没有告警规则 {rule_id!r}。"),
    "act-invalid": Phrase(
        "That cannot be done so: {problems}",
        "无法这样操作：{problems}",
    ),
    "channel-invalid": Phrase(
        "The channel cannot be added so: {problems}",
        "无法这样添加通知渠道：{problems}",
    ),
    "channel-kind-unknown": Phrase(
        "There is no kind of channels {kind!r}; there are {kinds}.",
        "没有 {kind!r} 类通知渠道；可用：{kinds}。",
    ),
    "channel-setting-malformed": Phrase(
        "--set {text!r}: a name and a value are needed, as in --set mention_all=true.",
        "--set {text!r}：应为“名称=值”，例如 --set mention_all=true。",
    ),
    "channel-not-changed": Phrase(
        "The channel cannot be changed so: {problems}",
        "无法这样修改通知渠道：{problems}",
    ),
    "no-channel": Phrase("There is no channel {channel_id!r}.", "没有通知渠道 {channel_id!r}。"),
    "no-message": Phrase(
        "Channel {channel_id} has no message {message_id!r}.",
        "通知渠道 {channel_id} 没有消息 {message_id!r}。",
    ),
    "camera-password-missing": Phrase(
        "The user needs a password: give it with --password-file FILE (- for stdin), or in the "
        "environment as {variable}.",
        "该用户需要密码：请用 --password-file FILE（- 表示标准输入）或环境变量 {variable} 给出。",
    ),
    "secret-file-unreadable": Phrase(
        "{option} names a file that cannot be read, {path}: {cause}.",
        "{option} 所指的文件 {path} 无法读取：{cause}。",
    ),
    "secret-file-not-utf8": Phrase(
        "{option}: {path} is no text in UTF-8.",
        "{option}：{path} 不是 UTF-8 文本。",
    ),
    "secret-file-empty": Phrase(
        "{option}: the first line of {path} is empty.",
        "{option}：{path} 的第一行为空。",
    ),
}
