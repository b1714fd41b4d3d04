"""Content-Disposition, as clients of all kinds write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.network.dispositions import Disposition, read_disposition

FORM = b'form-data; name="files"; '


@pytest.mark.parametrize(
    ("parameters", "file_name"),
    [
        (b'filename="gate3.jpg"', "gate3.jpg"),
        (b"filename=gate3.jpg", "gate3.jpg"),
        (b"filename=gate 3.jpg", "gate 3.jpg"),
        ('filename="门口.jpg"'.encode(), "门口.jpg"),
        ('filename="监控一号.jpg"'.encode("gbk"), "监控一号.jpg"),
        ('filename="予定表.jpg"'.encode("cp932"), "予定表.jpg"),
        ('filename="表"'.encode("cp932"), "表"),
        ('filename="Größe.jpg"'.encode("latin-1"), "Größe.jpg"),
        # RFC 8187: alone, beside the other in any order, other encodings, unusual writings
        (b"filename*=UTF-8''%E5%8E%82%E6%88%BF.jpg", "厂房.jpg"),
        (b"filename=\"x.jpg\"; filename*=UTF-8''%E5%8E%82.jpg", "厂.jpg"),
        (b"filename*=utf-8'zh-CN'%E5%8E%82.jpg; filename=x.jpg", "厂.jpg"),
        (b"filename*=ISO-8859-1''Gr%F6%DFe.jpg", "Größe.jpg"),
        (b"filename*=GBK''%C3%C5.jpg", "门.jpg"),
        (b"FileName* = \"UTF-8''%E5%8E%82.jpg\"", "厂.jpg"),
        ("filename*=UTF-8''厂.jpg".encode(), "厂.jpg"),
        (b"filename*=UTF-8''; filename=x.jpg", "x.jpg"),
        (b"filename*=nonsense; filename=x.jpg", "x.jpg"),
        (b"filename*=no-such''%E5%8E%82.jpg", "厂.jpg"),
        # RFC 2231's pieces
        (b"filename*0*=UTF-8''%E5%8E%82; filename*1*=%E6%88%BF; filename*2=.jpg", "厂房.jpg"),
        (b'filename*1="b.jpg"; filename*0="a"', "ab.jpg"),
        (b"filename*0=a; filename*2=c; filename=x.jpg", "x.jpg"),
        # RFC 2047's encoded words
        (b'filename="=?UTF-8?B?5Y6C5oi/LmpwZw==?="', "厂房.jpg"),
        (b'filename="=?utf-8?Q?=E5=8E=82_1.jpg?="', "厂 1.jpg"),
        (b'filename="=?GB2312?B?w8U=?=.jpg"', "门.jpg"),
        (b'filename="=?UTF-8?B?5Y6C?= =?UTF-8?B?5oi/?="', "厂房"),
        (b'filename="=?no-such?B?5Y6C?="', "厂"),
        (b'filename="=?UTF-8?B?!!!?="', "=?UTF-8?B?!!!?="),
        # percent signs
        (b'filename="%E5%8E%82%20%E6%88%BF.jpg"', "厂 房.jpg"),
        (b'filename="100%25.jpg"', "100%25.jpg"),
        (b'filename="a%20b.jpg"', "a%20b.jpg"),
        (b'filename="%E5%8E.jpg"', "%E5%8E.jpg"),
        (b'filename="a%22b.jpg"', 'a"b.jpg'),
        # quotes, backslashes, paths
        (rb'filename="a\"b.jpg"', 'a"b.jpg'),
        (rb'filename="C:\Users\new\gate3.jpg"', "gate3.jpg"),
        (rb'filename="C:\\Users\\gate3.jpg"', "gate3.jpg"),
        (rb'filename="\\server\share\gate3.jpg"', "gate3.jpg"),
        (rb'filename="C:\x\"', ""),
        ('filename="C:\\用户\\门口.jpg"'.encode("gbk"), "门口.jpg"),
        (b'filename="sub/gate3.jpg"', "sub/gate3.jpg"),
        (b'filename="a;b.jpg"', "a;b.jpg"),
        (b'filename="a.jpg', "a.jpg"),
        (b'filename=""', ""),
        (b"", None),
    ],
)
def test_name_is_the_one_that_was_meant(parameters: bytes, file_name: str | None) -> None:
    """However a client writes the name, people see what it was on the client's disk."""
    assert read_disposition(FORM + parameters) == Disposition("files", file_name)


def test_name_of_a_body_is_read_like_that_of_a_part() -> None:
    """Content-Disposition of a whole request needs no field."""
    header = b"attachment; filename*=UTF-8''%E5%8E%82.jpg"
    assert read_disposition(header) == Disposition(None, "厂.jpg")


@given(st.binary(max_size=500))
def test_any_header_is_read(header: bytes) -> None:
    """No header is too strange: at worst there is no name in it."""
    read_disposition(header)


@pytest.mark.attack("forms")
@pytest.mark.parametrize("piece", [b'"', b"\\", b"; filename*", b"=?", b"%E5", b"'", b"*0*="])
def test_repetition_costs_little(piece: bytes) -> None:
    """The longest header that is taken, made of what is hard to read, is read all the same."""
    read_disposition(FORM + b"filename=" + piece * (4096 // len(piece)))
