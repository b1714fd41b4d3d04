"""Causes inside of other messages: what the operating system says, and outcomes by name."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

CAUSES: dict[str, Phrase] = {
    # The English is the system's own, as `os.strerror` has it.
    "errno-eperm": Phrase("Operation not permitted", "不允许该操作"),
    "errno-enoent": Phrase("No such file or directory", "没有该文件或目录"),
    "errno-eio": Phrase("Input/output error", "输入输出错误"),
    "errno-eacces": Phrase("Permission denied", "权限不足"),
    "errno-eexist": Phrase("File exists", "文件已存在"),
    "errno-exdev": Phrase("Invalid cross-device link", "跨设备的链接无效"),
    "errno-enodev": Phrase("No such device", "没有该设备"),
    "errno-enotdir": Phrase("Not a directory", "不是目录"),
    "errno-eisdir": Phrase("Is a directory", "是目录"),
    "errno-einval": Phrase("Invalid argument", "参数无效"),
    "errno-emfile": Phrase("Too many open files", "打开的文件过多"),
    "errno-efbig": Phrase("File too large", "文件过大"),
    "errno-enospc": Phrase("No space left on device", "设备空间不足"),
    "errno-erofs": Phrase("Read-only file system", "文件系统为只读"),
    "errno-enametoolong": Phrase("File name too long", "文件名过长"),
    "errno-enotempty": Phrase("Directory not empty", "目录非空"),
    "errno-eloop": Phrase("Too many levels of symbolic links", "符号链接层级过多"),
    "errno-eaddrinuse": Phrase("Address already in use", "地址已被占用"),
    "errno-eaddrnotavail": Phrase("Cannot assign requested address", "无法分配所请求的地址"),
    "errno-econnrefused": Phrase("Connection refused", "连接被拒绝"),
    "errno-econnreset": Phrase("Connection reset by peer", "连接被对方重置"),
    "errno-etimedout": Phrase("Connection timed out", "连接超时"),
    "errno-ehostdown": Phrase("Host is down", "主机未开机"),
    "errno-ehostunreach": Phrase("No route to host", "没有到主机的路由"),
    "errno-enetunreach": Phrase("Network is unreachable", "网络不可达"),
    "errno-estale": Phrase("Stale file handle", "文件句柄已失效"),
    "errno-edquot": Phrase("Disk quota exceeded", "超出磁盘配额"),
    "errno-enomem": Phrase("Cannot allocate memory", "内存不足"),
    "resolver-busy": Phrase(
        "the name servers still owe answers about many other names",
        "域名服务器尚有大量查询未应答",
    ),
    "resolver-silent": Phrase(
        "no name server answered within {seconds:g} s",
        "域名服务器未在 {seconds:g} 秒内应答",
    ),
    # How an inspection ended.
    "outcome-inconclusive": Phrase("inconclusive", "无法判定"),
    "outcome-clear": Phrase("clear", "未见隐患"),
    "outcome-failed": Phrase("failed", "检测失败"),
    "outcome-queued": Phrase("queued", "尚未完成"),
    "outcome-running": Phrase("running", "尚未完成"),
    "outcome-completed": Phrase("completed", "尚未完成"),
    # What a picture's file has too many of.
    "bytes": Phrase("bytes", "字节"),
    "pixels": Phrase("pixels", "像素"),
    "strips": Phrase("strips", "个条带"),
    "tiles": Phrase("tiles", "个图块"),
    "chunks": Phrase("chunks", "个数据块"),
    "segments": Phrase("segments", "个段"),
    "bytes-between-segments": Phrase("bytes between segments", "字节的段间数据"),
    "bytes-between-blocks": Phrase("bytes between its blocks", "字节的块间数据"),
    "blocks-before-pixels": Phrase("blocks before its pixels", "个像素之前的数据块"),
    "directory-entries": Phrase("entries in its directory", "个目录项"),
    # What is wrong with the header of a picture.
    "jpeg-lossless": Phrase(
        "lossless, hierarchical or arithmetically coded JPEG; convert to plain JPEG first",
        "无损、分层或算术编码 JPEG，请先转换为普通 JPEG",
    ),
    "has-no-pixels": Phrase("it has no pixels", "没有像素"),
    "has-no-frame-header": Phrase("it has no frame header", "没有帧头"),
    "bits-a-channel": Phrase("{bits} bits a channel", "每通道 {bits} 位"),
    "channels": Phrase("{channels} channels", "{channels} 个通道"),
    "sampling-factors-invalid": Phrase("sampling factors that are not allowed", "不允许的采样因子"),
    "bits-a-pixel": Phrase("{bits} bits a pixel", "每像素 {bits} 位"),
    "compression-unknown": Phrase("compression {compression}", "压缩方式 {compression}"),
    "header-of-bytes": Phrase("a header of {bytes} bytes", "文件头为 {bytes} 字节"),
    "palette-too-large": Phrase("a palette of {colours:,} colours", "调色板有 {colours:,} 种颜色"),
    "first-chunk-not-ihdr": Phrase("its first chunk is not IHDR", "首个数据块不是 IHDR"),
    "bits-and-colour-type": Phrase(
        "{bits} bits a channel with colour type {kind}", "每通道 {bits} 位，颜色类型 {kind}"
    ),
    "pixels-of": Phrase(
        "pixels of {channels} channels, {bits} bits, photometric {photometric}",
        "像素为 {channels} 通道、{bits} 位、photometric {photometric}",
    ),
    "has-no-picture": Phrase("it has no picture", "没有图像"),
    "frame-without-start-code": Phrase("its first frame has no start code", "首帧没有起始码"),
    "first-chunk-without-picture": Phrase("its first chunk holds no picture", "首个数据块不含图像"),
    "frame-without-signature": Phrase("its lossless frame has no signature", "无损帧没有签名"),
    "tag-not-whole": Phrase("tag {tag} holds no whole numbers", "标签 {tag} 不是整数"),
    "tag-values": Phrase("tag {tag} has {values:,} values", "标签 {tag} 有 {values:,} 个值"),
    "tag-missing": Phrase("tag {tag} is missing", "缺少标签 {tag}"),
}
