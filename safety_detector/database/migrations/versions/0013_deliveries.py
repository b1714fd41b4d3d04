"""What devices send to the receivers, by what they are known, and keys that Digest can check."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json, StoredReason

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "camera_devices",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=17)),
        sa.Column("address", sa.String(length=45)),
        sa.Column("channel", sa.Integer()),
        sa.Column("acknowledgement", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_devices"),
    )
    op.create_table(
        "camera_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("camera_id", sa.String(length=64)),
        sa.Column("make", sa.String(length=16), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("peer", sa.String(length=45)),
        sa.Column("content_type", sa.String(length=200)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("contents", Json, nullable=False),
        sa.Column("reason", StoredReason),
        sa.Column("head", sa.Text()),
        sa.Column("inspection_id", sa.String(length=26)),
        sa.PrimaryKeyConstraint("id", name="pk_camera_deliveries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_camera_deliveries_camera_id", "camera_deliveries", ["camera_id", "id"])
    op.add_column("api_keys", sa.Column("digest", sa.LargeBinary()))


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("api_keys", "digest")
    op.drop_table("camera_deliveries")
    op.drop_table("camera_devices")
