"""Draw the HTML pages: one set of templates, and what they need.

templates/    status page, issue page, preview, sandbox, a post; base.css has the one palette, light and dark
brand.py      how a platform looks
text.py       the text of a post, and what may become a link
post.py       a post as its platform would show it
preview.py    posts on a terminal and on one self-contained page
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosspost.plural import quantity

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@lru_cache
def environment() -> Environment:
    """Return the templates' environment. Everything is escaped; a name that is not there is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from crosspost.pages import shadow, text

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "when": lambda at: f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC",
        "to_the_second": lambda at: f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S}",
        "quantity": quantity,
        "evidence": evidence,
        "base64": lambda data: b64encode(data).decode("ascii"),
        "paragraphs": text.paragraphs,
        "shortened": text.shortened,
        "in_shadow": shadow.describe,
    }
    made.tests["web_address"] = text.is_web_address
    return made


def template(name: str) -> Template:
    """Return one of templates/."""
    return environment().get_template(name)


def evidence(of_event: Mapping[str, Any]) -> str:
    """Return what an event's evidence says, in a line; what is empty is left out."""
    return " · ".join(
        f"{name}: {value}" for name, value in of_event.items() if value not in (None, "", [], {})
    )
