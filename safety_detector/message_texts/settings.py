"""What is said of settings, and of what they name: folders, certificates, fonts, servers."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

SETTINGS: dict[str, Phrase] = {
    "prompt-folder-unreadable": Phrase(
        "The folder of prompts {path} (SAFETY_PROMPT_DIR) cannot be read: {cause}.",
        "无法读取提示词目录 {path}（SAFETY_PROMPT_DIR）：{cause}。",
    ),
    "prompt-folder-too-full": Phrase(
        "{path} (SAFETY_PROMPT_DIR) holds {files:,} TOML files, the limit is {limit:,}; give "
        "prompts a folder of their own.",
        "{path}（SAFETY_PROMPT_DIR）中有 {files:,} 个 TOML 文件，上限为 {limit:,}；请为提示词单独"
        "建一个目录。",
    ),
    "prompt-file-of-no-kind": Phrase(
        "{path} is named like no prompt and would never be asked (did you mean {nearest}?); there "
        "are {known}. To keep a file beside them give it another ending than .toml.",
        "{path} 的名称不是任何提示词的名称，不会被使用（是否应为 {nearest}？）；可用名称：{known}。"
        "其他文件请勿以 .toml 结尾。",
    ),
    "prompt-file-no-file": Phrase(
        "{path} is no file, so no prompt can be read from it.",
        "{path} 不是文件，无法从中读取提示词。",
    ),
    "prompt-file-too-large": Phrase(
        "{path} has more than {limit:,} bytes; a prompt is some thousand characters.",
        "{path} 超过 {limit:,} 字节；提示词应为几千个字符。",
    ),
    "prompt-file-not-utf8": Phrase(
        "{path} is no UTF-8; save the prompt as UTF-8.",
        "{path} 不是 UTF-8 编码；请将提示词存为 UTF-8。",
    ),
    "prompt-file-no-toml": Phrase(
        "{path} cannot be read as TOML: {cause}. safety-detector prompts copy writes a file to "
        "begin with.",
        "{path} 无法作为 TOML 读取：{cause}。可用 safety-detector prompts copy 生成起始文件。",
    ),
    "no-prompt-to-check": Phrase(
        "There is no prompt to check: name files or a folder, or set SAFETY_PROMPT_DIR.",
        "没有可检查的提示词：请指定文件或目录，或设置 SAFETY_PROMPT_DIR。",
    ),
    "no-such-prompt": Phrase(
        "{name!r} is no prompt; there are {known}.",
        "没有名为 {name!r} 的提示词；可用：{known}。",
    ),
    "prompt-file-invalid": Phrase(
        "The prompt {path} cannot be used: {problems}.",
        "提示词 {path} 无法使用：{problems}。",
    ),
    "server-ca-empty": Phrase(
        "SAFETY_SERVER_CA names {path}, which holds no certificate in PEM form.",
        "SAFETY_SERVER_CA 指定的 {path} 不含 PEM 格式的证书。",
    ),
    "setting-file-unreadable": Phrase(
        "{setting} names {path}, which cannot be read: {cause}.",
        "{setting} 指定的 {path} 无法读取：{cause}。",
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
    "files-limited": Phrase(
        "Files of this program may have {size_mib:,.1f} MiB at most (ulimit -f), so that larger "
        "pictures and a grown database cannot be written; raise it with: ulimit -f unlimited "
        "(LimitFSIZE=infinity for systemd).",
        "本程序的文件最大为 {size_mib:,.1f} MiB（ulimit -f），更大的图片和增长后的数据库"
        "将无法写入；"
        "请用 ulimit -f unlimited 提高上限（systemd 用 LimitFSIZE=infinity）。",
    ),
    "first-key-malformed": Phrase(
        "The first API key must read sdk_first_ and at least 32 letters or digits; make "
        'one with: echo "sdk_first_$(openssl rand -hex 32)"',
        '首个 API 密钥须为 sdk_first_ 加至少 32 个字母或数字；可用以下命令生成：echo "'
        'sdk_first_$(openssl rand -hex 32)"',
    ),
    "open-without-key": Phrase(
        "{host} can be reached by others, and there is neither an account nor an API key yet. Make "
        "one with safety-detector users add NAME --role administrator, or safety-detector keys "
        "create NAME --scope admin; or listen on 127.0.0.1.",
        "{host} 可被他人访问，而尚无账号和 API 密钥。请用 safety-detector users add NAME "
        "--role administrator 建立账号，或用 safety-detector keys create NAME --scope admin "
        "创建密钥；或监听 127.0.0.1。",
    ),
    "database-url-malformed": Phrase(
        "SAFETY_DATABASE_URL is not a database URL.",
        "SAFETY_DATABASE_URL 不是数据库地址。",
    ),
    "database-not-supported": Phrase(
        "SAFETY_DATABASE_URL names {name!r}; sqlite and postgresql are supported.",
        "SAFETY_DATABASE_URL 指定了 {name!r}；支持 sqlite 和 postgresql。",
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
        "{process}); stop it, or set SAFETY_DATA_DIR to another folder. If that process is no "
        "safety-detector, it only holds the lock: end it, or remove {lock}.",
        "数据目录 {path} 正由另一个 safety-detector serve（进程 {process}）使用；请将其停止"
        "，或将 SAFETY_DATA_DIR 设为其他目录。如果该进程不是 safety-detector，它只是占住了锁："
        "请结束该进程，或删除 {lock}。",
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
}
