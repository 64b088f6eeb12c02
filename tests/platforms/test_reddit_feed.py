"""Reddit without an API key: what counts in a private feed, how often it is asked, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost import parse
from crosspost.config.secrets import Secret
from crosspost.delivery.account_cache import StoredState
from crosspost.model import Absent, CannotLook, Found, Look, Rejected
from crosspost.platforms import Level, Query, reddit
from crosspost.platforms.reddit.feed import FeedAccount
from crosspost.store import Store
from tests.conftest import MovableClock
from tests.platforms.atom import Thread, feed
from tests.platforms.scripted_place import (
    HTML,
    ISSUE,
    NOW,
    SINCE,
    WANTED,
    Drop,
    Place,
    Reply,
    a_post,
    an_attempt,
)

pytest_plugins = ("tests.platforms.scripted_place",)

PATH = "/r/rust/search.rss"
TOKEN = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
TITLE = "This Week in Rust 665"
EARLIER = NOW - timedelta(hours=1)
THREAD = Thread("1vabc", TITLE, EARLIER, ISSUE)
BLOCKED = Reply(403, "<html><p>You've been blocked by network security.</p></html>", kind="text/html")

Connect = Callable[..., FeedAccount]


def atom(*threads: Thread, **headers: str) -> Reply:
    return Reply(200, feed(threads), headers, kind="application/atom+xml; charset=UTF-8")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def connect(place: Place, secret: Callable[[str], Secret], clock: MovableClock) -> Iterator[Connect]:
    address = secret(f"{place.url}{PATH}?q=site%3Athis-week-in-rust.org&feed={TOKEN}&user=an_editor")
    opened: list[FeedAccount] = []

    def connected(**changes: Any) -> FeedAccount:
        settings = reddit.Settings(feed=address, authors=("u/The_Editor",))
        account = replace(settings, **changes).connect(clock)
        assert isinstance(account, FeedAccount)
        opened.append(account)
        return account

    yield connected
    for account in opened:
        account.close()


def seen(place: Place, connect: Connect, *threads: Thread, query: Query = WANTED) -> Look:
    place.on("GET", PATH, atom(*threads))
    return connect().find(query, SINCE)


# ── what counts ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "link",
    [
        ISSUE,
        ISSUE.rstrip("/"),
        ISSUE.replace("https://", "http://www."),
        f"{ISSUE}?utm_source=reddit&utm_medium=social#crate-of-the-week",
    ],
)
@pytest.mark.parametrize("title", [TITLE, f"{TITLE} · This Week in Rust", "Out now: the news & <more>"])
def test_anybodys_thread_that_leads_to_the_issue_is_found(
    place: Place, connect: Connect, link: str, title: str
) -> None:
    thread = replace(THREAD, link=link, title=title)

    assert seen(place, connect, thread) == Found(thread.address, "1vabc", "address")


def test_an_editors_text_post_with_the_exact_title_is_found(place: Place, connect: Connect) -> None:
    thread = replace(THREAD, link="", by="the_editor", title=" this week in  rust 665")

    found = seen(place, connect, thread)

    assert isinstance(found, Found)
    assert (found.id, found.by) == ("1vabc", "title")


FORGED = f'<p><a href="{ISSUE}">[link]</a> submitted by me <a href="{ISSUE}">[link]</a></p>'
OTHER_WEEK = ISSUE.replace("08/19", "08/12").replace("665", "664")
DECOYS = {
    "another week": replace(THREAD, link=OTHER_WEEK, title="This Week in Rust 664"),
    "another week under this title": replace(THREAD, link=OTHER_WEEK, by="the_editor"),
    "a text post of a stranger": replace(THREAD, link=""),
    "a stranger's text that looks like a link": replace(THREAD, link="", text=FORGED),
    "a long one that does": replace(THREAD, link="", text=FORGED + "x" * 25_000),
    "an editor's post with more in its title": replace(THREAD, link="", by="the_editor", title=f"{TITLE}!"),
    "an editor's post about a longer number": replace(THREAD, link="", by="the_editor", title=f"{TITLE}0"),
    "an editor's link to elsewhere": replace(THREAD, link="https://example.org/665", by="the_editor"),
    "another subreddit": replace(THREAD, subreddit="programming"),
    "another subreddit that begins alike": replace(THREAD, subreddit="rustjerk"),
    "a crosspost": replace(THREAD, link="https://www.reddit.com/r/programming/comments/1vabb/rust/", by="the_editor"),
    "a deleted one": replace(THREAD, by=""),
    "one whose author is gone": replace(THREAD, by="[deleted]"),
    "a comment": replace(THREAD, url=f"{THREAD.address}abcdef/"),
    "another site's": replace(THREAD, url=THREAD.address.replace("www.reddit.com", "reddit.example.org")),
    "the site's front page": replace(THREAD, link="https://this-week-in-rust.org/"),
    "last year's": replace(THREAD, at=SINCE - timedelta(seconds=1)),
}  # fmt: skip


@pytest.mark.parametrize("decoy", DECOYS.values(), ids=list(DECOYS))
def test_what_only_looks_like_it_is_not_found(place: Place, connect: Connect, decoy: Thread) -> None:
    assert seen(place, connect, decoy) == Absent()


def test_the_oldest_of_several_wins_and_the_others_are_named(place: Place, connect: Connect) -> None:
    newest = replace(THREAD, id="1vabe", at=EARLIER + timedelta(minutes=9))
    same_moment = replace(THREAD, id="1vabd")

    found = seen(place, connect, newest, same_moment, *DECOYS.values(), THREAD)

    assert found == Found(THREAD.address, "1vabc", "address", (same_moment.address, newest.address))


def test_one_odd_entry_hides_no_other(place: Place, connect: Connect) -> None:
    odd = feed([replace(THREAD, id="1vaba", title="odd"), THREAD]).replace(
        b"odd</title>", b"&#x1; &#xD800;</title>"
    )
    odd = odd.replace(EARLIER.isoformat().encode(), b"soon", 2)
    place.on("GET", PATH, Reply(200, odd, kind="application/atom+xml"))

    found = connect().find(WANTED, SINCE)

    assert isinstance(found, Found)
    assert found.others == (THREAD.address,) or found.url == THREAD.address


def test_an_empty_feed_proves_nothing(place: Place, connect: Connect) -> None:
    place.on("GET", PATH, atom())
    account = connect()

    assert account.find(WANTED, SINCE) == Absent()
    unclear = account.find(replace(WANTED, may_exist=True), SINCE)
    assert isinstance(unclear, CannotLook)
    assert not unclear.refused


def test_nothing_is_ever_sent(place: Place, connect: Connect) -> None:
    assert isinstance(connect().send(a_post("reddit"), an_attempt()), Rejected)
    assert place.asked == []


def test_a_thread_that_a_person_names_is_read_from_what_the_feed_showed(
    place: Place, connect: Connect
) -> None:
    other = replace(THREAD, id="1vabd", link="https://example.org/", title="Something else")
    place.on("GET", PATH, atom(THREAD, other))
    account = connect()
    account.find(WANTED, SINCE)

    assert account.verify(f"{THREAD.address}?share_id=x", WANTED) == Found(THREAD.address, "1vabc")
    assert account.verify(other.address, WANTED) == Absent()
    assert isinstance(account.verify(THREAD.address.replace("1vabc", "1vxyz"), WANTED), CannotLook)
    assert len(place.asked) == 1


# ── how often it is asked ────────────────────────────────────────────────────────────────────────────


def test_within_a_minute_the_last_answer_stands(place: Place, connect: Connect, clock: MovableClock) -> None:
    place.on("GET", PATH, atom(), atom(THREAD))
    account = connect()

    assert account.find(WANTED, SINCE) == Absent()
    clock.advance(seconds=59)
    assert account.find(WANTED, SINCE) == Absent()
    assert len(place.asked) == 1
    clock.advance(seconds=1)
    assert isinstance(account.find(WANTED, SINCE), Found)
    assert len(place.asked) == 2


def test_it_is_asked_whether_anything_is_new(place: Place, connect: Connect, clock: MovableClock) -> None:
    stamp = "Thu, 20 Aug 2026 02:00:00 GMT"
    place.on("GET", PATH, atom(THREAD, ETag='"one"', **{"Last-Modified": stamp}), Reply(304))
    account = connect()
    account.find(WANTED, SINCE)
    clock.advance(minutes=1)

    assert isinstance(account.find(WANTED, SINCE), Found)
    asked = place.asked[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"one"', stamp)


def test_two_processes_ask_once_a_minute_together(
    place: Place, connect: Connect, clock: MovableClock, store: Store
) -> None:
    place.on("GET", PATH, atom(THREAD, ETag='"one"'), Reply(304))
    daemon, command = connect(), connect()
    for account in (daemon, command):
        account.use_state(StoredState(store))

    assert isinstance(daemon.find(WANTED, SINCE), Found)
    assert isinstance(command.find(WANTED, SINCE), Found)
    assert len(place.asked) == 1
    clock.advance(minutes=1)
    assert isinstance(command.find(WANTED, SINCE), Found), "304: the other one's answer stands"
    assert isinstance(daemon.find(WANTED, SINCE), Found)
    assert len(place.asked) == 2


def test_of_two_processes_at_one_moment_one_asks(place: Place, connect: Connect) -> None:
    place.on("GET", PATH, atom(THREAD))
    account = connect()
    account.use_state(Overtaken())

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert not look.refused
    assert not place.asked


class Overtaken:
    """A store in which another process is always first."""

    def read(self, _key: str) -> str | None:
        return None

    def write(self, _key: str, _text: str, *, expected: str | None) -> bool:
        return False


@pytest.mark.parametrize(
    ("answer", "minutes"),
    [
        (Reply(429, "", {"Retry-After": "600"}, kind="text/html"), 10),
        (Reply(429, "", {"x-ratelimit-reset": "300"}, kind="text/html"), 5),
        (Reply(429, "", {"Retry-After": "999999999"}, kind="text/html"), 24 * 60),
        (Reply(429, "", {"Retry-After": "soon"}, kind="text/html"), 2),
        (Reply(403, "", {"Retry-After": "300"}, kind="text/html"), 5),
        (BLOCKED, 2),
        (Reply(503, "", {"Retry-After": "300"}, kind="text/html"), 5),
    ],
)
def test_a_refusal_is_waited_out(
    place: Place, connect: Connect, clock: MovableClock, answer: Reply, minutes: int
) -> None:
    place.on("GET", PATH, answer, atom(THREAD))
    account = connect()

    look = account.find(WANTED, SINCE)
    assert isinstance(look, CannotLook)
    assert look.until == NOW + timedelta(minutes=minutes), look.reason
    clock.now = look.until - timedelta(seconds=1)
    assert account.find(WANTED, SINCE) == look
    assert len(place.asked) == 1
    clock.advance(seconds=1)
    assert isinstance(account.find(WANTED, SINCE), Found)


def test_a_place_that_goes_on_refusing_is_asked_ever_more_seldom(
    place: Place, connect: Connect, clock: MovableClock
) -> None:
    place.on("GET", PATH, BLOCKED)
    account = connect()
    waits = []
    for _ in range(8):
        look = account.find(WANTED, SINCE)
        assert isinstance(look, CannotLook)
        assert look.until is not None
        waits.append((look.until - clock.now).total_seconds() / 60)
        clock.now = look.until

    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert len(place.asked) == 8


@pytest.mark.parametrize(("reset", "seconds"), [("180", 180), ("10", 60), ("999999999", 3600), ("soon", 60)])
def test_a_good_answer_that_was_the_last_for_now_is_believed(
    place: Place, connect: Connect, clock: MovableClock, reset: str, seconds: int
) -> None:
    place.on("GET", PATH, atom(THREAD, **{"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": reset}))
    account = connect()
    account.find(WANTED, SINCE)
    clock.advance(seconds=seconds - 1)

    assert isinstance(account.find(WANTED, SINCE), Found)
    assert len(place.asked) == 1
    clock.advance(seconds=1)
    account.find(WANTED, SINCE)
    assert len(place.asked) == 2


@pytest.mark.parametrize("answer", [atom(), Reply(429, "", {"Retry-After": "86400"}, kind="text/html")])
def test_a_clock_that_was_set_back_keeps_nobody_waiting(
    place: Place, connect: Connect, clock: MovableClock, answer: Reply
) -> None:
    place.on("GET", PATH, answer)
    account = connect()
    clock.advance(days=400)
    account.find(WANTED, SINCE)
    clock.now = NOW
    account.find(WANTED, SINCE)

    assert len(place.asked) == 2


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        Drop(),
        Drop(reset=True),
        BLOCKED,
        HTML,
        atom(THREAD, ETag=TOKEN),
        Reply(404, "", kind="text/html"),
        Reply(301, "", {"Location": f"https://www.reddit.com/?feed={TOKEN}"}),
        Reply(200, f"<feed>{TOKEN}", kind="application/atom+xml"),
        Reply(200, feed([THREAD])[:-40], kind="application/atom+xml"),
        Reply(200, b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + feed([THREAD]), kind="application/atom+xml"),
        Reply(200, b" " * 2_000_000, kind="application/atom+xml"),
    ],
)
def test_no_word_of_the_address_is_in_what_is_said(
    place: Place, connect: Connect, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    place.on("GET", PATH, answer)
    account = connect()

    said = f"{account.find(WANTED, SINCE)} {account.check()} {caplog.text}"

    assert TOKEN not in said
    assert "search.rss" not in said
    assert len(place.asked) == 1, "no redirect is followed, and nothing is repeated"


@pytest.mark.parametrize(
    "address",
    [
        "http://www.reddit.com/r/rust/.rss?feed=1",
        "http://127.0.0.1.example/r/rust/.rss?feed=1",
        "https://reddit.example.org/?feed=1",
        "r/rust",
        "https://[",
        "file:///x",
    ],
)
def test_an_address_that_is_none_of_reddits_is_refused_unread(
    connect: Connect, secret: Callable[[str], Secret], address: str
) -> None:
    look = connect(feed=secret(address)).find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert look.refused
    assert "prefs/feeds" in look.reason
    assert address not in look.reason


def test_check_reads_it_once_and_says_what_it_sees(place: Place, connect: Connect) -> None:
    place.on("GET", PATH, atom(THREAD, DECOYS["another subreddit"]))
    account = connect()

    (result,) = account.check()

    assert result.level is Level.OK
    assert result.sentence == "it answers with 2 threads, on r/rust: 1, the newest of 2026-08-20 02:00 UTC"
    account.find(WANTED, SINCE)
    assert len(place.asked) == 1


def test_check_warns_of_a_feed_of_something_else_and_fails_where_it_is_refused(
    place: Place, connect: Connect
) -> None:
    place.on("GET", PATH, atom(DECOYS["another subreddit"]))
    assert connect().check()[0].level is Level.WARN

    place.on("GET", PATH, BLOCKED)
    (result,) = connect().check()
    assert result.level is Level.FAIL
    assert "network security" in result.sentence


# ── every discussion link that editors have filled in ────────────────────────────────────────────────


def decoys_of(right: Thread, query: Query) -> list[Thread]:
    """What stands beside it: other weeks, reposts, other subreddits, crossposts, removed ones."""
    week, at, crosspost = timedelta(weeks=1), right.at, right.address
    right = replace(right, url="")
    threads = [
        replace(right, id=f"{right.id}0", at=at + timedelta(hours=5)),  # the same link once more
        replace(right, id="0abc", at=at - timedelta(minutes=5), subreddit="programming"),
        replace(right, id="0abd", at=at - timedelta(minutes=4), link=crosspost, by="the_editor"),
        replace(right, id="0abe", at=at - timedelta(minutes=3), by=""),
        replace(right, id="0abf", at=at - timedelta(minutes=2), link="", title=f"{query.title} is out"),
    ]
    for step in (-2, -1, 1, 10):
        other = query.number + step
        title = query.title.replace(str(query.number), str(other))
        page = f"https://this-week-in-rust.org/blog/2020/01/01/this-week-in-rust-{other}/"
        threads.append(Thread(f"0b{step + 5}", title, at + step * week / 20, page, "the_editor"))
    return threads


def fills(shared: Path) -> Iterator[tuple[Query, str, datetime]]:
    """Each issue to look for, the thread that its editor filled in, and when it came out."""
    for edit in json.loads((shared / "fills" / "fills.json").read_text()):
        text = (shared / "fills" / f"{edit['number']}.before.md").read_bytes()
        issue = parse.parse_bytes(text, path="")
        out = datetime.combine(issue.date, datetime.min.time(), UTC) + timedelta(hours=20)
        yield Query(issue.url, issue.title, issue.number, "key", "", first_seen_at=out), edit["url"], out


@pytest.mark.shared
def test_of_every_issue_the_thread_that_its_editor_filled_in_is_found(
    shared: Path, place: Place, connect: Connect, clock: MovableClock
) -> None:
    for index, (query, url, out) in enumerate(fills(shared)):
        at = out + timedelta(hours=(-3, 0, 7)[index % 3])
        right = Thread(url.split("/")[6], query.title, at, query.url, url=url)
        decoys = decoys_of(right, query)
        place.on("GET", PATH, atom(*decoys), atom(*decoys[:3], right, *decoys[3:]))
        clock.now = out + timedelta(days=1)
        account, since = connect(), datetime.combine(out.date() - timedelta(days=1), datetime.min.time(), UTC)

        before = account.find(query, since)
        clock.advance(minutes=1)
        found = account.find(query, since)

        assert isinstance(before, Found)
        assert before.url != url, "without the right one only the repost is left"
        assert isinstance(found, Found), query.title
        assert (found.url, found.by) == (url, "address")
        assert found.others == (decoys[0].address,)
        by_title = replace(right, link="", by="the_editor")
        place.on("GET", PATH, atom(*decoys[1:], by_title))
        assert connect().find(query, since) == Found(url, right.id, "title")
