"""The keys of an account's table with `platform = "reddit"`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from crosspost.config.secrets import Secret
from crosspost.config.types import Reads, duration


def _subreddit(text: str, _: Path) -> str:
    """Return the name, from "rust", "r/rust", "/r/rust/" or its address (3 to 21 characters; u_NAME: a profile)."""
    found = re.fullmatch(
        r"(?:https://(?:www\.|old\.)?reddit\.com)?(?:/?r/)?(\w{2,23})/?", text.strip(), re.ASCII
    )
    if found is None:
        raise ValueError('expected the name of a subreddit, such as "rust"')
    return found[1]


FEED_EVERY = timedelta(minutes=1)
"""Reddit refuses a second request within a minute (FreshRSS#8928, NetNewsWire#5328, June 2026)."""


def _feed_every(text: str, _: Path) -> timedelta:
    """Return how long to wait between two requests; never less than Reddit wants."""
    every = duration(text)
    if not FEED_EVERY <= every <= timedelta(days=1):
        raise ValueError(
            'expected at least "1m", because Reddit allows one request a minute, and at most "1d"'
        )
    return every


FeedEvery = Annotated[timedelta, Reads('a duration of at least "1m"', _feed_every)]
Subreddit = Annotated[str, Reads("the name of a subreddit in quotes", _subreddit)]


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "reddit"`."""

    required: ClassVar[tuple[str, ...]] = ("client_id", "client_secret", "refresh_token")
    """What an account with `mode = "auto"` must have."""
    place: ClassVar[tuple[str, ...]] = ("subreddit",)
    """What tells two accounts apart that have the rest in common."""
    read_by: ClassVar[tuple[str, ...]] = ("feed",)
    """What lets a manual account be read without those."""
    for_text: ClassVar[tuple[str, ...]] = ("body",)
    """What the writer of the text is told."""

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
    """How often the feed is asked at most, while an issue waits for its discussion."""

    def author_names(self) -> frozenset[str]:
        """Return `authors` as they are compared: in lower case, without "u/"."""
        names = (name.strip().strip("/").casefold() for name in self.authors)
        return frozenset(name.removeprefix("u/").removeprefix("@") for name in names)


POST_PATH = re.compile(r"/r/(?P<subreddit>\w+)/comments/(?P<id>[0-9a-z]+)(/[^/]*)?/?", re.IGNORECASE)


OWN_HOSTS = ("https://www.reddit.com", "https://oauth.reddit.com", "https://reddit.com")
