"""Hazards of a camera's scene that were announced, and who was told of them.

Inspections that are there already open nothing: nobody can be told in time of what is long over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json, StoredReason

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_incidents_opened_at", ["opened_at", "id"]),
    ("ix_incidents_camera_opened_at", ["camera_id", "opened_at", "id"]),
    ("ix_incidents_stage_opened_at", ["stage", "opened_at", "id"]),
    ("ix_incidents_state_opened_at", ["state", "opened_at", "id"]),
)


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("hazards", Json, nullable=False),
        sa.Column("hazard_bits", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.String(length=64)),
        sa.Column("permit_id", sa.String(length=64)),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("quiet_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("merged_into", sa.String(length=26)),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("peak_score", sa.Float()),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("extent", sa.Float(), nullable=False),
        sa.Column("best_inspection_id", sa.String(length=26), nullable=False),
        sa.Column("best_box", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, server_default="open"),
        sa.Column("review", sa.String(length=16)),
        sa.Column("assignee", sa.Text()),
        sa.Column("due_at", Instant),
        sa.Column("acknowledged_at", Instant),
        sa.Column("closed_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    for name, columns in _INDEXES:
        op.create_index(name, "incidents", columns)
    op.create_table(
        "incident_aliases",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_aliases"),
    )
    op.create_table(
        "incident_changes",
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("because", Json, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "number", name="pk_incident_changes"),
    )
    op.create_table(
        "incident_acts",
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=26)),
        sa.Column("details", Json, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "number", name="pk_incident_acts"),
    )
    op.create_table(
        "incident_states",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_incident_states"),
    )
    op.create_table(
        "incident_checkpoints",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "at", "inspection_id", name="pk_incident_checkpoints"),
    )
    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("disabled_reason", StoredReason),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("channel_id", sa.String(length=26), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.String(length=26)),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant),
        sa.Column("finished_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_channel_id", "messages", ["channel_id", "id"])
    op.create_index("ix_messages_incident_id", "messages", ["incident_id", "id"])
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Integer()),
        sa.Column("reason", StoredReason),
        sa.PrimaryKeyConstraint("message_id", "number", name="pk_deliveries"),
    )


def downgrade() -> None:
    """Back to the version before, which tells nobody."""
    op.execute("DELETE FROM jobs WHERE kind = 'message'")
    op.drop_table("deliveries")
    op.drop_index("ix_messages_incident_id", "messages")
    op.drop_index("ix_messages_channel_id", "messages")
    op.drop_table("messages")
    op.drop_table("channels")
    op.drop_table("incident_checkpoints")
    op.drop_table("incident_states")
    op.drop_table("incident_acts")
    op.drop_table("incident_changes")
    op.drop_table("incident_aliases")
    for name, _ in _INDEXES:
        op.drop_index(name, "incidents")
    op.drop_table("incidents")
