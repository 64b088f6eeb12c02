"""The address that a person gives for a post: normalized, and checked against the issue.

One rule for what is recorded and for what is put into an issue. An address is accepted when the platform confirms the
post, or when it names the issue itself ("…/this_week_in_rust_665/"). One that is about another issue is refused. Any
other has to be confirmed by a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from crosspost.delivery.account import Account
from crosspost.delivery.look import read_post
from crosspost.errors import UsageError
from crosspost.model import Absent, Found
from crosspost.parse.discussion import accepted_url, with_slug
from crosspost.platforms import Query
from crosspost.platforms._address import UnresolvedError

Confirm = Callable[[str], None]
"""Asks a person to confirm a sentence. Raises CrosspostError when nobody does."""


def accept_unverified(_doubt: str) -> None:
    """Accept the address without asking."""


@dataclass(frozen=True, slots=True)
class LocatedPost:
    """A post that a person named by its address."""

    url: str
    remote_id: str | None = None
    """The platform's own id of it, where it was read."""
    not_read: str = ""
    """Why the post itself was not read; empty where it was, and is about the issue."""


def locate(account: Account, query: Query, url: str, confirm: Confirm = accept_unverified) -> LocatedPost:
    """Return where the post is that a person names. Raises UsageError when it is no post there about this issue.

    At most one request tells where a shortened address leads, and one look reads the post where the account can.
    """
    located = _read(account, query, url)
    names_issue = number_in(located.url, query.title) is not None
    if account.discussion:
        accepted = accepted_url(with_slug(located.url, query.title), query.number, query.url)
        if accepted is None:
            raise UsageError(
                f"{located.url} does not name issue {query.number}, so it would not be put into the issue; "
                "copy the address that the browser shows, with the words of the title at its end"
            )
        located = replace(located, url=accepted)
    if located.not_read and not names_issue:
        confirm(
            f"{located.url} could not be read ({located.not_read}): whether it is about {query.title} is not known"
        )
    return located


def number_in(url: str, title: str) -> int | None:
    """Return the issue that an address names in words, as Reddit's do: ".../this_week_in_rust_665/"."""
    words = re.sub(r"\W+|_", " ", title).lower().split()[:-1]  # the title's last word is the number
    if not words:
        return None
    match = re.search(rf"(?<![a-z0-9]){'[-_]'.join(map(re.escape, words))}[-_](\d+)(?!\d)", url.lower())
    return int(match[1]) if match else None


def _read(account: Account, query: Query, url: str) -> LocatedPost:
    """Return the address in its canonical form, and read the post where that is possible."""
    address = account.settings.canonical_address(url)
    _refuse_another_issue(address.url, query)
    unresolved = ""
    if address.resolve_at:
        # Its id is enough to read the post with; the platform then says the rest of the address.
        look = read_post(account, query, address.url) if address.is_post and account.connect else None
        if isinstance(look, Found):
            return LocatedPost(look.url, look.id)
        try:
            followed = account.settings.canonical_address(account.settings.resolve(address.resolve_at))
            if followed.resolve_at:
                raise UnresolvedError(f"it leads to {followed.url}")
            address = followed
        except UnresolvedError as error:
            if not address.is_post:
                raise UsageError(
                    f"{url} does not say itself which post it is, and could not be followed: {error}; "
                    "open it, and give the address that the browser shows"
                ) from error
            unresolved = str(error)
    if not address.is_post:
        raise UsageError(
            f"{url} is not the address of a post on {account.platform}; copy the post's own link"
        )
    _refuse_another_issue(address.url, query)
    look = read_post(account, query, address.url)
    if isinstance(look, Absent):
        raise UsageError(f"the post at {url} is not about {query.title}; record the one that is")
    if isinstance(look, Found):
        return LocatedPost(look.url, look.id)
    return LocatedPost(address.url, None, "; ".join(filter(None, (look.reason, unresolved))))


def _refuse_another_issue(url: str, query: Query) -> None:
    number = number_in(url, query.title)
    if number is not None and number != query.number:
        raise UsageError(f"{url} is about {number}, not about {query.number}")
