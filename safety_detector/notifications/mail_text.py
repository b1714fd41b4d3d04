"""A message as a mail: a subject, plain text, and HTML with the picture in it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from safety_detector.notifications.wording import Announcement

# All of a mail is ASCII, whatever servers on its way understand.
_POLICY = SMTP.clone(cte_type="7bit")

_PICTURE_ID = "picture@safety-detector"
_LONGEST_SUBJECT = 180
_LONGEST_NAME = 100
_ALARM, _OTHER = "#b3261e", "#3b5166"  # the bar at the top; white on them has a contrast over 6
_FONTS = (
    "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC',sans-serif"
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom a mail is, to whom, and what it belongs to.

    Attributes:
        sender: an address.
        sender_name: what stands before it.
        receivers: addresses.
        message_id: the same for each try, so that a mailbox knows a second copy.
        thread: the same for all mails about one incident; None for one of its own.
        written_at: when the message was written.
    """

    sender: str
    sender_name: str
    receivers: Sequence[str]
    message_id: str
    thread: str | None
    written_at: datetime


def compose(told: Announcement, envelope: Envelope, picture: bytes | None) -> EmailMessage:
    """The mail.

    Args:
        told: what it says; nothing in it is trusted to be one line, or no markup.
        envelope: for its headers.
        picture: a JPEG; None for none.
    """
    mail = EmailMessage(_POLICY)
    mail["Subject"] = one_line(told.title)[:_LONGEST_SUBJECT]
    mail["From"] = _address(envelope.sender, envelope.sender_name)
    mail["To"] = [_address(one) for one in envelope.receivers]
    mail["Date"] = envelope.written_at
    domain = _address(envelope.sender).domain
    mail["Message-ID"] = f"<{envelope.message_id}@{domain}>"
    if envelope.thread is not None:
        mail["In-Reply-To"] = mail["References"] = f"<{envelope.thread}@{domain}>"
    # Nobody's absence is to be answered to a machine (RFC 3834, and Exchange's own).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if told.is_alarm:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(told.plain())
    mail.add_alternative(page(told, has_picture=picture is not None), subtype="html")
    body = mail.get_body(("html",))
    if picture is not None and body is not None:
        body.add_related(
            picture,
            "image",
            "jpeg",
            cid=f"<{_PICTURE_ID}>",
            disposition="inline",
            filename="picture.jpg",
        )
    return mail


def one_line(text: str) -> str:
    """The text without line breaks, control characters and marks that turn writing around.

    Nor is it an encoded word (RFC 2047): the standard library would decode one in a header that is
    given to it, line breaks included.
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(plain.replace("=?", "= ?").split())


def page(told: Announcement, *, has_picture: bool) -> str:
    """The HTML: tables and styles in place, since mail programs know little else.

    Args:
        told: what it says.
        has_picture: whether a picture comes with the mail.
    """
    bar = _ALARM if told.is_alarm else _OTHER
    rows = "".join(
        f'<tr><td style="padding:5px 16px 5px 0;color:#5f6b76;vertical-align:top;'
        f'white-space:nowrap">{_text(name)}</td>'
        f'<td style="padding:5px 0;vertical-align:top;word-break:break-word">{_text(value)}</td>'
        "</tr>"
        for name, value in told.rows
    )
    picture = (
        f'<tr><td style="padding:0;background:#1b1f23"><img src="cid:{_PICTURE_ID}" '
        f'alt="{_text(told.title)}" width="640" style="display:block;width:100%;height:auto;'
        'border:0"></td></tr>'
        if has_picture
        else ""
    )
    notes = "".join(
        f'<p style="margin:14px 0 0;font-weight:600">{_text(note)}</p>' for note in told.notes
    )
    link = (
        f'<p style="margin:20px 0 0"><a href="{_text(told.link)}" style="display:inline-block;'
        f"padding:10px 20px;background:{bar};color:#ffffff;text-decoration:none;"
        f'border-radius:4px;font-weight:600">{_text(told.link_name)}</a></p>'
        if told.link is not None
        else ""
    )
    lang = "zh-CN" if told.language == "zh" else "en"
    table = (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0">{rows}</table>'
        if rows
        else ""
    )
    said = f"{table}{notes}{link}"
    body = f'<tr><td style="padding:18px 24px 24px">{said}</td></tr>' if said else ""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{_text(told.title)}</title></head>"
        f'<body style="margin:0;padding:0;background:#eef1f4;font-family:{_FONTS};'
        'font-size:15px;line-height:1.5;color:#1b1f23">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">'
        '<tr><td align="center" style="padding:20px 10px">'
        '<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" '
        'style="width:100%;max-width:640px;background:#ffffff;border:1px solid #d5dbe1">'
        f'<tr><td style="padding:14px 24px;background:{bar};color:#ffffff;font-size:19px;'
        f'line-height:1.35;font-weight:600">{_text(told.title)}</td></tr>'
        f"{picture}"
        f"{body}"
        "</table></td></tr></table></body></html>"
    )


def _text(text: str | None) -> str:
    return html.escape(text or "", quote=True)


def _address(spec: str, name: str = "") -> Address:
    return Address(display_name=one_line(name)[:_LONGEST_NAME], addr_spec=spec)
