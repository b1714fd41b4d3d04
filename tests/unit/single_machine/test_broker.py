import os
import tempfile
from pathlib import Path

import pytest
import redis

from safety_detector.errors import ConfigurationInvalid
from safety_detector.single_machine.broker import broker_child, wait_for_broker
from safety_detector.single_machine.children import Child


def test_the_broker_answers_on_a_socket_that_only_this_user_may_open() -> None:
    """No port is opened, and a queue can be used at once."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "valkey.sock"
        try:
            spec = broker_child(socket, dict(os.environ))
        except ConfigurationInvalid as exc:
            pytest.skip(exc.message)
        child = Child(spec)
        child.start()
        try:
            wait_for_broker(socket)
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.lpush("queue", "wake-up")
                assert client.llen("queue") == 1
                assert client.config_get("port")["port"] == "0"
                assert client.config_get("save")["save"] == ""
            assert socket.stat().st_mode & 0o077 == 0
        finally:
            child.ask_to_stop()
            child.wait_until_stopped()
