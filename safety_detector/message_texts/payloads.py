"""What is said of what vendors' cameras send, and of how it is received."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

PAYLOADS: dict[str, Phrase] = {
    "payload-neither-xml-nor-json": Phrase(
        "The event is neither XML nor JSON.",
        "事件既不是 XML 也不是 JSON。",
    ),
    "payload-xml-broken": Phrase(
        "The event's XML is broken: {cause}.",
        "事件的 XML 有误：{cause}。",
    ),
    "payload-json-broken": Phrase(
        "The event's JSON is broken: {cause}.",
        "事件的 JSON 有误：{cause}。",
    ),
    "payload-empty": Phrase("The event is empty.", "事件内容为空。"),
    "payload-too-long": Phrase(
        "The event has more bytes than the limit of {limit:,}.",
        "事件的字节数超过 {limit:,} 的上限。",
    ),
    "payload-no-event": Phrase(
        "The text holds no event of this make; look at which address the device sends to.",
        "文本中没有该品牌的事件；请检查设备推送的地址。",
    ),
    "payload-multipart-broken": Phrase(
        "The multipart body cannot be taken apart: {cause}.",
        "无法拆分 multipart 请求体：{cause}。",
    ),
    "payload-unreadable": Phrase(
        "There is neither a picture nor an event in it: {came}.",
        "其中既没有图片也没有事件：{came}。",
    ),
    "event-without-picture": Phrase(
        "The event came without a picture; let the device send its event with the picture.",
        "事件未附带图片；请在设备上启用事件附带图片上传。",
    ),
    "event-picture-not-fetched": Phrase(
        "The event's picture was not fetched: {cause}",
        "未能获取事件图片：{cause}",
    ),
    "no-camera-of-push": Phrase(
        "No camera is known by MAC address {mac}, address {address} and channel {channel}; name "
        "it in the path, or say by what it is known (PUT /v1/cameras/…/device).",
        "没有与 MAC 地址 {mac}、地址 {address}、通道 {channel} 对应的摄像头；"
        "请在路径中写明摄像头，或设置其识别信息（PUT /v1/cameras/…/device）。",
    ),
    # Drop folders.
    "camera-folder-unreadable": Phrase(
        "The drop folder {path} cannot be read: {cause}.",
        "无法读取图片投放目录 {path}：{cause}。",
    ),
    "camera-folder-not-writable": Phrase(
        "Files in the drop folder {path} cannot be put away; give the service the right to read "
        "and write there.",
        "无法移走图片投放目录 {path} 中的文件；请授予服务读写权限。",
    ),
    "camera-file-not-put-away": Phrase(
        "{path} was taken and cannot be put away: {cause}.",
        "{path} 已接收，但无法移走：{cause}。",
    ),
    # Dahua's streams.
    "camera-sends-no-events": Phrase(
        "The device answers, and sends no stream of events; look at the address.",
        "设备有应答，但未发送事件流；请检查地址。",
    ),
    "camera-events-unreadable": Phrase(
        "The device's stream of events cannot be read: {cause}.",
        "无法读取设备的事件流：{cause}。",
    ),
    # Discovery.
    "discover-address": Phrase(
        "{address} is no IPv4 address, alone or with a port, as in 10.0.0.7 or 10.0.0.7:3702.",
        "{address} 不是 IPv4 地址；应写作 10.0.0.7 或 10.0.0.7:3702。",
    ),
    "onvif-not-asked": Phrase(
        "{address} does not answer ONVIF's questions: {cause}.",
        "{address} 未应答 ONVIF 请求：{cause}。",
    ),
    "onvif-without-media": Phrase(
        "{address} tells of no ONVIF media service.",
        "{address} 未提供 ONVIF 媒体服务。",
    ),
    "onvif-wants-password": Phrase(
        "{address} tells its streams only to who knows user and password.",
        "{address} 需要用户名和密码才能提供视频流地址。",
    ),
    "onvif-password-wrong": Phrase(
        "{address} refuses user and password; ONVIF often has users of its own in the camera.",
        "{address} 拒绝了用户名和密码；摄像头通常需单独设置 ONVIF 用户。",
    ),
    "onvif-answer-senseless": Phrase(
        "{address} answered ONVIF's question with {status}, and no message that makes sense: "
        "{cause}.",
        "{address} 对 ONVIF 请求的应答（{status}）无法识别：{cause}。",
    ),
}
