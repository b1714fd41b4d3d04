"""Rules that say who is told of what, and what is held back meanwhile.

Channels that are there have no rule, and are told of everything as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ULID = sa.String(length=26)


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "alert_rules",
        sa.Column("id", _ULID, nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_rules"),
    )
    op.create_table(
        "cool_downs",
        sa.Column("rule_id", _ULID, nullable=False),
        sa.Column("channel_id", _ULID, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("hazards", Json, nullable=False),
        sa.PrimaryKeyConstraint(
            "rule_id", "channel_id", "camera_id", "family", name="pk_cool_downs"
        ),
    )
    op.create_table(
        "escalations",
        sa.Column("rule_id", _ULID, nullable=False),
        sa.Column("incident_id", _ULID, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("settled_at", Instant),
        sa.PrimaryKeyConstraint("rule_id", "incident_id", name="pk_escalations"),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_escalations_due_at",
        "escalations",
        ["due_at"],
        postgresql_where=unsettled,
        sqlite_where=unsettled,
    )
    op.create_table(
        "overdue_alerts",
        sa.Column("incident_id", _ULID, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "due_at", name="pk_overdue_alerts"),
    )
    op.create_table(
        "channel_paces",
        sa.Column("channel_id", _ULID, nullable=False),
        sa.Column("sent_at", Json, nullable=False),
        sa.Column("paused_until", Instant),
        sa.PrimaryKeyConstraint("channel_id", name="pk_channel_paces"),
    )
    op.add_column("messages", sa.Column("rule_ids", Json, nullable=False, server_default="[]"))
    op.add_column("messages", sa.Column("told_in", _ULID))
    held = sa.text("status = 'held'")
    op.create_index(
        "ix_messages_held",
        "messages",
        ["next_try_at", "channel_id"],
        postgresql_where=held,
        sqlite_where=held,
    )


def downgrade() -> None:
    """Back to the version before, in which every channel is told of everything."""
    unknown = (
        "SELECT id FROM messages WHERE status IN ('held', 'collected') "
        "OR type NOT IN ('incident.opened', 'incident.escalated', 'channel.test')"
    )
    op.execute(f"DELETE FROM jobs WHERE kind = 'message' AND subject_id IN ({unknown})")  # noqa: S608 (constants)
    op.execute(f"DELETE FROM deliveries WHERE message_id IN ({unknown})")  # noqa: S608 (constants)
    op.execute(f"DELETE FROM messages WHERE id IN ({unknown})")  # noqa: S608 (constants)
    op.drop_index("ix_messages_held", "messages")
    op.drop_column("messages", "told_in")
    op.drop_column("messages", "rule_ids")
    for name in ("channel_paces", "overdue_alerts"):
        op.drop_table(name)
    op.drop_index("ix_escalations_due_at", "escalations")
    for name in ("escalations", "cool_downs", "alert_rules"):
        op.drop_table(name)
