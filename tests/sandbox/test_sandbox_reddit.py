"""The sandbox's Reddit, through PRAW over HTTP; its shapes are held against PRAW's recorded answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
import requests

from crosspost.platforms import stand_ins
from crosspost.platforms.reddit.sandbox_answers import FEED_PATH, FLAIRS, slug
from crosspost.sandbox import Sandbox
from tests.sandbox.posting import ISSUE, TITLE, reddit_client, reddit_token
from tests.sandbox.recorded import differences


@pytest.fixture
def sandbox(clock: Any) -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def reddit(sandbox: Sandbox) -> Iterator[Any]:
    with reddit_client(sandbox) as reddit:
        yield reddit


def submit(reddit: Any, title: str = TITLE, url: str = ISSUE, **options: Any) -> Any:
    return reddit.subreddit("rust").submit(title, url=url, **options)


def now(reddit: Any, posted: Any) -> Any:
    """The post as Reddit shows it at this moment."""
    (found,) = reddit.info(fullnames=[posted.fullname])
    return found


def error_of(caught: pytest.ExceptionInfo[Any]) -> str:
    return str(caught.value.items[0].error_type)


def test_a_link_with_a_text_is_kept_and_found_in_every_listing(sandbox: Sandbox, reddit: Any) -> None:
    posted = now(reddit, submit(reddit, resubmit=False, send_replies=False, selftext="the summary"))

    (kept,) = sandbox.posts("reddit")
    mine = list(reddit.redditor(str(reddit.user.me())).submissions.new(limit=25))
    assert kept.url == f"https://www.reddit.com/r/rust/comments/{posted.id}/this_week_in_rust_665/"
    assert (kept.title, kept.link, kept.text, kept.by) == (TITLE, ISSUE, "the summary", "thisweekinrust-bot")
    assert [found.id for found in mine] == [posted.id]
    assert [found.id for found in reddit.subreddit("rust").new(limit=100)] == [posted.id]
    assert [found.id for found in reddit.info(url=ISSUE)] == [posted.id]
    assert [found.title for found in reddit.info(fullnames=[posted.fullname])] == [TITLE]
    assert posted.permalink == "/r/rust/comments/" + posted.id + "/this_week_in_rust_665/"
    assert (mine[0].url, mine[0].selftext, mine[0].is_self) == (ISSUE, "the summary", False)


def test_a_text_post_links_to_itself(sandbox: Sandbox, reddit: Any) -> None:
    posted = now(reddit, reddit.subreddit("rust").submit(TITLE, selftext=f"read {ISSUE}."))

    assert posted.is_self
    assert posted.url == sandbox.posts("reddit")[0].url
    assert sandbox.posts("reddit")[0].link == ISSUE


@pytest.mark.parametrize(
    ("title", "ending"),
    [
        ("This Week in Rust 665", "this_week_in_rust_665"),
        ("What's new? C++ & Rust — 2026!", "whats_new_c_rust_2026"),
        ("Crème  brûlée", "creme_brulee"),
        ("日本語", "_"),
        ("a word " * 12, "a_word_a_word_a_word_a_word_a_word_a_word_a_word"),
    ],
)
def test_a_permalink_ends_in_words_of_the_title(title: str, ending: str) -> None:
    assert slug(title) == ending


def test_with_resubmit_off_a_link_that_anybody_posted_is_refused(sandbox: Sandbox, reddit: Any) -> None:
    from praw.exceptions import RedditAPIException

    sandbox.seed_post("reddit", title="This Week in Rust #665", link=ISSUE, by="an_editor")

    with pytest.raises(RedditAPIException) as caught:
        submit(reddit, resubmit=False)

    assert error_of(caught) == "ALREADY_SUB"
    assert len(sandbox.posts("reddit")) == 1
    assert submit(reddit).id != sandbox.posts("reddit")[0].id


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"title": "x" * 301}, "TOO_LONG"),
        ({"title": "  "}, "NO_TEXT"),
        ({"url": "nonsense"}, "BAD_URL"),
        ({"flair_id": "00000000-0000-0000-0000-000000000000"}, "BAD_FLAIR_TEMPLATE_ID"),
    ],
)
def test_a_bad_post_is_refused_by_code(
    sandbox: Sandbox, reddit: Any, arguments: dict[str, str], code: str
) -> None:
    from praw.exceptions import RedditAPIException

    with pytest.raises(RedditAPIException) as caught:
        submit(reddit, **arguments)

    assert error_of(caught) == code
    assert sandbox.posts("reddit") == ()


def test_another_subreddit_does_not_exist(reddit: Any) -> None:
    from praw.exceptions import RedditAPIException

    with pytest.raises(RedditAPIException) as caught:
        reddit.subreddit("golang").submit(TITLE, url=ISSUE)

    assert error_of(caught) == "SUBREDDIT_NOEXIST"


def test_a_flair_is_found_by_its_name_and_shown(sandbox: Sandbox, reddit: Any) -> None:
    choices = list(reddit.subreddit("rust").flair.link_templates.user_selectable())
    wanted = next(choice for choice in choices if "this week in rust" in choice["flair_text"])
    posted = now(reddit, submit(reddit, flair_id=wanted["flair_template_id"]))

    assert {choice["flair_text"] for choice in choices} == set(FLAIRS)
    assert posted.link_flair_text == wanted["flair_text"]


def test_the_subreddit_says_what_it_asks_of_a_post(reddit: Any) -> None:
    asked = reddit.subreddit("rust").post_requirements()

    assert asked["is_flair_required"] is False
    assert asked["title_text_max_length"] is None


def test_a_post_deleted_by_its_author_leaves_the_listings(sandbox: Sandbox, reddit: Any) -> None:
    posted = submit(reddit)
    sandbox.remove_post("reddit", posted.id)

    assert list(reddit.redditor("thisweekinrust-bot").submissions.new()) == []
    assert list(reddit.subreddit("rust").new()) == []
    assert list(reddit.info(url=ISSUE)) == []
    assert now(reddit, posted).removed_by_category == "deleted"
    assert submit(reddit, resubmit=False).id != posted.id


def test_a_long_listing_is_read_page_by_page(sandbox: Sandbox, reddit: Any) -> None:
    posted = [sandbox.seed_post("reddit", title=f"post {number}", text="x").id for number in range(130)]

    assert [found.id for found in reddit.subreddit("rust").new(limit=None)] == list(reversed(posted))


def test_an_account_without_the_scope_is_refused(sandbox: Sandbox, reddit: Any) -> None:
    from prawcore.exceptions import InsufficientScope

    sandbox.revoke("reddit", "submit")

    with pytest.raises(InsufficientScope):
        submit(reddit)


def test_an_expired_token_is_refused_and_a_new_one_is_given(sandbox: Sandbox, reddit: Any) -> None:
    reddit.user.me()
    sandbox.expire("reddit")

    assert str(reddit.user.me(use_cache=False)) == "thisweekinrust-bot"
    assert [request.status for request in sandbox.requests("reddit", "read")] == [200, 401, 200]


@pytest.mark.parametrize("wrong", ["refresh_token", "client_secret"])
def test_wrong_credentials_get_no_token(sandbox: Sandbox, wrong: str) -> None:
    from prawcore.exceptions import ResponseException

    with reddit_client(sandbox, **{wrong: "wrong"}) as reddit, pytest.raises(ResponseException):
        submit(reddit)

    assert sandbox.requests("reddit", "write") == ()


def test_a_maintainer_can_sign_in_and_gets_a_refresh_token_that_posts(sandbox: Sandbox) -> None:
    back = "http://localhost:9/done"
    with reddit_client(sandbox, redirect_uri=back) as reddit:
        address = reddit.auth.url(
            scopes=["identity", "submit", "read", "history"], state="s", duration="permanent"
        )
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', requests.get(address, timeout=10).text))
        sent_back = requests.post(address.partition("?")[0], data=fields, allow_redirects=False, timeout=10)
        answer = parse_qs(urlsplit(sent_back.headers["Location"]).query)
        refresh = reddit.auth.authorize(answer["code"][0])

    assert sent_back.headers["Location"].startswith(back)
    assert answer["state"] == ["s"]
    with reddit_client(sandbox, refresh_token=refresh) as reddit:
        assert submit(reddit).id == sandbox.posts("reddit")[0].id


def test_praw_never_waits_for_the_sandboxs_rate_limit(sandbox: Sandbox, reddit: Any) -> None:
    for _ in range(120):
        list(reddit.subreddit("rust").new(limit=1))

    limiter = reddit._core._rate_limiter
    assert limiter.remaining > 800


@pytest.mark.shared
@pytest.mark.parametrize(
    ("recording", "path"),
    [
        ("TestSubreddit.test_submit__url_selftext", "/api/submit/"),
        ("TestSubreddit.test_submit__flair", "/api/submit/"),
        ("TestSubreddit.test_post_requirements", "/post_requirements"),
        ("TestSubredditLinkFlairTemplates.test_user_selectable", "flairselector"),
    ],
)
def test_answers_have_the_shape_of_those_that_praw_recorded(
    sandbox: Sandbox, shared: Path, recording: str, path: str
) -> None:
    recorded = recorded_answer(shared / "recordings/reddit" / f"{recording}.json", path)
    headers = {"Authorization": f"bearer {reddit_token(sandbox)}"}
    form = {"api_type": "json", "kind": "link", "sr": "rust", "title": TITLE, "url": ISSUE, "text": "t"}
    base = sandbox.addresses["reddit"]
    submitted = requests.post(f"{base}/api/submit/", data=form, headers=headers, timeout=10)
    ours = {
        "/api/submit/": lambda: submitted,
        "/post_requirements": lambda: requests.get(
            f"{base}/api/v1/rust/post_requirements", headers=headers, timeout=10
        ),
        "flairselector": lambda: requests.post(
            f"{base}/r/rust/api/flairselector/", headers=headers, timeout=10
        ),
    }[path]().json()

    assert list(differences(ours, recorded, more=True)) == []


def recorded_answer(path: Path, wanted: str) -> Any:
    interactions = json.loads(path.read_text())["interactions"]
    body = next(one["response"]["body"]["string"] for one in interactions if wanted in one["request"]["uri"])
    return json.loads(body)


# ── private feeds ──


def feed_of(sandbox: Sandbox, path: str = FEED_PATH, **headers: str) -> requests.Response:
    return requests.get(sandbox.addresses["reddit"] + path, headers=headers, timeout=10)


def test_a_private_feed_is_atom_with_each_threads_own_link(sandbox: Sandbox) -> None:
    link = sandbox.seed_post(
        "reddit", title=f"{TITLE} & more", link=ISSUE, text="the summary", by="an_editor"
    )
    sandbox.seed_post("reddit", title="Elsewhere", link="https://example.org/", by="a_reader")

    answer = feed_of(sandbox)

    (entry,) = feedparser.parse(answer.content).entries
    assert answer.headers["content-type"] == "application/atom+xml; charset=UTF-8"
    assert (entry.id, entry.link, entry.title) == (f"t3_{link.id}", link.url, f"{TITLE} & more")
    assert (entry.author, entry.tags[0].term) == ("/u/an_editor", "rust")
    assert f'<a href="{ISSUE}">[link]</a>' in entry.content[0].value


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/r/rust/new/.rss", 2),
        ("/r/rust/search.rss", 2),
        ("/domain/this-week-in-rust.org/.rss", 1),
        ("/r/programming/new/.rss", 0),
    ],
)
def test_there_are_several_feeds_and_none_shows_what_was_removed(
    sandbox: Sandbox, path: str, shown: int
) -> None:
    for link in (ISSUE, "https://example.org/"):
        sandbox.seed_post("reddit", title=TITLE, link=link)
    sandbox.remove_post("reddit", sandbox.seed_post("reddit", title=TITLE, link=ISSUE).id)

    answer = feed_of(sandbox, f"{path}?{FEED_PATH[FEED_PATH.index('feed=') :]}")

    assert len(feedparser.parse(answer.content).entries) == shown


def test_a_feed_is_answered_once_a_minute_and_says_when_again(sandbox: Sandbox, clock: Any) -> None:
    first = feed_of(sandbox)
    clock.advance(seconds=40)
    second = feed_of(sandbox)
    clock.advance(seconds=20)
    third = feed_of(sandbox, **{"If-None-Match": first.headers["etag"]})

    assert (first.status_code, second.status_code, third.status_code) == (200, 429, 304)
    assert second.headers["x-ratelimit-reset"] == "20"
    assert third.content == b""


@pytest.mark.parametrize("pair", ["", "?feed=wrong&user=an_editor", FEED_PATH.partition("&user=")[0]])
def test_who_has_not_the_pair_gets_the_block_page(sandbox: Sandbox, pair: str) -> None:
    answer = feed_of(sandbox, pair if pair.startswith("/") else f"/r/rust/new/.rss{pair}")

    assert answer.status_code == 403
    assert "blocked by network security" in answer.text


def test_a_rehearsal_can_name_the_feed(sandbox: Sandbox, tmp_path: Path) -> None:
    written = sandbox.configuration(store_url="sqlite:////tmp/x.db", folder=tmp_path)
    address = sandbox.addresses["reddit"] + FEED_PATH

    assert f'# feed = {{ file = "{tmp_path}/secrets/reddit-feed" }}' in written
    assert (tmp_path / "secrets" / "reddit-feed").read_text().strip() == address
    assert sandbox.environment["SANDBOX_REDDIT_FEED"] == address
