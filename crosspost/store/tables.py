"""The schema: how each value of crosspost.model is kept. Its history is in migrations/; a test holds the two together.

Times are stored in UTC and come out aware. Text loses what neither database can hold (NUL, lone surrogates).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
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
    Picture,
    Post,
    PostRequest,
    TextBy,
)

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


class Choice(Words):
    """The text of one of an enumeration."""

    cache_ok = True

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__()
        self.of = of

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:  # noqa: ARG002 - the same
        return None if value is None else self.of(value)


class Json(sa.types.TypeDecorator[Any]):
    """A value as JSON: `write` makes JSON of it, `read` makes it of JSON; `none` is what NULL stands for."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, write: Callable[[Any], Any], read: Callable[[Any], Any], none: Any = None) -> None:
        super().__init__()
        self.write = write
        self.read = read
        self.none = none

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the same
        return None if value is None else self.write(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the same
        return self.none if value is None else self.read(value)


def from_post(post: Post) -> dict[str, Any]:
    return {**asdict(post), "fields": dict(post.fields)}


def to_post(kept: dict[str, Any]) -> Post:
    """Return a post as it was kept. Names that this program does not know are left aside."""
    known = {name: value for name, value in kept.items() if name in Post.__dataclass_fields__}
    if drawn := known.get("picture"):
        known["picture"] = Picture(**{**drawn, "figures": tuple(map(tuple, drawn["figures"]))})
    if by := known.get("text_by"):
        known["text_by"] = TextBy(by)
    return Post(**{**known, "dropped": tuple(known.get("dropped", ()))})


def from_actual_post(seen: ActualPost) -> dict[str, Any]:
    return {"url": seen.url, "at": seen.at.isoformat() if seen.at else None, "text": seen.text}


def to_actual_post(kept: dict[str, Any]) -> ActualPost:
    return ActualPost(kept["url"], datetime.fromisoformat(kept["at"]) if kept["at"] else None, kept["text"])


ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself only for a column of exactly the type INTEGER."""


def _table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *columns)


def _key(*names: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(name, sa.BigInteger if name == "number" else Words, primary_key=True, autoincrement=False)
        for name in names
    ]


memory = _table(
    "memory",
    *_key("scope", "key"),
    sa.Column("value", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

newsletter = _table("newsletter", *_key("newsletter"), sa.Column("baseline_at", Instant, nullable=False))

file = _table(
    "file",
    *_key("newsletter", "source", "path"),
    sa.Column("fingerprint", Words, nullable=False),
    sa.Column("number", sa.BigInteger),
)

pause = _table("pause", *_key("newsletter", "account"), sa.Column("until", Instant, nullable=False))

hold = _table(
    "hold",
    *_key("newsletter", "number"),
    sa.Column("by", Choice(HoldBy), primary_key=True),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("until", Instant),
    sa.Column("wish", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

channel = _table(
    "channel",
    *_key("newsletter", "name"),
    sa.Column("number", sa.BigInteger),
    sa.Column("seen_at", Instant),
    sa.Column("looked_at", Instant),
    sa.Column("reason", Words, nullable=False),
    sa.Column("validators", Words, nullable=False),
    sa.Column("sought", sa.BigInteger, nullable=False),
)

spending = _table(
    "spending",
    *_key("newsletter", "account"),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
)
"""In each calendar month (UTC, by its first day), in millionths of a US dollar: SQLite has no exact fractions."""

issue = _table(
    "issue",
    *_key("newsletter", "number"),
    sa.Column("title", Words, nullable=False),
    sa.Column("url", Words, nullable=False),
    sa.Column("date", sa.Date),
    sa.Column("source", Words, nullable=False),
    sa.Column("path", Words, nullable=False),
    sa.Column("fingerprint", Words, nullable=False),
    sa.Column("state", Choice(IssueState), nullable=False),
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

delivery = _table(
    "delivery",
    sa.Column("id", ROW_ID, primary_key=True),
    sa.Column("newsletter", Words, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("account", Words, nullable=False),
    sa.Column("platform", Words, nullable=False),
    sa.Column("state", Choice(DeliveryState), nullable=False),
    sa.Column("key", Words, nullable=False),
    sa.Column("post", Json(from_post, to_post), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
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
    sa.Column("setbacks", sa.Integer, nullable=False, default=0),
    sa.Column("due_since", Instant),
    sa.Column("fence", Instant),
    sa.Column("changed_at", Instant),
    sa.Column("revision", sa.Integer, nullable=False, default=0),
    sa.Column("turn", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("asked_until", Instant),
    sa.Column("despite_hold", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("request", Choice(PostRequest)),
    sa.Column("requested_at", Instant),
    sa.Column("amended", Json(from_post, to_post)),
    sa.Column("outdated", Json(list, tuple, none=())),
    sa.Column("earlier", Json(list, tuple, none=())),
    sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("shadow_at", Instant),
    sa.Column("seen", Json(from_actual_post, to_actual_post)),
    sa.UniqueConstraint("newsletter", "number", "account", name="one_delivery_per_account"),
    sa.Index("delivery_to_do", "newsletter", sqlite_where=TO_DO),
)


def of_postgresql() -> sa.MetaData:
    """Return the tables with what only PostgreSQL is told. Naming it above would load its dialect, 2 MB, everywhere."""
    (to_do,) = delivery.indexes
    to_do.dialect_options["postgresql"]["where"] = TO_DO
    return metadata


backfill = _table(
    "backfill",
    *_key("newsletter", "number"),
    sa.Column("state", Choice(BackfillState), nullable=False),
    sa.Column("url", Words),
    sa.Column("reason", Words, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", Instant),
    sa.Column("changed_at", Instant),
)

event = _table(
    "event",
    sa.Column("id", ROW_ID, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("newsletter", Words, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("account", Words),
    sa.Column("before", Words),
    sa.Column("after", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("event_by_issue", "newsletter", "number", "id"),
)
