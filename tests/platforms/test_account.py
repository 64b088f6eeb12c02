"""What each account does around the requests of its client library, with a library that does as a test says."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from crosspost.errors import ClaimLostError
from crosspost.model import Cause, Found, Image, Look, Outcome, Post, Rejected, Sent, Uncertain
from crosspost.platforms import Attempt, CheckResult, _http, _network
from crosspost.platforms._account import ConnectedAccount
from crosspost.platforms._attempt import RepeatedWriteError, RequestBounds
from crosspost.platforms._matching import ListedPost
from tests.platforms.scripted_place import NOW, Place, a_post, an_attempt

pytest_plugins = ("tests.platforms.scripted_place",)

IMAGE = Image(b"png", "image/png", "A card")


class Bounds(RequestBounds):
    """Says when the requests must be complete, and lets one that publishes leave."""

    @property
    def deadline(self) -> float:
        return self._deadline

    def publish(self) -> None:
        self._before_publishing()


class ScriptedAccount(ConnectedAccount):
    """An account whose library publishes by calling `script`."""

    def __init__(self, script: Callable[[Bounds, Attempt], Outcome]) -> None:
        super().__init__(None, lambda: NOW, lambda _token: None)
        self.bounds = self._transport = Bounds()
        self._script = script

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        del post
        return self._script(self.bounds, attempt)

    def _find(self, *_: Any) -> Look:
        raise NotImplementedError

    def _fetch(self, existing: Found) -> ListedPost | None:
        raise NotImplementedError

    def _remove(self, existing: Found) -> Outcome:
        raise NotImplementedError

    def _classify(self, error: Exception) -> Outcome:
        return Uncertain(str(error))

    def check(self) -> list[CheckResult]:
        return []

    def close(self) -> None:
        """Do nothing."""


def lost() -> None:
    raise ClaimLostError("lost")


def test_a_lost_claim_comes_out_of_send_also_where_the_library_keeps_it_to_itself() -> None:
    def swallow(bounds: Bounds, _: Attempt) -> Outcome:
        with suppress(Exception):
            bounds.publish()
        return Sent("https://m.example/1", "1")

    with pytest.raises(ClaimLostError):
        ScriptedAccount(swallow).send(a_post("mastodon"), an_attempt(before_write=lost))


def test_the_second_attempt_without_the_picture_has_only_the_time_that_is_left() -> None:
    attempts: list[Attempt] = []

    def refuse(_: Bounds, attempt: Attempt) -> Outcome:
        attempts.append(attempt)
        time.sleep(0.01)
        return Rejected("no", Cause.CONTENT)

    ScriptedAccount(refuse).send(a_post("mastodon"), an_attempt(image=IMAGE))

    first, second = attempts
    assert (first.image, second.image) == (IMAGE, None)
    assert second.timeout < first.timeout


def test_a_library_that_repeats_the_publishing_request_is_stopped() -> None:
    checks: list[str] = []

    def repeat(bounds: Bounds, _: Attempt) -> Outcome:
        bounds.publish()
        with bounds.reading():  # such as that of a picture
            bounds.publish()
        return Sent("https://m.example/1", "1")

    attempt = an_attempt(before_write=lambda: checks.append("passed"))
    outcome = ScriptedAccount(repeat).send(a_post("mastodon"), attempt)

    assert isinstance(outcome, Uncertain)
    assert checks == ["passed"]


def test_nothing_is_published_after_an_attempt() -> None:
    def publish(bounds: Bounds, _: Attempt) -> Outcome:
        bounds.publish()
        return Sent("https://m.example/1", "1")

    account = ScriptedAccount(publish)
    account.send(a_post("mastodon"), an_attempt())

    with account.bounds.reading(), pytest.raises(RepeatedWriteError):
        account.bounds.publish()


def test_a_connection_that_took_all_the_time_publishes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[str] = []
    late = time.monotonic() + 1_000

    def connect_late(_peer: str) -> None:
        monkeypatch.setattr(_http, "time", SimpleNamespace(monotonic=lambda: late))

    transport = _http.Transport("/post", check_peer=connect_late)
    attempt = an_attempt(before_write=lambda: checks.append("passed"))
    with transport.attempt(attempt), pytest.raises(_network.DeadlineError):
        _http.TransportSession(transport).post(f"{place.url}/post")

    assert not checks


def test_a_reading_within_an_attempt_ends_with_it_at_the_latest() -> None:
    deadlines: list[float] = []

    def read(bounds: Bounds, _: Attempt) -> Outcome:
        deadlines.append(bounds.deadline)
        with bounds.reading(1_000_000):
            deadlines.append(bounds.deadline)
        deadlines.append(bounds.deadline)
        return Sent("https://m.example/1", "1")

    ScriptedAccount(read).send(a_post("mastodon"), an_attempt())

    assert len(set(deadlines)) == 1
