"""Channels that are only watched: looked at in time and seldom, over real HTTP; what is missing is one alert."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.alerts import send_alerts
from crosspost.alerts.conditions import alerts_of
from crosspost.app import App, load_config
from crosspost.config.schema import ChannelConfig, Config, GateConfig, SourceConfig, StoreConfig
from crosspost.errors import UsageError
from crosspost.pipeline import run_pass
from tests.conftest import MovableClock
from tests.rehearsing import WEDNESDAY, issue_text
from tests.web_server import Asked, Reply, Server, serving

PAGE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
TITLE = "This Week in Rust 665"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


class Week:
    """A newsletter without accounts, and one channel."""

    def __init__(self, app: App, folder: Path, clock: MovableClock) -> None:
        self.app = app
        self.folder = folder
        self.clock = clock
        self.told: list[str] = []

    def publish(self, number: int = 665) -> None:
        day = WEDNESDAY + timedelta(weeks=number - 665)
        (self.folder / f"{day}-twir.md").write_text(issue_text(number, day=day))
        self.look()

    def look(self, **later: float) -> None:
        self.clock.advance(**later)
        run_pass(self.app)

        def send(_title: str, body: str) -> bool:
            self.told.append(body)
            return True

        found = alerts_of(self.app.status(), self.app.config, self.clock())
        send_alerts(self.app.store, found, self.app.config.alerts, self.clock, send)

    def number(self) -> int | None:
        (state,) = self.app.channel_states()
        return state.number


OpenWeek = Callable[[ChannelConfig], Week]


@pytest.fixture
def week(tmp_path: Path, clock: MovableClock) -> Iterator[OpenWeek]:
    folder = tmp_path / "content"
    folder.mkdir()
    apps: list[App] = []

    def opened(channel: ChannelConfig) -> Week:
        config = Config(
            store=StoreConfig(url=f"sqlite:///{tmp_path}/crosspost.db"),
            sources=(SourceConfig(kind="directory", name="desk", path=folder),),
            channels=(replace(channel, name="archive"),),
            gate=GateConfig(page_live=False, whole=False, quiet_for=timedelta()),
        )
        apps.append(App(config, clock))
        made = Week(apps[-1], folder, clock)
        made.look()
        return made

    yield opened
    for app in apps:
        app.close()


def feed(*entries: tuple[str, str, str]) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><description><![CDATA[{text}]]></description></item>"
        for title, link, text in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def answers(server: Server, *bodies: str) -> None:
    """The same answer to everybody; the last one again and again."""
    left = list(bodies)
    server.answer = lambda _asked: Reply(200, left.pop(0) if len(left) > 1 else left[0])


def test_a_feed_without_the_issue_is_one_alert_and_one_when_it_is_there(
    server: Server, week: OpenWeek
) -> None:
    answers(server, feed())
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    for _ in range(30):
        there.look(minutes=5)
    (told,) = there.told
    assert "Issue 665 is not on archive" in told

    answers(server, feed((TITLE, "https://archive.example/1", "")))
    there.look(minutes=5)
    there.look(minutes=5)
    assert there.number() == 665
    assert [each.partition(":")[0] for each in there.told[1:]] == ["Resolved"]


def test_one_that_shows_it_in_time_is_no_alert(server: Server, week: OpenWeek) -> None:
    answers(server, feed((TITLE, "https://archive.example/1", "")))
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    there.look(hours=30)
    assert (there.number(), there.told) == (665, [])


def test_it_is_asked_every_five_minutes_until_it_is_seen_and_once_a_day_otherwise(
    server: Server, week: OpenWeek
) -> None:
    answers(server, feed())
    there = week(ChannelConfig("feed", url=server.url))
    for _ in range(20):
        there.look(hours=1)
    assert len(server.asked) == 1
    there.publish()
    for _ in range(10):
        there.look(minutes=1)
    assert len(server.asked) == 4
    answers(server, feed((TITLE, PAGE, "")))
    for _ in range(23):
        there.look(hours=1)
    assert len(server.asked) == 5


def test_an_issue_that_is_missing_for_a_day_is_looked_for_once_an_hour(
    server: Server, week: OpenWeek
) -> None:
    answers(server, feed())
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    there.look(hours=25)
    before = len(server.asked)
    for _ in range(12):
        there.look(minutes=10)
    assert len(server.asked) == before + 2


def test_a_restart_asks_no_sooner(server: Server, week: OpenWeek, clock: MovableClock) -> None:
    answers(server, feed())
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    before = len(server.asked)
    with App(there.app.config, clock) as again:
        run_pass(again)
    assert len(server.asked) == before


def test_what_did_not_change_is_not_sent_again_but_searched_for_each_new_issue(
    server: Server, week: OpenWeek
) -> None:
    body = feed((TITLE, PAGE, ""), ("This Week in Rust 666", "https://archive.example/2", ""))

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"1"':
            return Reply(304, headers={"ETag": '"1"'})
        return Reply(200, body, {"ETag": '"1"'})

    server.answer = answer
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    assert there.number() == 665
    there.look(days=1)
    assert server.asked[-1].headers.get("if-none-match") == '"1"'
    there.clock.advance(days=6)
    there.publish(666)
    assert there.number() == 666


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Reply(500), "answers 500"),
        (Reply(200, "<html>blocked"), "not a feed"),
        (Reply(429, headers={"Retry-After": "60"}), "asks for a pause"),
    ],
)
def test_one_that_cannot_be_read_says_why_and_keeps_nothing_back(
    server: Server, week: OpenWeek, answer: Reply, why: str
) -> None:
    server.answer = lambda _asked: answer
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    for _ in range(5):
        there.look(minutes=30)
    (told,) = there.told
    assert why in told
    assert why in there.app.status().as_json()["channels"][0]["reason"]
    assert there.app.status().problems == ()


@pytest.mark.parametrize(
    ("entry", "is_it"),
    [
        ((TITLE, "https://archive.example/1", ""), True),
        (("This Week in Rust #665", "https://archive.example/1", ""), True),
        (("This Week in Rust - Issue 665", "https://archive.example/1", ""), True),
        (("The news", PAGE.removesuffix("/"), ""), True),
        (
            ("The news", "https://archive.example/1", f'Read it <a href="{PAGE}?utm_source=mail">here</a>'),
            True,
        ),
        (("This Week in Rust 664", "https://archive.example/1", "Last week: 665 pull requests"), False),
        (("This Week in Rust", "https://this-week-in-rust.org/", "665"), False),
        (("Rust 665", "https://archive.example/1", ""), False),
    ],
)
def test_an_entry_is_the_issue_by_its_link_or_its_title(
    server: Server, week: OpenWeek, entry: tuple[str, str, str], is_it: bool
) -> None:
    answers(server, feed(entry))
    there = week(ChannelConfig("feed", url=server.url))
    there.publish()
    assert there.number() == (665 if is_it else None)


def test_the_address_of_a_feed_may_have_a_query(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[[channels]]\nkind = "feed"\nurl = "https://a.example/feed?u=1&id=2"\n')
    (channel,) = load_config(path, secrets=False).channels
    assert (channel.name, channel.url) == ("a.example", "https://a.example/feed?u=1&id=2")


def test_a_page_shows_the_issue_by_a_link_or_in_words(server: Server, week: OpenWeek) -> None:
    answers(server, "<html><script>665</script><p>Our weekly links</p></html>")
    there = week(ChannelConfig("page", url=f"{server.url}/archive"))
    there.publish()
    assert there.number() is None
    answers(server, f"<ul><li><b>This Week in Rust</b> <i>665</i></li><li>{TITLE[:-1]}4</li></ul>")
    there.look(minutes=5)
    assert there.number() == 665


def test_a_mastodon_account_is_read_through_its_public_feed(server: Server, week: OpenWeek) -> None:
    post = f'<p>Out now! <a href="{PAGE}"><span class="invisible">https://</span>this-week…</a></p>'
    item = f"<item><link>{server.url}/@rust/1</link><description><![CDATA[{post}]]></description></item>"
    answers(server, feed().replace("</channel>", f"{item}</channel>"))
    there = week(ChannelConfig("account", platform="mastodon", address=f"{server.url}/@rust"))
    there.publish()
    assert there.number() == 665
    assert server.asked[-1].path == "/@rust.rss"
    assert "authorization" not in server.asked[-1].headers


def test_a_bluesky_account_is_read_through_the_public_api(server: Server, week: OpenWeek) -> None:
    def post(uri: str, **more: object) -> dict[str, object]:
        card = {"$type": "app.bsky.embed.external", "external": {"uri": uri, "title": "", "description": ""}}
        return {"post": {"record": {"text": "Out now", "embed": card}}, **more}

    answers(server, json.dumps({"feed": [post(PAGE, reason={"by": {"handle": "somebody.else"}})]}))
    address = f"{server.url}/profile/rust.example"
    there = week(ChannelConfig("account", platform="bluesky", address=address))
    there.publish()
    assert there.number() is None, "a repost is no post"
    answers(server, json.dumps({"feed": [post("https://example.org/"), post(PAGE)]}))
    there.look(minutes=5)
    assert there.number() == 665
    assert server.asked[-1].path.startswith("/xrpc/app.bsky.feed.getAuthorFeed?actor=rust.example&")


@pytest.mark.parametrize("body", ["[]", "{}", '{"feed": [1]}', '{"feed": [{"post": null}]}', "<html>"])
def test_an_answer_of_another_kind_is_a_reason(server: Server, week: OpenWeek, body: str) -> None:
    answers(server, body)
    there = week(ChannelConfig("account", platform="bluesky", address=f"{server.url}/profile/rust.example"))
    there.publish()
    (state,) = there.app.channel_states()
    assert "does not answer as Bluesky's API does" in state.reason


@pytest.mark.parametrize(
    ("platform", "address", "asked"),
    [
        ("mastodon", "@rust@social.example", "https://social.example/@rust.rss"),
        ("mastodon", "https://social.example/@rust", "https://social.example/@rust.rss"),
        (
            "bluesky",
            "rust.bsky.social",
            "https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed?actor=rust",
        ),
        (
            "bluesky",
            "https://bsky.app/profile/rust.example",
            "https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed?actor=rust.example&",
        ),
    ],
)
def test_an_account_is_named_as_people_name_it(platform: str, address: str, asked: str) -> None:
    assert platforms.public(platform, address)[0].startswith(asked)


@pytest.mark.parametrize(("platform", "address"), [("mastodon", "rust"), ("bluesky", "a b"), ("x", "rust")])
def test_an_account_that_cannot_be_read_is_said(platform: str, address: str) -> None:
    with pytest.raises(UsageError):
        platforms.public(platform, address)
