"""Cameras that were removed, and by quarter of an hour what became of frames.

Of cameras that were removed before, the audit log tells the names and the times.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_audit = sa.table(
    "audit",
    sa.column("id", sa.Integer),
    sa.column("at", Instant),
    sa.column("action", sa.String),
    sa.column("subject", sa.Text),
    sa.column("details", Json),
)
_replaced = sa.table(
    "replaced_frames", sa.column("camera_id", sa.String), sa.column("replaced_at", Instant)
)


def upgrade() -> None:
    """Towards this version."""
    former = op.create_table(
        "former_cameras",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("removed_at", Instant, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "removed_at", name="pk_former_cameras"),
    )
    counts = op.create_table(
        "frame_counts",
        sa.Column("slot", Instant, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("replaced", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", "camera_id", name="pk_frame_counts"),
    )
    connection = op.get_bind()
    removed = _removed(connection)
    if removed:
        connection.execute(sa.insert(former), removed)
    # A day's frames of many cameras: PostgreSQL's driver would hold all of them in memory.
    replaced_frames = sa.select(_replaced.c.replaced_at, _replaced.c.camera_id)
    replaced_frames = replaced_frames.execution_options(yield_per=10_000)
    replaced = Counter(
        (_slot(row.replaced_at), row.camera_id) for row in connection.execute(replaced_frames)
    )
    if replaced:
        rows = [
            {"slot": slot, "camera_id": camera_id, "replaced": number, "skipped": 0}
            for (slot, camera_id), number in replaced.items()
        ]
        connection.execute(sa.insert(counts), rows)


def _removed(connection: sa.Connection) -> list[dict[str, Any]]:
    query = (
        sa.select(_audit)
        .where(_audit.c.action.in_(("camera-added", "camera-removed")))
        .order_by(_audit.c.id)
    )
    added: dict[str, datetime] = {}
    found: dict[tuple[str, datetime], dict[str, Any]] = {}
    for row in connection.execute(query):
        if row.action == "camera-added":
            added[row.subject] = row.at
            continue
        found[row.subject, row.at] = {
            "id": row.subject,
            "removed_at": row.at,
            "created_at": added.pop(row.subject, row.at),
            "name": row.details.get("name") or row.subject,
        }
    return list(found.values())


def _slot(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("frame_counts")
    op.drop_table("former_cameras")
