"""Of a message to several receivers, those that have it: who has it is not sent it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Json

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.add_column("messages", sa.Column("reached", Json))


def downgrade() -> None:
    """Back to the version before, which has no kind of several receivers."""
    op.drop_column("messages", "reached")
