"""The schema. Its history is in migrations/; a test holds the two together.

Times are stored in UTC and come out aware. Text loses what neither database can hold (NUL, lone surrogates).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

SCHEMA = "0004"
"""The revision that this program reads and writes. They are numbered: a higher one is a newer program's."""

metadata = sa.MetaData()


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware time. SQLite has no time zones: there it is kept as UTC without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the same
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(sa.types.TypeDecorator[str]):
    """Text from outside: PostgreSQL refuses NUL, and neither database takes half a surrogate pair."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


def _newsletter() -> sa.Column[Any]:
    return sa.Column("newsletter", Words, nullable=False)


def _number() -> sa.Column[Any]:
    return sa.Column("number", sa.BigInteger, nullable=False)


def _id() -> sa.Column[Any]:
    # SQLite numbers rows by itself only for a column of exactly the type INTEGER.
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


memory = sa.Table(
    "memory",
    metadata,
    sa.Column("scope", Words, primary_key=True),
    sa.Column("key", Words, primary_key=True),
    sa.Column("value", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

newsletter = sa.Table(
    "newsletter",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("baseline_at", Instant, nullable=False),
)

file = sa.Table(
    "file",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("source", Words, primary_key=True),
    sa.Column("path", Words, primary_key=True),
    sa.Column("fingerprint", Words, nullable=False),
    sa.Column("number", sa.BigInteger),
)

pause = sa.Table(
    "pause",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("account", Words, primary_key=True),
    sa.Column("until", Instant, nullable=False),
)

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("by", Words, primary_key=True),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("until", Instant),
    sa.Column("wish", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("name", Words, primary_key=True),
    sa.Column("number", sa.BigInteger),
    sa.Column("seen_at", Instant),
    sa.Column("looked_at", Instant),
    sa.Column("reason", Words, nullable=False),
    sa.Column("validators", Words, nullable=False),
    sa.Column("sought", sa.BigInteger, nullable=False),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("account", Words, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
)
"""In each calendar month (UTC, by its first day), in millionths of a US dollar: SQLite has no exact fractions."""

issue = sa.Table(
    "issue",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("title", Words, nullable=False),
    sa.Column("url", Words, nullable=False),
    sa.Column("date", sa.Date),
    sa.Column("source", Words, nullable=False),
    sa.Column("path", Words, nullable=False),
    sa.Column("fingerprint", Words, nullable=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("planned_at", Instant),
    sa.Column("settled_at", Instant),
    sa.Column("vanished_at", Instant),
    sa.Column("late_after", sa.BigInteger),
)

TO_DO = sa.text("(state = 'due' OR not_before IS NOT NULL)")
"""A delivery that a pass may have to do with. In a query by the same words: SQLite knows the index by them."""

delivery = sa.Table(
    "delivery",
    metadata,
    _id(),
    _newsletter(),
    _number(),
    sa.Column("account", Words, nullable=False),
    sa.Column("platform", Words, nullable=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("key", Words, nullable=False),
    sa.Column("post", sa.JSON, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("adopted", sa.Boolean, nullable=False),
    sa.Column("url", Words),
    sa.Column("remote_id", Words),
    sa.Column("not_before", Instant),
    sa.Column("claimed_at", Instant),
    sa.Column("claim", Words),
    sa.Column("uncertain_since", Instant),
    sa.Column("reason", Words, nullable=False),
    sa.Column("planned_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Column("setbacks", sa.Integer, nullable=False),
    sa.Column("due_since", Instant),
    sa.Column("fence", Instant),
    sa.Column("changed_at", Instant),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("asked_until", Instant),
    sa.Column("despite_hold", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("request", Words),
    sa.Column("requested_at", Instant),
    sa.Column("amended", sa.JSON(none_as_null=True)),
    sa.Column("outdated", sa.JSON(none_as_null=True)),
    sa.Column("earlier", sa.JSON(none_as_null=True)),
    sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("shadow_at", Instant),
    sa.Column("seen", sa.JSON(none_as_null=True)),
    sa.UniqueConstraint("newsletter", "number", "account", name="one_delivery_per_account"),
    sa.Index("delivery_to_do", "newsletter", sqlite_where=TO_DO),
)


def of_postgresql() -> sa.MetaData:
    """Return the tables with what only PostgreSQL is told. Naming it above would load its dialect, 2 MB, everywhere."""
    (to_do,) = delivery.indexes
    to_do.dialect_options["postgresql"]["where"] = TO_DO
    return metadata


backfill = sa.Table(
    "backfill",
    metadata,
    sa.Column("newsletter", Words, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("url", Words),
    sa.Column("reason", Words, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", Instant),
    sa.Column("changed_at", Instant),
)

event = sa.Table(
    "event",
    metadata,
    _id(),
    sa.Column("at", Instant, nullable=False),
    _newsletter(),
    _number(),
    sa.Column("account", Words),
    sa.Column("before", Words),
    sa.Column("after", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("event_by_issue", "newsletter", "number", "id"),
)
