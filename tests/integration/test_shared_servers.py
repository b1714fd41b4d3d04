"""Several processes that ask the same model servers know of each other through a real Valkey."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.detectors.qwen.servers.server_states import RedisStates, SharedStates
from safety_detector.errors import ModelUnreachable
from tests.eventually import eventually
from tests.model_server import MODEL, Reply, closed_port, running
from tests.valkey_server import ValkeyServer, valkey_server

ROOT = Path(__file__).parents[2]
PICTURE = np.full((112, 168, 3), 127, np.uint8)

# A process that asks about one picture and is killed while it waits for the answer.
ASKING = """
import sys
import numpy as np
from tests.integration.test_shared_servers import detector_on
with detector_on(sys.argv[1], sys.argv[2], most=1) as detector:
    detector.detect(np.full((112, 168, 3), 127, np.uint8))
"""


@contextmanager
def detector_on(redis_url: str, *urls: str, most: int = 16, **options: Any) -> Iterator[Any]:
    """A detector as a process of the service has it."""
    options = {"timeout_s": 60.0, **options}
    detector = QwenVlDetector(
        urls,
        MODEL,
        dialect_named("qwen2.5-vl"),
        in_flight=InFlightBounds(most, most, most),
        states=SharedStates(RedisStates(redis_url)),
        **options,
    )
    try:
        yield detector
    finally:
        detector.close()


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """A server of the test's own."""
    with valkey_server() as server:
        yield server


def test_limit_holds_for_all_processes_together(valkey: ValkeyServer) -> None:
    """Two detectors of eight threads each have no more than three pictures at the server."""
    with (
        running(Reply("[]", drip_s=0.02)) as server,
        detector_on(valkey.url, server.url, most=3) as first,
        detector_on(valkey.url, server.url, most=3) as second,
        ThreadPoolExecutor(16) as pool,
    ):
        pending = [pool.submit(one.detect, PICTURE) for _ in range(12) for one in (first, second)]
        assert all(one.result().detections == () for one in pending)
        assert server.most_in_flight == 3
        assert len(server.seen) == 24
        [status] = second.server_statuses()
        assert (status.phase, status.in_flight) == (Phase.IN_USE, 0)


def test_server_that_one_process_ejected_is_left_alone_by_the_others(
    valkey: ValkeyServer,
) -> None:
    """The second one sends it nothing, not even to find out, and says why."""
    with (
        running(Reply("!" * 200)) as broken,
        running(Reply("[]")) as sound,
        detector_on(valkey.url, broken.url, sound.url) as first,
        detector_on(valkey.url, broken.url, sound.url) as second,
    ):
        first.detect(PICTURE)
        eventually(lambda: first.server_statuses()[0].phase is Phase.EJECTED)
        examined = len(broken.examined)
        statuses = second.server_statuses()
        assert [one.phase for one in statuses] == [Phase.EJECTED, Phase.IN_USE]
        assert "run of" in str(statuses[0].reason and statuses[0].reason.text("en"))
        second.detect(PICTURE)
        second.detect(PICTURE)
        assert broken.seen == []
        assert len(sound.examined) == 2  # once for all processes: two test pictures
        assert len(broken.examined) <= examined + 2  # at most one further try, of either


def test_outage_seen_by_one_process_costs_the_others_no_attempt(valkey: ValkeyServer) -> None:
    """While the server is left alone every process says at once that it is away."""
    url = f"http://127.0.0.1:{closed_port()}/v1"
    with detector_on(valkey.url, url) as first, detector_on(valkey.url, url) as second:
        for _ in range(4):
            with pytest.raises(ModelUnreachable):
                first.detect(PICTURE)
            eventually(lambda: second.server_statuses()[0].phase is Phase.EJECTED)
        with pytest.raises(ModelUnreachable, match=url):
            second.detect(PICTURE)


def test_places_of_a_killed_process_come_back(valkey: ValkeyServer) -> None:
    """Nobody gives them back; their leases end."""
    with running(Reply("[]")) as server:
        server.gate.clear()
        process = subprocess.Popen([sys.executable, "-c", ASKING, valkey.url, server.url], cwd=ROOT)
        try:
            eventually(lambda: server.in_flight == 1)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        with detector_on(valkey.url, server.url, most=1) as detector:
            assert detector.server_statuses()[0].in_flight == 1
            server.gate.set()
            assert detector.detect(PICTURE).detections == ()
            assert detector.server_statuses()[0].in_flight == 0


def test_work_goes_on_while_redis_is_away_and_is_shared_again_afterwards(
    valkey: ValkeyServer,
) -> None:
    """Each process then keeps a count of its own; no picture waits for Redis."""
    with (
        running(Reply("[]")) as server,
        detector_on(valkey.url, server.url, most=2) as first,
        detector_on(valkey.url, server.url, most=2) as second,
        ThreadPoolExecutor(8) as pool,
    ):
        first.detect(PICTURE)
        valkey.stop()
        pending = [pool.submit(first.detect, PICTURE) for _ in range(6)]
        assert all(one.result().detections == () for one in pending)
        assert server.most_in_flight <= 2
        assert len(server.examined) == 2  # what was known is not forgotten
        valkey.start()
        eventually(lambda: bool(first.detect(PICTURE)) and len(valkey.client.keys("*")) == 1)
        eventually(lambda: second.server_statuses()[0].phase is Phase.IN_USE)


def test_emptied_redis_costs_an_examination_and_no_picture(valkey: ValkeyServer) -> None:
    """FLUSHALL in the middle: places that are taken are known again soon."""
    with (
        running(Reply("[]")) as server,
        detector_on(valkey.url, server.url, most=4) as detector,
        ThreadPoolExecutor(4) as pool,
    ):
        detector.detect(PICTURE)
        server.gate.clear()
        pending = [pool.submit(detector.detect, PICTURE) for _ in range(3)]
        eventually(lambda: server.in_flight == 3)
        valkey.client.flushall()
        eventually(lambda: detector.server_statuses()[0].in_flight == 3)
        server.gate.set()
        assert all(one.result().detections == () for one in pending)
        eventually(lambda: detector.server_statuses()[0].phase is Phase.IN_USE)


def test_unreadable_record_is_that_of_an_unknown_server(valkey: ValkeyServer) -> None:
    """Another version of the program may have written it."""
    with running(Reply("[]")) as server, detector_on(valkey.url, server.url) as detector:
        detector.detect(PICTURE)
        [key] = valkey.client.keys("*")
        valkey.client.set(key, '{"limit": "many"}')
        assert detector.server_statuses()[0].phase in (Phase.UNKNOWN, Phase.EXAMINED)
        assert detector.detect(PICTURE).detections == ()


FOREIGN = {
    "no JSON": b"theirs",
    "no UTF-8": b"\xff\xfe",
    "half a character": b'{"limit": 4, "reason": {"code": "\\ud800", "facts": {}}}',
    "a list": b"[1]",
    "deep": b"[" * 100_000,
    "huge": b"x" * 20_000_000,
    "a limit that is none": b'{"limit": NaN}',
    "no limit": b'{"limit": 1e999}',
    "below nothing": b'{"limit": -5, "failures": -3}',
    "examined for ever": b'{"limit": 4, "examined_until": 1e18}',
    "never to be examined": b'{"limit": 4, "ejected_at": 1, "examine_at": 1e18}',
    "sound in the future": b'{"limit": 4, "sound_at": 1e18}',
    "ejected before there was time": b'{"limit": 4, "ejected_at": -1e300, "examine_at": 1e18}',
    "all places taken for ever": b'{"limit": 1, "sound_at": 9e9, "slots": {"a": 1e18}}',
    "a reason that is none": b'{"limit": 4, "reason": {"code": 7}}',
}


@pytest.mark.parametrize("garbage", FOREIGN.values(), ids=FOREIGN)
def test_what_others_write_about_a_server_is_no_state(valkey: ValkeyServer, garbage: bytes) -> None:
    """The server is examined and used as one that nobody knows."""
    with running(Reply("[]")) as model, detector_on(valkey.url, model.url) as detector:
        detector.detect(PICTURE)
        [key] = valkey.client.keys("safety-detector:model-server:*")
        valkey.client.set(key, garbage)
        detector.detect(PICTURE)
        [status] = detector.server_statuses()
        assert (status.phase, status.in_flight) == (Phase.IN_USE, 0)
        assert b'"limit"' in valkey.client.get(key)


def test_what_others_keep_under_a_servers_key_is_overwritten(valkey: ValkeyServer) -> None:
    """Redis refuses to read such a key; the processes would no longer know of each other."""
    with running(Reply("[]")) as model, detector_on(valkey.url, model.url) as detector:
        detector.detect(PICTURE)
        [key] = valkey.client.keys("safety-detector:model-server:*")
        # In one step: the processes write their own as soon as it is gone.
        with valkey.client.pipeline(transaction=True) as at_once:
            at_once.delete(key)
            at_once.lpush(key, "theirs")
            at_once.execute()
        detector.detect(PICTURE)
        assert b'"limit"' in valkey.client.get(key)


def test_states_that_are_closed_while_they_are_used_take_nobody_down(valkey: ValkeyServer) -> None:
    """Servers are examined in threads, which do not end with the detector that began them."""

    def change_until_closed(states: SharedStates, closed: threading.Event) -> None:
        while not closed.is_set():
            states.change("one", lambda _text, _now: ("{}", None))

    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            states, closed = SharedStates(RedisStates(valkey.url)), threading.Event()
            pending = [pool.submit(change_until_closed, states, closed) for _ in range(4)]
            try:
                eventually(lambda: valkey.client.exists("safety-detector:model-server:1:one"))
                states.close()
            finally:
                closed.set()
            for one in pending:
                one.result()
            valkey.client.flushall()
