"""The sandbox's Discord, through a discord.py bot over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.sandbox.posting import ISSUE, TITLE, with_bot


@pytest.fixture
def sandbox(clock: Any) -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox


def send(sandbox: Sandbox, **options: Any) -> Any:
    """One message with the issue's embed, or with what is given."""

    async def work(discord: Any, channel: Any) -> Any:
        given = options or {"embed": discord.Embed(title=TITLE, url=ISSUE)}
        return await channel.send(allowed_mentions=discord.AllowedMentions.none(), **given)

    return with_bot(sandbox, work)


def history(sandbox: Sandbox, **bounds: Any) -> list[Any]:
    async def work(discord: Any, channel: Any) -> list[Any]:
        return [message async for message in channel.history(**bounds)]

    return list(with_bot(sandbox, work))


def test_a_message_is_kept_and_found_by_its_author_since_a_fence(sandbox: Sandbox, clock: Any) -> None:
    send(sandbox, content="last week")
    clock.advance(days=7)
    sent = send(sandbox)

    found = history(sandbox, limit=50, after=clock() - timedelta(hours=1))

    kept = sandbox.posts("discord")[1]
    assert [message.id for message in found] == [sent.id]
    assert found[0].embeds[0].url == ISSUE
    assert found[0].author.id == sent.author.id
    assert (kept.url, kept.title, kept.link, kept.by) == (sent.jump_url, TITLE, ISSUE, "This Week in Rust")
    assert sent.created_at == clock()


def test_an_enforced_nonce_gets_the_first_message_for_some_minutes(sandbox: Sandbox, clock: Any) -> None:
    first = send(sandbox, content="a", nonce="twir-665")
    clock.advance(minutes=4)
    second = send(sandbox, content="b", nonce="twir-665")
    clock.advance(minutes=10)
    third = send(sandbox, content="b", nonce="twir-665")

    assert second.id == first.id != third.id
    assert [post.text for post in sandbox.posts("discord")] == ["a", "b"]
    assert sandbox.posts("discord")[0].payload["enforce_nonce"] is True


def test_discord_py_repeats_a_message_with_its_nonce_and_it_is_there_once(sandbox: Sandbox) -> None:
    sandbox.fail("discord", Fault.STATUS, status=502, stored=True)

    send(sandbox, content="a", nonce="twir-665")

    assert [request.status for request in sandbox.requests("discord", "write")] == [502, 200]
    assert len(sandbox.posts("discord")) == 1


def test_a_nonce_that_is_not_enforced_protects_from_nothing(sandbox: Sandbox) -> None:
    keys = sandbox.credentials["discord"]
    for _ in range(2):
        requests.post(
            f"{sandbox.addresses['discord']}/api/v10/channels/{keys['channel_id']}/messages",
            json={"content": "a", "nonce": "n"},
            headers={"Authorization": f"Bot {keys['bot_token']}"},
            timeout=10,
        )

    assert len(sandbox.posts("discord")) == 2


Make = Callable[[Any], dict[str, Any]]


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda _: {"content": "x" * 2001}, "content"),
        (lambda d: {"embed": d.Embed(title="x" * 257)}, "embeds.0.title"),
        (lambda d: {"embed": d.Embed(description="x" * 4097)}, "embeds.0.description"),
        (lambda d: {"embed": d.Embed(title="t").set_footer(text="x" * 2049)}, "embeds.0.footer.text"),
        (
            lambda d: {"embed": d.Embed(title="t").add_field(name="x" * 257, value="v")},
            "embeds.0.fields.0.name",
        ),
        (
            lambda d: {"embed": d.Embed(title="t").add_field(name="n", value="x" * 1025)},
            "embeds.0.fields.0.value",
        ),
        (lambda d: {"embed": d.Embed(title="t").add_field(name="n", value="")}, "embeds.0.fields.0.value"),
        (lambda d: {"embed": d.Embed(title="t", url="nonsense")}, "embeds.0.url"),
        (lambda d: {"embeds": [d.Embed(description="x" * 3001)] * 2}, "embeds"),
    ],
)
def test_what_is_too_long_or_missing_is_refused_with_the_place(
    sandbox: Sandbox, make: Make, path: str
) -> None:
    async def work(discord: Any, channel: Any) -> Any:
        with pytest.raises(discord.HTTPException) as caught:
            await channel.send(**make(discord))
        return caught.value

    error = with_bot(sandbox, work)

    assert (error.status, error.code) == (400, 50035)
    assert f"In {path}: " in error.text
    assert sandbox.posts("discord") == ()


def test_every_limit_may_be_filled(sandbox: Sandbox) -> None:
    async def work(discord: Any, channel: Any) -> Any:
        embed = discord.Embed(title="🦀" * 256, description="x" * 4096).add_field(
            name="n" * 256, value="v" * 1024
        )
        return await channel.send("x" * 2000, embed=embed)

    assert with_bot(sandbox, work).id


def refusal(sandbox: Sandbox, work: Callable[[Any, Any], Any], token: str | None = None) -> Any:
    async def refused(discord: Any, channel: Any) -> Any:
        with pytest.raises(discord.HTTPException) as caught:
            await work(discord, channel)
        return caught.value

    return with_bot(sandbox, refused, token)


def test_an_empty_message_is_refused(sandbox: Sandbox) -> None:
    error = refusal(sandbox, lambda _, channel: channel.send(" "))

    assert (error.status, error.code) == (400, 50006)


def test_without_the_permission_nothing_can_be_sent(sandbox: Sandbox) -> None:
    sandbox.revoke("discord", "SEND_MESSAGES")

    error = refusal(sandbox, lambda _, channel: channel.send("a"))

    assert (error.status, error.code) == (403, 50013)


def test_without_view_channel_it_cannot_even_be_looked_at(sandbox: Sandbox) -> None:
    import discord

    sandbox.revoke("discord", "VIEW_CHANNEL")

    with pytest.raises(discord.Forbidden, match="Missing Access"):
        send(sandbox, content="a")


def test_without_embed_links_the_embed_is_silently_left_out(sandbox: Sandbox) -> None:
    sandbox.revoke("discord", "EMBED_LINKS")

    assert refusal(sandbox, lambda d, channel: channel.send(embed=d.Embed(title="t"))).code == 50006


def test_without_read_message_history_the_list_is_empty_and_no_error(sandbox: Sandbox) -> None:
    send(sandbox)
    sandbox.revoke("discord", "READ_MESSAGE_HISTORY")

    assert history(sandbox) == []


def test_the_permissions_can_be_computed_from_the_servers_roles(sandbox: Sandbox) -> None:
    sandbox.revoke("discord", "READ_MESSAGE_HISTORY")

    async def work(discord: Any, channel: Any) -> Any:
        guild = await channel._state._get_client().fetch_guild(channel.guild.id)
        me = await guild.fetch_member(channel._state.user.id)
        return (await guild.fetch_channel(channel.id)).permissions_for(me)

    permissions = with_bot(sandbox, work)

    assert permissions.send_messages
    assert permissions.embed_links
    assert not permissions.read_message_history


def test_without_the_intent_the_messages_of_people_are_blank(sandbox: Sandbox, clock: Any) -> None:
    sandbox.seed_post("discord", text=f"{TITLE} {ISSUE}", by="an editor")
    send(sandbox)

    readable = [message.content for message in history(sandbox, oldest_first=True)]
    sandbox.revoke("discord", "MESSAGE_CONTENT")
    blank = history(sandbox, oldest_first=True)

    assert readable == [f"{TITLE} {ISSUE}", ""]
    assert [message.content for message in blank] == ["", ""]
    assert blank[1].embeds[0].url == ISSUE


def test_a_wrong_token_is_refused_at_the_door(sandbox: Sandbox) -> None:
    import discord

    with pytest.raises(discord.LoginFailure):
        with_bot(sandbox, lambda _, channel: channel.send("a"), token="wrong")


def test_a_message_is_published_to_followers_once(sandbox: Sandbox) -> None:
    async def work(discord: Any, channel: Any) -> Any:
        assert channel.is_news()
        message = await channel.send("a")
        await message.publish()
        with pytest.raises(discord.HTTPException) as caught:
            await message.publish()
        return (await channel.fetch_message(message.id)).flags.crossposted, caught.value.code

    assert with_bot(sandbox, work) == (True, 40033)


def test_a_picture_comes_with_its_description(sandbox: Sandbox) -> None:
    import io

    async def work(discord: Any, channel: Any) -> Any:
        picture = discord.File(io.BytesIO(b"\x89PNG"), "card.png", description="the headlines")
        embed = discord.Embed(title=TITLE).set_image(url="attachment://card.png")
        return await channel.send(embed=embed, file=picture, nonce="n")

    sent = with_bot(sandbox, work)

    kept = sandbox.posts("discord")[0].picture
    assert kept is not None
    assert (kept.data, kept.alt) == (b"\x89PNG", "the headlines")
    assert sent.attachments[0].description == "the headlines"


def test_a_rate_limit_longer_than_the_bots_patience_is_an_error_with_its_length(sandbox: Sandbox) -> None:
    import discord

    sandbox.fail("discord", Fault.RATE_LIMITED, reset=90)

    with pytest.raises(discord.RateLimited) as caught:
        send(sandbox)

    assert caught.value.retry_after == 90


def test_a_rate_limit_of_the_network_in_front_has_no_length(sandbox: Sandbox) -> None:
    sandbox.fail("discord", Fault.RATE_LIMITED)

    assert refusal(sandbox, lambda _, channel: channel.send("a")).status == 429


@pytest.mark.parametrize(("bounds", "expected"), [({}, [9, 8, 7]), ({"after": 5}, [6, 7, 8])])
def test_a_channel_is_read_from_its_end_or_from_a_message_on(
    sandbox: Sandbox, clock: Any, bounds: dict[str, int], expected: list[int]
) -> None:
    ids = []
    for number in range(10):
        ids.append(int(sandbox.seed_post("discord", text=str(number)).id))
        clock.advance(minutes=1)

    async def work(discord: Any, channel: Any) -> list[int]:
        at = {word: discord.Object(ids[value]) for word, value in bounds.items()}
        return [int(message.content) async for message in channel.history(limit=3, **at)]

    assert with_bot(sandbox, work) == expected
