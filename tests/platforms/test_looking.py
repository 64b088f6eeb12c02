"""Recognising the issue in a post: pure, by address and by title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.platforms import Wanted
from crosspost.platforms._html import read_html
from crosspost.platforms._looking import (
    addresses_in,
    is_exactly_titled,
    normalised,
    recognised,
)

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
LAST_WEEK = "https://this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/"
WANTED = Wanted(ISSUE, "This Week in Rust 665", 665, "key", "")


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
    assert normalised(same) == normalised(ISSUE)


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
    assert normalised(other) != normalised(ISSUE)


@given(st.text(max_size=80))
def test_any_text_is_normalised_without_a_fall_and_for_good(text: str) -> None:
    assert isinstance(normalised(f"https://example.org/{text}"), str)
    assert isinstance(normalised(text), str)
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
    assert recognised(WANTED, (), text) == by


def test_an_older_number_is_not_found_in_a_newer_one() -> None:
    older = Wanted(ISSUE.replace("665", "66"), "This Week in Rust 66", 66, "key", "")

    assert recognised(older, (ISSUE,), "This Week in Rust 665") is None
    assert recognised(older, (), "This Week in Rust 66") == "title"


@pytest.mark.parametrize(
    ("title", "is_it"),
    [
        ("This Week in Rust 665", True),
        ("This Week in Rust #665", True),
        ("this week in rust 665.", True),
        ("This Week in Rust 665 is out", False),
        ("Ask: This Week in Rust 665", False),
        ("This Week in Rust 66", False),
    ],
)
def test_a_title_is_the_issues_only_as_a_whole(title: str, is_it: bool) -> None:
    assert is_exactly_titled(WANTED, title) is is_it


def test_html_gives_its_links_and_its_text() -> None:
    markup = (
        '<p>Tom &amp; Ann<br>second <a href="https://a.example/?x=1&amp;y=2"><span>a</span></a></p><a>no</a>'
    )

    addresses, text = read_html(markup)

    assert addresses == ("https://a.example/?x=1&y=2",)
    assert text == "Tom & Ann\nsecond ano"
