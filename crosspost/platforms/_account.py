"""A connected account, but for the requests that its platform takes: those are in the adapters."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Done,
    Found,
    Image,
    Look,
    NeverArrived,
    Outcome,
    Own,
    Post,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, Platform, Wanted
from crosspost.platforms._attempt import RequestBounds, Seen, judged, look_once
from crosspost.platforms._matching import OnePost
from crosspost.plural import counted

SHARE = 1 / 3
"""The part of an attempt's time that a picture may take; the rest is the post's."""
WITHOUT = "sent without its picture"


class Account(Platform):
    """What every account does the same way around its requests: an adapter makes them, and may raise.

    All of a look, and all of a write, goes through one transport.
    """

    _transport: RequestBounds

    def find(self, wanted: Wanted, since: datetime) -> Look:
        return self._looked(lambda: self._find(wanted, since))

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        """Make one attempt. When the platform refuses the post with its picture, make one more without it.

        A refusal says that nothing was made, so this repeats no post. Both requests pass `before_write`.
        """
        began = time.monotonic()
        outcome = self._written(attempt, lambda: self._publish(post, attempt))
        if attempt.image is None or not isinstance(outcome, Rejected) or outcome.fault is Cause.CREDIT:
            return outcome
        left = max(attempt.timeout - (time.monotonic() - began), 1.0)
        plain = replace(attempt, image=None, timeout=left)
        return noted(self._written(plain, lambda: self._publish(post, plain)), f"{WITHOUT}: {outcome.reason}")

    def verify(self, url: str, wanted: Wanted) -> Look:
        def read() -> Look:
            post = self._one(Found(url, ""))
            return post.naming(wanted) if post and not post.owner else Absent()

        return self._looked(read)

    def own(self, there: Found) -> Own:
        def read() -> Own:
            post = self._one(there)
            return post.own() if post else Absent()

        return self._looked(read)

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        return self._written(attempt, lambda: self._remove(there))

    @abstractmethod
    def _find(self, wanted: Wanted, since: datetime) -> Look:
        """Read what was published since `since`, until the post is found."""

    @abstractmethod
    def _one(self, there: Found) -> OnePost | None:
        """Read one post, by its id or its address; None when there is none."""

    @abstractmethod
    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        """Publish the post, with the attempt's picture."""

    @abstractmethod
    def _remove(self, there: Found) -> Outcome:
        """Delete the post; Done also when it is not there any more."""

    @abstractmethod
    def _judge(self, error: Exception) -> Outcome:
        """Return the platform's own reading of what its library raised."""

    def _picture(self, attempt: Attempt, upload: Callable[[Image], Seen]) -> tuple[Seen | None, str]:
        """Return what `upload` returned in its share of the time, or None and a note that says why there is no picture.

        Publishes nothing: the announcement is worth more than its picture.
        """
        if attempt.image is None:
            return None, ""
        try:
            with self._transport.reading(attempt.timeout * SHARE):
                return upload(attempt.image), ""
        except Exception as error:  # noqa: BLE001 - whatever it was, the post goes out
            reason = getattr(judged(error, self._judge), "reason", "")
            return None, f"{WITHOUT}: {reason or type(error).__name__}"

    def _looked(self, read: Callable[[], Seen]) -> Seen | CannotLook:
        def reading() -> Seen:
            with self._transport.reading():
                return read()

        return look_once(reading, self._judge)

    def _written(self, attempt: Attempt, write: Callable[[], Outcome]) -> Outcome:
        """Return the outcome of `write`. Raises only what the attempt's `before_write` raised."""
        transport = self._transport
        try:
            with transport.attempt(attempt):
                outcome = write()
        except Exception as error:  # noqa: BLE001  # an unexpected error is an outcome too: uncertain
            if transport.refusal is not None:
                raise transport.refusal from None
            outcome = judged(error, self._judge)
        if transport.refusal is not None:  # a library has kept it to itself
            raise transport.refusal
        if isinstance(outcome, Uncertain) and not transport.passes:
            return NeverArrived(outcome.reason)
        repeated = transport.passes > (0 if isinstance(outcome, NeverArrived) else 1)
        if repeated and not isinstance(outcome, Sent | Done):
            return Uncertain(f"{outcome.reason} (after {counted(transport.passes, 'request')})")
        return outcome


def noted(outcome: Outcome, note: str) -> Outcome:
    """Return the outcome, with a note beside what it says already if the post is there."""
    if not note or not isinstance(outcome, Sent):
        return outcome
    return replace(outcome, note="; ".join(part for part in (outcome.note, note) if part))
