"""What `check` does on every account: the look that comes first in every delivery, for an issue that is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosspost.model import CannotLook
from crosspost.platforms import CheckResult, Platform, Wanted

INVENTED = Wanted(
    url="https://example.invalid/crosspost-check-0/",
    title="A look of crosspost check 0",
    number=0,
    key="crosspost-check-0",
    text="",
)
"""An issue that nobody can have posted."""

A_DAY = timedelta(days=1)


def with_look(platform: Platform, described: Sequence[CheckResult], now: datetime) -> Sequence[CheckResult]:
    """The lines of a check, and that look; without it where the first line says that nobody is let in."""
    return [*described, _look(platform, now)] if described[0].ok else described


def _look(platform: Platform, now: datetime) -> CheckResult:
    """Whether the account's posts of the last day can be looked through."""
    look = platform.find(INVENTED, now - A_DAY)
    if not isinstance(look, CannotLook):
        return CheckResult("look", True, "what was posted lately can be looked through, as before every post")
    if look.refused:
        return CheckResult("look", False, f"every delivery looks first, and may not: {look.reason}")
    return CheckResult("look", True, f"could not be asked: {look.reason}", warning=True)
