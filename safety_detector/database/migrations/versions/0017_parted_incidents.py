"""Incidents that a person parted from others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.add_column("incidents", sa.Column("split_from", sa.String(length=26)))
    op.create_index("ix_incidents_split_from", "incidents", ["split_from"])


def downgrade() -> None:
    """Back to the version before, in which what was parted stays an incident of its own."""
    op.drop_index("ix_incidents_split_from", "incidents")
    op.drop_column("incidents", "split_from")
