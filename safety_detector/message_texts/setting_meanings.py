"""What each setting does, in Chinese; the English stands with the setting itself."""

from __future__ import annotations

from collections.abc import Mapping

IN_CHINESE: Mapping[str, str] = {
    "data_dir": "存放图片、标注图、报告和字体的目录。",
    "backend": (
        "检测器：qwen（大模型）或 embedded（内置模型）。未设置时：设有 SAFETY_QWEN_URLS 则为 "
        "qwen，否则为 embedded。"
    ),
    "language": "图片标注和报告的语言：en 或 zh。",
    "database_url": (
        "服务所用数据库，例如 postgresql://user:password@host/name。未设置时使用数据目录内的 "
        "SQLite。"
    ),
    "redis_url": (
        "用于唤醒处理进程的 Redis 或 Valkey 服务器，例如 redis://:password@host:6379/0；redis"
        "s:// 表示 TLS。密码中的 # / @ % 须写成 %23 %2F %40 %25。未设置时由 serve 自行启动。"
    ),
    "redis_ca_file": (
        "校验 rediss:// 服务器所用的证书（PEM），用于自建证书机构。未设置时使用系统证书。"
    ),
    "first_api_key": (
        "首个管理员密钥：在从未有过密钥时由 migrate 和 serve 登记，格式为 sdk_first_ 加至少 3"
        "2 位字母或数字。"
    ),
    "qwen_slots": "一个处理进程同时交给模型服务器的图片数；0 表示按全部服务器的上限再加四张。",
    "embedded_slots": "内置模型的进程数；0 表示每个处理器核心一个。",
    "keep_days": (
        "检测结束后连同图片保留的天数；到期清理，已留存或其事件仍在处理的除外。报告、已了结的"
        "事件和消息同样适用。未设置时长期保留。"
    ),
    "keep_bytes": (
        "已存图片的最大总量，例如 500GB；超出后从最早的开始清理，已留存的除外。未设置时不限。"
    ),
    "min_free_disk": (
        "数据目录所在磁盘须保留的空间：低于此值不再接收新图片（507）。可为字节数或比例，例如 "
        "2GB 或 5%；0 表示不限。未设置时为 5%，最多 1 GiB。"
    ),
    "disk_reserve": (
        "数据目录中的备用空间，磁盘写满时释放，以便清理和启动。可为字节数或比例；0 表示不设。"
        "未设置时为 2%，最多 128 MiB。"
    ),
    "lease": "处理进程无心跳时，图片仍归其处理的时间（秒）。",
    "heartbeat": "处理进程的心跳间隔（秒）。",
    "deaf_after": "有任务排队而处理进程空闲超过此时间（秒）时，该进程重新启动。",
    "picture_time_limit": "内置模型处理一张图片的最长时间（秒）。",
    "report_time_limit": "生成一份报告的最长时间（秒）。",
    "max_report_pictures": (
        "通过 REST 生成的一份报告最多包含的图片数。未设置时不限，每 500 张一册并附目录。"
    ),
    "max_unfinished_reports": "同一密钥同时排队或生成中的报告数；超出返回 429。",
    "log_format": "日志格式：text 或 json。",
    "log_level": "日志的最低级别。",
    "max_picture_bytes": "可接收的最大图片文件（字节）。",
    "max_picture_pixels": (
        "可解码的最大图片（像素），同时限制内存用量；调大时须为处理进程增加内存。"
    ),
    "max_request_files": "一次上传的最多图片数。",
    "max_request_bytes": "一次上传的最大总字节数。",
    "requests_per_second": "同一密钥每秒的平均请求数；超出返回 429。未设置时不限。",
    "request_burst": "限速时同一密钥可连续发出的请求数。",
    "root_path": (
        "代理提供服务时所用的路径前缀，例如 /safety。未设置时为无，或以可信代理的 X-Forwarded"
        "-Prefix 为准。"
    ),
    "trusted_proxies": (
        "可信代理所在网段（CIDR，逗号分隔），其 Forwarded 和 X-Forwarded-* 请求头才被采信。未"
        "设置时均不采信。"
    ),
    "proxy_user_header": (
        "前置代理用以告知登录人员的请求头，例如 X-Remote-User。须同时设置 SAFETY_TRUSTED_PROX"
        "IES；其他来源的同名请求头会被去除。代理不得放行浏览器所发的同名请求头。未设置时不用"
        "。"
    ),
    "proxy_groups_header": (
        "该代理用以告知所属用户组的请求头（逗号分隔），供 SAFETY_GROUP_ROLES 使用。未设置时不用。"
    ),
    "oidc_issuer": (
        "用于登录控制台的 OpenID Connect 服务，例如 https://login.example.com/realms/plant。"
        "须在其中登记地址 SAFETY_PUBLIC_URL/sign-in/openid/callback。未设置时只用本系统密码。"
    ),
    "oidc_client_id": "本系统在该登录服务中的客户端编号。",
    "oidc_client_secret": "对应的客户端密钥。未设置时为公开客户端，仅用 PKCE。",
    "oidc_scopes": "向登录服务请求的范围，空格分隔。",
    "oidc_name_claim": "登录服务给出姓名的字段；缺少时依次取 name、email、sub。",
    "oidc_groups_claim": (
        "登录服务给出用户组的字段，供 SAFETY_GROUP_ROLES 使用；点号表示下一层，如 realm_acces"
        "s.roles。"
    ),
    "oidc_ca_file": "除通常的证书机构外，登录服务可使用的证书（PEM）。",
    "group_roles": (
        "各用户组对应的角色，例如 safety-admins=administrator,ehs=manager,*=viewer，也可为 JS"
        "ON 对象；* 表示所有人，取最高角色，无对应角色者不得登录，每次登录时核对。未设置时新"
        "人员为查看人员，角色在“系统”页授予。"
    ),
    "cors_origins": (
        "允许其网页访问接口的来源（逗号分隔），例如 https://console.example；须逐个写明。未设"
        "置时均不允许。"
    ),
    "tls_cert": "接口的证书及证书链（PEM 文件），设置后使用 https。未设置时为 http。",
    "tls_key": "该证书的私钥（PEM 文件）。未设置时与证书同一文件。",
    "tls_key_password": "该私钥的密码。",
    "fetch_allow": "除公网外，按网址取图可访问的网段（CIDR，逗号分隔）。",
    "fetch_ca_file": "除通常的证书机构外，https:// 地址可使用的证书（PEM）。",
    "fetch_deadline": "取一张图片的最长时间（秒）。",
    "camera_networks": (
        "摄像头可在的网段（CIDR，逗号分隔）；其他地址不予接受。链路本地地址须单独写明，云平台"
        "元数据地址一律不可。"
    ),
    "incident_rules": (
        "说明事件何时产生和结束的 JSON 文件，用于未单独设置的摄像头；接口启动时读取。未设置时"
        "用通常规则。"
    ),
    "notify_networks": (
        "除公网外，可向其发送事件消息的网段（CIDR，逗号分隔）。未设置时只有本机，且仅限接口只"
        "监听本机时。"
    ),
    "notify_ca_file": (
        "除通常的证书机构外，消息接收方（Webhook、邮件、消息代理）可使用的证书（PEM）。"
    ),
    "public_url": (
        "人员浏览器访问本服务的地址（含代理前缀），例如 https://safety.example.com；消息中的"
        "链接以此开头。未设置时消息不带完整链接。"
    ),
    "camera_folders": (
        "取流所在机器上可用作摄像头投放目录和视频文件的目录（逗号分隔）。投放目录中已接收的文"
        "件会被移走或删除。未设置时无。"
    ),
    "camera_grace": "摄像头无画面超过三个间隔后，再经多久（秒）算作故障。",
    "unchanged_max": (
        "画面无变化时计为“未变化”而不检测的最长时间（秒），其间沿用上次结论。0 表示每帧都检测。"
    ),
    "seal_key_file": (
        "加密摄像头密码所用密钥的文件，首次需要时生成；多台机器须共用同一文件。未设置时为数据"
        "目录内 keys/seal.key。"
    ),
    "watch_streams": "一个取流进程最多负责的摄像头数。",
    "watch_memory": "解码单路视频流的进程的最大内存，例如 512MiB；超出则重启。",
    "batch_folders": (
        "接口所在机器上允许 POST /v1/batches 读取的目录（逗号分隔，含下级）；可提交图片者即可"
        "读取。未设置时无。"
    ),
    "batch_backlog": "批次图片排队达到此数时暂停继续读取文件夹。",
    "qwen_urls": "兼容 OpenAI 接口的模型服务器地址（逗号分隔），例如 http://10.0.0.5:8000/v1。",
    "qwen_model": "模型服务的名称。",
    "qwen_dialect": "模型系列的坐标与网格方式。未设置时按模型名称判断。",
    "qwen_api_key": "模型服务器的密钥。",
    "qwen_prompt_language": "提示词的语言。",
    "prompt_dir": (
        "存放自定义提示词的目录，每个提示词一个 TOML 文件（detection-zh.toml 等），可用 safety-"
        "detector prompts copy 生成；结果中会记录其版本。进程启动时读取，无法使用的文件会使进程"
        "拒绝启动。未设置时使用内置提示词。"
    ),
    "qwen_max_pixels": "送给模型的图片的最大像素数。",
    "qwen_scores": (
        "是否要求模型服务返回回答中每个 token 的概率（logprobs），检测结果的得分由此得出。"
        "不支持的服务会在不带此要求的情况下再次请求，检测结果则没有得分。"
    ),
    "score_calibration": (
        "eval --calibrate 生成的校准表，多个以逗号分隔，每个检测器一个：检测结果除得分外，"
        "还会给出已标注图片中同类得分的正确比例。属于其他模型或提示词的校准表会被拒绝。"
    ),
    "qwen_tiling": (
        "是否另向模型询问图片局部以发现较小的人员，每个局部的开销与一张图片相同：off 不问；auto 在 "
        "40 像素高的人员送给模型时不足 16 像素的情况下（默认送图大小下为 630 万像素以上，"
        "4K 即四次请求代替一次）；或固定的列数与行数，例如 2x2。"
    ),
    "qwen_max_output_tokens": "模型回答的最大长度（token）。",
    "qwen_deadline": "模型一次回答的最长时间（秒）。",
    "qwen_fallback": (
        "模型服务器均不可用时内置模型是否代替：wait 不代替；frames 只代替摄像头图片；embedded"
        " 代替除命令行批次外的全部图片。代替的结果不会判为“无隐患”，报警标注为未经大模型确"
        "认。但 SAFETY_SECOND_LOOK=suspects 时，摄像头图片中内置模型未发现可疑之处的，仅凭内置"
        "模型即判为“无隐患”，不受此项影响。"
    ),
    "second_look": (
        "摄像头图片的检测方式。`off`：每张都由大模型检测；`suspects`：先由内置模型在 CPU 上检测每张"
        "图片，可疑位置交大模型复核，另按 SAFETY_SECOND_LOOK_FULL_EVERY 抽取整张图片交大模型检测；"
        "`all`：每张图片两者都检测，可疑位置另行复核。上传的图片始终由大模型整张检测。"
    ),
    "second_look_full_every": (
        "`suspects` 方式下，每个摄像头每多少张图片抽取一张整张交大模型检测，不论是否可疑；"
        "0：不抽取。"
    ),
    "second_look_thresholds": (
        "内置模型判为可疑、交大模型复核的最低得分，例如 fire=0.2,smoke=0.2,head_bare=0.3；"
        "报出隐患仍以 SAFETY_EMBEDDED_THRESHOLDS 为准。未设置：与后者相同；调低会大幅增加复核次数。"
    ),
    "second_look_questions": (
        "同一张图片最多复核的可疑位置数，最紧急的优先；未复核的数量写入结果。"
    ),
    "second_look_stands": (
        "在同一位置连续两次得到相同的复核回答后，多长时间内不再复核（秒）；回答为无隐患的时长为三倍，"
        "此后多次回答仍相同的最多为十二倍。关于具体人员（是否戴帽）的回答不沿用。"
    ),
    "second_look_budget": (
        "每台模型服务器每秒最多承担的复核请求数，所有工作进程合计；超出部分不再复核：隐患以“未经大模型"
        "确认”报出，仅属可疑的记为无法判定。未设置：以服务器能力为限。"
    ),
    "qwen_patience": "摄像头图片等待大模型的最长时间（秒），超过则由内置模型检测。",
    "qwen_max_in_flight": "一台模型服务器同时处理的最多图片数，即 vLLM 的 --max-num-seqs。",
    "qwen_min_in_flight": "一台模型服务器再慢也可同时处理的最少图片数。",
    "qwen_start_in_flight": "一台模型服务器开始和恢复时可同时处理的图片数，此后按其应答调整。",
    "embedded_weights": (
        "training/export.py 生成的 ONNX 文件，例如用本厂图片训练的模型。未设置时使用自带模型。"
    ),
    "server_key": "batch --server 所连服务的密钥，须有 submit 和 read 权限。",
    "server_ca": (
        "batch --server 所连 https 服务的证书或其机构证书（PEM）。未设置时使用 certifi 自带的机构。"
    ),
    "zip_encoding": (
        "压缩包未注明时的文件名编码（gbk、shift_jis、big5 等）。未设置时按压缩包内全部名称推断。"
    ),
    "batch_patience": (
        "命令行批次等待不可用的模型服务器或服务的最长时间（秒）；超过则结束，再次执行同一命令"
        "可继续。"
    ),
    "embedded_threads": "内置模型的处理器线程数；0 表示每个核心一个。",
    "embedded_thresholds": (
        "各类别的计入分数（0 至 1），例如 fire=0.4,head_bare=0.5；类别为 fire、smoke、person"
        "、head_helmet、head_bare。未设置时用模型自带值。"
    ),
    "embedded_tiling": (
        "是否另看图片局部以发现较小的人员：auto 在长边超过 2,048 像素时；off 不看，此类图片若"
        "无隐患则为无法判定；或固定的列数与行数，例如 3x2。"
    ),
    "classes": "检测对象：fire、smoke、person（逗号分隔），结论只针对这些对象。未设置时为全部。",
}
"""By the setting's name in lower case, without ``SAFETY_``."""
