"""How old incidents and messages are, and from when on a camera's looks are there.

What is over is stamped by triggers, so that nothing that ends it can forget to.  An incident is
over once cameras see it no more; what people do about it begins its age anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OVER = "NEW.stage IN ('ended', 'merged')"
_NOW = "coalesce((SELECT at FROM age_clock), NEW.ended_at, NEW.last_seen_at)"
_STAMP = f"CASE WHEN {_OVER} THEN {_NOW} END"
_CHANGED = {
    "update": "UPDATE OF stage, state",
    "insert": "INSERT",
}
_SQLITE_INCIDENTS = """
CREATE TRIGGER incidents_age_{name} AFTER {event} ON incidents
WHEN {condition}
BEGIN
    UPDATE incidents SET aged_from = {stamp} WHERE id = NEW.id;
END
"""
_SQLITE_IS_CHANGED = "NEW.stage IS NOT OLD.stage OR NEW.state IS NOT OLD.state"
_POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION stamp_incident_age() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.aged_from := {_STAMP};
    RETURN NEW;
END $$
"""
_POSTGRESQL_INCIDENTS = """
CREATE TRIGGER incidents_age_{name} BEFORE {event} ON incidents
FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION stamp_incident_age()
"""
_POSTGRESQL_IS_CHANGED = (
    "NEW.stage IS DISTINCT FROM OLD.stage OR NEW.state IS DISTINCT FROM OLD.state"
)
_SQLITE_MESSAGES = """
CREATE TRIGGER messages_age_{name} AFTER {event} ON messages
WHEN NEW.finished_at IS NOT NULL OR NEW.aged_from IS NOT NULL
BEGIN
    UPDATE messages
    SET aged_from = CASE WHEN NEW.finished_at IS NULL THEN NULL
                    ELSE coalesce((SELECT at FROM age_clock), NEW.finished_at) END
    WHERE id = NEW.id;
END
"""
# The function is that of inspections and reports.
_POSTGRESQL_MESSAGES = """
CREATE TRIGGER messages_age_{name} BEFORE {event} ON messages
FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL OR NEW.aged_from IS NOT NULL)
EXECUTE FUNCTION stamp_age()
"""
_MESSAGE_EVENTS = {"update": "UPDATE OF finished_at", "insert": "INSERT"}


def upgrade() -> None:
    """Towards this version."""
    op.add_column("incidents", sa.Column("aged_from", Instant))
    op.add_column("messages", sa.Column("aged_from", Instant))
    op.add_column("incident_states", sa.Column("looks_from", Instant))
    op.execute(
        "UPDATE incidents SET aged_from = coalesce(closed_at, ended_at, last_seen_at) "
        "WHERE stage IN ('ended', 'merged')"
    )
    op.execute("UPDATE messages SET aged_from = finished_at")
    op.create_index("ix_incidents_aged_from", "incidents", ["aged_from", "id"])
    op.create_index("ix_messages_aged_from", "messages", ["aged_from", "id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(_POSTGRESQL_FUNCTION)
    of_incidents = _SQLITE_INCIDENTS if is_sqlite else _POSTGRESQL_INCIDENTS
    is_changed = _SQLITE_IS_CHANGED if is_sqlite else _POSTGRESQL_IS_CHANGED
    for name, event in _CHANGED.items():
        condition = is_changed if name == "update" else _OVER
        op.execute(of_incidents.format(name=name, event=event, condition=condition, stamp=_STAMP))
    of_messages = _SQLITE_MESSAGES if is_sqlite else _POSTGRESQL_MESSAGES
    for name, event in _MESSAGE_EVENTS.items():
        op.execute(of_messages.format(name=name, event=event))


def downgrade() -> None:
    """Back to the version before, in which they are kept for ever."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("incidents", "messages"):
        for name in ("update", "insert"):
            on_table = "" if is_sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER {table}_age_{name}{on_table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION stamp_incident_age()")
    op.drop_index("ix_messages_aged_from", "messages")
    op.drop_index("ix_incidents_aged_from", "incidents")
    op.drop_column("incident_states", "looks_from")
    op.drop_column("messages", "aged_from")
    op.drop_column("incidents", "aged_from")
