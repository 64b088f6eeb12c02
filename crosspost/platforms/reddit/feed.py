"""Reddit without an API key: a private feed in which a manual account looks for the editor's post. Reads, never writes.

Reddit gives each account such addresses at `prefs/feeds`, with `feed=` and `user=`. Whoever has one reads as that
account, so it is a secret. Since June 2026 Reddit answers 429 to a feed without that pair and to a second request
within a minute, and a block page to the machines of data centres (QuiteRSS#1626, NetNewsWire#5328, FreshRSS#8928). So
all processes together make one request a minute at most. After a refusal they wait longer each time, and at least
until the time that it names. Between two requests the last answer counts.

Never run against Reddit itself (docs/reddit-feed.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests
from pydantic import TypeAdapter

from crosspost import platforms
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
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query, StateStore, _http, _network
from crosspost.platforms._address import is_loopback
from crosspost.platforms._attempt import cannot_look, reveal, try_look
from crosspost.platforms.reddit import Settings, is_reddit
from crosspost.platforms.reddit.feed_entries import (
    Entry,
    find_discussions,
    mentions_issue,
    parse_entries,
    thread_id,
)
from crosspost.plural import quantity
from crosspost.watch._download import conditions

_T = TypeVar("_T")

LONGEST_PAUSE = timedelta(hours=1)
"""The longest time between two requests to a feed that was refused again and again."""
LONGEST_SILENCE = timedelta(minutes=5)
"""The same after requests without an answer, in which nobody asked for a pause."""
LONGEST_ASKED = timedelta(hours=24)
"""The longest pause that Reddit may ask for."""
OTHERS = 5
"""The maximum number of further threads that are named."""
READS_ONLY = "a feed is only read"
NOT_VALID = frozenset({401, 404, 410})
"""The answers after which a person has to act."""
REFUSALS = {
    403: "this machine may not read it, or its address is not valid",
    429: "too many requests",
    **dict.fromkeys(NOT_VALID, "its address is not valid (any more), copy the new one"),
}


@dataclass(frozen=True, slots=True)
class _State:
    """The state of the feed. Stored as JSON under the names of the fields."""

    asked: datetime | None = None
    """When the last request began."""
    until: datetime | None = None
    """No request is made before this."""
    failures: int = 0
    """Failed requests in a row."""
    problem: str = ""
    """Why the last request failed; empty: it did not."""
    refused: bool = False
    """A person has to act on the problem."""
    etag: str = ""
    modified: str = ""
    entries: tuple[Entry, ...] = ()

    def result(self) -> tuple[Entry, ...] | CannotLook:
        """Return the entries, or why there are none."""
        return CannotLook(self.problem, self.refused, self.until) if self.problem else self.entries


_JSON = TypeAdapter(_State)


class FeedAccount(platforms.Platform):
    """A subreddit as a private feed shows it."""

    needs_state = True
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret)
        self._transport = _http.Transport()
        self._session = _http.TransportSession(self._transport)
        self._store: StateStore | None = None
        self._text: str | None = None
        """The state as JSON, where there is no store."""

    def use_state(self, store: StateStore) -> None:
        self._store = store

    def find(self, query: Query, since: datetime) -> Look:
        def read() -> Look:
            entries = self._entries()
            if isinstance(entries, CannotLook):
                return entries
            subreddit, authors = self._settings.subreddit, self._settings.author_names()
            if threads := find_discussions(entries, query, subreddit, authors, since):
                (oldest, by), *others = threads
                urls = tuple(dict.fromkeys(entry.url for entry, _ in others if entry.id != oldest.id))
                return Found(oldest.url, oldest.id, by, urls[:OTHERS], oldest.at, oldest.title)
            if query.may_exist:
                return CannotLook("the feed does not show it, which proves nothing", refused=False)
            return Absent()

        return self._look(read)

    def verify(self, url: str, query: Query) -> Look:
        """Search the threads of the last answer. Makes no request."""

        def read() -> Look:
            for entry in self._load()[0].entries:
                if entry.id == thread_id(url):
                    return Found(entry.url, entry.id) if mentions_issue(entry, query) else Absent()
            return CannotLook("the feed has not shown this thread", refused=True)

        return self._look(read)

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return Rejected(f"{READS_ONLY}; post it by hand", Cause.ACCOUNT)

    def fetch(self, existing: Found) -> FetchResult:  # noqa: ARG002 - nothing is requested
        return CannotLook(f"{READS_ONLY}, and says nothing of one thread", refused=True)

    def delete(self, existing: Found, attempt: Attempt) -> Outcome:  # noqa: ARG002 - nothing is sent
        return Rejected(f"{READS_ONLY}; delete it by hand", Cause.ACCOUNT)

    def check(self) -> Sequence[CheckResult]:
        """Read the feed once, or report the last answer where a request is not allowed yet."""
        result = self._look(self._entries)
        if isinstance(result, CannotLook):
            again = f"; it is asked again at {result.until:%Y-%m-%d %H:%M:%S} UTC" if result.until else ""
            return [CheckResult("feed", Level.FAIL, f"{result.reason}{again}")]
        subreddit = self._settings.subreddit
        threads = [entry for entry in result if entry.subreddit.casefold() == subreddit.casefold()]
        newest = max((entry.at for entry in threads if entry.at), default=None)
        sentence = f"it answers with {quantity(len(result), 'thread')}, on r/{subreddit}: {len(threads)}"
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

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────

    def _entries(self) -> tuple[Entry, ...] | CannotLook:
        """Return what the feed shows, by a new request where one is allowed, else by the last answer."""
        address = self._address
        state, text = self._load()
        now, every = self._clock(), self._settings.feed_every
        if _next_request(state, now, every) > now:
            return state.result()
        began = replace(state, asked=now)
        if not self._save(began, expected=text):
            return CannotLook("another process is asking the feed", refused=False, until=now + every)
        answered = self._request(address, began)
        self._save(answered, expected=_to_text(began))
        return answered.result()

    def _request(self, address: str, state: _State) -> _State:
        """Make one request. Returns the state after it."""
        validators = {"etag": state.etag, "last-modified": state.modified} if state.entries else {}
        headers = {"User-Agent": self._settings.user_agent, "Accept": "application/atom+xml, */*;q=0.1"}
        headers |= conditions(validators)
        _network.limit_logging("urllib3", "requests")
        try:
            with self._transport.reading():
                answer = self._session.get(address, headers=headers, allow_redirects=False)
        except _network.RedirectError as redirect:
            reason = (
                f"Reddit answered {redirect.status} and names another address for the feed: copy the new one"
            )
            return self._failed(state, reason, LONGEST_PAUSE, refused=True)
        except Exception as error:  # noqa: BLE001 - whatever it was, the feed was not read
            outcome = _network.classify_no_answer(
                "Reddit", error, _http.UNSENT, _http.MAY_HAVE_ARRIVED, url=address
            )
            return self._failed(state, cannot_look(outcome).reason, LONGEST_SILENCE)
        # It has the rate limit headers, which are removed from `answer`.
        last_answer = self._transport.last_answer
        return self._read_answer(state, answer if last_answer is None else last_answer)

    def _read_answer(self, state: _State, response: requests.Response) -> _State:
        now = self._clock()
        retry_at = retry_time(response.headers, now)
        until = min(retry_at, now + LONGEST_PAUSE) if retry_at and _is_used_up(response) else None
        if response.status_code == 304 and state.entries:
            return replace(state, until=until, failures=0, problem="", refused=False)
        if response.status_code != 200:
            refused = response.status_code in NOT_VALID
            return self._failed(state, _refusal(response), LONGEST_PAUSE, retry_at, refused=refused)
        headers = {name.lower(): value for name, value in response.headers.items()}
        try:
            entries = parse_entries(response.content, headers)
        except SourceError:
            reason = "Reddit answered with a broken feed"
            if b"<feed" not in response.content:
                reason = _network.unreadable_answer("Reddit", 200, response.content)
            return self._failed(state, reason, LONGEST_PAUSE, retry_at)
        etag, modified = (headers.get(name, "")[:200] for name in ("etag", "last-modified"))
        return _State(state.asked, until, etag=etag, modified=modified, entries=entries)

    def _failed(
        self,
        state: _State,
        reason: str,
        longest: timedelta,
        retry_at: datetime | None = None,
        *,
        refused: bool = False,
    ) -> _State:
        """Return the state after a failed request: the next one is later each time, and never before `retry_at`."""
        now, every, failures = self._clock(), self._settings.feed_every, state.failures + 1
        until = now + max(every, backoff(failures + 1, every, longest))
        if retry_at is not None:
            until = max(until, min(retry_at, now + LONGEST_ASKED))
        return replace(state, until=until, failures=failures, problem=reason, refused=refused)

    # ── the stored state ─────────────────────────────────────────────────────────────────────────────

    def _load(self) -> tuple[_State, str | None]:
        """Return the stored state, and its text. A text that cannot be read counts as none."""
        text = self._store.read(self._key) if self._store else self._text
        with suppress(ValueError):
            return _JSON.validate_json(text or "{}"), text
        return _State(), text

    def _save(self, state: _State, *, expected: str | None) -> bool:
        """Store the state if the stored text is still `expected`. Return whether it was stored."""
        if self._store:
            return self._store.write(self._key, _to_text(state), expected=expected)
        self._text = _to_text(state)
        return True

    @cached_property
    def _key(self) -> str:
        """Return the name of the stored state. Nothing of the address can be read from it."""
        return f"reddit-feed-{hashlib.sha256(self._address.encode()).hexdigest()[:16]}"

    @cached_property
    def _address(self) -> str:
        """Return the secret. Raises SecretError when it is not there, UsageError when it is no such address."""
        address = reveal(self._settings.feed, "feed").strip()
        base = host_of(self._settings.api_base_url)
        is_home = is_reddit(address) or (host_of(address) == base and bool(base))
        is_safe = address.startswith("https://") or (address.startswith("http://") and is_loopback(address))
        if not is_safe or not (is_home or is_loopback(address)):
            raise UsageError(
                "`feed` is not the whole address of a feed on reddit.com: copy it from https://www.reddit.com/prefs/feeds"
            )
        parts = urlsplit(address)
        for secret in (f"{parts.path}?{parts.query}", *(v for k, v in parse_qsl(parts.query) if k == "feed")):
            self._hide_secret(secret)
        return address


def _next_request(state: _State, now: datetime, every: timedelta) -> datetime:
    """Return when the next request is allowed; `now` or earlier: it is.

    A time that was noted before the clock was set back is ignored.
    """
    times = [state.asked + every] if state.asked and state.asked <= now else []
    if state.until and state.until <= now + LONGEST_ASKED:
        times.append(state.until)
    return max(times, default=now)


def _is_used_up(response: requests.Response) -> bool:
    """Return whether an answer says that no request is left until its reset."""
    with suppress(ValueError):
        return float(response.headers.get("x-ratelimit-remaining", "1")) < 1
    return False


def _refusal(response: requests.Response) -> str:
    status = response.status_code
    if status == 403 and b"network security" in response.content[:100_000].lower():
        return "Reddit blocks this machine (403: its network security, as for data centres)"
    why = f": {REFUSALS[status]}" if status in REFUSALS else ""
    return f"Reddit answered {status} for the feed{why}"


def _to_text(state: _State) -> str:
    return _JSON.dump_json(state).decode()


connect = FeedAccount
