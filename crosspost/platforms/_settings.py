"""The base class of the platforms' Settings: the facts about an account that need no request."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import ClassVar, cast

from crosspost.config import extras
from crosspost.errors import UsageError
from crosspost.model import Clock, Post
from crosspost.platforms import HideSecret, Platform, Pricing
from crosspost.platforms._address import CanonicalAddress, without_query


class AccountSettings:
    """The keys of `[accounts.NAME]`. Each platform's Settings is a frozen dataclass with this base."""

    __slots__ = ()

    look_schedule: ClassVar[tuple[timedelta, ...]]
    """How long after an unclear attempt to look for the post, each time; the last is later than the listings lag."""
    rate_limit_window: ClassVar[timedelta]
    """The longest rate limit that the platform documents."""
    required: ClassVar[tuple[str, ...]]
    """The keys that an account with `mode = "auto"` must have."""
    distinct_by: ClassVar[tuple[str, ...]] = ()
    """Further keys that tell two accounts apart whose `required` keys are equal."""
    readable_with: ClassVar[tuple[str, ...]] = ()
    """The keys each of which lets a manual account be read without the `required` ones."""
    text_options: ClassVar[tuple[str, ...]] = ()
    """The keys that the form's `write` needs."""
    discussion: ClassVar[bool] = False
    """Whether the post's address is written into the issue as its discussion."""
    extra: ClassVar[tuple[str, str]] = ("", "")
    """The extra that an account needs, and the module that it installs; empty: none."""

    api_base_url: str

    def connect(self, clock: Clock, hide_secret: HideSecret = lambda _token: None) -> Platform:
        """Import the adapter and return the account. It connects when it is first used.

        Raises UsageError when what it needs is not installed.
        """
        extra, module = self.extra
        if extra and not extras.is_installed(extra, module):
            raise UsageError(
                extras.install_hint(f"the platform {type(self).__module__.rpartition('.')[2]}", extra)
            )
        adapter = importlib.import_module(f"{type(self).__module__}.{self.adapter()}")
        return cast(Platform, adapter.connect(self, clock, hide_secret))

    def adapter(self) -> str:
        """Return the name of the module in the folder that has `connect`."""
        return "adapter"

    def compose_link(self, post: Post) -> str | None:  # noqa: ARG002 - for those that have one
        """Return the address of a page on which a person can send the post with one click; None: there is none."""
        return None

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return the one form in which the address of a post is stored. Makes no request."""
        return without_query(url)

    def resolve(self, address: str) -> str:
        """Return where a shortened address leads. On this machine only the account's own server is asked.

        Raises UnresolvedError.
        """
        from crosspost.platforms._address import redirect_target

        return redirect_target(address, own_server=self.api_base_url)

    def is_editable(self) -> bool:
        """Return whether a post can be edited so that readers see it."""
        return False

    def watch_interval(self) -> timedelta | None:
        """Return the time between two looks for an editor's post; None: the last of the look schedule."""
        return None

    def pricing(self) -> Pricing | None:
        """Return the prices of the platform's calls; None: they cost nothing."""
        return None
