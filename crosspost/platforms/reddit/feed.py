"""Reddit without an API key: a private feed in which a manual account looks for the editor's post. Reads, never writes.

The address is one of those that Reddit gives to each account at `prefs/feeds`, with `feed=` and `user=`; whoever knows
it reads as that account, so it is a secret. Since June 2026 Reddit answers a feed without that pair, or a second
request within a minute, with 429, and the machines of data centres with a block page (QuiteRSS#1626, NetNewsWire#5328,
FreshRSS#8928). So a request is made once a minute at most, by all processes together; after a refusal ever more seldom,
and not before the time that it names. Between two requests the last answer stands.

Never run against Reddit itself (docs/reddit-feed.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests

from crosspost.backoff import backoff
from crosspost.errors import SourceError, StoreError, UsageError
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Clock,
    FetchResult,
    Found,
    Look,
    Outcome,
    Post,
    Rejected,
)
from crosspost.network import host_of, retry_time
from crosspost.platforms import (
    Attempt,
    CheckResult,
    HideSecret,
    Level,
    Platform,
    Query,
    StateStore,
    _http,
    _network,
)
from crosspost.platforms._address import is_loopback
from crosspost.platforms._attempt import cannot_look, reveal, try_look
from crosspost.platforms.reddit import Settings, is_reddit
from crosspost.platforms.reddit.feed_entries import (
    Entry,
    discussions,
    entries_in,
    from_json,
    names,
    thread_of,
    to_json,
)
from crosspost.plural import quantity
from crosspost.watch._download import conditions

_T = TypeVar("_T")

LONGEST_PAUSE = timedelta(hours=1)
"""Between two requests to a feed that was refused again and again."""
LONGEST_SILENCE = timedelta(minutes=5)
"""The same where nobody answered: nobody asked for a pause."""
LONGEST_ASKED = timedelta(hours=24)
"""What Reddit may ask for at most."""
OTHERS = 5
"""Further threads that are named at most."""
READS_ONLY = "a feed is only read"
NOT_VALID = frozenset({401, 404, 410})
"""The answers after which a person has to act."""
REFUSALS = {
    403: "it is not shown to us, or its address is not valid",
    429: "too many requests",
    **dict.fromkeys(NOT_VALID, "its address is not valid (any more), copy it anew"),
}


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of the feed; kept in the notes."""

    asked: datetime | None = None
    until: datetime | None = None
    """Not asked before this."""
    failures: int = 0
    problem: str = ""
    """Why the last request failed; empty: it did not."""
    refused: bool = False
    """A person has to act on that."""
    etag: str = ""
    modified: str = ""
    entries: tuple[Entry, ...] = ()


class FeedAccount(Platform):
    """A subreddit as a private feed shows it."""

    needs_state = True
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret)
        self._transport = _http.Transport()
        self._session = _http.Session(self._transport)
        self._notes: StateStore | None = None
        self._unkept: str | None = None
        """In place of a note, as long as the connection."""

    def use_state(self, notes: StateStore) -> None:
        self._notes = notes

    def find(self, query: Query, since: datetime) -> Look:
        def read() -> Look:
            entries = self._entries()
            if isinstance(entries, CannotLook):
                return entries
            subreddit, authors = self._settings.subreddit, self._settings.author_names()
            if found := discussions(entries, query, subreddit, authors, since):
                (oldest, by), *others = found
                further = tuple(dict.fromkeys(entry.url for entry, _ in others if entry.id != oldest.id))
                return Found(oldest.url, oldest.id, by, further[:OTHERS], oldest.at, oldest.title)
            if query.may_exist:
                return CannotLook("the feed does not show it, which proves nothing", refused=False)
            return Absent()

        return self._look(read)

    def verify(self, url: str, query: Query) -> Look:
        """Look among the threads that the feed showed last: no request is made for a person's word."""

        def read() -> Look:
            kept = [entry for entry in self._state()[0].entries if entry.id == thread_of(url)]
            for entry in kept:
                return Found(entry.url, entry.id) if names(entry, query) else Absent()
            return CannotLook("the feed has not shown this thread", refused=True)

        return self._look(read)

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return Rejected(f"{READS_ONLY}; post it by hand", Cause.ACCOUNT)

    def fetch(self, existing: Found) -> FetchResult:  # noqa: ARG002 - nothing is asked
        return CannotLook(f"{READS_ONLY}, and says nothing of one thread", refused=True)

    def delete(self, existing: Found, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return Rejected(f"{READS_ONLY}; delete it by hand", Cause.ACCOUNT)

    def check(self) -> Sequence[CheckResult]:
        """Read the feed once, or say what the last look within the same minute saw."""
        seen = self._look(self._entries)
        if isinstance(seen, CannotLook):
            again = f"; it is asked again at {seen.until:%Y-%m-%d %H:%M:%S} UTC" if seen.until else ""
            return [CheckResult("feed", Level.FAIL, f"{seen.reason}{again}")]
        subreddit = self._settings.subreddit
        threads = [entry for entry in seen if entry.subreddit.casefold() == subreddit.casefold()]
        newest = max((entry.at for entry in threads if entry.at), default=None)
        sentence = f"it answers with {quantity(len(seen), 'thread')}, on r/{subreddit}: {len(threads)}"
        if newest:
            sentence += f", the newest of {newest:%Y-%m-%d %H:%M} UTC"
        if not threads:
            return [CheckResult("feed", Level.WARN, f"{sentence}; is it the right feed?")]
        return [CheckResult("feed", Level.OK, sentence)]

    def close(self) -> None:
        self._session.close()

    def _look(self, read: Callable[[], _T]) -> _T | CannotLook:
        def reading() -> _T | CannotLook:
            try:
                return read()
            except StoreError as error:
                return CannotLook(str(error), refused=False)

        return try_look(reading, lambda error: _network.classify_no_answer("Reddit", error, (), ()))

    # ── when to ask ──────────────────────────────────────────────────────────────────────────────────

    def _entries(self) -> tuple[Entry, ...] | CannotLook:
        """Return what the feed shows: from the last answer while it may not be asked again."""
        address = self._address
        state, kept = self._state()
        now, every = self._clock(), self._settings.feed_every
        if until := _closed_until(state, now, every):
            return CannotLook(state.problem, state.refused, until) if state.problem else state.entries
        asked = replace(state, asked=now)
        if not self._keep(asked, was=kept):
            return CannotLook("another process is asking the feed", refused=False, until=now + every)
        after = self._ask(address, asked)
        self._keep(after, was=_as_text(asked))
        return CannotLook(after.problem, after.refused, after.until) if after.problem else after.entries

    def _ask(self, address: str, state: _State) -> _State:
        """Make the one request, and return what is known after it."""
        validators = {"etag": state.etag, "last-modified": state.modified} if state.entries else {}
        headers = {"User-Agent": self._settings.user_agent, "Accept": "application/atom+xml, */*;q=0.1"}
        headers |= conditions(validators)
        _network.limit_logging("urllib3", "requests")
        try:
            with self._transport.reading():
                answer = self._session.get(address, headers=headers, allow_redirects=False)
        except _network.RedirectError as moved:
            reason = f"Reddit answered {moved.status} and names another address for the feed: copy it anew"
            return self._failed(state, reason, LONGEST_PAUSE, refused=True)
        except Exception as error:  # noqa: BLE001 - whatever it was, the feed was not read; the class says what
            outcome = _network.classify_no_answer(
                "Reddit", error, _http.UNSENT, _http.MAY_HAVE_ARRIVED, url=address
            )
            return self._failed(state, cannot_look(outcome).reason, LONGEST_SILENCE)
        last = self._transport.last  # with the headers about when to ask again, which no library gets to see
        return self._answered(state, answer if last is None else last)

    def _answered(self, state: _State, response: requests.Response) -> _State:
        now = self._clock()
        asked = retry_time(response.headers, now)
        next_budget = _budget(response, min(asked, now + LONGEST_PAUSE) if asked else None)
        if response.status_code == 304 and state.entries:
            return replace(state, until=next_budget, failures=0, problem="", refused=False)
        if response.status_code != 200:
            refused = response.status_code in NOT_VALID
            return self._failed(state, _refusal(response), LONGEST_PAUSE, asked, refused=refused)
        headers = {name.lower(): value for name, value in response.headers.items()}
        try:
            entries = entries_in(response.content, headers)
        except SourceError:
            said = _network.unreadable_answer("Reddit", 200, response.content)
            reason = said if b"<feed" not in response.content else "Reddit answered with a broken feed"
            return self._failed(state, reason, LONGEST_PAUSE, asked)
        return _State(
            asked=state.asked,
            until=next_budget,
            etag=headers.get("etag", "")[:200],
            modified=headers.get("last-modified", "")[:200],
            entries=entries,
        )

    def _failed(
        self,
        state: _State,
        reason: str,
        longest: timedelta,
        asked: datetime | None = None,
        *,
        refused: bool = False,
    ) -> _State:
        """Return the state after a request that brought nothing: asked again ever later, never before `asked`."""
        now, every, failures = self._clock(), self._settings.feed_every, state.failures + 1
        until = now + max(every, backoff(failures + 1, every, longest))
        if asked is not None:
            until = max(until, min(asked, now + LONGEST_ASKED))
        return replace(state, until=until, failures=failures, problem=reason, refused=refused)

    # ── what is kept ─────────────────────────────────────────────────────────────────────────────────

    def _state(self) -> tuple[_State, str | None]:
        """Return what is known of the feed, and the text that says so."""
        kept = self._notes.read(self._key) if self._notes else self._unkept
        with suppress(ValueError, TypeError, KeyError):
            return _from_text(kept or "{}"), kept
        return _State(), kept

    def _keep(self, state: _State, *, was: str | None) -> bool:
        if self._notes:
            return self._notes.write(self._key, _as_text(state), was=was)
        self._unkept = _as_text(state)
        return True

    @cached_property
    def _key(self) -> str:
        """What the notes go by: nothing of the address can be read from it."""
        return f"reddit-feed-{hashlib.sha256(self._address.encode()).hexdigest()[:16]}"

    @cached_property
    def _address(self) -> str:
        """Return the secret. Raises SecretError when it is not there, UsageError when it is no such address."""
        address = reveal(self._settings.feed, "feed").strip()
        base = host_of(self._settings.api_base_url)
        reddit = is_reddit(address) or (host_of(address) == base and bool(base))
        safe = address.startswith("https://") or (address.startswith("http://") and is_loopback(address))
        if not safe or not (reddit or is_loopback(address)):
            raise UsageError(
                "`feed` is not the whole address of a feed on reddit.com: copy it from https://www.reddit.com/prefs/feeds"
            )
        parts = urlsplit(address)
        for secret in (f"{parts.path}?{parts.query}", *(v for k, v in parse_qsl(parts.query) if k == "feed")):
            self._hide_secret(secret)
        return address


def _closed_until(state: _State, now: datetime, every: timedelta) -> datetime | None:
    """Return until when the feed is left alone; None: it may be asked. Times from before the clock was set back are
    not waited for."""
    times = [state.asked + every] if state.asked and state.asked <= now else []
    if state.until and state.until <= now + LONGEST_ASKED:
        times.append(state.until)
    latest = max(times, default=None)
    return latest if latest is not None and latest > now else None


def _budget(response: requests.Response, reset: datetime | None) -> datetime | None:
    """Return when to ask again after a good answer: at `reset` where it says that no request is left."""
    with suppress(ValueError):
        return reset if float(response.headers.get("x-ratelimit-remaining", "1")) < 1 else None
    return None


def _refusal(response: requests.Response) -> str:
    status = response.status_code
    if status == 403 and b"network security" in response.content[:100_000].lower():
        return "Reddit blocks this machine (403: its network security, as for data centres)"
    why = f": {REFUSALS[status]}" if status in REFUSALS else ""
    return f"Reddit answered {status} for the feed{why}"


def _as_text(state: _State) -> str:
    kept = asdict(state) | {"entries": to_json(state.entries)}
    return json.dumps(kept, sort_keys=True, default=datetime.isoformat)


def _from_text(text: str) -> _State:
    """Read it again. Raises ValueError, TypeError or KeyError for what is none."""
    kept = json.loads(text)
    if not kept:
        return _State()
    times = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in ("asked", "until")}
    return _State(**kept | times | {"entries": tuple(from_json(kept["entries"]))})


connect = FeedAccount
