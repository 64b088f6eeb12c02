"""Reddit: the settings of an account, and what follows from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode

from crosspost.config.secrets import Secret
from crosspost.config.types import TextOption, parse_duration
from crosspost.model import Post
from crosspost.network import host_of
from crosspost.platforms._address import CanonicalAddress, is_loopback, split_address, without_query
from crosspost.platforms._settings import AccountSettings

FEED_EVERY = timedelta(minutes=1)
"""Reddit refuses a second request within a minute (FreshRSS#8928, NetNewsWire#5328, June 2026)."""

OWN_HOSTS = ("https://www.reddit.com", "https://oauth.reddit.com", "https://reddit.com")
POST_PATH = re.compile(r"/r/(?P<subreddit>\w+)/comments/(?P<id>[0-9a-z]+)(/[^/]*)?/?", re.IGNORECASE)

_THREAD = re.compile(
    r"(?:/r/(?P<subreddit>\w+))?/comments/(?P<id>[0-9a-z]{1,13})(?:/(?P<words>[^/]+))?(?:/[\w/]*)?",
    re.IGNORECASE | re.ASCII,
)
_SHORT = re.compile(r"/(?P<id>[0-9a-z]{1,13})/?", re.IGNORECASE)
_SHARED = re.compile(r"/(?:r|u|user)/[\w-]+/s/\w+/?", re.ASCII)


def is_reddit(address: str) -> bool:
    """Return whether an address is on one of Reddit's hosts: www., old., new., np., m."""
    host = host_of(address)
    return host == "reddit.com" or host.endswith(".reddit.com")


def _subreddit(text: str, _: Path) -> str:
    """Return the name, from "rust", "r/rust", "/r/rust/" or its address (3 to 21 characters; u_NAME: a profile)."""
    address = r"(?:https://(?:www\.|old\.)?reddit\.com)?(?:/?r/)?(\w{2,23})/?"
    match = re.fullmatch(address, text.strip(), re.ASCII)
    if match is None:
        raise ValueError('expected the name of a subreddit, such as "rust"')
    return match[1]


def _feed_every(text: str, _: Path) -> timedelta:
    every = parse_duration(text)
    if not FEED_EVERY <= every <= timedelta(days=1):
        raise ValueError(
            'expected at least "1m", because Reddit allows one request a minute, and at most "1d"'
        )
    return every


FeedEvery = Annotated[timedelta, TextOption('a duration of at least "1m"', _feed_every)]
Subreddit = Annotated[str, TextOption("the name of a subreddit in quotes", _subreddit)]


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    """The keys of `[accounts.NAME]` with `platform = "reddit"`."""

    look_schedule = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
    """Listings lag behind the submissions, and some submissions never show in /new (praw #1887, read 2026-08)."""
    rate_limit_window = timedelta(hours=1)
    """Requests are counted for ten minutes; a new account is told to take a break for up to an hour."""
    required = ("client_id", "client_secret", "refresh_token")
    distinct_by = ("subreddit",)
    readable_with = ("feed",)
    text_options = ("body",)
    discussion = True

    subreddit: Subreddit = "rust"
    """Where to submit, with or without "r/"."""
    api_base_url: str = "https://www.reddit.com"
    """A value other than this stands for both of PRAW's addresses, www.reddit.com and oauth.reddit.com."""
    client_id: Secret | None = None
    """The approved app's id."""
    client_secret: Secret | None = None
    """The approved app's secret."""
    refresh_token: Secret | None = None
    """A permanent token with the scopes identity submit read history flair."""
    user_agent: str = "linux:crosspost:0.1.0 (newsletter announcements)"
    """Reddit asks for "<platform>:<app>:<version> (by /u/<name>)"; generic ones are throttled."""
    flair: str | None = None
    """The link flair by its text, as the subreddit shows it."""
    body: Literal["summary", "none"] = "summary"
    """Whether the link post carries the summary as its text."""
    send_replies: bool = False
    """Whether replies to the post go to the account's inbox."""
    authors: tuple[str, ...] = ()
    """Names of editors, with or without "u/": a text post of theirs counts as the announcement."""
    feed: Secret | None = None
    """The whole address of a private feed, in which a manual account looks for the editor's post: no API is used."""
    feed_every: FeedEvery = FEED_EVERY
    """The time between two requests to the feed, at least, while an issue waits for its discussion."""

    def author_names(self) -> frozenset[str]:
        """Return `authors` as they are compared: in lower case, without "u/"."""
        names = (name.strip().strip("/").casefold() for name in self.authors)
        return frozenset(name.removeprefix("u/").removeprefix("@") for name in names)

    def compose_link(self, post: Post) -> str:
        query = urlencode({"type": "LINK", "url": post.url, "title": post.title})
        return f"{OWN_HOSTS[0]}/r/{self.subreddit}/submit?{query}"

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return `https://www.reddit.com/r/NAME/comments/ID/WORDS/`, or where to ask for the words or for all of it.

        `www.`, `old.`, `new.`, `np.` and `m.` are one site. `redd.it/ID` and `/comments/ID` name the thread without its
        words. An address that the app shares, `/r/NAME/s/KEY`, names no thread: only Reddit knows where it leads (seen
        in the app, 2026-11).
        """
        parts = split_address(url)
        if parts is None:
            return without_query(url)
        host, home = host_of(parts.geturl()), self.api_base_url.rstrip("/")
        if host.removeprefix("www.") == "redd.it" and (short := _SHORT.fullmatch(parts.path)):
            return self._thread(short["id"])
        stand_in = is_loopback(home) and host == host_of(home)
        if not (is_reddit(parts.geturl()) or stand_in):
            return without_query(url)
        if _SHARED.fullmatch(parts.path):
            return CanonicalAddress(f"{OWN_HOSTS[0]}{parts.path}", resolve_at=f"{home}{parts.path}")
        thread = _THREAD.fullmatch(parts.path)
        if thread is None:
            return without_query(url)
        return self._thread(thread["id"], thread["subreddit"], thread["words"])

    def _thread(
        self, number: str, subreddit: str | None = None, words: str | None = None
    ) -> CanonicalAddress:
        number, subreddit = number.lower(), subreddit or self.subreddit
        address = f"{OWN_HOSTS[0]}/r/{subreddit}/comments/{number}/"
        ours = subreddit.casefold() == self.subreddit.casefold()
        if words:
            return CanonicalAddress(f"{address}{words}/", is_post=ours)
        home = self.api_base_url.rstrip("/")
        return CanonicalAddress(address, resolve_at=f"{home}/comments/{number}/", is_post=ours)

    def adapter(self) -> str:
        return "adapter" if self.feed is None else "feed"

    def is_editable(self) -> bool:
        return self.body == "summary"

    def watch_interval(self) -> timedelta | None:
        return self.feed_every if self.feed is not None else None
