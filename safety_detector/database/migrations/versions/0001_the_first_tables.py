"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("camera_id", sa.String(length=64)),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("backend", sa.String(length=16)),
        sa.Column("min_interval_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("newest_frame_at", Instant),
        sa.Column("newest_captured_at", Instant),
        sa.Column("frames_received", sa.BigInteger(), nullable=False),
        sa.Column("frames_inspected", sa.BigInteger(), nullable=False),
        sa.Column("frames_skipped", sa.BigInteger(), nullable=False),
        sa.Column("frames_replaced", sa.BigInteger(), nullable=False),
        sa.Column("frames_refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cameras"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_events_order", "events", ["transaction_id", "id"])

    op.create_table(
        "inspections",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("captured_at", Instant),
        sa.Column("camera_id", sa.String(length=64)),
        sa.Column("batch_id", sa.String(length=26)),
        sa.Column("submitted_by", sa.String(length=26)),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("idempotency_owner", sa.String(length=26)),
        sa.Column("idempotency_key", sa.String(length=255)),
        sa.Column("backend", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128)),
        sa.Column("claimed_at", Instant),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("waiting_reason", sa.Text()),
        sa.Column("finished_at", Instant),
        sa.Column("detections", Json, nullable=False),
        sa.Column("runs", Json, nullable=False),
        sa.Column("error", Json),
        sa.Column("has_fire", sa.Boolean(), nullable=False),
        sa.Column("has_smoke", sa.Boolean(), nullable=False),
        sa.Column("has_person", sa.Boolean(), nullable=False),
        sa.Column("annotated_fence", sa.Integer()),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspections"),
        sa.UniqueConstraint(
            "idempotency_owner",
            "idempotency_key",
            name="uq_inspections_idempotency_owner_idempotency_key",
        ),
    )
    op.create_index("ix_inspections_batch_id", "inspections", ["batch_id", "id"])
    op.create_index("ix_inspections_camera_id", "inspections", ["camera_id", "id"])
    op.create_index(
        "ix_inspections_due",
        "inspections",
        ["backend", "priority", "due_at"],
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_inspections_running",
        "inspections",
        ["due_at"],
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index("ix_inspections_sha256", "inspections", ["sha256"])
    op.create_index("ix_inspections_status", "inspections", ["status", "id"])
    op.create_index("ix_inspections_verdict", "inspections", ["verdict", "id"])
    op.create_index(
        "ix_inspections_waiting_frame",
        "inspections",
        ["camera_id"],
        sqlite_where=sa.text("source = 'frame' AND status = 'queued'"),
        postgresql_where=sa.text("source = 'frame' AND status = 'queued'"),
    )

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "outages",
        sa.Column("backend", sa.String(length=16), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("paused_until", Instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("backend", name="pk_outages"),
    )
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("touched_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_pictures"),
    )
    op.create_index("ix_pictures_touched_at", "pictures", ["touched_at"])

    op.create_table(
        "replaced_frames",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("replaced_by", sa.String(length=26), nullable=False),
        sa.Column("replaced_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_replaced_frames"),
    )
    op.create_index("ix_replaced_frames_replaced_at", "replaced_frames", ["replaced_at"])

    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "shard", name="pk_tallies"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )


def downgrade() -> None:
    """Back to nothing."""
    op.drop_table("workers")
    op.drop_table("tallies")
    op.drop_table("replaced_frames")
    op.drop_table("pictures")
    op.drop_table("outages")
    op.drop_table("leases")
    op.drop_table("inspections")
    op.drop_table("events")
    op.drop_table("cameras")
    op.drop_table("api_keys")
