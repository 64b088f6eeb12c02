"""The bounds of one attempt and of one look, and what an answer or an exception means for the post.

A client library may swallow, wrap or repeat what happens inside it. Three things hold all the same:

- the request that publishes passes `before_write`, once, at the last moment before its bytes leave;
- what `before_write` raises leaves `send` as it was raised;
- an attempt that did not pass `before_write` published nothing, so its outcome is never uncertain.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, assert_never

from crosspost.config.secrets import Secret
from crosspost.errors import CrosspostError, UsageError
from crosspost.log.redaction import shortened
from crosspost.model import (
    CannotLook,
    Cause,
    NeverArrived,
    Outcome,
    RefusedForNow,
    Rejected,
    Uncertain,
)
from crosspost.platforms import Attempt
from crosspost.platforms._matching import TruncatedPostError
from crosspost.platforms._network import LOOK_SECONDS

LONGEST_REASON = 300
"""Characters of a platform's own message that are stored."""


class Verdict(StrEnum):
    """The meaning of an answer for the post. The tables of answers map statuses and codes to these."""

    CONTENT = "content"
    """Refused for good: the text, the link, the flair."""
    ACCOUNT = "account"
    """Refused for good: token, scope, permission, address."""
    CREDIT = "credit"
    """Refused until somebody pays."""
    LATER = "later"
    """Refused for now."""
    SESSION = "session"
    """The session's token was refused. Refused for now, once: the next attempt has a new token."""
    UNCERTAIN = "uncertain"
    """The post may be there."""

    def outcome(self, reason: str, until: datetime | None = None) -> Outcome:
        match self:
            case Verdict.CONTENT | Verdict.ACCOUNT | Verdict.CREDIT:
                return Rejected(reason, Cause(self))
            case Verdict.LATER:
                return RefusedForNow(reason, until)
            case Verdict.SESSION:
                return RefusedForNow(reason, until, if_again=Cause.ACCOUNT)
            case Verdict.UNCERTAIN:
                return Uncertain(reason)
            case _:
                assert_never(self)


STATUSES: Mapping[int, Verdict] = {
    **dict.fromkeys((301, 302, 307, 308), Verdict.ACCOUNT),  # api_base_url is not the platform's own
    400: Verdict.CONTENT,
    **dict.fromkeys((401, 403, 404), Verdict.ACCOUNT),
    429: Verdict.LATER,
}
"""The verdict on each status on every platform. After any other one, or no answer, the post may be there."""


class UnclearError(RuntimeError):
    """An answer proves nothing; the message says why.

    It is not in the platform's own format, or incomplete, or a look read its last page without reaching the fence.
    """


class RepeatedWriteError(RuntimeError):
    """A library tried to send the publishing request a second time within one attempt, or outside of any."""


class RequestBounds:
    """The bounds on the requests of a look or an attempt: a deadline, and one publishing request for each attempt."""

    repeatable = False
    """Whether the library may repeat the publishing request: its key keeps that from making a second post."""
    writes_sent = 0
    """How many publishing requests have left since the latest attempt or reading began."""
    refusal: Exception | None = None
    """The exception that `before_write` raised, as a rule ClaimLostError; None: none."""
    last_answer: Any = None
    """The answer to the latest request; None: none has come."""
    _before_write: Callable[[], None] | None = None
    _deadline = 0.0
    """When the requests must be complete, in seconds of time.monotonic(); 0 outside of an attempt and a reading."""

    @contextmanager
    def attempt(self, attempt: Attempt) -> Iterator[None]:
        """Allow the publishing request, and bound all requests to the attempt's time."""
        self._before_write = attempt.before_write
        try:
            with self.reading(attempt.timeout):
                yield
        finally:
            self._before_write = None

    @contextmanager
    def reading(self, seconds: float = LOOK_SECONDS) -> Iterator[None]:
        """Bound all requests together to `seconds`; nested, also to the time of the outer one."""
        outer, end = self._deadline, time.monotonic() + seconds
        self._deadline, self.last_answer = min(end, outer or end), None
        if not outer:
            self.writes_sent, self.refusal = 0, None
        try:
            with self._open():
                yield
        finally:
            self._deadline = outer

    def _open(self) -> AbstractContextManager[object]:
        """Return a context that is open during an attempt or a reading."""
        return nullcontext()

    def _before_publishing(self) -> None:
        """Allow one publishing request to leave. Call it right before the first byte.

        Raises what `before_write` raises, and RepeatedWriteError.
        """
        if self._before_write is None:
            raise RepeatedWriteError("a publishing request outside of an attempt")
        if self.writes_sent and not self.repeatable:
            raise RepeatedWriteError("the client library tried to repeat the publishing request")
        try:
            self._before_write()
        except Exception as refusal:
            self.refusal = refusal
            raise
        self.writes_sent += 1


_T = TypeVar("_T")

Classify = Callable[[Exception], Outcome]
"""An adapter's function that returns the outcome of a request whose client library raised."""


def try_look(read: Callable[[], _T], classify: Classify) -> _T | CannotLook:
    """Return what `read` returns, or why it could not be read. Never raises."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - whatever it was, the listing could not be read
        return cannot_look(classify_error(error, classify))


def cannot_look(outcome: Outcome) -> CannotLook:
    """Return the result of a look whose request failed. An answer that would reject a post refuses the look."""
    match outcome:
        case Rejected(reason):
            return CannotLook(reason, refused=True)
        case RefusedForNow(reason, until):
            return CannotLook(reason, refused=False, until=until)
        case NeverArrived(reason) | Uncertain(reason):
            return CannotLook(reason, refused=False)
        case _:
            raise AssertionError("a read sends nothing")


def classify_error(error: Exception, classify: Classify) -> Outcome:
    """Return the outcome of a call that raised; `classify` is asked about what its client library raised."""
    if isinstance(error, CrosspostError):  # a secret that is not there, an extra that is not installed
        return Rejected(str(error), Cause.ACCOUNT)
    if isinstance(error, UnclearError):
        return Uncertain(str(error))
    if isinstance(error, TruncatedPostError):  # no further look will see more of it
        return Rejected(str(error), Cause.CONTENT)
    try:
        return classify(error)
    except Exception as unreadable:  # noqa: BLE001 - an answer so odd that even classifying it fails
        names = f"{type(error).__name__}, then {type(unreadable).__name__}"
        return Uncertain(f"the platform's answer is not readable ({names})")


def reveal(secret: Secret | None, key: str) -> str:
    """Return a secret's value. Raises UsageError when the account has none, ConfigError when it is not there."""
    if secret is None:
        raise UsageError(f'the account has no {key}: name one in its table, or set mode = "manual"')
    return secret.reveal()


def brief(message: object) -> str:
    """Return a platform's message on one line, shortened."""
    return shortened(str(message), LONGEST_REASON)
