"""What people see before anything is sent is what will be sent."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from crosspost import pages
from crosspost.compose import Target, compose
from crosspost.compose.digest import digest
from crosspost.compose.post_text import pasteable_text
from crosspost.model import Crate, Image, Issue, Link, Post, Quote, Section
from crosspost.pages import preview
from crosspost.pages.post import post_html
from crosspost.platforms import brand, form_of, names

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) [y](ftp://evil.example/) \"' & @everyone"
ISSUE = Issue(
    665,
    "This Week in Rust 665",
    date(2026, 8, 19),
    "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
    community=(
        Section("Official", (Link("Announcing Rust 1.99.0", "https://blog.rust-lang.org/1.99.0"),)),
        Section("Research", (Link(HOSTILE, "https://example.org/hostile"),)),
    ),
    crates_of_the_week=(Crate("tinystr", "https://docs.rs/tinystr"),),
    quote_of_the_week=Quote(" ".join(["a rather long quote"] * 40), "someone", None),
)


def posts(card: bool = False) -> list[Post]:
    return [compose(digest(ISSUE), Target(name, form_of(name), card=card)) for name in names()]


def test_the_json_document_is_the_documented_one() -> None:
    document = preview.to_json(665, ISSUE.url, posts())

    assert list(document) == ["number", "url", "posts"]
    assert (document["number"], document["url"]) == (665, ISSUE.url)
    shown = {post["platform"]: post for post in document["posts"]}
    common = {"account", "platform", "text", "language", "alt", "length", "limit", "dropped", "text_by"}
    assert set(shown["mastodon"]) == set(shown["x"]) == common
    assert set(shown["bluesky"]) == common | {"facets", "card"}
    assert set(shown["reddit"]) == common | {"title", "url"}
    assert set(shown["discord"]) == common | {"embeds"}
    assert (shown["mastodon"]["language"], shown["bluesky"]["language"]) == ("en", "en")
    assert shown["bluesky"]["card"]["uri"] == ISSUE.url
    assert shown["mastodon"]["dropped"] == ["quote of the week"]
    assert shown["reddit"]["title"] == "This Week in Rust 665"


def test_the_json_document_says_what_a_picture_says() -> None:
    shown = {
        post["platform"]: post["alt"] for post in preview.to_json(665, ISSUE.url, posts(card=True))["posts"]
    }

    assert shown["reddit"] is None  # its link post brings none
    assert all("Announcing Rust 1.99.0" in alt for name, alt in shown.items() if name != "reddit")


def test_a_person_gets_the_title_the_text_and_the_address_to_paste() -> None:
    raw = {post.platform: pasteable_text(post) for post in posts()}

    assert raw["mastodon"] == next(post.text for post in posts() if post.platform == "mastodon")
    assert raw["bluesky"].endswith(f"\n\n{ISSUE.url}")
    assert raw["reddit"].startswith(
        "This Week in Rust 665\n\n* [Announcing Rust 1.99.0](https://blog.rust-lang.org"
    )
    assert raw["discord"].startswith(
        "This Week in Rust 665: Announcing Rust 1.99.0\n\n**This Week in Rust 665**\n"
    )
    assert "**Crate of the week**\n[tinystr](https://docs.rs/tinystr)" in raw["discord"]
    assert all(text.count(ISSUE.url) == 1 for text in raw.values())


def test_a_link_post_without_a_text_is_pasted_as_title_and_address() -> None:
    bare = compose(digest(ISSUE), Target("reddit", form_of("reddit"), options={"body": "none"}))

    assert pasteable_text(bare) == f"This Week in Rust 665\n\n{ISSUE.url}"


def test_the_terminal_shows_each_post_with_its_length_and_what_was_left_out() -> None:
    out = io.StringIO()

    preview.print_posts(posts(card=True), Console(file=out, width=100))

    shown = out.getvalue()
    for post in posts():
        assert f"{post.length:,} of {post.limit:,}" in shown
        assert post.platform in shown
    assert "Left out to fit: quote of the week" in shown
    assert "Announcing Rust 1.99.0" in shown
    assert "Picture: This Week in Rust 665, 19 August 2026" in shown
    assert "[x](" in shown  # nothing is taken for the terminal's own markup


def test_a_pipe_gets_every_line_whole() -> None:
    shown = preview.to_text(posts(card=True)).splitlines()

    for post in posts():
        assert f"── {post.platform} · {post.length:,} of {post.limit:,} ──" in shown
        assert set(post.text.splitlines()) <= set(shown)
        for embed in post.fields.get("embeds", ()):
            assert set(embed["description"].splitlines()) <= set(shown)
    assert "Left out to fit: quote of the week" in shown
    assert any(line.startswith("Picture: This Week in Rust 665, 19 August 2026") for line in shown)


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "srcset")
        ]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_every_post_and_fetches_nothing() -> None:
    html = preview.to_html(posts(), brand)
    page = Page(html)

    assert page.tags.count("article") == len(names())
    assert not {"script", "img", "iframe", "object", "form"} & set(page.tags)
    assert all(address.startswith("https://") or address == "data:," for address in page.addresses)
    assert not re.search(r"url\(|@import", html)
    assert "light-dark(" in html
    for post in posts():
        assert f"{post.length:,} of {post.limit:,}" in page.text
    assert "Left out to fit: quote of the week" in page.text
    assert "<script>alert(1)</script>" in page.text


def test_a_picture_is_part_of_the_page() -> None:
    pytest.importorskip("PIL.Image")

    page = Page(preview.to_html(posts(card=True), brand))

    assert page.tags.count("img") == len(names()) - 1  # Reddit's link post has none
    assert (
        sum(address.startswith("data:image/png;base64,iVBORw") for address in page.addresses)
        == len(names()) - 1
    )


def test_bluesky_shows_as_a_link_what_a_facet_makes_one_and_nothing_else() -> None:
    (post,) = (each for each in posts() if each.platform == "bluesky")
    typed = replace(post, text=f"{post.text}\n\nSee https://example.org/typed")

    page = Page(post_html(typed, brand("bluesky")))

    assert page.addresses == [ISSUE.url]
    assert (
        f'<a href="{ISSUE.url}" rel="nofollow noopener">This Week in Rust 665</a>: Announcing'
        in post_html(post, brand("bluesky"))
    )


def test_a_facet_counts_in_bytes() -> None:
    facet = {"index": {"byteStart": 4, "byteEnd": 8}, "features": [{"uri": "https://example.org/"}]}
    post = Post("me", "bluesky", 1, "", "", "né Zürich 🦀", {"facets": [facet]})

    assert ">Zür</a>ich 🦀" in post_html(post, brand("bluesky"))


@pytest.mark.parametrize(
    ("platform", "inside"),
    [("bluesky", "post-preview"), ("discord", "post-embed"), ("mastodon", "post-body")],
)
def test_the_picture_stands_where_the_platform_shows_it(platform: str, inside: str) -> None:
    """In Bluesky's card, above its title; in Discord's embed; elsewhere under the text."""
    (post,) = (each for each in posts(card=True) if each.platform == platform)

    page = Nested(post_html(post, brand(platform), picture=Image(b"\x89PNG", "image/png", "alt")))

    assert page.around == {"img": inside}


class Nested(HTMLParser):
    """The class of the block in which each picture stands."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.around: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            assert tag not in self.around, "one picture is shown twice"
            self.around[tag] = self.blocks[-1]
        elif tag == "div":
            self.blocks.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self.blocks.pop()


def test_a_card_shows_a_picture_inline_or_what_it_says() -> None:
    (post, *_) = posts(card=True)

    look = brand(post.platform)

    assert "data:image/png;base64,iVBORw==" in post_html(
        post, look, picture=Image(b"\x89PNG", "image/png", "alt")
    )
    assert f"<b>ALT</b> {post.alt}" in post_html(post, look)


def test_a_page_of_no_posts_says_so() -> None:
    assert "There is no account to post to." in Page(preview.to_html([], brand)).text


@pytest.mark.parametrize("platform", [*names(), "elsewhere"])
def test_a_card_takes_nothing_that_was_written_for_markup(platform: str) -> None:
    fields = {"card": {"title": HOSTILE, "description": HOSTILE},
              "embeds": [{"title": HOSTILE, "description": HOSTILE, "url": "javascript:alert(1)",
                          "fields": [{"name": HOSTILE, "value": HOSTILE}], "footer": {"text": HOSTILE}}]}  # fmt: skip
    post = Post(
        "me",
        platform,
        665,
        "javascript:alert(1)",
        HOSTILE,
        HOSTILE,
        fields,
    )

    page = Page(
        post_html(
            post, brand(platform), permalink="javascript:alert(1)", when=datetime(2026, 8, 20, 3, tzinfo=UTC)
        )
    )

    assert "script" not in page.tags
    assert page.addresses == []
    assert "alert(1)" in page.text


def test_the_colours_stand_in_one_palette() -> None:
    templates = (Path(pages.__file__).parent / "templates").iterdir()

    assert [file.name for file in templates if re.search(r"#[0-9a-f]{3,8}\b", file.read_text())] == [
        "base.css"
    ]


def test_a_card_leads_to_the_real_post() -> None:
    (post, *_) = posts()
    html = post_html(
        post,
        brand(post.platform),
        permalink="https://bsky.app/profile/x/post/1",
        when=datetime(2026, 8, 20, 3, tzinfo=UTC),
    )

    assert "https://bsky.app/profile/x/post/1" in Page(html).addresses
    assert "20 Aug 2026, 03:00 UTC" in Page(html).text
