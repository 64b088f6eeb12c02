"""The pages: the store's rows as HTML, from templates/, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosspost import postcards, status
from crosspost.app import App
from crosspost.model import Delivery, DeliveryState, IssueState
from crosspost.pipeline import Turn, left_to_do
from crosspost.pulse import Pulse, TakePulse

if TYPE_CHECKING:
    from jinja2 import Environment, Template

TO_COME = {DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.UNCERTAIN, DeliveryState.STUCK}
"""A delivery in one of these is not known to be out: its post is shown as it will be, or should have been."""


def overview(app: App, take_pulse: TakePulse) -> str:
    """Where every issue stands. Raises StoreError when the store does not answer."""
    document = status.status(app.store, app.newsletter)
    issues = [issue for issue in document["issues"] if issue["state"] != IssueState.BASELINE]
    pulse = take_pulse()
    wanting = [
        issue["title"]
        for issue in issues
        if {Turn.PERSON, Turn.EDITOR} & set(left_to_do(app, issue["number"]))
    ]
    return _template("overview.html").render(
        newsletter=app.newsletter,
        now=app.clock(),
        pulse=pulse,
        verdict=verdict(pulse, issues, wanting),
        issues=issues,
        baseline=len(document["issues"]) - len(issues),
        planned={issue["number"]: _cards(_planned(app, issue["number"])) for issue in issues},
        css=postcards.CSS,
    )


def issue(app: App, number: int) -> str | None:
    """One issue with all its posts and its story; None when it was never seen. Raises StoreError."""
    document = status.status(app.store, app.newsletter, number)
    if not document["issues"]:
        return None
    return _template("issue.html").render(
        newsletter=app.newsletter,
        now=app.clock(),
        issue=document["issues"][0],
        cards=_cards(app.store.deliveries(app.newsletter, number)),
        events=app.store.events(app.newsletter, number),
        css=postcards.CSS,
    )


def verdict(pulse: Pulse, issues: Sequence[Mapping[str, Any]], wanting: Sequence[str]) -> tuple[str, str]:
    """How it all stands: a class for the colour, and a sentence. `wanting`: issues that want a person."""
    if not pulse.fit:
        return "bad", f"The daemon is not well: {pulse.reason}."
    if wanting:
        return "bad", f"A person is needed: {', '.join(wanting)}."
    if pulse.last and pulse.last.problems:
        return "warn", "The last pass met a problem and goes on by itself."
    if any(issue["state"] in (IssueState.WAITING, IssueState.PLANNED) for issue in issues):
        return "busy", "Work is under way."
    return "good", "All is well."


def _planned(app: App, number: int) -> list[Delivery]:
    return [row for row in app.store.deliveries(app.newsletter, number) if row.state in TO_COME]


def _cards(rows: Sequence[Delivery]) -> list[tuple[Delivery, str]]:
    return [
        (row, postcards.card_html(row.post, permalink=row.url, when=row.settled_at if row.url else None))
        for row in rows
    ]


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["when"] = when
    made.filters["moment"] = moment
    made.filters["evidence"] = evidence
    made.filters["is_web"] = is_web
    return made


def _template(name: str) -> Template:
    return _environment().get_template(name)


def when(at: datetime | str) -> str:
    """ "20 Aug 2026, 03:00 UTC", from a time or from the text of one in a JSON document."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def moment(at: datetime) -> str:
    """ "20 Aug 2026, 03:00:04", in UTC: to the second, for the story."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S}"


def evidence(of_event: Mapping[str, Any]) -> str:
    """What an event was told by, in a line; what is empty is left out."""
    return " · ".join(
        f"{name}: {value}" for name, value in of_event.items() if value not in (None, "", [], {})
    )


def is_web(url: str | None) -> bool:
    """Whether an address may become a link: http and https do."""
    return bool(url) and str(url).lower().startswith(("https://", "http://"))
