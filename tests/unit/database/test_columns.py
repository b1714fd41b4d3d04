"""Columns that keep reasons: of this version, and sentences of earlier ones."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text

from safety_detector.database.engine import Database
from safety_detector.database.tables import folder_errors
from safety_detector.message_texts.reason import Reason

ODD = Reason.of(
    "tried-again", tries=2, reason=Reason.of("unreadable", path="坏\udcff\0.jpg", cause="odd")
)


def stored(database: Database, reason: Reason) -> Reason:
    """What is read of a reason that was written."""
    row = {"batch_id": "B", "number": 1, "path": "a.jpg", "code": "x", "reason": reason}
    with database.write() as connection:
        connection.execute(insert(folder_errors), row)
        found: Reason = connection.scalar(select(folder_errors.c.reason))
    return found


def test_a_reason_is_code_and_facts_in_the_database(database: Database) -> None:
    """The sentence is made where it is read; numbers stay numbers, reasons in it reasons."""
    reason = Reason.of("too-many-bytes", actual=25_000_000, limit=20_000_000)
    assert stored(database, reason) == reason
    assert reason.text("zh") == "图片文件有 25,000,000 字节，上限为 20,000,000 字节。"


def test_odd_names_of_files_can_be_stored(database: Database) -> None:
    """No database holds NUL or half a pair of surrogates."""
    assert stored(database, ODD).text("zh").startswith("已尝试 2 次，最近一次：坏\\xff")


@pytest.mark.parametrize("sentence", ["It rains.", "The file is empty.", "[1]", '{"code": 5}', ""])
def test_a_sentence_of_an_earlier_version_is_shown_as_it_is(
    database: Database, sentence: str
) -> None:
    """A database that was migrated has them where something failed or waited before."""
    stored(database, Reason("x"))
    with database.write() as connection:
        connection.execute(text("UPDATE folder_errors SET reason = :it"), {"it": sentence})
    with database.read() as connection:
        found: Reason = connection.scalar(select(folder_errors.c.reason))
    assert found.text("en") == sentence
    assert found.text("zh") == {"The file is empty.": "文件为空。"}.get(sentence, sentence)
