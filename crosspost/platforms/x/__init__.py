"""X: the settings of its accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from crosspost.config.secrets import Secret
from crosspost.config.types import Amount
from crosspost.model import Post
from crosspost.network import host_of
from crosspost.platforms import Pricing
from crosspost.platforms._address import CanonicalAddress, split_address, without_query
from crosspost.platforms._settings import AccountSettings
from crosspost.platforms.x import prices

_HOST = re.compile(r"(www\.|mobile\.|m\.)?(x|twitter)\.com")
_POST = re.compile(
    r"/(?P<name>\w{1,15}|i/web|i)/status(?:es)?/(?P<id>\d{1,20})(?:/(?:photo|video)/\d|/analytics|/likes|/quotes|/retweets)?/?"
)


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    """The keys of `[accounts.NAME]` with `platform = "x"`."""

    look_schedule = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10))
    """A post may be "not visible" right after it was made (node-twitter-api-v2 #366, read 2026-08)."""
    rate_limit_window = timedelta(hours=24)
    """The posts of a day (docs.x.com, rate limits, read 2026-08)."""
    required = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")

    api_base_url: str = "https://api.x.com"
    """Stands for https://api.twitter.com and https://api.x.com alike."""
    consumer_key: Secret | None = None
    """The app's API key."""
    consumer_secret: Secret | None = None
    """The app's API key secret."""
    access_token: Secret | None = None
    """The account's own access token (OAuth 1.0a, read and write)."""
    access_token_secret: Secret | None = None
    """The access token's secret."""
    budget: Amount | None = None
    """The most that posts and looks may cost in a calendar month (UTC), by `prices.py`; None: no limit."""

    def compose_link(self, post: Post) -> str:
        return f"https://x.com/intent/post?text={quote(post.text, safe='')}"

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return `https://x.com/NAME/status/ID`, also for a picture's page (`/photo/1`) and for twitter.com."""
        parts = split_address(url)
        post = _POST.fullmatch(parts.path) if parts and _HOST.fullmatch(host_of(parts.geturl())) else None
        if post is None:
            return without_query(url)
        return CanonicalAddress(f"https://x.com/{post['name']}/status/{post['id']}", is_post=True)

    def watch_interval(self) -> timedelta:
        """Return an hour, because each look for an editor's post is charged for."""
        return timedelta(hours=1)

    def pricing(self) -> Pricing:
        return Pricing(prices.price_of, prices.LOOK, self.budget)
