"""Recognising the issue in a post: pure, by address and by title."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.platforms import Query
from crosspost.platforms._html import read_html
from crosspost.platforms._matching import (
    Kind,
    ListedPost,
    PostedBy,
    TruncatedPostError,
    addresses_in,
    comparison_key,
    match_announcement,
    match_issue,
)

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
LAST_WEEK = "https://this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/"
NEXT_WEEK = "https://this-week-in-rust.org/blog/2026/08/26/this-week-in-rust-666/"
HOME = "https://this-week-in-rust.org/"
WANTED = Query(ISSUE, "This Week in Rust 665", 665, "key", "")
FENCE = datetime(2026, 8, 18, tzinfo=UTC)


def listed(text: str, **changes: Any) -> ListedPost:
    return ListedPost("https://far.example/1", "1", text, **changes)


def matched(query: Query, post: ListedPost) -> str | None:
    found = match_announcement(query, post, FENCE)
    return found.by if found else None


@pytest.mark.parametrize(
    "same",
    [
        ISSUE.rstrip("/"),
        ISSUE.replace("https", "http"),
        ISSUE.replace("https", "HTTPS").replace("this-week-in-rust.org", "WWW.This-Week-In-Rust.ORG:443"),
        ISSUE + "?utm_source=x&utm_medium=y&fbclid=z",
        ISSUE + "#top",
        ISSUE + "index.html",
        ISSUE.replace("this-week-in-rust-665", "this%2Dweek%2Din%2Drust%2D665"),
        f"  {ISSUE}  ",
    ],
)
def test_one_page_has_one_normal_address(same: str) -> None:
    assert comparison_key(same) == comparison_key(ISSUE)


@pytest.mark.parametrize(
    "other",
    [
        LAST_WEEK,
        ISSUE.rstrip("/") + "5/",
        ISSUE + "comments/",
        ISSUE + "?page=2",
        ISSUE.replace(".org", ".org.evil.example"),
        ISSUE.replace(".org", ".org:8443"),
        ISSUE.replace("this-week", "This-Week", 2),
    ],
)
def test_another_page_has_another(other: str) -> None:
    assert comparison_key(other) != comparison_key(ISSUE)


@given(st.text(max_size=80))
def test_any_text_is_normalised_without_a_fall_and_for_good(text: str) -> None:
    assert isinstance(comparison_key(f"https://example.org/{text}"), str)
    assert isinstance(comparison_key(text), str)
    addresses_in(text)
    read_html(text)


@pytest.mark.parametrize(
    ("text", "by"),
    [
        (f"Out now: {ISSUE}.", "address"),
        (f"(see {ISSUE})", "address"),
        (f"[This Week]({ISSUE})", "address"),
        ("This Week in Rust 665", "title"),
        ("this week  in\nrust #665: links", "title"),
        ("This Week in Rust 66", None),
        ("This Week in Rust 6650", None),
        ("This Week in Rust", None),
        (f"This Week in Rust 665 comes next week, for now {LAST_WEEK}", None),
        ("", None),
    ],
)
def test_a_post_is_recognised_by_address_then_by_title(text: str, by: str | None) -> None:
    assert match_issue(WANTED, (), text) == by


@pytest.mark.parametrize(
    ("address", "by"),
    [
        (ISSUE.replace("08/19", "08/20"), "address"),
        (ISSUE.replace("08/19", "08/20").rstrip("/") + "?utm_source=x", "address"),
        (ISSUE.replace("08/19", "08/20").replace(".org", ".org:8443"), None),
        (ISSUE.replace("blog/2026/08/19", "drafts"), None),
        (ISSUE.replace("08/19", "08/26").replace("665", "666"), None),
    ],
)
def test_a_post_from_before_the_date_was_corrected_is_the_issues(address: str, by: str | None) -> None:
    assert matched(WANTED, listed(f"With many words of its own about many things, {address}")) == by


WORDS = f"This Week in Rust 665: Announcing something\n\n• Reading code aloud\n\n{ISSUE}"
SENT = replace(WANTED, text=WORDS, may_exist=True)


def test_the_beginning_of_our_own_text_after_an_unclear_answer_is_neither_the_post_nor_its_absence() -> None:
    for size in (1, 9, 30, 60, len(WORDS) - len("rust-665/")):
        with pytest.raises(TruncatedPostError, match="only the beginning"):
            matched(SENT, listed(WORDS[:size]))


@pytest.mark.parametrize(
    "item",
    [
        listed("This Week in Rust 665: Announcing something else, which is nothing of ours at all"),
        listed(""),
        listed(WORDS[:9], kind=Kind.REPLY),
        listed(WORDS[:9], posted_by=PostedBy.AUTHOR),
    ],
)
def test_what_is_not_the_beginning_of_our_own_text_is_judged_as_ever(item: ListedPost) -> None:
    assert matched(SENT, item) is None
    assert matched(replace(SENT, may_exist=False), listed(WORDS[:9])) is None
    assert matched(SENT, listed(WORDS)) == "address"


def test_an_older_number_is_not_found_in_a_newer_one() -> None:
    older = Query(ISSUE.replace("665", "66"), "This Week in Rust 66", 66, "key", "")

    assert match_issue(older, (ISSUE,), "This Week in Rust 665") is None
    assert match_issue(older, (), "This Week in Rust 66") == "title"


NAME = "This Week in Rust 665"
OUT = datetime(2026, 8, 20, 1, 0, tzinfo=UTC)
WATCHED = replace(WANTED, first_seen_at=OUT)


def an_item(text: str, **changes: Any) -> ListedPost:
    return listed(text, **({"at": OUT + timedelta(minutes=1)} | changes))


@pytest.mark.parametrize(
    ("item", "by"),
    [
        # the account's own posts, on any platform
        (an_item(f"Out now: {ISSUE}"), "address"),
        (an_item("Out now", addresses=(ISSUE,)), "address"),
        (an_item(f"{NAME} and next week {NEXT_WEEK}", addresses=(ISSUE,)), "address"),
        (an_item(NAME), "title"),
        (an_item(NAME, at=OUT), "title"),
        (an_item(f"🦀 {NAME} is out! #rustlang #ThisWeekInRust https://t.co/abc"), "title"),
        (an_item(f"{NAME}: {'x' * 38}"), "title"),
        (an_item(f"{NAME}: {'x' * 39}"), None),
        (an_item(f"{NAME} this-week-in-rust.org/blog/2026/08/19/this-we…"), "title"),
        # last year's, or the first of two that were wanted: before the fence
        (an_item(f"Out now: {ISSUE}", at=FENCE - timedelta(seconds=1)), None),
        (an_item(f"Out now: {ISSUE}", at=FENCE), "address"),
        # a reminder of the day before
        (an_item(f"Last call for {NAME}", at=OUT - timedelta(hours=20)), None),
        (an_item(f"Last call for events and calls for participation for {NAME}"), None),
        (an_item(NAME, at=None), "title"),
        # another issue's
        (an_item("This Week in Rust 664, then This Week in Rust 665"), None),
        (an_item(f"This Week in Rust 666: {NEXT_WEEK} (before: {ISSUE})"), None),
        (an_item(f"{NAME} comes next, for now {LAST_WEEK}"), None),
        (an_item("This Week in Rust 66"), None),
        # not posts of their own
        (an_item(ISSUE, kind=Kind.REPLY), None),
        (an_item(ISSUE, kind=Kind.QUOTE), None),
        (an_item(ISSUE, kind=Kind.REPOST), None),
        (an_item(ISSUE, kind=Kind.PRIVATE), None),
        (an_item(NAME, kind=Kind.REPLY), None),
        # a listed author's, as the account's own
        (an_item(f"Out: {ISSUE}", posted_by=PostedBy.AUTHOR), "address"),
        (an_item(NAME, posted_by=PostedBy.AUTHOR), "title"),
        (an_item(ISSUE, posted_by=PostedBy.AUTHOR, kind=Kind.REPLY), None),
        (an_item(f"Last call for {NAME}", posted_by=PostedBy.AUTHOR, at=OUT - timedelta(hours=20)), None),
        # a stranger's text never, whatever it holds
        (an_item(NAME, posted_by=PostedBy.STRANGER), None),
        (an_item(f"Discussing {ISSUE}", posted_by=PostedBy.STRANGER), None),
        (an_item(NAME, addresses=(ISSUE,), posted_by=PostedBy.STRANGER), None),
        # a link post whose link is the issue's: whoever made it
        (an_item("Read this", kind=Kind.LINK, link=ISSUE, posted_by=PostedBy.STRANGER), "address"),
        (an_item("Read this", kind=Kind.LINK, link=ISSUE.rstrip("/") + "?utm_source=r"), "address"),
        (an_item(NAME, kind=Kind.LINK, link="https://this-week-in-rust.org/"), "title"),
        (an_item(NAME, kind=Kind.LINK, link=HOME, posted_by=PostedBy.AUTHOR), "title"),
        (an_item(NAME, kind=Kind.LINK, link=HOME, posted_by=PostedBy.STRANGER), None),
        (an_item(NAME, kind=Kind.LINK, link=LAST_WEEK), None),
        (an_item(NAME, kind=Kind.LINK, link="https://example.org/"), None),
        (an_item(f"{ISSUE}", kind=Kind.LINK, link="https://example.org/", posted_by=PostedBy.STRANGER), None),
    ],
    ids=repr,
)
def test_what_counts_as_the_announcement(item: ListedPost, by: str | None) -> None:
    assert matched(WATCHED, item) == by


def test_every_kind_of_post_by_everybody_is_decided_and_few_count() -> None:
    counting = {
        (kind, posted_by)
        for kind in Kind
        for posted_by in PostedBy
        if matched(WATCHED, an_item(NAME, addresses=(ISSUE,), kind=kind, posted_by=posted_by, link=ISSUE))
    }

    assert counting == {
        (Kind.TEXT, PostedBy.ACCOUNT),
        (Kind.TEXT, PostedBy.AUTHOR),
        (Kind.LINK, PostedBy.ACCOUNT),
        (Kind.LINK, PostedBy.AUTHOR),
        (Kind.LINK, PostedBy.STRANGER),
    }


def test_a_newsletter_without_a_name_is_not_found_in_every_number() -> None:
    nameless = Query(ISSUE, "665", 665, "key", "")

    assert matched(nameless, an_item("665 things to do")) is None


def test_html_gives_its_links_and_its_text() -> None:
    markup = (
        '<p>Tom &amp; Ann<br>second <a href="https://a.example/?x=1&amp;y=2"><span>a</span></a></p><a>no</a>'
    )

    addresses, text = read_html(markup)

    assert addresses == ("https://a.example/?x=1&y=2",)
    assert text == "Tom & Ann\nsecond ano"
