"""Incidents about what is wrong with a camera, of which there is no picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Json, StoredReason

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    with op.batch_alter_table("incidents") as incidents:
        incidents.alter_column(
            "best_inspection_id", existing_type=sa.String(length=26), nullable=True
        )
        incidents.alter_column("best_box", existing_type=Json, nullable=True)
        incidents.add_column(sa.Column("reason", StoredReason))
    with op.batch_alter_table("incident_changes") as changes:
        changes.alter_column("inspection_id", existing_type=sa.String(length=26), nullable=True)


def downgrade() -> None:
    """Back to the version before, which knows of none of them."""
    for table in ("incident_acts", "incident_changes", "incident_aliases"):
        op.execute(
            f"DELETE FROM {table} WHERE incident_id IN "  # noqa: S608 (names of ours)
            "(SELECT id FROM incidents WHERE best_inspection_id IS NULL)"
        )
    op.execute("DELETE FROM incidents WHERE best_inspection_id IS NULL")
    with op.batch_alter_table("incident_changes") as changes:
        changes.alter_column("inspection_id", existing_type=sa.String(length=26), nullable=False)
    with op.batch_alter_table("incidents") as incidents:
        incidents.drop_column("reason")
        incidents.alter_column("best_box", existing_type=Json, nullable=False)
        incidents.alter_column(
            "best_inspection_id", existing_type=sa.String(length=26), nullable=False
        )
