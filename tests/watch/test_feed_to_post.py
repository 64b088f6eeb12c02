"""From a feed as the world writes it to the post: what is taken, what is asked, and what waits with which reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from crosspost.app import App
from crosspost.cli.correct import retract
from crosspost.cli.issue_argument import resolve
from crosspost.config.schema import SourceConfig
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import IssueRecord, IssueState
from crosspost.pipeline import Pass, run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.status import status
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text
from tests.web_server import Asked, Reply, Server, serving

TITLE = "This Week in Rust {}"
PLACE = "/blog/2026/08/19/this-week-in-rust-{}/"
DAY = "Wed, 19 Aug 2026 00:00:00 +0000"


def body(number: int) -> str:
    text = (
        issue_text(number).partition("\n\n")[2] + "\n\nAnd more of it, so that the entry is no teaser. " * 60
    )
    return str(MarkdownIt("commonmark").render(text))


def item(
    number: int, *, link: str = "", day: str | None = DAY, html: str | None = None, title: str = ""
) -> str:
    dated = f"<pubDate>{day}</pubDate>" if day is not None else ""
    return (
        f"<item><title>{title or TITLE.format(number)}</title><link>{link or PLACE.format(number)}</link>{dated}"
        f"<description><![CDATA[{body(number) if html is None else html}]]></description></item>"
    )


def rss(*items: str, title: str = "T") -> str:
    rows = "".join(items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{rows}</channel></rss>'


@dataclass
class Site:
    """The newsletter's site: a feed that first has 664 only, and pages."""

    server: Server
    feed: Reply = field(default_factory=lambda: Reply(body=rss(item(664))))
    pages: dict[str, Reply] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Reply:
        return self.feed if asked.path == "/feed.xml" else self.pages.get(asked.path, Reply(404, "not here"))

    def asked_for(self, path: str) -> int:
        return sum(asked.path == path for asked in self.server.asked)


class Newsroom:
    """A newsletter that is read from its feed alone, and posts to Mastodon."""

    def __init__(self, rehearsal: Rehearsal, site: Site) -> None:
        self.rehearsal = rehearsal
        self.site = site
        self.newsletter = "This Week in Rust"
        self.files: tuple[str, ...] = ()

    @contextmanager
    def process(self, **gate: Any) -> Iterator[App]:
        wanted = {"page_live": False, "page_base_url": None, **gate}
        config = self.rehearsal.configured(only=("mastodon",), **wanted)
        source = SourceConfig(kind="feed", url=f"{self.site.server.url}/feed.xml", files=self.files)
        newsletter = replace(config.newsletter, name=self.newsletter, site=self.site.server.url)
        with self.rehearsal.app(replace(config, sources=(source,), newsletter=newsletter)) as app:
            yield app

    def look(self, *, passes: int = 3, **gate: Any) -> Pass:
        """Passes of one process."""
        with self.process(**gate) as app:
            for _ in range(passes):
                done = run_pass(app)
                self.rehearsal.clock.advance(minutes=15)
            self.document = status(app.store).as_json()
            self.records = {each.number: each for each in app.store.issues()}
            return done

    def brings(self, feed: str | bytes, **gate: Any) -> IssueRecord:
        """664 is the baseline; what becomes of 665 when the feed then is this one."""
        self.look(passes=1)
        self.site.feed = Reply(body=feed)
        self.look(**gate)
        return self.records[665]

    @property
    def posts(self) -> list[str]:
        return [post.text for post in self.rehearsal.sandbox.posts("mastodon")]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with serving() as server, Sandbox(stand_ins()) as sandbox:
        site = Site(server)
        server.answer = site.answer
        yield Newsroom(Rehearsal(tmp_path, sandbox, MovableClock(NIGHT)), site)


def page(title: str) -> Reply:
    return Reply(200, f"<html><title>{title}</title></html>", {"Content-Type": "text/html"})


def test_the_post_carries_the_feeds_own_link_and_that_page_is_asked_for(newsroom: Newsroom) -> None:
    newsroom.site.pages["/issues/665.html"] = page("This Week in Rust 665")
    own = f"{newsroom.site.server.url}/issues/665.html"

    record = newsroom.brings(rss(item(665, link=own), item(664)), page_live=True)

    assert record.state is IssueState.DONE
    assert own in newsroom.posts[0]
    assert newsroom.site.asked_for("/issues/665.html")


def test_a_newsletter_without_repository_and_numbers_is_announced_from_its_feed_alone(
    newsroom: Newsroom,
) -> None:
    entry = (
        '<ul><li><a href="/tools/kettle">A kettle that reports its mood</a></li></ul>'
        + "<p>And more.</p>" * 200
    )
    old = item(1, title="A week of tea", link="/g/tea", day="Wed, 12 Aug 2026 08:00:00 +0000", html=entry)
    new = item(
        2, title="A week of kettles", link="/g/kettles", day="Wed, 19 Aug 2026 08:00:00 +0000", html=entry
    )
    newsroom.newsletter = "Gazette"
    newsroom.site.feed = Reply(body=rss(old))
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=rss(new, old))
    newsroom.look()

    assert newsroom.records[20260819].state is IssueState.DONE
    (post,) = newsroom.posts
    assert post.startswith("Gazette: A week of kettles (2026-08-19) – A kettle that reports its mood")
    assert f"{newsroom.site.server.url}/g/kettles" in post


def test_a_command_about_an_issue_says_that_its_page_does_not_answer(newsroom: Newsroom) -> None:
    newsroom.site.feed = Reply(body=rss(item(664, html="<p>A teaser.</p>"), item(663)))
    newsroom.look(passes=1)
    newsroom.site.pages[PLACE.format(664)] = Reply(503, "later")

    with newsroom.process() as app:
        with pytest.raises(CrosspostError, match=r"the sources did not show issue 664: .* answers 503"):
            retract(app, 664, [], confirm=print)
        with pytest.raises(UsageError, match="issue 662 is not in any of the sources"):
            resolve(app, "662")


@pytest.mark.parametrize("link", ["/issues/665.html", "issues/665.html", " issues/665.html\n"])
def test_a_relative_link_counts_from_the_feed(newsroom: Newsroom, link: str) -> None:
    newsroom.brings(rss(item(665, link=link), item(664)))

    assert f"{newsroom.site.server.url}/issues/665.html" in newsroom.posts[0]


@pytest.mark.parametrize(
    "day", [None, "", "Mi, 19 Aug. 2026 00:00:00 +0100", "Wed, 19 Aug 99999 00:00:00 +9999"]
)
def test_an_entry_without_a_readable_date_counts_from_the_day_it_was_first_seen(
    newsroom: Newsroom, day: str | None
) -> None:
    record = newsroom.brings(rss(item(665, link="/posts/665", day=day), item(664)))

    assert record.state is IssueState.DONE
    assert record.date == date(2026, 8, 20)


def test_the_day_it_was_first_seen_stays_across_restarts(newsroom: Newsroom) -> None:
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=rss(item(665, link="/posts/665", day=None), item(664)))
    newsroom.look(page_live=True, passes=1)
    assert newsroom.records[665].reason == "page answers 404"

    for _ in range(3):
        newsroom.rehearsal.clock.advance(days=1)
        newsroom.look(page_live=True, passes=1)

    assert newsroom.records[665].date == date(2026, 8, 20)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("This Week in Rust 665: Q&A with R&D", "Q&A with R&D"),
        ("<![CDATA[This Week in Rust 665: Q&A]]>", "Q&A"),
        ("This Week in Rust 665: Don&amp;#8217;t &amp;amp; do", "Don’t & do"),
        ("This Week in Rust 665: caf&eacute;", "café"),
        ("This Week in Rust 665: &lt;b&gt;Why&lt;/b&gt; &lt;T&gt; matters", "Why <T> matters"),
    ],
)
def test_a_title_is_read_as_its_readers_see_it(newsroom: Newsroom, written: str, title: str) -> None:
    record = newsroom.brings(rss(item(665, title=written), item(664)))

    assert record.title == f"This Week in Rust 665: {title}"


def test_an_entry_without_a_title_is_called_by_the_newsletters_name(newsroom: Newsroom) -> None:
    newsroom.newsletter = "Gazette"
    newsroom.site.feed = Reply(
        body=rss(item(1, title="Tea", link="/g/tea", day="Wed, 12 Aug 2026 08:00:00 +0000"))
    )
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=rss(item(665, title=" ", link="/g/x")))
    newsroom.look(whole=False)

    assert newsroom.records[20260819].title == "Gazette"


def test_an_entry_without_a_link_has_the_address_that_the_newsletters_pattern_makes(
    newsroom: Newsroom,
) -> None:
    nowhere = "<item><title>{}</title><guid isPermaLink='false'>{}</guid><description>{}</description></item>"
    newsroom.site.feed = Reply(body=rss(nowhere.format("This Week in Rust 664", "a", "Text")))
    newsroom.look(passes=1)
    both = (
        nowhere.format(f"This Week in Rust {number}", id_, "Text") for number, id_ in ((665, "b"), (664, "a"))
    )
    newsroom.site.feed = Reply(body=rss(*both))
    newsroom.look(whole=False)

    assert newsroom.records[665].state is IssueState.DONE
    assert newsroom.records[665].url.endswith("/blog/2026/08/20/this-week-in-rust-665/")


def test_entries_that_are_no_issues_are_left_out_by_a_pattern_of_their_addresses(newsroom: Newsroom) -> None:
    newsroom.newsletter, newsroom.files = "Gazette", ("*/week-*",)
    week = "<a href='https://example.org/1'>A kettle that reports its mood</a>" + "<p>And more.</p>" * 300
    posts = [
        item(0, title=title, link=link, html=week)
        for title, link in (("A party", "/g/party/"), ("Tea", "/g/week-2/"))
    ]
    newsroom.site.feed = Reply(
        body=rss(item(0, title="Cups", link="/g/week-1/", day="Wed, 12 Aug 2026 00:00:00 +0000"))
    )
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=rss(*posts))
    newsroom.look()

    assert [post.partition(" – ")[0] for post in newsroom.posts] == ["Gazette: Tea (2026-08-19)"]


@pytest.mark.parametrize(
    "link", ["http://[oops/", "mailto:a@example.org", "http://.example.invalid/", "file:///x"]
)
def test_an_entry_with_a_broken_link_waits_with_the_reason_and_keeps_no_other_back(
    newsroom: Newsroom, link: str
) -> None:
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=rss(item(666, link=link), item(665), item(664)))
    newsroom.look()

    assert newsroom.records[666].state is IssueState.WAITING
    assert '"This Week in Rust 666" has no address that can be read' in newsroom.records[666].reason
    assert newsroom.records[665].state is IssueState.DONE


@pytest.mark.parametrize(
    "feed",
    [
        rss(item(665), item(664), title="Q&A letter"),
        rss(item(665), item(664), title="Example&nbsp;!"),
        "\n\n" + rss(item(665), item(664)),
        rss(item(665, html="a \x0b b" + body(665)), item(664)),
        rss(item(665), item(664), title="&#x110000; &#99999999999999999999; &#xD800;"),
        rss(item(665, title="This Week\x00 in\x08 Rust 665"), item(664)),
        rss(item(665), item(664), title="Q&A") + "\n<!-- cached -->\n",
    ],
    ids=[
        "ampersand",
        "named entity",
        "blank lines first",
        "control character",
        "no characters",
        "control characters in a title",
        "a comment last",
    ],
)
def test_a_feed_that_is_not_well_formed_and_whole_is_read(newsroom: Newsroom, feed: str) -> None:
    assert newsroom.brings(feed).state is IssueState.DONE


@pytest.mark.parametrize(
    "feed",
    [
        rss(item(665), item(664))[:-900],
        rss(item(665), item(664)).removesuffix("</channel></rss>"),
        rss(item(665) + "</item>", item(664)),
    ],
    ids=["in an entry", "before its end", "an end too many"],
)
def test_a_feed_that_is_cut_off_is_refused_until_it_is_whole(newsroom: Newsroom, feed: str) -> None:
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(body=feed)
    refused = newsroom.look()
    assert refused.exit_code == 1
    assert 665 not in newsroom.records

    newsroom.site.feed = Reply(body=rss(item(665), item(664)))
    newsroom.look()
    assert newsroom.records[665].state is IssueState.DONE


def test_the_text_of_a_page_in_another_charset_is_posted_as_it_was_written(newsroom: Newsroom) -> None:
    html = "<h2>Updates from Rust Community</h2><h3>Official</h3><ul><li><a href='https://x.example.org/n'>{}</a></ul>"
    newsroom.site.pages[PLACE.format(665)] = Reply(
        200,
        html.format("Nürnberg – ein Café").encode("cp1252"),
        {"Content-Type": "text/html; charset=windows-1252"},
    )

    newsroom.brings(rss(item(665, html="a teaser"), item(664)), whole=False)

    assert "Nürnberg – ein Café" in newsroom.posts[0]


@pytest.mark.parametrize("mark", ["\ufffd", "&#xFFFD;", "&#0;", "&#x110000;"])
def test_a_text_with_a_lost_character_waits_and_is_never_posted(newsroom: Newsroom, mark: str) -> None:
    html = f"<h2>Updates from Rust Community</h2><ul><li><a href='https://x.example.org/n'>N{mark}rnberg</a></li></ul>"

    record = newsroom.brings(rss(item(665, html=html + body(665)), item(664)), whole=False)

    assert record.state is IssueState.WAITING
    assert "U+FFFD" in record.reason
    assert newsroom.posts == []


def test_a_feeds_host_that_asks_for_patience_is_left_alone_and_status_says_so(newsroom: Newsroom) -> None:
    newsroom.look(passes=1)
    newsroom.site.feed = Reply(429, "slow", {"Retry-After": "3000"})
    before = newsroom.site.asked_for("/feed.xml")

    done = newsroom.look(passes=3)  # 45 minutes

    assert newsroom.site.asked_for("/feed.xml") == before + 1
    assert any("asks for a pause; the next request is at 04:05:00 UTC" in each for each in done.problems)
    assert "04:05:00 UTC" in str(newsroom.document)

    newsroom.look(passes=1)  # another process, at 04:00
    assert newsroom.site.asked_for("/feed.xml") == before + 1
    newsroom.look(passes=1)
    assert newsroom.site.asked_for("/feed.xml") == before + 2


def test_a_teaser_whose_page_is_away_is_a_reason_and_the_baseline_asks_for_no_page(
    newsroom: Newsroom,
) -> None:
    newsroom.site.feed = Reply(body=rss(item(664, html="a teaser")))

    newsroom.look(passes=1)
    assert not newsroom.site.asked_for(PLACE.format(664))
    newsroom.site.feed = Reply(body=rss(item(665, html="a teaser"), item(664, html="a teaser")))
    done = newsroom.look()

    assert any("the page of This Week in Rust 665 answers 404" in each for each in done.problems)
    assert newsroom.posts == []


def test_what_a_feed_says_of_its_day_is_read_in_its_own_zone(newsroom: Newsroom) -> None:
    late = "Wed, 19 Aug 2026 23:00:00 -0400"

    record = newsroom.brings(rss(item(665, link="/posts/665", day=late), item(664)))

    assert record.date == date(2026, 8, 19)


def test_the_latest_issue_is_the_feeds_first_whatever_its_address(newsroom: Newsroom) -> None:
    newsroom.site.feed = Reply(body=rss(item(1000, link="/issues/1000"), item(999, link="/issues/999")))

    with newsroom.process() as app:
        assert resolve(app, "latest").issue.number == 1000
        assert resolve(app, "999").issue.url == f"{newsroom.site.server.url}/issues/999"


def test_a_machine_that_keeps_nothing_announces_the_newest_of_the_feed(newsroom: Newsroom) -> None:
    newsroom.site.feed = Reply(body=rss(item(665), item(664)))
    with newsroom.process(quiet_for=timedelta(minutes=10)) as app:
        app.store.begin_at_newest(newsroom.rehearsal.clock())
        baseline = run_pass(app).baseline
        waits = app.store.issue(665)

    newsroom.look(passes=6, quiet_for=timedelta(minutes=10))

    assert str(baseline).endswith("the gate decides about 665")
    assert waits is not None
    assert (
        waits.reason == "quiet until 03:10 UTC"
    )  # a feed does not say since when: it counts from the first sight
    assert ["665" in post for post in newsroom.posts] == [True]
