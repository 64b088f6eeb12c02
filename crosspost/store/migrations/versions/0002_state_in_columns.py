"""What decides stands in columns of its own, not in sentences and not in the key-value memory.

An issue may have no date that can be read; the link's row says when it was written (without that time, a row
written while the clock ran ahead would wait for an hour that is long in coming); since when an announced issue is
gone; which later number a late one came after; which second post a delivery is; until when a platform asks to wait;
what the picture of a post is drawn of, and that it is a link post; who holds an issue back, and which delivery goes
out all the same; what a person asks to have done with a post that is out, and which of its lines the issue words
otherwise since.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from crosspost.store.tables import Instant, Words

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)

memory = sa.table("memory", sa.column("scope"), sa.column("key"), sa.column("value"))
issue = sa.table("issue", *map(sa.column, ("newsletter", "number", "reason", "state")))
issue.append_column(sa.column("changed_at", TIME))
issue.append_column(sa.column("vanished_at", TIME))
issue.append_column(sa.column("late_after", sa.BigInteger))
delivery = sa.table("delivery", *map(sa.column, ("id", "newsletter", "number", "account", "turn")))
delivery.append_column(sa.column("post", sa.JSON))
delivery.append_column(sa.column("asked_until", Instant))
pause = sa.table("pause", sa.column("newsletter"), sa.column("account"), sa.column("until", Instant))
event = sa.table("event", *map(sa.column, ("newsletter", "number", "account", "reason")))


def upgrade() -> None:
    with op.batch_alter_table("issue") as table:
        table.alter_column("date", existing_type=sa.Date(), nullable=True)
        table.add_column(sa.Column("vanished_at", TIME))
        table.add_column(sa.Column("late_after", sa.BigInteger()))
    with op.batch_alter_table("backfill", recreate="auto") as table:
        table.add_column(sa.Column("changed_at", TIME))
    with op.batch_alter_table("delivery", recreate="auto") as table:
        table.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default=sa.text("1")))
        table.add_column(sa.Column("asked_until", TIME))
        table.add_column(sa.Column("despite_hold", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("request", sa.Text()))
        table.add_column(sa.Column("requested_at", TIME))
        table.add_column(sa.Column("amended", sa.JSON()))
        table.add_column(sa.Column("outdated", sa.JSON()))
        table.add_column(sa.Column("earlier", sa.JSON()))
    op.create_table(
        "pause",
        sa.Column("newsletter", Words(), primary_key=True),
        sa.Column("account", Words(), primary_key=True),
        sa.Column("until", Instant(), nullable=False),
    )
    op.create_table(
        "hold",
        sa.Column("newsletter", Words(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("by", Words(), primary_key=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("until", Instant()),
        sa.Column("wish", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "channel",
        sa.Column("newsletter", Words(), primary_key=True),
        sa.Column("name", Words(), primary_key=True),
        sa.Column("number", sa.BigInteger()),
        sa.Column("seen_at", Instant()),
        sa.Column("looked_at", Instant()),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("validators", Words(), nullable=False),
        sa.Column("sought", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "spending",
        sa.Column("newsletter", Words(), primary_key=True),
        sa.Column("account", Words(), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
    )
    _issues(op.get_bind())
    _deliveries(op.get_bind())
    _pauses(op.get_bind())


def _issues(connection: sa.Connection) -> None:
    announced = issue.c.state.in_(("planned", "done"))
    connection.execute(
        sa.update(issue).where(announced, issue.c.reason != "").values(vanished_at=issue.c.changed_at)
    )
    late = sa.select(memory).where(memory.c.scope.like("late %"))
    for row in connection.execute(late).all():
        place = (issue.c.newsletter == row.scope.removeprefix("late "), issue.c.number == int(row.key))
        if row.value.isdigit():
            connection.execute(sa.update(issue).where(*place).values(late_after=int(row.value)))
    connection.execute(sa.delete(memory).where(memory.c.scope.like("late %")))


def _deliveries(connection: sa.Connection) -> None:
    asked = dict(
        connection.execute(sa.select(memory.c.key, memory.c.value).where(memory.c.scope == "asked")).all()
    )
    for row in connection.execute(sa.select(delivery)).all():
        again = connection.execute(
            sa.select(sa.func.count()).where(
                event.c.newsletter == row.newsletter,
                event.c.number == row.number,
                event.c.account == row.account,
                event.c.reason == "a person asked for a second post",
            )
        ).scalar_one()
        until = asked.get(f"{row.newsletter}/{row.number}/{row.account}")
        connection.execute(
            sa.update(delivery)
            .where(delivery.c.id == row.id)
            .values(
                turn=1 + again,
                asked_until=datetime.fromisoformat(until) if until else None,
                post=_with_fields_of_its_own(row.post),
            )
        )
    connection.execute(sa.delete(memory).where(memory.c.scope == "asked"))


def _pauses(connection: sa.Connection) -> None:
    kept = sa.select(memory.c.key, memory.c.value).where(memory.c.scope == "circuit")
    for row in connection.execute(kept).all():
        newsletter, _, account = row.key.rpartition("/")
        until = datetime.fromisoformat(row.value)
        connection.execute(sa.insert(pause).values(newsletter=newsletter, account=account, until=until))
    connection.execute(sa.delete(memory).where(memory.c.scope == "circuit"))


def _with_fields_of_its_own(post: dict[str, Any]) -> dict[str, Any]:
    """The post with its picture and its kind in fields, as 0.1.0 had them in the alt text and in `fields`."""
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
