"""A connected account to which nothing is written: in shadow mode every adapter stands behind this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from crosspost.model import Found, Look, NeverArrived, Outcome, Own, Post
from crosspost.platforms import Attempt, CheckResult, FindsHiringThread, Metered, Platform, Wanted

UNWRITTEN = NeverArrived("in shadow mode nothing is written")


class Unwritten:
    """Any adapter, of which only what reads is called. What would write answers that it did not."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def find(self, wanted: Wanted, since: datetime) -> Look:
        return self._platform.find(wanted, since)

    def verify(self, url: str, wanted: Wanted) -> Look:
        return self._platform.verify(url, wanted)

    def own(self, there: Found) -> Own:
        return self._platform.own(there)

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return UNWRITTEN

    def delete(self, there: Found, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is deleted
        return UNWRITTEN

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is edited
        return UNWRITTEN

    def check(self) -> Sequence[CheckResult]:
        return self._platform.check()

    def limits(self) -> Mapping[str, int]:
        return self._platform.limits()

    def hiring_thread(self) -> str | None:
        return self._platform.hiring_thread() if isinstance(self._platform, FindsHiringThread) else None

    def cost(self) -> Decimal:
        return self._platform.cost() if isinstance(self._platform, Metered) else Decimal()

    def close(self) -> None:
        self._platform.close()
