"""Return the status pages: the store's rows as HTML, from the templates of crosspost/pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from markupsafe import Markup

from crosspost import platforms
from crosspost.app import App
from crosspost.delivery.manual import ManualPost, manual_post
from crosspost.model import Delivery, DeliveryState, IssueState
from crosspost.pages import template
from crosspost.pages.brand import Brand
from crosspost.pages.post import post_html
from crosspost.pipeline import NextActor, next_actors
from crosspost.status import IssueStatus
from crosspost.watch import gate
from crosspost.web import Health, ReadHealth

PENDING = {DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.UNCERTAIN, DeliveryState.STUCK}
"""Deliveries in these states have no known post: the page shows what it will be."""


def overview(app: App, read_health: ReadHealth) -> str:
    """Return the page of all issues. Raises StoreError when the store does not answer."""
    status = app.status()
    known = status.issues
    issues = [issue for issue in known if issue.state is not IssueState.BASELINE]
    health = read_health()
    needing_person = [
        issue.title
        for issue in issues
        if {NextActor.PERSON, NextActor.EDITOR} & set(next_actors(app, issue.number))
    ]
    return template("overview.html").render(
        newsletter=app.newsletter,
        now=app.clock(),
        health=health,
        verdict=verdict(health, {issue.state for issue in issues}, needing_person),
        issues=issues,
        spending=status.spending,
        watcher=status.watcher,
        channels=status.channels,
        baseline=len(known) - len(issues),
        by_hand={issue.number: [post.account for _, post in _by_hand(app, issue)] for issue in issues},
        planned={
            issue.number: _cards([row for row in issue.deliveries if row.state in PENDING])
            for issue in issues
        },
    )


def issue(app: App, number: int) -> str | None:
    """Return one issue with its posts and its history; None when it was never seen. Raises StoreError."""
    found = app.status(number).issues
    if not found:
        return None
    return template("issue.html").render(
        newsletter=app.newsletter,
        now=app.clock(),
        issue=found[0],
        cards=_cards(found[0].deliveries),
        by_hand=_by_hand(app, found[0]),
        events=app.store.events(number),
    )


def verdict(health: Health, states: Collection[IssueState], needing_person: Sequence[str]) -> tuple[str, str]:
    """Return the overall state: a CSS class, and a sentence. `needing_person`: titles of issues that need a person."""
    if not health.healthy:
        return "bad", f"The daemon is not healthy: {health.reason}."
    if needing_person:
        return "bad", f"A person is needed: {', '.join(needing_person)}."
    if health.last and health.last.problems:
        return "warn", "The last pass had a problem; it is tried again by itself."
    if IssueState.WAITING in states or IssueState.PLANNED in states:
        return "busy", "Work is under way."
    return "good", "All is well."


def _by_hand(app: App, issue: IssueStatus) -> list[tuple[Brand, ManualPost]]:
    """Return the posts that wait for an editor, each with its platform's brand. Held ones are left out."""
    held = gate.hold_wait(issue.number, issue.holds, app.config.gate, app.clock())
    return [
        (platforms.brand(row.platform), manual_post(account, row.post))
        for row in issue.deliveries
        if row.state is DeliveryState.DUE
        and (account := app.accounts.get(row.account)) is not None
        and account.mode == "manual"
        and (held is None or row.despite_hold)
    ]


def _cards(rows: Sequence[Delivery]) -> list[Markup]:
    return [
        post_html(
            row.post,
            platforms.brand(row.platform),
            permalink=row.url,
            when=row.settled_at if row.url else None,
        )
        for row in rows
    ]
