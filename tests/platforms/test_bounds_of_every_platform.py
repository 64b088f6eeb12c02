"""What a server may do to any platform's client, and what none of them lets it do."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost import network, platforms
from crosspost.config.secrets import Secret
from crosspost.model import (
    Absent,
    CannotLook,
    Found,
    NeverArrived,
    Post,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.network import CERTIFICATES
from crosspost.platforms import Platform, bluesky, discord, mastodon, reddit, x
from tests.platforms.scripted_place import (
    ISSUE,
    NOW,
    SINCE,
    WANTED,
    Asked,
    Drip,
    Place,
    Reply,
    a_post,
    an_attempt,
)
from tests.web_server import self_signed, serving

pytest.importorskip("atproto")
pytest_plugins = ("tests.platforms.scripted_place",)

DID = "did:plc:abcdefghijklmnopqrstuvwx"
TOKEN_PARTS = ({"alg": "none"}, {"sub": DID, "iat": 1, "exp": 4_000_000_000, "scope": "com.atproto.access"})
TOKEN = (
    ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in TOKEN_PARTS)
    + ".c2ln"
)

ANSWERS: dict[str, dict[tuple[str, str], Any]] = {
    "mastodon": {
        ("GET", "/api/v1/accounts/verify_credentials"): {"id": "7", "acct": "twir", "username": "twir"},
        ("GET", "/api/v1/accounts/7/statuses"): [],
        ("POST", "/api/v1/statuses"): {"id": "1", "url": "https://m.example/@twir/1", "content": ""},
    },
    "x": {
        ("GET", "/2/users/me"): {"data": {"id": "7", "username": "twir"}},
        ("GET", "/2/users/7/tweets"): {"meta": {"result_count": 0}},
        ("POST", "/2/tweets"): {"data": {"id": "1"}},
    },
    "reddit": {
        ("POST", "/api/v1/access_token"): {"access_token": "t", "expires_in": 3600, "scope": "*"},
        ("GET", "/api/v1/me"): {"name": "twir", "id": "7"},
        ("GET", "/user/twir/submitted"): {"kind": "Listing", "data": {"children": []}},
        ("GET", "/r/rust/new"): {"kind": "Listing", "data": {"children": []}},
        ("GET", "/api/info"): {"kind": "Listing", "data": {"children": []}},
        ("POST", "/api/submit"): {
            "json": {
                "errors": [],
                "data": {"id": "1", "name": "t3_1", "url": "https://www.reddit.com/r/rust/comments/1/a/"},
            }
        },
    },
    "discord": {
        ("GET", "/api/v10/users/@me"): {"id": "5", "username": "twir", "discriminator": "0", "avatar": None},
        ("GET", "/api/v10/oauth2/applications/@me"): {},
        ("GET", "/api/v10/channels/30"): {"id": "30", "type": 0, "last_message_id": None},
        ("GET", "/api/v10/channels/30/messages"): [],
        ("POST", "/api/v10/channels/30/messages"): {
            "id": "1",
            "channel_id": "30",
            "content": "",
            "author": {"id": "5", "username": "twir", "discriminator": "0", "avatar": None},
            "attachments": [],
            "embeds": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "tts": False,
            "pinned": False,
            "type": 0,
            "timestamp": "2026-08-20T03:00:00+00:00",
            "edited_timestamp": None,
        },
    },
    "bluesky": {
        ("POST", "/xrpc/com.atproto.server.createSession"): {
            "did": DID,
            "handle": "twir.example",
            "accessJwt": TOKEN,
            "refreshJwt": TOKEN,
            "active": True,
        },
        ("GET", "/xrpc/com.atproto.repo.getRecord"): Reply(
            400, {"error": "RecordNotFound", "message": "Could not locate record"}
        ),
        ("GET", "/xrpc/com.atproto.repo.listRecords"): {"records": []},
        ("POST", "/xrpc/com.atproto.repo.putRecord"): {"uri": f"at://{DID}/app.bsky.feed.post/1", "cid": "c"},
    },
}
"""A place that is well and empty. The last one of each is the request that publishes."""

ONE = {
    "mastodon": "/api/v1/statuses/1",
    "x": "/2/tweets/1",
    "reddit": "/api/info",
    "discord": "/api/v10/channels/30/messages/1",
    "bluesky": "/xrpc/com.atproto.repo.getRecord",
}
"""Where one post is read."""
LISTS = {
    "mastodon": "/api/v1/accounts/7/statuses",
    "x": "/2/users/7/tweets",
    "reddit": "/user/twir/submitted",
    "discord": "/api/v10/channels/30/messages",
    "bluesky": "/xrpc/com.atproto.repo.listRecords",
}
"""Where posts are listed."""

PUBLISHES = {name: list(answers)[-1] for name, answers in ANSWERS.items()}
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>challenge</body></html>"

every_platform = pytest.mark.parametrize("name", platforms.names())


def answer_all(place: Place, *answers: Any) -> None:
    for method in ("GET", "POST", "PUT"):
        place.on(method, "/.*", *answers)


def be_well(place: Place, name: str, **headers: Any) -> None:
    for (method, path), answer in ANSWERS[name].items():
        reply = answer if isinstance(answer, Reply) else Reply(200, answer)
        place.on(method, path, replace(reply, headers=headers or reply.headers))


@pytest.fixture
def connect(place: Place, secret: Callable[[str], Secret]) -> Iterator[Callable[..., Platform]]:
    connected: list[Platform] = []
    s = secret("the-secret")
    settings: dict[str, Callable[[str], Any]] = {
        "mastodon": lambda url: mastodon.Settings(api_base_url=url, access_token=s),
        "x": lambda url: x.Settings(url, s, s, s, s),
        "reddit": lambda url: reddit.Settings(
            subreddit="rust", api_base_url=url, client_id=s, client_secret=s, refresh_token=s
        ),
        "discord": lambda url: discord.Settings(api_base_url=url, channel_id=30, bot_token=s),
        "bluesky": lambda url: bluesky.Settings(api_base_url=url, handle="twir.example", app_password=s),
    }

    def connected_to(name: str, url: str | None = None) -> Platform:
        platform: Platform = settings[name](url or place.url).connect(lambda: NOW)
        connected.append(platform)
        return platform

    yield connected_to
    for platform in connected:
        platform.close()


def the_post(name: str) -> Post:
    return a_post(name, fields={"embeds": [{"title": "News", "url": ISSUE}]} if name == "discord" else {})


# ── A wall in front of the platform ──────────────────────────────────────────────────────────────────


@every_platform
@pytest.mark.parametrize("status", [200, 401, 403, 404, 503])
def test_a_bot_check_in_front_of_everything_is_refused_for_now_and_over_when_it_is_gone(
    name: str, status: int, place: Place, connect: Callable[..., Platform]
) -> None:
    answer_all(place, Reply(status, PAGE, {"cf-mitigated": "challenge"}, kind="text/html"))

    look, outcome = connect(name).find(WANTED, SINCE), connect(name).send(the_post(name), an_attempt())

    assert isinstance(look, CannotLook)
    assert not look.refused
    assert f"answered {status} with a web page (a bot check?)" in look.reason
    assert isinstance(outcome, NeverArrived | Uncertain), outcome
    assert "the-secret" not in repr((look, outcome))
    be_well(place, name)
    platform = connect(name)
    assert isinstance(platform.find(WANTED, SINCE), Absent)
    assert isinstance(platform.send(the_post(name), an_attempt()), Sent)


@every_platform
def test_a_wall_that_speaks_json_is_not_the_platform_either(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    body = (
        b'{"cloudflare_error": true, "status": 403, "title": "Error 1010: Access denied", "detail": "Banned"}'
    )
    answer_all(place, Reply(403, body, kind="application/json"))

    look, outcome = connect(name).find(WANTED, SINCE), connect(name).send(the_post(name), an_attempt())

    assert isinstance(look, CannotLook)
    assert not look.refused
    assert isinstance(outcome, NeverArrived | Uncertain), outcome


@every_platform
@pytest.mark.parametrize("status", [200, 401, 403, 404, 503])
@pytest.mark.parametrize("body", [PAGE, b""], ids=["page", "empty"])
def test_a_bot_check_in_front_of_the_publishing_request_leaves_it_uncertain(
    name: str, status: int, body: bytes, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on(*PUBLISHES[name], Reply(status, body, kind="text/html"))

    outcome = connect(name).send(the_post(name), an_attempt())

    assert isinstance(outcome, Uncertain), outcome
    assert f"answered {status} with" in outcome.reason or status == 200
    assert place.count(*PUBLISHES[name]) == 1


@pytest.mark.parametrize("name", ["mastodon", "x", "reddit", "discord", "bluesky"])
def test_a_page_that_says_404_is_no_proof_that_a_post_is_not_there(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    address = {
        "mastodon": "https://m.example/@twir/1",
        "x": "https://x.com/twir/status/1",
        "reddit": "https://www.reddit.com/r/rust/comments/1/a/",
        "discord": "https://discord.com/channels/@me/30/1",
        "bluesky": "https://bsky.app/profile/twir.example/post/1",
    }[name]
    one = "/api/v1/statuses/1|/2/tweets/1|/api/info|/api/v10/channels/30/messages/1"
    place.on("GET", f"({one}|/xrpc/com.atproto.repo.getRecord)", Reply(404, PAGE, kind="text/html"))

    assert isinstance(connect(name).verify(address, WANTED), CannotLook)


# ── Bounds ───────────────────────────────────────────────────────────────────────────────────────────


@every_platform
@pytest.mark.parametrize(
    "drip",
    [
        Drip(b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x"),
        Drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{", b" "),
    ],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_ends_with_the_attempts_time(
    name: str, drip: Drip, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on(*PUBLISHES[name], drip)
    platform = connect(name)
    platform.find(WANTED, SINCE)  # loads the library

    outcome = platform.send(the_post(name), an_attempt(timeout=1.0))

    if not place.count(*PUBLISHES[name]):  # a machine too busy to get that far in a second
        assert isinstance(outcome, NeverArrived), outcome
        return
    assert isinstance(outcome, Uncertain), outcome
    assert place.hung_up.wait(20), "the connection is still open"


@every_platform
def test_an_answer_without_end_is_not_read_to_its_end(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    listings = (
        "/api/v1/accounts/7/statuses|/2/users/7/tweets|/user/twir/submitted|/api/v10/channels/30/messages"
    )
    listing = f"({listings}|/xrpc/com.atproto.repo.listRecords)"
    place.on("GET", listing, Reply(200, b"[" + b" " * 9_000_000 + b"]"))

    look = connect(name).find(WANTED, SINCE)

    assert isinstance(look, CannotLook), look
    assert not look.refused


@every_platform
@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Reset": "whenever", "X-RateLimit-Remaining": "many", "X-RateLimit-Limit": "?"},
        {
            "Date": ["Wed, 25 Nov 2026 22:00:00 GMT"] * 2,
            "X-RateLimit-Reset": ["2026-11-25T23:59:00.000000Z"] * 2,
            "X-RateLimit-Limit": ["300"] * 2,
            "X-RateLimit-Remaining": "991, 98",
        },
        {
            "X-RateLimit-Limit": "1",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "9" * 30,
            "X-RateLimit-Reset-After": "9999999999",
            "RateLimit-Reset": "never",
            "Retry-After": "soon",
        },
    ],
    ids=["unreadable", "twice", "far away"],
)
def test_headers_that_say_nothing_about_the_answer_do_not_spoil_it(
    name: str, headers: dict[str, Any], place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name, **headers)
    platform = connect(name)

    assert platform.find(WANTED, SINCE) == Absent()
    assert isinstance(platform.send(the_post(name), an_attempt()), Sent)


@every_platform
@pytest.mark.parametrize(
    "asked", ["31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59-14:00", "1e300"]
)
def test_a_rate_limit_of_years_is_refused_for_now(
    name: str, asked: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on(*PUBLISHES[name], Reply(429, {"message": "slow", "retry_after": 1e300}, {"Retry-After": asked}))

    outcome = connect(name).send(the_post(name), an_attempt())

    assert isinstance(outcome, RefusedForNow), outcome


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("120", NOW + timedelta(minutes=2)),
        ("120, 98", NOW + timedelta(minutes=2)),
        ("2026-08-20T03:01:00Z", NOW + timedelta(minutes=1)),
        ("Thu, 20 Aug 2026 03:01:00 GMT", NOW + timedelta(minutes=1)),
        (str(int(NOW.timestamp()) + 60), NOW + timedelta(minutes=1)),
        ("31536000", NOW + timedelta(days=365)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        ("nan", None),
        ("inf", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_moment_is_read_in_whatever_form_it_comes(said: str, until: datetime | None) -> None:
    assert network.retry_time({"retry-after": said}, NOW) == until


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [(90, timedelta(seconds=90)), (1e300, network.LONGEST_WAIT), ("7", timedelta(seconds=7))],
)
def test_a_number_of_seconds_is_a_moment(seconds: object, wait: timedelta) -> None:
    assert network.time_after(NOW, seconds) == NOW + wait


@pytest.mark.parametrize("seconds", [-1, float("nan"), None, "a while", {}])
def test_what_is_no_number_of_seconds_is_no_moment(seconds: object) -> None:
    assert network.time_after(NOW, seconds) is None


# ── Redirects ────────────────────────────────────────────────────────────────────────────────────────


@every_platform
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_request_follows_a_redirect(
    name: str, status: int, place: Place, connect: Callable[..., Platform]
) -> None:
    elsewhere = Place()
    answer_all(elsewhere, Reply(200, {}))
    answer_all(
        place, lambda asked: Reply(status, b"", {"Location": f"{elsewhere.url}{asked.path}?token=the-secret"})
    )
    platform = connect(name)
    try:
        look, outcome = platform.find(WANTED, SINCE), platform.send(the_post(name), an_attempt())
        platform.check()
    finally:
        elsewhere.close()

    assert elsewhere.asked == []
    assert isinstance(look, CannotLook)
    assert isinstance(outcome, Rejected | NeverArrived | Uncertain), outcome
    assert isinstance(outcome, Rejected) or status == 303
    assert f"answered {status}: go to 127.0.0.1" in outcome.reason
    assert "the-secret" not in repr((look, outcome))


@every_platform
@pytest.mark.parametrize("status", [307, 308])
def test_the_publishing_request_follows_no_redirect(
    name: str, status: int, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on(*PUBLISHES[name], lambda asked: Reply(status, b"", {"Location": f"{place.url}{asked.path}"}))

    outcome = connect(name).send(the_post(name), an_attempt())

    assert isinstance(outcome, Rejected), outcome
    assert place.count(*PUBLISHES[name]) == 1


# ── The last moment ──────────────────────────────────────────────────────────────────────────────────


@every_platform
def test_the_claim_is_asked_when_the_connection_stands(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    seen: list[int] = []

    def ask() -> None:
        assert place.count(*PUBLISHES[name]) == 0
        ends = time.monotonic() + 5
        while not unused() and time.monotonic() < ends:
            time.sleep(0.01)  # the place notices a connection a moment later
        seen.append(place.connections)

    def unused() -> int:
        """Connections on which nothing has been asked yet."""
        return place.connections - len({asked.port for asked in place.asked})

    assert isinstance(connect(name).send(the_post(name), an_attempt(before_write=ask)), Sent)

    assert seen == [place.connections], "another connection was made after the claim was asked"


# ── What is wrong on this machine ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("mastodon", "REQUESTS_CA_BUNDLE"),
        ("x", "CURL_CA_BUNDLE"),
        ("bluesky", "REQUESTS_CA_BUNDLE"),
        ("discord", "SSL_CERT_FILE"),
    ],
)
def test_certificates_that_are_not_there_or_are_none_are_named(
    name: str,
    variable: str,
    connect: Callable[..., Platform],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for other in CERTIFICATES:
        monkeypatch.delenv(other, raising=False)
    (tmp_path / "notes.txt").write_text("no certificate")

    for path, said in (
        ("/nonexistent/ca.pem", "no certificates at /nonexistent/ca.pem"),
        (f"{tmp_path}/notes.txt", f"{tmp_path}/notes.txt holds no certificates"),
    ):
        monkeypatch.setenv(variable, path)
        look = connect(name, "https://127.0.0.1:9").find(WANTED, SINCE)

        assert isinstance(look, CannotLook)
        assert look.reason.endswith(f"could not be asked: {said} ({variable})")


@every_platform
def test_a_certificate_that_the_bundle_does_not_vouch_for_is_named_with_it(
    name: str, connect: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for other in CERTIFICATES:
        monkeypatch.delenv(other, raising=False)
    theirs, ours = self_signed(tmp_path / "theirs"), self_signed(tmp_path / "ours")
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(variable, str(ours))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs, theirs.with_suffix(".key"))

    with serving(context) as server:
        platform = connect(name, server.url)
        look, outcome = platform.find(WANTED, SINCE), platform.send(the_post(name), an_attempt())

    assert isinstance(look, CannotLook)
    assert isinstance(outcome, NeverArrived)
    for sentence in (look.reason, outcome.reason):
        assert "could not be asked: its certificate is not accepted, self-signed certificate (" in sentence
        assert f"SSL_CERT_FILE={ours}" in sentence
    assert server.asked == []


@pytest.mark.parametrize("name", ["mastodon", "x", "reddit", "bluesky", "discord"])
def test_a_dead_proxy_is_named(
    name: str, place: Place, connect: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("http_proxy", "http://somebody:a-password@127.0.0.1:9")

    platform = connect(name)
    look, outcome = platform.find(WANTED, SINCE), platform.send(the_post(name), an_attempt())

    assert isinstance(look, CannotLook)
    assert "by way of the proxy 127.0.0.1:9" in look.reason
    assert "a-password" not in look.reason
    assert isinstance(outcome, NeverArrived)
    assert place.asked == []


# ── A session's token ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", ["InvalidToken", "ExpiredToken"])
def test_bluesky_logs_in_anew_when_a_read_is_refused_for_its_token(
    error: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, "bluesky")
    path = "/xrpc/com.atproto.repo.getRecord"
    refused, missing = Reply(400, {"error": error, "message": "no"}), Reply(400, {"error": "RecordNotFound"})
    place.on("GET", path, refused, missing)

    assert connect("bluesky").find(WANTED, SINCE) == Absent()
    assert place.count("POST", "/xrpc/com.atproto.server.createSession") == 2

    place.on("GET", path, refused)
    look = connect("bluesky").find(WANTED, SINCE)
    assert isinstance(look, CannotLook)
    assert look.refused


@pytest.mark.parametrize(
    ("name", "answer", "login"),
    [
        (
            "bluesky",
            Reply(400, {"error": "InvalidToken", "message": "Token has been revoked"}),
            "/xrpc/com.atproto.server.createSession",
        ),
        ("reddit", Reply(401, {"message": "Unauthorized", "error": 401}), "/api/v1/access_token"),
    ],
)
def test_a_token_refused_when_publishing_is_refused_for_now_and_the_next_attempt_logs_in(
    name: str, answer: Reply, login: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    method, path = PUBLISHES[name]
    place.on(method, path, answer, Reply(200, ANSWERS[name][method, path]))
    platform = connect(name)

    outcome = platform.send(the_post(name), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.if_again is not None
    assert place.count(method, path) == 1
    assert isinstance(platform.send(the_post(name), an_attempt(number=2)), Sent)
    assert place.count("POST", login) == 2


# ── What the platform said ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        (
            "x",
            Reply(
                400,
                {
                    "title": "Invalid Request",
                    "errors": [{"message": "text is too long"}],
                    "detail": "One or more parameters",
                },
            ),
            "One or more parameters; text is too long",
        ),
        (
            "x",
            Reply(200, {"errors": [{"detail": "Could not find user"}]}),
            "answered 200: Could not find user",
        ),
        (
            "mastodon",
            Reply(
                422,
                {
                    "error": "Validation failed",
                    "zod_error": {"issues": [{"path": ["visibility"], "message": "Invalid enum value"}]},
                },
            ),
            "Validation failed; visibility: Invalid enum value",
        ),
    ],
)
def test_a_reason_says_what_the_platform_said(
    name: str, answer: Reply, words: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on("GET", "/2/users/me|/api/v1/accounts/verify_credentials", answer)

    look = connect(name).find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert words in look.reason


@every_platform
def test_an_answer_that_nobody_foresaw_is_not_told_by_a_class_alone(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)

    def odd(_asked: Asked) -> Reply:
        return Reply(403, [[["errors"]]])

    place.on(*PUBLISHES[name], odd)

    outcome = connect(name).send(the_post(name), an_attempt())

    assert not isinstance(outcome, Sent)
    assert "no sense in it" not in getattr(outcome, "reason", "")


@every_platform
@pytest.mark.parametrize("answer", [b"null", {}])
def test_an_answer_that_says_nothing_is_no_absence(
    name: str, place: Place, connect: Callable[..., Platform], answer: object
) -> None:
    be_well(place, name)
    place.on("GET", ONE[name], Reply(200, answer))
    place.on("GET", LISTS[name], Reply(200, answer))
    account = connect(name)

    assert isinstance(seen := account.fetch(Found("", "1")), CannotLook), seen
    assert isinstance(look := account.find(WANTED, SINCE), CannotLook), look


@pytest.mark.parametrize("name", ["mastodon", "x"])
def test_an_answer_that_says_nothing_is_no_deletion(
    name: str, place: Place, connect: Callable[..., Platform]
) -> None:
    be_well(place, name)
    place.on("DELETE", ONE[name], Reply(200, b"null"))

    outcome = connect(name).delete(Found("", "1"), an_attempt())

    assert isinstance(outcome, Uncertain), outcome
