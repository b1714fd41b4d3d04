"""Which picture was shown when an incident was judged, and where the hazard was in it.

Of what was judged before only so much is known: what shows the incident best today was shown with
the judgement if it was finished well before, and the incident is no part and has none.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from safety_detector.database.columns import Instant, Json

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_SETTLED = timedelta(minutes=5)


def upgrade() -> None:
    """Towards this version."""
    op.add_column("incident_acts", sa.Column("shown_inspection_id", sa.String(length=26)))
    op.add_column("incident_acts", sa.Column("shown_boxes", Json))
    op.create_index(
        "ix_incident_acts_shown_inspection_id", "incident_acts", ["shown_inspection_id"]
    )
    _fill(op.get_bind())


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_incident_acts_shown_inspection_id", "incident_acts")
    op.drop_column("incident_acts", "shown_boxes")
    op.drop_column("incident_acts", "shown_inspection_id")


def _fill(connection: sa.Connection) -> None:
    ulid = sa.String(26)
    acts = sa.table(
        "incident_acts",
        sa.column("incident_id", ulid),
        sa.column("number", sa.Integer),
        sa.column("act", sa.String),
        sa.column("at", Instant),
        sa.column("shown_inspection_id", ulid),
        sa.column("shown_boxes", Json),
    )
    incidents = sa.table(
        "incidents",
        sa.column("id", ulid),
        sa.column("best_inspection_id", ulid),
        sa.column("best_box", Json),
        sa.column("joined_to", ulid),
        sa.column("merged_into", ulid),
    )
    inspections = sa.table("inspections", sa.column("id", ulid), sa.column("finished_at", Instant))
    part = incidents.alias()
    query = (
        sa.select(
            acts.c.incident_id,
            acts.c.number,
            acts.c.at,
            inspections.c.id,
            inspections.c.finished_at,
            incidents.c.best_box,
        )
        .join(incidents, incidents.c.id == acts.c.incident_id)
        .join(inspections, inspections.c.id == incidents.c.best_inspection_id)
        .where(
            acts.c.act.in_(("confirm", "dismiss")),
            inspections.c.finished_at.is_not(None),
            incidents.c.joined_to.is_(None),
            incidents.c.merged_into.is_(None),
            ~sa.exists().where(
                sa.or_(part.c.joined_to == incidents.c.id, part.c.merged_into == incidents.c.id)
            ),
        )
    )
    for row in connection.execute(query).all():
        if row.finished_at <= row.at - _SETTLED:
            this_one = (acts.c.incident_id == row.incident_id) & (acts.c.number == row.number)
            shown = {"shown_inspection_id": row.id, "shown_boxes": [row.best_box]}
            connection.execute(acts.update().where(this_one).values(shown))
