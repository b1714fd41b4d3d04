"""HTTP Digest on the server's side, against a client of our own that can be made to misbehave."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import httpx2
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.access.digest import Nonces
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner

PATH = "/v1/receivers/dahua/gate-3"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An API with keys and a camera."""
    api = runner.start(WebOptions())
    with api.client(api.key(Scope.ADMIN)) as admin:
        admin.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
    return api


def answer_to(
    challenge: str,
    user: str,
    key: str,
    *,
    algorithm: str = "MD5",
    count: int = 1,
    uri: str = PATH,
    method: str = "POST",
    qop: str = "auth",
) -> str:
    """The header that a client sends upon a challenge (RFC 7616; without qop RFC 2069)."""
    nonce = re.search(r'nonce="([^"]+)"', challenge)[1]

    def digest(text: str) -> str:
        return HASHES[algorithm](text.encode()).hexdigest()

    first, second = digest(f"{user}:safety-detector:{key}"), digest(f"{method}:{uri}")
    middle = f"{nonce}:{count:08x}:c0ffee:{qop}" if qop else nonce
    told = f', qop={qop}, nc={count:08x}, cnonce="c0ffee"' if qop else ""
    response = digest(f"{first}:{middle}:{second}")
    return (
        f'Digest username="{user}", realm="safety-detector", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm={algorithm}{told}'
    )


def ask(api: Api, authorization: str | None = None, path: str = PATH) -> httpx2.Response:
    """What a heartbeat is answered."""
    headers = {"Authorization": authorization} if authorization else {}
    with api.client() as device:
        return device.post(path, content=b"Heartbeat", headers=headers)


def challenge_of(api: Api) -> str:
    """A new challenge."""
    return ask(api).headers["WWW-Authenticate"]


@pytest.mark.parametrize("algorithm", HASHES)
def test_good_answer_comes_in_once(api: Api, algorithm: str) -> None:
    """An answer is good once; with the next count of the same nonce another one is."""
    key, challenge = api.key(camera_id="gate-3"), challenge_of(api)
    first = answer_to(challenge, "gate-3", key, algorithm=algorithm)
    assert ask(api, first).status_code == 200
    again = ask(api, first)
    assert again.status_code == 401
    assert "stale=true" in again.headers["WWW-Authenticate"]
    second = answer_to(challenge, "gate-3", key, algorithm=algorithm, count=2)
    assert ask(api, second).status_code == 200


def test_old_devices_know_no_counts(api: Api) -> None:
    """Without qop (RFC 2069) a nonce is good for one request."""
    key, challenge = api.key(camera_id="gate-3"), challenge_of(api)
    answer = answer_to(challenge, "gate-3", key, qop="")
    assert ask(api, answer).status_code == 200
    assert ask(api, answer).status_code == 401


def test_query_may_be_left_out_of_the_answer(api: Api) -> None:
    """Some devices sign the path alone, some the whole address."""
    key = api.key(camera_id="gate-3")
    for uri in (PATH, f"{PATH}?channel=1", f"{api.url}{PATH}?channel=1"):
        answer = answer_to(challenge_of(api), "gate-3", key, uri=uri)
        assert ask(api, answer, f"{PATH}?channel=1").status_code == 200, uri


@pytest.mark.attack("receivers")
@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "gate-4"},
        {"user": "admin"},
        {"key": "sdk_01KAJ8W4T0X2V7Q9R5N3M1B6CD_wrong"},
        {"uri": "/v1/receivers/dahua/gate-4"},
        {"uri": "/v1/receivers/dahua/gate-3x"},
        {"method": "GET"},
        {"qop": "auth-int"},
        {"challenge": 'nonce="0.0.0"'},
        {"challenge": 'nonce="-1.x.x"'},
        {"challenge": 'nonce="x"'},
    ],
)
def test_wrong_answer_stays_out(api: Api, wrong: dict[str, Any]) -> None:
    """Another user, key, address, method or quality, and a nonce that nobody gave out."""
    good = {"challenge": challenge_of(api), "user": "gate-3", "key": api.key(camera_id="gate-3")}
    assert ask(api, answer_to(**{**good, **wrong})).status_code == 401


@pytest.mark.attack("receivers")
@pytest.mark.parametrize(
    "header",
    [
        "Digest",
        "Digest x",
        'Digest username="gate-3"',
        "Digest a=b" + ", a=b" * 1000,
        'Digest username="gate-3", realm="safety-detector", nonce="a", uri="x", response="é"',
    ],
)
def test_senseless_answer_stays_out(api: Api, header: str) -> None:
    """What is no answer is refused, and nothing breaks."""
    with api.client() as device:
        raw = {"Authorization": header.encode("utf-8")}
        assert device.post(PATH, content=b"Heartbeat", headers=raw).status_code in (401, 431)


@pytest.mark.attack("receivers")
def test_revoked_key_and_reader_stay_out(api: Api) -> None:
    """Digest asks for the same as every other way in."""
    key = api.key(camera_id="gate-3")
    assert ask(api, answer_to(challenge_of(api), "gate-3", key)).status_code == 200
    api.service.access.keys.revoke(key.split("_")[1])
    assert ask(api, answer_to(challenge_of(api), "gate-3", key)).status_code == 401
    admin = api.key(Scope.ADMIN)
    user = admin.split("_")[1]
    assert ask(api, answer_to(challenge_of(api), user, admin)).status_code == 401


def test_key_of_a_recorder_is_its_own_user(api: Api) -> None:
    """A key that may push for several cameras answers under its own id."""
    key = api.key(Scope.SUBMIT)
    assert ask(api, answer_to(challenge_of(api), key.split("_")[1], key)).status_code == 200


def test_what_is_kept_of_a_key_is_sealed(api: Api) -> None:
    """The database alone opens nothing: neither keys nor what Digest is checked with is in it."""
    key = api.key(camera_id="gate-3")
    first = HASHES["MD5"](f"gate-3:safety-detector:{key}".encode()).hexdigest()
    files = [path for path in api.folder.glob("test.db*") if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    assert files
    assert key.encode() not in held
    assert first.encode() not in held


def test_nonces_end_and_counts_may_cross() -> None:
    """A nonce is good for five minutes; counts may come out of order, each once."""
    now = 1000.0
    nonces = Nonces(lambda: now)
    nonce = nonces.make()
    assert nonces.is_fresh(nonce)
    assert not Nonces(lambda: now).is_fresh(nonce)
    order = [1, 3, 2, 5, 4, 80, 79]
    assert all(nonces.spend(nonce, count) for count in order)
    assert not any(nonces.spend(nonce, count) for count in [*order, 6, 0])
    now += 301
    assert not nonces.is_fresh(nonce)
