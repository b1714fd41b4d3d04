"""A clock of the service's own for ages, marks in the feed, and how far other clocks are off.

What ends is stamped with that clock by triggers, so that nothing that ends it can forget to.  What
ended before is taken to be as old as its end says.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STAMPED = ("inspections", "reports")
_NOW = "coalesce((SELECT at FROM age_clock), NEW.finished_at)"
_SQLITE = """
CREATE TRIGGER {table}_age_{name} AFTER {event} ON {table}
WHEN NEW.finished_at IS NOT NULL OR NEW.aged_from IS NOT NULL
BEGIN
    UPDATE {table}
    SET aged_from = CASE WHEN NEW.finished_at IS NULL THEN NULL ELSE {now} END
    WHERE id = NEW.id;
END
"""
_FUNCTION = f"""
CREATE FUNCTION stamp_age() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.aged_from := CASE WHEN NEW.finished_at IS NULL THEN NULL ELSE {_NOW} END;
    RETURN NEW;
END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_age_{name} BEFORE {event} ON {table}
FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL OR NEW.aged_from IS NOT NULL)
EXECUTE FUNCTION stamp_age()
"""
_EVENTS = {"update": "UPDATE OF finished_at", "insert": "INSERT"}


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "age_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("wall_at", Instant, nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("boot_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_age_clock"),
    )
    op.create_table(
        "age_gaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("noticed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_age_gaps"),
    )
    op.create_table(
        "feed_marks",
        sa.Column("at", Instant, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", name="pk_feed_marks"),
    )
    op.create_table(
        "clock_skews",
        sa.Column("process", sa.String(length=128), nullable=False),
        sa.Column("ahead_s", sa.Float(), nullable=False),
        sa.Column("measured_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_clock_skews"),
    )
    for table in _STAMPED:
        op.add_column(table, sa.Column("aged_from", Instant))
        ended = sa.table(table, sa.column("aged_from", Instant), sa.column("finished_at", Instant))
        op.execute(sa.update(ended).values(aged_from=ended.c.finished_at))
    op.create_index("ix_inspections_aged_from", "inspections", ["aged_from", "id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(_FUNCTION)
    for table in _STAMPED:
        for name, event in _EVENTS.items():
            trigger = _SQLITE if is_sqlite else _POSTGRESQL
            op.execute(trigger.format(table=table, name=name, event=event, now=_NOW))


def downgrade() -> None:
    """Back to the version before."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _STAMPED:
        for name in _EVENTS:
            on_table = "" if is_sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER {table}_age_{name}{on_table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION stamp_age()")
    op.drop_index("ix_inspections_aged_from", "inspections")
    for table in _STAMPED:
        op.drop_column(table, "aged_from")
    for table in ("clock_skews", "feed_marks", "age_gaps", "age_clock"):
        op.drop_table(table)
