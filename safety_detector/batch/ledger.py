"""What there is to do and what is done: the source's offers beside the journal's lines.

Kept in a private SQLite database that the operating system removes with the process, and that never
holds more than a few megabytes in memory: a hundred thousand pictures cost no more than a thousand.
It is no record.  Each run makes it anew from the source and the journal, in one pass over each.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from safety_detector.batch.journal import Span
from safety_detector.batch.lines import HAZARD_BELOW, Entry
from safety_detector.errors import StorageUnavailable
from safety_detector.sources.offers import Offer

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -2048;
CREATE TABLE pictures (
    name TEXT PRIMARY KEY,
    key BLOB,               -- these three: the offer; key is NULL where there is none any more
    stamp TEXT,
    place INTEGER,
    offset INTEGER,         -- the rest: the newest line; offset is NULL where there is none
    length INTEGER,
    line_stamp TEXT,
    sha256 BLOB,
    urgency INTEGER,
    is_failure INTEGER,
    is_final INTEGER
) WITHOUT ROWID;
CREATE INDEX contents ON pictures (sha256) WHERE is_final;
CREATE TABLE work (number INTEGER PRIMARY KEY, name TEXT, key BLOB, stamp TEXT, place INTEGER);
BEGIN;
"""
_Item = TypeVar("_Item")
_DONE = "(is_final AND line_stamp = stamp)"
_PAGE = 500  # rows that are fetched under the lock at a time
_INSERTS = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts over the pictures that the source offers.

    Attributes:
        total: all of them.
        done: those with a final line for their present state.
        hazards: of those done, the ones with a hazard.
        failed: of those done, the ones without a result.
    """

    total: int
    done: int
    hazards: int
    failed: int


class Ledger:
    """The tables; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        with _our_errors():
            self._tables.executescript(_TABLES)

    def add_lines(self, lines: Iterable[tuple[Entry, Span]]) -> int:
        """Takes over the journal; returns how many lines were superseded by later ones."""
        count = 0
        with self._lock, _our_errors():
            for some in _batched(lines, _INSERTS):
                self._tables.executemany(_PUT_LINE, [_line_row(*one) for one in some])
                count += len(some)
            (kept,) = self._tables.execute("SELECT count(*) FROM pictures").fetchone()
        return count - int(kept)

    def add_offers(self, offers: Iterable[Offer]) -> None:
        """Takes over what the source has.

        An offer that comes twice is one; another one of the same name gets its place behind it.
        """
        with self._lock, _our_errors():
            for some in _batched(offers, _INSERTS):
                rows = [(one.name, one.key, one.stamp, one.place) for one in some]
                before = self._tables.total_changes
                self._tables.executemany(_PUT_OFFER, rows)
                if self._tables.total_changes - before < len(rows):
                    self._number_doubles(rows)

    def _number_doubles(self, rows: Iterable[tuple[str, bytes, str, int]]) -> None:
        for name, key, stamp, place in rows:
            if self._key_of(name) != key:
                self._tables.execute(_PUT_OFFER, (f"{name}#{place}", key, stamp, place))

    def _key_of(self, name: str) -> bytes | None:
        row = self._tables.execute("SELECT key FROM pictures WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def withdraw(self, offer: Offer) -> None:
        """Takes an offer back: there is no such picture."""
        with self._lock, _our_errors():
            self._tables.execute("UPDATE pictures SET key = NULL WHERE name = ?", (offer.name,))
            self._tables.execute(_FORGET_EMPTY, (offer.name,))

    def standing(self) -> Standing:
        """How far it is."""
        with self._lock, _our_errors():
            row = self._tables.execute(_STANDING, (HAZARD_BELOW,)).fetchone()
        return Standing(*(int(one or 0) for one in row))

    def unfinished(self) -> Iterator[Offer]:
        """Offers without a final line for their present state, in the order of work."""
        yield from self._select_offers(f"key IS NOT NULL AND NOT coalesce({_DONE}, 0)")

    def finished(self) -> Iterator[Offer]:
        """Offers whose final line is a result, in the order of work."""
        yield from self._select_offers(f"key IS NOT NULL AND {_DONE} AND NOT is_failure")

    def record(self, entry: Entry, span: Span) -> bool:
        """Takes over a line that was just written; returns whether it supersedes another one."""
        with self._lock, _our_errors():
            (offset,) = self._tables.execute(
                "SELECT offset FROM pictures WHERE name = ?", (entry.name,)
            ).fetchone()
            self._tables.execute(_PUT_LINE, _line_row(entry, span))
        return offset is not None

    def line_of(self, name: str) -> Span | None:
        """The newest line of a picture."""
        with self._lock, _our_errors():
            row = self._tables.execute(
                "SELECT offset, length FROM pictures WHERE name = ?", (name,)
            ).fetchone()
        return Span(*row) if row and row[0] is not None else None

    def offer_of(self, name: str) -> Offer | None:
        """A picture as the source has it; None if it has it no more."""
        with self._lock, _our_errors():
            row = self._tables.execute(
                "SELECT name, key, stamp, place FROM pictures WHERE name = ? AND key IS NOT NULL",
                (name,),
            ).fetchone()
        return Offer(*row) if row else None

    def line_with_content(self, sha256: str) -> Span | None:
        """A final line on a picture of the same bytes."""
        with self._lock, _our_errors():
            row = self._tables.execute(
                "SELECT offset, length FROM pictures WHERE is_final AND sha256 = ? LIMIT 1",
                (bytes.fromhex(sha256),),
            ).fetchone()
        return Span(*row) if row else None

    def lines(self, order: str = "place IS NULL, place, name") -> Iterator[tuple[Span, bool]]:
        """The newest line of each picture, in the source's order, and whether it still has it.

        Pictures that the source does not have any more come last.
        """
        query = "SELECT offset, length, key IS NOT NULL FROM pictures WHERE offset IS NOT NULL"
        for offset, length, is_there in self._pages(f"{query} ORDER BY {order}"):
            yield Span(offset, length), bool(is_there)

    def lines_to_keep(self) -> Iterator[Span]:
        """The newest lines in the order of the journal.

        Failures of pictures that the source does not have any more are left out.
        """
        with self._lock, _our_errors():
            self._tables.execute("DELETE FROM pictures WHERE key IS NULL AND is_failure")
        for span, _ in self.lines("offset"):
            yield span

    def has_vanished_failures(self) -> bool:
        """Whether ``lines_to_keep`` would leave out more than superseded lines."""
        query = "SELECT EXISTS (SELECT 1 FROM pictures WHERE key IS NULL AND is_failure)"
        with self._lock, _our_errors():
            return bool(self._tables.execute(query).fetchone()[0])

    def move_lines(self, moves: Iterable[tuple[Span, Span]]) -> None:
        """Follows the lines to their new places."""
        with self._lock, _our_errors():
            self._tables.execute("CREATE TABLE moves (old INTEGER PRIMARY KEY, new INTEGER)")
        for some in _batched(moves, _INSERTS):
            with self._lock, _our_errors():
                rows = [(old.offset, new.offset) for old, new in some]
                self._tables.executemany("INSERT INTO moves VALUES (?, ?)", rows)
        with self._lock, _our_errors():
            self._tables.execute(_FOLLOW_MOVES)
            self._tables.execute("DROP TABLE moves")

    def most_urgent(self, limit: int) -> list[tuple[Span, Offer | None]]:
        """The most urgent lines and their offers, the most urgent first."""
        with self._lock, _our_errors():
            rows = self._tables.execute(_MOST_URGENT, (limit,)).fetchall()
        return [
            (Span(offset, length), None if key is None else Offer(name, key, stamp, place))
            for offset, length, name, key, stamp, place in rows
        ]

    def close(self) -> None:
        """Forgets everything."""
        self._tables.close()

    def _select_offers(self, condition: str) -> Iterator[Offer]:
        """Offers that meet the condition now; what is recorded meanwhile changes nothing."""
        with self._lock, _our_errors():
            self._tables.execute("DELETE FROM work")
            self._tables.execute(f"{_PUT_WORK} {condition} ORDER BY place, name")
        number = 0
        while True:
            with self._lock, _our_errors():
                rows = self._tables.execute(_NEXT_WORK, (number, _PAGE)).fetchall()
            if not rows:
                return
            for number, *offer in rows:  # noqa: B007 (the last one is where the next page begins)
                yield Offer(*offer)

    def _pages(self, query: str) -> Iterator[tuple[int, ...]]:
        """Rows of a query, some at a time; nothing is recorded meanwhile."""
        with self._lock, _our_errors():
            cursor = self._tables.execute(query)
        while True:
            with self._lock, _our_errors():
                rows = cursor.fetchmany(_PAGE)
            if not rows:
                return
            yield from rows


_PUT_LINE = """
INSERT INTO pictures (name, offset, length, line_stamp, sha256, urgency, is_failure, is_final)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
    offset = excluded.offset, length = excluded.length, line_stamp = excluded.line_stamp,
    sha256 = excluded.sha256, urgency = excluded.urgency,
    is_failure = excluded.is_failure, is_final = excluded.is_final
"""
_PUT_OFFER = """
INSERT INTO pictures (name, key, stamp, place) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET key = excluded.key, stamp = excluded.stamp, place = excluded.place
WHERE key IS NULL
"""
_FORGET_EMPTY = "DELETE FROM pictures WHERE name = ? AND offset IS NULL"
_STANDING = f"""
SELECT count(*), sum({_DONE}), sum({_DONE} AND urgency < ?), sum({_DONE} AND is_failure)
FROM pictures WHERE key IS NOT NULL
"""  # noqa: S608
_PUT_WORK = """
INSERT INTO work (name, key, stamp, place) SELECT name, key, stamp, place FROM pictures WHERE
"""
_NEXT_WORK = """
SELECT number, name, key, stamp, place FROM work WHERE number > ? ORDER BY number LIMIT ?
"""
_MOST_URGENT = """
SELECT offset, length, name, key, stamp, place FROM pictures WHERE offset IS NOT NULL
ORDER BY urgency, place IS NULL, place, name LIMIT ?
"""


_FOLLOW_MOVES = """
UPDATE pictures SET offset = (SELECT new FROM moves WHERE old = pictures.offset)
WHERE offset IS NOT NULL
"""


def _batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _line_row(entry: Entry, span: Span) -> tuple[object, ...]:
    return (
        entry.name,
        span.offset,
        span.length,
        entry.stamp,
        bytes.fromhex(entry.sha256) if entry.sha256 else None,
        entry.urgency,
        entry.is_failure,
        entry.is_final,
    )


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as exc:
        raise StorageUnavailable("temporary-folder-full", cause=exc) from exc
