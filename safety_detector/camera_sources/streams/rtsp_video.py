"""Pulls RTSP streams: asked for by us, read by FFmpeg."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from safety_detector.camera_sources.source import Transport
from safety_detector.camera_sources.streams.connecting import check_peers
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.streams.rtsp_handshake import is_encrypted, shake_hands
from safety_detector.camera_sources.streams.teller import Teller
from safety_detector.camera_sources.streams.tls import TlsRelay, connect_tls
from safety_detector.camera_sources.streams.video import Video, follow


def read_rtsp(job: StreamJob, tell: Teller) -> None:
    """Pulls an RTSP stream for as long as it lasts."""
    limits = job.limits
    tell.step("connect", limits.connect_s + 4 * limits.answer_s)
    target = shake_hands(job)
    is_udp = job.source.transport is Transport.UDP
    options = {
        "rtsp_transport": "udp" if is_udp else "tcp",
        "protocol_whitelist": "rtsp,rtp,udp,tcp" if is_udp else "rtsp,rtp,tcp",
        "allowed_media_types": "video",
        "user_agent": "safety-detector",
    }
    if not is_encrypted(target.url):
        video = Video(
            target.url,
            options,
            codec=target.codec,
            check=lambda: check_peers(target.peer),
            is_retried=True,
        )
        follow(lambda: video, job, tell)
        return
    options |= {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,rtp,tcp"}

    def open_video() -> Video:
        relay = TlsRelay(connect_tls(target.peer, job.ca_path, limits.connect_s))
        parts = urlsplit(target.url)
        netloc = parts.netloc.replace(target.peer.authority, relay.authority)
        url = urlunsplit(parts._replace(scheme="rtsp", netloc=netloc))
        return Video(url, options, codec=target.codec)

    follow(open_video, job, tell)
