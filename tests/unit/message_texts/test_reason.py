"""Reasons: what is stored of them, what is said of them, and those of other versions."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.errors import ModelUnreachable, PictureTooLarge, ServerFailure
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.phrase import LANGUAGES, Language
from safety_detector.message_texts.reason import (
    Reason,
    read_reason,
    reason_document,
    system_cause,
)

TIMED_OUT = Reason.of("server-timed-out", address="http://10.0.0.5:8000/v1")
NOBODY = Reason.of("no-server-can-answer", servers=1, reasons=(TIMED_OUT,))
NESTED = Reason.of("tried-again", tries=2, reason=NOBODY)

FACTS = st.recursive(
    st.none() | st.text(max_size=9) | st.integers() | st.floats(allow_nan=False),
    lambda facts: st.builds(
        Reason,
        st.sampled_from([*PHRASES, "from-the-future"]),
        st.dictionaries(st.text(max_size=9), facts, max_size=3),
    ),
    max_leaves=4,
)
ANY = st.builds(
    Reason,
    st.sampled_from([*PHRASES, "from-the-future"]),
    st.dictionaries(
        st.sampled_from(["address", "cause", "limit", "actual", "reason", "text", "{x}"]),
        FACTS,
    ),
)


def test_a_reason_in_a_reason_is_said_in_the_reader_s_language() -> None:
    """Why a picture waits: what its last try said, about each server."""
    assert NESTED.text("en") == (
        "Tried 2 times, last: None of 1 model servers can answer: "
        "The model server at http://10.0.0.5:8000/v1 did not answer in time."
    )
    assert NESTED.text("zh") == (
        "已尝试 2 次，最近一次：1 个模型服务均无法应答："
        "模型服务 http://10.0.0.5:8000/v1 未及时应答。"
    )


def test_what_is_stored_comes_back() -> None:
    """Through JSON, with reasons inside of reasons."""
    assert read_reason(json.loads(json.dumps(reason_document(NESTED)))) == NESTED


@given(ANY, st.sampled_from(LANGUAGES))
def test_saying_a_reason_never_fails(reason: Reason, language: Language) -> None:
    """Another version's row has fewer facts, more, or other ones: its code is shown at least."""
    said = reason.text(language)
    phrase = PHRASES.get(reason.code)
    if phrase is None:
        assert said == reason.code
    assert isinstance(said, str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_fact_shows_the_code(language: Language) -> None:
    """Nothing is made up, and nothing is left out in silence."""
    assert Reason("server-timed-out").text(language) == "server-timed-out"
    assert Reason("from-the-future", {"n": 1}).text(language) == "from-the-future"
    assert "x" in Reason("too-many-bytes", {"actual": "x", "limit": None}).text(language)


@given(ANY)
def test_what_is_stored_is_json_that_every_database_takes(reason: Reason) -> None:
    """No NUL and no half of a pair: PostgreSQL refuses both."""
    text = json.dumps(reason_document(reason), ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        [],
        {},
        {"code": 5, "facts": {}},
        {"code": "x"},
        {"code": "x", "facts": []},
        {"code": "x", "facts": {"reason": {}}},
        {"code": "x", "facts": {"reasons": [5]}},
    ],
)
def test_what_is_no_reason_is_told_apart(document: Any) -> None:
    """A file of somebody else's is refused in words, not with a traceback."""
    with pytest.raises(ValueError, match="reason"):
        read_reason(document)


def test_reasons_without_end_are_refused() -> None:
    """A document is hostile too."""
    document: dict[str, Any] = {"code": "x", "facts": {}}
    for _ in range(2_000):
        document = {"code": "x", "facts": {"reason": document}}
    with pytest.raises(ValueError, match="reason"):
        read_reason(document)


def test_an_error_says_its_reason_and_survives_a_copy() -> None:
    """Workers hand errors on to other processes."""
    error = ModelUnreachable(
        "server-has-no-room",
        failure=ServerFailure.REFUSED,
        http_status=429,
        address="http://a/v1",
        status=429,
        text="later",
    )
    error.server_broke_down = True
    copied = copy.copy(error)
    assert str(copied) == copied.message == error.message
    assert copied.reason == error.reason
    assert (copied.failure, copied.http_status) == (ServerFailure.REFUSED, 429)
    assert copied.server_broke_down


def test_facts_keep_their_types() -> None:
    """Programs compare numbers; what is no number is written as people write it."""
    error = PictureTooLarge("too-many-bytes", limit=20_000_000, actual=25_000_000)
    assert error.facts == {"limit": 20_000_000, "actual": 25_000_000}
    assert Reason.of("unreadable", path=["a"]).facts == {"path": "['a']"}


def test_what_the_operating_system_says_is_said_in_chinese() -> None:
    """A full disk is no English sentence in a Chinese report; a rare fault is quoted."""
    full = Reason.of("no-room", path="/data", cause=system_cause(OSError(28, "No space left")))
    assert full.text("en") == "/data has no room: No space left on device."
    assert full.text("zh") == "/data 空间不足：设备空间不足。"
    assert system_cause(OSError(9999, "odd")).text("zh") == "odd"
    assert system_cause(OSError("odd")).text("zh") == "odd"
