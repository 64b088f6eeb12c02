"""Reddit, through PRAW: a link post whose text is the summary; its address goes back into the issue.

    post    POST /api/submit          no idempotency key; `resubmit=False` is asked for, and not relied on
    find    own submissions, then r/SUBREDDIT/new, then whatever links to the issue: a link post to the issue
            counts whoever made it, a text post only by the account or by one of `authors`
    image   none: a link post shows the page's own

Facts: PRAW 8.0.3 and prawcore 4.0.0 (their sources, and what they send), Reddit's API (read 2026-08). PRAW repeats
every request up to three times, posts again after RATELIMIT (which may come together with the id of a submission
that was made, praw #1768), sleeps on its own, takes settings from a `praw.ini` in the working directory, and returns
submissions that make a request when a missing attribute is read. None of that happens here.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import requests

from crosspost.errors import UsageError
from crosspost.model import Absent, Clock, Done, Found, Look, Outcome, Post, Uncertain
from crosspost.network import path_of
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query, _http, _network
from crosspost.platforms._attempt import UnclearError, reveal
from crosspost.platforms._matching import (
    Kind,
    ListedPost,
    PostedBy,
    addresses_in,
    match_announcement,
    match_mention,
    require_id,
)
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH, Settings, _praw
from crosspost.platforms.reddit.answers import WRITES, classify, data_of, is_token_request, sent

_T = TypeVar("_T")

LISTING = 300
"""Submissions of one listing that a look reads at most, a hundred for each request."""
SCOPES = frozenset({"identity", "submit", "read", "history", "flair"})
HIRING = 'title:"official" title:"hiring"'
"""The query for hiring threads."""
_OFFICIAL = re.compile(r"\bofficial\b.*\bwho['’]?s\s+hiring\b", re.IGNORECASE)


class RedditAccount(_http.RequestsAccount):
    """One account that submits to one subreddit."""

    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret, _http.Transport(*WRITES))
        self._session.hooks["response"].append(self._hide_tokens)
        self._authors = settings.author_names()

    def _find(self, query: Query, since: datetime) -> Look:
        for submission in self._candidates(query, since):
            if not self._is_visible(submission):
                continue
            if (found := match_announcement(query, self._post(submission), since)) is not None:
                return found
        return Absent()

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        """Make one attempt: there is no picture that could be left out in another."""
        return self._run_write(attempt, lambda: self._publish(post, attempt))

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - Reddit knows no key
        settings, flair = self._settings, self._flair()
        self._subreddit.submit(
            post.title,
            url=post.url,
            selftext=post.text or None if settings.body == "summary" else None,
            flair_id=flair,
            resubmit=False,
            send_replies=settings.send_replies,
        )
        # For its address PRAW's own submission would make a request.
        last_answer = self._transport.last_answer
        if last_answer is None or not data_of(last_answer).get("id"):
            return Uncertain("Reddit accepted the post, but did not say where it is")
        is_missing = settings.flair is not None and flair is None
        note = f"r/{settings.subreddit} has no flair {settings.flair!r}" if is_missing else ""
        return sent(last_answer, settings.subreddit, note)

    def verify(self, url: str, query: Query) -> Look:
        """Read the post at this address, whoever made it."""

        def read() -> Look:
            submission = self._none_if_missing(lambda: self._submission(Found(url, ""))) or {}
            return match_mention(query, self._post(submission)) if self._is_visible(submission) else Absent()

        return self._run_look(read)

    def _fetch(self, existing: Found) -> ListedPost | None:
        submission = self._submission(existing)
        return self._post(submission) if submission.get("author") is not None else None

    def _remove(self, existing: Found) -> Outcome:
        self._client.submission(post_id(existing)).delete()
        return Done()

    def edit(self, existing: Found, post: Post, attempt: Attempt) -> Outcome:
        def change() -> Outcome:
            self._client.submission(post_id(existing)).edit(post.text)
            return Done()

        return self._run_write(attempt, change)

    def check(self) -> Sequence[CheckResult]:
        return [
            self._run_check("token", lambda: f"the token belongs to u/{self._me}"),
            *self._run_checks("scopes", self._check_scopes),
            self._run_check("flair", self._check_flair),
            *self._run_checks("rules", self._check_rules),
        ]

    def find_hiring_thread(self) -> str | None:
        try:
            with self._transport.reading():
                threads = self._read(lambda: list(self._subreddit.search(HIRING, sort="new", limit=25)))
                moderators = names_of(self._read(lambda: list(self._subreddit.moderator())))
            newest = newest_official(map(vars, threads), moderators)
            return None if newest is None else address_of(newest)
        except Exception as error:  # noqa: BLE001 - an empty place in the issue is better than a wrong address
            logging.getLogger(__name__).warning("the hiring thread was not found: %s", self._classify(error))
            return None

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _client(self) -> Any:
        _network.limit_logging("praw", "prawcore", "urllib3")
        keys = {key: reveal(getattr(self._settings, key), key) for key in Settings.required}
        return _praw.reddit(self._session, self._settings, **keys)

    def _hide_tokens(self, response: requests.Response, **_: Any) -> None:
        """Hide the access tokens in an answer: they are secrets, too, for an hour."""
        answer = _http.json_of(response) if is_token_request(response) else None
        if isinstance(answer, dict):
            for name in ("access_token", "refresh_token"):
                if isinstance(token := answer.get(name), str):
                    self._hide_secret(token)

    @cached_property
    def _subreddit(self) -> Any:
        return self._client.subreddit(self._settings.subreddit)

    @cached_property
    def _me(self) -> Any:
        return self._read(self._client.user.me)

    def _read(self, call: Callable[[], _T]) -> _T:
        """Return what a reading call returns. Repeat it once after a refused access token, which PRAW has dropped."""
        try:
            return call()
        except Exception:
            last_answer = self._transport.last_answer
            if last_answer is None or last_answer.status_code != 401 or is_token_request(last_answer):
                raise
        return call()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _candidates(self, query: Query, since: datetime) -> Iterator[dict[str, Any]]:
        """Yield the submissions among which the post may be, from the most complete listing first.

        The account's own listing shows even what a filter holds back. The subreddit's shows an editor's post among the
        newest few hundred; each editor's own listing, and the links to the page, show older ones, too.
        """
        own = list(self._since(self._me.submissions.new(limit=LISTING), since))
        if len(own) >= LISTING:
            raise UnclearError("the account has more submissions since then than a look reads")
        yield from own
        yield from self._since(self._subreddit.new(limit=LISTING), since)
        for author in sorted(self._authors):
            yield from self._by_author(author, since)
        slashless = query.url.rstrip("/")
        for url in (f"{slashless}/", slashless):
            yield from self._info(url=url)

    def _by_author(self, author: str, since: datetime) -> list[dict[str, Any]]:
        """Return an editor's submissions back to the fence; none of one whose account is gone."""
        listing = self._client.redditor(author).submissions.new(limit=LISTING)
        return self._none_if_missing(lambda: list(self._since(listing, since)), 403) or []

    def _since(self, listing: Iterable[Any], since: datetime) -> Iterator[dict[str, Any]]:
        """Yield the submissions of a listing back to the fence. The page that reaches it is read to its end.

        Yields the attributes that were listed: PRAW would make a request for any other.
        """
        submissions, is_past_fence = iter(listing), False
        for count in itertools.count(1):
            if (submission := self._read(lambda: next(submissions, None))) is None:
                return
            attributes = vars(submission)
            if created(attributes) >= since:
                yield attributes
            else:
                is_past_fence = True
            if is_past_fence and count % 100 == 0:
                return

    def _submission(self, existing: Found) -> dict[str, Any]:
        """Return the attributes of one submission; empty where there is none."""
        submissions = self._info(fullnames=[f"t3_{post_id(existing)}"])
        return submissions[0] if submissions else {}

    def _info(self, **query: Any) -> list[dict[str, Any]]:
        """Return the submissions with these names, or this `url`. Raises UnclearError for an answer that is no list."""
        submissions = self._read(lambda: [vars(each) for each in self._client.info(**query)])
        answer = _http.json_of(self._transport.last_answer)
        if not isinstance(answer, dict) or answer.get("kind") != "Listing":
            raise UnclearError("Reddit answered with something else than a list of posts")
        return submissions

    def _post(self, submission: Mapping[str, Any]) -> ListedPost:
        is_text, posted_by = bool(submission.get("is_self")), self._posted_by(submission)
        return ListedPost(
            url=address_of(submission),
            id=str(submission["id"]),
            text=str(submission.get("title") or ""),
            addresses=addresses_in(str(submission.get("selftext") or "")),
            kind=Kind.TEXT if is_text else Kind.LINK,
            posted_by=posted_by,
            at=created(submission),
            link="" if is_text else str(submission.get("url") or ""),
            owner="" if posted_by is PostedBy.ACCOUNT else f"u/{submission['author']}",
        )

    def _is_visible(self, submission: Mapping[str, Any]) -> bool:
        """Return whether a submission counts as there, in this subreddit.

        One that its author deleted does not. One that a filter holds back does, and so does the account's own that a
        moderator removed: to submit it again would be rude. Another's that was removed is no place to discuss.
        """
        subreddit = str(submission.get("subreddit") or self._settings.subreddit)
        if subreddit.casefold() != self._settings.subreddit.casefold() or submission.get("author") is None:
            return False
        return (
            submission.get("removed_by_category") is None or self._posted_by(submission) is PostedBy.ACCOUNT
        )

    def _posted_by(self, submission: Mapping[str, Any]) -> PostedBy:
        author = str(submission["author"]).casefold()
        if author == str(self._me).casefold():
            return PostedBy.ACCOUNT
        return PostedBy.AUTHOR if author in self._authors else PostedBy.STRANGER

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _flair(self) -> str | None:
        """Return the id of the configured flair; None where none has that name, or the flairs cannot be read."""
        if self._settings.flair is None:
            return None
        return (self._none_if_missing(lambda: self._flair_ids) or {}).get(self._settings.flair.casefold())

    @cached_property
    def _flair_ids(self) -> Mapping[str, str]:
        templates = self._read(lambda: list(self._subreddit.flair.link_templates.user_selectable()))
        return {str(t["flair_text"]).casefold(): str(t["flair_template_id"]) for t in templates}

    def _classify(self, error: Exception) -> Outcome:
        return classify(error, self._transport, self._settings.subreddit, self._clock())

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────

    def _check_scopes(self) -> Sequence[CheckResult]:
        _ = self._me  # PRAW knows the scopes after its first request
        granted = set(self._client.auth.scopes())
        missing = set() if "*" in granted else SCOPES - granted
        if missing:
            raise UsageError(f"the token lacks the scopes {' '.join(sorted(missing))}: run crosspost login")
        if granted & {"*", "edit"}:
            return [CheckResult("scopes", Level.OK, "the token may submit, read, edit and delete")]
        sentence = "the token may not edit or delete: for retract and amend run crosspost login"
        return [CheckResult("scopes", Level.WARN, sentence)]

    def _check_flair(self) -> str:
        flair, subreddit = self._settings.flair, self._settings.subreddit
        if flair is None:
            return "no flair is configured"
        if self._flair() is None:
            raise UsageError(f"r/{subreddit} has no flair {flair!r} for this account: correct `flair`")
        return f"r/{subreddit} has the flair {flair!r}"

    def _check_rules(self) -> Sequence[CheckResult]:
        subreddit = self._settings.subreddit
        rules = self._none_if_missing(lambda: self._read(self._subreddit.post_requirements), 403)
        if rules is None:
            level = Level.WARN if self._transport.has_answered(403) else Level.OK
            return [CheckResult("rules", level, f"r/{subreddit} does not say its rules")]
        if rules.get("is_flair_required") and self._settings.flair is None:
            raise UsageError(f"r/{subreddit} wants a flair on each post: set `flair`")
        if rules.get("body_restriction_policy") == "notAllowed" and self._settings.body != "none":
            raise UsageError(f'r/{subreddit} allows no text on a post: set body = "none"')
        return [CheckResult("rules", Level.OK, f"r/{subreddit} takes such a post")]


# ── a submission, as Reddit lists it ──


def post_id(existing: Found) -> str:
    match = POST_PATH.fullmatch(path_of(existing.url))
    return require_id(existing, match["id"] if match else "")


def created(submission: Mapping[str, Any]) -> datetime:
    """Return when it was submitted; one without a time counts as new."""
    moment = submission.get("created_utc")
    return datetime.max.replace(tzinfo=UTC) if moment is None else datetime.fromtimestamp(float(moment), UTC)


def address_of(submission: Mapping[str, Any]) -> str:
    permalink = (
        submission.get("permalink") or f"/r/{submission.get('subreddit')}/comments/{submission['id']}/"
    )
    return f"{OWN_HOSTS[0]}{permalink}"


def newest_official(
    submissions: Iterable[Mapping[str, Any]], moderators: Collection[str]
) -> Mapping[str, Any] | None:
    """Return the newest hiring thread that a moderator posted under the official title, and that is still there.

    The threads that the newsletter linked to since 2022 are titled «Official /r/rust "Who's Hiring" thread for
    job-seekers and job-offerers [Rust 1.97]» and were posted by a moderator. Its editors linked another sticky thread
    three times (issues 466, 527, 560), so neither the title nor a moderator is enough alone.
    """
    official = [
        each
        for each in submissions
        if _OFFICIAL.search(str(each.get("title", "")))
        and str(each.get("author", "")).lower() in moderators
        and not each.get("removed_by_category")
    ]
    return max(official, key=lambda each: float(each.get("created_utc") or 0), default=None)


def names_of(users: Iterable[Any]) -> frozenset[str]:
    """Return the names, in lower case. PRAW makes some entries a Redditor, and leaves others as a mapping."""
    return frozenset(str(each["name"] if isinstance(each, Mapping) else each).lower() for each in users)


connect = RedditAccount
