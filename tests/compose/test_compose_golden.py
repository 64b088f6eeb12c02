# ruff: noqa: E501 - samples are easier to read with a title on one line
"""The words: what each platform gets for twelve issues. A change of wording is a visible diff.

ISSUE.txt in tests/compose/golden has the posts as people read them, ISSUE.json the fields that a program reads.

To refresh them after a change that is meant:

    UPDATE_GOLDEN=1 pytest tests/compose/test_compose_golden.py
    git diff tests/compose/golden
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crosspost.compose import Target, compose
from crosspost.compose.digest import digest
from crosspost.model import (
    CallsForParticipation,
    Crate,
    Issue,
    Link,
    Means,
    Performance,
    Post,
    Project,
    Quote,
    Rfcs,
    Section,
    SpeakerCall,
)
from crosspost.platforms import form_of, names

GOLDEN = Path(__file__).with_name("golden")


def links(*titles: str, tags: tuple[str, ...] = ()) -> tuple[Link, ...]:
    return tuple(Link(title, f"https://example.org/{abs(hash_of(title)):x}", tags) for title in titles)


def hash_of(text: str) -> int:
    """A number that is the same in every run, unlike hash()."""
    return int.from_bytes(text.encode()[-6:], "big") + len(text)


def tasks(project: str | None, *titles: str) -> tuple[Project, ...]:
    named = ((title, f"{project} - {title}" if project else title) for title in titles)
    return tuple(
        Project(project, title, f"https://forge.example/{hash_of(short):x}") for short, title in named
    )


def triage(
    headline: str | None = None, mean: float | None = None, counts: tuple[int, int, int] | None = (3, 5, 2)
) -> Performance:
    regressions, improvements, mixed = counts or (None, None, None)
    return Performance(
        headline=headline,
        triagers=("octavia",),
        revision_range=None,
        regressions=regressions,
        improvements=improvements,
        mixed=mixed,
        comparisons=40,
        means=None if mean is None else Means(all_primary=mean),
        report_url="https://forge.example/perf/triage/2026-09-01.md",
    )


def issue(number: int, **parts: object) -> Issue:
    url = f"https://this-week-in-rust.org/blog/2026/09/02/this-week-in-rust-{number}/"
    return Issue(number, f"This Week in Rust {number}", date(2026, 9, 2), url, **parts)  # type: ignore[arg-type]  # as named


ISSUES = {
    "rich": issue(
        901,
        community=(
            Section("Newsletters", links("The Embedded Rustacean Issue #78")),
            Section("Project/Tooling Updates", links("axum 0.9 released", "What is new in gitoxide", "Zed gains a debugger")),
            Section("Official", links("Announcing Rust 1.99.0", "Cargo in 2027: the plan")),
            Section("Observations/Thoughts", links("Why I still write my own allocator", "The borrow checker as a colleague")),
            Section("Rust Walkthroughs", links("Parsing a binary format by hand", "A first kernel module")),
            Section("Miscellaneous", links("RustConf 2026: all the talks", tags=("video",))),
        ),
        crates_of_the_week=(Crate("tinystr", "https://crates.io/crates/tinystr"),),
        calls_for_participation=CallsForParticipation(
            tasks("Diesel", "Document the derives") + tasks("ripgrep", "Colour themes", "A flag for headings"),
            (SpeakerCall("RustWeek 2027", "https://rustweek.example/cfp"),),
        ),
        pull_requests_merged=512,
        performance=triage("A good week.", mean=-0.7),
        rfcs=Rfcs(approved=links("RFC: Named arguments, at last")),
        events={"Europe": 21, "Virtual": 12},
        quote_of_the_week=Quote("It compiles, so I went home.", "a reader on users.rust-lang.org", None),
    ),
    "poor": issue(902, community=(Section("Miscellaneous", links("Notes from a quiet week")),)),
    "empty": issue(903),
    "no-triage": issue(
        904,
        community=(Section("Official", links("This month in our test suite")), Section("Research", links("Ownership types revisited"))),
        crates_of_the_week=(Crate("sd-notify", ""),),
        pull_requests_merged=1,
    ),
    "two-crates": issue(
        905,
        community=(Section("Rust Walkthroughs", links("Two ways to pin", "One way to unpin")),),
        crates_of_the_week=(Crate("pin-utils", "https://docs.rs/pin-utils"), Crate("unpin", "https://docs.rs/unpin")),
        performance=triage(mean=0.04, counts=(0, 0, 7)),
        pull_requests_merged=402,
    ),
    "forty-calls": issue(
        906,
        community=(Section("Project/Tooling Updates", links("Servo this month")),),
        calls_for_participation=CallsForParticipation(
            tasks("Servo", *(f"Implement property {number}" for number in range(18)))
            + tasks("Ockam", *(f"Improve command {number}" for number in range(12)))
            + tasks("Hyperswitch", *(f"[BUG]: connector {number} fails" for number in range(6)))
            + tasks("nmea", "Support more sentences")
            + tasks("cargo-generate", "Check templates")
            + tasks(None, "A survey for embedded developers", "Help with the website")
        ),
        pull_requests_merged=377,
        performance=triage("Only noise this week, i.e. nothing changed (see PR #1). More next time."),
    ),
    "long-titles": issue(
        907,
        community=(
            Section("Official", links("On the road towards a stable and well-documented interface between the compiler and "
                                      "all of the tools that have come to depend on its internal representation")),
            Section("Observations/Thoughts", links("What forty people who maintain libraries for embedded systems told me about "
                                                   "panics, unwinding, and the price of a message that nobody will ever read")),
            Section("Research", links("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")),
        ),
        crates_of_the_week=(Crate("a-crate-whose-name-is-rather-long-for-a-crate", "https://docs.rs/x"),),
        performance=triage("A week in which several large changes landed at once, which makes it hard to say which of them "
                           "moved which benchmark, though by and large the compiler became a little faster for everyone."),
        pull_requests_merged=1024,
    ),
    "languages": issue(
        908,
        community=(
            Section("Official", links("Rust 社区调查结果公布", tags=("ZH",))),
            Section("Observations/Thoughts", links("Die Ausleihe, erklärt", tags=("video", "DE")) + links("Écrire un noyau en Rust", tags=("FR",))),
            Section("Rust Walkthroughs", (*links("מדריך לשפת ראסט", tags=("HE",)), *links("हिन्दी में रस्ट सीखें"))),
            Section("Miscellaneous", links("Rust からの手紙", tags=("JP", "series"))),
        ),
        crates_of_the_week=(Crate("unicode-segmentation", "https://crates.io/crates/unicode-segmentation"),),
        quote_of_the_week=Quote("„Erst denken, dann leihen.“", "eine Zuhörerin", None),
    ),
    "emoji": issue(
        909,
        community=(
            Section("Official", links("🎉 Ten years of Rust 🦀🦀🦀")),
            Section("Observations/Thoughts", links("👨‍👩‍👧‍👦 A family of traits", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Rust in Scotland 🇨🇭 and Switzerland", "#️⃣ Hashing in 2026 👍🏽")),
        ),
        crates_of_the_week=(Crate("emojis", "https://crates.io/crates/emojis"),),
        quote_of_the_week=Quote("❤️🦀❤️\nThank you, everyone.", "someone", None),
        pull_requests_merged=333,
    ),
    "release-and-advisory": issue(
        911,
        community=(
            Section("Official", links("September 2026 Project Director Update", "Announcing Rust 1.99.1 | Rust Blog", "A new home for docs.rs",
                                      "Security advisory for Cargo (CVE-2026-12345)", "Launching the 2026 State of Rust Survey")),
            Section("Foundation", links("Member Spotlight: Example Systems")),
            Section("Observations/Thoughts", links("Who reads the release notes?")),
            Section("Project/Tooling Updates", links("rust-analyzer Changelog #300", "Helix editor 27.01 released")),
        ),
        crates_of_the_week=(Crate("hiqlite", "https://crates.io/crates/hiqlite", "an embeddable SQLite database with Raft"),),
        calls_for_participation=CallsForParticipation(tasks("Servo", "Implement a property") + tasks(None, "Review the book")),
        pull_requests_merged=431,
        performance=triage("A busy week. A few large wins for incremental builds.", mean=-1.4),
        quote_of_the_week=Quote('"Is it safe?"  \n"It is Rust."', "two readers", None),
    ),
    "warned-of-the-number": issue(
        912,
        community=(Section("Observations/Thoughts", links("On measuring what matters", "A benchmark is a promise")),),
        crates_of_the_week=(Crate("criterion", "https://crates.io/crates/criterion", "statistics-driven benchmarks"),),
        pull_requests_merged=290,
        performance=triage("An interesting week. The results look like a large improvement, but nearly all of it is spurious. We will know more soon.", mean=-3.1),
    ),
    "hostile": issue(
        910,
        community=(
            Section("Official", links("@everyone look: ](https://evil.example) [free](javascript:alert(1))")),
            Section("Observations/Thoughts", links("crates.io, docs.rs/serde and main.rs: #hacktoberfest by @alice@example.com",
                                                   "<@1234> **bold** `code` :crab: ||secret|| $TSLA u/spez")),
            Section("Rust Walkthroughs", (*links("Turned \u202earound\u202c, hid\u200bden and\u0007 loud\u00ad"), Link("Run me", "javascript:alert(1)"), Link("No scheme", "crates.io/crates/x"), Link("", "https://example.org/none"))),
        ),
        crates_of_the_week=(Crate("[x](https://evil.example)", "javascript:alert(1)"),),
        quote_of_the_week=Quote("> @here\n# big\n* list", "u/spez <script>", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ISSUES)
def test_the_words_are_those_that_were_read_and_agreed_on(name: str) -> None:
    posts = [compose(digest(ISSUES[name]), Target(place, form_of(place))) for place in names()]
    fields = {post.platform: post.fields for post in posts if post.fields}
    shown = {
        GOLDEN / f"{name}.txt": "".join(map(_shown, posts)),
        GOLDEN / f"{name}.json": json.dumps(fields, indent=1, ensure_ascii=False) + "\n",
    }
    if os.environ.get("UPDATE_GOLDEN"):
        for golden, text in shown.items():
            golden.write_text(text, encoding="utf-8")

    assert shown == {golden: golden.read_text(encoding="utf-8") for golden in shown}


def _shown(post: Post) -> str:
    facts = f"{post.length} of {post.limit}; left out: {', '.join(post.dropped) or 'nothing'}"
    parts = (f"═══ {post.platform} ═══ {facts}", "\n\n".join(filter(None, (post.text, *_read(post.fields)))))
    return "\n".join(part for part in parts if part) + "\n\n"


def _read(fields: Mapping[str, Any]) -> Iterator[str]:
    """What people read of a post beside its text: Discord's embed."""
    for embed in fields.get("embeds", ()):
        yield embed["title"]
        yield from filter(None, [embed.get("description")])
        yield from (f"{field['name']}\n{field['value']}" for field in embed.get("fields", ()))
        yield from filter(None, [embed.get("footer", {}).get("text")])
