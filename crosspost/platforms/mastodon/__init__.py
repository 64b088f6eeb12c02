"""Mastodon, and servers with its API: the settings of their accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import quote, unquote

from crosspost.config.secrets import Secret
from crosspost.model import Post
from crosspost.network import host_of
from crosspost.platforms._address import CanonicalAddress, is_loopback, split_address, without_query
from crosspost.platforms._settings import AccountSettings

_ID = r"(?P<id>[0-9A-Za-z]+)"
_OWN = re.compile(
    rf"(?:/web|/deck)?(?P<who>/@\w+|/users/\w+(?=/statuses))(?:@(?P<server>[\w.:-]+))?(?P<statuses>/statuses)?/{_ID}/?"
)
_BY_ID = re.compile(rf"/(?:web/|deck/)?statuses/{_ID}/?")


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    """The keys of `[accounts.NAME]` with `platform = "mastodon"`."""

    look_schedule = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
    """No lag is documented for an account's own statuses; a server that reads from a replica of its database may be
    some seconds behind. The last look is later than any request can still arrive."""
    rate_limit_window = timedelta(hours=3)
    """300 posts in three hours (docs.joinmastodon.org/api/rate-limits, read 2026-07)."""
    required = ("access_token",)

    api_base_url: str = "https://mastodon.social"
    """The instance."""
    access_token: Secret | None = None
    """A token with the scopes read:accounts read:statuses write:statuses write:media."""
    visibility: Literal["public", "unlisted", "private"] = "public"
    """Who sees the post."""

    def compose_link(self, post: Post) -> str:
        return f"{self.api_base_url.rstrip('/')}/share?text={quote(post.text, safe='')}"

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return `https://INSTANCE/@NAME/ID` (GoToSocial: `/@NAME/statuses/ID`), on the account's own instance.

        A reader on another server has that server's address of it, `https://OTHER/@NAME@INSTANCE/ID`, with an id of
        its own: only OTHER knows which status that is, and sends people who are not signed in there to the original.
        So does an instance that is given no name (docs.joinmastodon.org, and its routes.rb, read 2026-11).
        """
        parts = split_address(url)
        if parts is None:
            return without_query(url)
        host, home = host_of(parts.geturl()), host_of(self.api_base_url)
        path = unquote(parts.path)
        is_home = host == home or is_loopback(self.api_base_url)
        root = f"{parts.scheme if is_loopback(parts.geturl()) else 'https'}://{host}"
        if (found := _OWN.fullmatch(path)) and (found["server"] or host).lower() == host:
            return CanonicalAddress(
                f"{root}{found['who']}{found['statuses'] or ''}/{found['id']}", is_post=is_home
            )
        if found and found["server"].lower() == home:
            return CanonicalAddress(f"{root}{path}", resolve_at=f"{root}{path}")
        if is_home and (found := _BY_ID.fullmatch(path)):
            address = f"{root}/web/statuses/{found['id']}"
            return CanonicalAddress(address, resolve_at=address, is_post=True)
        return without_query(url)

    def is_editable(self) -> bool:
        return True
