"""A connected account whose words hold no secret: what a platform answers may repeat what it was asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from crosspost.log.redaction import Redaction
from crosspost.model import Found, Look, NeverArrived, Outcome, Own, Post
from crosspost.platforms import Attempt, CheckResult, Platform, Wanted

_T = TypeVar("_T", bound=Any)


class Redacted(Platform):
    """Any adapter, with the secrets hidden in everything that it says."""

    def __init__(self, platform: Platform, redaction: Redaction) -> None:
        self._platform = platform
        self._redaction = redaction

    def find(self, wanted: Wanted, since: datetime) -> Look:
        return self._cleaned(self._platform.find(wanted, since))

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        return self._cleaned(self._platform.send(post, attempt))

    def verify(self, url: str, wanted: Wanted) -> Look:
        return self._cleaned(self._platform.verify(url, wanted))

    def own(self, there: Found) -> Own:
        return self._cleaned(self._platform.own(there))

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        return self._cleaned(self._platform.delete(there, attempt))

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:
        return self._cleaned(self._platform.edit(there, post, attempt))

    def check(self) -> Sequence[CheckResult]:
        return [self._cleaned(result) for result in self._platform.check()]

    def limits(self) -> Mapping[str, int]:
        return self._platform.limits()

    def hiring_thread(self) -> str | None:
        return self._platform.hiring_thread()

    def key_lasts(self) -> timedelta:
        return self._platform.key_lasts()

    def cost(self) -> Decimal:
        return self._platform.cost()

    def close(self) -> None:
        self._platform.close()

    def _cleaned(self, said: _T) -> _T:
        """Return the same value with its texts cleaned; an enumeration's member is none."""
        values = {field.name: getattr(said, field.name) for field in fields(said)}
        texts = {name: self._redaction.clean(value) for name, value in values.items() if type(value) is str}
        return replace(said, **texts) if texts else said


UNWRITTEN = NeverArrived("in shadow mode nothing is written")


class Unwritten(Redacted):
    """In shadow mode: the same of which only what reads is called. What would write answers that it did not."""

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return UNWRITTEN

    def delete(self, there: Found, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is deleted
        return UNWRITTEN

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is edited
        return UNWRITTEN
