"""Where a camera's pictures come from, what an operator says of them, and when it was last seen.

A camera that is there already goes on as it is: it pushes.  Jobs may be about a camera, whose id is
longer than a ULID.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json, StoredReason

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_QUEUED = sa.text("state = 'queued'")
_RUNNING = sa.text("state = 'running'")
_COALESCED = sa.text("coalesce_key IS NOT NULL")

# Name, columns, and which rows are in it; as in 0009.
_INDEXES = (
    ("ix_jobs_turn", ["queue", "priority", "turn", "due_at"], _QUEUED),
    ("ix_jobs_sender", ["queue", "priority", "sender", "turn", "due_at"], _QUEUED),
    ("ix_jobs_due", ["due_at", "kind", "state"], _QUEUED),
    ("ix_jobs_running", ["queue", "priority", "turn", "due_at"], _RUNNING),
    ("ix_jobs_coalesce_key", ["coalesce_key", "state"], _COALESCED),
)
_ULID, _CAMERA_ID = 26, 64


def upgrade() -> None:
    """Towards this version."""
    for column in _camera_columns():
        op.add_column("cameras", column)
    op.create_table(
        "camera_sightings",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("last_frame_at", Instant),
        sa.Column("last_error", StoredReason),
        sa.Column("codec", sa.String(length=32)),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("fps", sa.Float()),
        sa.Column("clock_difference_s", sa.Float()),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_sightings"),
    )
    _size_subjects(_ULID, _CAMERA_ID)


def downgrade() -> None:
    """Back to the version before, which knows nothing of jobs about cameras."""
    op.execute("DELETE FROM jobs WHERE kind NOT IN ('inspection', 'report', 'folder')")
    _size_subjects(_CAMERA_ID, _ULID)
    op.drop_table("camera_sightings")
    for column in reversed(_camera_columns()):
        op.drop_column("cameras", column.name)


def _camera_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("location", sa.Text()),
        sa.Column("timezone", sa.String(length=64)),
        sa.Column("source_kind", sa.String(length=16), nullable=False, server_default="push"),
        sa.Column("source", Json, nullable=False, server_default="{}"),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("every_s", sa.Float()),
        sa.Column("expected", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("zones", Json, nullable=False, server_default="[]"),
        sa.Column("masks", Json, nullable=False, server_default="[]"),
        sa.Column("schedule", Json, nullable=False, server_default="[]"),
        sa.Column("frames_unchanged", sa.BigInteger(), nullable=False, server_default="0"),
    )


def _size_subjects(before: int, after: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "jobs",
            "subject_id",
            existing_type=sa.String(length=before),
            type_=sa.String(length=after),
            existing_nullable=False,
        )
        return
    # SQLite cannot change a column; what it says of its length is for readers of the schema alone.
    for name, _, _ in _INDEXES:
        op.drop_index(name, "jobs")
    op.rename_table("jobs", "jobs_before")
    op.create_table(
        "jobs",
        sa.Column("subject_id", sa.String(length=after), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("waiting_reason", sa.Text()),
        sa.Column("coalesce_key", sa.String(length=64)),
        sa.PrimaryKeyConstraint("subject_id", "kind", name="pk_jobs"),
    )
    op.execute("INSERT INTO jobs SELECT * FROM jobs_before")
    op.drop_table("jobs_before")
    for name, columns, rows in _INDEXES:
        op.create_index(name, "jobs", columns, sqlite_where=rows)
