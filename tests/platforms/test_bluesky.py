"""A personal data server's answers, as atproto meets them over HTTP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.config.secrets import Secret
from crosspost.errors import ClaimLostError
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Found,
    Image,
    NeverArrived,
    Post,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Level, Platform, bluesky
from crosspost.platforms.bluesky.records import record_key
from tests.platforms.scripted_place import (
    HTML,
    ISSUE,
    NOW,
    SINCE,
    WANTED,
    Asked,
    Drop,
    Hang,
    Place,
    Reply,
    a_post,
    an_attempt,
)

pytest.importorskip("atproto")
pytest_plugins = ("tests.platforms.scripted_place",)

XRPC = "/xrpc/com.atproto."
PUT, GET, LIST = (f"{XRPC}repo.{name}" for name in ("putRecord", "getRecord", "listRecords"))
DID = "did:plc:abcdefghijklmnopqrstuvwx"
HANDLE = "twir.bsky.social"
CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
RKEY = record_key("twir-665-account")
ADDRESS = f"https://bsky.app/profile/{HANDLE}/post/{RKEY}"
ACCEPTED = Reply(200, {"uri": f"at://{DID}/app.bsky.feed.post/{RKEY}", "cid": CID})


def a_token(scope: str = "com.atproto.appPass") -> str:
    parts = ({"alg": "none"}, {"sub": DID, "iat": 1, "exp": 4_000_000_000, "scope": scope})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + ".c2ln"
    )


def refused(status: int, name: str = "", message: str = "No", **headers: str) -> Reply:
    return Reply(status, {"error": name, "message": message}, headers)


MISSING = refused(400, "RecordNotFound", "Could not locate record")


def a_record(rkey: str = "3zzzzzzzzzzzz", **changes: Any) -> dict[str, Any]:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": ISSUE}
    record = {
        "$type": "app.bsky.feed.post",
        "text": "Out now",
        "createdAt": "2026-08-20T02:00:00.000Z",
        "facets": [{"index": {"byteStart": 0, "byteEnd": 3}, "features": [link]}],
    }
    return {"uri": f"at://{DID}/app.bsky.feed.post/{rkey}", "cid": CID, "value": record | changes}


def the_post() -> Post:
    card = {"uri": ISSUE, "title": "This Week in Rust 665", "description": "News"}
    return a_post("bluesky", fields={"langs": ["en"], "card": card})


@pytest.fixture
def settings(place: Place, secret: Callable[[str], Secret]) -> bluesky.Settings:
    session = {"did": DID, "handle": HANDLE, "accessJwt": a_token(), "refreshJwt": a_token(), "active": True}
    place.on("POST", f"{XRPC}server.createSession", Reply(200, session))
    place.on("GET", GET, MISSING)
    place.on("GET", LIST, Reply(200, {"records": []}))
    return bluesky.Settings(api_base_url=place.url, handle=HANDLE, app_password=secret("the-app-secret"))


@pytest.fixture
def account(settings: bluesky.Settings) -> Iterator[Platform]:
    account = settings.connect(lambda: NOW)
    yield account
    account.close()


def test_an_accepted_post_is_one_record_under_a_key_of_our_own(place: Place, account: Platform) -> None:
    place.on("POST", PUT, ACCEPTED)

    assert account.send(the_post(), an_attempt()) == Sent(ADDRESS, RKEY)

    (asked,) = place.calls("POST", PUT)
    assert asked.json["swapRecord"] is None
    assert "swapRecord" in asked.json
    assert (asked.json["repo"], asked.json["rkey"]) == (DID, RKEY)
    record = asked.json["record"]
    assert record["text"] == the_post().text
    assert record["langs"] == ["en"]
    assert record["embed"]["external"]["uri"] == ISSUE
    assert asked.headers["authorization"].startswith("Bearer ey")


@given(st.text(min_size=1, max_size=25))
def test_a_records_key_is_a_moment_of_the_past(key: str) -> None:
    rkey = record_key(key)

    assert re.fullmatch(r"[234567abcdefghij][234567a-z]{12}", rkey)
    assert record_key("2024-from") != rkey
    assert "3k" <= rkey[:2] <= "3l"


@pytest.mark.parametrize("suffix", ["/", "/xrpc"])
def test_the_address_is_taken_with_and_without_its_fixed_path(
    place: Place, settings: bluesky.Settings, suffix: str
) -> None:
    place.on("POST", PUT, ACCEPTED)
    account = replace(settings, api_base_url=place.url + suffix).connect(lambda: NOW)

    assert isinstance(account.send(the_post(), an_attempt()), Sent)
    account.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "InvalidRequest"), (Rejected, Cause.CONTENT)),
        (refused(400, "InvalidRecord"), (Rejected, Cause.CONTENT)),
        (refused(400, "InvalidSwap"), (Uncertain, None)),
        (refused(400, "ExpiredToken"), (RefusedForNow, None)),
        (refused(400, "InvalidToken"), (RefusedForNow, None)),
        (refused(400, "AccountTakedown"), (Rejected, Cause.ACCOUNT)),
        (refused(400, "SomethingNew"), (Rejected, Cause.CONTENT)),
        (refused(401, "AuthenticationRequired"), (Rejected, Cause.ACCOUNT)),
        (refused(403), (Rejected, Cause.ACCOUNT)),
        (refused(404), (Rejected, Cause.ACCOUNT)),
        (Reply(403, {"status": 403}), (Uncertain, None)),
        (refused(409), (Uncertain, None)),
        (refused(413), (Rejected, Cause.CONTENT)),
        (refused(429, "RateLimitExceeded"), (RefusedForNow, None)),
        (refused(500, "InternalServerError"), (Uncertain, None)),
        (refused(502), (Uncertain, None)),
        (refused(503), (Uncertain, None)),
        (HTML, (Uncertain, None)),
        (Reply(200, b"not json"), (Uncertain, None)),
        (Reply(200, {}), (Uncertain, None)),
        (Reply(200, {"uri": "x"}, cut=True), (Uncertain, None)),
        (Drop(), (Uncertain, None)),
        (Drop(reset=True), (Uncertain, None)),
    ],
    ids=repr,
)
def test_each_answer_has_its_outcome(
    place: Place, account: Platform, answer: Any, expected: tuple[type, Cause | None]
) -> None:
    place.on("POST", PUT, answer)

    outcome = account.send(the_post(), an_attempt())

    kind, fault = expected
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", None) == fault
    assert place.count("POST", PUT) == 1
    assert "-secret" not in repr(outcome)


def test_silence_leaves_the_outcome_uncertain_when_the_time_is_over(place: Place, account: Platform) -> None:
    place.on("POST", PUT, Hang())

    assert isinstance(account.send(the_post(), an_attempt(timeout=1.0)), Uncertain)
    assert place.count("POST", PUT) == 1


def test_a_rate_limit_names_its_end(place: Place, account: Platform) -> None:
    reset = str(int((NOW + timedelta(minutes=3)).timestamp()))
    place.on("POST", PUT, Reply(429, {"error": "RateLimitExceeded"}, {"ratelimit-reset": reset}))

    outcome = account.send(the_post(), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.until == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(401, "AuthenticationRequired"), Rejected),
        (refused(429, "RateLimitExceeded"), RefusedForNow),
        (refused(500), NeverArrived),
        (HTML, NeverArrived),
        (Drop(), NeverArrived),
    ],
    ids=repr,
)
def test_without_a_login_nothing_is_published(
    place: Place, account: Platform, answer: Any, kind: type
) -> None:
    place.on("POST", f"{XRPC}server.createSession", answer)

    assert isinstance(account.send(the_post(), an_attempt()), kind)
    assert place.count("POST", PUT) == 0


def test_an_expired_token_makes_the_next_attempt_log_in_again(place: Place, account: Platform) -> None:
    place.on("POST", PUT, refused(400, "ExpiredToken"), ACCEPTED)

    assert isinstance(account.send(the_post(), an_attempt()), RefusedForNow)
    assert isinstance(account.send(the_post(), an_attempt()), Sent)
    assert place.count("POST", f"{XRPC}server.createSession") == 2


def test_a_look_whose_new_token_is_refused_as_well_needs_a_person(place: Place, account: Platform) -> None:
    place.on("GET", LIST, refused(400, "ExpiredToken"))

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert look.refused
    assert place.count("POST", f"{XRPC}server.createSession") == 2


def test_a_refused_connection_never_arrived(settings: bluesky.Settings) -> None:
    account = replace(settings, api_base_url="http://127.0.0.1:9").connect(lambda: NOW)

    assert isinstance(account.send(the_post(), an_attempt()), NeverArrived)


def test_a_lost_claim_keeps_the_post_from_leaving(place: Place, account: Platform) -> None:
    def lost() -> None:
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(the_post(), an_attempt(before_write=lost))

    assert place.count("POST", PUT) == 0


def test_a_picture_becomes_the_cards(place: Place, account: Platform) -> None:
    blob = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 3}
    place.on("POST", f"{XRPC}repo.uploadBlob", Reply(200, {"blob": blob}))
    place.on("POST", PUT, ACCEPTED)

    assert isinstance(account.send(the_post(), an_attempt(image=Image(b"png", "image/png", "A card"))), Sent)

    assert place.calls("POST", f"{XRPC}repo.uploadBlob")[0].headers["content-type"] == "image/png"
    assert place.calls("POST", PUT)[0].json["record"]["embed"]["external"]["thumb"] == blob


def test_a_look_finds_our_own_key_at_once(place: Place, account: Platform) -> None:
    place.on("GET", GET, Reply(200, a_record(RKEY)))

    assert account.find(WANTED, SINCE) == Found(ADDRESS, RKEY)
    assert place.calls("GET", GET)[0].query["rkey"] == [RKEY]
    assert place.count("GET", LIST) == 0


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        ({}, "address"),
        ({"facets": [], "embed": {"external": {"uri": ISSUE, "title": "x", "description": ""}}}, "address"),
        ({"facets": [], "text": "This Week in Rust 665"}, "title"),
        ({"facets": [], "text": "This Week in Rust 66"}, None),
        ({"reply": {"parent": {}, "root": {}}}, None),
        ({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://x", "cid": CID}}}, None),
        ({"embed": {"$type": "app.bsky.embed.recordWithMedia", "media": {"external": {"uri": ISSUE}}}}, None),
        ({"createdAt": "2026-08-01T00:00:00.000Z"}, None),
    ],
    ids=repr,
)
def test_a_look_finds_a_post_made_by_hand(
    place: Place, account: Platform, changes: dict[str, Any], by: str | None
) -> None:
    other = a_record("3zzzzzzzzzzz2", facets=[])
    place.on(
        "GET",
        LIST,
        Reply(200, {"records": [other, a_record(**changes)], "cursor": "c"}),
        Reply(200, {"records": []}),
    )

    look = account.find(WANTED, SINCE)

    existing = Found(f"https://bsky.app/profile/{HANDLE}/post/3zzzzzzzzzzzz", "3zzzzzzzzzzzz", by or "")
    assert look == (existing if by else Absent())


OLD_KEY = "3jzzzzzzzzzzz"


def test_a_look_goes_by_the_keys_and_not_by_dates_that_a_client_may_set(
    place: Place, account: Platform
) -> None:
    backdated = a_record("3zzzzzzzzzzz3", createdAt="2020-01-01T00:00:00.000Z", facets=[])
    place.on(
        "GET",
        LIST,
        Reply(200, {"records": [backdated], "cursor": "a"}),
        Reply(200, {"records": [], "cursor": "b"}),
        Reply(200, {"records": [a_record()], "cursor": "c"}),
    )

    assert isinstance(account.find(WANTED, SINCE), Found)


def test_an_odd_post_from_before_the_fence_stops_no_look(place: Place, account: Platform) -> None:
    odd, old = a_record(embed="odd"), a_record(embed="odd", createdAt="2020-01-01T00:00:00.000Z")
    place.on("GET", LIST, Reply(200, {"records": [old]}), Reply(200, {"records": [odd]}))

    assert account.find(WANTED, SINCE) == Absent()
    assert isinstance(account.find(WANTED, SINCE), CannotLook), "it may be the post"


def test_a_look_ends_where_the_keys_are_older_than_the_fence(place: Place, account: Platform) -> None:
    records = [a_record(facets=[]), a_record(OLD_KEY, facets=[])]
    place.on("GET", LIST, Reply(200, {"records": records, "cursor": "a"}))

    assert account.find(WANTED, SINCE) == Absent()
    assert place.count("GET", LIST) == 1


@pytest.mark.parametrize(
    "answer",
    [Drop(), HTML, Hang(), Reply(200, {}), *(refused(status) for status in (400, 403, 413, 422, 429, 500))],
    ids=repr,
)
def test_a_picture_that_cannot_go_up_keeps_no_post_back(place: Place, account: Platform, answer: Any) -> None:
    place.on("POST", f"{XRPC}repo.uploadBlob", answer)
    place.on("POST", PUT, ACCEPTED)

    outcome = account.send(the_post(), an_attempt(timeout=3, image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert "without its picture" in outcome.note
    (asked,) = place.calls("POST", PUT)
    assert "thumb" not in asked.json["record"]["embed"]["external"]


def test_a_record_refused_with_its_picture_goes_out_without(place: Place, account: Platform) -> None:
    blob = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 3}
    place.on("POST", f"{XRPC}repo.uploadBlob", Reply(200, {"blob": blob}))
    place.on("POST", PUT, refused(400, "InvalidMimeType", "Wrong mimetype of blob"), ACCEPTED)

    outcome = account.send(the_post(), an_attempt(image=Image(b"png", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    assert "Wrong mimetype" in outcome.note
    sent = [asked.json["record"]["embed"]["external"] for asked in place.calls("POST", PUT)]
    assert ["thumb" in card for card in sent] == [True, False]


@pytest.mark.parametrize("path", [GET, LIST])
@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (refused(401), True),
        (refused(403), True),
        (refused(429), False),
        (refused(500), False),
        (refused(500, "RecordNotFound"), False),
        (Reply(307, {}), False),
        (HTML, False),
        (Drop(), False),
    ],
    ids=repr,
)
def test_a_listing_that_cannot_be_read_says_whether_it_was_refused(
    place: Place, account: Platform, path: str, answer: Any, refusal: bool
) -> None:
    place.on("GET", path, answer)

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook), look
    assert look.refused is refusal


def test_an_answer_that_leads_nowhere_is_no_deletion(place: Place, account: Platform) -> None:
    place.on("POST", "/xrpc/com.atproto.repo.deleteRecord", Reply(307, {"message": "elsewhere"}))

    outcome = account.delete(Found(ADDRESS, "3aaaaaaaaaaaa"), an_attempt())

    assert isinstance(outcome, Uncertain), outcome


def test_verify_reads_the_one_record(place: Place, account: Platform) -> None:
    def answer(asked: Asked) -> Reply:
        records = {
            "3aaaaaaaaaaaa": a_record("3aaaaaaaaaaaa"),
            "3bbbbbbbbbbbb": a_record("3bbbbbbbbbbbb", facets=[]),
        }
        found = records.get(asked.query["rkey"][0])
        return Reply(200, found) if found else MISSING

    place.on("GET", GET, answer)
    profile = f"https://bsky.app/profile/{HANDLE}/post"

    assert isinstance(account.verify(f"{profile}/3aaaaaaaaaaaa", WANTED), Found)
    assert account.verify(f"{profile}/3bbbbbbbbbbbb", WANTED) == Absent()
    assert account.verify(f"{profile}/3cccccccccccc", WANTED) == Absent()
    assert account.verify("https://bsky.app/profile/other.bsky.social/post/3aaaaaaaaaaaa", WANTED) == Absent()


@pytest.mark.parametrize(
    ("scope", "warning"),
    [
        ("com.atproto.appPass", False),
        ("com.atproto.appPassPrivileged", False),
        ("com.atproto.access", True),
        ("", False),
    ],
)
def test_check_names_the_account_and_its_kind_of_password(
    place: Place, account: Platform, scope: str, warning: bool
) -> None:
    token = a_token(scope)
    session = {"did": DID, "handle": HANDLE, "accessJwt": token, "refreshJwt": token, "active": True}
    place.on("POST", f"{XRPC}server.createSession", Reply(200, session))

    (password,) = account.check()

    assert HANDLE in password.sentence
    assert password.level is (Level.WARN if warning else Level.OK)
    assert ("make an app password" in password.sentence) is warning


@pytest.mark.parametrize("status", ["deactivated", "suspended", None])
def test_an_account_that_is_not_active_stops_the_delivery_before_anything_is_sent(
    place: Place, account: Platform, status: str | None
) -> None:
    """A server that has an account no more asks others for its records: no answer of theirs is about it."""
    session = {"did": DID, "handle": HANDLE, "accessJwt": a_token(), "refreshJwt": a_token(), "active": False}
    place.on(
        "POST", f"{XRPC}server.createSession", Reply(200, session | ({"status": status} if status else {}))
    )
    place.on("GET", GET, Reply(502, {"error": "UpstreamFailure", "message": "Upstream service unreachable"}))

    look = account.find(WANTED, SINCE)
    outcome = account.send(the_post(), an_attempt())
    (password,) = account.check()

    assert isinstance(look, CannotLook)
    assert look.refused
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Cause.ACCOUNT
    assert (status or "not active") in outcome.reason
    assert password.level is Level.FAIL
    assert not place.calls("POST", PUT)


def test_the_at_before_a_handle_is_taken_off(place: Place, settings: bluesky.Settings) -> None:
    place.on("POST", PUT, ACCEPTED)
    account = replace(settings, handle=f" @{HANDLE}").connect(lambda: NOW)

    assert account.send(the_post(), an_attempt()) == Sent(ADDRESS, RKEY)
    assert place.calls("POST", f"{XRPC}server.createSession")[0].json["identifier"] == HANDLE
    assert bluesky.Settings(handle=f"@{HANDLE}").canonical_address(ADDRESS).is_post
    account.close()


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        (f"https://bsky.app/profile/{HANDLE}/post/3zzzzzzzzzzzz", True),
        (f"https://bsky.app/profile/{DID}/post/3zzzzzzzzzzzz", True),
        ("https://bsky.app/profile/other.bsky.social/post/3zzzzzzzzzzzz", False),
        (f"https://bsky.app/profile/{HANDLE}", False),
        (f"https://bsky.example/profile/{HANDLE}/post/3zzzzzzzzzzzz", False),
    ],
)
def test_a_post_address_is_the_accounts(url: str, is_one: bool) -> None:
    assert bluesky.Settings(handle=HANDLE).canonical_address(url).is_post is is_one


def test_a_compose_link_carries_the_text_and_the_address_that_is_only_in_the_card() -> None:
    post = a_post("bluesky", text="a & b")
    link = bluesky.Settings().compose_link(post)

    assert link == f"https://bsky.app/intent/compose?text=a%20%26%20b%0A%0A{quote(post.url, safe='')}"
