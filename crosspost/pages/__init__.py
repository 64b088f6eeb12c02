"""Draw the HTML pages: one set of templates, and what they need.

templates/    status page, issue page
post.py       a post as its platform would show it
preview.py    posts on a terminal and on one self-contained page
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@lru_cache
def environment() -> Environment:
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


def template(name: str) -> Template:
    return environment().get_template(name)


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
