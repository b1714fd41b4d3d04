"""Turns: senders of one priority are served one after the other, however much each has sent.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with jobs of equal cost, and no state
but the jobs themselves.  A job's round is one behind that of the sender's last which waits, and one
behind the round that is being served.  So a sender's jobs stand in rounds of their own, and one
that comes anew stands in the next.  None is ever added to the round that is served: each ends, and
nobody starves.  Within a round those go first whose senders had nothing waiting.

A turn is twice the round, and one more for those that go last.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ScalarSelect,
    bindparam,
    case,
    func,
    literal_column,
    select,
    union_all,
)

from safety_detector.database.tables import QUEUED, RUNNING, jobs


def _next_turn() -> ScalarSelect[int]:
    waits = jobs.alias("waits")
    front = jobs.alias("front")
    runs = jobs.alias("runs")
    queue: BindParameter[str] = bindparam("of_queue")
    priority: BindParameter[int] = bindparam("of_priority")
    # What waits for a later moment says nothing: it may have come in a round of long ago.
    is_due = bindparam("by_now", type_=jobs.c.due_at.type)
    rounds = union_all(
        select(func.max(waits.c.turn).label("turn"), literal_column("1").label("own")).where(
            waits.c.queue == queue,
            waits.c.priority == priority,
            waits.c.sender == bindparam("of_sender"),
            waits.c.due_at <= is_due,
            QUEUED,
        ),
        select(func.min(front.c.turn), literal_column("0")).where(
            front.c.queue == queue, front.c.priority == priority, front.c.due_at <= is_due, QUEUED
        ),
        select(func.max(runs.c.turn), literal_column("0")).where(
            runs.c.queue == queue, runs.c.priority == priority, RUNNING
        ),
    ).subquery("rounds")
    before = func.coalesce(func.max(rounds.c.turn), 0) // 2
    goes_last = func.coalesce(func.max(case((rounds.c.turn.is_not(None), rounds.c.own))), 0)
    return select(2 * (before + 1) + goes_last).scalar_subquery()


NEXT_TURN = _next_turn()
"""The turn of a job that comes now; each part is a look at one end of an index.

Part of an insert or an update that is executed with ``turn_values``.
"""


def turn_values(queue: str, priority: int, sender: str, now: datetime) -> dict[str, object]:
    """Whose turn ``NEXT_TURN`` is."""
    return {"of_queue": queue, "of_priority": priority, "of_sender": sender, "by_now": now}
