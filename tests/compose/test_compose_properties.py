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
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crosspost.compose import Form, Target, compose
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
from crosspost.parse import parse_bytes
from crosspost.platforms import form_of, names

FORMS = {name: form_of(name) for name in names()}

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
    assert re.findall(r"https?://\S+", post.text) == []
    shown = [
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in post.fields["facets"]
    ]
    assert shown[0] == post.title
    assert post.fields["facets"][0]["features"][0]["uri"] == post.fields["card"]["uri"] == post.url
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
    assert post.text.startswith(post.title)
    assert len(post.text) <= 2000


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
    check(compose(digest(issue), Target(name, FORMS[name])), issue)


@given(issue=issues())
@settings(max_examples=25, deadline=None)
def test_no_grapheme_is_cut(issue: Issue) -> None:
    whole = {piece for text in _texts(issue) for piece in graphemes(text)}

    for name in ("mastodon", "x", "bluesky"):
        post = compose(digest(issue), Target(name, FORMS[name]))
        shown = {piece for piece in graphemes(post.text.replace(JOINER, "")) if not piece.isascii()}
        assert shown <= whole | set("•…“”‘’–")


@given(issue=issues(), limit=st.integers(60, 700))
@settings(max_examples=25, deadline=None)
def test_an_instance_with_its_own_limit_gets_a_post_that_fits(issue: Issue, limit: int) -> None:
    form = FORMS["mastodon"].with_limits({"max_characters": limit, "characters_reserved_per_url": 30})

    post = compose(digest(issue), Target("mastodon", form))

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


# ── the three parts that every post has ──────────────────────────────────────────────────────────────


ODD_TITLES = st.builds(
    lambda piece, times: (piece * times).strip() or "x",
    st.sampled_from(
        [
            "word ",
            "w",
            "漢",
            "👨‍👩‍👧‍👦",
            "a.b.rs ",
            "@x ",
            "e\u0301",
            "[(",
            "*_",
            "https://a.example/b ",
            '"',
            "क्ष",
        ]
    ),
    st.integers(1, 400),
)


@given(titles=st.lists(ODD_TITLES, min_size=1, max_size=6), mean=st.none() | st.floats(-9, 9))
@example(titles=["[("], mean=None)
@settings(max_examples=40, deadline=None)
def test_no_title_however_odd_removes_one_of_the_three_parts(titles: list[str], mean: float | None) -> None:
    links = tuple(Link(title, f"https://example.org/{number}") for number, title in enumerate(titles))
    issue = Issue(
        number=665,
        title="This Week in Rust 665",
        date=date(2026, 8, 19),
        url="https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
        community=(Section("Official", links),),
        calls_for_participation=CallsForParticipation(
            (Project(titles[-1], titles[0], "https://example.org/t"),)
        ),
        performance=Performance(
            f"{titles[0]} regressed.",
            (),
            None,
            1,
            2,
            3,
            None,
            mean if mean is None else Means(all_primary=mean),
            None,
        ),
        crates_of_the_week=(Crate(titles[0], "", titles[-1]),),
    )
    for name, form in FORMS.items():
        post = compose(digest(issue), Target(name, form))
        shown = f"{post.text}{json.dumps(post.fields)}".lower()
        assert "compiler performance" in shown
        assert "for participation" in shown
        first = (post.text if name != "reddit" else post.text.removeprefix("* [")).splitlines()[0]
        assert len(first) > (0 if name == "reddit" else len("This Week in Rust 665: "))
        check(post, issue)


# ── every issue there is ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def archive(shared: Path) -> list[Issue]:
    paths = sorted((shared / "issues").glob("*.md"))
    assert len(paths) > 80
    return [parse_bytes(path.read_bytes(), path=path.name) for path in paths]


@pytest.mark.shared
@pytest.mark.parametrize("name", FORMS)
def test_every_issue_of_the_archive_fits_and_has_its_three_parts(archive: list[Issue], name: str) -> None:
    for issue in archive:
        post = compose(digest(issue), Target(name, FORMS[name]))
        shown = f"{post.text}{json.dumps(post.fields, ensure_ascii=False)}"
        calls = issue.calls_for_participation

        check(post, issue)
        told = issue.performance is not None and not issue.performance.stale
        assert ("ompiler performance" in shown) is told, issue.number
        if any(not task.for_speakers for task in calls.projects):
            assert re.search(r"calls? for participation", shown, re.IGNORECASE), issue.number
        if calls.events:
            assert re.search(r"calls? for papers|for participation, \d+ for papers", shown, re.IGNORECASE), (
                issue.number
            )


NEWS = re.compile(r"announcing rust(up)? \d|advisor|cve-\d{4}|malicious", re.IGNORECASE)


@pytest.mark.shared
@pytest.mark.parametrize("name", FORMS)
def test_each_release_and_advisory_is_among_the_first_items(archive: list[Issue], name: str) -> None:
    seen = 0
    for issue in archive:
        official = [link for part in issue.community if part.heading == "Official" for link in part.links]
        news = [link.title.split(" | ")[0] for link in official if NEWS.search(link.title)]
        for title in news:
            items = _items(compose(digest(issue), Target(name, FORMS[name])))[: max(2, len(news))]
            assert any(_plain_text(title)[:30] in item for item in items), (issue.number, title)
            seen += 1
    assert seen > 15


@pytest.mark.shared
@pytest.mark.parametrize(("name", "least"), [("x", 2), ("bluesky", 3), ("mastodon", 3)])
def test_nearly_every_issue_has_further_links(archive: list[Issue], name: str, least: int) -> None:
    few = [
        issue.number
        for issue in archive
        if compose(digest(issue), Target(name, FORMS[name])).text.count("\n• ") < least
    ]
    assert len(few) <= len(archive) * 0.05, few


@pytest.mark.shared
def test_no_two_platforms_contradict_each_other_about_performance(archive: list[Issue]) -> None:
    for issue in archive:
        said = [
            f"{post.text}{post.fields}"
            for post in (compose(digest(issue), Target(name, FORMS[name])) for name in FORMS)
        ]
        numbers = {
            found for text in said for found in re.findall(r"[\d.]+% (?:fewer|more) instructions", text)
        }
        assert len(numbers) <= 1, issue.number
        if numbers:
            assert all(next(iter(numbers)) in text for text in said), issue.number


def _items(post: Post) -> list[str]:
    """The headlines in the order of a reader, without their marks; the first line's is the first."""
    text = post.text
    if post.platform == "discord":
        text = post.fields["embeds"][0]["description"]
    lines = [line for line in text.splitlines() if line.startswith(("• ", "* ", post.title))]
    return [_plain_text(line) for line in lines]


def _plain_text(text: str) -> str:
    bare = re.sub(r"\]\(https?://[^)]*\)|[\\\u2060]|^[•*] \[?", "", text)
    return bare.split(": ", 1)[1] if re.match(r"This Week in Rust \d+: ", bare) else bare


def test_a_platform_that_brings_only_a_form_gets_plain_text() -> None:
    form = Form(
        "elsewhere",
        80,
        template="{{ title }}\n{{ url }}\n\n{% for link in top %}\n{{ link.title }}\n{% endfor %}\n",
    )
    issue = Issue(
        7,
        "News 7",
        date(2026, 1, 1),
        "https://example.org/7",
        (Section("Any", (Link("A link", "https://example.org/x"),)),),
    )

    post = compose(digest(issue), Target("me", form))

    assert post.text == "News 7\nhttps://example.org/7\n\nA link"
    assert (post.platform, post.account, post.length) == ("elsewhere", "me", len(post.text))
