"""Addresses of cameras: what they mean, and that no secret stays in them."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from safety_detector.camera_sources.source import (
    CameraSource,
    SourceKind,
    parse_source,
    redacted,
    with_secrets,
)
from safety_detector.errors import CameraAddressRefused


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("rtsp://10.0.0.7/Streaming/Channels/102", "rtsp"),
        ("rtsps://10.0.0.7:322/live", "rtsp"),
        ("RTSP://10.0.0.7/live", "rtsp"),
        ("http://10.0.0.7/ISAPI/Streaming/channels/101/picture", "snapshot"),
        ("http://10.0.0.7/cgi-bin/snapshot.cgi?channel=1", "snapshot"),
        ("http://10.0.0.7/axis-cgi/jpg/image.cgi", "snapshot"),
        ("https://10.0.0.7/now.JPG", "snapshot"),
        ("http://10.0.0.7/axis-cgi/mjpg/video.cgi", "http"),
        ("http://10.0.0.7/live/index.m3u8", "http"),
        ("/srv/clips/gate.mp4", "file"),
        ("file:///srv/clips/gate%20one.mp4", "file"),
        ("/srv/ftp/gate/", "folder"),
    ],
)
def test_an_address_tells_its_kind(address: str, kind: str) -> None:
    """The integrator types an address and nothing else."""
    assert parse_source(address).kind == kind


def test_a_folder_is_told_by_being_one(tmp_path: Path) -> None:
    """Nobody has to end a folder's path with a slash."""
    assert parse_source(str(tmp_path)).kind is SourceKind.FOLDER


SECRETS = {
    "in front of the host": "rtsp://admin:S3cr3t@10.0.0.7/live",
    "with an at sign": "rtsp://admin:S3cr3t@home@10.0.0.7/live",
    "escaped": "rtsp://admin:S3cr3t%2F%3F@10.0.0.7/live",
    "XiongMai's": "rtsp://10.0.0.7:554/user=admin&password=S3cr3t&channel=1&stream=0.sdp?",
    "XiongMai's with underscores": "rtsp://10.0.0.7/user=admin_password=S3cr3t_channel=1_stream=0",
    "query": "http://10.0.0.7/videostream.cgi?user=admin&pwd=S3cr3t",
    "Foscam's": "http://10.0.0.7/cgi-bin/CGIStream.cgi?cmd=GetMJStream&usr=admin&pwd=S3cr3t",
    "a token": "http://10.0.0.7/live.m3u8?token=S3cr3t",
    "both": "http://admin:S3cr3t@10.0.0.7/snapshot.cgi?user=admin&pwd=S3cr3t",
    "capitals": "http://10.0.0.7/video?USER=admin&Password=S3cr3t",
    "a fragment": "http://10.0.0.7/video?user=admin&pwd=S3cr3t#top",
}


@pytest.mark.parametrize("case", SECRETS)
def test_secrets_leave_the_address_wherever_makers_put_them(case: str) -> None:
    """What is stored and shown opens no camera."""
    source = parse_source(SECRETS[case])
    assert source.password is not None
    assert source.password.startswith("S3cr3t")
    assert "S3cr3t" not in source.url + redacted(source) + repr(source)


def test_secrets_return_to_their_places() -> None:
    """The camera gets the address that the integrator typed."""
    address = "rtsp://10.0.0.7:554/user=admin&password=S3cr3t&channel=1&stream=0.sdp"
    assert with_secrets(parse_source(address)) == address


def test_what_was_parsed_is_parsed_to_the_same_again() -> None:
    """A stored address, with its login beside it, is the same source."""
    first = parse_source("http://u:S3cr3t@10.0.0.7/v.cgi?user=u&pwd=S3cr3t")
    again = parse_source(
        first.url, kind=first.kind, username=first.username, password=first.password
    )
    assert again == first


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "needs an address"),
        ("   ", "needs an address"),
        ("ftp://10.0.0.7/x", "not by ftp"),
        ("concat:/etc/passwd", "begins with /"),
        ("clips/gate.mp4", "begins with /"),
        ("rtsp://", "no host"),
        ("rtsp:///path", "no host"),
        ("rtsp://10.0.0.7:99999/x", "no address"),
        ("rtsp://[::1/x", "no address"),
        ("rtsp://10.0.0.7/a b", "no address"),
        ("rtsp://10.0.0.7/a\nb", "no address"),
        ("rtsp://admin:pa/ss@10.0.0.7/live", "%2F"),
        ("rtsp://admin:pa#ss@10.0.0.7/live", "%23"),
        ("http://admin:one@10.0.0.7/x?pwd=two", "other user names or passwords"),
        ("rtsp://10.0.0.7/" + "x" * 4000, "too long"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is_wrong(address: str, says: str) -> None:
    """A typing error is told apart from a dead camera; no password is repeated."""
    with pytest.raises(CameraAddressRefused, match=says) as refused:
        parse_source(address)
    assert "pa/ss" not in str(refused.value)
    assert "pa#ss" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://viewer:S3cr3t",
        "rtsp://viewer:S3cr3t/live",
        "rtsp://viewer:S3cr3t@",
        "rtsp://viewer:S3cr3t@/live",
        "rtsp://viewer:S3cr3t@:554/live",
        "rtsp://viewer:S3cr3t@10.0.0.7:port/live",
        "rtsp://viewer:S3cr3t@[::1/live",
        "rtsp://10.0.0.7:99999/user=a&password=S3cr3t",
        "rtsp:///user=a&password=S3cr3t",
        "rtsp://[::1/user=a&password=S3cr3t",
        "rtsp://10.0.0.7/x y?password=S3cr3t",
        "viewer:S3cr3t@10.0.0.7/live",
        "rtsp:viewer:S3cr3t@10.0.0.7/live",
        "rtsp:/viewer:S3cr3t@10.0.0.7/live",
        "rtsp//viewer:S3cr3t@10.0.0.7/live",
        "file://viewer:S3cr3t@10.0.0.7/live",
        "ftp://viewer:S3cr3t@10.0.0.7/live",
    ],
)
def test_nothing_of_a_mistyped_address_is_repeated(address: str) -> None:
    """What was mistaken for a port, a path or a host may be the password."""
    with pytest.raises(CameraAddressRefused) as refused:
        parse_source(address)
    told = "".join(traceback.format_exception(refused.value))
    assert "S3cr3t" not in told
    assert "S3cr3t" not in str(refused.value.facts)


def test_fields_behind_a_password_stay_in_their_places() -> None:
    """XiongMai's recorders separate them by underscores."""
    address = "rtsp://10.0.0.7/user=admin_password=S3cr3t_channel=1_stream=0.sdp?real_stream"
    source = parse_source(address)
    assert (source.username, source.password) == ("admin", "S3cr3t")
    assert with_secrets(source) == address


def test_a_kind_that_does_not_fit_the_address_is_refused() -> None:
    """A snapshot cannot come by RTSP."""
    with pytest.raises(CameraAddressRefused, match="snapshot"):
        parse_source("rtsp://10.0.0.7/x", kind=SourceKind.SNAPSHOT)
    with pytest.raises(CameraAddressRefused, match="rtsp"):
        parse_source("/srv/x.mp4", kind=SourceKind.RTSP)


def test_pushed_pictures_need_no_address() -> None:
    """A camera that sends is a source too."""
    assert parse_source("", kind=SourceKind.PUSH) == CameraSource(SourceKind.PUSH)
