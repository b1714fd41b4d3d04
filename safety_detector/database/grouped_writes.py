"""Many threads' work in one transaction, so that they wait for the disk together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import Connection

from safety_detector.database.sqlite import (
    begin_savepoint,
    keep_savepoint,
    take_back_savepoint,
)

Result = TypeVar("Result")

# More would let the first of a group wait for the work of the last.
_MOST_IN_GROUP = 32


class GroupedWrites:
    """Collects work while a transaction commits, and does it together in the next one.

    Args:
        transaction: opens a writing transaction.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many threads wait for the next transaction."""
        with self._lock:
            return len(self._waiting)

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Does the work in a transaction that may hold others' too; returns after its commit.

        Raises:
            whatever the work raises, or what the transaction raised for all.
        """
        ticket = _Ticket(work)
        with self._lock:
            self._waiting.append(ticket)
            leads, self._is_led = not self._is_led, True
        if not leads:
            ticket.called.wait()
        if not ticket.is_done:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        result: Result = ticket.result
        return result

    def _lead(self) -> None:
        """Does the work of everybody who waits by now, then hands the lead to the next."""
        with self._lock:
            group, self._waiting = (
                self._waiting[:_MOST_IN_GROUP],
                self._waiting[_MOST_IN_GROUP:],
            )
        try:
            with self._transaction() as connection:
                for ticket in group:
                    ticket.work_on(connection)
        except BaseException as error:  # noqa: BLE001 (each waiting thread raises it)
            for ticket in group:
                ticket.error = ticket.error or error
        with self._lock:
            if self._waiting:
                self._waiting[0].called.set()
            else:
                self._is_led = False
        for ticket in group:
            ticket.is_done = True
            ticket.called.set()


class _Ticket:
    """One thread's work and what came of it."""

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self._work = work
        self.called = threading.Event()
        self.is_done = False
        self.result: Any = None
        self.error: BaseException | None = None

    def work_on(self, connection: Connection) -> None:
        """Does the work; an exception takes back this work alone.

        Raises:
            sqlite3.Error, DatabaseUnavailable: the savepoint cannot be made, kept or taken back, so
                that nobody knows what of the transaction is left.
        """
        begin_savepoint(connection)
        try:
            self.result = self._work(connection)
        except Exception as error:  # noqa: BLE001 (raised in its own thread)
            self.error = error
            take_back_savepoint(connection)
        else:
            keep_savepoint(connection)
