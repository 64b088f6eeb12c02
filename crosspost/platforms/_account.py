"""The base class of the adapters: what each account does around its requests."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, TypeVar

from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Done,
    FetchResult,
    Found,
    Image,
    Look,
    NeverArrived,
    NotOurs,
    Outcome,
    Post,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, Level, Platform, Query
from crosspost.platforms._attempt import RequestBounds, cannot_look, classify_error, try_look
from crosspost.platforms._matching import ListedPost, match_mention
from crosspost.plural import quantity

_T = TypeVar("_T")

PICTURE_SHARE = 1 / 3
"""The share of an attempt's time in which a picture may be uploaded."""
NO_PICTURE = "sent without its picture"


class ConnectedAccount(Platform):
    """One account. An adapter implements the abstract methods, which may raise whatever its library raises.

    All requests go through one transport.
    """

    verifies_any_author: ClassVar[bool] = False
    """Whether a post that a person names counts whoever made it."""
    _transport: RequestBounds

    def find(self, query: Query, since: datetime) -> Look:
        return self._run_look(lambda: self._find(query, since))

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        """Make one attempt, and one more without the picture when the platform refused the post with it.

        A refusal says that no post was made, so this repeats none. Both requests pass `before_write`.
        """
        began = time.monotonic()
        outcome = self._run_write(attempt, lambda: self._publish(post, attempt))
        if attempt.image is None or not isinstance(outcome, Rejected) or outcome.fault is Cause.CREDIT:
            return outcome
        left = max(attempt.timeout - (time.monotonic() - began), 1.0)
        plain = replace(attempt, image=None, timeout=left)
        second = self._run_write(plain, lambda: self._publish(post, plain))
        return with_note(second, f"{NO_PICTURE}: {outcome.reason}")

    def verify(self, url: str, query: Query) -> Look:
        def read() -> Look:
            post = self._fetch(Found(url, ""))
            if post is None or (post.owner and not self.verifies_any_author):
                return Absent()
            return match_mention(query, post)

        return self._run_look(read)

    def fetch(self, existing: Found) -> FetchResult:
        def read() -> FetchResult:
            post = self._fetch(existing)
            if post is None:
                return Absent()
            return NotOurs(post.owner) if post.owner else Found(post.url, post.id)

        return self._run_look(read)

    def delete(self, existing: Found, attempt: Attempt) -> Outcome:
        return self._run_write(attempt, lambda: self._remove(existing))

    @abstractmethod
    def _find(self, query: Query, since: datetime) -> Look:
        """Read what was published since `since`, until the post is found."""

    @abstractmethod
    def _fetch(self, existing: Found) -> ListedPost | None:
        """Read one post, by its id or its address; None when there is none."""

    @abstractmethod
    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        """Publish the post, with the attempt's picture."""

    @abstractmethod
    def _remove(self, existing: Found) -> Outcome:
        """Delete the post. Return Done also when there is none any more."""

    @abstractmethod
    def _classify(self, error: Exception) -> Outcome:
        """Return the outcome of a request whose client library raised this."""

    def _try_upload(self, attempt: Attempt, upload: Callable[[Image], _T]) -> tuple[_T | None, str]:
        """Return what `upload` returns, or None and a note that says why there is no picture. Never raises.

        An announcement without its picture is better than none.
        """
        if attempt.image is None:
            return None, ""
        try:
            with self._transport.reading(attempt.timeout * PICTURE_SHARE):
                return upload(attempt.image), ""
        except Exception as error:  # noqa: BLE001 - whatever it was, the post is sent without a picture
            reason = getattr(classify_error(error, self._classify), "reason", "")
            return None, f"{NO_PICTURE}: {reason or type(error).__name__}"

    def _run_look(self, read: Callable[[], _T]) -> _T | CannotLook:
        """Return what `read` returns within the time of a look, or why it could not. Never raises."""

        def reading() -> _T:
            with self._transport.reading():
                return read()

        return try_look(reading, self._classify)

    def _run_check(self, what: str, read: Callable[[], str]) -> CheckResult:
        """Return one line of `crosspost check`: the sentence that `read` returns, or what was wrong. Never raises."""
        return self._run_checks(what, lambda: [CheckResult(what, Level.OK, read())])[0]

    def _run_checks(self, what: str, read: Callable[[], Sequence[CheckResult]]) -> Sequence[CheckResult]:
        """Return the lines that `read` returns, or one line that says what was wrong. Never raises."""
        try:
            return read()
        except Exception as error:  # noqa: BLE001 - a check reports whatever it was
            outcome = classify_error(error, self._classify)
            if isinstance(outcome, RefusedForNow):  # a rate limit says neither yes nor no
                return [CheckResult(what, Level.WARN, f"could not be asked: {outcome.reason}")]
            return [CheckResult(what, Level.FAIL, cannot_look(outcome).reason)]

    def _run_write(self, attempt: Attempt, write: Callable[[], Outcome]) -> Outcome:
        """Return the outcome of `write`. Raises only what the attempt's `before_write` raised."""
        transport = self._transport
        try:
            with transport.attempt(attempt):
                outcome = write()
        except Exception as error:  # noqa: BLE001 - an unexpected error is an outcome too: uncertain
            if transport.refusal is not None:
                raise transport.refusal from None
            outcome = classify_error(error, self._classify)
        if transport.refusal is not None:  # the library swallowed it
            raise transport.refusal
        if isinstance(outcome, Uncertain) and not transport.writes_sent:
            return NeverArrived(outcome.reason)
        repeated = transport.writes_sent > (0 if isinstance(outcome, NeverArrived) else 1)
        if repeated and not isinstance(outcome, Sent | Done):
            return Uncertain(f"{outcome.reason} (after {quantity(transport.writes_sent, 'request')})")
        return outcome


def with_note(outcome: Outcome, note: str) -> Outcome:
    """Return the outcome; one that is Sent, with the note added to its own."""
    if not note or not isinstance(outcome, Sent):
        return outcome
    return replace(outcome, note="; ".join(part for part in (outcome.note, note) if part))
