"""The page on the sandbox's port: every post as its platform would show it, and what was asked for.

Nothing is fetched from outside. The one script asks this same port whether something new has arrived, and
reloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crosspost.pages import template
from crosspost.pages.post import post_html
from crosspost.sandbox.base import Platform
from crosspost.sandbox.values import SandboxPost, SandboxRequest

_SHOWN_REQUESTS = 100


def page(
    posts: Sequence[SandboxPost],
    requests: Sequence[SandboxRequest],
    addresses: Mapping[str, str],
    stand_ins: Mapping[str, Platform],
) -> str:
    """Return the whole page, newest post and newest request first."""
    there = [(post, stand_ins[post.platform]) for post in reversed(posts) if not post.deleted]
    asked = [request for request in reversed(requests) if request.platform != "page"]
    names = {
        place: stand_ins[place].brand.name if place in stand_ins else place.title() for place in addresses
    }
    return template("sandbox.html").render(
        posts=[
            post_html(place.shown(post), place.brand, permalink=post.url, when=post.at, picture=post.picture)
            for post, place in there
        ],
        platforms=len({place.name for _, place in there}),
        addresses=addresses,
        names=names,
        count=len(asked),
        requests=asked[:_SHOWN_REQUESTS],
        known=f"{len(posts)}/{len(requests)}",
    )
