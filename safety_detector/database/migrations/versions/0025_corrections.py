"""What people say is in pictures; and which incidents a picture shows, by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "corrections",
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("boxes", Json, nullable=False),
        sa.Column("removed", Json, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=26)),
        sa.Column("person_id", sa.String(length=26)),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", "version", name="pk_corrections"),
    )
    op.create_index("ix_corrections_made_at", "corrections", ["made_at", "inspection_id"])
    op.create_index("ix_incident_sightings_inspection_id", "incident_sightings", ["inspection_id"])


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_incident_sightings_inspection_id", "incident_sightings")
    op.drop_table("corrections")
