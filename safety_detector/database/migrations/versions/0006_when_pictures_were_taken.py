"""When pictures were taken, how urgent they are, and which hazards were found in each.

Of pictures that are there already the EXIF block is not read: they keep the time that their sender
stated, or else that of their arrival.  The rules and numbers are those of ``domain`` as they were
when this was written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_FIRST_DAY = datetime(2000, 1, 2, tzinfo=UTC)
_CLOCK_ERROR = timedelta(seconds=60)

_BITS = (
    *(("fire", state) for state in ("minor", "moderate", "severe", "uncertain")),
    *(("smoke", state) for state in ("minor", "moderate", "severe", "uncertain")),
    *(("person", state) for state in ("helmet", "no_helmet", "uncertain")),
)
_RANKS = (
    *(("fire", state) for state in ("severe", "moderate", "minor", "uncertain")),
    *(("smoke", state) for state in ("severe", "moderate", "minor", "uncertain")),
    *(("person", state) for state in ("no_helmet", "uncertain", "helmet")),
)
_URGENCIES = {"clear": 10, "inconclusive": 30}
_FAILED, _MOST_URGENT = 20, 200

_OLD_FLAGS = ("has_fire", "has_smoke", "has_person")

_inspections = sa.table(
    "inspections",
    sa.column("id", sa.String),
    sa.column("status", sa.String),
    sa.column("verdict", sa.String),
    sa.column("detections", Json),
    sa.column("received_at", Instant),
    sa.column("captured_at", Instant),
    sa.column("taken_at", Instant),
    sa.column("taken_from", sa.String),
    sa.column("taken_notes", Json),
    sa.column("urgency", sa.Integer),
    sa.column("hazard_bits", sa.Integer),
    sa.column("has_fire", sa.Boolean),
    sa.column("has_smoke", sa.Boolean),
    sa.column("has_person", sa.Boolean),
)


def upgrade() -> None:
    """Towards this version."""
    op.add_column("inspections", sa.Column("taken_at", Instant))
    new: tuple[sa.Column[Any], ...] = (
        sa.Column("taken_from", sa.String(length=16), nullable=False, server_default="arrival"),
        sa.Column("taken_notes", Json, nullable=False, server_default="[]"),
        sa.Column("urgency", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("hazard_bits", sa.Integer(), nullable=False, server_default="0"),
    )
    for one in new:
        op.add_column("inspections", one)
    connection = op.get_bind()
    row = _inspections.c
    connection.execute(sa.update(_inspections).values(taken_at=row.received_at))
    after = ""
    query = (
        sa.select(row.id, row.status, row.verdict, row.detections, row.received_at, row.captured_at)
        .where(sa.or_(row.captured_at.is_not(None), row.verdict.is_not(None)))
        .order_by(row.id)
        .limit(_AT_ONCE)
    )
    change = (
        sa.update(_inspections)
        .where(row.id == sa.bindparam("of_id"))
        .values({name: sa.bindparam(name) for name in _VALUES})
    )
    while found := connection.execute(query.where(row.id > after)).all():
        connection.execute(change, [_values(one) for one in found])
        after = found[-1].id
    for name in _OLD_FLAGS:
        op.drop_column("inspections", name)
    op.drop_index("ix_inspections_camera_id", "inspections")
    op.drop_index("ix_inspections_verdict", "inspections")
    op.create_index("ix_inspections_taken_at", "inspections", ["taken_at", "id"])
    for name in ("camera", "verdict"):
        column = "camera_id" if name == "camera" else name
        op.create_index(
            f"ix_inspections_{name}_taken_at", "inspections", [column, "taken_at", "id"]
        )
    op.create_index("ix_inspections_urgency", "inspections", ["urgency", "taken_at", "id"])


_VALUES = ("taken_at", "taken_from", "taken_notes", "urgency", "hazard_bits")


def _values(row: Any) -> dict[str, Any]:
    pairs = [(one["label"], one["sub_label"]) for one in row.detections]
    if row.status == "failed":
        urgency = _FAILED
    elif row.verdict == "hazard":
        urgency = max((_MOST_URGENT - _RANKS.index(one) for one in pairs), default=_MOST_URGENT)
    else:
        urgency = _URGENCIES.get(row.verdict, 0)
    return {
        "of_id": row.id,
        "urgency": urgency,
        "hazard_bits": sum(1 << _BITS.index(one) for one in set(pairs)),
        **_taken(row),
    }


def _taken(row: Any) -> dict[str, Any]:
    stated = row.captured_at
    code = None
    if stated is not None and stated < _FIRST_DAY:
        code = "clock-never-set"
    elif stated is not None and stated > row.received_at + _CLOCK_ERROR:
        code = "in-the-future"
    if stated is not None and code is None:
        return {"taken_at": stated, "taken_from": "captured_at", "taken_notes": []}
    note = {"source": "captured_at", "stated": stated.isoformat(), "zone": None} if stated else {}
    notes = [{"code": code, **note}] if code else []
    return {"taken_at": row.received_at, "taken_from": "arrival", "taken_notes": notes}


def downgrade() -> None:
    """Back to the version before."""
    for name in ("urgency", "verdict_taken_at", "camera_taken_at", "taken_at"):
        op.drop_index(f"ix_inspections_{name}", "inspections")
    for name in _OLD_FLAGS:
        op.add_column(
            "inspections", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    row = _inspections.c
    bits = {
        name: sum(1 << place for place, (label, _) in enumerate(_BITS) if label == name)
        for name in ("fire", "smoke", "person")
    }
    op.execute(
        sa.update(_inspections).values(
            {f"has_{name}": row.hazard_bits.bitwise_and(mask) != 0 for name, mask in bits.items()}
        )
    )
    op.create_index("ix_inspections_camera_id", "inspections", ["camera_id", "id"])
    op.create_index("ix_inspections_verdict", "inspections", ["verdict", "id"])
    for column in _VALUES:
        op.drop_column("inspections", column)
