"""Annotated pictures that a purge still has to remove."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "purged_files",
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_purged_files"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("purged_files")
