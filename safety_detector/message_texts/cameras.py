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
    # Where they may be.
    "camera-network-not-allowed": Phrase(
        "{address} is in no network in which cameras may be: {networks}. SAFETY_CAMERA_NETWORKS "
        "names them; a cloud's metadata addresses are never allowed.",
        "{address} 不在允许的摄像头网络内：{networks}。可用 SAFETY_CAMERA_NETWORKS 设置；"
        "云平台的元数据地址一律不允许。",
    ),
    "camera-folders-none": Phrase(
        "{path} may not be read: no folder of this machine may be a camera's. The operator allows "
        "one with SAFETY_CAMERA_FOLDERS, for example SAFETY_CAMERA_FOLDERS=/srv/ftp.",
        "不允许读取 {path}：本机没有任何目录可作为摄像头来源。管理员可用 SAFETY_CAMERA_FOLDERS "
        "允许，例如 SAFETY_CAMERA_FOLDERS=/srv/ftp。",
    ),
    "camera-path-not-absolute": Phrase(
        "{path} is no absolute path without '..'.",
        "{path} 不是不含“..”的绝对路径。",
    ),
    "camera-path-not-allowed": Phrase(
        "{path} is in none of the folders that SAFETY_CAMERA_FOLDERS allows.",
        "{path} 不在 SAFETY_CAMERA_FOLDERS 允许的目录内。",
    ),
    "camera-password-needed": Phrase(
        "The password was given for another server than that of {url}: give user and password "
        "again, or a null password where it needs none.",
        "已保存的密码属于另一台服务器，而不是 {url}：请重新填写用户名和密码；"
        "若不需要密码，请填 null。",
    ),
    # Above a picture that is not live.
    "picture-not-live": Phrase("NOT LIVE: {age}", "非实时：{age}"),
    "picture-old-seconds": Phrase("{number} s old", "{number} 秒前"),
    "picture-old-minutes": Phrase("{number} min old", "{number} 分钟前"),
    "picture-old-hours": Phrase("{number} h old", "{number} 小时前"),
    "picture-old-days": Phrase("{number} days old", "{number} 天前"),
    "picture-taken-at": Phrase("Picture taken at {moment}", "拍摄时间 {moment}"),
}
