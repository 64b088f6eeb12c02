# ruff: noqa: E501 - titles are easier to read on one line
"""Which link is news: the classes of a title, and the order of an issue's links."""

from __future__ import annotations

from datetime import date

import pytest

from crosspost.compose.digest import digest
from crosspost.compose.ranking import DigestLink, LinkClass, classify
from crosspost.compose.text import without_site
from crosspost.config.schema import DigestConfig
from crosspost.model import Issue, Link, Section

BLOG = "https://blog.rust-lang.org/2026/08/13/post/"
INSIDE = "https://blog.rust-lang.org/inside-rust/2026/08/13/post/"
ELSEWHERE = "https://example.org/post"


def link(title: str, url: str = BLOG, section: str = "Official", *marks: str) -> DigestLink:
    return DigestLink(title, url, section, marks)


def kind(title: str, url: str = BLOG, section: str = "Official", *marks: str) -> LinkClass:
    return classify(link(title, url, section, *marks), DigestConfig())


@pytest.mark.parametrize(
    "title",
    [
        "Security advisory for the standard library (CVE-2022-21658)",
        "Security advisories for Cargo",
        "crates.io: Malicious crates faster_log and async_println",
        "crates.io phishing campaign",
        "Security Advisory: malicious crate rustdecimal",
        "Statement of the Security Response WG",
        "RUSTSEC-2026-0001 and what to do",
        "A backdoored crate was taken down",
    ],
)
def test_an_official_warning_is_an_advisory(title: str) -> None:
    assert kind(title) is LinkClass.ADVISORY


@pytest.mark.parametrize(
    "title",
    ["Announcing Rust 1.97.1", "Announcing Rust 1.85.0 and Rust 2024", "Announcing rustup 1.29.0", "Rust 1.99.0 is out",
     "The 2024 edition is stable", "Announcing Rustup 1.25.0", "Released: Rust 1.99.0", "Rust 1.99 released", "Rustup 1.30.0"],
)  # fmt: skip
def test_a_release_or_an_edition_is_a_release(title: str) -> None:
    assert kind(title) is LinkClass.RELEASE


@pytest.mark.parametrize(
    "title",
    ["Launching the 2026 State of Rust Survey", "Call for testing: the new solver", "A Call for Proposals for the Rust 2024 Edition",
     "Rustup 1.29.0 beta: Call for Testing!", "Rust 2021 public testing period", "The Rust Vision Doc needs you: tell us",
     "Please submit 2026 Project goal proposals"],
)  # fmt: skip
def test_what_readers_are_asked_to_do_is_a_call(title: str) -> None:
    assert kind(title) is LinkClass.CALL


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("The many journeys of learning Rust", BLOG),
        ("2025 State of Rust Survey Results", BLOG),
        ("Changes to u128/i128 layout in 1.77 and 1.78", BLOG),
        ("docs.rs: changed default targets", BLOG),
        ("The Foundation has an advisory board", BLOG),
        ("Rust 1.99.0 pre-release testing", BLOG),
        ("Announcing Cargo 1.99", BLOG),
    ],
)
def test_any_other_post_of_the_blog_is_official(title: str, url: str) -> None:
    assert kind(title, url) is LinkClass.OFFICIAL


def test_inside_rust_and_the_foundation_come_after_the_blog() -> None:
    assert kind("How we work across repositories", INSIDE) is LinkClass.INSIDE
    assert kind("A grant for a new standard", ELSEWHERE, "Foundation") is LinkClass.INSIDE
    assert (
        kind("A grant for a new standard", "https://www.rustfoundation.org/media/x", "Miscellaneous")
        is LinkClass.INSIDE
    )


@pytest.mark.parametrize(
    "title",
    ["rust-analyzer Changelog #240", "This month in our test suite", "December 2025 Project Director Update",
     "Leadership Council update — March 2026", "Q3 2023 Recap from Rebecca Rumbul", "Member Spotlight: KDAB",
     "This Development-cycle in Cargo: 1.90", "Building a database, part 3", "The Embedded Rustacean Issue #78",
     "Infrastructure Team 2025 Q4 Recap and Q1 2026 Plan", "Rust Jobs in Berlin", "CTCFT 2022-05-16 Agenda"],
)  # fmt: skip
def test_what_comes_by_the_calendar_is_routine_wherever_it_stands(title: str) -> None:
    assert kind(title) is LinkClass.ROUTINE
    assert kind(title, ELSEWHERE, "Miscellaneous") is LinkClass.ROUTINE


def test_the_communitys_words_are_news_only_where_a_vulnerability_has_a_number() -> None:
    assert kind("CVE-2021-29922 in the standard library", ELSEWHERE, "Research") is LinkClass.WARNING
    assert kind("Announcing Rust 1.97.1: a review", ELSEWHERE, "Miscellaneous") is LinkClass.COMMUNITY
    assert kind("A survey of all GUI libraries", ELSEWHERE, "Observations/Thoughts") is LinkClass.COMMUNITY


def test_another_language_and_a_bare_name_stand_aside() -> None:
    assert kind("Die Ausleihe, ganz kurz erklärt", ELSEWHERE, "Miscellaneous", "DE") is LinkClass.MINOR
    assert kind("[ZH] The first draft of a guideline", ELSEWHERE, "Miscellaneous") is LinkClass.MINOR
    assert kind("Rust からの手紙です", ELSEWHERE, "Miscellaneous") is LinkClass.MINOR
    assert kind("Wgpu", ELSEWHERE, "Miscellaneous") is LinkClass.MINOR
    assert kind("Bevy 0.18", ELSEWHERE, "Miscellaneous") is LinkClass.COMMUNITY


def test_a_bare_name_is_judged_by_its_address_too() -> None:
    assert (
        kind("Rust Foundation", "https://foundation.rust-lang.org/posts/member-spotlight-1password/")
        is LinkClass.ROUTINE
    )


def test_the_words_are_the_configurations() -> None:
    own = DigestConfig(official=("Announcements",), releases=(r"gazette \d+",))

    assert classify(link("The gazette 7 is out", ELSEWHERE, "Announcements"), own) is LinkClass.RELEASE
    assert classify(link("Announcing Rust 1.97.1", BLOG, "Official"), own) is LinkClass.COMMUNITY


def test_a_release_of_rust_stands_before_one_of_a_tool_beside_it() -> None:
    official = ("Announcing rustup 1.30.0", "Announcing Rust 1.99.1", "Security advisory for Cargo")
    community = (Section("Official", tuple(Link(title, f"{BLOG}{title[-3:]}") for title in official)),)
    news = digest(Issue(7, "Gazette 7", date(2026, 1, 1), ELSEWHERE, community))

    assert [each.title for each in news.top] == [official[2], official[1], official[0]]


def test_news_stand_in_their_order_and_the_community_takes_turns() -> None:
    community = (
        Section("Official", tuple(Link(title, f"{BLOG}{number}") for number, title in enumerate(
            ["July 2026 Council Update", "A plain post of the blog", "Announcing Rust 1.97.1", "Security advisory for Cargo",
             "Launching a survey"]))),
        Section("Research", (Link("A paper on ownership", f"{ELSEWHERE}/1"), Link("A paper on borrowing", f"{ELSEWHERE}/2"))),
        Section("Miscellaneous", (Link("Notes on a talk", f"{ELSEWHERE}/3"), Link("Wgpu", f"{ELSEWHERE}/4"))),
    )  # fmt: skip
    news = digest(Issue(7, "Gazette 7", date(2026, 1, 1), ELSEWHERE, community), DigestConfig(links=9))

    assert [(each.title, each.urgent) for each in news.top] == [
        ("Security advisory for Cargo", True),
        ("Announcing Rust 1.97.1", True),
        ("Launching a survey", False),
        ("A plain post of the blog", False),
        ("A paper on ownership", False),
        ("Notes on a talk", False),
        ("A paper on borrowing", False),
        ("Wgpu", False),
        ("July 2026 Council Update", False),
    ]


@pytest.mark.parametrize(
    ("title", "url", "shown"),
    [
        ("Announcing Rust 1.96.1 | Rust Blog", BLOG, "Announcing Rust 1.96.1"),
        ("June 2025 Update | Inside Rust Blog", INSIDE, "June 2025 Update"),
        ("Why Rust is fast - Jane's Blog", "https://jane.example/rust", "Why Rust is fast"),
        (
            "Serverless with Rust today - Shuttle",
            "https://www.shuttle.dev/blog/x",
            "Serverless with Rust today",
        ),
        ("A Rust talk to watch - YouTube", "https://youtu.be/x", "A Rust talk to watch"),
        ("A symmetry in Rust — Journal, by Ann Example", "https://v5.annexample.com/x", "A symmetry in Rust"),
        ("Blog: Launching the survey of 2026", BLOG, "Launching the survey of 2026"),
        (
            "Errors in projects - A Deep Dive into GreptimeDB's Practices",
            "https://greptime.com/x",
            "Errors in projects - A Deep Dive into GreptimeDB's Practices",
        ),
        ("Rust and Go - a comparison", "https://example.org/x", "Rust and Go - a comparison"),
        ("Release 0.31 - Fyrox", "https://fyrox.rs/blog", "Release 0.31 - Fyrox"),
        ("ratatui - v0.27.0", "https://ratatui.rs/highlights", "ratatui - v0.27.0"),
        ("| Rust Blog", BLOG, "| Rust Blog"),
    ],
)
def test_a_suffix_that_only_names_the_site_is_cut(title: str, url: str, shown: str) -> None:
    assert without_site(title, url) == shown
