"""The page on the sandbox's port: every post as its platform would show it, and what was asked for.

Nothing is fetched from outside. The one script asks this same port whether something new has arrived, and
reloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from crosspost.pages import template
from crosspost.pages.post import post_html
from crosspost.plural import counted
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
    known = f"{len(posts)}/{len(requests)}"
    posts = [post for post in posts if not post.deleted]
    asked = [request for request in requests if request.platform != "page"]
    return template("sandbox.html").render(
        summary=_summary(posts),
        posts=[_drawn(post, stand_ins[post.platform]) for post in reversed(posts)],
        addresses=[(_name(place, stand_ins), url) for place, url in addresses.items()],
        count=len(asked),
        requests=[
            (_name(request.platform, stand_ins), request) for request in reversed(asked[-_SHOWN_REQUESTS:])
        ],
        known=known,
    )


def _drawn(post: SandboxPost, stand_in: Platform) -> Markup:
    return post_html(
        stand_in.shown(post), stand_in.brand, permalink=post.url, when=post.at, picture=post.picture
    )


def _summary(posts: Sequence[SandboxPost]) -> str:
    if not posts:
        return "Nothing has been posted yet."
    places = len({post.platform for post in posts})
    return f"{counted(len(posts), 'post')} on {counted(places, 'platform')}."


def _name(place: str, stand_ins: Mapping[str, Platform]) -> str:
    """Return a platform's name as people write it; the newsletter's site is none."""
    return stand_ins[place].brand.name if place in stand_ins else place.title()
