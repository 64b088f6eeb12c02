"""The charges of an account's platform: counted in the store, and limited by the account's budget for the month.

A post's price is counted before its claim, so that several processes together stay within the budget, and refunded
when the post was certainly not made. A look's price is counted after it. A look for a post that may be out is made even
beyond the budget: there are few, each costs cents, and without it a person would have to look.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from crosspost.delivery.account import Account
from crosspost.model import Clock, Post, Spending
from crosspost.platforms import Platform
from crosspost.store.values import month_of

if TYPE_CHECKING:
    from crosspost.store import Store


def spending_of(store: Store, account: Account, now: datetime) -> Spending | None:
    """Return what the account has cost this month; None where its platform charges nothing."""
    if account.pricing is None:
        return None
    spent = store.spent_in_month(account.name, now)
    return Spending(account.name, month_of(now), spent, account.pricing.budget)


class Budget:
    """The budget of one account for this month. Its methods raise StoreError only."""

    def __init__(self, store: Store, account: Account, clock: Clock) -> None:
        self._store = store
        self._account = account
        self._pricing = account.pricing
        self._clock = clock
        self._paid_at: datetime | None = None

    def look_refusal(self) -> str:
        """Return why the budget does not allow one more look; empty when it does."""
        return self._refuse_beyond("a look", self._pricing.look) if self._pricing else ""

    def refusal(self, post: Post) -> str:
        """Return why the budget does not allow the post with the look before it; empty when it does."""
        if self._pricing is None:
            return ""
        return self._refuse_beyond(
            "this post with the look before it", self._pricing.post(post) + self._pricing.look
        )

    def _refuse_beyond(self, what: str, price: Decimal) -> str:
        spending = spending_of(self._store, self._account, self._clock())
        if spending is None or spending.budget is None or spending.spent + price <= spending.budget:
            return ""
        return (
            f"{spending}, and {what} would cost ${price:.3f}: more than [accounts.{self._account.name}] budget "
            "allows; raise it, or wait for the next month"
        )

    def pay(self, post: Post) -> bool:
        """Count the post's price, if the budget allows it."""
        if self._pricing is None:
            return True
        self._paid_at = self._clock()
        price, limit = self._pricing.post(post), self._pricing.budget
        return self._store.add_spending(self._account.name, price, self._paid_at, limit=limit)

    def refund(self, post: Post) -> None:
        """Subtract the price of the post paid for last: it was certainly not made."""
        if self._pricing is not None and self._paid_at is not None:
            self._store.add_spending(self._account.name, -self._pricing.post(post), self._paid_at)
            self._paid_at = None

    def count(self, platform: Platform) -> None:
        """Count what the account's reads have cost."""
        if self._pricing is not None and (cost := platform.take_cost()):
            self._store.add_spending(self._account.name, cost, self._clock())
