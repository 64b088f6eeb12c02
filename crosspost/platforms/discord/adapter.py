"""Discord, through discord.py: a bot that speaks REST only, without a gateway.

    post    POST /channels/ID/messages    one message, its nonce fixed and enforced for some minutes
    find    GET /channels/ID/messages     after the fence; the account's own, and those of `authors`
    image   attached to the message itself

Facts: docs.discord.com (read 2026-08), discord.py 2.7.1. A list without the message that the channel names as its
last one is not whole, unless that one was deleted; an empty list is also what a bot gets that may not read the
history, so it is believed only when something shows that it may. discord.py itself repeats a message up to
five times after a 500, 502, 504 or 524, with the same nonce: the one repetition there is, and each passes `WriteOnce`.
Webhooks have neither nonce nor listing, and are not offered.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import discord

from crosspost.model import (
    Absent,
    CannotLook,
    Clock,
    Done,
    Found,
    Look,
    Outcome,
    Own,
    Post,
    Sent,
)
from crosspost.platforms import Attempt, CheckResult, Hide, Level, Platform, Wanted, _network
from crosspost.platforms._attempt import (
    UnclearError,
    WriteOnce,
    attempt_once,
    brief,
    checked,
    look_once,
    reveal,
)
from crosspost.platforms._matching import Item, Kind, OnePost, Who, id_of
from crosspost.platforms._picture import noted, sent_with_or_without
from crosspost.platforms.discord import Settings, checking
from crosspost.platforms.discord.answers import judged
from crosspost.platforms.discord.client import logged_in

_T = TypeVar("_T")

LAST_WITH_PICTURE = 3
"""The picture travels in the message's own request: after so many attempts without a clear answer it stays behind."""
UNKNOWN_MESSAGE = 10008
"""There is no such message: it was deleted."""
CROSSPOSTED = 40033
"""Already published to the channels that follow: what was wanted."""
PAGES = 5
"""Pages of 100 messages that a look reads at most."""
UNREADABLE = CannotLook(
    "the bot sees no message in the channel and cannot show that it may: give it Read Message History",
    refused=True,
)


class DiscordAccount(Platform):
    """One bot and one channel. Each call is a loop, a client and a login of its own."""

    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide: Hide) -> None:
        super().__init__(settings, clock, hide)
        self._base = settings.api_base_url.rstrip("/").removesuffix("/api/v10") + "/api/v10"
        self._channel_id = settings.channel_id or 0
        self._guild: str | None = None

    def find(self, wanted: Wanted, since: datetime) -> Look:
        async def read(client: discord.Client, channel: Mapping[str, Any]) -> Look:
            listed = set[int]()
            async for message in self._messages(client, since):
                listed.add(int(message["id"]))
                if (found := self._post(client, message).announcing(wanted)) is not None:
                    return found
            last = str(channel.get("last_message_id"))
            fence = discord.utils.time_snowflake(since)
            if last.isdecimal() and int(last) > fence and int(last) not in listed:
                unlisted = await self._message(client, int(last))
                if unlisted is not None:
                    missing = CannotLook(f"the channel's list lacks its last message ({last})", refused=False)
                    return self._post(client, unlisted).announcing(wanted) or missing
            return Absent() if listed else await self._proved_absent(client, wanted)

        return look_once(lambda: self._reading(read), self._judge)

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        if attempt.image is not None and attempt.number > LAST_WITH_PICTURE:
            note = f"sent without its picture: {LAST_WITH_PICTURE} attempts with it failed"
            return noted(self._publish(post, replace(attempt, image=None)), note)
        return sent_with_or_without(attempt, lambda each: self._publish(post, each))

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        async def publish(client: discord.Client) -> Outcome:
            await self._channel(client)
            embeds, file = _drawn(post, attempt)
            picture: dict[str, Any] = {"file": file} if file else {}
            message = await client.get_partial_messageable(self._channel_id).send(
                post.text or None,
                embeds=embeds,
                nonce=attempt.key,
                allowed_mentions=discord.AllowedMentions.none(),
                **picture,
            )
            note = await _published(message) if self._settings.publish else ""
            return Sent(self._address(message.id), str(message.id), note)

        return self._written(publish, attempt)

    def verify(self, url: str, wanted: Wanted) -> Look:
        async def read(client: discord.Client, _channel: object) -> Look:
            message = await self._message(client, int(id_of(Found(url, ""))))
            return Absent() if message is None else self._post(client, message).naming(wanted)

        return look_once(lambda: self._reading(read), self._judge)

    def own(self, there: Found) -> Own:
        async def read(client: discord.Client, _channel: object) -> Own:
            message = await self._message(client, int(id_of(there)))
            return Absent() if message is None else self._post(client, message).own()

        return look_once(lambda: self._reading(read), self._judge)

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        async def remove(client: discord.Client) -> Outcome:
            try:
                await client.http.delete_message(self._channel_id, int(id_of(there)))
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
                return Done(was_there=False)
            return Done()

        return self._written(remove, attempt)

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:
        async def change(client: discord.Client) -> Outcome:
            embeds, file = _drawn(post, attempt)
            picture: dict[str, Any] = {"attachments": [file]} if file else {}  # else what is attached stays
            channel = client.get_partial_messageable(self._channel_id)
            await channel.get_partial_message(int(id_of(there))).edit(
                content=post.text or None,
                embeds=embeds,
                allowed_mentions=discord.AllowedMentions.none(),
                **picture,
            )
            return Done()

        return self._written(change, attempt)

    def check(self) -> Sequence[CheckResult]:
        async def read(client: discord.Client, channel: Mapping[str, Any]) -> Sequence[CheckResult]:
            return [
                CheckResult("token", Level.OK, f"the token belongs to {client.user}, a bot"),
                checking.permitted(await self._permissions(client)),
                checking.kind(channel, self._settings),
                await checking.intent(client, self._settings),
            ]

        return checked("token", lambda: self._reading(read), self._judge)

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    # ── one call ─────────────────────────────────────────────────────────────────────────────────────

    def _reading(self, read: Callable[[discord.Client, Mapping[str, Any]], Coroutine[Any, Any, _T]]) -> _T:
        async def reading() -> _T:
            async with logged_in(self._token(), self._base) as client:
                # Before the list: what is written meanwhile is in the list.
                return await read(client, await self._channel(client))

        return asyncio.run(asyncio.wait_for(reading(), _network.LOOK_SECONDS))

    def _written(
        self, write: Callable[[discord.Client], Coroutine[Any, Any, Outcome]], attempt: Attempt
    ) -> Outcome:
        write_once = WriteOnce(attempt, repeatable=True)  # discord.py repeats it, which does no harm
        made: list[Any] = []

        async def writing() -> Outcome:
            async with logged_in(self._token(), self._base, write_once, made) as client:
                return await write(client)

        def judge(error: Exception) -> Outcome:
            """Take what Discord said that it made as there, whatever went wrong afterwards."""
            numbers = [answer["id"] for answer in made if isinstance(answer, Mapping) and answer.get("id")]
            return Sent(self._address(numbers[0]), str(numbers[0])) if numbers else self._judge(error)

        return attempt_once(
            write_once, lambda: asyncio.run(asyncio.wait_for(writing(), attempt.timeout)), judge
        )

    def _token(self) -> str:
        return reveal(self._settings.bot_token, "bot_token")

    def _judge(self, error: Exception) -> Outcome:
        return judged(error, self._clock(), self._base)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    async def _channel(self, client: discord.Client) -> Mapping[str, Any]:
        """Return the channel as Discord describes it, as plain JSON: a look needs less than discord.py's objects."""
        try:
            channel: Mapping[str, Any] = dict(await client.http.get_channel(self._channel_id))
        except discord.NotFound as error:
            if error.code:
                raise
            return {}
        self._guild = str(channel["guild_id"]) if channel.get("guild_id") else None
        return channel

    async def _message(self, client: discord.Client, number: int) -> Mapping[str, Any] | None:
        """Return one message, None when it was deleted."""
        try:
            return await client.http.get_message(self._channel_id, number)
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return None

    async def _messages(self, client: discord.Client, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what was written since the fence."""
        after = discord.utils.time_snowflake(since)
        for _ in range(PAGES):
            page = await client.http.logs_from(self._channel_id, 100, after=after)
            for message in page:
                yield message
            if len(page) < 100:
                return
            after = max(int(message["id"]) for message in page)
        raise UnclearError("the channel has more messages since then than a look reads")

    async def _proved_absent(self, client: discord.Client, wanted: Wanted) -> Look:
        """Believe an empty list when an older message, the permissions or the channel itself bear it out."""
        if await client.http.logs_from(self._channel_id, 1):
            return Absent()
        permissions = await self._permissions(client)
        if permissions is not None:
            return Absent() if permissions.read_message_history else UNREADABLE
        return UNREADABLE if wanted.may_be_there else Absent()

    def _post(self, client: discord.Client, message: Mapping[str, Any]) -> OnePost:
        author = message.get("author") or {}
        # Tell by the id, or by the name, which is one person's; what a webhook calls itself is nobody's.
        names = {str(author.get("id"))}
        if message.get("webhook_id") is None:
            names.add(str(author.get("username")).casefold())
        listed = {name.strip().removeprefix("@").casefold() for name in self._settings.authors}
        who = Who.AUTHOR if names & listed else Who.STRANGER
        if client.user is not None and str(author.get("id")) == str(client.user.id):
            who = Who.ACCOUNT
        embeds = message.get("embeds") or ()
        addresses = tuple(str(embed["url"]) for embed in embeds if embed.get("url"))
        words = "\n".join([message.get("content") or "", *(embed.get("title") or "" for embed in embeds)])
        # Answers, forwarded messages and notices of what was pinned all refer to another message.
        kind = Kind.TEXT if message.get("message_reference") is None else Kind.REPLY
        item = Item(words, addresses, kind, who, discord.utils.snowflake_time(int(message["id"])))
        owner = "" if who is Who.ACCOUNT else f"@{author.get('username')}"
        return OnePost(self._address(message["id"]), str(message["id"]), item, owner)

    def _address(self, number: object) -> str:
        return f"https://discord.com/channels/{self._guild or '@me'}/{self._channel_id}/{number}"

    async def _permissions(self, client: discord.Client) -> discord.Permissions | None:
        """Return the bot's permissions in the channel; None where Discord does not give what they follow from."""
        if self._guild is None or client.user is None:
            return None
        try:
            guild = await client.fetch_guild(int(self._guild), with_counts=False)
            channel = await guild.fetch_channel(self._channel_id)
            member = await guild.fetch_member(client.user.id)
        except discord.NotFound as error:
            if error.code:
                raise
            return None
        except (KeyError, discord.InvalidData, discord.Forbidden):  # these pages only describe
            return None
        return channel.permissions_for(member)


def _drawn(post: Post, attempt: Attempt) -> tuple[list[discord.Embed], discord.File | None]:
    """Return the embeds, and the picture that the first of them shows."""
    embeds = [discord.Embed.from_dict(embed) for embed in post.fields.get("embeds") or ()]
    if attempt.image is None:
        return embeds, None
    name = f"card.{attempt.image.mime_type.rpartition('/')[2]}"
    for embed in embeds[:1]:
        embed.set_image(url=f"attachment://{name}")
    data = io.BytesIO(attempt.image.data)
    return embeds, discord.File(data, filename=name, description=attempt.image.alt)


async def _published(message: discord.Message) -> str:
    """Publish to the channels that follow. The message is there, whatever becomes of this: only noted."""
    try:
        await message.publish()
    except Exception as error:  # noqa: BLE001  # the post is sent
        if getattr(error, "code", None) != CROSSPOSTED:
            return f"not published to the channels that follow: {brief(error)}"
    return ""


connect = DiscordAccount
