"""The sandbox as a whole: opening and closing, lags, the handles over HTTP, the page, the rehearsal's configuration."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web

from crosspost import platforms
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.sandbox.posting import ISSUE, TEXT, TITLE, mastodon_client, publish, reddit_client


@pytest.fixture
def sandbox(clock: Any) -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox


# ── opening and closing ──


def test_importing_it_loads_no_web_server_and_no_client_library() -> None:
    heavy = "{'aiohttp', 'requests', 'mastodon', 'tweepy', 'praw', 'discord', 'atproto', 'oauthlib', 'regex'}"
    code = f"import sys, crosspost.sandbox; print(sorted({heavy} & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert loaded.stdout.strip() == "[]"


def test_every_platform_the_site_and_the_page_have_a_port_of_their_own(sandbox: Sandbox) -> None:
    addresses = {*sandbox.addresses.values(), sandbox.url}

    assert set(sandbox.addresses) == {*platforms.names(), "site"}
    assert len(addresses) == 7
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)


def test_a_request_that_arrives_before_all_ports_are_open_is_answered_when_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = web.TCPSite.start
    early: list[Future[requests.Response]] = []

    with ThreadPoolExecutor() as pool:

        async def start_slowly(site: web.TCPSite) -> None:
            await start(site)
            if not early:  # the page's port is the first
                ((_, port),) = site._runner.addresses
                url = f"http://127.0.0.1:{port}/_sandbox/addresses"
                early.append(pool.submit(requests.get, url, timeout=60))
                await asyncio.sleep(0.5)

        monkeypatch.setattr(web.TCPSite, "start", start_slowly)
        with Sandbox(stand_ins()) as sandbox:
            assert early[0].result().json()["addresses"] == sandbox.addresses


def test_closing_it_leaves_no_thread_and_no_open_port() -> None:
    before = threading.active_count()
    with Sandbox(stand_ins()) as sandbox:
        address = sandbox.url

    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)
    assert threading.active_count() == before


def test_closing_it_does_not_wait_for_what_hangs() -> None:
    with Sandbox(stand_ins()) as sandbox:
        sandbox.fail("mastodon", Fault.HANG, seconds=3600)
        waiting = threading.Thread(target=ask_and_give_up, args=(sandbox,))
        waiting.start()
        sandbox.wait_for(lambda: sandbox.requests("mastodon"))
    waiting.join(timeout=30)

    assert not waiting.is_alive()
    assert sandbox.posts("mastodon") == ()


def ask_and_give_up(sandbox: Sandbox) -> None:
    with pytest.raises(requests.ConnectionError):
        publish(sandbox, "mastodon", timeout=60)


def test_a_taken_port_is_an_os_error_and_closes_what_was_opened() -> None:
    before = threading.active_count()
    with Sandbox(stand_ins()) as first:
        taken = int(first.addresses["mastodon"].rpartition(":")[2])

        with pytest.raises(OSError, match="address already in use"):
            Sandbox(stand_ins(), taken).start()

    assert threading.active_count() == before


# ── listings lag ──


def listed(sandbox: Sandbox) -> int:
    with mastodon_client(sandbox) as client:
        return len(client.account_statuses(client.account_verify_credentials().id))


def test_listings_can_lag_by_time(sandbox: Sandbox, clock: Any) -> None:
    sandbox.hide("mastodon", seconds=30)
    publish(sandbox, "mastodon")

    early = listed(sandbox)
    clock.advance(seconds=31)

    assert (early, listed(sandbox)) == (0, 1)


def test_listings_can_lag_by_looks(sandbox: Sandbox) -> None:
    sandbox.hide("mastodon", looks=2)
    publish(sandbox, "mastodon")

    assert [listed(sandbox) for _ in range(3)] == [0, 0, 1]


def test_a_lag_ends_when_it_is_taken_back(sandbox: Sandbox) -> None:
    sandbox.hide("mastodon", seconds=3600, looks=5)
    publish(sandbox, "mastodon")
    sandbox.hide("mastodon")

    assert listed(sandbox) == 1


# ── what was posted by hand ──


@pytest.mark.parametrize("platform", platforms.names())
def test_a_post_made_by_hand_links_to_the_issue_and_has_its_author(sandbox: Sandbox, platform: str) -> None:
    ours = sandbox.seed_post(platform, title=TITLE, link=ISSUE)
    theirs = sandbox.seed_post(platform, text=f"read {ISSUE}", link=ISSUE, title="Look", by="an_editor")

    assert (ours.link, theirs.link) == (ISSUE, ISSUE)
    assert theirs.by == "an_editor" != ours.by
    assert TITLE in (ours.title, ours.text.partition("\n")[0], ours.text.partition(" http")[0])


def test_a_platform_that_is_not_there_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="the sandbox has no 'myspace'; it has: bluesky, discord, mastodon"):
        sandbox.seed_post("myspace", text="a")


def test_a_permission_that_is_not_there_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="reddit has no 'fly'; it has: edit, flair"):
        sandbox.revoke("reddit", "fly")


def test_clearing_forgets_everything_but_gives_no_id_twice(sandbox: Sandbox) -> None:
    first = sandbox.seed_post("reddit", title=TITLE, link=ISSUE)
    sandbox.fail("x", Fault.RESET)
    sandbox.revoke("x", "write")
    sandbox.clear()

    assert sandbox.posts() == ()
    assert sandbox.requests() == ()
    assert publish(sandbox, "x").status_code == 201
    assert sandbox.seed_post("reddit", title=TITLE, link=ISSUE).id != first.id


def test_a_request_that_no_client_would_send_is_a_bad_request(sandbox: Sandbox) -> None:
    keys = sandbox.credentials["discord"]
    address = f"{sandbox.addresses['discord']}/api/v10/channels/{keys['channel_id']}/messages"
    headers = {"Authorization": f"Bot {keys['bot_token']}"}

    assert requests.get(f"{address}?limit=many", headers=headers, timeout=10).status_code == 400
    assert requests.post(address, data=b"{", headers=headers, timeout=10).status_code == 400
    assert requests.post(address, json={"embeds": "no"}, headers=headers, timeout=10).status_code == 400


def test_what_is_kept_of_a_request_has_no_secret_in_it(sandbox: Sandbox) -> None:
    for platform in platforms.names():
        publish(sandbox, platform)

    kept = repr(sandbox.requests())

    assert "user-agent" in kept
    assert "authorization" not in kept
    assert sandbox.credentials["mastodon"]["access_token"] not in kept


# ── the site ──


def test_a_page_is_there_once_it_is_published(sandbox: Sandbox) -> None:
    address = f"{sandbox.addresses['site']}/blog/2026/08/19/this-week-in-rust-665/"

    before = requests.get(address, timeout=10)
    sandbox.publish_page("/blog/2026/08/19/this-week-in-rust-665/", "<h1>665</h1>")
    after = requests.get(address, timeout=10)
    sandbox.publish_page("/rss.xml", "<rss/>")
    feed = requests.get(f"{sandbox.addresses['site']}/rss.xml", timeout=10)

    assert (before.status_code, after.status_code, after.text) == (404, 200, "<h1>665</h1>")
    assert requests.head(address, timeout=10).status_code == 200
    assert "xml" in feed.headers["Content-Type"]


def test_the_site_can_fail_too(sandbox: Sandbox) -> None:
    sandbox.publish_page("/a", "a")
    sandbox.fail("site", Fault.STATUS, on="read", status=503)

    assert [requests.get(f"{sandbox.addresses['site']}/a", timeout=10).status_code for _ in range(2)] == [
        503,
        200,
    ]


# ── the handles over HTTP ──


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{sandbox.url}/_sandbox/{path}", json=body, timeout=10)


def test_another_process_can_see_and_order_everything(sandbox: Sandbox) -> None:
    known = control(sandbox, "GET", "addresses").json()
    ordered = control(
        sandbox, "POST", "faults", {"platform": "x", "fault": "status", "status": 503, "stored": True}
    )
    refused = publish(sandbox, "x").status_code
    posts = control(sandbox, "GET", "posts?platform=x").json()
    asked = control(sandbox, "GET", "requests?platform=x").json()
    made = control(
        sandbox, "POST", "posts", {"platform": "reddit", "title": TITLE, "link": ISSUE, "by": "ed"}
    )
    gone = control(sandbox, "DELETE", f"posts/x/{posts[0]['id']}")

    assert known["addresses"] == sandbox.addresses
    assert known["credentials"] == sandbox.credentials
    assert (ordered.status_code, refused) == (204, 503)
    assert [(post["text"], post["link"]) for post in posts] == [(TEXT, ISSUE)]
    assert [(one["kind"], one["status"], one["fault"]) for one in asked] == [
        ("write", 503, "status 503 stored")
    ]
    assert made.json()["url"] == sandbox.posts("reddit")[0].url
    assert gone.status_code == 204
    assert sandbox.posts("x") == ()


def test_a_post_that_was_edited_is_listed_with_when(sandbox: Sandbox, clock: Any) -> None:
    with mastodon_client(sandbox) as client:
        client.status_update(client.status_post("early").id, "late")

    (post,) = control(sandbox, "GET", "posts").json()

    assert (post["text"], post["edited"]) == ("late", clock().isoformat())


def test_the_rest_of_the_handles_do_as_their_python_names(sandbox: Sandbox) -> None:
    control(sandbox, "POST", "chaos", {"seed": 1, "rate": 1.0, "platforms": ["x"], "faults": ["status"]})
    stormy = publish(sandbox, "x").status_code
    control(sandbox, "DELETE", "faults?platform=x")
    control(sandbox, "POST", "hide", {"platform": "mastodon", "looks": 1})
    control(sandbox, "POST", "permissions", {"platform": "discord", "revoke": "SEND_MESSAGES"})
    forbidden = publish(sandbox, "discord").status_code
    control(sandbox, "POST", "permissions", {"platform": "discord", "grant": "SEND_MESSAGES"})
    allowed = publish(sandbox, "discord").status_code
    publish(sandbox, "mastodon")
    requests.put(f"{sandbox.url}/_sandbox/pages/a/b/?status=410", data="<p>gone</p>", timeout=10)
    page = requests.get(f"{sandbox.addresses['site']}/a/b/", timeout=10)

    assert stormy in (401, 500, 502, 503, 504)
    assert publish(sandbox, "x").status_code in (201, 403)
    assert (forbidden, allowed) == (403, 200)
    assert [listed(sandbox) for _ in range(2)] == [0, 1]
    assert (page.status_code, page.text) == (410, "<p>gone</p>")

    control(sandbox, "POST", "clear")
    assert sandbox.posts() == ()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("faults", {"fault": "reset"}, "platform: Missing required argument"),
        ("faults", {"platform": "x", "fault": "flood"}, "fault: Input should be 'eof', 'reset'"),
        ("faults", {"platform": "x", "fault": "reset", "often": 3}, "often: Unexpected keyword argument"),
        (
            "faults",
            {"platform": "x", "fault": "refused", "reason": "never"},
            "x does not refuse with 'never'",
        ),
        ("chaos", {"seed": 1, "rate": "often"}, "rate: Input should be a valid number"),
        ("hide", {"platform": "myspace"}, "the sandbox has no 'myspace'"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(sandbox: Sandbox, path: str, body: Any, words: str) -> None:
    answer = control(sandbox, "POST", path, body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


# ── the page ──


def test_the_page_shows_every_post_escaped_and_fetches_nothing_from_outside(sandbox: Sandbox) -> None:
    for platform in platforms.names():
        publish(sandbox, platform)
    sandbox.seed_post("mastodon", text="<script>alert(1)</script>", by="<b>")
    sandbox.fail("x", Fault.STATUS, status=503)
    publish(sandbox, "x")

    page = requests.get(sandbox.url, timeout=10).text

    assert page.count('<article class="post"') == 6
    assert "6 posts on 5 platforms." in page
    assert "<script>alert" not in page
    assert "status 503" in page
    assert all(f'data-platform="{platform}"' in page for platform in platforms.names())
    assert '<link rel="icon" href="data:,">' in page
    assert not [word for word in (' src="http', "@import", "url(http") if word in page]


@pytest.mark.parametrize("platform", platforms.names())
def test_a_card_names_the_newsletter_whatever_else_the_first_line_says(
    sandbox: Sandbox, platform: str
) -> None:
    title = TITLE if platform in ("reddit", "discord") else ""
    sandbox.seed_post(platform, title=title, text=f"{TITLE} is out: {ISSUE}\n\n1,000 more", link=ISSUE)

    assert "<b>This Week in Rust</b>" in requests.get(sandbox.url, timeout=10).text


def test_the_empty_page_says_what_to_do(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.url, timeout=10).text

    assert "Nothing has been posted yet." in page
    assert "api_base_url" in page
    assert sandbox.addresses["bluesky"] in page


# ── the rehearsal's configuration ──


def test_the_configuration_names_every_secret_as_a_variable_of_the_environment(sandbox: Sandbox) -> None:
    config = tomllib.loads(sandbox.configuration(store_url="sqlite:////tmp/r.db", source_path="/srv/issues"))

    for platform in platforms.names():
        account = config["accounts"][platform]
        assert account["api_base_url"] == sandbox.addresses[platform]
        named = {key: value["env"] for key, value in account.items() if isinstance(value, dict)}
        assert named
        for key, variable in named.items():
            assert sandbox.environment[variable] == sandbox.credentials[platform][key]
    assert config["source"] == {"kind": "directory", "path": "/srv/issues", "every": "1s"}
    assert config["backfill"] == {"mode": "file"}


def test_the_configuration_can_write_its_secrets_into_files_for_their_owner_only(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    text = sandbox.configuration(store_url="sqlite:////tmp/r.db", source_url="/srv/twir.git", folder=tmp_path)
    config = tomllib.loads(text)

    path = Path(config["accounts"]["reddit"]["refresh_token"]["file"])
    assert path.read_text() == sandbox.credentials["reddit"]["refresh_token"] + "\n"
    assert path.stat().st_mode & 0o077 == 0
    assert config["source"]["kind"] == "git"
    assert config["gate"]["page_live"] is True
    assert not [value for value in sandbox.environment.values() if value in text]


def test_the_program_accepts_the_configuration(sandbox: Sandbox, tmp_path: Path, monkeypatch: Any) -> None:
    from crosspost import platforms
    from crosspost.config import loader

    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "config.toml"
    path.write_text(sandbox.configuration(store_url=f"sqlite:///{tmp_path}/r.db", source_path=tmp_path))

    config = loader.load(path, platforms.settings_of)

    assert {account.platform for account in config.accounts} == set(platforms.names())


def test_many_requests_at_once_are_all_answered_and_counted(sandbox: Sandbox) -> None:
    threads = [threading.Thread(target=publish, args=(sandbox, "discord")) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    posts = sandbox.posts("discord")
    assert len({post.id for post in posts}) == 16
    assert [post.number for post in posts] == list(range(1, 17))


def test_a_client_that_reads_slowly_holds_back_no_other(sandbox: Sandbox) -> None:
    sandbox.fail("mastodon", Fault.HANG, seconds=60)
    waiting = threading.Thread(target=ask_and_give_up, args=(sandbox,))
    waiting.start()
    sandbox.wait_for(lambda: sandbox.requests("mastodon"))

    with reddit_client(sandbox) as reddit:
        assert str(reddit.user.me()) == "thisweekinrust-bot"
    sandbox.close()
    waiting.join(timeout=30)
