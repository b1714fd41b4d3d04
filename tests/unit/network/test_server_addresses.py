"""Addresses of servers and mailboxes: taken as people write them, or refused in words."""

from __future__ import annotations

import pytest

from safety_detector.network.server_addresses import mail_address, server_address, topic_prefix

_MAIL = ("smtp", "smtps")


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("smtp://mail.example.com", "smtp://mail.example.com"),
        ("SMTPS://Mail.example.com:465/", "smtps://Mail.example.com:465"),
        (" smtp://10.0.0.5:25 ", "smtp://10.0.0.5:25"),
        ("smtp://[fd00::5]:25", "smtp://[fd00::5]:25"),
        ("smtp://mail_relay", "smtp://mail_relay"),
    ],
)
def test_servers_are_taken(written: str, taken: str) -> None:
    """With and without a port, by name and by address."""
    assert server_address(written, _MAIL) == taken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mail.example.com", "smtp://"),
        ("http://mail.example.com", "smtp://"),
        ("smtp:mail.example.com", "smtp://"),
        ("smtp://", "no server"),
        ("smtp://user:hunter2@mail.example.com", "fields of their own"),
        ("http://user:hunter2@mail.example.com", "smtp://"),
        ("smtp://mail.example.com/x", "no server"),
        ("smtp://mail.example.com?x", "no server"),
        ("smtp://mail example.com", "no server"),
        ("smtp://mail.example.com:0", "port"),
        ("smtp://mail.example.com:65536", "port"),
        ("smtp://mail.example.com:smtp", "port"),
        ("smtp://mail.example.com:", "port"),
        ("smtp://[fd00::5", "no server"),
        ("smtp://[1.2.3.4]", "no server"),
        ("smtp://a\r\nb", "no server"),
        ("smtp://a\0b", "no server"),
    ],
)
def test_what_is_no_server_is_refused(written: str, said: str) -> None:
    """The message says what would be right, and never a password."""
    with pytest.raises(ValueError, match=said) as refused:
        server_address(written, _MAIL)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("ehs@example.com", "ehs@example.com"),
        (" EHS.Office+night@Example.COM ", "EHS.Office+night@example.com"),
        ("wang@例子.com", "wang@xn--fsqu00a.com"),
        ("root@mailhost", "root@mailhost"),
    ],
)
def test_mailboxes_are_taken(written: str, taken: str) -> None:
    """Domains in any script; what stands before the @ as it is."""
    assert mail_address(written) == taken


@pytest.mark.attack("mail addresses")
@pytest.mark.parametrize(
    "written",
    [
        "", "ehs", "@example.com", "ehs@", "a b@example.com", "a@b@example.com", "a@exa mple.com",
        "a@example..com", "a@-x.com", ".a@example.com", "a.@example.com", "a..b@example.com",
        "<a@example.com>", "A <a@example.com>", "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com", "a@example.com\nRCPT TO:<b@example.com>",
        "a\r\n@example.com", "a@example.com>", '"a b"@example.com', "王@example.com",
        "a" * 65 + "@example.com", "a@" + "x" * 64 + ".com", "a@" + "x." * 130 + "com",
        "=?utf-8?q?=0A?=@example.com", "a@[127.0.0.1]", "a@example.com\0", "a(comment)@example.com",
    ],
)  # fmt: skip
def test_what_is_no_mailbox_is_refused(written: str) -> None:
    """Above all what would be several, or a header, or a command."""
    with pytest.raises(ValueError, match="mail address"):
        mail_address(written)


@pytest.mark.parametrize("written", ["safety-detector", "site/safety", "厂区/安全", "a b/c"])
def test_topics_are_taken(written: str) -> None:
    """One level or several."""
    assert topic_prefix(written) == written


@pytest.mark.parametrize(
    "written",
    ["", "/", "a/", "/a", "a//b", "a/+/b", "a/#", "$SYS", "$SYS/x", "a\0b", "a\nb", "x" * 101],
)
def test_what_nothing_can_be_published_to_is_refused(written: str) -> None:
    """Wildcards, empty levels, the broker's own."""
    with pytest.raises(ValueError, match="topics"):
        topic_prefix(written)
