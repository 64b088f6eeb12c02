"""Any issue on any platform: it fits by an independent count, keeps its link, and cuts no grapheme and no address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost.compose import Form, Voice, compose
from crosspost.compose.counting.addresses import addresses
from crosspost.compose.digest import digest
from crosspost.compose.safety import JOINER
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
from crosspost.platforms import load, names

FORMS = {name: load(name).FORM for name in names()}

# ── an independent count ─────────────────────────────────────────────────────────────────────────────


def graphemes(text: str) -> list[str]:
    found: list[str] = regex.findall(r"\X", text)
    return found


def mastodon_length(text: str) -> int:
    return len(graphemes(re.sub(r"https?://\S+", "x" * 23, text)))


def x_length(text: str) -> int:
    """twitter-text's weights, for texts whose only address begins with https."""
    total = 0
    for piece in graphemes(re.sub(r"https://\S+", "x" * 23, text)):
        if regex.search(r"\p{Extended_Pictographic}|\p{RI}|\u20e3", piece):
            total += 2
        else:
            total += sum(1 if _is_light(ord(character)) else 2 for character in piece)
    return total


def _is_light(point: int) -> bool:
    return point <= 4351 or 8192 <= point <= 8205 or 8208 <= point <= 8223 or 8242 <= point <= 8247


def check(post: Post, issue: Issue) -> None:
    CHECKS[post.platform](post)
    assert post.title == issue.title
    assert post.url == issue.url
    assert post.length <= post.limit
    assert len(set(post.dropped)) <= len(post.dropped)


def check_mastodon(post: Post) -> None:
    assert mastodon_length(post.text) == post.length <= 500
    assert re.findall(r"https?://\S+", post.text) == [post.url]


def check_x(post: Post) -> None:
    assert x_length(post.text) == post.length <= 280
    assert [address.text for address in addresses(post.text)] == [post.url]


def check_bluesky(post: Post) -> None:
    assert len(graphemes(post.text)) == post.length <= 300
    raw = post.text.encode()
    assert len(raw) <= 3000
    assert re.findall(r"https?://\S+", post.text) == [post.url]
    shown = [
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in post.fields["facets"]
    ]
    assert shown[0] == post.url
    assert all(part.startswith("#") for part in shown[1:])


def check_reddit(post: Post) -> None:
    assert len(post.text) == post.length <= 40_000
    assert f"]({post.url})" in post.text


def check_discord(post: Post) -> None:
    (embed,) = post.fields["embeds"]
    fields = embed.get("fields", [])
    texts = [embed["title"], embed.get("description", ""), embed["footer"]["text"]]
    assert (
        sum(map(len, texts)) + sum(len(field["name"]) + len(field["value"]) for field in fields)
        == post.length
    )
    assert embed["url"] == post.url
    assert 1 <= len(embed["title"]) <= 256
    assert len(embed.get("description", "")) <= 4096
    assert len(fields) <= 25
    for field in fields:
        assert 1 <= len(field["name"]) <= 256
        assert 1 <= len(field["value"]) <= 1024
    assert post.text == ""


CHECKS = {
    "mastodon": check_mastodon,
    "x": check_x,
    "bluesky": check_bluesky,
    "reddit": check_reddit,
    "discord": check_discord,
}

# ── any issue ────────────────────────────────────────────────────────────────────────────────────────

WORDS = st.lists(
    st.one_of(
        st.sampled_from(["Rust", "the", "borrow", "checker", "crates.io", "main.rs", "@everyone", "#tag", "[x](y)",
                         "https://evil.example/a", "`code`", "🦀", "👨‍👩‍👧‍👦", "🇨🇭", "हिन्दी", "日本語", "e\u0301",
                         "\u202e", "\u200b"]),
        st.text("abcdefgh", min_size=1, max_size=30),
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip
TITLES = WORDS.map(" ".join) | WORDS.map("".join)
ADDRESSES = st.sampled_from(
    ["https://example.org/a", "https://example.org/b_(c)", "javascript:x", "", "crates.io/x"]
) | (st.integers(0, 99).map(lambda number: f"https://example.com/{number}"))
LINKS = st.builds(
    Link, TITLES, ADDRESSES, st.lists(st.sampled_from(["video", "DE", "series"]), max_size=2).map(tuple)
)
NUMBERS = st.none() | st.integers(0, 2000)


def issues() -> st.SearchStrategy[Issue]:
    performance = st.builds(
        Performance, st.none() | TITLES, st.just(()), st.none(), NUMBERS, NUMBERS, NUMBERS, NUMBERS,
        st.none() | st.builds(Means, all_primary=st.none() | st.floats(-99, 99)), st.none() | ADDRESSES,
    )  # fmt: skip
    calls = st.builds(
        CallsForParticipation,
        st.lists(st.builds(Project, st.none() | TITLES, TITLES, ADDRESSES), max_size=6).map(tuple),
        st.lists(st.builds(SpeakerCall, TITLES, ADDRESSES), max_size=3).map(tuple),
    )
    return st.builds(
        Issue,
        number=st.just(665),
        title=st.just("This Week in Rust 665"),
        date=st.just(date(2026, 8, 19)),
        url=st.just("https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"),
        community=st.lists(
            st.builds(Section, TITLES, st.lists(LINKS, max_size=4).map(tuple)), max_size=5
        ).map(tuple),
        crates_of_the_week=st.lists(st.builds(Crate, TITLES, ADDRESSES), max_size=2).map(tuple),
        calls_for_participation=calls,
        pull_requests_merged=NUMBERS,
        performance=st.none() | performance,
        rfcs=st.builds(Rfcs, st.lists(LINKS, max_size=3).map(tuple)),
        quote_of_the_week=st.none() | st.builds(Quote, TITLES, st.none() | TITLES, st.none()),
    )


@pytest.mark.parametrize("name", FORMS)
@given(issue=issues())
@settings(max_examples=25, deadline=None)
def test_any_issue_fits_on_any_platform_and_keeps_its_link(name: str, issue: Issue) -> None:
    check(compose(digest(issue), FORMS[name], Voice(name)), issue)


@given(issue=issues())
@settings(max_examples=25, deadline=None)
def test_no_grapheme_is_cut(issue: Issue) -> None:
    whole = {piece for text in _texts(issue) for piece in graphemes(text)}

    for name in ("mastodon", "x", "bluesky"):
        post = compose(digest(issue), FORMS[name], Voice(name))
        shown = {piece for piece in graphemes(post.text.replace(JOINER, "")) if not piece.isascii()}
        assert shown <= whole | set("•…“”–")


@given(issue=issues(), limit=st.integers(60, 700))
@settings(max_examples=25, deadline=None)
def test_an_instance_with_its_own_limit_gets_a_post_that_fits(issue: Issue, limit: int) -> None:
    form = FORMS["mastodon"].with_limits({"max_characters": limit, "characters_reserved_per_url": 30})

    post = compose(digest(issue), form, Voice("mastodon"))

    assert post.limit == limit
    assert len(graphemes(re.sub(r"https?://\S+", "x" * 30, post.text))) <= limit
    assert post.url in post.text


def _texts(issue: Issue) -> Iterator[str]:
    """Every text of the issue without what nobody sees, in NFC."""
    import unicodedata

    for text in json.dumps(_plain(issue), ensure_ascii=False).split('"'):
        yield unicodedata.normalize("NFC", re.sub(r"[\u202e\u200b]", "", text))


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return [_plain(getattr(value, name)) for name in value.__dataclass_fields__]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str) else None


# ── every issue there is ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.shared
@pytest.mark.parametrize("name", FORMS)
def test_every_issue_of_the_archive_fits_and_keeps_its_link(shared: Path, name: str) -> None:
    paths = sorted((shared / "issues/expected").glob("*.json"))
    assert paths
    for path in paths:
        issue = _archived(json.loads(path.read_text(encoding="utf-8")))
        check(compose(digest(issue), FORMS[name], Voice(name)), issue)


def _archived(known: dict[str, Any]) -> Issue:
    def link(entry: dict[str, Any]) -> Link:
        return Link(entry["title"], entry["url"] or "", tuple(entry.get("tags") or ()))

    calls, report, quote = known["calls_for_participation"], known["performance"], known["quote_of_the_week"]
    return Issue(
        number=known["number"],
        title=known["title"],
        date=date.fromisoformat(known["date"]),
        url=known["url"],
        community=tuple(
            Section(part["heading"], tuple(map(link, part["links"]))) for part in known["community"]
        ),
        crates_of_the_week=tuple(Crate(crate["name"], crate["url"]) for crate in known["crates_of_the_week"]),
        calls_for_participation=CallsForParticipation(
            tuple(Project(task["project"], task["title"], task["url"] or "") for task in calls["projects"]),
            tuple(SpeakerCall(event["name"], event["url"] or "") for event in calls["events"]),
        ),
        pull_requests_merged=known["pull_requests_merged"],
        performance=None
        if report is None
        else Performance(
            headline=report["headline"],
            triagers=tuple(report["triagers"]),
            revision_range=None,
            regressions=report["regressions"],
            improvements=report["improvements"],
            mixed=report["mixed"],
            comparisons=report["comparisons"],
            means=Means(**report["means"]) if report["means"] else None,
            report_url=report["report_url"],
        ),
        rfcs=Rfcs(tuple(map(link, known["rfcs"]["approved"]))),
        quote_of_the_week=Quote(quote["text"], quote["author"], quote["author_url"]) if quote else None,
    )


def test_a_platform_that_brings_only_a_form_gets_plain_text() -> None:
    form = Form(
        "elsewhere",
        80,
        wording="{{ title }}\n{{ url }}\n\n{% for link in top %}\n{{ link.title }}\n{% endfor %}\n",
    )
    issue = Issue(
        7,
        "News 7",
        date(2026, 1, 1),
        "https://example.org/7",
        (Section("Any", (Link("A link", "https://example.org/x"),)),),
    )

    post = compose(digest(issue), form, Voice("me"))

    assert post.text == "News 7\nhttps://example.org/7\n\nA link"
    assert (post.platform, post.account, post.length) == ("elsewhere", "me", len(post.text))
