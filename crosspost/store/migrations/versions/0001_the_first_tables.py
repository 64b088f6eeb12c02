"""The first tables.

A migration is history: it spells out its columns instead of importing tables.py, which moves on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _what_was_seen()
    _what_is_sent()


def _what_was_seen() -> None:
    op.create_table(
        "memory",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_table(
        "newsletter",
        sa.Column("newsletter", sa.Text, primary_key=True),
        sa.Column("baseline_at", INSTANT, nullable=False),
    )
    op.create_table(
        "file",
        sa.Column("newsletter", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger),
    )
    op.create_table(
        "issue",
        sa.Column("newsletter", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("planned_at", INSTANT),
        sa.Column("settled_at", INSTANT),
    )


def _what_is_sent() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("newsletter", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("post", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("adopted", sa.Boolean, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("not_before", INSTANT),
        sa.Column("claimed_at", INSTANT),
        sa.Column("claim", sa.Text),
        sa.Column("uncertain_since", INSTANT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.Column("setbacks", sa.Integer, nullable=False),
        sa.Column("due_since", INSTANT),
        sa.Column("fence", INSTANT),
        sa.Column("changed_at", INSTANT),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("newsletter", "number", "account", name="one_delivery_per_account"),
    )
    op.create_index("delivery_by_state", "delivery", ["newsletter", "state"])
    op.create_table(
        "backfill",
        sa.Column("newsletter", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", INSTANT),
    )
    op.create_table(
        "event",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("newsletter", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("account", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
    )
    op.create_index("event_by_issue", "event", ["newsletter", "number", "id"])
