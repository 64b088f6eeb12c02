"""Bluesky, through atproto (an extra: it is heavy).

    post    com.atproto.repo.putRecord   under a key of our own, with swapRecord null: create, never overwrite
    find    com.atproto.repo.getRecord   by that key; then the account's other posts, for one made by hand
    image   com.atproto.repo.uploadBlob  before the post, as the picture of the link's card

Sources: the PDS's source and atproto.com (read 2026-08), atproto 0.0.73. The record's key is derived from the
delivery's, so one delivery cannot make two posts: the same record again is a success without effect, and a different
one is refused as InvalidSwap, which says that the post is there. The SDK's own put_record drops the null and would
overwrite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests

from crosspost.errors import CrosspostError, UsageError
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
    Sent,
    Uncertain,
)
from crosspost.network import path_of
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query, _attempt, _http, _network
from crosspost.platforms._account import with_note
from crosspost.platforms._attempt import UnclearError, Verdict, brief, reveal
from crosspost.platforms._matching import ListedPost, match_announcement, post_id, require_id
from crosspost.platforms.bluesky import PAGE, Settings
from crosspost.platforms.bluesky._libraries import Request, atproto
from crosspost.platforms.bluesky.records import addresses_of, created_at, kind_of, record_key, tid

_T = TypeVar("_T")

WRITES = ("/com.atproto.repo.putRecord", "/com.atproto.repo.deleteRecord")
COLLECTION = "app.bsky.feed.post"
PAGES = 5
"""Pages of 100 records that a look reads at most."""

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 413: Verdict.CONTENT}
"""The verdict on an answer whose error has no name in ERRORS."""

ERRORS: Mapping[str, Verdict] = {
    "InvalidSwap": Verdict.UNCERTAIN,  # something is there under this key: look
    "InvalidRequest": Verdict.CONTENT,
    "InvalidRecord": Verdict.CONTENT,
    "BlobTooLarge": Verdict.CONTENT,
    "AuthMissing": Verdict.ACCOUNT,
    "AuthenticationRequired": Verdict.ACCOUNT,
    "AuthFactorTokenRequired": Verdict.ACCOUNT,
    "AccountTakedown": Verdict.ACCOUNT,
    "AccountSuspended": Verdict.ACCOUNT,
    "AccountDeactivated": Verdict.ACCOUNT,
    "RepoNotFound": Verdict.ACCOUNT,
    "RateLimitExceeded": Verdict.LATER,
}
"""The `error` of an answer, which says more than its status."""

TOKEN_REFUSED = frozenset({"ExpiredToken", "InvalidToken"})
"""Errors of the session's token, not of the account: a new login makes a new one."""


class BlueskyAccount(_http.RequestsAccount):
    """One account on its personal data server."""

    _server = "Bluesky"
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret, _http.Transport(*WRITES))
        self._login: Any = None
        self._tokens: Any = None

    def _find(self, query: Query, since: datetime) -> Look:
        own_key = record_key(query.key)
        if self._record(own_key) is not None:
            return Found(self._address(own_key), own_key)
        for rkey, record in self._own_posts(since):
            if (created_at(record) or since) < since:
                continue  # not read further: an odd old post must not end every look
            if (found := match_announcement(query, self._post(rkey, record), since)) is not None:
                return found
        return Absent()

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        rkey = record_key(attempt.key)
        _ = self._client  # log in first: without a login no picture and no post
        picture, note = self._try_upload(attempt, self._upload)
        record = self._record_of(post, picture)
        answer = self._change("putRecord", rkey, {"record": record, "swapRecord": None})
        if not isinstance(answer, dict) or not answer.get("uri"):
            return Uncertain("Bluesky accepted the post, but did not say where it is")
        return with_note(Sent(self._address(rkey), rkey), note)

    def _fetch(self, existing: Found) -> ListedPost | None:
        """Read the record of an own post; of another account's return only the owner."""
        match = PAGE.fullmatch(path_of(existing.url))
        rkey = require_id(existing, match["key"] if match else "")
        if match is not None and match["who"] not in (self._settings.handle, self._did):
            return ListedPost(existing.url, rkey, "", owner=f"@{match['who']}")
        record = self._record(rkey)
        return None if record is None else self._post(rkey, record)

    def _remove(self, existing: Found) -> Outcome:
        """Delete the record. The server deletes its picture, too: no record names that blob any more."""
        self._change("deleteRecord", post_id(existing), {})
        return Done()

    def check(self) -> Sequence[CheckResult]:
        def read() -> Sequence[CheckResult]:
            with self._transport.reading():
                ownership = f"belongs to @{self._settings.handle} ({self._did})"
            # An app password's token has another scope (com.atproto.appPass…).
            if self._tokens.access_jwt_payload.scope == "com.atproto.access":
                sentence = (
                    f"the account's own password {ownership}: make an app password, which can be revoked"
                )
                return [CheckResult("app password", Level.WARN, sentence)]
            return [CheckResult("app password", Level.OK, f"the app password {ownership}")]

        return self._run_checks("app password", read)

    def key_lifetime(self) -> timedelta:
        """Return the longest time there is: the key is the record's own."""
        return timedelta.max

    # ── one call ─────────────────────────────────────────────────────────────────────────────────────

    def _run_look(self, read: Callable[[], _T]) -> _T | CannotLook:
        return super()._run_look(lambda: self._with_new_login(read))

    def _run_write(self, attempt: Attempt, write: Callable[[], Outcome]) -> Outcome:
        return super()._run_write(attempt, lambda: self._with_new_login(write))

    def _with_new_login(self, call: Callable[[], _T]) -> _T:
        """Make a call, and again after a new login if the session's token was refused and nothing was published yet."""
        try:
            return call()
        except Exception:
            if (
                error_name(self._transport.last_answer) not in TOKEN_REFUSED
                or self._transport.writes_sent > 0
            ):
                raise
        self._login = None
        return call()

    def _classify(self, error: Exception) -> Outcome:
        if error_name(self._transport.last_answer) in TOKEN_REFUSED:
            self._login = None
        return super()._classify(error)

    def _verdict(self, response: requests.Response) -> Verdict:
        return verdict_of(response, published=self._transport.writes_sent > 0)

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _client(self) -> Any:
        """Return a client that is logged in. An access token lives for two hours, longer than any connection."""
        if self._login is None:
            self._login = self._logged_in()
        return self._login

    def _logged_in(self) -> Any:
        _network.limit_logging("urllib3", "requests", "atproto", "atproto_client")
        if self._settings.handle is None:
            raise UsageError('the account has no handle: name it in its table, or set mode = "manual"')
        client = atproto.Client(self._settings.api_base_url.rstrip("/"), request=Request(self._session))
        client.on_session_change(self._hide_tokens)
        password = reveal(self._settings.app_password, "app_password")
        client.login(self._settings.handle, password, fetch_bsky_profile=False)
        login = _http.json_of(self._transport.last_answer)
        if login.get("active") is False:  # its server would pass a look on to another one
            status = brief(login.get("status") or "not active")
            raise CrosspostError(f"the account on Bluesky is {status}; it can post when it is active again")
        return client

    def _hide_tokens(self, _event: Any, session: Any) -> None:
        """Hide the tokens of a login or of its renewal: they are secrets as long as they are valid."""
        self._tokens = session
        self._hide_secret(session.access_jwt)
        self._hide_secret(session.refresh_jwt)

    @property
    def _did(self) -> str:
        """Return the account's DID, which never changes, from the login."""
        _ = self._client
        return str(self._tokens.did)

    def _change(self, what: str, rkey: str, content: Mapping[str, Any]) -> Any:
        key = {"repo": self._did, "collection": COLLECTION, "rkey": rkey}
        return self._client.invoke_procedure(f"com.atproto.repo.{what}", json={**key, **content}).content

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _post(self, rkey: str, record: Mapping[str, Any]) -> ListedPost:
        return ListedPost(
            url=self._address(rkey),
            id=rkey,
            text=str(record.get("text") or ""),
            addresses=addresses_of(record),
            kind=kind_of(record),
            at=created_at(record),
        )

    def _address(self, rkey: str) -> str:
        return f"https://bsky.app/profile/{self._settings.handle}/post/{rkey}"

    def _record(self, rkey: str) -> Mapping[str, Any] | None:
        """Return one of the account's posts by its key; None when the server says that there is none."""
        params = atproto.models.ComAtprotoRepoGetRecord.Params(
            repo=self._did, collection=COLLECTION, rkey=rkey
        )
        try:
            content = self._client.invoke_query("com.atproto.repo.getRecord", params=params).content
        except requests.HTTPError as error:
            if error.response.status_code == 400 and error_name(error.response) == "RecordNotFound":
                return None
            raise
        value: Mapping[str, Any] = content["value"]
        return value

    def _own_posts(self, since: datetime) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield posts back to the fence, by their keys, which are times; our own keys of 2024 come last.

        `createdAt` is not used: a client may set it to anything, and one old date would end the look too early.
        """
        cursor, fence = None, tid(int(since.timestamp() * 1_000_000))
        for _page in range(PAGES):
            params = atproto.models.ComAtprotoRepoListRecords.Params(
                repo=self._did, collection=COLLECTION, limit=100, cursor=cursor
            )
            content = self._client.invoke_query("com.atproto.repo.listRecords", params=params).content
            records = [(entry["uri"].rpartition("/")[2], entry["value"]) for entry in content["records"]]
            yield from records
            cursor = content.get("cursor")
            if not cursor or (records and min(rkey for rkey, _ in records) < fence):
                return
        raise UnclearError("the account on Bluesky has more posts since then than a look reads")

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _upload(self, image: Image) -> Mapping[str, Any]:
        """Upload the picture as a blob. The same bytes again are the same blob, so a repeat is harmless."""

        def upload() -> Any:
            return self._client.invoke_procedure(
                "com.atproto.repo.uploadBlob",
                content=image.data,
                headers={"Content-Type": image.mime_type},
            )

        blob: Mapping[str, Any] = self._with_new_login(upload).content["blob"]
        return blob

    def _record_of(self, post: Post, thumb: Mapping[str, Any] | None) -> Mapping[str, Any]:
        moment = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: dict[str, Any] = {"$type": COLLECTION, "text": post.text, "createdAt": moment}
        record |= {name: post.fields[name] for name in ("langs", "facets") if post.fields.get(name)}
        card = post.fields.get("card")
        if card:
            external = {**card, "thumb": thumb} if thumb else dict(card)
            record["embed"] = {"$type": "app.bsky.embed.external", "external": external}
        return record


def error_name(response: requests.Response | None) -> str:
    """Return the name of an answer's error; empty when the answer is not Bluesky's."""
    body = _http.json_of(response)
    return str(body.get("error") or "") if isinstance(body, dict) else ""


def verdict_of(response: requests.Response, *, published: bool) -> Verdict:
    """Return what an answer means. `published`: whether the publishing request had left."""
    status, name = response.status_code, error_name(response)
    by_status = STATUSES.get(status, Verdict.UNCERTAIN)
    if response.is_redirect or status == 429:
        return by_status
    if status >= 500 or not (name or _http.json_of(response).get("message")):
        return Verdict.UNCERTAIN  # each error of the protocol has a name or a message
    if name in TOKEN_REFUSED:
        return Verdict.SESSION if published else Verdict.ACCOUNT
    return ERRORS.get(name, by_status)


connect = BlueskyAccount
