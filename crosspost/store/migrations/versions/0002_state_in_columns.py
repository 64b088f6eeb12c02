"""Move everything that decides into columns, out of sentences and the key-value table.

New are: an issue without a date, when an announced issue vanished, the later number after which one came; when the
link's row was written; which post of several a delivery is, until when a platform asks to wait, holds and who ignores
them, what a person wants done with a published post, and its changed lines. A post gets its picture and its kind.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)
TABLES = """
CREATE TABLE pause (
    newsletter TEXT NOT NULL, account TEXT NOT NULL,
    until {instant} NOT NULL,
    PRIMARY KEY (newsletter, account)
);
CREATE TABLE hold (
    newsletter TEXT NOT NULL, number BIGINT NOT NULL, by TEXT NOT NULL,
    held BOOLEAN NOT NULL, until {instant}, wish TEXT NOT NULL, at {instant} NOT NULL,
    PRIMARY KEY (newsletter, number, by)
);
CREATE TABLE channel (
    newsletter TEXT NOT NULL, name TEXT NOT NULL,
    number BIGINT, seen_at {instant}, looked_at {instant},
    reason TEXT NOT NULL, validators TEXT NOT NULL, sought BIGINT NOT NULL,
    PRIMARY KEY (newsletter, name)
);
CREATE TABLE spending (
    newsletter TEXT NOT NULL, account TEXT NOT NULL, month DATE NOT NULL,
    spent BIGINT NOT NULL,
    PRIMARY KEY (newsletter, account, month)
)
"""
ADDED = {
    "issue": (sa.Column("vanished_at", TIME), sa.Column("late_after", sa.BigInteger)),
    "backfill": (sa.Column("changed_at", TIME),),
    "delivery": (
        sa.Column("turn", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("asked_until", TIME),
        sa.Column("despite_hold", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("request", sa.Text),
        sa.Column("requested_at", TIME),
        sa.Column("amended", sa.JSON),
        sa.Column("outdated", sa.JSON),
        sa.Column("earlier", sa.JSON),
    ),
}


def upgrade() -> None:
    for name, columns in ADDED.items():
        with op.batch_alter_table(name) as table:
            if name == "issue":
                table.alter_column("date", existing_type=sa.Date, nullable=True)
            for column in columns:
                table.add_column(column)
    instant = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    for statement in TABLES.format(instant=instant).split(";"):
        op.execute(statement)
    op.execute(
        "UPDATE issue SET vanished_at = changed_at WHERE state IN ('planned', 'done') AND reason <> ''"
    )
    op.execute(
        "UPDATE delivery SET turn = 1 + (SELECT count(*) FROM event WHERE event.newsletter = delivery.newsletter "
        "AND event.number = delivery.number AND event.account = delivery.account "
        "AND event.reason = 'a person asked for a second post')"
    )
    _move_memory(op.get_bind())
    delivery = sa.table("delivery", sa.column("id"), sa.column("post", sa.JSON))
    for row in op.get_bind().execute(sa.select(delivery)).all():
        post = _with_own_fields(row.post)
        op.execute(sa.update(delivery).where(delivery.c.id == row.id).values(post=post))


def _move_memory(connection: sa.Connection) -> None:
    until = sa.bindparam("until", type_=TIME)
    pause = sa.text("INSERT INTO pause VALUES (:newsletter, :account, :until)").bindparams(until)
    asked = sa.text(
        "UPDATE delivery SET asked_until = :until WHERE newsletter || '/' || number || '/' || account = :place"
    ).bindparams(until)
    late = sa.text("UPDATE issue SET late_after = :after WHERE newsletter = :newsletter AND number = :number")
    moved = "scope IN ('circuit', 'asked') OR scope LIKE 'late %'"
    rows = connection.execute(sa.text(f"SELECT scope, key, value FROM memory WHERE {moved}"))  # noqa: S608 - our own words
    for scope, key, value in rows.all():
        if scope == "circuit":
            newsletter, _, account = key.rpartition("/")
            connection.execute(pause, {"newsletter": newsletter, "account": account, "until": _time(value)})
        elif scope == "asked":
            connection.execute(asked, {"place": key, "until": _time(value)})
        elif value.isdigit():
            number = {"newsletter": scope.removeprefix("late "), "number": int(key), "after": int(value)}
            connection.execute(late, number)
    connection.execute(sa.text(f"DELETE FROM memory WHERE {moved}"))  # noqa: S608 - the same


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored).astimezone(UTC)


def _with_own_fields(post: dict[str, Any]) -> dict[str, Any]:
    """Return the post with its picture and kind as fields. 0.1.0 had them in the alt text and in `fields`."""
    fields = dict(post.get("fields") or {})
    is_link = fields.pop("kind", None) == "link"
    return {**post, "fields": fields, "is_link": is_link, "picture": _picture(post)}


def _picture(post: dict[str, Any]) -> dict[str, Any] | None:
    number = post["number"]
    match = re.fullmatch(rf"(.+) {number}, (\d+ \w+ \d+)(?:: (.+))?\.", post.get("alt") or "")
    if match is None:
        return None
    name, day, listed = match.groups()
    figures = [figure.split(" ", 1) for figure in (listed or "").split(", ") if " " in figure]
    return {"name": name, "number": number, "day": day, "figures": figures}
