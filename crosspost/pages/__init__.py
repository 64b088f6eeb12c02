"""Show issues and posts: as HTML pages, on a terminal, in Markdown.

templates/    status page, issue page, preview, sandbox, a post; base.css has the colours, light and dark
brand.py      how a platform looks
text.py       the text of a post as HTML, and what may become a link
post.py       a post as its platform would show it
preview.py    posts before they are sent: JSON, text, terminal, HTML
markdown.py   the report on an issue for a pull request
shadow.py     a rehearsed post beside what people posted
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
    """Return the environment of the templates: everything is escaped, and an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from crosspost.pages import shadow, text

    result = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    result.filters |= {
        "when": lambda at: f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC",
        "to_the_second": lambda at: f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S}",
        "quantity": quantity,
        "evidence": evidence,
        "base64": lambda data: b64encode(data).decode("ascii"),
        "paragraphs": text.paragraphs,
        "shortened": text.shortened,
        "in_shadow": shadow.describe,
    }
    result.tests["web_address"] = text.is_web_address
    return result


def template(name: str) -> Template:
    """Return a template of templates/."""
    return environment().get_template(name)


def evidence(of_event: Mapping[str, Any]) -> str:
    """Return an event's evidence in one line, without empty values."""
    return " · ".join(
        f"{name}: {value}" for name, value in of_event.items() if value not in (None, "", [], {})
    )
