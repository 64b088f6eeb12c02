"""What an editor has to hear of after a pass: who is needed, what is over, and what is to be posted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost import alerts
from crosspost.compose.embed_text import as_markdown
from crosspost.delivery import Account, too_late
from crosspost.model import Delivery, DeliveryState
from crosspost.status import status

if TYPE_CHECKING:
    from crosspost.app import App

NEWEST = 3
"""Issues that are looked at besides the unsettled ones: the newest may be one that was taken back."""


def tell(app: App) -> None:
    """Tell what is new and what is over, once."""
    now = app.clock()
    document = status(app.store, app.newsletter, newest=NEWEST)
    standing = alerts.standing(document, app.config, now, _ready_texts(app, document))
    late = alerts.asked_too_late(document, _asked_too_late(app, document))
    alerts.tell(app.store, app.newsletter, (*standing, *late), app.config.alerts, app.clock)
    if alerts.check_is_due(app.store, app.newsletter, app.config, now):
        from crosspost.preflight import preflight

        found = alerts.failing(preflight(app))
        alerts.tell(app.store, app.newsletter, found, app.config.alerts, app.clock, scope="check")


def ready_to_post(account: Account, row: Delivery) -> str:
    """What an editor needs to post by hand: the text, a page with everything filled in, and the word to say after."""
    link = account.compose_link(row.post)
    where = f"\n  post it with one click: {link}" if link else ""
    words = row.post.text or "\n\n".join(as_markdown(embed) for embed in row.post.fields.get("embeds", ()))
    text = f"\n\n{words}\n" if words else ""
    return (
        f"{account.name}: to be posted by hand: {row.post.title}{where}{text}"
        f"\n  then say so: crosspost record {row.number} {account.name} URL"
    )


def _asked_too_late(app: App, document: Mapping[str, Any]) -> Mapping[tuple[int, str], datetime]:
    numbers = [issue["number"] for issue in document["issues"]]
    rows = (row for number in numbers for row in app.store.deliveries(app.newsletter, number))
    asked = {(row.number, row.account): too_late(app.store, row) for row in rows}
    return {key: until for key, until in asked.items() if until is not None}


def _ready_texts(app: App, document: Mapping[str, Any]) -> Mapping[tuple[int, str], str]:
    numbers = [issue["number"] for issue in document["issues"]]
    rows = (row for number in numbers for row in app.store.deliveries(app.newsletter, number))
    return {
        (row.number, row.account): ready_to_post(app.accounts[row.account], row)
        for row in rows
        if row.state is DeliveryState.DUE
        and row.account in app.accounts
        and app.accounts[row.account].mode == "manual"
    }
