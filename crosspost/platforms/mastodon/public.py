"""An account's public posts, without credentials: the feed that its server gives of them.

`https://SERVER/@NAME.rss` has the newest 20 posts, without replies and boosts (Mastodon 4.6,
app/controllers/accounts_controller.rb). Other servers with Mastodon's API have the same address or none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosspost.errors import UsageError
from crosspost.watch._download import Answer
from crosspost.watch.channels import ChannelEntry, read_feed

_HANDLE = re.compile(r"@?(?P<name>\w[\w.-]*)@(?P<server>[\w.-]+\.\w+)")
_PROFILE = re.compile(r"(?P<server>https?://[^/\s@?#]+)/@(?P<name>\w[\w.-]*)/?")


def listing(address: str) -> str:
    """Return what to ask for the posts of `@name@server` or `https://server/@name`. Raises UsageError."""
    if found := _HANDLE.fullmatch(address):
        return f"https://{found['server']}/@{found['name']}.rss"
    if found := _PROFILE.fullmatch(address):
        return f"{found['server']}/@{found['name']}.rss"
    raise UsageError('expected "@name@server" or "https://server/@name"')


def read(answer: Answer) -> Sequence[ChannelEntry]:
    """Return its posts. Raises SourceError."""
    return read_feed(answer)
