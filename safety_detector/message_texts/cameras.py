"""What is said of cameras: their addresses, what is wrong with their streams.

Long on purpose: a table without code, checked as a whole by a reader of both languages.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

CAMERAS: dict[str, Phrase] = {
    # Addresses.
    "camera-address-empty": Phrase(
        "The camera's source needs an address, such as rtsp://10.0.0.7/stream, or a path.",
        "摄像头来源需要地址（如 rtsp://10.0.0.7/stream）或路径。",
    ),
    "camera-address-scheme": Phrase(
        "Cameras are reached by rtsp, rtsps, http or https, not by {scheme}.",
        "摄像头地址支持 rtsp、rtsps、http、https，不支持 {scheme}。",
    ),
    "camera-address-senseless": Phrase(
        "{url} is no address: {cause}.",
        "{url} 不是有效地址：{cause}。",
    ),
    "camera-address-without-host": Phrase(
        "{url} names no host.",
        "{url} 没有主机名。",
    ),
    "camera-address-open-password": Phrase(
        "A sign in the password breaks the address up; give user and password by themselves, or "
        "write / as %2F, ? as %3F and # as %23.",
        "密码中的符号使地址无法解析；请单独填写用户名和密码，"
        "或将 / 写作 %2F、? 写作 %3F、# 写作 %23。",
    ),
    "camera-address-two-passwords": Phrase(
        "The address holds other user names or passwords than were given beside it.",
        "地址中的用户名或密码与单独填写的不一致。",
    ),
    "camera-kind-differs": Phrase(
        "A source of kind {kind} is not reached by {scheme}.",
        "{kind} 类来源不能使用 {scheme} 地址。",
    ),
}
