"""The address of a post on X, from all forms in which people have it."""

from __future__ import annotations

import re

from crosspost.platforms._address import Kept, plain, split
from crosspost.platforms._matching import host_of
from crosspost.platforms.x.settings import Settings

HOSTS = (
    "x.com",
    "www.x.com",
    "mobile.x.com",
    "twitter.com",
    "www.twitter.com",
    "mobile.twitter.com",
    "m.twitter.com",
)

_POST = re.compile(
    r"/(?P<name>\w{1,15}|i/web|i)/status(?:es)?/(?P<id>\d{1,20})(?:/(?:photo|video)/\d|/analytics|/likes|/quotes|/retweets)?/?"
)


def kept(url: str, settings: Settings) -> Kept:  # noqa: ARG001 - every platform's is called so
    """Return `https://x.com/NAME/status/ID`, of a picture's page (`/photo/1`) and under the old name as well."""
    parts = split(url)
    post = _POST.fullmatch(parts.path) if parts and host_of(parts.geturl()) in HOSTS else None
    return Kept(f"https://x.com/{post['name']}/status/{post['id']}") if post else plain(url)
