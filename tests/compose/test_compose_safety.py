"""What strangers write has no effect on any platform, and what is clean comes through as it is.

The judges are not our own: CommonMark for the two that speak Markdown, twitter-text's rules for X, and each
server's own expressions for mentions, hashtags and custom emoji, written down again here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crosspost.compose.counting.addresses import addresses
from crosspost.compose.safety import JOINER, without_schemes
from crosspost.compose.text import clean, web_address
from crosspost.platforms.discord.form import on_discord
from crosspost.platforms.mastodon.form import on_mastodon
from crosspost.platforms.reddit.form import on_reddit
from crosspost.platforms.x.form import on_x

CLEAN = [
    "Announcing Rust 1.90.0",
    "fearless_simd v0.7: 64-bit integers, improved generics, SSE2, and upcoming v1.0",
    "C++ & Rust: friends? Why not!",
    "Rust’s “safe” story – 2 * 3 = 6, 100% (really)",
    "Générer du code à l’exécution",
    "用 Rust 写操作系统",
    "الأنواع في رست",
    "हिन्दी में रस्ट",
    "Ferris 🦀 and family 👨‍👩‍👧‍👦 at the 🇨🇭 meet-up 👍🏽",
    "impl Trait for T where T: ?Sized + Send",
    "A | B, a/b, a+b=c; it's 5 > 3 and 3 < 5, ~10 ms, $5",
    "Issue #1234 is fixed in F# and C#",
    "me@example.org wrote 1st_class and x_1",
    "-Zincremental-verify-ich, then --release",
]

HOSTILE = [
    "@everyone @here read this",
    "@rustlang and @alice@example.com",
    "(@tiif) @utoo/pack ＠someone",
    "#hacktoberfest ＃tag (#tag) #1rust",
    "$TSLA to the moon",
    "`code` and ``more``",
    "a] (b)](https://evil.example/) [c",
    "[click](https://evil.example/)",
    "![image](https://evil.example/x.png)",
    "[[double]] ]]][[[",
    "<https://evil.example/> <script>alert(1)</script> <b>",
    "<@123456789012345678> <#123> <:x:123> <a:x:1> <t:0:R> </cmd:1> <id:browse> <@&1>",
    "*bold* **bold** _it_ __under__ ~~gone~~ ||spoiler|| >!spoiler!<",
    "# heading",
    "> quote",
    ">>> quote",
    "- item",
    "-# small",
    "1. item",
    "1) item",
    "+ item",
    "---",
    "***",
    "``` rust",
    "^superscript ^(all of it)",
    "u/spez and /u/spez in r/rust or /r/rust",
    ":crab: and ::crab:: std::mem::swap :+1:",
    "&lt;b&gt; &#60; &amp; &nbsp;",
    "back\\slash \\[ \\",
    "https://evil.example/x and HTTP://EVIL.EXAMPLE www.evil.example",
    "hthttps://tps://evil.example",
    "gemini://evil.example ipfs://evil.example ftp://evil.example",
    "javascript:alert(1) data:text/html,x",
    "docs.rs/serde crates.io main.rs foo.py x.com/a?b=c",
    "日本crates.io и пример.рф",
    "a\u202eb\u200bc\u0000d\ne\u2066f\u2069 \u00ad\ufeff",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324 algo",
]

PIECES = [*"[]()<>*_`~|\\#@:!^&$.- aB1", "https://", "www.", "u/", "\u200b", "é", "🦀", "crates.io"]
ANY = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.text(max_size=20),
)


@pytest.mark.parametrize("title", CLEAN)
@pytest.mark.parametrize("escape", [without_schemes, on_mastodon, on_x, on_reddit, on_discord])
def test_a_clean_title_comes_through_unchanged(escape: object, title: str) -> None:
    assert callable(escape)
    assert escape(clean(title)) == title


# ── everywhere ───────────────────────────────────────────────────────────────────────────────────────


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_nothing_invisible_is_left_and_nothing_turns_the_line(title: str) -> None:
    plain = clean(title)

    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u061c]", plain
    )
    assert plain == clean(plain)
    assert "\n" not in plain


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a_(b)", "https://example.org/a_%28b%29"),
        ("HTTPS://example.org/", "HTTPS://example.org/"),
        (" https://example.org/ ", "https://example.org/"),
        ("https://example.org/?q=1&r=[2]#x", "https://example.org/?q=1&r=%5B2%5D#x"),
        ("https://пример.рф/путь", "https://пример.рф/путь"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("data:text/html,x", None),
        ("crates.io/crates/x", None),
        ("//example.org/", None),
        ("https://user:secret@example.org/", None),
        ("https://example.org@evil.example/", None),
        ("https://localhost/", None),
        ("https://", None),
        ("https://exa mple.org/", None),
        ("https://example.org/\u202e", None),
        ("https://example.org\\@evil.example/", None),
        ("https://example.org:port/", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_only_a_plain_address_of_the_web_is_an_address(url: str, safe: str | None) -> None:
    assert web_address(url) == safe


# ── Mastodon ─────────────────────────────────────────────────────────────────────────────────────────

MENTION = re.compile(r"(?<![=/\w])@[a-z0-9_]+", re.IGNORECASE)
HASHTAG = re.compile(r"(?<![=/)\w])[#＃]\w*[^\W\d]\w*")
SHORTCODE = re.compile(r"(?<![A-Za-z0-9:]):\w{2,}:(?![A-Za-z0-9:])", re.ASCII)
LINK = re.compile(r"(?:https?|ftp|gemini|ipfs)://\S", re.IGNORECASE)


@given(ANY)
@example("Dare to ask for more #rust2024")
@settings(max_examples=200, deadline=None)
def test_on_mastodon_a_title_mentions_tags_and_links_nothing(title: str) -> None:
    shown = on_mastodon(clean(title))

    for effect in (MENTION, HASHTAG, SHORTCODE, LINK):
        assert not effect.search(shown)
    assert _reads_as(clean(title), shown)


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_on_bluesky_a_title_has_no_address(title: str) -> None:
    shown = without_schemes(clean(title))

    assert not LINK.search(shown)
    assert _reads_as(clean(title), shown)


# ── X ────────────────────────────────────────────────────────────────────────────────────────────────


@given(ANY)
@example("crates.io: development update by @alice #rust $TSLA")
@settings(max_examples=200, deadline=None)
def test_on_x_a_title_mentions_tags_and_links_nothing(title: str) -> None:
    shown = on_x(clean(title))

    assert addresses(shown) == []
    assert not re.search(r"(?<![A-Za-z0-9_!#$%&*@＠])[@＠][A-Za-z0-9_]", shown)
    assert not re.search(r"(?<![\w&])[#＃]\w*[^\W\d]", shown)
    assert not re.search(r"(?:^|\s)\$[A-Za-z]{1,6}\b", shown)
    assert _reads_as(clean(title), shown)


def test_a_name_with_a_dot_still_reads_as_it_did() -> None:
    assert on_x("on crates.io, in main.rs").replace(JOINER, "") == "on crates.io, in main.rs"


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────

COMMONMARK = MarkdownIt("commonmark").enable("strikethrough")
WITHOUT_HTML = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_on_reddit_a_title_is_nothing_but_text(title: str) -> None:
    shown = on_reddit(clean(title) or "x")

    assert _reads_as(clean(title) or "x", "".join(_texts(f"x {shown}"))[2:].strip())
    assert list(_kinds(f"[{shown}](https://example.org/)")) == ["link_open", "text", "link_close"]
    assert not re.search(r"(?<![\w/])/?[ur]/\w", shown)
    assert not re.search(r"\^\S|>!", re.sub(r"\\[^\w\s]", "\0", shown))


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_on_discord_a_title_is_nothing_but_text(title: str) -> None:
    shown = on_discord(clean(title) or "x")
    bare = re.sub(r"\\[^\w\s]", "\0", shown)

    assert not re.search(r"@(everyone|here)", shown, re.IGNORECASE)
    assert not re.search(r"<(@|#|:|a:|t:|id:|/)", shown)
    assert not re.search(r":[A-Za-z0-9_+-]{2,}:", bare)
    assert not re.search(r"\|\||~~|`|\*\S|\S\*", bare)
    assert list(_kinds(f"[{shown}](https://example.org/)", WITHOUT_HTML)) == [
        "link_open",
        "text",
        "link_close",
    ]


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_on_discord_a_label_ends_where_ours_ends(title: str) -> None:
    """Discord's own expression for a link, which looks for the end before it looks at backslashes."""
    shown = on_discord(clean(title)) or "x"
    inside = r"(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*"
    match = re.match(
        rf"^\[({inside})\]\(\s*<?((?:[^\s\\]|\\.)*?)>?\s*\)", f"[{shown}](https://example.org/) after"
    )

    assert match
    assert (match[1], match[2]) == (shown, "https://example.org/")


def test_an_odd_bracket_becomes_a_round_one_on_discord() -> None:
    assert on_discord("ranges [0, 1) and so on") == "ranges (0, 1) and so on"
    assert on_discord("[BUG]: it fails") == "\\[BUG\\]: it fails"


def _texts(markdown: str) -> Iterator[str]:
    for token in COMMONMARK.parseInline(markdown)[0].children or ():
        yield token.content if token.type in ("text", "text_special") else f"<{token.type}>"


def _kinds(markdown: str, parser: MarkdownIt = COMMONMARK) -> Iterator[str]:
    before = ""
    for token in parser.parseInline(markdown)[0].children or ():
        kind = "text" if token.type in ("text", "text_special") else token.type
        if not (kind == "text" and (before == "text" or not token.content)):
            yield kind
        before = kind


def _reads_as(title: str, shown: str) -> bool:
    """Whether a reader sees the same words: joiners are invisible, and an address may lose its scheme."""

    def seen(text: str) -> str:
        while re.search(r"https?://(?=\S)", text, re.IGNORECASE):
            text = re.sub(r"https?://(?=\S)", "", text, flags=re.IGNORECASE)
        return text.replace(JOINER, "")

    return seen(shown) == seen(title)
