"""What is remembered of each camera's pictures, and the faults that were found.

Without it the first frame of each camera is looked at, and its health begins there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json, StoredReason

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "camera_looks",
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("arrived_at", Instant, nullable=False),
        sa.Column("small", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_camera_looks"),
    )
    op.create_index("ix_camera_looks_camera_id", "camera_looks", ["camera_id", "inspection_id"])
    op.create_table(
        "camera_states",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("differences", Json, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_states"),
    )
    op.create_table(
        "camera_references",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "kind", name="pk_camera_references"),
    )
    op.create_table(
        "camera_faults",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=16), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("noticed_at", Instant, nullable=False),
        sa.Column("reason", StoredReason, nullable=False),
        sa.Column("ended_at", Instant),
        sa.PrimaryKeyConstraint("camera_id", "fault", "since", name="pk_camera_faults"),
    )
    op.create_index(
        "ix_camera_faults_open",
        "camera_faults",
        ["camera_id", "fault"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_camera_faults_ended_at", "camera_faults", ["ended_at"])
    op.add_column(
        "frame_counts",
        sa.Column("unchanged", sa.BigInteger(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    """Back to the version before, which inspects every frame."""
    op.drop_column("frame_counts", "unchanged")
    for name in ("camera_faults", "camera_references", "camera_states", "camera_looks"):
        op.drop_table(name)
