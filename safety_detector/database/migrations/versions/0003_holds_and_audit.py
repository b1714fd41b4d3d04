"""Holds with their reason, the audit log, and what retention has to know of a picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log is only added to"
_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_keeps_{change} BEFORE {change} ON audit "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for change in ("update", "delete")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        ),
        (
            "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()"
        ),
        (
            "CREATE TRIGGER audit_keeps_all BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()"
        ),
    ],
}


def upgrade() -> None:
    """Towards this version."""
    op.create_table(
        "holds",
        sa.Column("inspection_id", sa.String(length=26), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_holds"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=26)),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("details", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    # Nothing ever set it; a hold has a reason and somebody who answers for it.
    op.drop_column("inspections", "held")
    op.add_column("inspections", sa.Column("idempotency_subject", sa.String(length=64)))
    op.add_column("inspections", sa.Column("annotated_bytes", sa.Integer()))
    op.execute(
        "UPDATE inspections SET idempotency_subject = sha256 WHERE idempotency_key IS NOT NULL"
    )
    op.create_index(
        "ix_inspections_annotated_bytes",
        "inspections",
        ["annotated_bytes"],
        sqlite_where=sa.text("annotated_bytes IS NOT NULL"),
        postgresql_where=sa.text("annotated_bytes IS NOT NULL"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_inspections_annotated_bytes", "inspections")
    op.drop_column("inspections", "annotated_bytes")
    op.drop_column("inspections", "idempotency_subject")
    op.add_column(
        "inspections",
        sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.drop_table("audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_refuse_change()")
    op.drop_table("holds")
