import os
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import redis

from safety_detector.detectors.qwen.servers.server_states import RedisStates
from safety_detector.errors import ConfigurationInvalid
from safety_detector.job_queue import JobQueue, create_celery
from safety_detector.network.redis_address import check_redis_url
from safety_detector.single_machine.broker import (
    broker_child,
    broker_socket,
    broker_url,
    wait_for_broker,
)
from safety_detector.single_machine.children import Child


@pytest.mark.processes
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


def test_the_broker_listens_at_the_same_place_at_each_start(tmp_path: Path) -> None:
    """Tools that look at it keep their address; nobody else may enter its folder."""
    data_dir = tmp_path / "data"
    path = broker_socket(data_dir)
    assert path == data_dir / "run" / "broker.sock"
    assert broker_socket(data_dir) == path
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_path_that_is_too_long_for_a_socket_leads_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same folder each time, another one for each data folder, of this user alone."""
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        deep = tmp_path / ("资料" * 20) / "data"
        path = broker_socket(deep)
        assert path.parent.parent == Path(temporary)
        assert path == broker_socket(deep) != broker_socket(deep / "other")
        assert path.parent.stat().st_mode & 0o777 == 0o700
        path.parent.rmdir()
        path.parent.symlink_to(tmp_path)  # as another user could lay it
        with pytest.raises(ConfigurationInvalid, match="SAFETY_REDIS_URL"):
            broker_socket(deep)


@pytest.mark.processes
@pytest.mark.parametrize(
    "name", ["a b", "a#b", "a?b=1", "%41", "监控", "a%2Fb", "x;y&z", "a@b:c", "[x]", "+", "q'\"\\"]
)
def test_every_client_finds_the_broker_wherever_the_data_folder_lies(name: str) -> None:
    """A folder's name may have anything in it that means something else in an address."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        socket = broker_socket(Path(folder) / name)
        assert socket.parent == Path(folder) / name / "run"
        try:
            spec = broker_child(socket, dict(os.environ))
        except ConfigurationInvalid as exc:
            pytest.skip(exc.message)
        url = broker_url(socket)
        check_redis_url(url)
        child = Child(spec)
        child.start()
        try:
            wait_for_broker(socket)
            with closing(JobQueue(create_celery(url))) as job_queue:
                job_queue.check()
            with closing(RedisStates(url)) as states:
                states.read(["nothing"])
        finally:
            child.ask_to_stop()
            child.wait_until_stopped()


def test_a_path_that_is_no_utf_8_leads_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address can name it, so the broker listens among the temporary files."""
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        path = broker_socket(tmp_path / os.fsdecode(b"\xff"))
        assert path.parent.parent == Path(temporary)
