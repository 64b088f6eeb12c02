"""Mastodon, and servers with its API, through Mastodon.py.

    post    POST /api/v1/statuses    honours Idempotency-Key for an hour; GoToSocial ignores it
    find    the account's own statuses, newest first, back to the fence; matched on the issue's link
    image   POST /api/v2/media       before the post; the server deletes what is never attached

Sources: docs.joinmastodon.org (read 2026-07), mastodon's source, Mastodon.py 2.3.3. The library raises also after a
success (a 200 whose X-RateLimit-Reset it cannot read), so the answer decides, not the exception. A repeated key may
return an older status or a 500 (mastodon #37879, #40399), so the returned status is compared with the post.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, ClassVar
from urllib.parse import urlparse, urlsplit

from crosspost import __version__
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
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query, _http, _network
from crosspost.platforms._account import with_note
from crosspost.platforms._attempt import STATUSES, UnclearError, Verdict, reveal
from crosspost.platforms._html import read_html
from crosspost.platforms._matching import Kind, ListedPost, match_announcement, match_mention, post_id
from crosspost.platforms._unused import stub_module
from crosspost.platforms.mastodon import Settings
from crosspost.plural import quantity

# Its optional imports; cryptography, which only its Web Push uses, would bring 7 MB.
stub_module("mastodon.compat", Path=Path, PurePath=PurePath, urlparse=urlparse)
from mastodon import Mastodon  # noqa: E402 - after the stand-in for one of its modules

PICTURE_POLLS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each request whether the picture is ready. After the last one the post is sent without it."""
PAGES = 5
"""Pages of 40 statuses that a look reads at most."""
PAGE = 40
KEY_LASTS = timedelta(hours=1)
"""How long Mastodon knows an Idempotency-Key (docs.joinmastodon.org/methods/statuses, read 2026-07)."""
MASTODON = re.compile(r"[1-9]\d*\.\d+\.\d+\S*")
"""The version of Mastodon, and of its forks ("4.5.1+glitch"), which count alike. GoToSocial's begin with 0; others
are "2.7.2 (compatible; Pleroma 2.6.0)", "4.0.0 (not true; really snac/2.75)"."""
GOTOSOCIAL = re.compile(r"0\.\d+\.\d+(?!.*compatible)", re.IGNORECASE)


class MastodonAccount(_http.RequestsAccount):
    """One account on one instance."""

    statuses: ClassVar[Mapping[int, Verdict]] = {
        **STATUSES,  # 404: a wrong address, or somebody deleted the key's status
        410: Verdict.ACCOUNT,
        413: Verdict.CONTENT,
        422: Verdict.CONTENT,
    }
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret, _http.Transport("/api/v1/statuses"))
        self._base = settings.api_base_url.rstrip("/")
        self._server = urlsplit(self._base).netloc or self._base

    def _find(self, query: Query, since: datetime) -> Look:
        newest: datetime | None = None
        for status in self._own_statuses(since):
            newest = max(newest or status["created_at"], status["created_at"])
            if status["created_at"] < since:
                continue  # not read further: an odd old post must not end every look
            if (found := match_announcement(query, listed_post(status), since)) is not None:
                return found
        return self._confirm_absence(query, since, newest)

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        media, note = self._try_upload(attempt, self._upload)
        status = self._client.status_post(
            post.text,
            media_ids=media,
            visibility=self._settings.visibility,
            language=post.fields.get("language"),
            idempotency_key=attempt.key,
            sensitive=None,  # its default is sent as 0, which Hollo refuses
        )
        return with_note(self._receipt(post, attempt, status), note)

    def _fetch(self, existing: Found) -> ListedPost | None:
        me = self._me["id"]
        status = self._none_if_missing(lambda: self._client.status(post_id(existing)))
        if status is None:
            return None
        account = status["account"]
        return listed_post(status, "" if account["id"] == me else f"@{account.get('acct') or account['id']}")

    def _remove(self, existing: Found) -> Outcome:
        deleted = self._none_if_missing(
            lambda: self._client.status_delete(post_id(existing), delete_media=True)
        )
        return Done(was_there=deleted is not None)

    def edit(self, existing: Found, post: Post, attempt: Attempt) -> Outcome:
        def change() -> Outcome:
            media, _ = self._try_upload(attempt, self._upload)
            if media is None:  # an edit removes what it does not name
                attached = self._client.status(post_id(existing)).get("media_attachments") or ()
                media = [each["id"] for each in attached]
            status = self._client.status_update(post_id(existing), post.text, media_ids=media)
            return Done() if status.get("id") else Uncertain(f"{self._server} did not say what it edited")

        return self._run_write(attempt, change)

    def check(self) -> Sequence[CheckResult]:
        return [
            self._run_check("token", lambda: f"the token belongs to @{self._me['acct']} on {self._server}"),
            *self._run_checks("scopes", self._scopes),
            CheckResult("limits", Level.OK, self._length()),
        ]

    def limits(self) -> Mapping[str, int]:
        with suppress(AttributeError):  # it describes itself in another form
            return limits_of(self._instance())
        return {}

    def key_lifetime(self) -> timedelta:
        """Return an hour on Mastodon itself. Other servers may ignore the header, as GoToSocial does."""
        return KEY_LASTS if MASTODON.fullmatch(str(self._instance().get("version") or "")) else timedelta()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _client(self) -> Mastodon:
        _network.limit_logging("urllib3", "requests")
        client = Mastodon(
            api_base_url=self._base,
            session=self._session,
            ratelimit_method="throw",  # the others sleep inside the call
            request_timeout=_network.READ_SECONDS,
            version_check_mode="none",
            user_agent=f"crosspost/{__version__}",
        )
        # The constructor would open a file whose name is the token, if there were one.
        client.access_token = reveal(self._settings.access_token, "access_token")
        return client

    @cached_property
    def _me(self) -> Any:
        return self._client.account_verify_credentials()

    def _instance(self) -> Mapping[str, Any]:
        """Return what the instance says of itself; empty where it says nothing, so that the usual limits hold.

        Never raises, also where the token is missing.
        """
        for name in ("instance_v2", "instance_v1"):  # not every server has the newer one
            with suppress(Exception), self._transport.reading():
                if isinstance(found := getattr(self._client, name)(), Mapping):
                    return found
        return {}

    def _own_statuses(self, since: datetime) -> Iterator[Any]:
        """Yield own posts, newest first, back to the page that ends before `since`.

        `since_id` is not used: ids are times on Mastodon only. Reposts are not excluded: Hollo refuses
        `exclude_reblogs=1`, and each listed post shows that the listing is complete.
        """
        page = self._client.account_statuses(self._me["id"], limit=PAGE)
        for _ in range(PAGES):
            if not isinstance(
                _http.json_of(self._transport.last_answer), list
            ):  # the library turns anything into one
                raise UnclearError(f"{self._server} answered with something else than a list of posts")
            yield from page
            if not page or page[-1]["created_at"] < since:
                return
            following = self._client.fetch_next(page)
            if following is None and len(page) >= PAGE:
                raise UnclearError(f"{self._server} does not link to the next page of its list of posts")
            if not following:
                return
            page = following
        raise UnclearError(f"{self._server} has more posts since then than a look reads")

    def _confirm_absence(self, query: Query, since: datetime, newest: datetime | None) -> Look:
        """Return Absent, or CannotLook where the account has posts that the listing lacks, by its own figures.

        The day of its last post counts only after an unclear answer: it stays after that post was deleted.
        """
        if newest is not None and not query.may_exist:
            return Absent()
        me = self._client.account_verify_credentials()
        posts, last_day = me.get("statuses_count"), day_of(me.get("last_status_at"))
        if newest is None and isinstance(posts, int):
            sentence = f"{self._server} lists none of the account's {quantity(posts, 'post')}"
            return CannotLook(sentence, refused=False) if posts else Absent()
        shown = newest.astimezone(UTC).date() if newest else date.min
        if query.may_exist and last_day is not None and last_day >= since.date() and last_day > shown:
            return CannotLook(f"{self._server} does not list the account's post of {last_day}", refused=False)
        return Absent()

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def _upload(self, image: Image) -> list[Any]:
        """Upload the picture, wait until it can be attached, and return its id. Raises UnclearError after some seconds.

        `media_post` is not used: it first asks for the instance's version, without end where that is not told.
        """
        response = self._session.post(
            f"{self._base}/api/v2/media",
            headers={"Authorization": f"Bearer {self._client.access_token}"},
            files={"file": ("card", image.data, image.mime_type)},
            data={"description": image.alt},
        )
        response.raise_for_status()
        picture = response.json()
        for pause in PICTURE_POLLS:
            if picture.get("url"):
                break
            time.sleep(pause)
            picture = self._client.media(picture["id"])
        if not picture.get("url"):
            raise UnclearError(f"{self._server} was still processing it")
        return [picture["id"]]

    def _receipt(self, post: Post, attempt: Attempt, status: Any) -> Outcome:
        """Return Sent if the answer is our post, else Uncertain. A status without content counts as ours."""
        if not status.get("id"):
            return Uncertain(f"{self._server} accepted the post, but did not say where it is")
        address = _address(status) or f"{self._base}/web/statuses/{status['id']}"
        query = Query(post.url, post.title, post.number, attempt.key, post.text)
        same = "".join(read_html(status.get("content") or "")[1].split()) in ("", "".join(post.text.split()))
        if not same and match_mention(query, listed_post(status)) == Absent():
            return Uncertain(f"{self._server} answered with another status for this key: {address}")
        return Sent(address, str(status["id"]))

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────

    def _scopes(self) -> Sequence[CheckResult]:
        app: Any = {}
        try:
            app = self._client.app_verify_credentials()
        except Exception:
            if self._transport.has_answered(403):
                sentence = f"{self._server} does not let the token see what it may do"
                return [CheckResult("scopes", Level.WARN, sentence)]
            # There is no such page. snac answers so with a web page; it accepted the token before.
            last_answer = self._transport.last_answer
            if last_answer is None or last_answer.status_code != 404:
                raise
        scopes = set(app.get("scopes") or ())
        if scopes and not scopes & {"write", "write:statuses"}:
            raise UsageError("the token may not post: it needs the scope write:statuses")
        sentence = "the token may post" if scopes else f"{self._server} does not say what the token may do"
        return [CheckResult("scopes", Level.OK, sentence)]

    def _length(self) -> str:
        limits = self.limits()
        if "max_characters" not in limits:
            return f"{self._server} does not say its limits; 500 characters are assumed"
        note = ", addresses counted in full" if limits.get("addresses_in_full") else ""
        return f"a post on {self._server} may have {limits['max_characters']} characters{note}"


def listed_post(status: Any, owner: str = "") -> ListedPost:
    links, text = read_html(status.get("content") or "")
    card = (status.get("card") or {}).get("url")
    words = "\n".join(part for part in (status.get("spoiler_text"), text) if part)
    addresses = (*links, card) if card else links
    return ListedPost(
        url=_address(status),
        id=str(status["id"]),
        text=words,
        addresses=addresses,
        kind=_kind(status),
        at=status.get("created_at"),
        owner=owner,
    )


def _address(status: Any) -> str:
    return str(status.get("url") or status.get("uri") or "")


def _kind(status: Any) -> Kind:
    if status.get("reblog") is not None:
        return Kind.REPOST
    if status.get("in_reply_to_id") is not None or status.get("in_reply_to_account_id") is not None:
        return Kind.REPLY
    if status.get("quote") is not None or status.get("quote_id") is not None:
        return Kind.QUOTE
    return Kind.PRIVATE if status.get("visibility") == "direct" else Kind.TEXT


def limits_of(instance: Any) -> dict[str, int]:
    """Return the instance's limits as `Form.with_limits` takes them.

    Only Mastodon counts an address by the figure that it announces. GoToSocial announces one and counts in full. An
    unknown server is taken to count in full, too: a shorter text is better than a refused one.
    """
    statuses = (instance.get("configuration") or {}).get("statuses") or {}
    announced = {name: statuses.get(name) for name in ("max_characters", "characters_reserved_per_url")}
    limits = {name: number for name, number in announced.items() if isinstance(number, int) and number > 0}
    version = str(instance.get("version") or "")
    if not limits or MASTODON.fullmatch(version):
        return limits
    if GOTOSOCIAL.match(version):
        limits.pop("characters_reserved_per_url", None)
    return {**limits, "addresses_in_full": 1}


def day_of(moment: object) -> date | None:
    """Return the day of `last_status_at`: a date on Mastodon, a moment elsewhere."""
    if isinstance(moment, datetime):
        return moment.date()
    try:
        return date.fromisoformat(str(moment)[:10])
    except ValueError:
        return None


connect = MastodonAccount
