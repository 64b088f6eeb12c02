"""The postbox's adapter: a look at the post's own key, then at what is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crosspost.model import Absent, Clock, Done, Found, Look, NotOurs, Outcome, Own, Post, Sent
from crosspost.network import path_of
from crosspost.platforms import Attempt, CheckResult, Hide, Wanted, _http
from crosspost.platforms._attempt import Verdict, check_once, missing_is_absent, missing_is_done, reveal
from crosspost.platforms._matching import Item, announces, recognised

from . import Settings

ANSWERS: Mapping[int, Verdict] = {
    401: Verdict.ACCOUNT,
    404: Verdict.ACCOUNT,
    422: Verdict.CONTENT,
    429: Verdict.LATER,
}


def _path(there: Found) -> str:
    return f"/posts/{there.id}" if there.id else path_of(there.url)


class PostboxAccount(_http.OverRequests):
    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide: Hide) -> None:
        super().__init__(settings, clock, hide, _http.Transport("/posts"))

    def find(self, wanted: Wanted, since: datetime) -> Look:
        def read() -> Look:
            listed = self._asked("GET", f"/posts?key={wanted.key}")
            for post in listed:
                if post["id"] == wanted.key or announces(wanted, Item(post["text"])):
                    return Found(post["url"], post["id"])
            return Absent()

        return self._looked(read)

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        def publish() -> Outcome:
            made = self._asked("POST", "/posts", {"key": attempt.key, "text": post.text})
            return Sent(made["url"], made["id"])

        return self._written(attempt, publish)

    def verify(self, url: str, wanted: Wanted) -> Look:
        def read() -> Look:
            post = self._asked("GET", path_of(url))
            by = recognised(wanted, (), post["text"])
            return Found(post["url"], post["id"], by) if by else Absent()

        return missing_is_absent(self._looked(read), self._transport.said(404))

    def own(self, there: Found) -> Own:
        def read() -> Own:
            post = self._asked("GET", _path(there))
            return Found(post["url"], post["id"]) if post["by"] == "me" else NotOurs(post["by"])

        seen = self._looked(read)
        return Absent() if self._transport.said(404) else seen

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        def remove() -> Outcome:
            self._asked("DELETE", _path(there))
            return Done()

        return missing_is_done(self._written(attempt, remove), self._transport.said(404))

    def check(self) -> Sequence[CheckResult]:
        def read() -> str:
            return f"the token is {self._asked('GET', '/me')['name']}'s"

        return [check_once("token", read, self._judge)]

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

    def _judge(self, error: Exception) -> Outcome:
        return _http.judged(
            "postbox",
            error,
            self._transport.last,
            lambda answer: ANSWERS.get(answer.status_code, Verdict.UNCERTAIN),
            self._clock(),
        )


connect = PostboxAccount
