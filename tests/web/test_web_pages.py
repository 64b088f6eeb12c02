"""What the pages say, how they are served, and that they only show."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from crosspost.app import App
from crosspost.config.addresses import host_and_port
from crosspost.config.schema import AccountConfig, ChannelConfig, Config, WebConfig
from crosspost.errors import CrosspostError
from crosspost.model import ChannelState, IssueState
from crosspost.pipeline import Pass
from crosspost.platforms import settings_of
from crosspost.web import Health
from crosspost.web.pages import verdict
from crosspost.web.server import serving
from tests.web import browser
from tests.web.strange_week import NOW, REDDIT, WEBHOOK_SECRET, Pages, fill, served


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with served(tmp_path) as there:
        fill(there.app)
        yield there


def get(pages: Pages, path: str) -> requests.Response:
    return requests.get(pages.address + path, timeout=10)


def test_the_overview_shows_every_issue_with_its_deliveries_and_reasons(pages: Pages) -> None:
    text = get(pages, "/").text

    for shown in (
        "This Week in Rust 664", "This Week in Rust 665", "This Week in Rust 666", "the page answers 404",
        "stuck", "sent, adopted", "the push was refused: fetch first", REDDIT,
        "crosspost retry 665 x",
    ):  # fmt: skip
        assert shown in text


def test_a_person_sees_first_that_they_are_needed(pages: Pages) -> None:
    assert "A person is needed: This Week in Rust 665." in get(pages, "/").text


@pytest.mark.parametrize(
    ("states", "wanting", "expected"),
    [
        (["done"], [], "All is well."),
        (["planned", "done"], [], "Work is under way."),
        (["waiting"], [], "Work is under way."),
        (["planned"], ["Issue 665", "Issue 664"], "A person is needed: Issue 665, Issue 664."),
    ],
)
def test_the_verdict_is_one_sentence(states: list[str], wanting: list[str], expected: str) -> None:
    known = [IssueState(state) for state in states]

    assert verdict(Health(True, "", None, None), known, wanting)[1] == expected


def test_what_is_still_to_be_posted_is_shown_as_it_will_look(pages: Pages) -> None:
    text = get(pages, "/").text

    assert text.count('<article class="post" data-platform="x"') == 1
    assert text.count('<article class="post" data-platform="discord"') == 1
    assert 'data-platform="mastodon"' not in text


def test_an_issues_page_shows_all_its_posts_and_its_history(pages: Pages) -> None:
    text = get(pages, "/issues/665").text.partition("</style>")[2]

    assert text.count("<article") == 4
    assert text.index("seen in git") < text.index("planned for mastodon") < text.index("attempt 1")
    assert "status: 401" in text


def test_what_a_platform_said_is_text_and_never_markup(pages: Pages) -> None:
    for path in ("/", "/issues/665"):
        text = get(pages, path).text

        assert "<b>token</b>" not in text
        assert "&lt;b&gt;token&lt;/b&gt;" in text
        assert "<every>" not in text


def test_an_empty_store_is_a_page_too(tmp_path: Path) -> None:
    with served(tmp_path) as there:
        assert "No issue has come out since this store began to watch." in get(there, "/").text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/issues/9", 404), ("/issues/x", 404), ("/issues/99999999999999999999", 404), ("/../etc/passwd", 404)],
)
def test_what_is_not_there_is_not_found(pages: Pages, path: str, status: int) -> None:
    assert get(pages, path).status_code == status


@pytest.mark.parametrize("path", ["/", "/issues/665", "/healthz", "/metrics", "/nothing"])
def test_every_answer_forbids_a_browser_everything_but_showing_it(pages: Pages, path: str) -> None:
    headers = get(pages, path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "crosspost"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/issues/665", "/healthz", "/metrics"])
def test_nothing_can_be_done_from_a_page(pages: Pages, method: str, path: str) -> None:
    assert requests.request(method, pages.address + path, timeout=10).status_code == 405


def test_a_secret_that_found_its_way_into_a_reason_is_not_shown(tmp_path: Path) -> None:
    with served(tmp_path, secret=WEBHOOK_SECRET) as there:
        problem = f"https://user:{WEBHOOK_SECRET}@forge.example: no answer"
        there.health = replace(there.health, last=Pass(NOW, NOW, (problem,), False, False))

        text = get(there, "/").text

    assert "no answer" in text
    assert WEBHOOK_SECRET not in text
    assert WEBHOOK_SECRET.replace("'", "&#39;") not in text


# ── health and figures ───────────────────────────────────────────────────────────────────────────────


def test_health_is_what_the_watchdog_would_be_told(pages: Pages) -> None:
    assert (get(pages, "/healthz").status_code, get(pages, "/healthz").text) == (200, "healthy\n")

    pages.health = Health(False, "no pass has finished for 300 s", pages.health.last, None)

    assert get(pages, "/healthz").status_code == 503
    assert get(pages, "/healthz").text == "no pass has finished for 300 s\n"
    assert "The daemon is not healthy" in get(pages, "/").text


def metrics_of(pages: Pages) -> dict[str, float]:
    lines = (line for line in get(pages, "/metrics").text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_metrics_count_deliveries_by_platform_and_state(pages: Pages) -> None:
    measured = metrics_of(pages)

    assert measured['crosspost_deliveries{platform="mastodon",state="sent"}'] == 2
    assert measured['crosspost_deliveries{platform="x",state="stuck"}'] == 1
    assert measured['crosspost_deliveries{platform="discord",state="due"}'] == 1


def test_what_an_account_costs_is_a_metric_and_on_the_page(tmp_path: Path) -> None:
    settings = settings_of("x")(budget=Decimal("5.00"))
    with served(tmp_path, accounts=(AccountConfig("x", "x", settings),)) as there:
        there.app.store.add_spending("x", Decimal("0.211"), NOW)

        assert metrics_of(there)['crosspost_spent_dollars{account="x"}'] == 0.211
        assert metrics_of(there)['crosspost_budget_dollars{account="x"}'] == 5
        assert "x: $0.211 of $5.00 spent in 2026-08" in get(there, "/").text


def test_a_watched_channels_last_issue_is_a_metric_and_on_the_page(tmp_path: Path) -> None:
    channels = (ChannelConfig("feed", name="archive", url="https://a.example"),)
    with served(tmp_path, channels=channels) as there:
        assert "archive: no issue seen there yet" in get(there, "/").text
        there.app.store.save_channel(ChannelState("archive", 665, NOW - timedelta(days=3), NOW))

        assert metrics_of(there)['crosspost_channel_issue{channel="archive"}'] == 665
        assert (
            metrics_of(there)['crosspost_channel_seen_timestamp_seconds{channel="archive"}']
            == (NOW - timedelta(days=3)).timestamp()
        )
        assert "archive: issue 665, seen there 3 days ago (2026-08-17" in get(there, "/").text


def test_the_time_to_a_post_counts_ours_and_not_an_editors(pages: Pages) -> None:
    measured = metrics_of(pages)

    assert measured['crosspost_live_to_posted_seconds_sum{platform="mastodon"}'] == 8
    assert measured['crosspost_live_to_posted_seconds_bucket{le="5.0",platform="mastodon"}'] == 2
    assert 'crosspost_live_to_posted_seconds_count{platform="x"}' not in measured


def test_the_metrics_say_when_the_last_pass_was_and_what_is_next(pages: Pages) -> None:
    measured = metrics_of(pages)

    assert measured["crosspost_last_pass_timestamp_seconds"] == NOW.timestamp()
    assert measured["crosspost_last_pass_duration_seconds"] == 2
    assert measured["crosspost_next_pass_timestamp_seconds"] == (NOW + timedelta(minutes=1)).timestamp()
    assert measured["crosspost_next_due_timestamp_seconds"] == (NOW + timedelta(minutes=1)).timestamp()
    assert measured["crosspost_healthy"] == 1


# ── where it listens ─────────────────────────────────────────────────────────────────────────────────


def test_an_address_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        app = App(Config(web=WebConfig(listen=where)))

        with (
            pytest.raises(CrosspostError, match=r"cannot listen on 127\.0\.0\.1:\d+: .*in use"),
            serving(app, lambda: Health(True, "", None, None), lambda: None),
        ):
            pass


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("127.0.0.1:8593", ("127.0.0.1", 8593)), ("[::1]:80", ("::1", 80)), ("localhost:0", ("localhost", 0))],
)
def test_an_address_is_a_host_and_a_port(listen: str, expected: tuple[str, int]) -> None:
    assert host_and_port(listen) == expected


@pytest.mark.parametrize("listen", ["8593", ":8593", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", ""])
def test_any_other_address_is_refused_in_a_sentence(listen: str) -> None:
    with pytest.raises(ValueError, match="expected an address and a port"):
        host_and_port(listen)


def test_the_pages_stop_listening_when_they_are_told(tmp_path: Path) -> None:
    with served(tmp_path) as there:
        assert get(there, "/healthz").status_code == 200

    with pytest.raises(requests.ConnectionError):
        get(there, "/healthz")


# ── in a browser ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
@pytest.mark.skipif(not browser.chromium(), reason="Chromium is not on this machine")
@pytest.mark.parametrize("path", ["/", "/issues/665"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)], ids=["desk", "phone, dark"])
def test_a_page_fits_its_window_and_loads_nothing_else(
    pages: Pages, tmp_path: Path, path: str, width: int, dark: bool
) -> None:
    seen = browser.look(pages.address + path, tmp_path, width=width, dark=dark)

    assert seen.content_width == width
    assert seen.requests == (pages.address + path,)
    assert seen.complaints == ()
    assert "This Week in Rust 665" in seen.text
