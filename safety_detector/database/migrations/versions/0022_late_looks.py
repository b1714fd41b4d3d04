"""Looks that become known so late that they are folded in at their place by the sweeper."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "late_looks",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.Column("first_id", sa.String(length=26), nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("last_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_late_looks"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("late_looks")
