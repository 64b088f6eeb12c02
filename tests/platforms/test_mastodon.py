"""Mastodon's answers, as Mastodon.py meets them over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
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
from crosspost.platforms import Level, Platform, mastodon
from crosspost.platforms.mastodon import adapter
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

STATUSES = "/api/v1/statuses"
ME = {"id": "7", "acct": "twir", "username": "twir", "url": "https://m.example/@twir"}


def a_status(number: str = "110", **changes: Any) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": number,
        "created_at": (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
        "url": f"https://m.example/@twir/{number}",
        "uri": f"https://m.example/users/twir/statuses/{number}",
        "account": ME,
        "content": f'<p>This Week in Rust 665 is out<br><a href="{ISSUE}"><span>{ISSUE[8:]}</span></a></p>',
        "reblog": None,
        "in_reply_to_account_id": None,
        "card": None,
    }
    return status | changes


@pytest.fixture
def account(place: Place, secret: Callable[[str], Secret]) -> Iterator[Platform]:
    place.on("GET", "/api/v1/accounts/verify_credentials", Reply(200, ME))
    settings = mastodon.Settings(api_base_url=place.url + "/", access_token=secret("m-token"))
    account = settings.connect(lambda: NOW)
    yield account
    account.close()


def test_an_accepted_post_is_sent_with_the_address_it_was_given(place: Place, account: Platform) -> None:
    place.on("POST", STATUSES, Reply(200, a_status()))

    outcome = account.send(a_post("mastodon", fields={"language": "en"}), an_attempt())

    assert outcome == Sent("https://m.example/@twir/110", "110")
    (asked,) = place.calls("POST", STATUSES)
    assert asked.headers["idempotency-key"] == "twir-665-account"
    assert asked.headers["authorization"] == "Bearer m-token"
    assert asked.form["status"] == a_post("mastodon").text
    assert "sensitive" not in asked.form
    assert (asked.form["language"], asked.form["visibility"]) == ("en", "public")
    assert len(place.asked) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(301, b"", {"Location": "/elsewhere"}), (Rejected, Cause.ACCOUNT)),
        (Reply(307, b"", {"Location": STATUSES}), (Rejected, Cause.ACCOUNT)),
        (Reply(303, b"", {"Location": "/"}), (Uncertain, None)),
        (Reply(400, {"error": "bad"}), (Rejected, Cause.CONTENT)),
        (Reply(401, {"error": "The access token is invalid"}), (Rejected, Cause.ACCOUNT)),
        (Reply(403, {"error": "This action is outside the authorized scopes"}), (Rejected, Cause.ACCOUNT)),
        (Reply(404, {"error": "Record not found"}), (Rejected, Cause.ACCOUNT)),
        (Reply(408, {"error": "too slow"}), (Uncertain, None)),
        (Reply(410, {"error": "gone"}), (Rejected, Cause.ACCOUNT)),
        (Reply(413, b"", kind="text/plain"), (Uncertain, None)),
        (Reply(422, {"error": "Validation failed: Text limit exceeded"}), (Rejected, Cause.CONTENT)),
        (Reply(429, {"error": "Too many requests"}), (RefusedForNow, None)),
        (Reply(429, b"<html>", kind="text/html"), (RefusedForNow, None)),
        (Reply(500, {"error": "oops"}), (Uncertain, None)),
        (Reply(502, b"<html>", kind="text/html"), (Uncertain, None)),
        (Reply(503, b""), (Uncertain, None)),
        (Reply(504, b""), (Uncertain, None)),
        (Reply(520, b""), (Uncertain, None)),
        (HTML, (Uncertain, None)),
        (Reply(200, []), (Uncertain, None)),
        (Reply(200, {}), (Uncertain, None)),
        (Reply(200, a_status(), {"X-RateLimit-Reset": "whenever"}), (Sent, None)),
        (Reply(200, a_status(), cut=True), (Uncertain, None)),
        (Reply(204), (Uncertain, None)),
        (Drop(), (Uncertain, None)),
        (Drop(reset=True), (Uncertain, None)),
    ],
    ids=repr,
)
def test_each_answer_has_its_outcome(
    place: Place, account: Platform, answer: Any, expected: tuple[type, Cause | None]
) -> None:
    place.on("POST", STATUSES, answer)

    outcome = account.send(a_post("mastodon"), an_attempt())

    kind, fault = expected
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", None) == fault
    assert place.count("POST", STATUSES) == 1
    assert "m-token" not in repr(outcome)


def test_a_post_is_sent_over_a_connection_of_its_own(place: Place, account: Platform) -> None:
    """One that was used before may just be closing."""
    place.on("GET", LISTING, Reply(200, [a_status(content="x")]))
    place.on("POST", STATUSES, Reply(200, a_status()))

    account.find(WANTED, SINCE)
    account.send(a_post("mastodon"), an_attempt())

    *looks, post = (asked.port for asked in place.asked)
    assert len(set(looks)) == 1
    assert post not in looks


def test_the_text_alone_says_that_an_answer_is_the_post(place: Place, account: Platform) -> None:
    text = a_post("mastodon").text
    place.on("POST", STATUSES, Reply(200, a_status(content=f"<p>{text}</p>", card="odd")))

    assert account.send(a_post("mastodon"), an_attempt()) == Sent("https://m.example/@twir/110", "110")


def test_silence_leaves_the_outcome_uncertain_when_the_time_is_over(place: Place, account: Platform) -> None:
    place.on("POST", STATUSES, Hang())

    outcome = account.send(a_post("mastodon"), an_attempt(timeout=0.3))

    assert isinstance(outcome, Uncertain)
    assert place.count("POST", STATUSES) == 1


def test_a_refused_connection_never_arrived(secret: Callable[[str], Secret]) -> None:
    settings = mastodon.Settings(api_base_url="http://127.0.0.1:9", access_token=secret("m-token"))

    outcome = settings.connect(lambda: NOW).send(a_post("mastodon"), an_attempt())

    assert isinstance(outcome, NeverArrived)


def test_a_rate_limit_names_the_moment_the_instance_names(place: Place, account: Platform) -> None:
    reset = {"X-RateLimit-Reset": "2026-08-20T03:05:00.000000Z"}
    place.on("POST", STATUSES, Reply(429, {"error": "Throttled"}, reset))

    outcome = account.send(a_post("mastodon"), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.until == NOW + timedelta(minutes=5)


def test_a_lost_claim_keeps_the_post_from_leaving(place: Place, account: Platform) -> None:
    place.on("POST", STATUSES, Reply(200, a_status()))

    def lost() -> None:
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(a_post("mastodon"), an_attempt(before_write=lost))

    assert place.count("POST", STATUSES) == 0


def test_an_answer_about_something_else_is_not_taken_for_ours(place: Place, account: Platform) -> None:
    place.on("POST", STATUSES, Reply(200, a_status(content="<p>Hello from last week</p>")))

    outcome = account.send(a_post("mastodon"), an_attempt())

    assert isinstance(outcome, Uncertain)
    assert "https://m.example/@twir/110" in outcome.reason


def test_a_picture_goes_up_before_the_post(place: Place, account: Platform) -> None:
    place.on("POST", "/api/v2/media", Reply(200, {"id": "5", "type": "image", "url": "https://m.example/5"}))
    place.on("POST", STATUSES, Reply(200, a_status()))

    outcome = account.send(a_post("mastodon"), an_attempt(image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert [a.path for a in place.asked if a.method == "POST"] == ["/api/v2/media", STATUSES]
    assert place.calls("POST", STATUSES)[0].form["media_ids[]"] == "5"
    assert b"A card" in place.calls("POST", "/api/v2/media")[0].body


CARD = Image(b"png", "image/png", "A card")
AT_WORK = {"id": "5", "type": "image", "url": None}


@pytest.mark.parametrize(
    "answer",
    [
        Drop(),
        Drop(reset=True),
        Hang(),
        HTML,
        *(Reply(status, {"error": "No"}) for status in (400, 403, 404, 413, 422, 429, 500, 503)),
        Reply(403, b"<html>", kind="text/html"),
        Reply(202, AT_WORK),
        Reply(200, {}),
        Reply(200, []),
    ],
    ids=repr,
)
def test_a_picture_that_cannot_go_up_keeps_no_post_back(place: Place, account: Platform, answer: Any) -> None:
    place.on("POST", "/api/v2/media", answer)
    place.on("GET", "/api/v1/media/5", Reply(206, AT_WORK))
    place.on("POST", STATUSES, Reply(200, a_status()))

    outcome = account.send(a_post("mastodon"), an_attempt(timeout=3, image=CARD))

    assert isinstance(outcome, Sent)
    assert "without its picture" in outcome.note
    assert ["media_ids[]" in asked.form for asked in place.calls("POST", STATUSES)] == [False]


def test_a_post_refused_with_its_picture_goes_out_without(place: Place, account: Platform) -> None:
    place.on("POST", "/api/v2/media", Reply(200, AT_WORK | {"url": "https://m.example/5"}))
    place.on("POST", STATUSES, Reply(422, {"error": "Media 5 not found"}), Reply(200, a_status()))

    outcome = account.send(a_post("mastodon"), an_attempt(image=CARD))

    assert isinstance(outcome, Sent)
    assert "Media 5 not found" in outcome.note
    assert ["media_ids[]" in asked.form for asked in place.calls("POST", STATUSES)] == [True, False]


def test_a_text_that_is_refused_is_refused_without_its_picture_too(place: Place, account: Platform) -> None:
    place.on("POST", "/api/v2/media", Reply(200, AT_WORK | {"url": "https://m.example/5"}))
    place.on("POST", STATUSES, Reply(422, {"error": "Text character limit of 500 exceeded"}))

    outcome = account.send(a_post("mastodon"), an_attempt(image=CARD))

    assert isinstance(outcome, Rejected)
    assert outcome.fault is Cause.CONTENT


def test_a_picture_still_at_work_is_waited_for_and_goes_along(place: Place, account: Platform) -> None:
    at_work = {"id": "5", "type": "image", "url": None}
    place.on("POST", "/api/v2/media", Reply(202, at_work))
    place.on(
        "GET", "/api/v1/media/5", Reply(206, at_work), Reply(200, at_work | {"url": "https://m.example/5"})
    )
    place.on("POST", STATUSES, Reply(200, a_status()))

    outcome = account.send(a_post("mastodon"), an_attempt(image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert place.count("POST", "/api/v2/media") == 1
    assert place.calls("POST", STATUSES)[0].form["media_ids[]"] == "5"


LISTING = "/api/v1/accounts/7/statuses"


@pytest.mark.parametrize(
    ("content", "by"),
    [
        (f'<p><a href="{ISSUE}?utm_source=m">x</a></p>', "address"),
        (
            '<p><a href="http://www.this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665">x</a></p>',
            "address",
        ),
        ("<p>This Week in Rust #665 is here</p>", "title"),
        ("<p>This Week in Rust 6650</p>", None),
        ("<p>This Week in Rust 66</p>", None),
        ("<p>Something else</p>", None),
    ],
)
def test_a_look_recognises_the_issue(place: Place, account: Platform, content: str, by: str | None) -> None:
    place.on("GET", LISTING, Reply(200, [a_status("111", content="<p>x</p>"), a_status(content=content)]))

    look = account.find(WANTED, SINCE)

    assert look == (Found("https://m.example/@twir/110", "110", by) if by else Absent())


def test_a_look_counts_neither_boosts_nor_answers_nor_what_is_older_than_the_fence(
    place: Place, account: Platform
) -> None:
    statuses = [
        a_status("3", reblog=a_status("9")),
        a_status("2", in_reply_to_account_id="8"),
        a_status("4", in_reply_to_id="3", in_reply_to_account_id="7"),
        a_status("5", quote={"state": "accepted"}),
        a_status("6", visibility="direct"),
        a_status("1", created_at="2026-08-01T00:00:00Z"),
    ]
    place.on("GET", LISTING, Reply(200, statuses))

    assert account.find(WANTED, SINCE) == Absent()
    assert not {"exclude_reblogs", "exclude_replies"} & set(place.calls("GET", LISTING)[0].query)


def test_a_look_that_finds_only_the_beginning_of_the_post_needs_a_person(
    place: Place, account: Platform
) -> None:
    place.on("GET", LISTING, Reply(200, [a_status(content="<p>This Week in</p>")]))

    look = account.find(replace(WANTED, may_exist=True), SINCE)

    assert isinstance(look, CannotLook)
    assert look.refused


@pytest.mark.parametrize("answer", [["odd"], {"configuration": "odd"}, {"configuration": {"statuses": 5}}])
def test_an_instance_that_describes_itself_oddly_has_the_usual_limits(
    place: Place, account: Platform, answer: Any
) -> None:
    place.on("GET", "/api/v2/instance", Reply(200, answer))

    assert account.limits() == {}
    assert account.key_lifetime() == timedelta()


def test_an_odd_post_from_before_the_fence_stops_no_look(place: Place, account: Platform) -> None:
    odd, old = a_status("2", card="odd"), a_status("1", card="odd", created_at="2026-08-01T00:00:00Z")
    place.on("GET", LISTING, Reply(200, [old]), Reply(200, [odd]))

    assert account.find(WANTED, SINCE) == Absent()
    assert isinstance(account.find(WANTED, SINCE), CannotLook), "it may be the post"


def test_an_empty_listing_of_an_account_that_has_posts_is_no_absence(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, []))
    assert account.find(WANTED, SINCE) == Absent()

    place.on("GET", "/api/v1/accounts/verify_credentials", Reply(200, ME | {"statuses_count": 4000}))
    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert not look.refused
    assert "4,000" in look.reason


@pytest.mark.parametrize(
    ("last", "believed"),
    [("2026-08-20", False), ("2026-08-19", True), ("2026-08-01", True), (None, True), ("some day", True)],
)
def test_after_an_unclear_answer_a_listing_without_the_accounts_last_post_is_no_absence(
    place: Place, account: Platform, last: str | None, believed: bool
) -> None:
    yesterday = a_status("1", content="x", created_at="2026-08-19T20:00:00Z")
    place.on("GET", LISTING, Reply(200, [yesterday]))
    me = ME | {"statuses_count": 2, "last_status_at": last}
    place.on("GET", "/api/v1/accounts/verify_credentials", Reply(200, me))

    look = account.find(replace(WANTED, may_exist=True), SINCE)

    assert (look == Absent()) is believed, look
    assert account.find(WANTED, SINCE) == Absent(), "a post that was deleted leaves its day"


def test_the_accounts_last_post_may_be_of_the_day_of_the_fence(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, [a_status("1", content="x", created_at="2026-08-01T00:00:00Z")]))
    me = ME | {"statuses_count": 2, "last_status_at": SINCE.date().isoformat()}
    place.on("GET", "/api/v1/accounts/verify_credentials", Reply(200, me))

    assert isinstance(account.find(replace(WANTED, may_exist=True), SINCE), CannotLook)


def test_the_day_of_an_account_without_posts_hides_none(place: Place, account: Platform) -> None:
    """snac says the moment at which the account was made."""
    place.on("GET", LISTING, Reply(200, []))
    me = ME | {"statuses_count": 0, "last_status_at": "2026-08-20T00:00:00Z"}
    place.on("GET", "/api/v1/accounts/verify_credentials", Reply(200, me))

    assert account.find(replace(WANTED, may_exist=True), SINCE) == Absent()


def test_a_full_page_that_does_not_say_how_it_goes_on_is_no_absence(place: Place, account: Platform) -> None:
    place.on("GET", LISTING, Reply(200, [a_status(str(n), content="x") for n in range(40)]))

    assert isinstance(account.find(WANTED, SINCE), CannotLook)


def test_a_full_page_with_nothing_after_it_is_the_whole_listing(place: Place, account: Platform) -> None:
    further = {"Link": f'<{place.url}{LISTING}?max_id=1>; rel="next"'}
    full = [a_status(str(n), content="x") for n in range(40)]
    place.on("GET", LISTING, Reply(200, full, further), Reply(200, []))

    assert account.find(WANTED, SINCE) == Absent()


def test_one_old_date_among_new_ones_does_not_end_the_look(place: Place, account: Platform) -> None:
    further = {"Link": f'<{place.url}{LISTING}?max_id=50>; rel="next"'}
    page = [a_status("53", created_at="2020-01-01T00:00:00Z"), a_status("52", content="x")]
    place.on("GET", LISTING, Reply(200, page, further), Reply(200, [a_status("49")]))

    assert isinstance(account.find(WANTED, SINCE), Found)


def test_a_look_reads_on_until_the_fence(place: Place, account: Platform) -> None:
    further = {"Link": f'<{place.url}{LISTING}?max_id=50>; rel="next"'}
    place.on(
        "GET",
        LISTING,
        Reply(200, [a_status("51", content="x")], further),
        Reply(200, [a_status("49")]),
    )

    assert account.find(WANTED, SINCE) == Found("https://m.example/@twir/49", "49")


def test_a_page_that_ends_at_the_fence_itself_is_not_the_last(place: Place, account: Platform) -> None:
    further = {"Link": f'<{place.url}{LISTING}?max_id=50>; rel="next"'}
    fence = SINCE.isoformat().replace("+00:00", "Z")
    last = a_status("51", content="x", created_at=fence)
    place.on("GET", LISTING, Reply(200, [last], further), Reply(200, [a_status("49", created_at=fence)]))

    assert account.find(WANTED, SINCE) == Found("https://m.example/@twir/49", "49")


def test_a_listing_without_end_is_not_taken_for_absence(place: Place, account: Platform) -> None:
    further = {"Link": f'<{place.url}{LISTING}?max_id=50>; rel="next"'}
    place.on("GET", LISTING, Reply(200, [a_status("51", content="x")], further))

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert not look.refused
    assert place.count("GET", LISTING) == adapter.PAGES + 1


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Reply(401, {"error": "no"}), True),
        (Reply(403, {"error": "no"}), True),
        (Reply(500, b""), False),
        (HTML, False),
        (Drop(), False),
        (Reply(429, {"error": "slow"}), False),
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


def test_a_missing_secret_is_said_and_nothing_is_asked(place: Place) -> None:
    settings = mastodon.Settings(api_base_url=place.url, access_token=Secret("env", "CROSSPOST_NOT_THERE"))
    account = settings.connect(lambda: NOW)

    outcome = account.send(a_post("mastodon"), an_attempt())
    look = account.find(WANTED, SINCE)

    assert isinstance(outcome, Rejected)
    assert outcome.fault is Cause.ACCOUNT
    assert isinstance(look, CannotLook)
    assert look.refused
    assert not place.asked


def test_verify_reads_the_one_post(place: Place, account: Platform) -> None:
    place.on("GET", "/api/v1/statuses/110", Reply(200, a_status()))
    place.on("GET", "/api/v1/statuses/111", Reply(200, a_status("111", content="<p>x</p>")))
    place.on("GET", "/api/v1/statuses/112", Reply(200, a_status("112", account=ME | {"id": "8"})))

    assert account.verify("https://m.example/@twir/110", WANTED) == Found(
        "https://m.example/@twir/110", "110"
    )
    for other in ("111", "112", "113"):
        assert account.verify(f"https://m.example/@twir/{other}", WANTED) == Absent()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_limits_are_the_instances_own(place: Place, account: Platform, version: str) -> None:
    statuses = {"max_characters": 1000, "characters_reserved_per_url": 30}
    place.on(
        "GET",
        f"/api/{version}/instance",
        Reply(200, {"version": "4.5.1", "configuration": {"statuses": statuses}}),
    )

    assert account.limits() == statuses


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        ("4.5.1", {"characters_reserved_per_url": 25}),
        ("4.5.0-rc.1+glitch", {"characters_reserved_per_url": 25}),
        ("0.19.1+git-36aa685", {"addresses_in_full": 1}),
        ("0.17.3 36aa685", {"addresses_in_full": 1}),
        ("4.0.0 (not true; really snac/2.75)", {"characters_reserved_per_url": 25, "addresses_in_full": 1}),
        ("2.7.2 (compatible; Pleroma 2.6.0)", {"characters_reserved_per_url": 25, "addresses_in_full": 1}),
        ("", {"characters_reserved_per_url": 25, "addresses_in_full": 1}),
        ("something", {"characters_reserved_per_url": 25, "addresses_in_full": 1}),
    ],
)
def test_an_instance_that_is_not_mastodon_counts_addresses_in_full(
    place: Place, account: Platform, version: str, limits: dict[str, int]
) -> None:
    statuses = {"max_characters": 5000, "characters_reserved_per_url": 25}
    said = {"version": version, "configuration": {"statuses": statuses}}
    place.on("GET", "/api/v2/instance", Reply(200, said))

    assert account.limits() == {"max_characters": 5000} | limits
    assert bool(account.key_lifetime()) is ("addresses_in_full" not in limits), (
        "nor is it trusted to know a key"
    )
    said_by_check = next(result.sentence for result in account.check() if result.what == "limits")
    assert ("counted in full" in said_by_check) is ("addresses_in_full" in limits)


def test_an_instance_that_says_no_limits_has_the_usual_ones(account: Platform) -> None:
    assert account.limits() == {}


def test_check_says_what_the_token_may_do(place: Place, account: Platform) -> None:
    place.on("GET", "/api/v1/apps/verify_credentials", Reply(200, {"name": "x", "scopes": ["read"]}))

    place.on("GET", LISTING, Reply(200, []))

    token, scopes, limits = account.check()

    assert token.level is Level.OK
    assert "@twir" in token.sentence
    assert scopes.level is Level.FAIL
    assert "write:statuses" in scopes.sentence
    assert limits.level is not Level.FAIL
    assert not [asked for asked in place.asked if asked.method != "GET"]


@pytest.mark.parametrize(
    "answer", [Reply(404, {"error": "Record not found"}), replace(HTML, status=404)], ids=["json", "page"]
)
def test_an_instance_without_a_page_on_the_app_is_no_reason_to_fail(
    place: Place, account: Platform, answer: Reply
) -> None:
    place.on("GET", "/api/v1/apps/verify_credentials", answer)

    _, scopes, *_ = account.check()

    assert scopes.level is not Level.FAIL
    assert "does not say what the token may do" in scopes.sentence


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/api/v1/apps/verify_credentials", Reply(403, {"error": "no"}), ("scopes", Level.WARN)),
        ("/api/v1/apps/verify_credentials", Reply(429, {"error": "slow"}), ("scopes", Level.WARN)),
        ("/api/v1/apps/verify_credentials", Reply(401, {"error": "no"}), ("scopes", Level.FAIL)),
        ("/api/v1/accounts/verify_credentials", Reply(429, {"error": "slow"}), ("token", Level.WARN)),
        ("/api/v1/accounts/verify_credentials", Reply(403, {"error": "no"}), ("token", Level.FAIL)),
    ],
    ids=repr,
)
def test_check_tells_a_no_from_what_could_not_be_asked(
    place: Place, account: Platform, path: str, answer: Reply, said: tuple[str, Level]
) -> None:
    place.on("GET", path, answer)

    results = {result.what: result for result in account.check()}

    what, level = said
    assert results[what].level is level, results[what]


def test_a_compose_link_carries_the_text() -> None:
    link = mastodon.Settings().compose_link(a_post("mastodon", text="a & b"))

    assert link == "https://mastodon.social/share?text=a%20%26%20b"


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://mastodon.social/@thisweekinrust/110", True),
        ("https://mastodon.social/users/thisweekinrust/statuses/110", True),
        ("https://mastodon.social/web/statuses/110/", True),
        ("https://mastodon.social/@thisweekinrust", False),
        ("https://fosstodon.org/@thisweekinrust/110", False),
        ("https://mastodon.social.evil.example/@x/110", False),
        ("not an address", False),
        ("https://[broken/@x/1", False),
    ],
)
def test_a_post_address_is_on_the_instance(url: str, is_one: bool) -> None:
    assert mastodon.Settings().canonical_address(url).is_post is is_one
