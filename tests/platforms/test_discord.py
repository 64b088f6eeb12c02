"""Discord's answers, as discord.py meets them over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
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
    Post,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Level, Platform, discord
from crosspost.platforms.discord import adapter
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

pytest_plugins = ("tests.platforms.scripted_place",)

API = "/api/v10"
MESSAGES = f"{API}/channels/30/messages"
BOT = {"id": "40", "username": "twir", "discriminator": "0000", "avatar": None, "bot": True}
PERSON = {"id": "41", "username": "editor", "discriminator": "0", "avatar": None}
CHANNEL = {
    "id": "30",
    "type": 0,
    "guild_id": "20",
    "name": "news",
    "position": 0,
    "permission_overwrites": [],
}
ADDRESS = "https://discord.com/channels/20/30/1539816239923200000"


def a_message(number: str = "1539816239923200000", **changes: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": number,
        "type": 0,
        "channel_id": "30",
        "author": BOT,
        "content": "",
        "timestamp": "2026-08-20T02:00:00.000000+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [{"type": "rich", "title": "This Week in Rust 665", "url": ISSUE}],
        "pinned": False,
        "flags": 0,
        "components": [],
    }
    return message | changes


def the_post() -> Post:
    return a_post("discord", text="", fields={"embeds": [{"title": "This Week in Rust 665", "url": ISSUE}]})


def error(status: int, code: int = 0, message: str = "No", **headers: str) -> Reply:
    return Reply(status, {"code": code, "message": message}, headers)


@pytest.fixture
def settings(place: Place, secret: Callable[[str], Secret]) -> discord.Settings:
    place.on("GET", f"{API}/users/@me", Reply(200, BOT))
    place.on("GET", f"{API}/channels/30", Reply(200, CHANNEL))
    return discord.Settings(api_base_url=place.url, channel_id=30, bot_token=secret("the-bot-secret"))


@pytest.fixture
def account(settings: discord.Settings) -> Platform:
    return settings.connect(lambda: NOW)


def test_an_accepted_post_is_one_message_with_a_fixed_and_enforced_nonce(
    place: Place, account: Platform
) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))

    assert account.send(the_post(), an_attempt()) == Sent(ADDRESS, "1539816239923200000")

    (asked,) = place.calls("POST", MESSAGES)
    assert asked.json["nonce"] == "twir-665-account"
    assert asked.json["enforce_nonce"] is True
    assert asked.json["allowed_mentions"]["parse"] == []
    assert asked.json["embeds"][0]["url"] == ISSUE
    assert asked.json.get("content") is None
    assert asked.headers["authorization"] == "Bot the-bot-secret"


def test_what_the_library_says_of_voice_and_intents_stays_out_of_the_log(
    place: Place, account: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))
    caplog.set_level(logging.INFO)

    account.send(the_post(), an_attempt())

    assert not [record.getMessage() for record in caplog.records if record.name.startswith("discord")]


@pytest.mark.parametrize("suffix", ["", "/", "/api/v10", "/api/v10/"])
def test_the_address_is_taken_with_and_without_its_fixed_path(
    place: Place, settings: discord.Settings, suffix: str
) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))
    account = replace(settings, api_base_url=place.url + suffix).connect(lambda: NOW)

    assert isinstance(account.send(the_post(), an_attempt()), Sent)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(400, 50035, "Invalid Form Body"), (Rejected, Cause.CONTENT)),
        (error(400, 50006, "Cannot send an empty message"), (Rejected, Cause.CONTENT)),
        (error(400, 200000, "AutoMod"), (Rejected, Cause.CONTENT)),
        (error(400, 240000, "Harmful link"), (Rejected, Cause.CONTENT)),
        (error(400, 20028, "Write rate limit"), (RefusedForNow, None)),
        (error(400, 50008, "No text channel"), (Rejected, Cause.ACCOUNT)),
        (error(400), (Rejected, Cause.CONTENT)),
        (error(401), (Rejected, Cause.ACCOUNT)),
        (error(403, 50001, "Missing Access"), (Rejected, Cause.ACCOUNT)),
        (error(403, 50013, "Missing Permissions"), (Rejected, Cause.ACCOUNT)),
        (error(403, 20016, "Slow mode"), (RefusedForNow, None)),
        (error(404, 10003, "Unknown Channel"), (Rejected, Cause.ACCOUNT)),
        (error(404, 10008, "Unknown Message"), (Uncertain, None)),
        (error(405), (Rejected, Cause.ACCOUNT)),
        (error(409), (Uncertain, None)),
        (error(413, 40005), (Rejected, Cause.CONTENT)),
        (error(429, 0, "Cloudflare"), (RefusedForNow, None)),
        (error(503), (Uncertain, None)),
        (Reply(520, b"", kind="text/html"), (Uncertain, None)),
        (Reply(301, b"", {"Location": "/elsewhere"}), (Rejected, Cause.ACCOUNT)),
        (Reply(307, b"", {"Location": MESSAGES}), (Rejected, Cause.ACCOUNT)),
        (HTML, (Uncertain, None)),
        (Reply(200, {}), (Uncertain, None)),
        (Reply(200, []), (Uncertain, None)),
        (Reply(200, a_message(), cut=True), (Uncertain, None)),
        (Reply(204), (Uncertain, None)),
        (Drop(), (Uncertain, None)),
        (Drop(reset=True), (Uncertain, None)),
    ],
    ids=repr,
)
def test_each_answer_has_its_outcome(
    place: Place, account: Platform, answer: Any, expected: tuple[type, Cause | None]
) -> None:
    place.on("POST", MESSAGES, answer)

    outcome = account.send(the_post(), an_attempt())

    kind, fault = expected
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "fault", None) == fault
    assert place.count("POST", MESSAGES) == 1
    assert "-secret" not in repr(outcome)


def test_an_answer_that_discord_py_cannot_read_but_that_has_an_id_is_sent(
    place: Place, account: Platform
) -> None:
    place.on("POST", MESSAGES, Reply(200, {"id": "1539816239923200000", "shape": "of next year"}))

    assert account.send(the_post(), an_attempt()) == Sent(ADDRESS, "1539816239923200000")


def test_silence_leaves_the_outcome_uncertain_when_the_time_is_over(place: Place, account: Platform) -> None:
    place.on("POST", MESSAGES, Hang())

    assert isinstance(account.send(the_post(), an_attempt(timeout=1.0)), Uncertain)
    assert place.count("POST", MESSAGES) == 1


def test_the_librarys_own_repeats_have_one_nonce_and_each_passes_the_door(
    place: Place, account: Platform
) -> None:
    place.on("POST", MESSAGES, error(502), Reply(200, a_message()))
    passed: list[int] = []

    outcome = account.send(the_post(), an_attempt(before_write=lambda: passed.append(1)))

    assert isinstance(outcome, Sent)
    assert len({asked.json["nonce"] for asked in place.calls("POST", MESSAGES)}) == 1
    assert len(passed) == place.count("POST", MESSAGES) == 2


def test_a_refusal_after_an_unclear_answer_is_no_refusal(place: Place, account: Platform) -> None:
    place.on("POST", MESSAGES, error(502), error(403, 50013))

    assert isinstance(account.send(the_post(), an_attempt()), Uncertain)


def test_what_cannot_be_repeated_may_have_arrived_all_the_same(place: Place, account: Platform) -> None:
    def answer(_asked: Asked) -> Reply:
        place.close()
        return error(502)

    place.on("POST", MESSAGES, answer)

    outcome = account.send(the_post(), an_attempt())

    assert isinstance(outcome, Uncertain), outcome
    assert "could not be reached" in outcome.reason


def test_a_claim_lost_between_two_repeats_ends_them(place: Place, account: Platform) -> None:
    place.on("POST", MESSAGES, error(502))

    def lost_later() -> None:
        if place.count("POST", MESSAGES):
            raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(the_post(), an_attempt(before_write=lost_later))

    assert place.count("POST", MESSAGES) == 1


def test_a_lost_claim_keeps_the_post_from_leaving(place: Place, account: Platform) -> None:
    def lost() -> None:
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        account.send(the_post(), an_attempt(before_write=lost))

    assert place.count("POST", MESSAGES) == 0


def test_a_long_rate_limit_is_not_slept_through(place: Place, account: Platform) -> None:
    limited = Reply(429, {"message": "x", "retry_after": 120.0, "global": False}, {"Via": "1.1 google"})
    place.on("POST", MESSAGES, limited)

    outcome = account.send(the_post(), an_attempt())

    assert isinstance(outcome, RefusedForNow)
    assert outcome.until == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(error(401), Rejected), (error(503), NeverArrived), (HTML, NeverArrived), (Drop(), NeverArrived)],
    ids=repr,
)
def test_without_a_login_nothing_is_published(
    place: Place, account: Platform, answer: Any, kind: type
) -> None:
    place.on("GET", f"{API}/users/@me", answer)

    assert isinstance(account.send(the_post(), an_attempt()), kind)
    assert place.count("POST", MESSAGES) == 0


@pytest.mark.parametrize("answer", [error(403), Reply(200, {"id": "40"}), Reply(200, b"null")], ids=repr)
def test_the_applications_page_is_not_needed(place: Place, account: Platform, answer: Reply) -> None:
    place.on("GET", f"{API}/oauth2/applications/@me", answer)
    place.on("POST", MESSAGES, Reply(200, a_message()))

    assert isinstance(account.send(the_post(), an_attempt()), Sent)


def test_a_refused_connection_never_arrived(settings: discord.Settings) -> None:
    account = replace(settings, api_base_url="http://127.0.0.1:9").connect(lambda: NOW)

    assert isinstance(account.send(the_post(), an_attempt()), NeverArrived)


def test_a_picture_is_attached_to_the_embed(place: Place, account: Platform) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))

    outcome = account.send(the_post(), an_attempt(image=Image(b"\x89PNG", "image/png", "A card")))

    assert isinstance(outcome, Sent)
    body = place.calls("POST", MESSAGES)[0].body
    assert b"attachment://card.png" in body
    assert b"A card" in body
    assert b'"enforce_nonce":true' in body


CARD = Image(b"\x89PNG", "image/png", "A card")


@pytest.mark.parametrize(
    "answer",
    [
        error(403, 50013, "Missing Permissions"),
        error(413, 40005, "Request entity too large"),
        error(400, 50035, "Invalid Form Body"),
    ],
    ids=repr,
)
def test_a_message_refused_with_its_picture_goes_out_without(
    place: Place, account: Platform, answer: Reply
) -> None:
    place.on("POST", MESSAGES, answer, Reply(200, a_message()))

    outcome = account.send(the_post(), an_attempt(image=CARD))

    assert isinstance(outcome, Sent)
    assert "without its picture: Discord answered" in outcome.note
    first, second = place.calls("POST", MESSAGES)
    assert b"card.png" in first.body
    assert second.json["nonce"] == "twir-665-account"
    assert "image" not in second.json["embeds"][0]


def test_after_an_unclear_answer_to_a_picture_nothing_is_sent_at_once(
    place: Place, account: Platform
) -> None:
    place.on("POST", MESSAGES, error(503))

    assert isinstance(account.send(the_post(), an_attempt(image=CARD)), Uncertain)
    assert place.count("POST", MESSAGES) == 1


def test_a_picture_that_had_its_attempts_stays_behind(place: Place, account: Platform) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))

    account.send(the_post(), an_attempt(image=CARD, number=adapter.LAST_WITH_PICTURE))
    assert b"card.png" in place.calls("POST", MESSAGES)[0].body

    outcome = account.send(the_post(), an_attempt(image=CARD, number=adapter.LAST_WITH_PICTURE + 1))

    assert isinstance(outcome, Sent)
    assert "without its picture" in outcome.note
    assert b"card.png" not in place.calls("POST", MESSAGES)[1].body


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (Reply(200, a_message(flags=1)), ""),
        (error(400, 40033, "already crossposted"), ""),
        (error(403, 50013, "Missing Permissions"), "not published"),
        (Drop(), "not published"),
    ],
    ids=repr,
)
def test_publishing_never_unmakes_a_sent_post(
    place: Place, settings: discord.Settings, answer: Any, note: str
) -> None:
    place.on("POST", MESSAGES, Reply(200, a_message()))
    place.on("POST", f"{MESSAGES}/1539816239923200000/crosspost", answer)
    account = replace(settings, publish=True).connect(lambda: NOW)

    outcome = account.send(the_post(), an_attempt())

    assert isinstance(outcome, Sent)
    assert note in outcome.note
    assert bool(outcome.note) is bool(note)


@pytest.mark.parametrize(
    ("message", "by"),
    [
        (a_message(), "address"),
        (a_message(embeds=[], content=f"see {ISSUE}"), "address"),
        (a_message(embeds=[{"title": "This Week in Rust 665"}]), "title"),
        (a_message(embeds=[{"title": "This Week in Rust 66"}]), None),
        (a_message(author=PERSON, embeds=[], content=ISSUE), None),
        (a_message(author=PERSON), None),
        (a_message(embeds=[], content=ISSUE, message_reference={"message_id": "1"}), None),
        (a_message(author=PERSON, embeds=[], content="Where is This Week in Rust 665?"), None),
        (a_message(author=PERSON, embeds=[], content=ISSUE, message_reference={"message_id": "1"}), None),
        (a_message(embeds=[], content=""), None),
    ],
    ids=repr,
)
def test_a_look_recognises_the_message(
    place: Place, account: Platform, message: dict[str, Any], by: str | None
) -> None:
    place.on("GET", MESSAGES, Reply(200, [a_message("1539816239923200001", embeds=[]), message]))

    assert account.find(WANTED, SINCE) == (Found(ADDRESS, "1539816239923200000", by) if by else Absent())
    assert "after" in place.calls("GET", MESSAGES)[0].query


@pytest.mark.parametrize(
    ("listed", "message", "by"),
    [
        ("editor", a_message(author=PERSON, embeds=[], content=ISSUE), "address"),
        ("@Editor", a_message(author=PERSON, embeds=[], content="This Week in Rust 665"), "title"),
        ("41", a_message(author=PERSON, embeds=[], content=ISSUE), "address"),
        ("editor", a_message(author=PERSON, embeds=[], content=ISSUE, message_reference={}), None),
        ("editor", a_message(author=PERSON | {"id": "9"}, embeds=[], content=ISSUE, webhook_id="9"), None),
        ("editor", a_message(author=PERSON | {"username": "other", "global_name": "editor"}), None),
    ],
    ids=repr,
)
def test_a_listed_authors_message_counts(
    place: Place, settings: discord.Settings, listed: str, message: dict[str, Any], by: str | None
) -> None:
    place.on("GET", MESSAGES, Reply(200, [message]))
    account = replace(settings, authors=(listed,)).connect(lambda: NOW)

    assert account.find(WANTED, SINCE) == (Found(ADDRESS, "1539816239923200000", by) if by else Absent())


def test_a_look_reads_all_pages(place: Place, account: Platform) -> None:
    page = [a_message(str(1539000000000000000 + i), embeds=[]) for i in range(100)]
    place.on("GET", MESSAGES, Reply(200, page), Reply(200, [a_message()]))

    assert isinstance(account.find(WANTED, SINCE), Found)
    assert place.calls("GET", MESSAGES)[1].query["after"] == ["1539000000000000099"]


def a_guild(place: Place, permissions: int) -> None:
    role = {"id": "20", "name": "@everyone", "permissions": str(permissions), "position": 0, "color": 0}
    role |= {"hoist": False, "managed": False, "mentionable": False}
    guild = {"id": "20", "name": "Rust", "owner_id": "1", "roles": [role], "emojis": [], "features": []}
    member = {
        "user": BOT,
        "roles": [],
        "joined_at": "2020-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
    }
    place.on("GET", f"{API}/guilds/20", Reply(200, guild | {"verification_level": 0, "nsfw_level": 0}))
    place.on("GET", f"{API}/guilds/20/members/40", Reply(200, member | {"flags": 0}))


VIEW, SEND, EMBED, ATTACH, HISTORY = 1 << 10, 1 << 11, 1 << 14, 1 << 15, 1 << 16


def test_an_empty_list_is_believed_when_an_older_message_can_be_read(place: Place, account: Platform) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(200, [] if "after" in asked.query else [a_message("5", embeds=[])])

    place.on("GET", MESSAGES, answer)

    assert account.find(WANTED, SINCE) == Absent()


@pytest.mark.parametrize(
    ("permissions", "believed"), [(VIEW | SEND | HISTORY, True), (VIEW | SEND, False), (HISTORY, False)]
)
def test_an_empty_list_is_believed_by_the_permissions(
    place: Place, account: Platform, permissions: int, believed: bool
) -> None:
    place.on("GET", MESSAGES, Reply(200, []))
    a_guild(place, permissions)

    look = account.find(WANTED, SINCE)

    assert (look == Absent()) is believed
    if isinstance(look, CannotLook):
        assert look.refused
        assert "Read Message History" in look.reason


LAST = 1999999999999999999


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(200, a_message(str(LAST))), Found),
        (Reply(200, a_message(str(LAST), author=PERSON, embeds=[], content="hello")), CannotLook),
        (error(404, 10008, "Unknown Message"), Absent),
        (error(404), CannotLook),
        (error(404, 10003, "Unknown Channel"), CannotLook),
        (error(403, 50001, "Missing Access"), CannotLook),
        (error(503), CannotLook),
        (Drop(), CannotLook),
    ],
    ids=repr,
)
@pytest.mark.parametrize("listed", [[], [a_message(embeds=[])]], ids=["empty", "not empty"])
def test_a_list_without_the_channels_last_message_is_believed_only_when_that_was_deleted(
    place: Place, account: Platform, listed: list[Any], answer: Any, expected: type
) -> None:
    def messages(asked: Asked) -> Reply:
        return Reply(200, listed if "after" in asked.query else [a_message("5", embeds=[])])

    place.on("GET", MESSAGES, messages)
    place.on("GET", f"{MESSAGES}/{LAST}", answer)
    place.on("GET", f"{API}/channels/30", Reply(200, CHANNEL | {"last_message_id": str(LAST)}))

    for query in (WANTED, replace(WANTED, may_exist=True)):
        assert isinstance(account.find(query, SINCE), expected)


def test_a_list_that_ends_with_the_channels_last_message_is_whole(place: Place, account: Platform) -> None:
    place.on("GET", MESSAGES, Reply(200, [a_message(embeds=[])]))
    last = {"last_message_id": "1539816239923200000"}
    place.on("GET", f"{API}/channels/30", Reply(200, CHANNEL | last))

    assert account.find(WANTED, SINCE) == Absent()
    assert not place.count("GET", f"{MESSAGES}/1539816239923200000")


def test_a_last_message_from_before_the_fence_is_not_asked_for(place: Place, account: Platform) -> None:
    def messages(asked: Asked) -> Reply:
        return Reply(200, [] if "after" in asked.query else [a_message("5", embeds=[])])

    place.on("GET", MESSAGES, messages)
    place.on("GET", f"{MESSAGES}/5", Reply(200, a_message("5", embeds=[])))
    place.on("GET", f"{API}/channels/30", Reply(200, CHANNEL | {"last_message_id": "5"}))

    assert account.find(replace(WANTED, may_exist=True), SINCE) == Absent()
    assert not place.count("GET", f"{MESSAGES}/5")


@pytest.mark.parametrize(("code", "expected"), [(0, Sent), (10003, Rejected)])
def test_only_a_404_without_a_code_means_that_channels_are_not_described(
    place: Place, account: Platform, code: int, expected: type
) -> None:
    place.on("GET", f"{API}/channels/30", error(404, code))
    place.on("POST", MESSAGES, Reply(200, a_message()))

    assert isinstance(account.send(the_post(), an_attempt()), expected)
    assert place.count("POST", MESSAGES) == (expected is Sent)


def test_a_deleted_last_message_does_not_prove_that_the_history_may_be_read(
    place: Place, account: Platform
) -> None:
    place.on("GET", MESSAGES, Reply(200, []))
    place.on("GET", f"{MESSAGES}/{LAST}", error(404, 10008))
    place.on("GET", f"{API}/channels/30", Reply(200, CHANNEL | {"last_message_id": str(LAST)}))
    a_guild(place, VIEW | SEND)

    assert isinstance(account.find(WANTED, SINCE), CannotLook)


def test_an_empty_list_without_any_proof_is_not_believed_after_an_unclear_answer(
    place: Place, account: Platform
) -> None:
    place.on("GET", MESSAGES, Reply(200, []))

    assert account.find(WANTED, SINCE) == Absent()
    assert isinstance(account.find(replace(WANTED, may_exist=True), SINCE), CannotLook)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (error(401), True),
        (error(403, 50001), True),
        (error(404, 10003), True),
        (error(429), False),
        (error(503), False),
        (HTML, False),
        (Drop(), False),
    ],
    ids=repr,
)
def test_a_listing_that_cannot_be_read_says_whether_it_was_refused(
    place: Place, account: Platform, answer: Any, refused: bool
) -> None:
    place.on("GET", MESSAGES, answer)

    look = account.find(WANTED, SINCE)

    assert isinstance(look, CannotLook), look
    assert look.refused is refused


def test_verify_reads_the_one_message(place: Place, account: Platform) -> None:
    place.on("GET", f"{MESSAGES}/1539816239923200000", Reply(200, a_message(author=PERSON)))
    place.on("GET", f"{MESSAGES}/7", Reply(200, a_message("7", embeds=[])))
    place.on("GET", f"{MESSAGES}/8", error(404, 10008, "Unknown Message"))

    assert account.verify(ADDRESS, WANTED) == Found(ADDRESS, "1539816239923200000")
    assert account.verify("https://discord.com/channels/20/30/7", WANTED) == Absent()
    assert account.verify("https://discord.com/channels/20/30/8", WANTED) == Absent()


def test_check_names_the_missing_permissions(place: Place, account: Platform) -> None:
    a_guild(place, VIEW | SEND | EMBED)

    results = {result.what: result for result in account.check()}

    assert results["token"].level is Level.OK
    assert "twir#0000" in results["token"].sentence
    assert results["permissions"].level is Level.FAIL
    assert "Attach Files, Read Message History" in results["permissions"].sentence
    assert "#news" in results["channel"].sentence
    assert not [asked for asked in place.asked if asked.method != "GET"]


def test_check_says_that_a_token_is_not_valid(place: Place, account: Platform) -> None:
    place.on("GET", f"{API}/users/@me", error(401))

    (token,) = account.check()

    assert token.level is Level.FAIL
    assert "token" in token.sentence


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (f"{API}/guilds/20", error(403, 50001), ("permissions", Level.WARN)),
        (f"{API}/channels/30", error(403, 50001), ("token", Level.FAIL)),
        (f"{API}/channels/30", error(429), ("token", Level.WARN)),
    ],
    ids=repr,
)
def test_check_tells_a_no_from_what_could_not_be_asked(
    place: Place, account: Platform, path: str, answer: Reply, said: tuple[str, Level]
) -> None:
    place.on("GET", MESSAGES, Reply(200, []))
    place.on("GET", path, answer)

    results = {result.what: result for result in account.check()}

    what, level = said
    assert results[what].level is level, results[what]


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://discord.com/channels/20/30/1539816239923200000", True),
        ("https://ptb.discord.com/channels/20/30/13", True),
        ("https://discord.com/channels/20/31/13", False),
        ("https://discord.com/channels/20/30", False),
        ("https://discord.example/channels/20/30/13", False),
    ],
)
def test_a_post_address_is_in_the_channel(url: str, is_one: bool) -> None:
    assert discord.Settings(channel_id=30).canonical_address(url).is_post is is_one


def test_there_is_no_page_to_compose_on() -> None:
    assert discord.Settings().compose_link(the_post()) is None
