"""Wake-ups through a real broker."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from safety_detector.detectors.qwen.servers.server_states import RedisStates
from safety_detector.errors import BrokerUnavailable
from safety_detector.job_queue import WAKE_UPS_AT_ONCE, JobQueue, WakeUps, create_celery
from safety_detector.network.redis_address import with_verified_tls
from tests.tls_tunnel import tls_tunnel
from tests.valkey_server import ValkeyServer, valkey_server


@pytest.fixture
def broker() -> Iterator[ValkeyServer]:
    """An empty broker."""
    with valkey_server() as server:
        yield server


@pytest.fixture
def job_queue(broker: ValkeyServer) -> Iterator[JobQueue]:
    """Its queues."""
    queue = JobQueue(create_celery(broker.url))
    yield queue
    queue.close()


def test_wake_ups_wait_in_the_queue_of_their_backend(job_queue: JobQueue) -> None:
    """Each queue has its own length."""
    job_queue.send("qwen")
    job_queue.send("qwen")
    job_queue.send("embedded")
    assert (job_queue.length("qwen"), job_queue.length("embedded")) == (2, 1)


def test_topping_up_adds_only_what_is_missing(job_queue: JobQueue) -> None:
    """However often it is done, no more wait than were wanted."""
    job_queue.send("embedded")
    assert job_queue.top_up("embedded", 3) == 2
    assert job_queue.top_up("embedded", 3) == 0
    assert job_queue.length("embedded") == 3


def test_a_thousand_notices_are_a_few_wake_ups(job_queue: JobQueue) -> None:
    """A backlog costs the broker nothing; what was noted is sent before the sender ends."""
    wake_ups = WakeUps(job_queue)
    wake_ups.start()
    for _ in range(1000):
        wake_ups.notify("embedded")
    wake_ups.stop()
    assert 1 <= job_queue.length("embedded") <= WAKE_UPS_AT_ONCE


def test_nobody_waits_for_a_broker_that_is_away(broker: ValkeyServer, job_queue: JobQueue) -> None:
    """Notices are taken all the same; who asks the queue itself gets a clear error."""
    broker.stop()
    wake_ups = WakeUps(job_queue)
    wake_ups.start()
    for _ in range(1000):
        wake_ups.notify("embedded")
    with pytest.raises(BrokerUnavailable):
        job_queue.length("embedded")
    with pytest.raises(BrokerUnavailable):
        job_queue.send("embedded")
    wake_ups.stop()


def test_nobody_waits_for_a_broker_that_says_nothing() -> None:
    """A thousand notices take no time, although each attempt to send one takes a while."""
    with (
        tempfile.TemporaryDirectory(prefix="broker-", dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as silent,
    ):
        silent.bind(f"{folder}/silent.sock")
        silent.listen(64)
        app = create_celery(f"redis+socket://{folder}/silent.sock")
        options = {**app.conf.broker_transport_options, "socket_timeout": 0.2}
        app.conf.update(broker_transport_options=options)
        wake_ups = WakeUps(JobQueue(app))
        wake_ups.start()
        started = time.monotonic()
        for _ in range(1000):
            wake_ups.notify("embedded")
        assert time.monotonic() - started < 60
        wake_ups.stop()


def test_a_broker_that_answers_and_takes_nothing_is_noticed(
    broker: ValkeyServer, job_queue: JobQueue
) -> None:
    """Without memory, or as a replica, it answers every reader; only writing shows it."""
    job_queue.check()
    broker.client.config_set("maxmemory", 1)
    with pytest.raises(BrokerUnavailable, match=r"takes no messages: .*maxmemory"):
        job_queue.check()
    broker.client.config_set("maxmemory", 0)
    broker.client.config_set("replica-read-only", "yes")
    broker.client.replicaof("127.0.0.1", 1)
    with pytest.raises(BrokerUnavailable, match=r"takes no messages: .*replica"):
        job_queue.check()
    broker.client.replicaof("NO", "ONE")
    job_queue.check()


def test_a_broker_behind_tls_is_asked_for_its_certificate(
    broker: ValkeyServer, tmp_path: Path
) -> None:
    """The right authority is needed, for the name in the address; the system's is not it."""
    with (
        tls_tunnel(broker.socket, tmp_path) as (port, ca_file),
        tls_tunnel(broker.socket, tmp_path / "other", "elsewhere") as (other_port, other_ca),
    ):
        right = f"rediss://localhost:{port}/0"
        with closing(JobQueue(create_celery(with_verified_tls(right, ca_file)))) as queue:
            queue.send("qwen")
            assert queue.length("qwen") == 1
        with closing(RedisStates(with_verified_tls(right, ca_file))) as states:
            states.change("key", lambda _text, _now: ("known", None))
            assert states.read(["key"])[0] == ["known"]
        wrong = f"rediss://localhost:{other_port}/0"
        unknown = with_verified_tls(right, None), "SAFETY_REDIS_CA_FILE"
        for url, words in (unknown, (with_verified_tls(wrong, other_ca), "certificate")):
            with (
                closing(JobQueue(create_celery(url))) as queue,
                pytest.raises(BrokerUnavailable, match=words),
            ):
                queue.send("qwen")
            with (
                closing(RedisStates(url)) as states,
                pytest.raises(BrokerUnavailable, match=words),
            ):
                states.read(["key"])


def test_sending_works_again_when_the_broker_is_back(
    broker: ValkeyServer, job_queue: JobQueue
) -> None:
    """Connections of the old server are not in the way."""
    job_queue.send("embedded")
    broker.stop()
    broker.start()
    job_queue.send("embedded")
    assert job_queue.length("embedded") == 1
