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
}
