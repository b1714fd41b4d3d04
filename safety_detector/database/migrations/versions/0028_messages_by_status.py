"""Messages by how they stand: those that did not arrive are few among many."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.create_index("ix_messages_status", "messages", ["status", "id"])


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_messages_status", "messages")
