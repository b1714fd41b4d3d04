"""Whether an alarm that began a cool-down was of permitted hot work.

Of those that were begun before it is taken that it was not; they end within a day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.add_column(
        "cool_downs",
        sa.Column("permitted", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("cool_downs", "permitted")
