"""What does not work: one source, one file, one issue, one delivery at a time, so that it is that one's problem alone.

A boundary around each of them turns whatever is raised into a `Problem`: shown by `status`, reported by an alert, tried
again later. Problems are kept in the store's memory, so that a restart does not begin their back-off again.
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
"""A pass a minute costs little, and a problem that is over should not delay an issue for long."""

LONGEST_WAIT = timedelta(hours=24)
"""Of a fault that is tried again at a time which is decided elsewhere: a delivery's."""


class ProblemKind(StrEnum):
    """Why it does not work, and so when it is tried again and who is alerted."""

    AWAY = "away"
    """It does not answer: asked again with every pass or when it wants to be, and an alert when that lasts."""
    WRONG = "wrong"
    """It was read and is not right: it stays until a person changes it; an alert at once."""
    FAULT = "fault"
    """An unexpected error: tried again with back-off; an alert at once."""


ProblemKey = tuple[str, str, str]
"""Source, path, step."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not work."""

    source: str
    path: str
    """Where in the source; empty: the source as a whole."""
    reason: str
    kind: ProblemKind
    since: datetime
    step: str = ""
    """What was tried with the issue at that place: "link", "delivery to x"; empty: reading and planning it."""
    failures: int = 1
    """Faults in a row."""
    not_before: datetime | None = None
    """When it is tried again; None: with the next pass, or when it was changed."""

    @property
    def key(self) -> ProblemKey:
        return self.source, self.path, self.step

    @property
    def sentence(self) -> str:
        """Return where it is and what is wrong, for people."""
        return ": ".join(filter(None, (*self.key, self.reason)))


PROBLEMS = Scope("problems", tuple[Problem, ...])


class Problems:
    """The problems of one pass, which begins with what the passes before left.

    What was `away` is tried again, so it is forgotten here at first. What is `wrong` stays until `clear`, a `fault`
    until it is tried again.
    """

    def __init__(
        self, store: Store, now: datetime, clean: Callable[[str], str] = str, *, tries_all: bool = True
    ) -> None:
        """`clean` hides secrets in a reason, before it is kept or shown. `tries_all=False`: another machine watches,
        and what was away stays so until that one finds it answering."""
        self._store = store
        self._clean = clean
        self._now = now
        self._tries_all = tries_all
        self._stored = stored_problems(store)
        self._earlier = {problem.key: _with_bounded_times(problem, now) for problem in self._stored}
        self._current = {
            place: problem for place, problem in self._earlier.items() if self._is_carried_over(problem)
        }
        self._added: dict[ProblemKey, Problem] = {}

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything that does not work now."""
        return tuple(problem.sentence for problem in self._current.values())

    @property
    def added(self) -> tuple[str, ...]:
        """Everything that was found in this pass itself."""
        return tuple(problem.sentence for problem in self._added.values())

    def is_postponed(self, source: str, path: str = "", step: str = "") -> bool:
        """Return whether this pass leaves it out: after a fault, or because it asked for a pause."""
        problem = self.get(source, path, step)
        return (
            problem is not None and problem.kind is not ProblemKind.WRONG and problem.not_before is not None
        )

    def get(self, source: str, path: str = "", step: str = "") -> Problem | None:
        """Return what is wrong with it now."""
        return self._current.get((source, path, step))

    def boundary(self, source: str, path: str = "", step: str = "") -> Boundary:
        """Return a context manager that turns whatever is raised into the problem of this one place."""
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
        """Note it. `not_before`: when it is tried again, where that is decided elsewhere."""
        place = (source, path, step)
        before = self._earlier.get(place)
        failures = before.failures + 1 if before and kind is ProblemKind.FAULT else 1
        if kind is ProblemKind.FAULT and not_before is None:
            not_before = self._now + backoff(failures, FIRST_RETRY, LONGEST_RETRY)
        since = before.since if before else self._now
        problem = Problem(source, path, self._clean(reason), kind, since, step, failures, not_before)
        self._current[place] = self._added[place] = problem

    def clear(self, source: str, path: str = "", step: str = "") -> None:
        """Forget what was wrong at a place that is tried again, or is gone."""
        self._current.pop((source, path, step), None)

    def forget_other_sources(self, sources: Iterable[str]) -> None:
        """Forget what was wrong in sources that are not in the configuration any more."""
        names = set(sources)
        self._current = {
            place: problem
            for place, problem in self._current.items()
            if problem.kind is not ProblemKind.WRONG or problem.source in names
        }

    def save(self) -> None:
        """Store them, if they are others than before. Raise StoreError.

        What another machine has found or cleared since they were read stays so.
        """
        while tuple(self._current.values()) != self._stored:
            now_kept = self._store.get_value(PROBLEMS, self._store.newsletter)
            others = {problem.key: problem for problem in now_kept or ()}
            read = {problem.key for problem in self._stored}
            for place in read - others.keys() - self._added.keys():
                self._current.pop(place, None)
            self._current |= {place: others[place] for place in others.keys() - read - self._current.keys()}
            found = tuple(self._current.values())
            if self._store.compare_and_set(PROBLEMS, self._store.newsletter, found, expected=now_kept):
                self._stored = found

    def _is_carried_over(self, problem: Problem) -> bool:
        if problem.kind is ProblemKind.WRONG or (problem.kind is ProblemKind.AWAY and not self._tries_all):
            return True
        return problem.not_before is not None and self._now < problem.not_before


@dataclass(frozen=True, slots=True)
class Boundary:
    """Ends an exception: it becomes a problem of one place."""

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
                self.problems.add(
                    *self.key, ProblemKind.FAULT, f"an error in crosspost itself: {error_text(error)}"
                )
            case _:
                return False
        return True


def stored_problems(store: Store) -> tuple[Problem, ...]:
    """Return the problems that the last pass left."""
    return store.get_value(PROBLEMS, store.newsletter) or ()


def _with_bounded_times(problem: Problem, now: datetime) -> Problem:
    """Return the problem with its times bounded: a clock that ran ahead makes nothing wait too long."""
    longest = LONGEST_PAUSE if problem.kind is ProblemKind.AWAY else LONGEST_WAIT
    until = problem.not_before
    if until is not None and until > now + longest:
        until = None
    return replace(problem, since=min(problem.since, now), not_before=until)
