"""What is said of the service: database, broker, folders, cameras, reports."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

SERVICE: dict[str, Phrase] = {
    "password-too-short": Phrase(
        "A password has at least {least} characters.", "密码至少 {least} 个字符。"
    ),
    "password-too-long": Phrase(
        "A password has at most {most} characters.", "密码最多 {most} 个字符。"
    ),
    "password-guessable": Phrase(
        "The password could be guessed at once: it holds the name, or hardly any different "
        "characters.",
        "密码过于简单：包含用户名，或不同字符太少。",
    ),
    "person-exists": Phrase("There is an account {name} already.", "账号 {name} 已存在。"),
    "person-unknown": Phrase("There is no account {name}.", "没有账号 {name}。"),
    "person-disabled": Phrase("The account {name} is disabled.", "账号 {name} 已停用。"),
    "person-without-role": Phrase(
        "None of your groups may use this service. Ask whoever runs it.",
        "您所在的用户组无权使用本系统，请联系系统管理员。",
    ),
    "person-has-no-password": Phrase(
        "{name} signs in with another system and has no password here.",
        "{name} 通过单位统一登录，在本系统没有密码。",
    ),
    "openid-unreachable": Phrase(
        "The sign-in of your organisation ({issuer}) does not answer: {cause}",
        "单位统一登录（{issuer}）无响应：{cause}",
    ),
    "openid-strange": Phrase(
        "The sign-in of your organisation ({issuer}) gave an answer that is not believed: {cause}",
        "单位统一登录（{issuer}）的应答不可信：{cause}",
    ),
    "openid-refused": Phrase(
        "The sign-in of your organisation says no: {cause}", "单位统一登录已拒绝：{cause}"
    ),
    "openid-begun-elsewhere": Phrase(
        "This sign-in was begun in another browser, or more than ten minutes ago. Sign in again.",
        "此次登录不是由本浏览器发起，或已超过十分钟，请重新登录。",
    ),
    "proxy-user-twice": Phrase(
        "The proxy names several people at once; it has to replace the header {header}.",
        "代理同时给出了多个用户名，请将其配置为覆盖请求头 {header}。",
    ),
    "person-last-administrator": Phrase(
        "{name} is the only administrator; nobody could give the role to anybody then.",
        "{name} 是唯一的系统管理员，此后将无人可授予该角色。",
    ),
    "person-name-unfit": Phrase(
        "A name has 1 to {most} printable characters.", "用户名为 1 至 {most} 个可见字符。"
    ),
    "redis-silent": Phrase(
        "Redis does not answer: {cause}.",
        "Redis 无应答：{cause}。",
    ),
    "redis-too-fast": Phrase(
        "Redis changes faster than it can be read.",
        "Redis 中的内容变化过快，无法读取。",
    ),
    "broker-refuses": Phrase(
        "The broker takes no messages: {cause}.",
        "消息代理不接收消息：{cause}。",
    ),
    "broker-silent": Phrase(
        "The broker does not answer: {cause}.",
        "消息代理无应答：{cause}。",
    ),
    "database-damaged": Phrase(
        "The database is damaged: {cause}.",
        "数据库已损坏：{cause}。",
    ),
    "database-damaged-restore": Phrase(
        "The database is damaged: {cause}. Restore a copy of it.",
        "数据库已损坏：{cause}。请恢复其备份。",
    ),
    "database-not-copied": Phrase(
        "The database was not copied to {path}: {cause}.",
        "数据库未能复制到 {path}：{cause}。",
    ),
    "transaction-not-ended": Phrase(
        "The database did not end a transaction.",
        "数据库未能结束事务。",
    ),
    "transaction-taken-back": Phrase(
        "The database took back a transaction when a statement failed.",
        "语句失败时数据库回滚了整个事务。",
    ),
    "database-out-of-memory": Phrase(
        "The database does not answer: out of memory.",
        "数据库无应答：内存不足。",
    ),
    "database-silent": Phrase(
        "The database does not answer: {cause}.",
        "数据库无应答：{cause}。",
    ),
    "database-connections-used-up": Phrase(
        "No connection to the database became free in time: others use all of them, or "
        "wait for a lock.",
        "未能及时取得数据库连接：连接已全部占用，或正在等待锁。",
    ),
    "not-an-event-id": Phrase(
        "{cursor!r} is no event id of this service.",
        "{cursor!r} 不是本服务的事件编号。",
    ),
    "database-not-migrated": Phrase(
        "The database's tables are not of this program's version; run `safety-detector migrate`.",
        "数据库的表与本程序版本不符；请运行 `safety-detector migrate`。",
    ),
    "database-newer": Phrase(
        "The database's tables are of version {revision}, which this program does not "
        "know; it was used with a newer program.",
        "数据库的表为版本 {revision}，本程序不识别；该数据库曾由更新的程序使用。",
    ),
    "no-server-folders": Phrase(
        "No folder of this server may be read. The operator allows one with "
        "SAFETY_BATCH_FOLDERS, for example SAFETY_BATCH_FOLDERS=/mnt/pictures; a zip or "
        "many files can be sent in its place.",
        "不允许读取本服务器上的任何目录。管理员可用 SAFETY_BATCH_FOLDERS 允许，例如 "
        "SAFETY_BATCH_FOLDERS=/mnt/pictures；也可改为上传 zip 或多个文件。",
    ),
    "folder-not-absolute": Phrase(
        "{folder} is no absolute path without '..'.",
        "{folder} 不是不含“..”的绝对路径。",
    ),
    "folder-not-allowed": Phrase(
        "{folder} is not in a folder that SAFETY_BATCH_FOLDERS names.",
        "{folder} 不在 SAFETY_BATCH_FOLDERS 所列的目录中。",
    ),
    "folder-not-there": Phrase(
        "There is no folder {folder} on this server.",
        "本服务器上没有目录 {folder}。",
    ),
    "folder-not-utf8": Phrase(
        "{folder} leads to a name that is no UTF-8.",
        "{folder} 指向的名称不是 UTF-8。",
    ),
    "folder-closed": Phrase(
        "{folder} cannot be read by the service: {cause}.",
        "服务无法读取 {folder}：{cause}。",
    ),
    "folder-empty": Phrase(
        "{folder} is empty; is its drive mounted?",
        "{folder} 为空；其磁盘是否已挂载？",
    ),
    "folder-unlistable": Phrase(
        "{path} cannot be listed: {cause}.",
        "{path} 无法列出：{cause}。",
    ),
    "folder-replaced": Phrase(
        "{path} is another folder now.",
        "{path} 已是另一个目录。",
    ),
    "folder-redirected": Phrase(
        "{path} leads to another folder now.",
        "{path} 已指向另一个目录。",
    ),
    "folder-unopenable": Phrase(
        "{path} cannot be opened: {cause}.",
        "{path} 无法打开：{cause}。",
    ),
    "camera-id-malformed": Phrase(
        "{camera_id!r} is no camera id: up to 64 letters, digits, '.', '_' and '-'.",
        "{camera_id!r} 不是有效的摄像头编号：最多 64 个字母、数字、“.”、“_”和“-”。",
    ),
    "changed-meanwhile": Phrase(
        "Somebody else changed this meanwhile. What you typed is still here; save it once more to "
        "replace theirs.",
        "其他人刚刚修改过此内容。您填写的内容仍在；再次保存将覆盖对方的修改。",
    ),
    "camera-removal-not-meant": Phrase(
        "Tick that you mean it; then it is removed.", "请勾选确认后再删除。"
    ),
    "camera-exists": Phrase(
        "There is a camera {camera_id!r} already.",
        "已有摄像头 {camera_id!r}。",
    ),
    "no-camera-see-list": Phrase(
        "There is no camera {camera_id!r}; GET /v1/cameras lists them, POST adds one.",
        "没有摄像头 {camera_id!r}；GET /v1/cameras 可列出，POST 可添加。",
    ),
    "no-camera": Phrase(
        "There is no camera {camera_id!r}.",
        "没有摄像头 {camera_id!r}。",
    ),
    "batch-read-from-elsewhere": Phrase(
        "The batch {batch_id} is read from {folder} already, or with another camera_id, "
        "captured_at or metadata; leave batch_id out for a new batch.",
        "批次 {batch_id} 正从 {folder} 读取，或使用了其他 camera_id、captured_at 或 "
        "metadata；如需新批次请省略 batch_id。",
    ),
    "no-inspection": Phrase(
        "There is no inspection {inspection_id!r}.",
        "没有检测记录 {inspection_id!r}。",
    ),
    "correction-too-early": Phrase(
        "The inspection {inspection_id} is not completed: there is nothing to correct yet.",
        "检测 {inspection_id} 尚未完成，暂无可更正的结果。",
    ),
    "correction-changed-since": Phrase(
        "{who} corrected this picture meanwhile ({at}, version {version}).",
        "{who} 已先行更正该图片（{at}，第 {version} 版）。",
    ),
    "correction-not-there": Phrase(
        "Nobody has corrected this picture.",
        "该图片尚无更正。",
    ),
    "correction-box-outside": Phrase(
        "Box {number} is not inside the picture of {width} × {height} pixels.",
        "第 {number} 个框超出图片范围（{width} × {height} 像素）。",
    ),
    "correction-no-such-detection": Phrase(
        "Box {number} names the detection {detection}: the picture has none of that number, or "
        "another box names it too.",
        "第 {number} 个框引用了检测结果 {detection}：该图片没有此结果，或已被其他框引用。",
    ),
    "inspection-kept": Phrase(
        "The inspection {inspection_id} is kept: it is under hold, or evidence of an incident that "
        "is not settled.",
        "检测 {inspection_id} 受保护：已设保留，或是未办结事件的证据。",
    ),
    "inspection-not-final": Phrase(
        "The inspection {inspection_id} is not done yet; delete it when it is.",
        "检测 {inspection_id} 尚未完成；请在完成后删除。",
    ),
    "idempotency-key-used": Phrase(
        "The idempotency key was used before with another picture or URL.",
        "该幂等键已用于另一张图片或另一个 URL。",
    ),
    "no-inspections": Phrase(
        "There is no inspection {ids}.",
        "没有检测记录 {ids}。",
    ),
    "no-incidents": Phrase(
        "There is no incident {ids}.",
        "没有事件 {ids}。",
    ),
    "no-incident-in-report": Phrase(
        "There is no incident {incident_id!r} in this report to write a notice on.",
        "本报告中没有事件 {incident_id!r}，无法出具整改通知单。",
    ),
    "notice-on-false-alarm": Phrase(
        "No rectification notice on incident {incident_id!r}: it was judged a false alarm.",
        "事件 {incident_id!r} 已判为误报，不能出具整改通知单。",
    ),
    "incident-of-camera": Phrase(
        "Incident {incident_id!r} is a fault of a camera, and no hazard that a register or notice "
        "could be about; the coverage of reports tells of it.",
        "事件 {incident_id!r} 是摄像头故障，不是隐患，不列入台账或整改通知单；"
        "报告的覆盖情况中有说明。",
    ),
    "notice-incident-outside": Phrase(
        "A notice is wanted on incident {ids}, which is not of this period, camera or choice.",
        "要求对事件 {ids} 出具整改通知单，但其不属于所选的时段、摄像头或条件。",
    ),
    "inspections-unfinished": Phrase(
        "Not done yet: inspection {ids}; report on it when it is done.",
        "检测 {ids} 尚未完成，完成后方可生成报告。",
    ),
    "period-not-begun": Phrase(
        "The period has not begun: it starts at {since}, and now it is {now}.",
        "时段尚未开始：起始时间为 {since}，当前时间为 {now}。",
    ),
    "notice-outside-selection": Phrase(
        "A notice is wanted on inspection {ids}, which is not of this camera, batch, "
        "period or verdict.",
        "要求对检测 {ids} 出具整改通知单，但其不属于所选的摄像头、批次、时段或结论。",
    ),
    "report-too-large": Phrase(
        "The report would have more than {limit:,} pictures, the most that "
        "SAFETY_MAX_REPORT_PICTURES allows; raise it, or order the hazards alone "
        '("verdict": "hazard").',
        "报告所含图片将超过 {limit:,} 张，即 SAFETY_MAX_REPORT_PICTURES 允许的上限；请调高"
        '该值，或仅报告存在隐患的图片（"verdict": "hazard"）。',
    ),
    "not-a-cursor": Phrase(
        "{cursor!r} is no cursor of this service.",
        "{cursor!r} 不是本服务的游标。",
    ),
    "no-batch": Phrase(
        "There is no picture of a batch {batch_id!r}.",
        "没有批次 {batch_id!r} 的图片。",
    ),
    "too-many-reports": Phrase(
        "{limit} reports of this key are queued or running; order more when one is done.",
        "该密钥已有 {limit} 份报告在排队或生成中；待其中一份完成后再提交。",
    ),
    "file-unreadable": Phrase(
        "The file cannot be read: {cause}.",
        "文件无法读取：{cause}。",
    ),
    "no-inspection-in-report": Phrase(
        "There is no inspection {inspection_id!r} in this report to write a notice on.",
        "本报告中没有检测 {inspection_id!r}，无法出具整改通知单。",
    ),
    "report-path-is-folder": Phrase(
        "The report {path} cannot be written: that is a folder.",
        "报告 {path} 无法写入：那是目录。",
    ),
    "report-not-written": Phrase(
        "The report {path} cannot be written ({cause}).",
        "报告 {path} 无法写入（{cause}）。",
    ),
    "a-font-unreadable": Phrase(
        "A font file cannot be read ({cause}).",
        "字体文件无法读取（{cause}）。",
    ),
    "font-not-embeddable": Phrase(
        "The font {path} cannot be embedded in a PDF ({cause}).",
        "字体 {path} 无法嵌入 PDF（{cause}）。",
    ),
    "cannot-be-made": Phrase(
        "The data folder cannot be made: {cause}.",
        "数据目录无法创建：{cause}。",
    ),
    "cannot-be-read": Phrase(
        "The data folder cannot be read: {cause}.",
        "数据目录无法读取：{cause}。",
    ),
    "cannot-keep-report": Phrase(
        "The data folder cannot keep a report: {cause}.",
        "数据目录无法保存报告：{cause}。",
    ),
    "cannot-make-folder": Phrase(
        "The data folder cannot make a folder: {cause}.",
        "数据目录中无法创建目录：{cause}。",
    ),
    "cannot-make-folder-for-report": Phrase(
        "The data folder cannot make a folder for a report: {cause}.",
        "数据目录中无法为报告创建目录：{cause}。",
    ),
    "cannot-read-received-picture": Phrase(
        "The data folder cannot read a received picture: {cause}.",
        "数据目录中接收到的图片无法读取：{cause}。",
    ),
    "cannot-read-stored-picture": Phrase(
        "The data folder cannot read a stored picture: {cause}.",
        "数据目录中存储的图片无法读取：{cause}。",
    ),
    "cannot-receive-picture": Phrase(
        "The data folder cannot receive a picture: {cause}.",
        "数据目录无法接收图片：{cause}。",
    ),
    "cannot-remove-annotated-picture": Phrase(
        "The data folder cannot remove an annotated picture: {cause}.",
        "数据目录无法删除标注图：{cause}。",
    ),
    "cannot-remove-file": Phrase(
        "The data folder cannot remove a file: {cause}.",
        "数据目录无法删除文件：{cause}。",
    ),
    "cannot-remove-picture": Phrase(
        "The data folder cannot remove a picture: {cause}.",
        "数据目录无法删除图片：{cause}。",
    ),
    "cannot-remove-report": Phrase(
        "The data folder cannot remove a report: {cause}.",
        "数据目录无法删除报告：{cause}。",
    ),
    "cannot-remove-stale-uploads": Phrase(
        "The data folder cannot remove stale uploads: {cause}.",
        "数据目录无法清除过期的上传：{cause}。",
    ),
    "cannot-store-annotated-picture": Phrase(
        "The data folder cannot store an annotated picture: {cause}.",
        "数据目录无法保存标注图：{cause}。",
    ),
    "cannot-store-picture": Phrase(
        "The data folder cannot store a picture: {cause}.",
        "数据目录无法保存图片：{cause}。",
    ),
    "cursor-of-another-order": Phrase(
        "{cursor!r} is a cursor of another order.",
        "{cursor!r} 是另一种排序的游标。",
    ),
    "notice-without-hazard": Phrase(
        "No rectification notice on inspection {inspection_id!r}: it found no hazard (it "
        "is {verdict}). Order a report on it instead.",
        "检测 {inspection_id!r} 未发现隐患（{verdict}），不能出具整改通知单，请改为生成报告。",
    ),
    "report-took-too-long": Phrase(
        "The report took longer than it may; raise SAFETY_REPORT_TIME_LIMIT, or order the "
        'hazards alone ("verdict": "hazard").',
        '报告生成超时；请调高 SAFETY_REPORT_TIME_LIMIT，或仅报告存在隐患的图片（"verdict"'
        ': "hazard"）。',
    ),
    "pgbouncer-statement-mode": Phrase(
        "PgBouncer is in statement mode, which keeps no transaction together; set pool_mode = "
        "transaction.",
        "PgBouncer 处于 statement 模式，无法保持事务完整；请设置 pool_mode = transaction。",
    ),
    "pgbouncer-connections-used-up": Phrase(
        "PgBouncer had no connection to PostgreSQL free within its query_wait_timeout: others use "
        "all of them (default_pool_size), or wait for a lock.",
        "PgBouncer 在 query_wait_timeout 内没有空闲的 PostgreSQL 连接：连接已全部占用"
        "（default_pool_size），或正在等待锁。",
    ),
    "pgbouncer-full": Phrase(
        "PgBouncer takes no more connections: max_client_conn is reached.",
        "PgBouncer 不再接受连接：已达 max_client_conn。",
    ),
    "cannot-take-upload": Phrase(
        "The data folder cannot take an upload: {cause}.", "数据目录无法接收上传：{cause}。"
    ),
    "make-room": Phrase(
        "{reason} Make room: safety-detector purge --keep-days N, or a larger disk.",
        "{reason}请腾出空间：safety-detector purge --keep-days N，或更换更大的磁盘。",
    ),
    "database-disk-full": Phrase(
        "The disk of the database is full: {cause}. Make room on it: safety-detector purge "
        "--keep-days N, or a larger disk.",
        "数据库所在磁盘已满：{cause}。请腾出空间：safety-detector purge --keep-days N，"
        "或更换更大的磁盘。",
    ),
    "database-disk-full-first": Phrase(
        "The disk of the database is full ({cause}). Free some of it first, 32 MiB are enough, by "
        "removing or moving something else; then safety-detector purge --keep-days N makes room.",
        "数据库所在磁盘已满（{cause}）。请先删除或移走其他文件，腾出 32 MiB 即可；"
        "再用 safety-detector purge --keep-days N 腾出空间。",
    ),
    "disk-short-of-bytes": Phrase(
        "Only {free} are free on the disk of {path}; below {least} (SAFETY_MIN_FREE_DISK) nothing "
        "new is accepted, so that what was accepted can be finished. Make room: safety-detector "
        "purge --keep-days N, or a larger disk.",
        "{path} 所在磁盘仅剩 {free}；低于 {least}（SAFETY_MIN_FREE_DISK）时不再接收新内容，"
        "以便完成已接收的部分。请腾出空间：safety-detector purge --keep-days N，或更换更大的磁盘。",
    ),
    "disk-short-of-files": Phrase(
        "Only {free_files} more files fit on the disk of {path}; so near to 0 nothing new is "
        "accepted, so that what was accepted can be finished. Make room: safety-detector purge "
        "--keep-days N, or a larger disk.",
        "{path} 所在磁盘只能再存 {free_files} 个文件；此时不再接收新内容，以便完成已接收的部分。"
        "请腾出空间：safety-detector purge --keep-days N，或更换更大的磁盘。",
    ),
    "clock-ahead": Phrase(
        "The clock of {process} is {seconds:,.0f} s ahead of the database server's: let both "
        "machines ask a time server (NTP).",
        "{process} 的时钟比数据库服务器快 {seconds:,.0f} 秒：请让两台机器与时间服务器（NTP）同步。",
    ),
    "clock-behind": Phrase(
        "The clock of {process} is {seconds:,.0f} s behind the database server's: let both "
        "machines ask a time server (NTP).",
        "{process} 的时钟比数据库服务器慢 {seconds:,.0f} 秒：请让两台机器与时间服务器（NTP）同步。",
    ),
    "redis-untrusted": Phrase(
        "{cause}. SAFETY_REDIS_CA_FILE names the certificate of your own authority, or of a server "
        "that signed its own",
        "{cause}。可用 SAFETY_REDIS_CA_FILE 指定自有签发机构的证书，或自签名服务器的证书",
    ),
    "batches-wait": Phrase(
        "{pictures:,} pictures of batches wait to be inspected; the folder is read on when some of "
        "them are done.",
        "各批次共有 {pictures:,} 张图片等待检测；待其中一部分完成后继续读取该目录。",
    ),
    "camera-switched-off": Phrase(
        "The camera {camera_id} is switched off.", "摄像头 {camera_id} 已停用。"
    ),
    "frame-too-soon": Phrase(
        "The last frame is less than {milliseconds} ms old.", "距上一帧不足 {milliseconds} 毫秒。"
    ),
    "frame-unchanged": Phrase(
        "It shows nothing new: what was found in {inspection_id} stands for it.",
        "画面没有变化：沿用 {inspection_id} 的结果。",
    ),
    "frame-overtaken": Phrase(
        "A frame that was taken later is here already.", "已有拍摄时间更晚的帧。"
    ),
    "seal-key-gone": Phrase(
        "The key that cameras' passwords are sealed with is not at {path}. Put it back from a copy "
        "(SAFETY_SEAL_KEY_FILE names another place), or give the passwords again.",
        "用于加密摄像头密码的密钥不在 {path}。请从备份恢复该文件（可用 SAFETY_SEAL_KEY_FILE "
        "指定其他位置），或重新输入密码。",
    ),
    "seal-key-another": Phrase(
        "The password was sealed with another key than the one in {path}. Put the right key there, "
        "the same on each machine (SAFETY_SEAL_KEY_FILE names another place), or give the password "
        "again.",
        "密码是用另一个密钥加密的，与 {path} 中的密钥不符。请放入正确的密钥，各机器须相同"
        "（可用 SAFETY_SEAL_KEY_FILE 指定其他位置），或重新输入密码。",
    ),
    "seal-key-malformed": Phrase(
        "{path} holds no key that passwords can be sealed with. Put the right file there, or "
        "remove it and give the passwords again.",
        "{path} 不含可用于加密密码的密钥。请放入正确的文件，或删除它并重新输入密码。",
    ),
    "seal-key-unreadable": Phrase(
        "{path} with the key that passwords are sealed with cannot be read: {cause}.",
        "存放密码加密密钥的 {path} 无法读取：{cause}。",
    ),
    "seal-key-not-made": Phrase(
        "The key to seal passwords with cannot be made at {path}: {cause}.",
        "无法在 {path} 创建用于加密密码的密钥：{cause}。",
    ),
}
