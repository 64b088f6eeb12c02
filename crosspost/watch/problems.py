"""The problems of sources, files, issues and deliveries, each kept by itself, so that one stops no other.

`Problems.boundary` turns whatever is raised within it into a `Problem`: shown by `status`, reported by an alert, tried
again later. Problems are stored, so that a restart does not reset their back-off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crosspost.backoff import backoff
from crosspost.errors import CrosspostError, IssueError, RetryLaterError, SourceError, StoreError
from crosspost.log.redaction import error_text
from crosspost.store.scopes import Scope
from crosspost.watch._download import LONGEST_PAUSE

if TYPE_CHECKING:
    from crosspost.store import Store

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(minutes=10)
"""A try costs little, and an issue should not wait long after a problem is over."""

LONGEST_WAIT = timedelta(hours=24)
"""The longest wait for a fault whose next try is decided elsewhere: a delivery's."""


class ProblemKind(StrEnum):
    """The kind of a problem, which decides when it is tried again and when an alert is sent."""

    AWAY = "away"
    """It does not answer: tried again with every pass or at the time it asks for; an alert when that lasts."""
    WRONG = "wrong"
    """It was read and is not valid: the problem stays until a person changes it; an alert at once."""
    FAULT = "fault"
    """An unexpected error: tried again with back-off; an alert at once."""


ProblemKey = tuple[str, str, str]
"""Source, path, step."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not work."""

    source: str
    path: str
    """The path in the source; empty: the source as a whole."""
    reason: str
    kind: ProblemKind
    since: datetime
    step: str = ""
    """The step that failed: "link", "delivery to x"; empty: reading and planning it."""
    failures: int = 1
    """Faults in a row."""
    not_before: datetime | None = None
    """The time of the next try; None: with the next pass, or when it was changed."""

    @property
    def key(self) -> ProblemKey:
        return self.source, self.path, self.step

    @property
    def sentence(self) -> str:
        """Return where it is and what is wrong, for people."""
        return ": ".join(filter(None, (*self.key, self.reason)))


PROBLEMS = Scope("problems", tuple[Problem, ...])


class Problems:
    """The problems of one pass, which begins with those of the passes before.

    What was `away` is tried again, and therefore forgotten at first. What is `wrong` stays until `clear`, a `fault`
    until its next try.
    """

    def __init__(
        self, store: Store, now: datetime, clean: Callable[[str], str] = str, *, tries_all: bool = True
    ) -> None:
        """Read the stored problems. `clean` hides secrets in a reason. `tries_all=False`: another machine watches, and
        what was away stays so until that machine gets an answer."""
        self._store = store
        self._clean = clean
        self._now = now
        self._tries_all = tries_all
        self._stored = stored_problems(store)
        self._earlier = {problem.key: _with_bounded_times(problem, now) for problem in self._stored}
        self._current = {key: each for key, each in self._earlier.items() if self._is_carried_over(each)}
        self._added: dict[ProblemKey, Problem] = {}

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return everything that does not work now."""
        return tuple(problem.sentence for problem in self._current.values())

    @property
    def added(self) -> tuple[str, ...]:
        """Return everything that was found in this pass."""
        return tuple(problem.sentence for problem in self._added.values())

    def is_postponed(self, source: str, path: str = "", step: str = "") -> bool:
        """Return whether this pass does not try it: after a fault, or because it asked for a pause."""
        problem = self.get(source, path, step)
        return bool(problem and problem.kind is not ProblemKind.WRONG and problem.not_before)

    def get(self, source: str, path: str = "", step: str = "") -> Problem | None:
        """Return what is wrong with it now; None: nothing."""
        return self._current.get((source, path, step))

    def boundary(self, source: str, path: str = "", step: str = "") -> Boundary:
        """Return a context manager that turns whatever is raised within into the problem of this one thing."""
        return Boundary(self, (source, path, step))

    def add(
        self,
        source: str,
        path: str,
        step: str,
        kind: ProblemKind,
        reason: str,
        not_before: datetime | None = None,
    ) -> None:
        """Add a problem. `not_before`: the time of the next try, where that is decided elsewhere."""
        key = (source, path, step)
        before = self._earlier.get(key)
        failures = before.failures + 1 if before and kind is ProblemKind.FAULT else 1
        if kind is ProblemKind.FAULT and not_before is None:
            not_before = self._now + backoff(failures, FIRST_RETRY, LONGEST_RETRY)
        since = before.since if before else self._now
        problem = Problem(source, path, self._clean(reason), kind, since, step, failures, not_before)
        self._current[key] = self._added[key] = problem

    def clear(self, source: str, path: str = "", step: str = "") -> None:
        """Forget what was wrong with something that is tried again, or is gone."""
        self._current.pop((source, path, step), None)

    def forget_other_sources(self, sources: Iterable[str]) -> None:
        """Forget what was wrong in sources that are no longer configured."""
        names = set(sources)
        self._current = {
            key: each
            for key, each in self._current.items()
            if each.kind is not ProblemKind.WRONG or each.source in names
        }

    def save(self) -> None:
        """Store the problems where they changed. What another machine added or removed meanwhile stays so. Raises
        StoreError."""
        while tuple(self._current.values()) != self._stored:
            stored = self._store.get_value(PROBLEMS, self._store.newsletter)
            others = {problem.key: problem for problem in stored or ()}
            read = {problem.key for problem in self._stored}
            for key in read - others.keys() - self._added.keys():
                self._current.pop(key, None)
            self._current |= {key: others[key] for key in others.keys() - read - self._current.keys()}
            current = tuple(self._current.values())
            if self._store.compare_and_set(PROBLEMS, self._store.newsletter, current, expected=stored):
                self._stored = current

    def _is_carried_over(self, problem: Problem) -> bool:
        if problem.kind is ProblemKind.WRONG or (problem.kind is ProblemKind.AWAY and not self._tries_all):
            return True
        return problem.not_before is not None and self._now < problem.not_before


@dataclass(frozen=True, slots=True)
class Boundary:
    """Suppresses an exception and adds it as a problem."""

    problems: Problems
    key: ProblemKey

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        match error:
            case RetryLaterError():
                self.problems.add(*self.key, ProblemKind.AWAY, str(error), error.until)
            case SourceError() | StoreError():
                self.problems.add(*self.key, ProblemKind.AWAY, str(error))
            case IssueError():
                self.problems.add(*self.key, ProblemKind.WRONG, str(error))
            case CrosspostError():
                self.problems.add(*self.key, ProblemKind.FAULT, str(error))
            case Exception():
                log.error("%s: unexpected error", " ".join(filter(None, self.key)), exc_info=error)
                reason = f"an error in crosspost itself: {error_text(error)}"
                self.problems.add(*self.key, ProblemKind.FAULT, reason)
            case _:
                return False
        return True


def stored_problems(store: Store) -> tuple[Problem, ...]:
    """Return the problems that the last pass left."""
    return store.get_value(PROBLEMS, store.newsletter) or ()


def _with_bounded_times(problem: Problem, now: datetime) -> Problem:
    """Return the problem without times that a clock which ran ahead wrote: nothing waits for them."""
    longest = LONGEST_PAUSE if problem.kind is ProblemKind.AWAY else LONGEST_WAIT
    is_too_late = problem.not_before is not None and problem.not_before > now + longest
    not_before = None if is_too_late else problem.not_before
    return replace(problem, since=min(problem.since, now), not_before=not_before)
