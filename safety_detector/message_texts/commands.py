"""What is said of commands, their options, and settings."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

COMMANDS: dict[str, Phrase] = {
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
    "output-in-use": Phrase(
        "Another batch is writing to {path}.",
        "另一个批次正在写入 {path}。",
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
    "server-ca-empty": Phrase(
        "SAFETY_SERVER_CA names {path}, which holds no certificate in PEM form.",
        "SAFETY_SERVER_CA 指定的 {path} 不含 PEM 格式的证书。",
    ),
    "setting-file-unreadable": Phrase(
        "{setting} names {path}, which cannot be read: {cause}.",
        "{setting} 指定的 {path} 无法读取：{cause}。",
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
    "tiling-needs-embedded": Phrase(
        "--tiling: the qwen backend is asked about a picture as a whole, as large as "
        "SAFETY_QWEN_MAX_PIXELS lets it be; --backend embedded looks at parts.",
        "--tiling：qwen 后端整张查看图片，大小以 SAFETY_QWEN_MAX_PIXELS 为限；--backend "
        "embedded 可分块查看。",
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
    "data-folder-not-writable": Phrase(
        "{path} cannot be written to; set SAFETY_DATA_DIR to a folder that can.",
        "{path} 无法写入；请将 SAFETY_DATA_DIR 设为可写的目录。",
    ),
    "disk-nearly-full": Phrase(
        "{path} has only {free_gib:.1f} GiB free; make room or set SAFETY_DATA_DIR to "
        "another disk.",
        "{path} 仅剩 {free_gib:.1f} GiB；请腾出空间，或将 SAFETY_DATA_DIR 设到其他磁盘。",
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
    "first-key-malformed": Phrase(
        "The first API key must read sdk_first_ and at least 32 letters or digits; make "
        'one with: echo "sdk_first_$(openssl rand -hex 32)"',
        '首个 API 密钥须为 sdk_first_ 加至少 32 个字母或数字；可用以下命令生成：echo "'
        'sdk_first_$(openssl rand -hex 32)"',
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
    "requeue-what": Phrase(
        "Name either failed inspections or a moment: safety-detector requeue ID..., or "
        "--failed-since '2026-11-21 16:00'.",
        "请指定失败的检测或一个时刻：safety-detector requeue ID...，或 --failed-since '"
        "2026-11-21 16:00'。",
    ),
    "open-without-key": Phrase(
        "{host} can be reached by others and there is no API key yet. Make one with "
        "safety-detector keys create NAME --scope admin, or listen on 127.0.0.1.",
        "{host} 可被他人访问，而尚无 API 密钥。请用 safety-detector keys create NAME "
        "--scope admin 创建，或监听 127.0.0.1。",
    ),
    "database-url-malformed": Phrase(
        "SAFETY_DATABASE_URL is not a database URL.",
        "SAFETY_DATABASE_URL 不是数据库地址。",
    ),
    "database-not-supported": Phrase(
        "SAFETY_DATABASE_URL names {name!r}; sqlite and postgresql are supported.",
        "SAFETY_DATABASE_URL 指定了 {name!r}；支持 sqlite 和 postgresql。",
    ),
    "annotations-of-another-size": Phrase(
        "{path} has {actual} pixels, its annotations say {stated}.",
        "{path} 为 {actual} 像素，而标注写的是 {stated}。",
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
    "font-unreadable": Phrase(
        'The font {path} cannot be read ({cause}). Put a TrueType font (.ttf with "glyf" '
        "outlines) that has Chinese characters there.",
        '字体 {path} 无法读取（{cause}）。请在此放置含中文字符的 TrueType 字体（.ttf，"'
        'glyf" 轮廓）。',
    ),
    "font-damaged": Phrase(
        'The font {path} is damaged or cut off. Put a TrueType font (.ttf with "glyf" '
        "outlines) that has Chinese characters there.",
        '字体 {path} 已损坏或被截断。请在此放置含中文字符的 TrueType 字体（.ttf，"glyf" 轮廓）。',
    ),
    "font-lacks-characters": Phrase(
        "The font {path} lacks {missing} characters ({shown} …). Put a TrueType font (.ttf "
        'with "glyf" outlines) that has Chinese characters there.',
        "字体 {path} 缺少 {missing} 个字符（{shown} …）。请在此放置含中文字符的 TrueType 字"
        '体（.ttf，"glyf" 轮廓）。',
    ),
    "font-collection": Phrase(
        '{path} is a collection of fonts. Put a TrueType font (.ttf with "glyf" '
        "outlines) that has Chinese characters there.",
        '{path} 是字体集合。请在此放置含中文字符的 TrueType 字体（.ttf，"glyf" 轮廓）。',
    ),
    "font-not-truetype": Phrase(
        '{path} is not a TrueType font. Put a TrueType font (.ttf with "glyf" outlines) '
        "that has Chinese characters there.",
        '{path} 不是 TrueType 字体。请在此放置含中文字符的 TrueType 字体（.ttf，"glyf" 轮廓）。',
    ),
    "font-postscript": Phrase(
        "The font {path} has PostScript (CFF) outlines, which cannot be embedded in a PDF. "
        'Put a TrueType font (.ttf with "glyf" outlines) that has Chinese characters '
        "there.",
        "字体 {path} 为 PostScript（CFF）轮廓，无法嵌入 PDF。请在此放置含中文字符的 "
        'TrueType 字体（.ttf，"glyf" 轮廓）。',
    ),
    "fetch-ca-empty": Phrase(
        "SAFETY_FETCH_CA_FILE names {path}, which holds no certificates (PEM) that can be "
        "read: {cause}.",
        "SAFETY_FETCH_CA_FILE 指定的 {path} 不含可读取的证书（PEM）：{cause}。",
    ),
    "zone-unknown-meant": Phrase(
        "TZ is {name}, which is no time zone known here. Is {nearest} meant? Set it to a "
        "name such as Asia/Shanghai, or unset it for the machine's zone.",
        "TZ 为 {name}，不是已知的时区。是否应为 {nearest}？请设为 Asia/Shanghai 之类的名称"
        "，或取消设置以使用本机时区。",
    ),
    "zone-unknown": Phrase(
        "TZ is {name}, which is no time zone known here. Set it to a name such as "
        "Asia/Shanghai, or unset it for the machine's zone.",
        "TZ 为 {name}，不是已知的时区。请设为 Asia/Shanghai 之类的名称，或取消设置以使用本机时区。",
    ),
    "zone-file-invalid": Phrase(
        "{path} is no zone file. Set TZ to a name such as Asia/Shanghai.",
        "{path} 不是时区文件。请将 TZ 设为 Asia/Shanghai 之类的名称。",
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
    "unknown-language": Phrase(
        "lang is {language!r}; choose among {known}.",
        "lang 为 {language!r}；可选：{known}。",
    ),
    "settings-invalid": Phrase(
        "{problems}.",
        "{problems}。",
    ),
    "dotenv-not-utf8": Phrase(
        "{path}, line {line} is no UTF-8; save it as UTF-8.",
        "{path} 第 {line} 行不是 UTF-8；请存为 UTF-8。",
    ),
    "broker-cannot-listen": Phrase(
        "The broker can listen neither in {folder} nor in {temporary}; set TMPDIR to a "
        "folder with a short path on a local disk, or SAFETY_REDIS_URL to a server that "
        "runs.",
        "消息代理在 {folder} 和 {temporary} 均无法监听；请将 TMPDIR 设为本地磁盘上路径较短"
        "的目录，或将 SAFETY_REDIS_URL 设为运行中的服务。",
    ),
    "broker-not-started": Phrase(
        "The broker did not start within {seconds:.0f} s: {cause}.",
        "消息代理未在 {seconds:.0f} 秒内启动：{cause}。",
    ),
    "no-broker-included": Phrase(
        "No broker comes with this package for this platform; install Redis or Valkey and "
        "set SAFETY_REDIS_URL, for example redis://127.0.0.1:6379/0.",
        "本平台的安装包未附带消息代理；请安装 Redis 或 Valkey 并设置 SAFETY_REDIS_URL，例如"
        " redis://127.0.0.1:6379/0。",
    ),
    "not-executable": Phrase(
        "{path} may not be executed.",
        "{path} 不可执行。",
    ),
    "data-folder-unusable": Phrase(
        "The data folder {path} cannot be used: {cause}; set SAFETY_DATA_DIR to one that "
        "can be written to.",
        "数据目录 {path} 无法使用：{cause}；请将 SAFETY_DATA_DIR 设为可写的目录。",
    ),
    "data-folder-in-use": Phrase(
        "The data folder {path} is in use by another safety-detector serve (process "
        "{process}); stop it, or set SAFETY_DATA_DIR to another folder.",
        "数据目录 {path} 正由另一个 safety-detector serve（进程 {process}）使用；请将其停止"
        "，或将 SAFETY_DATA_DIR 设为其他目录。",
    ),
    "host-not-of-this-machine": Phrase(
        "{host} is no address of this machine: {cause}; name another with --host.",
        "{host} 不是本机地址：{cause}；请用 --host 指定其他地址。",
    ),
    "port-unusable": Phrase(
        "Port {port} on {host} cannot be used: {cause}; name another with --port.",
        "{host} 的端口 {port} 无法使用：{cause}；请用 --port 指定其他端口。",
    ),
    "api-silent": Phrase(
        "The API did not answer within {seconds:.0f} s; see the log above.",
        "API 未在 {seconds:.0f} 秒内应答；请查看上方日志。",
    ),
    "certificate-not-pem": Phrase(
        "SAFETY_TLS_CERT names {path}, which holds no certificate in PEM form (it begins "
        "with -----BEGIN CERTIFICATE-----).",
        "SAFETY_TLS_CERT 指定的 {path} 不含 PEM 格式的证书（以 -----BEGIN CERTIFICATE----- "
        "开头）。",
    ),
    "qwen-needs-urls": Phrase(
        "The qwen backend needs SAFETY_QWEN_URLS, the address of a model server, for "
        "example SAFETY_QWEN_URLS=http://10.0.0.5:8000/v1.",
        "qwen 后端需要设置 SAFETY_QWEN_URLS，即模型服务的地址，例如 "
        "SAFETY_QWEN_URLS=http://10.0.0.5:8000/v1。",
    ),
    "redis-url-missing": Phrase(
        "SAFETY_REDIS_URL names no Redis or Valkey server, for example "
        "redis://host:6379/0; safety-detector serve starts one of its own.",
        "SAFETY_REDIS_URL 未指定 Redis 或 Valkey 服务，例如 redis://host:6379/0；"
        "safety-detector serve 会自行启动一个。",
    ),
    "redis-ca-missing": Phrase(
        "SAFETY_REDIS_CA_FILE names {path}, no file.",
        "SAFETY_REDIS_CA_FILE 指定的 {path} 不是文件。",
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
    "no-evaluator": Phrase(
        "eval needs the COCO evaluator, which is not installed with the rest: pip install "
        "faster-coco-eval, or name the extra where you install the wheel: pip install "
        "'safety_detector-{version}-py3-none-any.whl[eval]'.",
        "eval 需要 COCO 评测组件，默认未安装：pip install faster-coco-eval，或在安装 wheel "
        "时指定附加项：pip install 'safety_detector-{version}-py3-none-any.whl[eval]'。",
    ),
    "key-file-without-key": Phrase(
        "SAFETY_TLS_KEY names {path}, which holds no private key.",
        "SAFETY_TLS_KEY 指定的 {path} 不含私钥。",
    ),
    "certificate-without-key": Phrase(
        "SAFETY_TLS_CERT names {path}, which holds no private key; SAFETY_TLS_KEY names "
        "the file with the key.",
        "SAFETY_TLS_CERT 指定的 {path} 不含私钥；请用 SAFETY_TLS_KEY 指定私钥文件。",
    ),
    "key-of-another-certificate": Phrase(
        "The key in {key} does not belong to the first certificate in {certificate}; the "
        "server's own certificate comes first, those of its authorities behind it.",
        "{key} 中的私钥与 {certificate} 中的第一个证书不匹配；服务器自身的证书应在最前，其"
        "签发机构的证书在后。",
    ),
    "key-encrypted": Phrase(
        "The key in {key} is encrypted; SAFETY_TLS_KEY_PASSWORD_FILE names a file with its "
        "password.",
        "{key} 中的私钥已加密；请用 SAFETY_TLS_KEY_PASSWORD_FILE 指定含其密码的文件。",
    ),
    "key-password-wrong": Phrase(
        "The password of the key in {key} is wrong (SAFETY_TLS_KEY_PASSWORD).",
        "{key} 中私钥的密码错误（SAFETY_TLS_KEY_PASSWORD）。",
    ),
    "certificate-unusable": Phrase(
        "Certificate {certificate} and key {key} cannot be used: {cause}.",
        "证书 {certificate} 与私钥 {key} 无法使用：{cause}。",
    ),
    "data-folder-without-database": Phrase(
        "The data folder {path} has no database of the service in it. Name the service's "
        "with --data-dir or SAFETY_DATA_DIR; for a new one safety-detector serve makes it, "
        "and so does safety-detector migrate.",
        "数据目录 {path} 中没有服务的数据库。请用 --data-dir 或 SAFETY_DATA_DIR 指定服务的"
        "数据目录；新的数据目录由 safety-detector serve 或 safety-detector migrate 创建。",
    ),
    "data-folder-not-there": Phrase(
        "The data folder {path} is not there. Name the service's with --data-dir or "
        "SAFETY_DATA_DIR; for a new one safety-detector serve makes it, and so does "
        "safety-detector migrate.",
        "数据目录 {path} 不存在。请用 --data-dir 或 SAFETY_DATA_DIR 指定服务的数据目录；新"
        "的数据目录由 safety-detector serve 或 safety-detector migrate 创建。",
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
}
