"""By what another system knows people; from where they are signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards this version."""
    op.add_column("people", sa.Column("identity", sa.String(64)))
    op.create_index("ix_people_identity", "people", ["identity"], unique=True)
    op.add_column("sessions", sa.Column("address", sa.String(64)))
    op.add_column("sessions", sa.Column("agent", sa.Text()))


def downgrade() -> None:
    """Back to the version before.

    People of elsewhere stay, with what they did, and without a password: they cannot sign in until
    an administrator gives them one.  Upgrading again does not bring back by what another system
    knows them: whoever comes from there is new, with a number behind the name that the old account
    has.
    """
    op.drop_column("sessions", "agent")
    op.drop_column("sessions", "address")
    op.drop_index("ix_people_identity", "people")
    op.drop_column("people", "identity")
