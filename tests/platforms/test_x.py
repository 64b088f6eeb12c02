"""X's answers, as tweepy meets them over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from crosspost.config.secrets import Secret
from crosspost.errors import ClaimLostError
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Found,
    Image,
    NeverArrived,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Level, Platform, x
from crosspost.platforms.x import prices
from tests.platforms.scripted_place import (
    HTML,
    ISSUE,
    NOW,
    SINCE,
    WANTED,
    Drop,
    Hang,
    Place,
    Reply,
    a_post,
    an_attempt,
)

pytest_plugins = ("tests.platforms.scripted_place",)

TWEETS = "/2/tweets"
LISTING = "/2/users/42/tweets"
ACCEPTED = Reply(201, {"data": {"id": "1900", "text": "…"}})
DUPLICATE = {
    "detail": "You are not allowed to create a Tweet with duplicate content.",
    "type": "about:blank",
    "title": "Forbidden",
    "status": 403,
}


def a_tweet(number: str = "1900", **changes: Any) -> dict[str, Any]:
    url = {"url": "https://t.co/abc", "expanded_url": ISSUE, "display_url": "this-week-in-rust.org/…"}
    tweet: dict[str, Any] = {
        "id": number,
        "text": "Out now https://t.co/abc",
        "created_at": "2026-08-20T02:00:00.000Z",
        "entities": {"urls": [url]},
    }
    return tweet | changes


@pytest.fixture
def settings(place: Place, secret: Callable[[str], Secret]) -> x.Settings:
    return x.Settings(
        api_base_url=place.url,
        consumer_key=secret("ck-secret"),
        consumer_secret=secret("cs-secret"),
        access_token=secret("at-secret"),
        access_token_secret=secret("as-secret"),
    )


@pytest.fixture
def account(place: Place, settings: x.Settings) -> Iterator[Platform]:
    place.on("GET", "/2/users/me", Reply(200, {"data": {"id": "42", "name": "TWiR", "username": "twir"}}))
    account = settings.connect(lambda: NOW)
    yield account
    account.close()


def test_an_accepted_post_is_sent_in_one_signed_request(place: Place, account: Platform) -> None:
    from oauthlib.oauth1.rfc5849 import signature

    place.on("POST", TWEETS, ACCEPTED)

    outcome = account.send(a_post("x"), an_attempt())

    assert outcome == Sent("https://x.com/i/status/1900", "1900")
    (asked,) = place.asked
    assert asked.json == {"text": a_post("x").text}
    given = dict(
        part.split("=", 1) for part in asked.headers["authorization"][6:].replace('"', "").split(", ")
    )
    request = SimpleNamespace(
        http_method="POST",
        uri=f"https://{asked.headers['x-forwarded-host']}{TWEETS}",
        signature=signature.utils.unescape(given.pop("oauth_signature")),
        params=sorted(given.items()),
    )
    assert signature.verify_hmac_sha1(request, "cs-secret", "as-secret")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(302, b"", {"Location": "/elsewhere"}), (Rejected, Cause.ACCOUNT)),
        (Reply(308, b"", {"Location": TWEETS}), (Rejected, Cause.ACCOUNT)),
        (Reply(400, {"title": "Invalid Request", "detail": "…"}), (Rejected, Cause.CONTENT)),
        (Reply(401, {"title": "Unauthorized", "status": 401}), (Rejected, Cause.ACCOUNT)),
        (Reply(402, {"title": "CreditsDepleted", "status": 402}), (Rejected, Cause.CREDIT)),
        (
            Reply(403, {"type": "https://api.twitter.com/2/problems/client-forbidden"}),
            (Rejected, Cause.ACCOUNT),
        ),
        (
            Reply(403, {"type": "https://api.twitter.com/2/problems/oauth1-permissions"}),
            (Rejected, Cause.ACCOUNT),
        ),
        (Reply(403, {"detail": "You are not permitted to perform this action."}), (Rejected, Cause.ACCOUNT)),
        (
            Reply(403, {"errors": [{"code": 186, "message": "Tweet needs to be shorter."}]}),
            (Rejected, Cause.CONTENT),
        ),
        (Reply(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}), (Uncertain, None)),
        (Reply(503, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), (Uncertain, None)),
        (Reply(403, {"errors": [{"code": 187, "message": ""}]}), (Uncertain, None)),
        (Reply(403, DUPLICATE), (Uncertain, None)),
        (Reply(403, b"<html>", kind="text/html"), (Uncertain, None)),
        (Reply(403, ["odd"]), (Rejected, Cause.ACCOUNT)),
        (Reply(404, {"title": "Not Found"}), (Rejected, Cause.ACCOUNT)),
        (Reply(409, {"title": "Conflict"}), (Uncertain, None)),
        (Reply(429, {"title": "Too Many Requests"}), (RefusedForNow, None)),
        (Reply(429, {"type": "https://api.x.com/2/problems/usage-capped"}), (Rejected, Cause.CREDIT)),
        (Reply(500, {"title": "Internal"}), (Uncertain, None)),
        (Reply(503, {"errors": [{"code": 130, "message": "Over capacity"}]}), (Uncertain, None)),
        (Reply(503, b""), (Uncertain, None)),
        (HTML, (Uncertain, None)),
        (Reply(201, {}), (Uncertain, None)),
        (Reply(201, {"data": None}), (Uncertain, None)),
        (Reply(201, ["odd"]), (Uncertain, None)),
        (Reply(201, {"data": {"id": "1"}}, cut=True), (Uncertain, None)),
        (Drop(), (Uncertain, None)),
        (Drop(reset=True), (Uncertain, None)),
    ],
    ids=repr,
)
def test_each_answer_has_its_outcome(
    place: Place, account: Platform, answer: Any, expected: tuple[type, Cause | None]
) -> None:
    place.on("POST", TWEETS, answer)

    outcome = account.send(a_post("x"), an_attempt())

    kind, fault = expected
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", None) == fault
    assert place.count("POST", TWEETS) == 1
    assert "-secret" not in repr(outcome)


def test_tweepys_missing_timeout_is_ours(place: Place, account: Platform) -> None:
    place.on("POST", TWEETS, Hang())

    assert isinstance(account.send(a_post("x"), an_attempt(timeout=0.3)), Uncertain)
    assert place.count("POST", TWEETS) == 1


def test_a_refused_connection_never_arrived(settings: x.Settings) -> None:
    account = replace(settings, api_base_url="http://127.0.0.1:9").connect(lambda: NOW)

    assert isinstance(account.send(a_post("x"), an_attempt()), NeverArrived)


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 60)}, NOW + timedelta(minutes=1)),
        ({}, NOW + timedelta(minutes=15)),
        ({"x-rate-limit-reset": "soon"}, NOW + timedelta(minutes=15)),
    ],
)
def test_a_rate_limit_names_its_end_or_a_quarter_of_an_hour(
    place: Place, account: Platform, headers: dict[str, str], until: datetime
) -> None:
    place.on("POST", TWEETS, Reply(429, {"title": "Too Many Requests"}, headers))

    outcome = account.send(a_post("x"), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.until == until


def test_a_lost_claim_keeps_the_post_from_leaving(place: Place, account: Platform) -> None:
    def lost() -> None:
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(a_post("x"), an_attempt(before_write=lost))

    assert not place.asked


def test_a_picture_goes_up_before_the_post_with_its_alt_text(place: Place, account: Platform) -> None:
    place.on("POST", "/2/media/upload", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", "/2/media/metadata", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", TWEETS, ACCEPTED)

    outcome = account.send(a_post("x"), an_attempt(image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert [asked.path for asked in place.asked] == ["/2/media/upload", "/2/media/metadata", TWEETS]
    assert place.asked[1].json["metadata"]["alt_text"]["text"] == "A card"
    assert place.asked[2].json["media"] == {"media_ids": ["77"]}


@pytest.mark.parametrize(
    "answer",
    [
        Drop(),
        HTML,
        Hang(),
        *(Reply(status, {"title": "No"}) for status in (400, 403, 413, 422, 429, 500, 503)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("path", ["/2/media/upload", "/2/media/metadata"])
def test_a_picture_that_cannot_go_up_keeps_no_post_back(
    place: Place, account: Platform, path: str, answer: Any
) -> None:
    place.on("POST", "/2/media/upload", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", path, answer)
    place.on("POST", TWEETS, ACCEPTED)

    outcome = account.send(a_post("x"), an_attempt(timeout=3, image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert "without its picture" in outcome.note
    assert [asked.json for asked in place.calls("POST", TWEETS)] == [{"text": a_post("x").text}]


def test_a_post_refused_with_its_picture_goes_out_without(place: Place, account: Platform) -> None:
    place.on("POST", "/2/media/upload", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", "/2/media/metadata", Reply(200, {"data": {"id": "77"}}))
    invalid = {"detail": "Your media IDs are invalid.", "title": "Invalid Request"}
    place.on("POST", TWEETS, Reply(400, invalid), ACCEPTED)
    passed: list[int] = []

    attempt = an_attempt(
        image=Image(b"png", "image/png", "A card"),
        before_write=lambda: passed.append(place.count("POST", TWEETS)),
    )
    outcome = account.send(a_post("x"), attempt)

    assert isinstance(outcome, Sent)
    assert "Your media IDs are invalid" in outcome.note
    assert ["media" in asked.json for asked in place.calls("POST", TWEETS)] == [True, False]
    assert passed == [0, 1], "each passes the claim check"


def test_a_post_refused_for_want_of_credit_is_not_tried_without_its_picture(
    place: Place, account: Platform
) -> None:
    place.on("POST", "/2/media/upload", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", "/2/media/metadata", Reply(200, {"data": {"id": "77"}}))
    place.on("POST", TWEETS, Reply(402, {"title": "CreditsDepleted", "status": 402}))

    outcome = account.send(a_post("x"), an_attempt(image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Rejected)
    assert outcome.fault is Cause.CREDIT
    assert place.count("POST", TWEETS) == 1


def test_a_look_finds_the_post_behind_the_short_link(place: Place, account: Platform) -> None:
    other = a_tweet("1901", text="Something else", entities={})
    place.on("GET", LISTING, Reply(200, {"data": [other, a_tweet()], "meta": {"result_count": 2}}))

    assert account.find(WANTED, SINCE) == Found("https://x.com/twir/status/1900", "1900")
    account.find(WANTED, SINCE)

    asked = place.calls("GET", LISTING)[0]
    assert asked.query["start_time"] == ["2026-08-18T03:00:00Z"]
    assert place.count("GET", "/2/users/me") == 1


@pytest.mark.parametrize(
    "tweet",
    [
        a_tweet(referenced_tweets=[{"type": "retweeted", "id": "1"}]),
        a_tweet(referenced_tweets=[{"type": "replied_to", "id": "1"}]),
        a_tweet(referenced_tweets=[{"type": "quoted", "id": "1"}]),
        a_tweet(created_at="2026-08-01T00:00:00.000Z"),
        a_tweet(entities={}),
    ],
    ids=["repost", "answer", "quote", "old", "no link"],
)
def test_what_is_not_the_post_is_not_found(place: Place, account: Platform, tweet: dict[str, Any]) -> None:
    place.on("GET", LISTING, Reply(200, {"data": [tweet], "meta": {"result_count": 1}}))

    assert account.find(WANTED, SINCE) == Absent()


def test_what_each_read_costs_is_counted_once_it_is_answered(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, {"data": [a_tweet(entities={})] * 3, "meta": {"result_count": 3}}))

    account.find(WANTED, SINCE)
    assert account.take_cost() == prices.USER_READ + 3 * prices.OWN_POST_READ
    account.find(WANTED, SINCE)
    assert account.take_cost() == 3 * prices.OWN_POST_READ
    assert account.take_cost() == 0

    place.on("GET", "/2/tweets/1900", Reply(200, {"data": a_tweet()}))
    place.on("DELETE", "/2/tweets/1900", Reply(200, {"data": {"deleted": True}}), Reply(404, {"title": "No"}))
    account.fetch(Found("", "1900"))
    assert account.take_cost() == prices.POST_READ
    account.delete(Found("", "1900"), an_attempt())
    assert account.take_cost() == prices.DELETION
    account.delete(Found("", "1900"), an_attempt())
    assert account.take_cost() == 0


@pytest.mark.parametrize(
    ("text", "alt", "price"),
    [
        ("Out now", None, "0.015"),
        ("Out now https://this-week-in-rust.org/", None, "0.200"),
        ("Out now on docs.rs", None, "0.200"),
        ("Out now https://this-week-in-rust.org/", "A card", "0.205"),
    ],
)
def test_a_post_is_priced_by_its_links_and_its_picture(text: str, alt: str | None, price: str) -> None:
    assert prices.price_of(replace(a_post("x"), text=text, alt=alt)) == Decimal(price)


def test_an_empty_listing_is_absence(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, {"meta": {"result_count": 0}}))

    assert account.find(WANTED, SINCE) == Absent()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"meta": {}},
        {"meta": {"result_count": 2}},
        {"data": [a_tweet("1", text="x", entities={})], "meta": {"result_count": 2}},
        {"meta": {"result_count": 0}, "errors": [{"title": "Over capacity"}]},
    ],
    ids=repr,
)
def test_a_listing_that_does_not_say_it_is_whole_is_no_absence(
    place: Place, account: Platform, answer: dict[str, Any]
) -> None:
    place.on("GET", LISTING, Reply(200, answer))

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert not look.refused


UNCLEAR = replace(WANTED, may_exist=True)
NEWEST = str(((int(NOW.timestamp()) - 60) * 1000 - 1288834974657) << 22)
AT_THE_FENCE = str((int(SINCE.timestamp()) * 1000 - 1288834974657) << 22)
GONE = Reply(200, {"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found"}]})


@pytest.mark.parametrize(
    ("newest", "answer", "expected"),
    [
        (NEWEST, Reply(200, {"data": a_tweet(NEWEST)}), Found),
        (NEWEST, Reply(200, {"data": a_tweet(NEWEST, text="x", entities={})}), CannotLook),
        (
            NEWEST,
            Reply(200, {"data": a_tweet(NEWEST, referenced_tweets=[{"type": "quoted"}])}),
            CannotLook,  # a quote is listed, too
        ),
        (AT_THE_FENCE, Reply(200, {"data": a_tweet(AT_THE_FENCE, text="x", entities={})}), CannotLook),
        (NEWEST, GONE, Absent),
        (NEWEST, Reply(404, {"title": "Not Found Error"}), Absent),
        (NEWEST, Reply(200, {"data": a_tweet(NEWEST, referenced_tweets=[{"type": "replied_to"}])}), Absent),
        (NEWEST, Reply(200, {"errors": [{"title": "Over capacity"}]}), CannotLook),
        (NEWEST, Reply(503, b""), CannotLook),
        ("1", Reply(503, b""), Absent),
        ("", Reply(503, b""), Absent),
    ],
    ids=repr,
)
def test_after_an_unclear_answer_the_newest_post_is_asked_for_by_its_id(
    place: Place, account: Platform, newest: str, answer: Reply, expected: type
) -> None:
    me = {"data": {"id": "42", "username": "twir", "most_recent_tweet_id": newest}}
    place.on("GET", "/2/users/me", Reply(200, me))
    place.on("GET", LISTING, Reply(200, {"meta": {"result_count": 0}}))
    place.on("GET", f"/2/tweets/({NEWEST}|{AT_THE_FENCE})", answer)

    assert isinstance(account.find(UNCLEAR, SINCE), expected)
    assert account.find(WANTED, SINCE) == Absent(), "a first look is content with the listing"


def test_a_look_turns_the_page(place: Place, account: Platform) -> None:
    other = a_tweet("1901", text="x", entities={})
    place.on(
        "GET",
        LISTING,
        Reply(200, {"data": [other], "meta": {"next_token": "n", "result_count": 1}}),
        Reply(200, {"data": [a_tweet()], "meta": {"result_count": 1}}),
    )

    assert isinstance(account.find(WANTED, SINCE), Found)
    assert place.calls("GET", LISTING)[1].query["pagination_token"] == ["n"]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Reply(401, {}), True),
        (Reply(402, {}), True),
        (Reply(403, {}), True),
        (Reply(429, {}), False),
        (Reply(500, {}), False),
        (HTML, False),
        (Drop(), False),
    ],
    ids=repr,
)
def test_a_listing_that_cannot_be_read_says_whether_it_was_refused(
    place: Place, account: Platform, answer: Any, refused: bool
) -> None:
    place.on("GET", LISTING, answer)

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert look.refused is refused


def test_verify_reads_the_one_post(place: Place, account: Platform) -> None:
    place.on("GET", "/2/tweets/1900", Reply(200, {"data": a_tweet(author_id="42")}))
    place.on("GET", "/2/tweets/1901", Reply(200, {"data": a_tweet("1901", author_id="43")}))
    place.on("GET", "/2/tweets/1902", Reply(200, {"errors": [{"title": "Not Found Error"}]}))

    assert isinstance(account.verify("https://x.com/twir/status/1900", WANTED), Found)
    assert account.verify("https://x.com/other/status/1901", WANTED) == Absent()
    assert account.verify("https://x.com/twir/status/1902", WANTED) == Absent()


def test_check_names_the_account_its_permission_and_the_price(place: Place, account: Platform) -> None:
    me = {"data": {"id": "42", "username": "twir"}}
    place.on("GET", "/2/users/me", Reply(200, me, {"x-access-level": "read"}))

    token, permission, price = account.check()

    assert (token.level, permission.level, price.level) == (Level.OK, Level.FAIL, Level.OK)
    assert "@twir" in token.sentence
    assert "$0.200" in price.sentence
    assert place.count("GET", "/2/users/me") == 1


def test_no_debug_log_holds_a_secret(
    place: Place, account: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    place.on("POST", TWEETS, ACCEPTED)

    with caplog.at_level(logging.DEBUG):
        account.send(a_post("x"), an_attempt())

    assert "-secret" not in caplog.text
    assert "oauth_signature" not in caplog.text


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://x.com/ThisWeekInRust/status/1900", True),
        ("https://twitter.com/ThisWeekInRust/status/1900?s=20", True),
        ("https://mobile.twitter.com/i/web/status/1900", True),
        ("https://x.com/ThisWeekInRust", False),
        ("https://notx.com/ThisWeekInRust/status/1900", False),
    ],
)
def test_a_post_address_is_on_x(url: str, is_one: bool) -> None:
    assert x.Settings().canonical_address(url).is_post is is_one


def test_a_compose_link_carries_the_text() -> None:
    link = x.Settings().compose_link(a_post("x", text="a & b"))

    assert link == "https://x.com/intent/post?text=a%20%26%20b"


def test_the_fence_is_asked_for_in_utc(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, {"meta": {"result_count": 0}}))

    account.find(WANTED, datetime(2026, 8, 18, tzinfo=UTC))

    assert place.calls("GET", LISTING)[0].query["start_time"] == ["2026-08-18T00:00:00Z"]
