"""One attempt, one look: what every adapter does the same way.

A library may swallow, wrap or repeat what happens inside it. Three things hold whatever it does:

- the request that publishes passes `before_write`, once, at the last moment before its bytes leave;
- what `before_write` raised comes out of `send` as it was raised there;
- before it was passed nothing can have been published, so nothing is uncertain.
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
"""Characters of a platform's own words that are worth keeping."""


class Verdict(StrEnum):
    """What an answer means for the post; the platforms' tables are made of these."""

    CONTENT = "content"
    """Refused for good: the text, the link, the flair."""
    ACCOUNT = "account"
    """Refused for good: token, scope, permission, address."""
    CREDIT = "credit"
    """Refused until somebody pays."""
    LATER = "later"
    """Refused for now."""
    SESSION = "session"
    """The session's token is not taken. Refused for now, once: the next attempt has a new one."""
    UNCERTAIN = "uncertain"
    """It may be there."""

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
    **dict.fromkeys((301, 302, 307, 308), Verdict.ACCOUNT),  # api_base_url is not its own
    400: Verdict.CONTENT,
    **dict.fromkeys((401, 403, 404), Verdict.ACCOUNT),
    429: Verdict.LATER,
}
"""What an answer to a request means on every platform. Every other one, and none at all: it may be there."""


class UnclearError(RuntimeError):
    """Nothing follows from what the platform answered; the message says why.

    It is not in its own format, or is not all that was asked for, or the fence was not reached within the pages that a
    look reads.
    """


class RepeatedWriteError(RuntimeError):
    """A library tried to send the publishing request a second time within one attempt, or outside of any."""


class RequestBounds:
    """How long the requests of a look or an attempt may last, and that only an attempt publishes, and once."""

    repeatable = False
    """The library may repeat the publishing request under its key, which makes no second post."""
    writes_sent = 0
    """How often the publishing request has left, since the latest attempt or reading began."""
    refusal: Exception | None = None
    """What kept it from leaving: ClaimLostError, as a rule."""
    last: Any = None
    """The answer to the latest request; None while there is none."""
    _before_write: Callable[[], None] | None = None
    _deadline = 0.0
    """Of time.monotonic(); 0 outside of an attempt and a reading."""

    @contextmanager
    def attempt(self, attempt: Attempt) -> Iterator[None]:
        """Within it the publishing request may leave; all requests together end in the attempt's time."""
        self._before_write = attempt.before_write
        try:
            with self.reading(attempt.timeout):
                yield
        finally:
            self._before_write = None

    @contextmanager
    def reading(self, seconds: float = LOOK_SECONDS) -> Iterator[None]:
        """Within it all requests together end in `seconds`; inside another, with that at the latest."""
        whole, end = self._deadline, time.monotonic() + seconds
        self._deadline, self.last = min(end, whole or end), None
        if not whole:
            self.writes_sent, self.refusal = 0, None
        try:
            with self._open():
                yield
        finally:
            self._deadline = whole

    def _open(self) -> AbstractContextManager[object]:
        """Return what is open within an attempt and a reading."""
        return nullcontext()

    def _before_publishing(self) -> None:
        """Let the publishing request leave: called at the last moment before its bytes do.

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
"""An adapter's own reading of what its library raised."""


def try_look(read: Callable[[], _T], classify: Classify) -> _T | CannotLook:
    """Return what `read` found; never raises."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001  # whatever it was: the listing could not be read
        return cannot_look(classify_error(error, classify))


def cannot_look(outcome: Outcome) -> CannotLook:
    """Return a failed read in the words of a look: an answer that would stop a post also stops the looking."""
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
    if isinstance(error, CrosspostError):  # a secret that is not there, an extra that is not installed
        return Rejected(str(error), Cause.ACCOUNT)
    if isinstance(error, UnclearError):
        return Uncertain(str(error))
    if isinstance(error, TruncatedPostError):  # no further look will see more of it
        return Rejected(str(error), Cause.CONTENT)
    try:
        return classify(error)
    except Exception as unreadable:  # noqa: BLE001  # an answer so odd that even judging it fails
        names = f"{type(error).__name__}, then {type(unreadable).__name__}"
        return Uncertain(f"the platform's answer is not readable ({names})")


def reveal(secret: Secret | None, key: str) -> str:
    """Return a secret's value. Raises UsageError when the account has none, ConfigError when it is not there."""
    if secret is None:
        raise UsageError(f'the account has no {key}: name one in its table, or set mode = "manual"')
    return secret.reveal()


def brief(words: object) -> str:
    """Return a platform's words on one line, not longer than a person reads."""
    return shortened(str(words), LONGEST_REASON)
