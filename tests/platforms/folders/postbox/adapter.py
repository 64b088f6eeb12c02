"""The postbox's adapter: a look at the post's own key, then at what is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosspost.model import Absent, Clock, Done, Found, Look, Outcome, Post, Sent
from crosspost.platforms import Attempt, CheckResult, HideSecret, Query, _http
from crosspost.platforms._attempt import Verdict, reveal
from crosspost.platforms._matching import ListedPost, match_announcement, post_id

from . import Settings


def _path(existing: Found) -> str:
    return f"/posts/{post_id(existing)}"


def _listed(post: Mapping[str, Any]) -> ListedPost:
    owner = "" if post["by"] == "me" else post["by"]
    return ListedPost(post["url"], post["id"], post["text"], owner=owner)


class PostboxAccount(_http.RequestsAccount):
    statuses: ClassVar[Mapping[int, Verdict]] = {
        401: Verdict.ACCOUNT,
        404: Verdict.ACCOUNT,
        422: Verdict.CONTENT,
        429: Verdict.LATER,
    }
    _server = "postbox"
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret, _http.Transport("/posts"))

    def _find(self, query: Query, since: datetime) -> Look:
        for post in self._asked("GET", f"/posts?key={query.key}"):
            if post["id"] == query.key or match_announcement(query, _listed(post), since):
                return Found(post["url"], post["id"])
        return Absent()

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        made = self._asked("POST", "/posts", {"key": attempt.key, "text": post.text})
        return Sent(made["url"], made["id"])

    def _fetch(self, existing: Found) -> ListedPost | None:
        post = self._none_if_missing(lambda: self._asked("GET", _path(existing)))
        if post is None:
            return None
        return _listed(post)

    def _remove(self, existing: Found) -> Outcome:
        deleted = self._none_if_missing(lambda: self._asked("DELETE", _path(existing)))
        return Done(was_there=deleted is not None)

    def check(self) -> Sequence[CheckResult]:
        def read() -> str:
            return f"the token is {self._asked('GET', '/me')['name']}'s"

        return [self._run_check("token", read)]

    def _asked(self, method: str, path: str, body: object = None) -> Any:
        token = reveal(self._settings.token, "token")
        answer = self._session.request(
            method,
            self._settings.api_base_url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()
        return answer.json()


connect = PostboxAccount
