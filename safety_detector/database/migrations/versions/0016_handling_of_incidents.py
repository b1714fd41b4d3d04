"""What people say of incidents and do about them, the pictures that show them, and their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ULID = sa.String(length=26)
_COLUMNS = (
    ("joined_to", _ULID),
    ("location", sa.Text()),
    ("description", sa.Text()),
    ("basis", sa.Text()),
    ("level", sa.String(length=16)),
    ("measure", sa.Text()),
    ("responsible_unit", sa.Text()),
    ("funds", sa.Text()),
    ("contingency_plan", sa.Text()),
    ("after_inspection_id", _ULID),
    ("rectified_at", Instant),
    ("verified_at", Instant),
    ("effect_due_at", Instant),
    ("effect_checked_at", Instant),
)
# Of incidents that are there already the best picture is all that is known.
_BEST = """
INSERT INTO incident_sightings (incident_id, at, inspection_id, box, severity, score)
SELECT incidents.id, inspections.taken_at, inspections.id, incidents.best_box, incidents.severity,
       incidents.peak_score
FROM incidents JOIN inspections ON inspections.id = incidents.best_inspection_id
"""


def upgrade() -> None:
    """Towards this version."""
    op.add_column(
        "incidents", sa.Column("version", sa.Integer(), nullable=False, server_default="0")
    )
    for name, kind in _COLUMNS:
        op.add_column("incidents", sa.Column(name, kind))
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])
    op.create_index("ix_incidents_joined_to", "incidents", ["joined_to"])
    op.create_table(
        "incident_sightings",
        sa.Column("incident_id", _ULID, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("inspection_id", _ULID, nullable=False),
        sa.Column("box", Json, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float()),
        sa.PrimaryKeyConstraint("incident_id", "at", "inspection_id", name="pk_incident_sightings"),
    )
    op.execute(_BEST)
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("incident_id", _ULID))
        batch.alter_column("inspection_id", existing_type=_ULID, nullable=True)
        batch.alter_column("kind", existing_type=sa.String(length=16), type_=sa.String(length=32))


def downgrade() -> None:
    """Back to the version before, which tells of inspections alone."""
    op.execute("DELETE FROM events WHERE incident_id IS NOT NULL")
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("kind", existing_type=sa.String(length=32), type_=sa.String(length=16))
        batch.alter_column("inspection_id", existing_type=_ULID, nullable=False)
        batch.drop_column("incident_id")
    op.drop_table("incident_sightings")
    op.drop_index("ix_incidents_joined_to", "incidents")
    op.drop_index("ix_incidents_merged_into", "incidents")
    for name, _ in reversed(_COLUMNS):
        op.drop_column("incidents", name)
    op.drop_column("incidents", "version")
