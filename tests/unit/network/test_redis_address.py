"""Addresses of a broker: what no client can use is refused at the start, without the password."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from kombu.utils.url import parse_url

from safety_detector.errors import ConfigurationInvalid
from safety_detector.network.redis_address import check_redis_url, with_verified_tls
from safety_detector.settings import load_settings

_SECRET = "hunter2"  # noqa: S105 (of a server that does not exist)
_UNUSABLE = {
    f"redis://:{_SECRET}#x@host:6379/0": "%23",
    f"redis://:{_SECRET}/x@host:6379/0": "%2F",
    f"redis://:{_SECRET}?x@host:6379/0": "%3F",
    f"redis://:{_SECRET}[x@host:6379/0": "%5B",
    f"redis://:{_SECRET}]x@host:6379/0": "%5D",
    f"redis://:{_SECRET}@x@host:6379/0": "%40",
    f"redis://:{_SECRET}é@host:6379/0": "%C3%A9",
    f"redis://:{_SECRET}%x@host:6379/0": "%25",
    f"redis://:{_SECRET} x@host:6379/0": "white space",
    f"redis://{_SECRET}@host:6379/0": "behind a colon",
    "redis://host:6379/0#x": "#",
    "host:6379": "redis://",
    f":{_SECRET}@host:6379": "redis://",
    "http://host:6379": "redis://",
    "redis:host": "redis://",
    "redis://": "one host",
    "redis:///0": "one host",
    "redis://host:port/0": "host or port",
    "redis://host:99999/0": "host or port",
    "redis://host:0/0": "port 0",
    "redis://[::1/0": "host or port",
    "redis://host/name": "number of a database",
    "redis://host/0/1": "number of a database",
    "redis://one:6379,two:6379/0": "host",
    "redis://one:6379;redis://two:6379": "host",
    "sentinel://one:26379/main": "Sentinel",
    "redis+socket://run/redis.sock": "absolute path",
    "redis+socket:///run/a b/redis.sock": "%20",
    "redis+socket:///run/a#b/redis.sock": "%23",
    "redis+socket:///run/100%/redis.sock": "%25",
    "unix:///run/redis.sock": "redis+socket://",
    "redis://host:6379/0\n": "white space",
}


@pytest.mark.parametrize(("url", "told"), _UNUSABLE.items(), ids=list(_UNUSABLE))
def test_an_address_that_no_client_can_use_is_refused(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the setting and what to write; it never shows the password."""
    monkeypatch.setenv("SAFETY_REDIS_URL", url)
    with pytest.raises(ConfigurationInvalid) as refused:
        load_settings()
    assert "SAFETY_REDIS_URL" in refused.value.message
    assert told in refused.value.message
    assert _SECRET not in refused.value.message


_USABLE = {
    "redis://host": (None, None),
    "redis://host:6380/3": (None, None),
    "redis://[::1]:6379/0": (None, None),
    "redis://:p%23%2F%40%25%5B@host/0": (None, "p#/@%["),
    "redis://user:p%3Ass@host/0": ("user", "p:ss"),
    "rediss://:secret@host:6380/0": (None, "secret"),
}


@pytest.mark.parametrize(("url", "credentials"), _USABLE.items(), ids=list(_USABLE))
def test_what_is_accepted_means_the_same_to_both_clients(
    url: str, credentials: tuple[str | None, str | None]
) -> None:
    """Celery's and redis-py's reading of host, user and password are what was written."""
    check_redis_url(url)
    url = with_verified_tls(url, None)
    of_celery = parse_url(url)
    pool = redis.ConnectionPool.from_url(url)
    of_client = pool.connection_kwargs
    assert (of_celery["userid"], of_celery["password"]) == credentials
    assert (of_client.get("username"), of_client.get("password")) == credentials
    assert of_celery["hostname"] == of_client["host"]


def test_tls_is_verified_unless_the_address_says_otherwise() -> None:
    """Kombu by itself takes any certificate; what is written out is left."""
    assert with_verified_tls("redis://host/0", Path("ca.pem")) == "redis://host/0"
    checked = parse_url(with_verified_tls("rediss://host/0", Path("/etc/ca.pem")))["ssl"]
    assert checked["ssl_cert_reqs"].name == "CERT_REQUIRED"
    assert checked["ssl_check_hostname"] is True
    assert checked["ssl_ca_certs"] == "/etc/ca.pem"
    unchecked = parse_url(with_verified_tls("rediss://host/0?ssl_cert_reqs=CERT_NONE", None))["ssl"]
    assert unchecked["ssl_cert_reqs"].name == "CERT_NONE"
