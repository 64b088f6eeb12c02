"""The schema: the tables, and how each value of crosspost.model is stored. A test compares it with migrations/.

Times are stored in UTC and returned aware. In texts NUL and lone surrogates, which the databases refuse, are replaced.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crosspost.model import (
    ActualPost,
    BackfillState,
    DeliveryState,
    HoldBy,
    IssueState,
    Post,
    PostRequest,
)
from crosspost.store.scopes import from_json, to_json

SCHEMA = "0004"
"""The revision of the schema. Revisions are numbered: a higher one is a newer program's."""

metadata = sa.MetaData()


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware time. SQLite has no time zones and stores it as UTC without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone: {value}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the same
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(sa.types.TypeDecorator[str]):
    """A text that may come from outside: NUL and lone surrogates are replaced."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


class EnumText(CleanText):
    """A member of an enumeration, stored by its value."""

    cache_ok = True

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__()
        self.of = of

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:  # noqa: ARG002 - the same
        return None if value is None else self.of(value)


class Json(sa.types.TypeDecorator[Any]):
    """A value of the type `of`, stored as JSON. `none` is the value for NULL."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, of: Any, none: Any = None) -> None:
        super().__init__()
        self.of = of
        self.none = none

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the same
        return None if value is None else json.loads(to_json(value))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the same
        return self.none if value is None else from_json(value, self.of)


ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite assigns numbers only to a column of exactly the type INTEGER."""


def _table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *columns)


def _key(*names: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(
            name, sa.BigInteger if name == "number" else CleanText, primary_key=True, autoincrement=False
        )
        for name in names
    ]


memory = _table(
    "memory",
    *_key("scope", "key"),
    sa.Column("value", CleanText, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

newsletter = _table("newsletter", *_key("newsletter"), sa.Column("baseline_at", UtcTime, nullable=False))

file = _table(
    "file",
    *_key("newsletter", "source", "path"),
    sa.Column("fingerprint", CleanText, nullable=False),
    sa.Column("number", sa.BigInteger),
)

pause = _table("pause", *_key("newsletter", "account"), sa.Column("until", UtcTime, nullable=False))

hold = _table(
    "hold",
    *_key("newsletter", "number"),
    sa.Column("by", EnumText(HoldBy), primary_key=True),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("until", UtcTime),
    sa.Column("wish", CleanText, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

channel = _table(
    "channel",
    *_key("newsletter", "name"),
    sa.Column("number", sa.BigInteger),
    sa.Column("seen_at", UtcTime),
    sa.Column("looked_at", UtcTime),
    sa.Column("reason", CleanText, nullable=False),
    sa.Column("validators", CleanText, nullable=False),
    sa.Column("sought", sa.BigInteger, nullable=False),
)

spending = _table(
    "spending",
    *_key("newsletter", "account"),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
)
"""The costs by calendar month (UTC, its first day), in millionths of a US dollar: SQLite has no exact fractions."""

issue = _table(
    "issue",
    *_key("newsletter", "number"),
    sa.Column("title", CleanText, nullable=False),
    sa.Column("url", CleanText, nullable=False),
    sa.Column("date", sa.Date),
    sa.Column("source", CleanText, nullable=False),
    sa.Column("path", CleanText, nullable=False),
    sa.Column("fingerprint", CleanText, nullable=False),
    sa.Column("state", EnumText(IssueState), nullable=False),
    sa.Column("reason", CleanText, nullable=False),
    sa.Column("first_seen_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("planned_at", UtcTime),
    sa.Column("settled_at", UtcTime),
    sa.Column("vanished_at", UtcTime),
    sa.Column("late_after", sa.BigInteger),
)

TO_DO = sa.text("(state = 'due' OR not_before IS NOT NULL)")
"""A delivery that may have something to do. Queries use the same text, by which SQLite finds the index."""

delivery = _table(
    "delivery",
    sa.Column("id", ROW_ID, primary_key=True),
    sa.Column("newsletter", CleanText, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("account", CleanText, nullable=False),
    sa.Column("platform", CleanText, nullable=False),
    sa.Column("state", EnumText(DeliveryState), nullable=False),
    sa.Column("key", CleanText, nullable=False),
    sa.Column("post", Json(Post), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("adopted", sa.Boolean, nullable=False),
    sa.Column("url", CleanText),
    sa.Column("remote_id", CleanText),
    sa.Column("not_before", UtcTime),
    sa.Column("claimed_at", UtcTime),
    sa.Column("claim", CleanText),
    sa.Column("uncertain_since", UtcTime),
    sa.Column("reason", CleanText, nullable=False),
    sa.Column("planned_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("setbacks", sa.Integer, nullable=False, default=0),
    sa.Column("due_since", UtcTime),
    sa.Column("fence", UtcTime),
    sa.Column("changed_at", UtcTime),
    sa.Column("revision", sa.Integer, nullable=False, default=0),
    sa.Column("turn", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("asked_until", UtcTime),
    sa.Column("despite_hold", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("request", EnumText(PostRequest)),
    sa.Column("requested_at", UtcTime),
    sa.Column("amended", Json(Post)),
    sa.Column("outdated", Json(tuple[str, ...], none=())),
    sa.Column("earlier", Json(tuple[str, ...], none=())),
    sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("shadow_at", UtcTime),
    sa.Column("seen", Json(ActualPost)),
    sa.UniqueConstraint("newsletter", "number", "account", name="one_delivery_per_account"),
    sa.Index("delivery_to_do", "newsletter", sqlite_where=TO_DO),
)


def postgresql_metadata() -> sa.MetaData:
    """Return the tables with PostgreSQL's partial index. An option above would load its dialect, 2 MB, everywhere."""
    (to_do,) = delivery.indexes
    to_do.dialect_options["postgresql"]["where"] = TO_DO
    return metadata


backfill = _table(
    "backfill",
    *_key("newsletter", "number"),
    sa.Column("state", EnumText(BackfillState), nullable=False),
    sa.Column("url", CleanText),
    sa.Column("reason", CleanText, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", UtcTime),
    sa.Column("changed_at", UtcTime),
)

event = _table(
    "event",
    sa.Column("id", ROW_ID, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("newsletter", CleanText, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("account", CleanText),
    sa.Column("before", CleanText),
    sa.Column("after", CleanText, nullable=False),
    sa.Column("reason", CleanText, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("event_by_issue", "newsletter", "number", "id"),
)
