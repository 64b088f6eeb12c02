"""The address that a person gives for a post: brought into its form, and held against the issue.

One rule for what is recorded and for what is put into an issue. What the platform confirms, or the address says in
words ("…/this_week_in_rust_665/"), is taken; what is about another issue is refused; of the rest a person has to say
that it is right.
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
"""Ask a person whether what nobody could verify is right, in a sentence. Raises CrosspostError when nobody says so."""


def accept_unverified(_doubt: str) -> None:
    """Take a person's word as it is."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where the post is."""

    url: str
    remote_id: str | None = None
    """The platform's own id of it, where it was read."""
    not_read: str = ""
    """Why the post itself was not read; empty where it was, and is about the issue."""


def locate(account: Account, wanted: Query, given: str, confirm: Confirm = accept_unverified) -> Located:
    """Return where the post is that a person names. Raises UsageError when it is no post there about this issue.

    At most one request tells where a shortened address leads, and one look reads the post where the account can.
    """
    read = found = _read(account, wanted, given)
    if account.discussion:
        kept = accepted_url(with_slug(read.url, wanted.title), wanted.number, wanted.url)
        if kept is None:
            raise UsageError(
                f"{read.url} does not name issue {wanted.number}, so it would not be put into the issue; "
                "copy the address that the browser shows, with the words of the title at its end"
            )
        found = replace(read, url=kept)
    if read.not_read and number_in(read.url, wanted.title) is None:
        confirm(
            f"{found.url} could not be read ({read.not_read}): nobody has seen that it is about {wanted.title}"
        )
    return found


def number_in(url: str, title: str) -> int | None:
    """Return the issue that an address names in words, as Reddit's do: ".../this_week_in_rust_665/"."""
    words = re.sub(r"\W+|_", " ", title).lower().split()[:-1]  # the title's last word is the number
    if not words:
        return None
    spoken = re.search(rf"(?<![a-z0-9]){'[-_]'.join(map(re.escape, words))}[-_](\d+)(?!\d)", url.lower())
    return int(spoken[1]) if spoken else None


def _read(account: Account, wanted: Query, given: str) -> Located:
    """Bring the address into its form, and read the post where that is possible."""
    address = account.settings.canonical_address(given)
    _refuse_another_issue(address.url, wanted)
    why = ""
    if address.resolve_at:
        # Its id is enough to read the post with; the platform then says the rest of the address.
        look = read_post(account, wanted, address.url) if address.is_post and account.connect else None
        if isinstance(look, Found):
            return Located(look.url, look.id)
        try:
            followed = account.settings.canonical_address(account.settings.resolve(address.resolve_at))
            if followed.resolve_at:
                raise UnresolvedError(f"it leads to {followed.url}")
            address = followed
        except UnresolvedError as error:
            if not address.is_post:
                raise UsageError(
                    f"{given} does not say itself which post it is, and could not be followed: {error}; "
                    "open it, and give the address that the browser shows"
                ) from error
            why = str(error)
    if not address.is_post:
        raise UsageError(f"{given} is not the address of a post on {account.kind}; copy the post's own link")
    _refuse_another_issue(address.url, wanted)
    look = read_post(account, wanted, address.url)
    if isinstance(look, Absent):
        raise UsageError(f"the post at {given} is not about {wanted.title}; record the one that is")
    if isinstance(look, Found):
        return Located(look.url, look.id)
    return Located(address.url, None, "; ".join(filter(None, (look.reason, why))))


def _refuse_another_issue(url: str, wanted: Query) -> None:
    named = number_in(url, wanted.title)
    if named is not None and named != wanted.number:
        raise UsageError(f"{url} is about {named}, not about {wanted.number}")
