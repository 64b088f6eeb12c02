"""Bluesky, through atproto (an extra: it is heavy).

    post    com.atproto.repo.putRecord   under a key of our own, with swapRecord null: create, never overwrite
    find    com.atproto.repo.getRecord   by that key; then the account's other posts, for one made by hand
    image   com.atproto.repo.uploadBlob  before the post, as the picture of the link's card

Facts: the PDS's source and atproto.com (read 2026-08), atproto 0.0.73. The record's key is derived from the
delivery's, so a second post of one delivery cannot come to be: the same record again is a success without effect, a
different one is refused as InvalidSwap, which says that the post is there. The SDK's own put_record drops the null
and would overwrite.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from crosspost.errors import CrosspostError, UsageError
from crosspost.model import (
    Absent,
    Clock,
    Done,
    Found,
    Image,
    Look,
    NotOurs,
    Outcome,
    Own,
    Post,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, Hide, Level, Platform, Wanted, _network
from crosspost.platforms._attempt import (
    ListingTooLongError,
    Verdict,
    WriteOnce,
    attempt_once,
    brief,
    checked,
    look_once,
    reveal,
)
from crosspost.platforms._matching import announces, found_there, id_of, named_by, path_of
from crosspost.platforms._picture import SHARE, noted, sent_with_or_without, uploaded_or_not
from crosspost.platforms.bluesky import POST_PATH, Settings
from crosspost.platforms.bluesky._libraries import libraries
from crosspost.platforms.bluesky.answers import ERRORS, STATUSES
from crosspost.platforms.bluesky.keys import record_key, tid
from crosspost.platforms.bluesky.records import created, item_of, scope_of

if TYPE_CHECKING:
    from crosspost.platforms._httpx import Wire

_T = TypeVar("_T")


TOKEN_REFUSED = frozenset({"ExpiredToken", "InvalidToken"})
"""The session's token, not the account: a new login mends it, or it is not to be mended here."""

WRITES = ("/com.atproto.repo.putRecord", "/com.atproto.repo.deleteRecord")
COLLECTION = "app.bsky.feed.post"
PAGES = 5
"""Pages of 100 records that a look reads at most."""
LOGIN_LASTS = timedelta(hours=1)
"""An access token lives for two hours; a login is used for one. 300 logins a day are allowed."""


class BlueskyAccount(Platform):
    """One account on its personal data server."""

    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide: Hide) -> None:
        super().__init__(settings, clock, hide)
        self._login: tuple[datetime, Any] | None = None

    def find(self, wanted: Wanted, since: datetime) -> Look:
        def read() -> Look:
            self._allow(_network.LOOK_SECONDS)
            if self._record(record_key(wanted.key)) is not None:
                return Found(self._address(record_key(wanted.key)), record_key(wanted.key))
            for rkey, record in self._own_posts(since):
                item = item_of(record)
                by = announces(wanted, item) if created(record) >= since else None
                if by is not None:
                    return found_there(self._address(rkey), rkey, by, item)
            return Absent()

        return look_once(lambda: self._renewing(read), self._judge)

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        return sent_with_or_without(attempt, lambda each: self._attempt(post, each))

    def _attempt(self, post: Post, attempt: Attempt) -> Outcome:
        write_once = WriteOnce(attempt)

        def publish() -> Outcome:
            self._allow(attempt.timeout, write_once)
            rkey = record_key(attempt.key)
            picture, note = self._picture(attempt)
            record = self._written(post, picture)
            place = {"repo": self._did, "collection": COLLECTION, "rkey": rkey}
            answer = self._client.invoke_procedure(
                "com.atproto.repo.putRecord", json={**place, "record": record, "swapRecord": None}
            )
            if isinstance(answer.content, bytes):
                return Uncertain(_network.said_nothing("Bluesky", answer.status_code, answer.content))
            if not isinstance(answer.content, dict) or not answer.content.get("uri"):
                return Uncertain("Bluesky accepted the post, but did not say where it is")
            return noted(Sent(self._address(rkey), rkey), note)

        return self._written_once(write_once, publish)

    def verify(self, url: str, wanted: Wanted) -> Look:
        def read() -> Look:
            self._allow(_network.LOOK_SECONDS)
            match = POST_PATH.fullmatch(path_of(url))
            if match is None or match["who"] not in (self._settings.handle, self._did):
                return Absent()
            record = self._record(match["rkey"])
            by = None if record is None else named_by(wanted, item_of(record))
            return Found(self._address(match["rkey"]), match["rkey"], by) if by else Absent()

        return look_once(lambda: self._renewing(read), self._judge)

    def own(self, there: Found) -> Own:
        def read() -> Own:
            self._allow(_network.LOOK_SECONDS)
            match = POST_PATH.fullmatch(path_of(there.url))
            if match is not None and match["who"] not in (self._settings.handle, self._did):
                return NotOurs(f"@{match['who']}")
            rkey = there.id or (match["rkey"] if match else "")
            return Absent() if self._record(rkey) is None else Found(self._address(rkey), rkey)

        return look_once(lambda: self._renewing(read), self._judge)

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        """The record goes, and its picture with it: the server collects a blob that nothing names."""
        write_once = WriteOnce(attempt)

        def remove() -> Outcome:
            self._allow(attempt.timeout, write_once)
            rkey = id_of(there)
            place = {"repo": self._did, "collection": COLLECTION, "rkey": rkey}
            answer = self._client.invoke_procedure("com.atproto.repo.deleteRecord", json=place)
            if isinstance(answer.content, bytes):
                return Uncertain(_network.said_nothing("Bluesky", answer.status_code, answer.content))
            return Done()

        return self._written_once(write_once, remove)

    def _written_once(self, write_once: WriteOnce, write: Callable[[], Outcome]) -> Outcome:
        def judge(error: Exception) -> Outcome:
            return self._judge(error, published=write_once.passes > 0)

        try:
            return attempt_once(write_once, lambda: self._renewing(write, write_once), judge)
        finally:
            self._wire.end()

    def check(self) -> Sequence[CheckResult]:
        def read() -> Sequence[CheckResult]:
            self._allow(_network.LOOK_SECONDS)
            whose = f"belongs to @{self._settings.handle} ({self._did})"
            if self._is_account_password():
                sentence = (
                    f"the account's own password {whose}: make an app password, which can be taken back"
                )
                return [CheckResult("app password", Level.WARN, sentence)]
            return [CheckResult("app password", Level.OK, f"the app password {whose}")]

        return checked("app password", read, self._judge)

    def key_lasts(self) -> timedelta:
        """For ever: the key is the record's own."""
        return timedelta.max

    def close(self) -> None:
        if "_wire" in self.__dict__:
            self._wire.end()
        if self._login is not None:
            self._login[1].request.close()
            self._login = None

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _client(self) -> Any:
        """Return a client that is logged in."""
        now = self._clock()
        if self._login is None or now - self._login[0] > LOGIN_LASTS:
            self._forget_login()
            self._login = (now, self._logged_in())
        return self._login[1]

    def _forget_login(self) -> None:
        if self._login is not None:
            self._login[1].request.close()
            self._login = None

    def _renewing(self, call: Callable[[], _T], write_once: WriteOnce | None = None) -> _T:
        """Make a call, and again after a new login when the session's token was refused before anything was written."""
        try:
            return call()
        except Exception as error:
            if _error_name(error) not in TOKEN_REFUSED or (write_once is not None and write_once.passes):
                raise
        self._forget_login()
        return call()

    def _logged_in(self) -> Any:
        atproto, _ = libraries()
        _network.quiet("httpx", "httpcore", "atproto", "atproto_client")
        if self._settings.handle is None:
            raise UsageError('the account has no handle: name it in its table, or set mode = "manual"')
        _network.require_certificates(os.environ.get("SSL_CERT_FILE"), "SSL_CERT_FILE")
        request = atproto.request.Request(**self._wire.settings())
        client = atproto.Client(self._settings.api_base_url.rstrip("/"), request=request)
        client.on_session_change(self._hide_session)
        try:
            password = reveal(self._settings.app_password, "app_password")
            client.login(self._settings.handle, password, fetch_bsky_profile=False)
            self._require_active()
        except Exception:
            request.close()
            raise
        return client

    def _require_active(self) -> None:
        """Raise CrosspostError when the login says that the account is not active: others would answer its looks."""
        last = self._wire.last
        session = _network.json_of(last.content) if last is not None else None
        if isinstance(session, dict) and session.get("active") is False:
            status = brief(session.get("status") or "not active")
            raise CrosspostError(f"the account on Bluesky is {status}; it can post when it is active again")

    def _hide_session(self, _event: Any, session: Any) -> None:
        """The tokens of a login, or of its renewal, are secrets as long as they live."""
        self._hide(session.access_jwt)
        self._hide(session.refresh_jwt)

    @property
    def _did(self) -> str:
        """Return the account's lasting name, from the login."""
        session = self._client.export_session_string()
        return str(libraries()[0].Session.decode(session).did)

    def _is_account_password(self) -> bool:
        """Judge by the scope of the session's token, which is another for an app password (com.atproto.appPass…)."""
        session = libraries()[0].Session.decode(self._client.export_session_string())
        return scope_of(session.access_jwt) == "com.atproto.access"

    @cached_property
    def _wire(self) -> Wire:
        libraries()
        from crosspost.platforms._httpx import Wire

        return Wire(lambda _method, path: path.endswith(WRITES))

    def _allow(self, seconds: float, write_once: WriteOnce | None = None) -> None:
        """All requests from here on end in `seconds`; the publishing one passes `WriteOnce`."""
        self._wire.allow(seconds, write_once)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _record(self, rkey: str) -> Mapping[str, Any] | None:
        """Return one record of the account; None when there is none of that key."""
        atproto, _ = libraries()
        params = atproto.models.ComAtprotoRepoGetRecord.Params(
            repo=self._did, collection=COLLECTION, rkey=rkey
        )
        try:
            content = self._client.invoke_query("com.atproto.repo.getRecord", params=params).content
        except atproto.exceptions.BadRequestError as error:
            if _error_name(error) == "RecordNotFound":
                return None
            raise
        value: Mapping[str, Any] = content["value"]
        return value

    def _own_posts(self, since: datetime) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Posts back to the fence, by their keys, which are moments; our own keys of 2024 come last.

        Not by `createdAt`, which a client may set as it likes: one old date would end the look too early.
        """
        atproto, _ = libraries()
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
        raise ListingTooLongError("the account on Bluesky has more posts since then than a look reads")

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _picture(self, attempt: Attempt) -> tuple[Mapping[str, Any] | None, str]:
        """Return the blob of the card's picture, and a note where there is none."""
        image = attempt.image
        if image is None:
            return None, ""
        _ = self._client  # without a login there is no post either
        with self._wire.part(attempt.timeout * SHARE):
            return uploaded_or_not(lambda: self._renewing(lambda: self._uploaded(image)), self._judge)

    def _uploaded(self, image: Image) -> Mapping[str, Any]:
        """Upload the picture as a blob. The same bytes are the same blob: to upload them again does no harm."""
        answer = self._client.invoke_procedure(
            "com.atproto.repo.uploadBlob",
            content=image.data,
            headers={"Content-Type": image.mime_type},
        )
        blob: Mapping[str, Any] = answer.content["blob"]
        return blob

    def _written(self, post: Post, thumb: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return the record of the post."""
        moment = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: dict[str, Any] = {"$type": COLLECTION, "text": post.text, "createdAt": moment}
        record |= {name: post.fields[name] for name in ("langs", "facets") if post.fields.get(name)}
        card = post.fields.get("card")
        if card:
            external = {**card, "thumb": thumb} if thumb else dict(card)
            record["embed"] = {"$type": "app.bsky.embed.external", "external": external}
        return record

    def _address(self, rkey: str) -> str:
        return f"https://bsky.app/profile/{self._settings.handle}/post/{rkey}"

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────

    def _judge(self, error: Exception, *, published: bool = False) -> Outcome:
        atproto, _ = libraries()
        if isinstance(error, _network.MovedError):
            return STATUSES.get(error.status, Verdict.UNCERTAIN).outcome(f"Bluesky answered {error}")
        response = error.response if isinstance(error, atproto.exceptions.RequestErrorBase) else None
        if response is None:
            return self._judge_unread(error)
        status, name = response.status_code, _error_name(error)
        if isinstance(response.content, bytes) and not _network.is_json(response.content) and status != 429:
            return Uncertain(_network.said_nothing("Bluesky", status, response.content))
        words = brief(getattr(response.content, "message", None) or name)
        if not words and status != 429:  # each error of the protocol has a name or a message
            return Uncertain(_network.said_nothing("Bluesky", status, "{}"))
        verdict = ERRORS.get(name, STATUSES.get(status, Verdict.UNCERTAIN))
        if name in TOKEN_REFUSED:
            self._forget_login()
            verdict = Verdict.SESSION if published else Verdict.ACCOUNT
        if status >= 500:
            verdict = Verdict.UNCERTAIN
        reason = f"Bluesky answered {status}" + (f": {words}" if words else "")
        return verdict.outcome(reason, _network.asked_until(response.headers, self._clock()))

    def _judge_unread(self, error: Exception) -> Outcome:
        """Return what became of a request whose answer did not come, or was none of Bluesky's."""
        _, httpx = libraries()
        last = self._wire.last
        if last is not None and last.is_closed and last.is_success:
            try:
                body = last.content
            except httpx.ResponseNotRead:  # not whole
                body = b"{}"
            if not _network.is_json(body):
                return Uncertain(_network.said_nothing("Bluesky", last.status_code, body))
        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        maybe = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError)
        proxy = None if last else _network.proxy_for(self._settings.api_base_url)
        place = "Bluesky" + (f", by way of the proxy {proxy}," if proxy else "")
        return _network.unanswered(place, error, unsent, (*maybe, httpx.RemoteProtocolError))


def _error_name(error: Any) -> str:
    """Return the name that Bluesky gives the error; empty when it is none of Bluesky's."""
    content = getattr(getattr(error, "response", None), "content", None)
    return str(getattr(content, "error", None) or "")


connect = BlueskyAccount
