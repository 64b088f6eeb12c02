"""An issue may have no date that can be read; the link's row says when it was written.

Without that time, a row written while the clock ran ahead would wait for an hour that is long in coming.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("issue") as issue:
        issue.alter_column("date", existing_type=sa.Date(), nullable=True)
    with op.batch_alter_table("backfill", recreate="auto") as backfill:
        backfill.add_column(sa.Column("changed_at", sa.DateTime(timezone=True)))
