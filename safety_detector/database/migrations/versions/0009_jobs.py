"""What is to be done stands in one table, and no longer among what it is about.

Work that waits or runs is carried over: a claim keeps its fence and its lease, and the jobs of a
sender stand in rounds of their own from now on (see ``safety_detector/jobs/turns.py``).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_QUEUED = sa.text("state = 'queued'")
_RUNNING = sa.text("state = 'running'")
_COALESCED = sa.text("coalesce_key IS NOT NULL")

# Name, columns, and which rows are in it.
_INDEXES = (
    ("ix_jobs_turn", ["queue", "priority", "turn", "due_at"], _QUEUED),
    ("ix_jobs_sender", ["queue", "priority", "sender", "turn", "due_at"], _QUEUED),
    ("ix_jobs_due", ["due_at", "kind", "state"], _QUEUED),
    ("ix_jobs_running", ["queue", "priority", "turn", "due_at"], _RUNNING),
    ("ix_jobs_coalesce_key", ["coalesce_key", "state"], _COALESCED),
)

_COLUMNS = (
    "kind, subject_id, queue, priority, sender, turn, due_at, state, fence, worker, failures, "
    "losses, outages, waiting_reason, coalesce_key"
)
_UNFINISHED = "status IN ('queued', 'running')"

# Twice the number among the sender's, and one more for all but its first (``jobs/turns.py``).
_TURN = "2 * row_number() OVER ({0}) + CASE WHEN row_number() OVER ({0}) > 1 THEN 1 ELSE 0 END"

_INSPECTIONS = f"""
    INSERT INTO jobs ({_COLUMNS})
    SELECT
        'inspection', id, backend, priority, sender,
        {_TURN.format("PARTITION BY backend, priority, sender ORDER BY due_at, id")},
        due_at, status, fence, worker, failures, losses, outages, waiting_reason, coalesce_key
    FROM (
        SELECT
            id, backend, priority, coalesce(due_at, received_at) AS due_at, status, fence, worker,
            failures, losses, outages, waiting_reason,
            CASE
                WHEN source = 'frame' THEN 'camera:' || coalesce(camera_id, '')
                ELSE coalesce(submitted_by, batch_id, '-')
            END AS sender,
            CASE WHEN source = 'frame' THEN camera_id END AS coalesce_key
        FROM inspections WHERE {_UNFINISHED}
    ) AS unfinished
"""  # noqa: S608 (constants)

_REPORTS = f"""
    INSERT INTO jobs ({_COLUMNS})
    SELECT
        'report', id, 'render', 0, coalesce(requested_by, '-'),
        {_TURN.format("PARTITION BY requested_by ORDER BY due_at, id")},
        coalesce(due_at, requested_at), status, fence, worker, failures, losses, outages,
        waiting_reason, NULL
    FROM reports WHERE {_UNFINISHED}
"""  # noqa: S608 (constants)

_FOLDERS = f"""
    INSERT INTO jobs ({_COLUMNS})
    SELECT
        'folder', batch_id, 'folders', 0, coalesce(requested_by, '-'),
        {_TURN.format("PARTITION BY requested_by ORDER BY due_at, batch_id")},
        coalesce(due_at, requested_at), status, fence, worker, 0, losses, outages,
        waiting_reason, NULL
    FROM folder_readings WHERE {_UNFINISHED}
"""  # noqa: S608 (constants)

_OF_ALL = ("due_at", "worker", "losses", "outages", "waiting_reason")
_MOVED = {
    "inspections": (*_OF_ALL, "failures", "priority", "claimed_at"),
    "reports": (*_OF_ALL, "failures"),
    "folder_readings": (*_OF_ALL, "fence"),
}
_OLD_INDEXES = {
    "ix_inspections_due": "inspections",
    "ix_inspections_running": "inspections",
    "ix_inspections_waiting_frame": "inspections",
    "ix_folder_readings_due_at": "folder_readings",
}


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "jobs",
        sa.Column("subject_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("waiting_reason", sa.Text()),
        sa.Column("coalesce_key", sa.String(length=64)),
        sa.PrimaryKeyConstraint("subject_id", "kind", name="pk_jobs"),
    )
    for statement in (_INSPECTIONS, _REPORTS, _FOLDERS):
        op.execute(statement)
    for name, columns, rows in _INDEXES:
        op.create_index(name, "jobs", columns, sqlite_where=rows, postgresql_where=rows)
    for name, table in _OLD_INDEXES.items():
        op.drop_index(name, table)
    for table, names in _MOVED.items():
        for name in names:
            op.drop_column(table, name)


def downgrade() -> None:
    """Back to the version before."""
    kinds = {"inspections": "inspection", "reports": "report", "folder_readings": "folder"}
    types: dict[str, type[Instant] | sa.String] = {
        "due_at": Instant,
        "claimed_at": Instant,
        "worker": sa.String(length=128),
        "waiting_reason": sa.Text(),
    }
    for table, names in _MOVED.items():
        key = "batch_id" if table == "folder_readings" else "id"
        for name in names:
            if name in types:
                op.add_column(table, sa.Column(name, types[name]))
            else:
                column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
                op.add_column(table, column)
            if name != "claimed_at":
                op.execute(
                    f"UPDATE {table} SET {name} = (SELECT {name} FROM jobs "  # noqa: S608 (constants)
                    f"WHERE kind = '{kinds[table]}' AND subject_id = {key}) "
                    f"WHERE {key} IN (SELECT subject_id FROM jobs WHERE kind = '{kinds[table]}')"
                )
    op.execute("UPDATE inspections SET priority = 1 WHERE source = 'batch'")
    op.execute(
        "UPDATE inspections SET fence = (SELECT fence FROM jobs WHERE kind = 'inspection' "
        "AND subject_id = id) WHERE id IN (SELECT subject_id FROM jobs WHERE kind = 'inspection')"
    )
    queued, running = sa.text("status = 'queued'"), sa.text("status = 'running'")
    frame = sa.text("source = 'frame' AND status = 'queued'")
    for name, columns, rows in (
        ("ix_inspections_due", ["backend", "priority", "due_at"], queued),
        ("ix_inspections_running", ["due_at"], running),
        ("ix_inspections_waiting_frame", ["camera_id"], frame),
    ):
        op.create_index(name, "inspections", columns, sqlite_where=rows, postgresql_where=rows)
    op.create_index("ix_folder_readings_due_at", "folder_readings", ["due_at"])
    op.drop_table("jobs")
