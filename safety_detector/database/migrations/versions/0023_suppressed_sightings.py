"""What was seen of cameras and did not count; of before nobody knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "suppressed_sightings",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=8), nullable=False),
        sa.Column("mask", sa.String(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "day", "by", "mask", name="pk_suppressed_sightings"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("suppressed_sightings")
