"""Add to a delivery whether it is only rehearsed, when it would have been sent, and the post in its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("delivery", recreate="auto") as table:
        table.add_column(sa.Column("shadow", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("shadow_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("seen", sa.JSON()))
