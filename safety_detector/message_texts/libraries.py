"""What libraries say inside of our messages, known by their English words.

Such words come as texts, in facts named ``cause``, ``words`` and ``kind``.  Where they are among
these, or the operating system's, readers of Chinese get Chinese; others stand as they are.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

LIBRARIES: dict[str, Phrase] = {
    # libjpeg-turbo, jerror.h
    "libjpeg-premature-end-of-data": Phrase(
        "Corrupt JPEG data: premature end of data segment", "JPEG 数据损坏：数据段提前结束"
    ),
    "libjpeg-bad-huffman-code": Phrase(
        "Corrupt JPEG data: bad Huffman code", "JPEG 数据损坏：Huffman 编码错误"
    ),
    "libjpeg-bad-arithmetic-code": Phrase(
        "Corrupt JPEG data: bad arithmetic code", "JPEG 数据损坏：算术编码错误"
    ),
    "libjpeg-extraneous-bytes": Phrase(
        "Corrupt JPEG data: {bytes} extraneous bytes before marker {marker}",
        "JPEG 数据损坏：标记 {marker} 之前多出 {bytes} 字节",
    ),
    "libjpeg-another-marker": Phrase(
        "Corrupt JPEG data: found marker {marker} instead of RST{number}",
        "JPEG 数据损坏：应为 RST{number}，却是标记 {marker}",
    ),
    "libjpeg-premature-end-of-file": Phrase("Premature end of JPEG file", "JPEG 文件提前结束"),
    "libjpeg-bad-progression": Phrase(
        "Inconsistent progression sequence for component {component} coefficient {coefficient}",
        "分量 {component} 系数 {coefficient} 的渐进次序不一致",
    ),
    "libjpeg-bad-sos": Phrase(
        "Invalid SOS parameters for sequential JPEG", "顺序 JPEG 的 SOS 参数无效"
    ),
    "libjpeg-bad-huffman-table": Phrase("Bogus Huffman table definition", "Huffman 表定义有误"),
    "libjpeg-missing-huffman-table": Phrase(
        "Huffman table {table} was not defined", "Huffman 表 {table} 未定义"
    ),
    "libjpeg-missing-quantization-table": Phrase(
        "Quantization table {table} was not defined", "量化表 {table} 未定义"
    ),
    "libjpeg-bad-length": Phrase("Bogus marker length", "标记长度有误"),
    "libjpeg-unsupported-marker": Phrase(
        "Unsupported marker type {marker}", "不支持的标记类型 {marker}"
    ),
    # Pillow
    "pillow-truncated": Phrase(
        "image file is truncated ({bytes} bytes not processed)",
        "图片文件被截断（{bytes} 字节未处理）",
    ),
    "pillow-cut": Phrase("image file is truncated", "图片文件被截断"),
    "pillow-broken-stream": Phrase(
        "broken data stream when reading image file", "读取图片文件时数据流损坏"
    ),
    "pillow-unrecognised-stream": Phrase(
        "unrecognized data stream contents when reading image file",
        "读取图片文件时数据流内容无法识别",
    ),
    "pillow-broken-png": Phrase(
        "broken PNG file (chunk {chunk})", "PNG 文件损坏（数据块 {chunk}）"
    ),
    # Connections
    "system-error-numbered": Phrase("[Errno {number}] {cause}", "{cause}（系统错误 {number}）"),
    "name-unknown": Phrase("Name or service not known", "未知的主机名或服务"),
    "name-unresolved-for-now": Phrase("Temporary failure in name resolution", "域名解析暂时失败"),
    "name-without-address": Phrase("No address associated with hostname", "主机名没有对应的地址"),
    "no-connection": Phrase("All connection attempts failed", "所有连接尝试均失败"),
    "timed-out": Phrase("timed out", "超时"),
    "server-disconnected": Phrase(
        "Server disconnected without sending a response.", "服务器未作应答即断开连接"
    ),
    "peer-closed": Phrase(
        "peer closed connection without sending complete message body ({cause})",
        "对方在发完内容之前断开连接（{cause}）",
    ),
    "incomplete-chunked-read": Phrase("incomplete chunked read", "分块传输未完成"),
    "certificate-self-signed": Phrase("self-signed certificate", "自签名证书"),
    "certificate-self-signed-in-chain": Phrase(
        "self-signed certificate in certificate chain", "证书链中有自签名证书"
    ),
    "certificate-issuer-unknown": Phrase(
        "unable to get local issuer certificate", "找不到签发机构的证书"
    ),
    "certificate-expired": Phrase("certificate has expired", "证书已过期"),
    "certificate-not-yet-valid": Phrase("certificate is not yet valid", "证书尚未生效"),
    # Kinds of files
    "kind-zip": Phrase("a zip archive", "zip 压缩包"),
    "kind-text": Phrase("text", "文本"),
    "kind-unknown": Phrase("unknown data beginning with {bytes}", "以 {bytes} 开头的未知数据"),
    "kind-scans": Phrase("JPEG of several scans", "多次扫描的 JPEG"),
    "kind-bits": Phrase("{format} of {bits} bits", "{bits} 位 {format}"),
    "kind-bits-channels": Phrase(
        "{format} of {bits} bits and {channels} channels", "{bits} 位 {channels} 通道 {format}"
    ),
    "kind-mode": Phrase("{format} of type {mode}", "{mode} 类型的 {format}"),
}
