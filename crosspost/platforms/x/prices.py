"""The prices of X's calls, in US dollars: docs.x.com, pricing, read 2026-08-22; in force since 2026-04-20.

A refused call is not charged. Reads of one thing on one day (UTC) are charged once; each is counted here, so that
the stored sum is never less than the bill.
"""

from __future__ import annotations

from decimal import Decimal

from crosspost.model import Post

AS_OF = "2026-08-22"

POST = Decimal("0.015")
POST_WITH_LINK = Decimal("0.200")
"""Any address that X makes a link, with or without its scheme."""
ALT_TEXT = Decimal("0.005")
DELETION = Decimal("0.010")
USER_READ = Decimal("0.010")
POST_READ = Decimal("0.005")
OWN_POST_READ = Decimal("0.001")
"""The price of each post in the account's own listing."""

LOOK = USER_READ + 5 * OWN_POST_READ
"""The price of a look: the account, and the posts since the day before the issue, about five."""


def price_of(post: Post) -> Decimal:
    """Return the price of making this post, with its picture's alt text."""
    from crosspost.compose.counting.addresses import addresses  # only when there is something to send

    price = POST_WITH_LINK if addresses(post.text) else POST
    return price + ALT_TEXT if post.alt else price
