"""Reddit, through PRAW: a link post whose text is the summary; its address goes back into the issue.

    post    POST /api/submit          no idempotency key; `resubmit=False` is asked for, and not relied on
    find    own submissions, then r/SUBREDDIT/new, then whatever links to the issue: a link post to the issue
            counts whoever made it, a text post only by the account or by one of `authors`
    image   none: a link post shows the page's own

Facts: PRAW 8.0.3 and prawcore 4.0.0 (their sources, and what they send), Reddit's API (read 2026-08). PRAW repeats
every request up to three times, posts again after RATELIMIT (which may come together with the id of a submission
that was made, praw #1768), sleeps on its own, takes settings from a `praw.ini` in the working directory, and hands
out submissions whose attributes fetch when they are read. None of that happens here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from crosspost.errors import UsageError
from crosspost.model import Absent, Clock, Done, Found, Look, NotOurs, Outcome, Own, Post, Sent, Uncertain
from crosspost.network import path_of
from crosspost.platforms import Attempt, CheckResult, Hide, Level, Platform, Wanted, _network
from crosspost.platforms._attempt import (
    ListingTooLongError,
    OverRequests,
    check_once,
    checked,
    missing_is_absent,
    reveal,
)
from crosspost.platforms._matching import By, Who, announces, found_there, named_by
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH, Settings, checking
from crosspost.platforms.reddit.answers import (
    WRITES,
    data_of,
    errors_of,
    hiding_tokens,
    is_token_request,
    judged_errors,
    judged_token,
    verdict,
)
from crosspost.platforms.reddit.submissions import address_of, created, id_of, item_of, permalink

if TYPE_CHECKING:
    import praw
    import requests

_T = TypeVar("_T")

LISTING = 300
"""Submissions of one listing that a look reads at most, a hundred for each request."""


class RedditAccount(OverRequests):
    """One account that submits to one subreddit."""

    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide: Hide) -> None:
        super().__init__(settings, clock, hide)
        self._base = settings.api_base_url.rstrip("/")
        self._flairs: dict[str, str] | None = None

    def find(self, wanted: Wanted, since: datetime) -> Look:
        def read() -> Look:
            for submission in self._candidates(wanted, since):
                by = self._announces(wanted, submission)
                if by is not None and created(submission) >= since:
                    item = item_of(submission, self._who(submission))
                    return found_there(address_of(submission), str(submission["id"]), by, item)
            return Absent()

        return self._looked(read)

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        def publish() -> Outcome:
            flair = self._flair()
            self._subreddit.submit(
                post.title,
                url=post.url,
                selftext=post.text or None if self._settings.body == "summary" else None,
                flair_id=flair,
                resubmit=False,
                send_replies=self._settings.send_replies,
            )
            return self._receipt(missed_flair=flair is None)

        return self._written(attempt, publish)

    def verify(self, url: str, wanted: Wanted) -> Look:
        def read() -> Look:
            match = POST_PATH.fullmatch(path_of(url))
            if match is None:
                return Absent()
            found = self._read(lambda: list(self._client.info(fullnames=[f"t3_{match['id']}"])))
            for submission in map(vars, found):
                by = self._names(wanted, submission)
                if by is not None:
                    return Found(address_of(submission), str(submission["id"]), by)
            return Absent()

        return missing_is_absent(self._looked(read), self._transport.said(404))

    def own(self, there: Found) -> Own:
        def read() -> Own:
            me = str(self._me)
            found = self._read(lambda: list(self._client.info(fullnames=[f"t3_{id_of(there)}"])))
            submission = vars(found[0]) if found else {}
            if submission.get("author") is None:
                return Absent()  # its author deleted it
            if str(submission["author"]).casefold() != me.casefold():
                return NotOurs(f"u/{submission['author']}")
            return Found(address_of(submission), str(submission["id"]))

        return self._looked(read)

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        return self._change(attempt, lambda: self._client.submission(id_of(there)).delete())

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:
        return self._change(attempt, lambda: self._client.submission(id_of(there)).edit(post.text))

    def _change(self, attempt: Attempt, change: Callable[[], object]) -> Outcome:
        """Make one request that changes a submission, and judge it by its answer: PRAW reads more into it."""

        def changed() -> Outcome:
            change()
            return Done()

        return self._written(attempt, changed)

    def check(self) -> Sequence[CheckResult]:
        return [
            check_once("token", self._check_token, self._judge),
            checked("scopes", self._check_scopes, self._judge)[0],
            check_once("flair", self._check_flair, self._judge),
            checked("rules", self._check_rules, self._judge)[0],
        ]

    def hiring_thread(self) -> str | None:
        """Return the newest official hiring thread's address; None when none was found or nothing could be read."""
        from crosspost.platforms.reddit.hiring import SEARCH, names_of, newest_official

        try:
            with self._transport.reading():
                found = self._read(lambda: list(self._subreddit.search(SEARCH, sort="new", limit=25)))
                moderators = names_of(self._read(lambda: list(self._subreddit.moderator())))
        except Exception as error:  # noqa: BLE001 - an empty place in the issue is better than a wrong address
            logging.getLogger(__name__).warning("the hiring thread was not found: %s", self._judge(error))
            return None
        newest = newest_official(map(vars, found), moderators)
        return None if newest is None else address_of(newest)

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._session.close()

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _transport(self) -> Any:
        from crosspost.platforms import _http

        return _http.Transport(_http.is_write_to(*WRITES))

    @cached_property
    def _session(self) -> requests.Session:
        from crosspost.platforms import _http

        session = _http.Session(self._transport)
        session.hooks["response"].append(hiding_tokens(self._hide))
        return session

    @cached_property
    def _client(self) -> praw.Reddit:
        from crosspost.platforms.reddit import _praw

        _network.quiet("praw", "prawcore", "urllib3")
        own = self._base in OWN_HOSTS
        settings = self._settings
        return _praw.reddit(
            self._session,
            reddit_url=OWN_HOSTS[0] if own else self._base,
            oauth_url=OWN_HOSTS[1] if own else self._base,
            client_id=reveal(settings.client_id, "client_id"),
            client_secret=reveal(settings.client_secret, "client_secret"),
            refresh_token=reveal(settings.refresh_token, "refresh_token"),
            user_agent=settings.user_agent,
        )

    @cached_property
    def _subreddit(self) -> Any:
        return self._client.subreddit(self._settings.subreddit)

    @cached_property
    def _me(self) -> Any:
        return self._read(self._client.user.me)

    def _read(self, call: Callable[[], _T]) -> _T:
        """Make a reading call, and again when the access token was refused: PRAW has dropped it then."""
        try:
            return call()
        except Exception:
            last = self._transport.last
            if last is None or last.status_code != 401 or is_token_request(last):
                raise
        return call()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _candidates(self, wanted: Wanted, since: datetime) -> Iterator[dict[str, Any]]:
        """Where the post may be, the surest listing first.

        Own ones show even what a filter holds back. The subreddit's show an editor's, back to its newest few hundred;
        each editor's own, and what links to the page, also show older ones.
        """
        own = list(self._since(self._me.submissions.new(limit=LISTING), since))
        if len(own) >= LISTING:
            raise ListingTooLongError("the account has more submissions since then than a look reads")
        yield from own
        yield from self._since(self._subreddit.new(limit=LISTING), since)
        for author in sorted(self._authors):
            yield from self._by_author(author, since)
        slashless = wanted.url.rstrip("/")
        for url in (f"{slashless}/", slashless):
            yield from map(vars, self._read(lambda url=url: list(self._client.info(url=url))))  # type: ignore[misc]

    def _by_author(self, author: str, since: datetime) -> list[dict[str, Any]]:
        """Return an editor's submissions back to the fence; none of one who is not there any more."""
        try:
            return list(self._since(self._client.redditor(author).submissions.new(limit=LISTING), since))
        except Exception:
            if not self._transport.said(403, 404):
                raise
            return []

    def _since(self, listing: Iterable[Any], since: datetime) -> Iterator[dict[str, Any]]:
        """Yield a listing back to the fence: the request that reached it is read to its end."""
        reached = False
        submissions = iter(listing)
        for count, submission in enumerate(self._each(submissions), 1):
            reached = reached or created(submission) < since
            if not reached or created(submission) >= since:
                yield submission
            if reached and count % 100 == 0:
                return

    def _each(self, submissions: Iterator[Any]) -> Iterator[dict[str, Any]]:
        """Yield what was listed of each, without what PRAW would fetch for an attribute that was not."""
        while (submission := self._read(lambda: next(submissions, None))) is not None:
            yield vars(submission)

    def _announces(self, wanted: Wanted, submission: Mapping[str, Any]) -> By | None:
        """Return by what a submission counts as the discussion of the wanted issue."""
        return (
            announces(wanted, item_of(submission, self._who(submission)))
            if self._is_there(submission)
            else None
        )

    def _names(self, wanted: Wanted, submission: Mapping[str, Any]) -> By | None:
        """Return by what a submission that a person points at names the issue, whoever made it."""
        return (
            named_by(wanted, item_of(submission, self._who(submission)))
            if self._is_there(submission)
            else None
        )

    def _is_there(self, submission: Mapping[str, Any]) -> bool:
        """Return whether people can see it, in this subreddit.

        One that its author deleted is not there. One that a filter holds back is, and so is our own that a moderator
        removed: to submit it again would be rude. Somebody else's that was removed is no place to discuss.
        """
        subreddit = str(submission.get("subreddit") or self._settings.subreddit)
        if subreddit.casefold() != self._settings.subreddit.casefold() or submission.get("author") is None:
            return False
        return submission.get("removed_by_category") is None or self._who(submission) is Who.ACCOUNT

    def _who(self, submission: Mapping[str, Any]) -> Who:
        author = str(submission["author"]).casefold()
        if author == str(self._me).casefold():
            return Who.ACCOUNT
        return Who.AUTHOR if author in self._authors else Who.STRANGER

    @cached_property
    def _authors(self) -> frozenset[str]:
        return self._settings.author_names()

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _flair(self) -> str | None:
        """Return the id of the configured flair; None where there is none of that name, or no list to be had."""
        if self._settings.flair is None:
            return None
        try:
            return self._flair_ids().get(self._settings.flair.casefold())
        except Exception:
            if not self._transport.said(404):
                raise
            return None

    def _flair_ids(self) -> dict[str, str]:
        if self._flairs is None:
            templates = self._read(lambda: list(self._subreddit.flair.link_templates.user_selectable()))
            self._flairs = {str(t["flair_text"]).casefold(): str(t["flair_template_id"]) for t in templates}
        return self._flairs

    def _receipt(self, *, missed_flair: bool) -> Outcome:
        """From the answer itself: the submission that PRAW returns would fetch its own address."""
        data = data_of(self._transport.last)
        if not data.get("id"):
            return Uncertain("Reddit accepted the post, but did not say where it is")
        wanted = self._settings.flair
        note = f"r/{self._settings.subreddit} has no flair {wanted!r}" if wanted and missed_flair else ""
        return Sent(permalink(data, self._settings.subreddit), str(data["id"]), note)

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────

    def _judge(self, error: Exception) -> Outcome:
        from crosspost.platforms import _http

        response, now = self._transport.last, self._clock()
        if response is None:
            return _http.judged("Reddit", error, None, verdict, now)
        if is_token_request(response):
            return judged_token(error, response, now)
        errors = errors_of(response)
        if not errors:
            return _http.judged("Reddit", error, response, verdict, now)
        data = data_of(response)
        if data.get("id"):  # refused, it says, and names the submission that it made
            return Sent(
                permalink(data, self._settings.subreddit), str(data["id"]), f"Reddit also said {errors[0][0]}"
            )
        return judged_errors(errors, response, now)

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────

    def _check_token(self) -> str:
        return f"the token belongs to u/{self._me}"

    def _check_scopes(self) -> Sequence[CheckResult]:
        _ = self._me
        return [checking.scopes(set(self._client.auth.scopes()))]

    def _check_flair(self) -> str:
        wanted, subreddit = self._settings.flair, self._settings.subreddit
        if wanted is None:
            return "no flair is asked for"
        if self._flair() is None:
            raise UsageError(f"r/{subreddit} has no flair {wanted!r} for this account: correct `flair`")
        return f"r/{subreddit} has the flair {wanted!r}"

    def _check_rules(self) -> Sequence[CheckResult]:
        subreddit = self._settings.subreddit
        try:
            rules = self._read(self._subreddit.post_requirements)
        except Exception:
            if not self._transport.said(403, 404):
                raise
            hidden = self._transport.said(403)
            level = Level.WARN if hidden else Level.OK
            return [CheckResult("rules", level, f"r/{subreddit} does not say its rules")]
        return [checking.rules(rules, self._settings)]


def connect(settings: Settings, clock: Clock, hide: Hide) -> Platform:
    """Return the account; one that has a feed only reads it."""
    if settings.feed is None:
        return RedditAccount(settings, clock, hide)
    from crosspost.platforms.reddit.feed import FeedAccount

    return FeedAccount(settings, clock, hide)
