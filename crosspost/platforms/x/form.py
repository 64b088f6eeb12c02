"""What X asks of a text."""

from __future__ import annotations

from crosspost.compose import Form
from crosspost.platforms.x.text import on_x


def weighted_length(text: str) -> int:
    """Return the length as X counts it. The tables are loaded at the first count."""
    from crosspost.platforms.x import counting

    return counting.weighted_length(text)


FORM = Form(platform="x", limit=280, count=weighted_length, escape=on_x, least_links=2)
