"""Folders on the server that are read into batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "folder_readings",
        sa.Column("batch_id", sa.String(length=26), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("requested_by", sa.String(length=26)),
        sa.Column("due_at", Instant),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128)),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("waiting_reason", sa.Text()),
        sa.Column("position", sa.LargeBinary()),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("skipped", Json, nullable=False),
        sa.Column("finished_at", Instant),
        sa.PrimaryKeyConstraint("batch_id", name="pk_folder_readings"),
    )
    op.create_index("ix_folder_readings_due_at", "folder_readings", ["due_at"])
    op.create_table(
        "folder_errors",
        sa.Column("batch_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_folder_errors"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("folder_errors")
    op.drop_table("folder_readings")
