"""Rows of the database ↔ the frozen values of model.py."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosspost.model import (
    Backfill,
    BackfillState,
    Delivery,
    DeliveryState,
    Event,
    Hold,
    HoldBy,
    IssueRecord,
    IssueState,
    Picture,
    Post,
    PostRequest,
    Seen,
    TextBy,
)


def to_record(row: sa.RowMapping) -> IssueRecord:
    return IssueRecord(**{**row, "state": IssueState(row["state"])})


def to_delivery(row: sa.RowMapping) -> Delivery:
    read = {
        "state": DeliveryState(row["state"]),
        "post": to_post(row["post"]),
        "request": PostRequest(row["request"]) if row["request"] else None,
        "amended": to_post(row["amended"]) if row["amended"] else None,
        "outdated": tuple(row["outdated"] or ()),
        "earlier": tuple(row["earlier"] or ()),
        "seen": to_seen(row["seen"]) if row["seen"] else None,
    }
    return Delivery(**{**row, **read})


def to_seen(kept: dict[str, Any]) -> Seen:
    return Seen(kept["url"], datetime.fromisoformat(kept["at"]) if kept["at"] else None, kept["text"])


def from_seen(seen: Seen) -> dict[str, Any]:
    return {"url": seen.url, "at": seen.at.isoformat() if seen.at else None, "text": seen.text}


def to_hold(row: sa.RowMapping) -> Hold:
    values = {name: value for name, value in row.items() if name != "newsletter"}
    return Hold(**{**values, "by": HoldBy(row["by"])})


def to_backfill(row: sa.RowMapping) -> Backfill:
    return Backfill(**{**row, "state": BackfillState(row["state"])})


def to_event(row: sa.RowMapping) -> Event:
    return Event(**{name: value for name, value in row.items() if name != "id"})


def from_post(post: Post) -> dict[str, Any]:
    return {**asdict(post), "fields": dict(post.fields)}


def to_post(kept: dict[str, Any]) -> Post:
    """Return a post as it was kept. Names that this program does not know are left aside."""
    known = {name: value for name, value in kept.items() if name in Post.__dataclass_fields__}
    drawn = known.get("picture")
    if drawn is not None:
        drawn = Picture(**{**drawn, "figures": tuple(map(tuple, drawn["figures"]))})
    by = known.get("text_by")
    known["text_by"] = TextBy(by) if by else None
    return Post(**{**known, "dropped": tuple(known.get("dropped", ())), "picture": drawn})
