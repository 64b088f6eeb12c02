"""Every fault on every platform: what arrives at the client, and whether the post is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from crosspost import platforms
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.sandbox.posting import publish


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(stand_ins()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.clear()
    return running


def writes(sandbox: Sandbox, platform: str) -> list[int | None]:
    return [request.status for request in sandbox.requests(platform, "write")]


@pytest.mark.parametrize("stored", [False, True], ids=["lost", "stored"])
@pytest.mark.parametrize("platform", platforms.names())
class TestEveryPlatform:
    def test_a_connection_can_be_closed_without_an_answer(
        self, sandbox: Sandbox, platform: str, stored: bool
    ) -> None:
        sandbox.fail(platform, Fault.EOF, stored=stored)

        with pytest.raises(requests.ConnectionError, match="Remote end closed connection"):
            publish(sandbox, platform)

        assert len(sandbox.posts(platform)) == stored
        assert writes(sandbox, platform) == [None]

    def test_a_connection_can_be_reset(self, sandbox: Sandbox, platform: str, stored: bool) -> None:
        sandbox.fail(platform, Fault.RESET, stored=stored)

        with pytest.raises(requests.ConnectionError, match="reset"):
            publish(sandbox, platform)

        assert len(sandbox.posts(platform)) == stored

    def test_an_answer_can_be_kept_back(self, sandbox: Sandbox, platform: str, stored: bool) -> None:
        sandbox.fail(platform, Fault.HANG, seconds=60, stored=stored)

        with pytest.raises(requests.ReadTimeout):
            publish(sandbox, platform, timeout=0.3)

        assert len(sandbox.posts(platform)) == stored

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
    def test_any_status_can_be_answered(
        self, sandbox: Sandbox, platform: str, stored: bool, status: int
    ) -> None:
        sandbox.fail(platform, Fault.STATUS, status=status, stored=stored)

        answer = publish(sandbox, platform)

        assert answer.status_code == status
        assert answer.content
        assert len(sandbox.posts(platform)) == stored

    def test_a_web_page_can_be_answered(self, sandbox: Sandbox, platform: str, stored: bool) -> None:
        sandbox.fail(platform, Fault.HTML, stored=stored)

        answer = publish(sandbox, platform)

        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert len(sandbox.posts(platform)) == stored


@pytest.mark.parametrize("platform", platforms.names())
class TestFaultsOfARealAnswer:
    def test_half_of_it_arrives(self, sandbox: Sandbox, platform: str) -> None:
        sandbox.fail(platform, Fault.TRUNCATED)

        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            publish(sandbox, platform)

        assert len(sandbox.posts(platform)) == 1

    def test_its_rate_limit_headers_make_no_sense(self, sandbox: Sandbox, platform: str) -> None:
        sandbox.fail(platform, Fault.BAD_HEADERS)

        answer = publish(sandbox, platform)

        assert answer.status_code in (200, 201)
        assert "soon" in answer.headers.values()
        assert len(sandbox.posts(platform)) == 1

    def test_it_is_carried_out_when_nobody_waits_any_more(self, sandbox: Sandbox, platform: str) -> None:
        sandbox.fail(platform, Fault.LATE, seconds=0.6)

        with pytest.raises(requests.ReadTimeout):
            publish(sandbox, platform, timeout=0.2)
        before = sandbox.posts(platform)
        sandbox.wait_for(lambda: sandbox.posts(platform))

        assert not before
        assert len(sandbox.posts(platform)) == 1


def test_what_was_late_when_everything_was_forgotten_is_not_carried_out(sandbox: Sandbox) -> None:
    sandbox.fail("discord", Fault.LATE, seconds=0.3)
    with pytest.raises(requests.ReadTimeout):
        publish(sandbox, "discord", timeout=0.1)
    sandbox.clear()

    with pytest.raises(TimeoutError, match=r"it has not happened within 0\.6 s"):
        sandbox.wait_for(lambda: sandbox.posts("discord"), timeout=0.6)


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("mastodon", {"X-RateLimit-Reset"}),
        ("x", {"x-rate-limit-reset"}),
        ("reddit", {"x-ratelimit-reset", "retry-after"}),
        ("discord", {"Retry-After", "Via"}),
        ("bluesky", {"ratelimit-reset"}),
    ],
)
def test_a_rate_limit_says_when_it_ends_or_does_not(sandbox: Sandbox, platform: str, names: set[str]) -> None:
    sandbox.fail(platform, Fault.RATE_LIMITED, reset=90)
    sandbox.fail(platform, Fault.RATE_LIMITED)

    told, silent = publish(sandbox, platform), publish(sandbox, platform)

    assert (told.status_code, silent.status_code) == (429, 429)
    assert all(name in told.headers for name in names)
    # Bluesky names its window with every answer; what is missing there is only the moment of the limit.
    assert platform == "bluesky" or not any(name in silent.headers for name in names)
    assert sandbox.posts(platform) == ()


@pytest.mark.parametrize(
    ("platform", "reason", "status", "words"),
    [
        ("mastodon", "422", 422, "Validation failed"),
        ("x", "duplicate", 403, "duplicate content"),
        ("x", "duplicate-187", 403, "187"),
        ("x", "credits", 402, "CreditsDepleted"),
        ("x", "read-only", 403, "oauth1-permissions"),
        ("reddit", "RATELIMIT", 200, "Take a break for"),
        ("reddit", "ALREADY_SUB", 200, "already been submitted"),
        ("reddit", "network-security", 403, "blocked by network security"),
        ("reddit", "SUBREDDIT_NOTALLOWED", 200, "SUBREDDIT_NOTALLOWED"),
        ("discord", "50013", 403, "Missing Permissions"),
        ("discord", "10003", 404, "Unknown Channel"),
        ("discord", "50035", 400, "Must be 2000 or fewer"),
        ("discord", "200000", 400, "blocked"),
        ("bluesky", "InvalidSwap", 400, "InvalidSwap"),
        ("bluesky", "ExpiredToken", 400, "ExpiredToken"),
    ],
)
def test_a_platform_refuses_in_its_own_words(
    sandbox: Sandbox, platform: str, reason: str, status: int, words: str
) -> None:
    sandbox.fail(platform, Fault.REFUSED, reason=reason)

    answer = publish(sandbox, platform)

    assert answer.status_code == status
    assert words in answer.text
    assert sandbox.posts(platform) == ()


def test_reddit_can_say_ratelimit_and_post_all_the_same(sandbox: Sandbox) -> None:
    sandbox.fail("reddit", Fault.REFUSED, reason="RATELIMIT", stored=True)

    answer = publish(sandbox, "reddit").json()["json"]

    assert answer["errors"][0][0] == "RATELIMIT"
    assert answer["data"]["name"] == f"t3_{sandbox.posts('reddit')[0].id}"


def test_an_unknown_reason_is_refused_when_it_is_ordered(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="x does not refuse with 'nonsense'"):
        sandbox.fail("x", Fault.REFUSED, reason="nonsense")


def test_faults_are_met_in_turn_and_as_often_as_ordered(sandbox: Sandbox) -> None:
    sandbox.fail("discord", Fault.STATUS, status=500, times=2)
    sandbox.fail("discord", Fault.STATUS, status=503)

    assert [publish(sandbox, "discord").status_code for _ in range(4)] == [500, 500, 503, 200]


def test_a_fault_without_an_end_lasts_until_it_is_cleared(sandbox: Sandbox) -> None:
    sandbox.fail("discord", Fault.STATUS, status=503, times=None)

    during = [publish(sandbox, "discord").status_code for _ in range(3)]
    sandbox.clear_faults("discord")

    assert during == [503, 503, 503]
    assert publish(sandbox, "discord").status_code == 200


def test_a_fault_waits_for_requests_of_its_kind(sandbox: Sandbox) -> None:
    sandbox.fail("reddit", Fault.STATUS, on="read", status=503)

    assert publish(sandbox, "reddit").status_code == 200

    sandbox.fail("reddit", Fault.STATUS, on="auth", status=503)
    with pytest.raises(requests.JSONDecodeError):
        publish(sandbox, "reddit")


def test_a_fault_meets_only_the_platform_it_was_ordered_for(sandbox: Sandbox) -> None:
    sandbox.fail("x", Fault.RESET)

    assert publish(sandbox, "discord").status_code == 200


def test_an_unplugged_platform_refuses_connections() -> None:
    with Sandbox({"mastodon": stand_ins()["mastodon"]}) as other:
        other.unplug("mastodon")

        with pytest.raises(requests.ConnectionError, match="refused"):
            publish(other, "mastodon")


def test_requests_that_met_a_fault_are_counted_and_say_which(sandbox: Sandbox) -> None:
    sandbox.fail("mastodon", Fault.STATUS, status=502, stored=True)
    publish(sandbox, "mastodon")
    publish(sandbox, "mastodon")

    first, second = sandbox.requests("mastodon", "write")

    assert (first.status, first.fault) == (502, "status 502 stored")
    assert (second.status, second.fault) == (200, "")


def statuses_under_chaos(sandbox: Sandbox, seed: int) -> list[str]:
    sandbox.clear()
    sandbox.chaos(seed, 0.6, ["mastodon"], faults=[Fault.STATUS, Fault.HTML, Fault.RATE_LIMITED])
    for _ in range(12):
        publish(sandbox, "mastodon")
    return [request.fault for request in sandbox.requests("mastodon")]


def test_chaos_repeats_itself_with_its_seed_and_differs_with_another(sandbox: Sandbox) -> None:
    first, again, other = (statuses_under_chaos(sandbox, seed) for seed in (7, 7, 8))

    assert first == again
    assert first != other
    assert any(first)
    assert not all(first)


def test_chaos_ends_when_the_faults_are_cleared(sandbox: Sandbox) -> None:
    sandbox.chaos(1, 1.0)
    sandbox.clear_faults()

    assert [publish(sandbox, platform).ok for platform in platforms.names()] == [True] * 5
