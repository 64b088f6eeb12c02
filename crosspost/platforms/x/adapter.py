"""X, through tweepy: one post, signed with OAuth 1.0a by the account's own token.

    post    POST /2/tweets            no idempotency key: the text, the same at every attempt, is the key
    find    GET /2/users/ID/tweets    own posts since the fence, matched on the expanded link; after an unclear answer
                                      also the account's newest post by its id
    image   POST /2/media/upload      before the post, then its alt text

Sources: docs.x.com (endpoints read 2026-08; prices.py has what they cost), tweepy 4.17. tweepy has no timeout and a
fixed host; our session bounds the time and replaces the host. Out of credit is a 402. "Duplicate content" carries no
id (node-twitter-api-v2 #469): the text may be there, so the outcome is uncertain and a look follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import requests
import tweepy

from crosspost.errors import UsageError
from crosspost.model import (
    Absent,
    CannotLook,
    Clock,
    Done,
    Found,
    Image,
    Look,
    Outcome,
    Post,
    RefusedForNow,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query, _attempt, _http, _network
from crosspost.platforms._account import with_note
from crosspost.platforms._attempt import UnclearError, Verdict, reveal
from crosspost.platforms._matching import Kind, ListedPost, match_announcement, post_id
from crosspost.platforms.x import Settings, prices

OWN_HOSTS = ("https://api.x.com", "https://api.twitter.com")
PAGES = 5
"""Pages of 100 posts that a look reads at most."""
FIELDS = ["author_id", "created_at", "entities", "referenced_tweets"]
MISSING = ("resource-not-found", "Not Found Error")
"""The end of the type, or without one of the title, of an error for a post that does not exist."""
RATE_LIMIT_WINDOW = timedelta(minutes=15)
"""How long to wait after a rate limit when X does not say (docs.x.com, rate limits, read 2026-08)."""
PRICE = f"a post with a link costs ${prices.POST_WITH_LINK} (X's price as of {prices.AS_OF})"

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 402: Verdict.CREDIT}
"""The verdict on an answer without a code."""

CODES: Mapping[int, Verdict] = {
    32: Verdict.ACCOUNT,  # could not authenticate
    64: Verdict.ACCOUNT,  # suspended
    88: Verdict.LATER,  # rate limit
    89: Verdict.ACCOUNT,  # token invalid or expired
    130: Verdict.UNCERTAIN,  # over capacity
    131: Verdict.UNCERTAIN,  # internal error
    170: Verdict.CONTENT,  # a parameter is missing
    185: Verdict.LATER,  # the day's posts are used up
    186: Verdict.CONTENT,  # too long
    187: Verdict.UNCERTAIN,  # duplicate: it may be there
    226: Verdict.ACCOUNT,  # "looks automated"
    261: Verdict.ACCOUNT,  # the app may not write
    324: Verdict.CONTENT,  # the media id is invalid
    326: Verdict.ACCOUNT,  # locked
    453: Verdict.ACCOUNT,  # the access level does not include this
}
"""The older codes, which some answers still have. They say more than the status."""

PROBLEMS: Mapping[str, Verdict] = {
    "client-forbidden": Verdict.ACCOUNT,
    "oauth1-permissions": Verdict.ACCOUNT,
    "unsupported-authentication": Verdict.ACCOUNT,
    "not-authorized-for-resource": Verdict.ACCOUNT,
    "invalid-request": Verdict.CONTENT,
    "credits": Verdict.CREDIT,
    "usage-capped": Verdict.CREDIT,
}
"""The last part of a problem's `type` address."""

DUPLICATE = re.compile(r"duplicate content|is a duplicate", re.IGNORECASE)
"""The sentence of a duplicate: a 403 without a code ("You are not allowed to create a Tweet with …", 2026-02)."""


def verdict_of(response: requests.Response) -> Verdict:
    """Return what an answer means: by its code, else its problem's type, else its status; a duplicate by its words."""
    body = _http.json_of(response)
    body = body if isinstance(body, dict) else {}
    if response.status_code >= 500:
        return Verdict.UNCERTAIN
    if response.status_code == 403 and DUPLICATE.search(f"{body.get('detail')} {body.get('errors')}"):
        return Verdict.UNCERTAIN
    codes = [error.get("code") for error in body.get("errors") or () if isinstance(error, dict)]
    coded = [CODES[code] for code in codes if isinstance(code, int) and code in CODES]
    if coded:
        return coded[0]
    problem = str(body.get("type") or "").rpartition("/")[2]
    return PROBLEMS.get(problem, STATUSES.get(response.status_code, Verdict.UNCERTAIN))


class XAccount(_http.RequestsAccount):
    """One account on X."""

    _server = "X"
    _verdict = staticmethod(verdict_of)
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        base = settings.api_base_url.rstrip("/")
        own = base in OWN_HOSTS
        transport = _http.Transport("/2/tweets", base_url=None if own else base)
        super().__init__(settings, clock, hide_secret, transport)
        self._session.origin = base if own else None
        self._cost = Decimal()

    def take_cost(self) -> Decimal:
        cost, self._cost = self._cost, Decimal()
        return cost

    def _find(self, query: Query, since: datetime) -> Look:
        listed = set[str]()
        for tweet in self._own_tweets(since):
            listed.add(str(tweet["id"]))
            if (found := match_announcement(query, self._post(tweet), since)) is not None:
                return found
        return self._confirm_absence(query, since, listed) if query.may_exist else Absent()

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        media, note = self._try_upload(attempt, self._upload)
        answer = self._client.create_tweet(text=post.text, media_ids=media, user_auth=True)
        return with_note(self._receipt(answer), note)

    def _fetch(self, existing: Found) -> ListedPost | None:
        tweet = self._tweet(post_id(existing))
        if not tweet:
            return None
        author = str(tweet.get("author_id"))
        return self._post(tweet, "" if author == self._me["id"] else f"the account {author} on X")

    def _remove(self, existing: Found) -> Outcome:
        answer = self._none_if_missing(lambda: self._client.delete_tweet(post_id(existing), user_auth=True))
        if answer is None:
            return Done(was_there=False)
        self._cost += prices.DELETION
        deleted = (answer.get("data") or {}).get("deleted")
        return Done() if deleted else Uncertain("X did not say that it deleted the post")

    def check(self) -> Sequence[CheckResult]:
        return [
            self._run_check("token", lambda: f"the token belongs to @{self._me['username']} on X"),
            self._run_check("permission", self._check_permission),
            CheckResult("price", Level.OK, PRICE),
        ]

    def _check_permission(self) -> str:
        """Read the app's permission from a header that each of X's answers has."""
        _ = self._me
        last_answer = self._transport.last_answer
        level = last_answer.headers.get("x-access-level") if last_answer is not None else None
        if level == "read":
            raise UsageError("the app may only read: give it Read and write, then make new access tokens")
        return "the app may read and write" if level else "X does not say whether the app may write"

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _client(self) -> Any:
        # tweepy logs its headers, requests_oauthlib and oauthlib what they sign.
        _network.limit_logging("tweepy", "requests_oauthlib", "oauthlib", "urllib3")
        client = tweepy.Client(**self._keys(), return_type=dict, wait_on_rate_limit=False)
        client.session = self._session
        return client

    def _keys(self) -> dict[str, str]:
        return {key: reveal(getattr(self._settings, key), key) for key in Settings.required}

    @cached_property
    def _me(self) -> Any:
        """Return the account's id and name; asked once, because it is charged for."""
        return self._user()

    def _user(self, **fields: Any) -> Any:
        answer = self._client.get_me(**fields, user_auth=True)
        self._cost += prices.USER_READ
        return answer["data"]

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _own_tweets(self, since: datetime) -> Iterator[Any]:
        """Yield own posts since the fence, newest first, without reposts and replies.

        Raises UnclearError when X does not say how many posts it lists, or lists another number of them.
        """
        token = None
        for _ in range(PAGES):
            answer = self._client.get_users_tweets(
                self._me["id"],
                start_time=since,
                max_results=100,
                exclude=["replies", "retweets"],
                tweet_fields=FIELDS,
                pagination_token=token,
                user_auth=True,
            )
            page, meta = answer.get("data") or (), answer.get("meta")
            self._cost += len(page) * prices.OWN_POST_READ
            yield from page
            if not isinstance(meta, dict) or meta.get("result_count") != len(page) or answer.get("errors"):
                raise UnclearError("X did not list all of the account's posts")
            token = meta.get("next_token")
            if token is None:
                return
        raise UnclearError("the account on X has more posts since then than a look reads")

    def _confirm_absence(self, query: Query, since: datetime, listed: set[str]) -> Look:
        """Return Absent, or CannotLook while the account's newest post by its id is neither listed nor deleted."""
        newest = str(self._user(user_fields=["most_recent_tweet_id"]).get("most_recent_tweet_id") or "")
        if not newest or newest in listed or _made_at(newest) < since:
            return Absent()
        tweet = self._tweet(newest)
        if not tweet or _kind(tweet) in (Kind.REPLY, Kind.REPOST):
            return Absent()
        unlisted = CannotLook(f"X does not list the account's newest post yet ({newest})", refused=False)
        return match_announcement(query, self._post(tweet), since) or unlisted

    def _tweet(self, number: str) -> Any:
        """Return one post by its id; empty when there is none. Raises when it could not be read for another reason."""
        answer = self._none_if_missing(
            lambda: self._client.get_tweet(number, tweet_fields=FIELDS, user_auth=True)
        )
        if answer is None:
            return {}
        self._cost += prices.POST_READ
        tweet = answer.get("data") or {}
        kinds = [str(error.get("type") or error.get("title")) for error in answer.get("errors") or ()]
        if not tweet and not any(kind.endswith(MISSING) for kind in kinds):
            raise UnclearError(f"X's answer does not say whether there is a post {number}")
        return tweet

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _upload(self, image: Image) -> list[str]:
        """Upload the picture with its alt text; return its id. tweepy has only the upload that X replaced in 2025."""
        keys = self._keys()
        auth = tweepy.OAuth1UserHandler(*(keys[key] for key in Settings.required)).apply_auth()

        def post(path: str, **content: Any) -> Any:
            response = self._session.post(f"{OWN_HOSTS[1]}{path}", auth=auth, **content)
            response.raise_for_status()
            return response.json()

        files = {"media": ("card", image.data, image.mime_type)}
        uploaded = post("/2/media/upload", files=files, data={"media_category": "tweet_image"})
        number = str(uploaded["data"]["id"])
        post("/2/media/metadata", json={"id": number, "metadata": {"alt_text": {"text": image.alt}}})
        return [number]

    def _receipt(self, answer: Any) -> Outcome:
        number = (answer.get("data") or {}).get("id")
        if not number:
            return Uncertain("X accepted the post, but did not say where it is")
        return Sent(self._address(number), str(number))

    def _post(self, tweet: Any, owner: str = "") -> ListedPost:
        """Return the post with the addresses of its entities: its text shows t.co in their place."""
        urls = (tweet.get("entities") or {}).get("urls") or ()
        created = tweet.get("created_at")
        return ListedPost(
            url=self._address(tweet["id"]),
            id=str(tweet["id"]),
            text=tweet.get("text") or "",
            addresses=tuple(
                url[name] for url in urls for name in ("expanded_url", "unwound_url") if url.get(name)
            ),
            kind=_kind(tweet),
            at=datetime.fromisoformat(created) if created else None,
            owner=owner,
        )

    def _address(self, number: object) -> str:
        """Return the address of the post's page, with the account's name where it is known already."""
        name = self.__dict__.get("_me", {}).get("username")
        return f"https://x.com/{name or 'i'}/status/{number}"

    def _classify(self, error: Exception) -> Outcome:
        outcome = super()._classify(error)
        if isinstance(outcome, RefusedForNow) and outcome.until is None:
            return RefusedForNow(outcome.reason, self._clock() + RATE_LIMIT_WINDOW)
        return outcome


def _kind(tweet: Any) -> Kind:
    kinds = {reference.get("type") for reference in tweet.get("referenced_tweets") or ()}
    for kind, name in ((Kind.REPOST, "retweeted"), (Kind.REPLY, "replied_to"), (Kind.QUOTE, "quoted")):
        if name in kinds:
            return kind
    return Kind.TEXT


def _made_at(number: str) -> datetime:
    """Return the time in a post's id: milliseconds since X's epoch (2010-11-04), above 22 bits."""
    milliseconds = (int(number) >> 22) + 1288834974657
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


connect = XAccount
