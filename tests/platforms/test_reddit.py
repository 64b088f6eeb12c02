"""Reddit's answers, as PRAW meets them over HTTP."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost.config.secrets import Secret
from crosspost.errors import ClaimLostError
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Found,
    NeverArrived,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Level, Platform, reddit
from crosspost.platforms.reddit import adapter
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

TOKEN = "/api/v1/access_token"
SUBMIT = "/api/submit"
OWN = "/user/twir/submitted"
NEW = "/r/rust/new"
INFO = "/api/info"
PERMALINK = "https://www.reddit.com/r/rust/comments/1abc/this_week_in_rust_665/"


def accepted(**data: Any) -> dict[str, Any]:
    return {
        "json": {
            "errors": [],
            "data": {"id": "1abc", "name": "t3_1abc", "url": PERMALINK, "drafts_count": 0} | data,
        }
    }


def refused(code: str, words: str = "", field: str = "title", **more: Any) -> Reply:
    return Reply(200, {"json": {"errors": [[code, words, field]]} | more})


def invalid(reason: str, *fields: str) -> Reply:
    return Reply(400, {"fields": list(fields), "reason": reason, "explanation": "It is not allowed."})


def a_submission(number: str = "1abc", **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": number,
        "name": f"t3_{number}",
        "title": "This Week in Rust 665",
        "url": ISSUE,
        "author": "editor",
        "subreddit": "rust",
        "created_utc": (NOW - timedelta(hours=1)).timestamp(),
        "permalink": f"/r/rust/comments/{number}/this_week_in_rust_665/",
        "is_self": False,
        "removed_by_category": None,
    }
    return {"kind": "t3", "data": data | changes}


def listing(*children: dict[str, Any], after: str | None = None) -> Reply:
    return Reply(200, {"kind": "Listing", "data": {"after": after, "children": list(children)}})


@pytest.fixture
def settings(place: Place, secret: Callable[[str], Secret]) -> reddit.Settings:
    return reddit.Settings(
        api_base_url=place.url,
        client_id=secret("the-client-id"),
        client_secret=secret("the-client-secret"),
        refresh_token=secret("the-refresh-secret"),
        user_agent="linux:crosspost:test (by /u/twir)",
    )


@pytest.fixture
def account(place: Place, settings: reddit.Settings) -> Iterator[Platform]:
    token = {"access_token": "the-access-secret", "expires_in": 3600, "scope": "*", "token_type": "bearer"}
    place.on("POST", TOKEN, Reply(200, token))
    place.on("GET", "/api/v1/me", Reply(200, {"name": "twir", "id": "x"}))
    for path in (OWN, NEW, INFO):
        place.on("GET", path, listing())
    account = settings.connect(lambda: NOW)
    yield account
    account.close()


def test_an_accepted_post_is_sent_with_the_address_of_the_answer(place: Place, account: Platform) -> None:
    place.on("POST", SUBMIT, Reply(200, accepted()))

    outcome = account.send(a_post("reddit", text="The summary"), an_attempt())

    assert outcome == Sent(PERMALINK, "1abc")
    form = place.calls("POST", SUBMIT)[0].form
    assert form["title"] == "This Week in Rust 665"
    assert form["url"] == ISSUE
    assert form["text"] == "The summary"
    assert (form["sr"], form["kind"], form["resubmit"], form["sendreplies"]) == (
        "rust",
        "link",
        "False",
        "False",
    )
    assert len(place.asked) == 2, "the token and the post; nothing fetched afterwards"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused("USER_REQUIRED"), (Rejected, Cause.ACCOUNT)),
        (refused("SUBREDDIT_NOTALLOWED"), (Rejected, Cause.ACCOUNT)),
        (refused("SUBREDDIT_NO_ACCESS"), (Rejected, Cause.ACCOUNT)),
        (refused("BANNED_FROM_SUBREDDIT"), (Rejected, Cause.ACCOUNT)),
        (refused("IN_TIMEOUT"), (Rejected, Cause.ACCOUNT)),
        (refused("NO_TEXT"), (Rejected, Cause.CONTENT)),
        (refused("TOO_LONG"), (Rejected, Cause.CONTENT)),
        (refused("DOMAIN_BANNED"), (Rejected, Cause.CONTENT)),
        (refused("NO_LINKS"), (Rejected, Cause.CONTENT)),
        (refused("BAD_FLAIR_TEMPLATE_ID"), (Rejected, Cause.CONTENT)),
        (refused("SOMETHING_NEW"), (Rejected, Cause.CONTENT)),
        (refused("SUBMIT_VALIDATION_FLAIR_REQUIRED"), (Rejected, Cause.CONTENT)),
        (refused("SUBMIT_VALIDATION_REPOST"), (Uncertain, None)),
        (refused("ALREADY_SUB", "that link has already been submitted", "url"), (Uncertain, None)),
        (refused("RATELIMIT", "Take a break for 9 minutes before trying again."), (RefusedForNow, None)),
        (refused("SUBREDDIT_RATELIMIT"), (RefusedForNow, None)),
        (refused("SUBREDDIT_NOEXIST"), (RefusedForNow, None)),
        (invalid("SUBMIT_VALIDATION_TITLE_REQUIREMENT", "title"), (Rejected, Cause.CONTENT)),
        (invalid("SUBMIT_VALIDATION_REPOST", "url"), (Uncertain, None)),
        (invalid("SUBMIT_VALIDATION_TITLE_REQUIREMENT", "title", "url"), (Rejected, Cause.CONTENT)),
        (Reply(400, {"explanation": "no reason given"}), (Rejected, Cause.CONTENT)),
        (Reply(400, {"message": "Bad Request", "error": 400}), (Rejected, Cause.CONTENT)),
        (Reply(400, b"<html>", kind="text/html"), (Uncertain, None)),
        (Reply(401, {}, {"www-authenticate": 'Bearer error="invalid_token"'}), (RefusedForNow, None)),
        (Reply(401, {}), (RefusedForNow, None)),
        (Reply(403, {}), (Rejected, Cause.ACCOUNT)),
        (
            Reply(403, {}, {"www-authenticate": 'Bearer error="insufficient_scope"'}),
            (Rejected, Cause.ACCOUNT),
        ),
        (Reply(404, {}), (Rejected, Cause.ACCOUNT)),
        (Reply(302, b"", {"Location": "/elsewhere"}), (Rejected, Cause.ACCOUNT)),
        (Reply(307, b"", {"Location": SUBMIT}), (Rejected, Cause.ACCOUNT)),
        (Reply(409, {}), (Rejected, Cause.CONTENT)),
        (Reply(413, {}), (Rejected, Cause.CONTENT)),
        (Reply(413, b""), (Uncertain, None)),
        (Reply(414, {}), (Rejected, Cause.CONTENT)),
        (Reply(414, b""), (Uncertain, None)),
        (Reply(415, {"reason": "x"}), (Rejected, Cause.CONTENT)),
        (Reply(451, {}), (Rejected, Cause.ACCOUNT)),
        (Reply(451, b""), (Uncertain, None)),
        (Reply(418, b""), (Uncertain, None)),
        (Reply(429, {}), (RefusedForNow, None)),
        (Reply(408, b""), (Uncertain, None)),
        (Reply(500, b""), (Uncertain, None)),
        (Reply(502, b""), (Uncertain, None)),
        (Reply(503, b""), (Uncertain, None)),
        (Reply(504, b""), (Uncertain, None)),
        (Reply(520, b""), (Uncertain, None)),
        (Reply(522, b""), (Uncertain, None)),
        (HTML, (Uncertain, None)),
        (Reply(200, {"json": {"errors": []}}), (Uncertain, None)),
        (Reply(200, {"json": {"errors": None, "data": {}}}), (Uncertain, None)),
        (Reply(200, {}), (Uncertain, None)),
        (Reply(200, []), (Uncertain, None)),
        (Reply(204), (Uncertain, None)),
        (Reply(200, accepted(), cut=True), (Uncertain, None)),
        (Drop(), (Uncertain, None)),
        (Drop(reset=True), (Uncertain, None)),
    ],
    ids=repr,
)
def test_each_answer_has_its_outcome_and_is_asked_for_once(
    place: Place, account: Platform, answer: Any, expected: tuple[type, Cause | None]
) -> None:
    place.on("POST", SUBMIT, answer)

    outcome = account.send(a_post("reddit"), an_attempt())

    kind, fault = expected
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", None) == fault
    assert place.count("POST", SUBMIT) == 1
    assert "-secret" not in repr(outcome)


def test_a_rate_limit_that_names_the_submission_it_made_is_sent(place: Place, account: Platform) -> None:
    place.on(
        "POST", SUBMIT, refused("RATELIMIT", "Take a break for 1 second", data=accepted()["json"]["data"])
    )

    outcome = account.send(a_post("reddit"), an_attempt())

    assert isinstance(outcome, Sent)
    assert (outcome.id, outcome.url) == ("1abc", PERMALINK)
    assert place.count("POST", SUBMIT) == 1


@pytest.mark.parametrize(
    ("answer", "until"),
    [
        (refused("RATELIMIT", "Take a break for 9 minutes before trying again."), timedelta(minutes=9)),
        (refused("RATELIMIT", "Take a break for 500 milliseconds."), timedelta(seconds=0.5)),
        (refused("RATELIMIT", "Take a break for 9 minutes.", ratelimit=541.5), timedelta(seconds=541.5)),
        (Reply(429, {}, {"retry-after": "30"}), timedelta(seconds=30)),
    ],
    ids=repr,
)
def test_a_rate_limit_says_until_when(
    place: Place, account: Platform, answer: Reply, until: timedelta
) -> None:
    place.on("POST", SUBMIT, answer)

    outcome = account.send(a_post("reddit"), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.until == NOW + until


def test_praws_ignored_timeout_is_ours(place: Place, account: Platform) -> None:
    place.on("POST", SUBMIT, Hang())

    assert isinstance(account.send(a_post("reddit"), an_attempt(timeout=0.5)), Uncertain)
    assert place.count("POST", SUBMIT) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(400, {"error": "invalid_grant"}), Rejected),
        (Reply(200, {"error": "invalid_grant"}), Rejected),
        (Reply(401, {"message": "Unauthorized", "error": 401}), Rejected),
        (Reply(429, {}), RefusedForNow),
        (Reply(500, b""), NeverArrived),
        (HTML, NeverArrived),
        (Drop(), NeverArrived),
    ],
    ids=repr,
)
def test_without_an_access_token_nothing_is_submitted(
    place: Place, account: Platform, answer: Any, kind: type
) -> None:
    place.on("POST", TOKEN, answer)

    outcome = account.send(a_post("reddit"), an_attempt())

    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", Cause.ACCOUNT) is Cause.ACCOUNT
    assert place.count("POST", SUBMIT) == 0


def test_a_refused_connection_never_arrived(settings: reddit.Settings) -> None:
    account = replace(settings, api_base_url="http://127.0.0.1:9").connect(lambda: NOW)

    assert isinstance(account.send(a_post("reddit"), an_attempt()), NeverArrived)


def test_a_lost_claim_keeps_the_post_from_leaving(place: Place, account: Platform) -> None:
    def lost() -> None:
        assert place.count("POST", TOKEN) == 1, "asked at the last moment"
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(a_post("reddit"), an_attempt(before_write=lost))

    assert place.count("POST", SUBMIT) == 0


def test_an_exhausted_rate_limit_does_not_make_the_next_call_sleep(place: Place, account: Platform) -> None:
    spent = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "100", "x-ratelimit-reset": "600"}
    place.on("GET", "/api/v1/me", Reply(200, {"name": "twir", "id": "x"}, spent))
    place.on("POST", SUBMIT, Reply(200, accepted(), {"x-ratelimit-remaining": "odd"}))

    account.find(WANTED, SINCE)

    assert isinstance(account.send(a_post("reddit"), an_attempt(timeout=5)), Sent)


def test_a_praw_ini_lying_about_changes_nothing(
    place: Place, account: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ini = "[DEFAULT]\nusername=u\npassword=p\noauth_url=http://127.0.0.1:9\nsubmission_kind=t9\n"
    (tmp_path / "praw.ini").write_text(ini)
    monkeypatch.chdir(tmp_path)
    place.on("POST", SUBMIT, Reply(200, accepted()))

    assert isinstance(account.send(a_post("reddit"), an_attempt()), Sent)
    assert place.calls("POST", TOKEN)[0].form["grant_type"] == "refresh_token"


def test_flair_is_found_by_its_name(place: Place, settings: reddit.Settings, account: Platform) -> None:
    flairs = [
        {"flair_template_id": "f-1", "flair_text": "📅 this week in rust", "flair_text_editable": False}
    ]
    place.on("POST", "/r/rust/api/flairselector", Reply(200, {"choices": flairs}))
    place.on("POST", SUBMIT, Reply(200, accepted()))
    flaired = replace(settings, flair="📅 This Week in Rust").connect(lambda: NOW)

    assert flaired.send(a_post("reddit"), an_attempt()) == Sent(PERMALINK, "1abc")
    assert place.calls("POST", SUBMIT)[0].form["flair_id"] == "f-1"
    flaired.close()


@pytest.mark.parametrize("answer", [Reply(404, {}), Reply(200, {"choices": []})], ids=repr)
def test_a_flair_that_is_not_there_does_not_keep_the_post_back(
    place: Place, settings: reddit.Settings, account: Platform, answer: Reply
) -> None:
    place.on("POST", "/r/rust/api/flairselector", answer)
    place.on("POST", SUBMIT, Reply(200, accepted()))
    flaired = replace(settings, flair="gone").connect(lambda: NOW)

    outcome = flaired.send(a_post("reddit"), an_attempt())

    assert isinstance(outcome, Sent)
    assert "no flair 'gone'" in outcome.note
    flaired.close()


@pytest.mark.parametrize(
    ("where", "submission", "by"),
    [
        (OWN, a_submission(author="twir"), "address"),
        (OWN, a_submission(author="twir", url=ISSUE.rstrip("/") + "?utm_source=r"), "address"),
        (
            OWN,
            a_submission(author="twir", is_self=True, url=PERMALINK, title="TWiR: This Week in Rust 665"),
            "title",
        ),
        (OWN, a_submission(author="twir", removed_by_category="moderator"), "address"),
        (OWN, a_submission(author="twir", removed_by_category="automod_filtered"), "address"),
        (OWN, a_submission(author="twir", subreddit="programming"), None),
        (OWN, a_submission(author="twir", created_utc=0), None),
        (NEW, a_submission(), "address"),
        (NEW, a_submission(subreddit="Rust"), "address"),
        (NEW, a_submission(title="Fresh: This Week in Rust"), "address"),
        (NEW, a_submission(is_self=True, url=PERMALINK, title="This Week in Rust #665"), None),
        (NEW, a_submission(is_self=True, url=PERMALINK, title="TWiR", selftext=f"See {ISSUE}"), None),
        (OWN, a_submission(author="twir", is_self=True, url=PERMALINK, title="x", selftext=ISSUE), "address"),
        (OWN, a_submission(author="twir", url="https://a.example/", title="This Week in Rust 665"), None),
        (NEW, a_submission(is_self=True, url=PERMALINK, title="Why is This Week in Rust 665 late?"), None),
        (NEW, a_submission(url="https://spam.example/", title="This Week in Rust 665"), None),
        (NEW, a_submission(url="https://spam.example/", title="This Week in Rust 6655"), None),
        (NEW, a_submission(author="[deleted]"), None),
        (NEW, a_submission(removed_by_category="moderator"), None),
        (INFO, a_submission(), "address"),
        (INFO, a_submission(subreddit="programming"), None),
    ],
    ids=repr,
)
def test_a_look_counts_what_is_the_discussion(
    place: Place, account: Platform, where: str, submission: dict[str, Any], by: str | None
) -> None:
    place.on("GET", where, listing(a_submission("1other", url="https://a.example/", title="x"), submission))

    look = account.find(WANTED, SINCE)

    assert look == (Found(PERMALINK, "1abc", by) if by else Absent())


@pytest.mark.parametrize("listed", ["Editor", "u/editor", "/u/editor"])
def test_a_text_post_counts_when_its_author_is_listed(
    place: Place, settings: reddit.Settings, account: Platform, listed: str
) -> None:
    text = a_submission(is_self=True, url=PERMALINK, title="This Week in Rust #665")
    reader = replace(settings, authors=(listed,)).connect(lambda: NOW)

    place.on("GET", "/user/editor/submitted", Reply(404, {}), listing(text))
    assert reader.find(WANTED, SINCE) == Absent(), "one who is not there keeps nothing back"
    assert reader.find(WANTED, SINCE) == Found(PERMALINK, "1abc", "title")
    place.on("GET", NEW, listing(text))
    assert reader.find(WANTED, SINCE) == Found(PERMALINK, "1abc", "title")
    assert account.find(WANTED, SINCE) == Absent()
    reader.close()


def test_a_title_counts_only_after_the_issue_was_out(place: Place, account: Platform) -> None:
    reminder = a_submission(
        author="twir", is_self=True, url=PERMALINK, title="Last call for This Week in Rust 665"
    )
    place.on("GET", OWN, listing(reminder))

    assert account.find(replace(WANTED, first_seen_at=NOW - timedelta(minutes=30)), SINCE) == Absent()
    assert isinstance(account.find(replace(WANTED, first_seen_at=NOW - timedelta(hours=2)), SINCE), Found)


def test_a_look_asks_own_submissions_first_and_stops_when_it_has_found(
    place: Place, account: Platform
) -> None:
    place.on("GET", OWN, listing(a_submission(author="twir")))

    account.find(WANTED, SINCE)

    assert [asked.path for asked in place.asked] == [TOKEN, "/api/v1/me", OWN]


def test_one_old_submission_among_new_ones_does_not_end_the_look(place: Place, account: Platform) -> None:
    old = a_submission("1old", url="https://a.example/", title="x", created_utc=0)
    place.on("GET", NEW, listing(old, a_submission()))

    assert account.find(WANTED, SINCE) == Found(PERMALINK, "1abc", "address")


def test_a_look_reads_back_to_the_fence_and_no_further(place: Place, account: Platform) -> None:
    recent = [a_submission(f"r{i}", url="https://a.example/", title="x") for i in range(100)]
    older = [
        a_submission(
            f"o{i}", url="https://a.example/", title="x", created_utc=(SINCE - timedelta(hours=1)).timestamp()
        )
        for i in range(100)
    ]
    place.on("GET", NEW, listing(*recent, after="t3_r99"), listing(*older, after="t3_o99"))

    assert account.find(WANTED, SINCE) == Absent()
    assert place.count("GET", NEW) == 2


def test_own_submissions_that_reach_back_beyond_what_a_look_reads_are_no_absence(
    place: Place, account: Platform
) -> None:
    pages = [
        [a_submission(f"p{page}n{i}", author="twir", url="https://a.example/", title="x") for i in range(100)]
        for page in range(adapter.LISTING // 100)
    ]
    place.on("GET", OWN, *(listing(*page, after=page[-1]["data"]["name"]) for page in pages))

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook)
    assert not look.refused


def test_a_refused_access_token_is_asked_for_again_when_reading(place: Place, account: Platform) -> None:
    stale = Reply(401, {}, {"www-authenticate": 'Bearer error="invalid_token"'})
    place.on("GET", OWN, stale, listing(a_submission(author="twir")))

    assert isinstance(account.find(WANTED, SINCE), Found)
    assert place.count("POST", TOKEN) == 2


@pytest.mark.parametrize("path", ["/api/v1/me", OWN, NEW, INFO])
@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Reply(401, {}), True),
        (Reply(403, {}), True),
        (Reply(429, {}), False),
        (Reply(500, b""), False),
        (HTML, False),
        (Drop(), False),
    ],
    ids=repr,
)
def test_a_listing_that_cannot_be_read_says_whether_it_was_refused(
    place: Place, account: Platform, path: str, answer: Any, refused: bool
) -> None:
    place.on("GET", path, answer)

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook), look
    assert look.refused is refused


def test_verify_reads_the_one_submission(place: Place, account: Platform) -> None:
    place.on(
        "GET",
        INFO,
        listing(a_submission()),
        listing(a_submission(url="https://a.example", title="x")),
        listing(),
    )

    assert account.verify(PERMALINK, WANTED) == Found(PERMALINK, "1abc")
    assert account.verify(PERMALINK, WANTED) == Absent()
    assert account.verify(PERMALINK, WANTED) == Absent()
    assert place.calls("GET", INFO)[0].query["id"] == ["t3_1abc"]


def test_check_says_what_is_missing(place: Place, settings: reddit.Settings, account: Platform) -> None:
    token = {"access_token": "a", "expires_in": 3600, "scope": "identity read", "token_type": "bearer"}
    place.on("POST", TOKEN, Reply(200, token))
    place.on("GET", "/api/v1/rust/post_requirements", Reply(200, {"is_flair_required": True}))

    owner, scopes, flair, rules = account.check()

    assert [each.level for each in (owner, scopes, flair, rules)] == [
        Level.OK,
        Level.FAIL,
        Level.OK,
        Level.FAIL,
    ]
    assert "u/twir" in owner.sentence
    assert "submit" in scopes.sentence
    assert "flair" in rules.sentence
    assert place.count("POST", SUBMIT) == 0


def test_no_debug_log_holds_a_secret(
    place: Place, account: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    place.on("POST", SUBMIT, Reply(200, accepted()))

    with caplog.at_level(logging.DEBUG):
        account.send(a_post("reddit"), an_attempt())

    assert "-secret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        (PERMALINK, True),
        ("https://old.reddit.com/r/Rust/comments/1abc", True),
        ("https://reddit.com/r/rust/comments/1abc/?utm_source=share", True),
        ("https://www.reddit.com/r/programming/comments/1abc/x/", False),
        ("https://www.reddit.com/r/rust/", False),
        ("https://www.reddit.com/r/rust/comments/1abc/x/k2j3h4/", True),
        ("https://notreddit.com/r/rust/comments/1abc/x/", False),
    ],
)
def test_a_post_address_is_in_the_subreddit(url: str, is_one: bool) -> None:
    assert reddit.Settings().canonical_address(url).is_post is is_one


def test_a_compose_link_carries_address_and_title() -> None:
    link = reddit.Settings().compose_link(a_post("reddit"))

    assert link is not None
    assert link.startswith("https://www.reddit.com/r/rust/submit?")
    assert "title=This+Week+in+Rust+665" in link


def test_the_moment_of_a_look_is_not_needed_to_have_a_zone(place: Place, account: Platform) -> None:
    assert account.find(WANTED, datetime.fromisoformat("2026-08-18T05:00:00+02:00")) == Absent()


def test_the_hiring_thread_is_the_newest_that_a_moderator_posted_under_the_official_title(
    place: Place, account: Platform
) -> None:
    official = 'Official /r/rust "Who\'s Hiring" thread for job-seekers and job-offerers [Rust 1.97]'
    newer = (NOW - timedelta(hours=1)).timestamp()
    older = (NOW - timedelta(days=40)).timestamp()
    found = listing(
        a_submission("1new", title="Who's hiring? My official list", author="stranger", created_utc=newer),
        a_submission("1ask", title="Hey Rustaceans! Got a question?", author="ModOne", created_utc=newer),
        a_submission(
            "1mod", title=official, author="ModOne", created_utc=older, permalink="/r/rust/comments/1mod/x/"
        ),
        a_submission("1old", title=official, author="ModOne", created_utc=older - 9e6),
    )
    moderators = {"kind": "UserList", "data": {"children": [{"name": "ModOne", "id": "t2_1"}]}}
    place.on("GET", "/r/rust/search", found)
    place.on("GET", "/r/rust/about/moderators", Reply(200, moderators))

    assert account.find_hiring_thread() == "https://www.reddit.com/r/rust/comments/1mod/x/"


def test_an_odd_answer_to_the_search_for_a_hiring_thread_is_none(place: Place, account: Platform) -> None:
    place.on("GET", "/r/rust/search", listing({"data": {}}))
    moderators = {"kind": "UserList", "data": {"children": [{"name": "ModOne", "id": "t2_1"}]}}
    place.on("GET", "/r/rust/about/moderators", Reply(200, moderators))

    assert account.find_hiring_thread() is None


def test_no_hiring_thread_is_guessed_when_moderators_are_not_known(place: Place, account: Platform) -> None:
    place.on("GET", "/r/rust/search", listing(a_submission("1mod", title="Official Who's Hiring thread")))
    place.on("GET", "/r/rust/about/moderators", Reply(403, {"message": "Forbidden", "error": 403}))

    assert account.find_hiring_thread() is None


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/api/v1/rust/post_requirements", Reply(403, {}), ("rules", Level.WARN)),
        ("/api/v1/rust/post_requirements", Reply(429, {}), ("rules", Level.WARN)),
        ("/api/v1/me", Reply(403, {}), ("token", Level.FAIL)),
        ("/api/v1/me", Reply(429, {}), ("token", Level.WARN)),
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


@pytest.mark.parametrize("module", ["adapter", "login"])
def test_praw_is_loaded_without_its_check_for_updates(module: str) -> None:
    program = f"import sys, crosspost.platforms.reddit.{module}; print('aiohttp' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
