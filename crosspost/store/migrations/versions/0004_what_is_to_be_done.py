"""Add an index of the deliveries with something to do, so that a pass reads no finished ones.

It replaces an index by state, which each claim had to change.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TO_DO = sa.text("(state = 'due' OR not_before IS NOT NULL)")


def upgrade() -> None:
    op.drop_index("delivery_by_state", "delivery")
    op.create_index("delivery_to_do", "delivery", ["newsletter"], postgresql_where=TO_DO, sqlite_where=TO_DO)
