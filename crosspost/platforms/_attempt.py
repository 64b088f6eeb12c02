"""One attempt, one look: what every adapter does the same way.

A library may swallow, wrap or repeat what happens inside it. Three things hold here whatever it does:

- the request that publishes passes a `WriteOnce`, once, at the last moment before its bytes leave;
- what `WriteOnce` raised comes out of `send` as it was raised there;
- before `WriteOnce` was passed nothing can have been published, so nothing is uncertain.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Done,
    NeverArrived,
    Outcome,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, Level
from crosspost.platforms._matching import PartOfItError
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


class WriteOnce:
    """What the publishing request passes at the last moment, and what became of that."""

    def __init__(self, attempt: Attempt, *, repeatable: bool = False) -> None:
        self._before_write = attempt.before_write
        self._repeatable = repeatable
        self.passes = 0
        """How often the request has left."""
        self.refusal: Exception | None = None
        """What kept the request from leaving: ClaimLost, as a rule."""

    def open(self) -> None:
        """Let the publishing request leave. Raises what `before_write` raises, or RepeatedWriteError."""
        if self.passes and not self._repeatable:
            raise RepeatedWriteError("the client library tried to repeat the publishing request")
        try:
            self._before_write()
        except Exception as refusal:
            self.refusal = refusal
            raise
        self.passes += 1

    def check(self) -> None:
        """Raise again what stopped the request, if a library has kept it to itself."""
        if self.refusal is not None:
            raise self.refusal


class RequestBounds:
    """Until when the requests of a look or an attempt may last, and whether one of them may publish."""

    _write_once: WriteOnce | None = None
    _deadline = 0.0
    """Of time.monotonic(); 0 outside of an attempt and a reading."""
    published = False
    """Whether a publishing request has left, since the latest attempt or reading began."""
    last: Any = None
    """The answer to the latest request; None while there is none."""

    @contextmanager
    def attempt(self, write_once: WriteOnce, seconds: float) -> Iterator[None]:
        """Within it the publishing request may pass; all requests together end in `seconds`."""
        self._write_once = write_once
        try:
            with self.reading(seconds):
                yield
        finally:
            self._write_once = None

    @contextmanager
    def reading(self, seconds: float = LOOK_SECONDS) -> Iterator[None]:
        """Within it all requests together end in `seconds`; inside another, with that at the latest."""
        whole, end = self._deadline, time.monotonic() + seconds
        self._deadline, self.last = min(end, whole or end), None
        self.published = self.published and bool(whole)
        try:
            with self._opened():
                yield
        finally:
            self._deadline = whole

    def _opened(self) -> AbstractContextManager[object]:
        """Return what is open within an attempt and a reading."""
        return nullcontext()

    def _let_out(self) -> None:
        """Let a publishing request leave. Raises what `WriteOnce` raises; RepeatedWriteError outside of an attempt."""
        if self._write_once is None:
            raise RepeatedWriteError("a publishing request outside of an attempt")
        self._write_once.open()
        self.published = True


Seen = TypeVar("Seen")

Judge = Callable[[Exception], Outcome]
"""An adapter's own reading of what its library raised."""


def attempt_once(write_once: WriteOnce, publish: Callable[[], Outcome], judge: Judge) -> Outcome:
    """Return the outcome of `publish`. Raises only what `WriteOnce` raised."""
    try:
        outcome = publish()
    except Exception as error:  # noqa: BLE001  # an unexpected error is an outcome too: uncertain
        write_once.check()
        outcome = _judged(error, judge)
    write_once.check()
    if isinstance(outcome, Uncertain) and not write_once.passes:
        return NeverArrived(outcome.reason)
    if not isinstance(outcome, Sent | Done) and write_once.passes > 1:
        return Uncertain(f"{outcome.reason} (after {write_once.passes} requests)")
    return outcome


def look_once(read: Callable[[], Seen], judge: Judge) -> Seen | CannotLook:
    """Return what `read` found; never raises."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001  # whatever it was: the listing could not be read
        return cannot_look(_judged(error, judge))


def check_once(what: str, read: Callable[[], str], judge: Judge) -> CheckResult:
    """Return one line of `crosspost check`: the sentence that `read` returns, or what was wrong; never raises."""
    return checked(what, lambda: [CheckResult(what, Level.OK, read())], judge)[0]


def checked(what: str, read: Callable[[], Sequence[CheckResult]], judge: Judge) -> Sequence[CheckResult]:
    """Lines of `crosspost check` that are read together; if that fails, one that says so."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001  # a check reports, whatever it was
        outcome = _judged(error, judge)
        if isinstance(outcome, RefusedForNow):  # a rate limit says neither yes nor no
            return [CheckResult(what, Level.WARN, f"could not be asked: {outcome.reason}")]
        return [CheckResult(what, Level.FAIL, cannot_look(outcome).reason)]


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


def _judged(error: Exception, judge: Judge) -> Outcome:
    if isinstance(error, CrosspostError):  # a secret that is not there, an extra that is not installed
        return Rejected(str(error), Cause.ACCOUNT)
    if isinstance(error, UnclearError):
        return Uncertain(str(error))
    if isinstance(error, PartOfItError):  # no further look will see more of it
        return Rejected(str(error), Cause.CONTENT)
    try:
        return judge(error)
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
