"""Reports that a worker makes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("wanted", Json, nullable=False),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("requested_by", sa.String(length=26)),
        sa.Column("due_at", Instant),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("waiting_reason", sa.Text()),
        sa.Column("stage", sa.String(length=16)),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("finished_at", Instant),
        sa.Column("files", Json, nullable=False),
        sa.Column("error", Json),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    op.create_index("ix_reports_status", "reports", ["status", "id"])


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("reports")
