"""What follows from an account's settings without asking its platform."""

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
    """The keys of `[accounts.NAME]`: each platform's own is a frozen dataclass made from this."""

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
    """The keys that let a manual account be read without those."""
    text_options: ClassVar[tuple[str, ...]] = ()
    """The keys that the writer of the text is told."""
    discussion: ClassVar[bool] = False
    """The post's address goes back into the issue."""
    extra: ClassVar[tuple[str, str]] = ("", "")
    """The optional dependency that an account needs, and the module that it brings."""

    api_base_url: str

    def connect(self, clock: Clock, hide_secret: HideSecret = lambda _token: None) -> Platform:
        """Return the account, connected when it is first used. The folder's adapter is imported here.

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
        """Return the module of the folder that connects the account."""
        return "adapter"

    def compose_link(self, post: Post) -> str | None:  # noqa: ARG002 - for those that have one
        """Return a page on which a person can send the same post with one click; None: there is none."""
        return None

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return the one form in which the address of a post is kept. Makes no request."""
        return without_query(url)

    def resolve(self, address: str) -> str:
        """Return where a shortened address leads; on this machine only the account's own place is asked.

        Raises UnresolvedError.
        """
        from crosspost.platforms._address import redirect_target

        return redirect_target(address, own=self.api_base_url)

    def is_editable(self) -> bool:
        """Return whether a post can be edited so that readers see it."""
        return False

    def watch_every(self) -> timedelta | None:
        """Return how long to wait between two looks for an editor's post; None: as after an unclear attempt."""
        return None

    def pricing(self) -> Pricing | None:
        """Return what the platform charges; None: nothing."""
        return None
