"""People who sign in, and that they stand beside what they did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ULID = sa.String(length=26)
_SHA256 = sa.String(length=64)


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "people",
        sa.Column("id", _ULID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("disabled_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("login", name="uq_people_login"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", _SHA256, nullable=False),
        sa.Column("person_id", _ULID),
        sa.Column("key_id", _ULID),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_index("ix_sessions_seen_at", "sessions", ["seen_at"])
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", _SHA256, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("free_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_failures"),
    )
    op.create_table(
        "review_reservations",
        sa.Column("incident_id", _ULID, nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_review_reservations"),
    )
    op.add_column("audit", sa.Column("person_id", _ULID))
    op.add_column("incident_acts", sa.Column("person_id", _ULID))


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("incident_acts", "person_id")
    op.drop_column("audit", "person_id")
    op.drop_table("review_reservations")
    op.drop_table("sign_in_failures")
    op.drop_table("sessions")
    op.drop_table("people")
