"""What is said of pictures, of the files and addresses that they come from.

Long on purpose: a table without code, checked as a whole by a reader of both languages.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

PICTURES: dict[str, Phrase] = {
    "no-pixels": Phrase(
        "The picture's header says that it has no pixels.",
        "图片文件头表明该图片没有像素。",
    ),
    "file-ends-early": Phrase(
        "The {kind} file ends after {bytes:,} bytes, before its picture does.",
        "{kind} 文件在 {bytes:,} 字节处结束，画面尚不完整。",
    ),
    "another-size-than-header": Phrase(
        "The decoded picture has another size than its header says.",
        "解码后的尺寸与文件头所述不符。",
    ),
    "jpeg-not-encoded": Phrase(
        "A picture of shape {shape} could not be encoded as JPEG.",
        "形状为 {shape} 的图片无法编码为 JPEG。",
    ),
    "header-unreadable": Phrase(
        "The picture's header cannot be read ({cause}).",
        "图片文件头无法读取（{cause}）。",
    ),
    "file-empty": Phrase(
        "The file is empty.",
        "文件为空。",
    ),
    "header-cut": Phrase(
        "The picture ends inside its header, after {bytes} bytes.",
        "图片在文件头内即已结束（{bytes} 字节）。",
    ),
    "picture-type-not-read": Phrase(
        "Pictures of type {kind} are not read; convert to JPEG or PNG first.",
        "不支持 {kind} 类型的图片，请先转换为 JPEG 或 PNG。",
    ),
    "looks-like-another-thing": Phrase(
        "Not a picture: it looks like {kind}.",
        "不是图片，看起来是 {kind}。",
    ),
    "picture-cut-off": Phrase(
        "The picture is cut off ({cause}).",
        "图片文件被截断（{cause}）。",
    ),
    "picture-not-decoded": Phrase(
        "The picture cannot be decoded ({cause}).",
        "图片无法解码（{cause}）。",
    ),
    "jpeg-cut-off": Phrase(
        "The JPEG is cut off ({cause}).",
        "JPEG 文件被截断（{cause}）。",
    ),
    "jpeg-not-decoded": Phrase(
        "The JPEG cannot be decoded ({cause}).",
        "JPEG 无法解码（{cause}）。",
    ),
    "pixels-not-read": Phrase(
        "Pixels of type {mode} are not read; convert to 8-bit RGB first.",
        "不支持 {mode} 类型的像素，请先转换为 8 位 RGB。",
    ),
    "tiff-compression": Phrase(
        "TIFFs with the compression {name} ({compression}) are not read; save with LZW, deflate or "
        "no compression, or convert to JPEG or PNG first.",
        "不支持压缩方式为 {name}（{compression}）的 TIFF，请改用 LZW、deflate 或不压缩保存，"
        "或先转换为 JPEG 或 PNG。",
    ),
    "tiff-jpeg-of-several-scans": Phrase(
        "TIFFs that hold progressive, lossless or arithmetically coded JPEG are not read; convert "
        "to JPEG or PNG first.",
        "不支持内含渐进式、无损或算术编码 JPEG 的 TIFF，请先转换为 JPEG 或 PNG。",
    ),
    "grey-pixels-not-read": Phrase(
        "32-bit grey pixels are not read; convert to 8-bit first.",
        "不支持 32 位灰度像素，请先转换为 8 位。",
    ),
    "too-many-pixels": Phrase(
        "The picture has {actual:,} pixels ({size}); the limit is {limit:,}.",
        "图片有 {actual:,} 像素（{size}），上限为 {limit:,}。",
    ),
    "picture-is-folder": Phrase(
        "{path} is a folder; name its pictures, or inspect all of it with safety-detector batch.",
        "{path} 是目录，请指定其中的图片，或用 safety-detector batch 检测整个目录。",
    ),
    "not-a-regular-file": Phrase(
        "{path} is not a regular file.",
        "{path} 不是普通文件。",
    ),
    "unreadable": Phrase(
        "{path} cannot be read: {cause}.",
        "{path} 无法读取：{cause}。",
    ),
    "no-file-name": Phrase(
        "{path!r} is no file name.",
        "{path!r} 不是文件名。",
    ),
    "picture-gone": Phrase(
        "The picture {sha256} is gone from the data folder.",
        "图片 {sha256} 已不在数据目录中。",
    ),
    "frame-unreadable": Phrase(
        "The frame cannot be read: {cause}.",
        "视频帧无法读取：{cause}。",
    ),
    "entry-not-decompressed": Phrase(
        "The entry cannot be decompressed: {cause}.",
        "压缩包条目无法解压：{cause}。",
    ),
    "entry-damaged": Phrase(
        "The entry is damaged: {cause}.",
        "压缩包条目已损坏：{cause}。",
    ),
    "folder-not-listed": Phrase(
        "The folder {path} cannot be listed.",
        "目录 {path} 无法列出。",
    ),
    "list-line-leads-elsewhere": Phrase(
        "Line {line}: the path leads to {place}. Write paths that are relative to the "
        "list's folder.",
        "第 {line} 行：该路径指向 {place}。请使用相对于清单所在目录的路径。",
    ),
    "link-to-folder": Phrase(
        "A link to a folder is not followed; name that folder in a batch of its own.",
        "不跟随指向目录的链接；请将该目录作为单独的批次。",
    ),
    "link-leads-out": Phrase(
        "The link leads out of the folders that may be read.",
        "该链接指向允许读取的目录之外。",
    ),
    "it-is-unreadable": Phrase(
        "It cannot be read: {cause}.",
        "无法读取：{cause}。",
    ),
    "it-is-no-regular-file": Phrase(
        "It is not a regular file.",
        "不是普通文件。",
    ),
    "compressed-body": Phrase(
        "{url} sent a compressed body although none was asked for.",
        "{url} 发来了未请求的压缩内容。",
    ),
    "mjpeg-without-picture": Phrase(
        "{url} sent a stream of pictures (MJPEG) without a whole one in it.",
        "{url} 发来的图片流（MJPEG）中没有完整的图片。",
    ),
    "not-delivered": Phrase(
        "{url} did not deliver within {seconds:g} s.",
        "{url} 未在 {seconds:g} 秒内送达。",
    ),
    "not-fetched": Phrase(
        "{url} cannot be fetched: {cause}.",
        "{url} 无法下载：{cause}。",
    ),
    "too-many-redirects": Phrase(
        "{url} redirects more than {limit} times.",
        "{url} 重定向超过 {limit} 次。",
    ),
    "digest-not-understood": Phrase(
        "{url} asks for a password (Digest) in a way that is not understood.",
        "{url} 以无法识别的方式要求密码（Digest）。",
    ),
    "open-password": Phrase(
        "{url!r} cannot be read: in a user's name or password / is written %2F, ? %3F, # "
        "%23 and @ %40.",
        "{url!r} 无法解读：用户名或密码中的 / 应写作 %2F，? 写作 %3F，# 写作 %23，@ 写作 %40。",
    ),
    "not-a-url": Phrase(
        "{url!r} is not a URL ({cause}).",
        "{url!r} 不是有效的 URL（{cause}）。",
    ),
    "url-without-host": Phrase(
        "{url!r} names no host.",
        "{url!r} 未写明主机。",
    ),
    "host-unresolved": Phrase(
        "The host {host} cannot be resolved ({cause}).",
        "主机 {host} 无法解析（{cause}）。",
    ),
    "header-lines-too-long": Phrase(
        "The server sent more than {limit:,} bytes of header lines.",
        "服务器发来的头部超过 {limit:,} 字节。",
    ),
    "took-too-long": Phrase(
        "The picture took longer than it may.",
        "图片处理超时。",
    ),
    "unexpected": Phrase(
        "Unexpected {kind}: {cause}",
        "程序异常 {kind}：{cause}",
    ),
    "processes-lost": Phrase(
        "{losses} processes ended without a word while they looked at it.",
        "先后有 {losses} 个进程在读取该文件时意外终止。",
    ),
    "too-many-bytes": Phrase(
        "The picture has {actual:,} bytes; the limit is {limit:,} bytes.",
        "图片文件有 {actual:,} 字节，上限为 {limit:,} 字节。",
    ),
    "too-many-bytes-uncounted": Phrase(
        "The picture has too many bytes; the limit is {limit:,} bytes.",
        "图片文件过大，上限为 {limit:,} 字节。",
    ),
    "picture-takes-memory": Phrase(
        "This picture ({kind}, {size}) takes {megabytes:,.0f} MB to decode; the limit is "
        "{limit_megabytes:,.0f} MB. Make it smaller or save it as a plain JPEG.",
        "该图片（{kind}，{size}）解码需要 {megabytes:,.0f} MB，上限为 "
        "{limit_megabytes:,.0f} MB。请缩小图片或另存为普通 JPEG。",
    ),
    "connection-closed": Phrase(
        "{url} closed the connection after {bytes:,} bytes, before the picture's end.",
        "{url} 在 {bytes:,} 字节后断开连接，图片不完整。",
    ),
    "connection-closed-of": Phrase(
        "{url} closed the connection after {bytes:,} of {announced:,} bytes, before the "
        "picture's end.",
        "{url} 在 {bytes:,} 字节（共 {announced:,} 字节）后断开连接，图片不完整。",
    ),
    "url-answered": Phrase(
        "{url} answered {answer}.",
        "{url} 返回 {answer}。",
    ),
    "url-password-wrong": Phrase(
        "{url} answered 401 Unauthorized: the user or the password is wrong.",
        "{url} 返回 401：用户名或密码错误。",
    ),
    "url-wants-password": Phrase(
        "{url} answered 401 Unauthorized: it wants a user and a password ({scheme}); write "
        "them into the address, http://user:password@….",
        "{url} 返回 401：需要用户名和密码（{scheme}）；请写入地址，如 http://user:password@…。",
    ),
    "url-without-scheme": Phrase(
        "{url}: only http and https are fetched, not no scheme.",
        "{url}：只能下载 http 和 https 地址，该地址未写明协议。",
    ),
    "url-scheme-not-fetched": Phrase(
        "{url}: only http and https are fetched, not {scheme}.",
        "{url}：只能下载 http 和 https 地址，不支持 {scheme}。",
    ),
    "address-not-public": Phrase(
        "{address} is not a public address; SAFETY_FETCH_ALLOW names the other networks "
        "that may be reached (for example SAFETY_FETCH_ALLOW=192.168.1.0/24).",
        "{address} 不是公网地址；SAFETY_FETCH_ALLOW 可指定允许访问的其他网络（例如 "
        "SAFETY_FETCH_ALLOW=192.168.1.0/24）。",
    ),
    "host-not-public": Phrase(
        "{host} leads to {address}, which is not a public address; SAFETY_FETCH_ALLOW "
        "names the other networks that may be reached (for example "
        "SAFETY_FETCH_ALLOW=192.168.1.0/24).",
        "{host} 指向 {address}，不是公网地址；SAFETY_FETCH_ALLOW 可指定允许访问的其他网络（"
        "例如 SAFETY_FETCH_ALLOW=192.168.1.0/24）。",
    ),
    "tls-failed": Phrase(
        "TLS failed ({cause})",
        "TLS 失败（{cause}）",
    ),
    "certificate-not-trusted": Phrase(
        "its certificate is not trusted ({cause}); SAFETY_FETCH_CA_FILE names a file with "
        "those that are",
        "证书不受信任（{cause}）；可用 SAFETY_FETCH_CA_FILE 指定受信任证书的文件",
    ),
    "list-line": Phrase(
        "Line {line}: {reason}",
        "第 {line} 行：{reason}",
    ),
    "entry-leads-outside": Phrase(
        "The entry's path leads outside of the archive.",
        "压缩包条目的路径指向压缩包之外。",
    ),
    "entry-is-link": Phrase(
        "The entry is a link.",
        "压缩包条目是链接。",
    ),
    "entry-encrypted": Phrase(
        "The entry is encrypted.",
        "压缩包条目已加密。",
    ),
    "entry-shares-bytes": Phrase(
        "The entry shares its bytes with another one.",
        "压缩包条目与另一条目共用数据。",
    ),
    "entry-is-archive": Phrase(
        "The entry is an archive itself; unpack it and inspect it by itself.",
        "压缩包条目本身是压缩包；请解压后单独检测。",
    ),
    "lies-too-deep": Phrase(
        "It lies deeper than {limit} folders.",
        "所在目录层级超过 {limit} 层。",
    ),
    "its-folder-unlistable": Phrase(
        "The folder cannot be listed: {cause}.",
        "目录无法列出：{cause}。",
    ),
    "frames-lost": Phrase(
        "Frames cannot be decoded: {cause}.",
        "部分视频帧无法解码：{cause}。",
    ),
    "frame-damaged": Phrase(
        "The frame is damaged: {cause}.",
        "视频帧已损坏：{cause}。",
    ),
    "frame-too-large": Phrase(
        "it has {pixels:,} pixels; the limit is {limit:,}",
        "有 {pixels:,} 像素，上限为 {limit:,}",
    ),
    "frame-not-converted": Phrase(
        "it cannot be converted",
        "无法转换",
    ),
    "decoder-silent": Phrase(
        "the decoder gives no reason",
        "解码器未给出原因",
    ),
    "decoder-crashes": Phrase(
        "the decoder ends with a crash",
        "解码器异常退出",
    ),
    "decoder-crashes-at": Phrase(
        "The decoder crashes or hangs at {at}.",
        "解码器在 {at} 处崩溃或停止响应。",
    ),
    "no-video": Phrase(
        "it cannot be read as a video",
        "无法作为视频读取",
    ),
    "no-frame": Phrase(
        "it has no frame that can be read",
        "没有可读取的视频帧",
    ),
    "several-video-streams": Phrase(
        "The file has {streams} video streams, and only the first one is read. Take the "
        "others out: ffmpeg -i IN -map 0:v:1 -c copy OUT.mkv",
        "文件含 {streams} 个视频流，仅读取第一个。可将其余导出：ffmpeg -i IN -map 0:v:1 -c "
        "copy OUT.mkv",
    ),
    "video-ends-before-header": Phrase(
        "The video cannot be read beyond {at}; by its header it goes on until {until}.",
        "视频在 {at} 之后无法读取；按文件头应持续到 {until}。",
    ),
    "video-cut": Phrase(
        "The video cannot be read beyond {at}: the file ends before it does.",
        "视频在 {at} 之后无法读取：文件提前结束。",
    ),
    "frames-not-decoded": Phrase(
        "{frames:,} frames of the video cannot be decoded.",
        "视频中有 {frames:,} 帧无法解码。",
    ),
    "one-frame-of-many": Phrase(
        "Only one picture can be read; by its header the video lasts {until}.",
        "只能读取一帧；按文件头视频长 {until}。",
    ),
    "workers-lost-picture": Phrase(
        "{losses} workers ended without a word while they had this picture.",
        "先后有 {losses} 个处理进程在处理该图片时意外终止。",
    ),
    "workers-lost-report": Phrase(
        "{losses} workers ended without a word while they made it.",
        "先后有 {losses} 个处理进程在生成该报告时意外终止。",
    ),
    "worker-lost-report": Phrase(
        "The worker that made it ended without a word.",
        "生成该报告的处理进程意外终止。",
    ),
    "tried-again": Phrase(
        "Tried {tries} times, last: {reason}",
        "已尝试 {tries} 次，最近一次：{reason}",
    ),
    "waiting-since": Phrase(
        "{reason} Waiting since {since} UTC.",
        "{reason}自 {since} UTC 起等待。",
    ),
    "model-away-and-stood-in": Phrase(
        "No model server can be used. Pictures that only the model may judge, such as uploads, "
        "wait until it can; the embedded detector looks at cameras' pictures meanwhile.",
        "没有可用的模型服务。须由大模型检测的图片（如上传的图片）等待其恢复；"
        "摄像头图片暂由内置检测器检测。",
    ),
    "model-away-since": Phrase(
        "The model cannot be reached since {since}: {reason}",
        "模型服务自 {since} 起无法连接：{reason}",
    ),
    "run-length-bmp-too-large": Phrase(
        "The run-length coded BMP has {actual:,} {what}; the limit is {limit:,}.",
        "行程编码的 BMP 有 {actual:,} {what}，上限为 {limit:,}。",
    ),
    "picture-has-too-many": Phrase(
        "The picture has over {limit:,} {what}; that is the limit.",
        "图片有超过 {limit:,} {what}，已达上限。",
    ),
    "too-many-scans": Phrase(
        "The JPEG has over {limit} scans; that is the limit for a picture of its size.",
        "JPEG 有超过 {limit} 次扫描，已达该尺寸图片的上限。",
    ),
    "parts-larger-than-file": Phrase(
        "The picture's {what} say that they have {actual:,} bytes; the file has {limit:,}.",
        "图片的{what}声称有 {actual:,} 字节，而文件只有 {limit:,} 字节。",
    ),
    "tiles-waste": Phrase(
        "The picture's tiles hold {actual:,} pixels for a picture of {picture:,}; the limit is "
        "{limit:,}.",
        "图片共 {picture:,} 像素，其图块却有 {actual:,} 像素，上限为 {limit:,}。",
    ),
    "webp-not-decoded": Phrase("The WebP cannot be decoded.", "WebP 无法解码。"),
    "webp-not-decoded-within": Phrase(
        "The WebP cannot be decoded with {limit_megabytes:,.0f} MB of memory and {limit_s} s of "
        "processor time: it is broken, or needs more; that is the limit.",
        "WebP 无法在 {limit_megabytes:,.0f} MB 内存和 {limit_s} 秒处理器时间内解码："
        "文件已损坏或所需超出上限。",
    ),
    "picture-too-long": Phrase(
        "The picture is {actual:,} pixels long; the limit is {limit:,}.",
        "图片边长为 {actual:,} 像素，上限为 {limit:,}。",
    ),
}
