"""What was said of cameras' pictures and since when, when incidents open, and hot-work permits.

Of cameras that are there already what is said now counts for all of their pictures.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SAID = ("zones", "masks", "schedule", "incident_rules", "timezone", "every_s")

_cameras = sa.table(
    "cameras",
    sa.column("id", sa.String),
    sa.column("created_at", Instant),
    sa.column("zones", Json),
    sa.column("masks", Json),
    sa.column("schedule", Json),
    sa.column("incident_rules", Json),
    sa.column("timezone", sa.String),
    sa.column("every_s", sa.Float),
)


def upgrade() -> None:
    """Towards this version."""
    op.add_column("cameras", sa.Column("incident_rules", Json))
    versions = op.create_table(
        "rule_versions",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "at", name="pk_rule_versions"),
    )
    op.create_table(
        "permits",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("polygon", Json, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_permits"),
    )
    op.create_index("ix_permits_camera_until", "permits", ["camera_id", "until"])
    connection = op.get_bind()
    for row in connection.execute(sa.select(_cameras)).mappings().all():
        rules = {name: row[name] for name in _SAID}
        values = {"camera_id": row["id"], "at": row["created_at"], "rules": rules}
        connection.execute(sa.insert(versions), values)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_permits_camera_until", "permits")
    op.drop_table("permits")
    op.drop_table("rule_versions")
    op.drop_column("cameras", "incident_rules")
