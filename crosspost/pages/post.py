"""Draw a post as its platform would show it: one <article> of HTML, by the platform's `Brand`.

Every text is escaped, only http and https become links, and nothing is fetched from outside.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from crosspost.model import Image, Post
from crosspost.pages import environment, template
from crosspost.pages.brand import Brand
from crosspost.pages.text import domain, markdown

if TYPE_CHECKING:
    from jinja2 import Template


def post_html(
    post: Post,
    brand: Brand,
    *,
    permalink: str | None = None,
    when: datetime | None = None,
    picture: Image | None = None,
) -> Markup:
    """Return the post as HTML. `permalink`: the address of the real post, to which the time leads."""
    name = post.title.removesuffix(str(post.number)).strip() or post.account  # the newsletter's
    initials = "".join(word[0] for word in name.split() if word[0].isupper())[:3] or name[:1].upper()
    return Markup(  # noqa: S704 - rendered with autoescape
        template("post.html").render(
            post=post,
            brand=brand,
            newsletter=name,
            initials=initials,
            body=_template(brand.body),
            marks=brand.marks(post),
            image=picture,
            markdown=markdown,
            domain=domain,
            permalink=permalink,
            when=when,
        )
    )


@lru_cache
def _template(body: Path | str | None) -> Template:
    if body is None:
        return template("body.html")
    return environment().from_string(body if isinstance(body, str) else body.read_text(encoding="utf-8"))
