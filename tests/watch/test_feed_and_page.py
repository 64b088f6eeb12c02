"""A feed's entries as issues, and the issue's page, over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from crosspost import parse
from crosspost.errors import SourceError
from crosspost.model import utcnow
from crosspost.parse import TWIR
from crosspost.watch._download import Downloader
from crosspost.watch.feed import FeedSource
from crosspost.watch.html import to_markdown
from crosspost.watch.page import names_issue, page_problem
from tests.newsroom import issue_text
from tests.web_server import Asked, Reply, Server, serving

PATH = "/blog/2026/08/19/this-week-in-rust-665/"
LONG = "\n\nAnd more of it, so that the entry is no teaser. " * 60


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def html_of(text: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text.partition("\n\n")[2]))


def atom(server: Server, *entries: tuple[int, str]) -> str:
    rows = "".join(
        f"""<entry><title>This Week in Rust {number}</title>
        <link href="{server.url}{PATH.replace("665", str(number))}" rel="alternate"/>
        <published>2026-08-19T00:00:00-04:00</published><updated>2026-08-19T00:00:00-04:00</updated>
        <id>tag:this-week-in-rust.org,2026-08-19:{number}</id>
        <content type="html"><![CDATA[{html}]]></content></entry>"""
        for number, html in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{rows}</feed>'


def test_an_entry_gives_number_address_and_the_issue_as_its_editors_wrote_it(server: Server) -> None:
    text = issue_text() + LONG
    server.answer = lambda asked: Reply(
        body=atom(server, (665, html_of(text))), headers={"Content-Type": "application/atom+xml"}
    )
    source = FeedSource("feed", f"{server.url}/atom.xml", utcnow)

    listing = source.poll(None)

    assert listing is not None
    (path,) = listing.files
    assert path == server.url + PATH
    found = parse.parse_bytes(source.read(path).data, newsletter=TWIR)
    expected = parse.parse(text, newsletter=TWIR)
    assert (found.number, found.title, found.date, found.url) == (
        665,
        expected.title,
        expected.date,
        server.url + PATH,
    )
    assert found.community == expected.community
    assert found.crates_of_the_week == expected.crates_of_the_week
    assert found.quote_of_the_week == expected.quote_of_the_week
    assert found.hiring_url == expected.hiring_url
    assert [finding.kind for finding in found.findings] == [finding.kind for finding in expected.findings]


def test_a_teaser_is_completed_from_its_page(server: Server) -> None:
    article = f"<nav>Archive</nav><article>{html_of(issue_text())}</article>"
    page = f"<html><head><title>x</title></head><body>{article}</body></html>"

    def answer(asked: Asked) -> Reply:
        return Reply(body=page) if asked.path == PATH else Reply(body=atom(server, (665, "<p>Hello …</p>")))

    server.answer = answer
    source = FeedSource("feed", f"{server.url}/atom.xml", utcnow)
    source.poll(None)

    found = parse.parse_bytes(source.read(server.url + PATH).data)

    assert [crate.name for crate in found.crates_of_the_week] == ["gradient"]


def test_rss_is_read_too(server: Server) -> None:
    server.answer = lambda asked: Reply(
        body=f"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>{server.url}</link>
        <item><title>This Week in Rust 665</title><link>{server.url}/665</link>
        <pubDate>Wed, 19 Aug 2026 00:00:00 -0400</pubDate><description>{"x " * 1200}</description></item>
        </channel></rss>"""
    )
    source = FeedSource("feed", f"{server.url}/rss.xml", utcnow)

    listing = source.poll(None)

    assert listing is not None
    assert b"Date: 2026-08-19" in source.read(f"{server.url}/665").data


def test_the_feed_is_asked_conditionally_also_by_a_process_that_was_started_anew(server: Server) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"v1"':
            return Reply(304)
        return Reply(
            body=atom(server, (665, "x" * 3000)),
            headers={"ETag": '"v1"', "Last-Modified": "Thu, 20 Aug 2026 02:00:00 GMT"},
        )

    server.answer = answer
    listing = FeedSource("feed", server.url, utcnow).poll(None)
    assert listing is not None
    again = FeedSource("feed", server.url, utcnow)

    assert again.poll(listing.revision) is None
    assert server.asked[-1].headers["if-modified-since"] == "Thu, 20 Aug 2026 02:00:00 GMT"
    assert b"Number" not in again.read(server.url + PATH).data  # the title has it
    assert b"Title: This Week in Rust 665" in again.read(server.url + PATH).data


def test_the_same_bytes_without_validators_are_no_news(server: Server) -> None:
    server.answer = lambda asked: Reply(body=atom(server, (665, "x" * 3000)))
    source = FeedSource("feed", server.url, utcnow)
    listing = source.poll(None)

    assert listing is not None
    assert source.poll(listing.revision) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><p>We will be back soon.</p></html>", 200),
        ('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>This Week', 200),
        ("", 200),
        ("oh no", 500),
        ("x" * 5_000_000, 200),
    ],
    ids=["another page", "cut off", "empty", "an error", "far too much"],
)
def test_what_is_no_whole_feed_is_a_sentence_and_no_listing(server: Server, body: str, status: int) -> None:
    server.answer = lambda asked: Reply(status, body)

    with pytest.raises(SourceError):
        FeedSource("feed", server.url, utcnow).poll(None)


@pytest.mark.shared
def test_issues_read_the_same_from_their_html(shared: object) -> None:
    from pathlib import Path

    for file in sorted((Path(str(shared)) / "issues").glob("*.md")):
        text = file.read_text()
        head, _, _ = text.partition("\n\n")
        expected = parse.to_json(parse.parse(text))
        found = parse.to_json(parse.parse(f"{head}\n\n{to_markdown(html_of(text))}"))
        for document in (expected, found):
            del document["findings"], document["quote_of_the_week"]  # a quote keeps its lines only roughly

        assert found == expected, file.name


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<",
        "<p>",
        "</p></ul>" * 50,
        "<ul><li>" * 500,
        "<blockquote>" * 500,
        "<a href=x>",
        "<table><tr>",
        "<![" * 5000,
        "<!--" * 5000,
        "<b>x" * 5000,
        "&#xD800;",
        "<ol>" + "<li>x</li>" * 5000,
        "</article><article>",
    ],
)
def test_broken_html_gives_what_can_be_read(html: str) -> None:
    assert isinstance(to_markdown(html), str)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────


def look(url: str, number: int, patience: timedelta = timedelta(seconds=20)) -> str:
    return page_problem(Downloader(utcnow), url, number, f"This Week in Rust {number}", timeout=patience)


def page_of(body: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, f"<html><head><title>{body}</title></head></html>", headers or {})


def test_a_page_that_names_the_issue_is_live(server: Server) -> None:
    server.answer = lambda asked: page_of("This Week in Rust 665 · This Week in Rust")

    assert look(server.url + PATH, 665) == ""


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(404, "This Week in Rust 665"), "page answers 404"),
        (Reply(503, ""), "page answers 503"),
        (page_of("This Week in Rust 6655"), "page does not name issue 665"),
        (page_of("This Week in Rust 664"), "page does not name issue 665"),
        (page_of(f"There is nothing at {PATH}"), "page does not name issue 665"),
        (Reply(200, "x" * 5_000_000), "page cannot be read: HOST answers with more than 4 MB"),
    ],
)
def test_any_other_page_is_not_and_the_reason_says_why(server: Server, reply: Reply, reason: str) -> None:
    server.answer = lambda asked: reply

    assert look(server.url + PATH, 665) == reason.replace("HOST", server.url.removeprefix("http://"))


def test_a_page_that_leads_to_the_front_page_is_not_live(server: Server) -> None:
    def answer(asked: Asked) -> Reply:
        return (
            Reply(302, headers={"Location": "/"}) if asked.path == PATH else page_of("This Week in Rust 665")
        )

    server.answer = answer

    assert look(server.url + PATH, 665) == "page redirects to /"


def test_a_missing_last_slash_is_the_same_page(server: Server) -> None:
    def answer(asked: Asked) -> Reply:
        wanted = asked.path.endswith("/")
        return page_of("This Week in Rust 665") if wanted else Reply(301, headers={"Location": PATH})

    server.answer = answer

    assert look(server.url + PATH.rstrip("/"), 665) == ""


def test_a_server_that_is_not_there_or_slow_is_a_reason(server: Server) -> None:
    assert "does not answer" in look("http://127.0.0.1:9" + PATH, 665)

    def slow(asked: Asked) -> Reply:
        time.sleep(0.5)
        return page_of("This Week in Rust 665")

    server.answer = slow
    assert "gives no whole answer" in look(server.url + PATH, 665, timedelta(milliseconds=100))


def test_a_page_that_shows_a_telling_title_need_not_show_the_number_of_the_header() -> None:
    assert names_issue("<title>Of tea</title>", 12, "Of tea", "Gazette")
    assert names_issue("<title>Gazette: October 2026</title>", 12, "Gazette: October 2026", "Gazette")
    assert not names_issue("<title>Gazette</title>", 12, "Gazette", "Gazette")
    assert not names_issue("<title>This Week in Rust</title>", 12, "This Week in Rust")


def test_markup_and_spaces_between_the_words_do_not_matter() -> None:
    title = "This Week in Rust 665"

    assert names_issue("<h1>This&nbsp;Week in <b>Rust</b>\n 665</h1>", 665, title)
    assert names_issue("<title>Rust&rsquo;s week: 665!</title>", 665, "Rust's week 665")
    assert not names_issue("<h1>This Week in Rust 1665</h1>", 665, title)
    assert not names_issue("<h1>Nothing at /this-week-in-rust-665/</h1>", 665, title)
    assert not names_issue("<h1>This Week in Rust</h1>", 665, "This Week in Rust")
