"""Writes the corpus beside this file; see README.md for the forms that it follows."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
XML = """<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.168.1.64</ipAddress>
<portNo>80</portNo>
<protocol>HTTP</protocol>
<macAddress>44:19:b6:0a:1b:2c</macAddress>
<channelID>{channel}</channelID>
<dateTime>2026-11-29T10:15:30+08:00</dateTime>
<activePostCount>3</activePostCount>
<eventType>{kind}</eventType>
<eventState>{state}</eventState>
<eventDescription>{kind} alarm</eventDescription>
<channelName>{name}</channelName>
{more}</EventNotificationAlert>
"""


def jpeg(width: int, height: int, shade: int) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 90, 40)).save(out, "JPEG", quality=60)
    return out.getvalue()


SCENE, CUTTING = jpeg(64, 48, 200), jpeg(16, 16, 120)


def xml(kind="fireDetection", state="active", channel="1", name="Gate 3", more="") -> bytes:
    """An event of Hikvision's."""
    return XML.format(kind=kind, state=state, channel=channel, name=name, more=more).encode()


def part(content: bytes, *headers: str) -> bytes:
    """A part behind its boundary."""
    return ("--boundary\r\n" + "".join(f"{one}\r\n" for one in headers) + "\r\n").encode() + (
        content + b"\r\n"
    )


TEXT_XML = 'Content-Type: application/xml; charset="UTF-8"'
IMAGE = "Content-Type: image/jpeg"
FORM_EVENT = (
    'Content-Disposition: form-data; name="fireDetection.xml"; filename="fireDetection.xml"'
)
FORM_IMAGE = 'Content-Disposition: form-data; name="fireDetectionPic"; filename="pic.jpg"'
END = b"--boundary--\r\n"
WITH_IMAGE = part(xml(), FORM_EVENT, TEXT_XML) + part(SCENE, FORM_IMAGE, IMAGE)
JSON = b"""{"ipAddress": "192.168.1.64", "portNo": 80, "protocol": "HTTP",
 "macAddress": "44:19:b6:0a:1b:2c", "channelID": 1, "dateTime": "2026-11-29T10:15:30+08:00",
 "activePostCount": 3, "eventType": "fireDetection", "eventState": "active",
 "eventDescription": "fire alarm", "channelName": "Gate 3",
 "FireDetection": [{"contentID": "scene", "picInfo": {"pId": "scene"}}]}"""
DAHUA_FIELDS = b"""Events[0].EventBaseInfo.Code=SmokeDetection
Events[0].EventBaseInfo.Action=Pulse
Events[0].EventBaseInfo.Index=1
Events[0].CountInGroup=1
Events[0].IndexInGroup=1
Events[0].UTC=1764382530
"""
DAHUA_LINE = b"""Code=VideoMotion;action=Start;index=0;data={
   "Id" : [ 0 ],
   "LocaleTime" : "2026-11-29 10:15:30",
   "RegionName" : [ "Region1" ],
   "UTC" : 1764382530
}
"""

PAYLOADS = {
    "hikvision/event.xml": xml(),
    "hikvision/event-no-declaration.xml": xml().partition(b"\n")[2],
    "hikvision/event-bom.xml": b"\xef\xbb\xbf" + xml(),
    "hikvision/event-utf16.xml": xml().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "hikvision/event-gbk.xml": xml(name="厂房一号").decode().encode("gbk"),
    "hikvision/event-ampersand.xml": xml(name="Gate & yard"),
    "hikvision/event-nul-behind.xml": xml() + b"\0\0\n",
    "hikvision/event-prefix.xml": xml()
    .replace(b"xmlns=", b"xmlns:hik=")
    .replace(b"<", b"<hik:")
    .replace(b"<hik:/", b"</hik:")
    .replace(b"<hik:?", b"<?"),
    "hikvision/heartbeat.xml": xml(kind="videoloss", state="inactive"),
    "hikvision/nvr-channel-34.xml": xml(channel="34"),
    "hikvision/event.json": JSON,
    "hikvision/event-wrapped.json": b'{"EventNotificationAlert": ' + JSON + b"}",
    "hikvision/url.xml": xml(more="<bkgUrl>http://192.168.1.64/pic/1.jpg</bkgUrl>\n"),
    "hikvision/image.multipart": WITH_IMAGE + END,
    "hikvision/duplicate-boundary.multipart": b"--boundary\r\n" + WITH_IMAGE + END,
    "hikvision/no-final-boundary.multipart": WITH_IMAGE,
    "hikvision/image-first.multipart": part(SCENE, IMAGE) + part(xml(), TEXT_XML) + END,
    "hikvision/three-images.multipart": WITH_IMAGE
    + part(CUTTING, 'Content-Disposition: form-data; name="face"; filename="face.jpg"', IMAGE)
    + part(CUTTING, IMAGE)
    + END,
    "hikvision/content-id.multipart": part(JSON, "Content-Type: application/json")
    + part(CUTTING, IMAGE, "Content-ID: <scene>")
    + part(SCENE, IMAGE, "Content-ID: <thermal>")
    + END,
    "hikvision/wrong-types.multipart": part(xml(), "Content-Type: image/jpeg")
    + part(SCENE, "Content-Type: text/plain")
    + END,
    "hikvision/wrong-length.multipart": part(xml(), TEXT_XML, "Content-Length: 7")
    + part(SCENE, IMAGE, "Content-Length: 99999")
    + END,
    "hikvision/line-feeds.multipart": (
        b"--boundary\n" + b"Content-Type: application/xml\n\n" + xml() + b"\n"
        b"--boundary\nContent-Type: image/jpeg\n\n" + SCENE + b"\n--boundary--\n"
    ),
    "hikvision/nested.multipart": part(
        WITH_IMAGE.replace(b"--boundary", b"--inner") + b"--inner--\r\n",
        "Content-Type: multipart/related; boundary=inner",
    )
    + END,
    "hikvision/half-image.multipart": part(xml(), TEXT_XML) + part(SCENE[:-200], IMAGE) + END,
    "dahua/motion.txt": DAHUA_LINE,
    "dahua/fields.txt": DAHUA_FIELDS,
    "dahua/heartbeat.txt": b"Heartbeat\r\n",
    "dahua/push.json": b'{"Code": "SmokeDetection", "Action": "Pulse", "Index": 1, '
    b'"Data": {"UTC": 1764382530, "Name": "Rule1"}}',
    "dahua/snap.multipart": part(DAHUA_FIELDS, "Content-Type: text/plain", "Content-Length: 225")
    + part(SCENE, IMAGE, f"Content-Length: {len(SCENE)}")
    + part(b"Heartbeat", "Content-Type: text/plain", "Content-Length: 9"),
    "dahua/two-events.txt": DAHUA_LINE + DAHUA_LINE.replace(b"Start", b"Stop"),
}

if __name__ == "__main__":
    for name, content in PAYLOADS.items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
