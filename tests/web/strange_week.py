"""A daemon's pages over a store in which a week went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from crosspost.app import App
from crosspost.config.schema import Config, StoreConfig, WebConfig
from crosspost.config.secrets import Secret
from crosspost.model import Backfill, BackfillState, DeliveryState, Issue, Post, Sighting
from crosspost.pipeline import Pass
from crosspost.web import Health
from crosspost.web.listener import LIMITS, Limits
from crosspost.web.server import serving

NOW = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
WEBHOOK_SECRET = "a secret of the forge's"

REDDIT = "https://www.reddit.com/r/rust/comments/1abcde/this_week_in_rust_665/"


def an_issue(number: int) -> Issue:
    published = date(2026, 8, 19) + timedelta(weeks=number - 665)
    url = f"https://this-week-in-rust.org/blog/{published:%Y/%m/%d}/this-week-in-rust-{number}/"
    return Issue(number=number, title=f"This Week in Rust {number}", date=published, url=url)


def sighting_of(number: int) -> Sighting:
    return Sighting("git", f"content/this-week-in-rust-{number}.md", f"{number}", "c0ffee", b"")


def a_post(issue: Issue, account: str, platform: str, text: str = "") -> Post:
    text = (
        text or f"{issue.title}\n\n• A crate for <every> occasion\n• Async & you\n\n{issue.url}\n\n#RustLang"
    )
    return Post(account, platform, issue.number, issue.url, issue.title, text, length=len(text), limit=500)


def fill(app: App) -> None:
    """One issue from before, one that is out, one that needs a person, one that waits."""
    store, now = app.store, NOW
    store.save_baseline([], now - timedelta(days=30))
    for number in (664, 665):
        issue = an_issue(number)
        store.record_sighting(issue, sighting_of(number), now)
        posts = [
            a_post(issue, "mastodon", "mastodon"),
            a_post(issue, "x", "x"),
            a_post(issue, "r_rust", "reddit"),
            a_post(issue, "discord", "discord"),
        ]
        rows = {row.account: row for row in store.plan(issue, posts, backfill=BackfillState.WAITING, now=now)}
        for account in ("mastodon", "r_rust"):
            claimed = store.claim(rows[account], now, now + timedelta(minutes=1))
            assert claimed
            url = REDDIT if account == "r_rust" else f"https://mastodon.social/@twir/{number}"
            store.move(
                claimed, DeliveryState.SENT, now=now, reason="accepted", url=url, remote_id="1",
                settled_at=now + timedelta(seconds=4),
            )  # fmt: skip
        if number == 664:
            for account in ("x", "discord"):
                store.move(
                    rows[account], DeliveryState.SENT, now=now, reason="an editor posted it", adopted=True,
                    url=f"https://example.org/{account}", remote_id="2", settled_at=now,
                )  # fmt: skip
            store.set_backfill(
                Backfill(store.newsletter, number, BackfillState.DONE, REDDIT, attempts=1), now
            )
            assert store.finish(number, now)
        else:
            claimed = store.claim(rows["x"], now, now + timedelta(minutes=1))
            assert claimed
            store.move(
                claimed, DeliveryState.STUCK, now=now, reason='401 Unauthorized: "<b>token</b> revoked"',
                evidence={"status": 401},
            )  # fmt: skip
            refused = Backfill(
                store.newsletter, number, BackfillState.DUE, REDDIT, "the push was refused: fetch first",
                attempts=1, not_before=now + timedelta(minutes=1),
            )  # fmt: skip
            store.set_backfill(refused, now)
    store.record_sighting(an_issue(666), sighting_of(666), now)
    store.set_waiting_reason(666, "the page answers 404", now)


@dataclass
class Pages:
    """The served pages, and what the test may change about the daemon behind them."""

    app: App
    address: str = ""
    looks: list[str] = field(default_factory=list)
    health: Health = field(
        default_factory=lambda: Health(
            True, "", Pass(NOW - timedelta(seconds=2), NOW, (), False, True), NOW + timedelta(minutes=1)
        )
    )


@contextmanager
def served(folder: Path, *, secret: str = "", limits: Limits = LIMITS, **tables: Any) -> Iterator[Pages]:
    """Pages over an empty store; with `secret` they take the forge's webhook."""
    key = folder / "webhook-secret"
    key.write_text(secret)
    key.chmod(0o600)
    config = Config(
        store=StoreConfig(url=f"sqlite:///{folder}/crosspost.db"),
        web=WebConfig(
            listen="127.0.0.1:0",
            hosts=tables.pop("hosts", ()),
            webhook_secret=Secret("file", str(key)) if secret else None,
        ),
        **tables,
    )
    with App(config, lambda: NOW) as app:
        pages = Pages(app)
        with serving(app, lambda: pages.health, lambda: pages.looks.append("now"), limits) as address:
            pages.address = address.rstrip("/")
            yield pages
