"""Servers that speak Mastodon's API and are not Mastodon: in what the sandbox's instance can be like them.

GoToSocial: its source (2025-10). Hollo: its source (2026). snac: 2.75, by `make test-real`. Tried on all in 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crosspost.platforms.mastodon.sandbox_answers import MAX_CHARACTERS, PER_LINK, length


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs from server to server."""

    version: str
    announced_per_link: int = PER_LINK
    count: Callable[[str], int] | None = length
    """How a text is counted; None: it may be as long as it likes."""
    too_long: int = 422
    """The status of the answer to a text that is too long."""
    keeps_keys: bool = True
    """A second request with one Idempotency-Key gets the first one's status."""
    names_scopes: bool = True
    """The page on the token's application says what the token may do."""
    takes_digits: bool = True
    """"1" and "0" are understood as yes and no."""
    whole: bool = True
    """False: it cannot delete, has no page on the token's app and says of no post when it was; what it has not is a
    web page, and whom it does not know it refuses without a word."""

    @property
    def limit(self) -> int:
        """Return the most characters of a status, as every stand-in has it; GoToSocial's own default is 5000."""
        return MAX_CHARACTERS


DIALECTS: Mapping[str, Dialect] = {
    "mastodon": Dialect("4.7.3"),
    "gotosocial": Dialect(
        "0.19.1+git-36aa685",
        announced_per_link=25,
        count=len,
        too_long=400,
        keeps_keys=False,
        names_scopes=False,
    ),
    "hollo": Dialect("0.7.0", announced_per_link=256, count=None, names_scopes=False, takes_digits=False),
    "snac": Dialect(
        "4.0.0 (not true; really snac/2.75)", announced_per_link=32, count=None, keeps_keys=False, whole=False
    ),
}
"""By the names that `Sandbox.speak_as` takes."""
