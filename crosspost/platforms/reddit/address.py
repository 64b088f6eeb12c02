"""The address of a thread on Reddit, from all forms in which people have it.

`www.`, `old.`, `new.`, `np.` and `m.` are one site; `redd.it/ID` and `/comments/ID` name the thread without its words,
and what the app shares, `/r/NAME/s/KEY`, names nothing: only Reddit knows where it leads (seen in the app, 2026-11).
"""

from __future__ import annotations

import re

from crosspost.platforms._address import Kept, plain, split
from crosspost.platforms._matching import host_of, is_loopback
from crosspost.platforms.reddit.settings import OWN_HOSTS, Settings

_THREAD = re.compile(
    r"(?:/r/(?P<subreddit>\w+))?/comments/(?P<id>[0-9a-z]{1,13})(?:/(?P<words>[\w%-]+))?(?:/[\w/]*)?",
    re.IGNORECASE | re.ASCII,
)
_SHORT = re.compile(r"/(?P<id>[0-9a-z]{1,13})/?", re.IGNORECASE)
_SHARED = re.compile(r"/(?:r|u|user)/[\w-]+/s/\w+/?", re.ASCII)


def kept(url: str, settings: Settings) -> Kept:
    """Return `https://www.reddit.com/r/NAME/comments/ID/WORDS/`, or where to ask for the words or for all of it."""
    parts = split(url)
    if parts is None:
        return plain(url)
    host, home = host_of(parts.geturl()), settings.api_base_url.rstrip("/")
    if host.removeprefix("www.") == "redd.it" and (short := _SHORT.fullmatch(parts.path)):
        return _without_words(short["id"], settings.subreddit, home)
    stand_in = is_loopback(home) and host == host_of(home)
    if not (host == "reddit.com" or host.endswith(".reddit.com") or stand_in):
        return plain(url)
    if _SHARED.fullmatch(parts.path):
        return Kept(f"{OWN_HOSTS[0]}{parts.path}", ask=f"{home}{parts.path}")
    thread = _THREAD.fullmatch(parts.path)
    if thread is None:
        return plain(url)
    subreddit = thread["subreddit"] or settings.subreddit
    if not thread["words"]:
        return _without_words(thread["id"], subreddit, home)
    return Kept(f"{OWN_HOSTS[0]}/r/{subreddit}/comments/{thread['id'].lower()}/{thread['words']}/")


def _without_words(number: str, subreddit: str, home: str) -> Kept:
    number = number.lower()
    return Kept(f"{OWN_HOSTS[0]}/r/{subreddit}/comments/{number}/", ask=f"{home}/comments/{number}/")
