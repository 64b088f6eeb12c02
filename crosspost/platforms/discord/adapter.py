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

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Clock,
    Done,
    Found,
    Look,
    NotOurs,
    Outcome,
    Own,
    Post,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, Hide, Level, Platform, Wanted, _network
from crosspost.platforms._attempt import (
    ListingTooLongError,
    Verdict,
    WriteOnce,
    attempt_once,
    brief,
    checked,
    look_once,
    reveal,
)
from crosspost.platforms._matching import Item, Kind, Who, announces, found_there, id_of, named_by
from crosspost.platforms._picture import noted, sent_with_or_without
from crosspost.platforms.discord import Settings, checking
from crosspost.platforms.discord.answers import NotDiscordsError, judged, judged_moved
from crosspost.platforms.discord.client import library, logged_in
from crosspost.platforms.discord.messages import drawn, message_id, number_of

if TYPE_CHECKING:
    import discord

_T = TypeVar("_T")


LAST_WITH_PICTURE = 3
"""The picture travels in the message's own request: after so many attempts without a clear answer it stays behind."""
UNKNOWN_MESSAGE = 10008
"""There is no such message: it was deleted."""
CROSSPOSTED = 40033
"""Already published to the channels that follow: what was wanted."""

PAGES = 5
"""Pages of 100 messages that a look reads at most."""


class DiscordAccount(Platform):
    """One bot and one channel. Each call is a loop, a client and a login of its own."""

    _settings: Settings

    def __init__(self, settings: Settings, clock: Clock, hide: Hide) -> None:
        super().__init__(settings, clock, hide)
        self._base = settings.api_base_url.rstrip("/").removesuffix("/api/v10") + "/api/v10"
        self._channel_id = settings.channel_id or 0
        self._guild: str | None = None

    def find(self, wanted: Wanted, since: datetime) -> Look:
        async def read() -> Look:
            async with self._client() as client:
                channel = await self._channel(
                    client
                )  # before the list: what is written meanwhile is in the list
                listed = set[int]()
                async for message in self._messages(client, since):
                    listed.add(int(message["id"]))
                    if (found := self._found(client, wanted, message)) is not None:
                        return found
                last = number_of(channel.get("last_message_id"))
                if last > library().utils.time_snowflake(since) and last not in listed:
                    return await self._unlisted(client, wanted, last, empty=not listed)
                return Absent() if listed else await self._proved_absent(client, wanted)

        return look_once(lambda: _run(read(), _network.LOOK_SECONDS), self._judge)

    def _found(self, client: discord.Client, wanted: Wanted, message: Mapping[str, Any]) -> Found | None:
        item = self._item(client, message)
        by = announces(wanted, item)
        return found_there(self._address(message["id"]), str(message["id"]), by, item) if by else None

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        if attempt.image is not None and attempt.number > LAST_WITH_PICTURE:
            note = f"sent without its picture: {LAST_WITH_PICTURE} attempts with it failed"
            return noted(self._attempt(post, replace(attempt, image=None)), note)
        return sent_with_or_without(attempt, lambda each: self._attempt(post, each))

    def _attempt(self, post: Post, attempt: Attempt) -> Outcome:
        write_once = WriteOnce(attempt, repeatable=True)
        made: list[Any] = []

        async def publish() -> Outcome:
            async with self._client(write_once, made) as client:
                await self._channel(client)
                message = await self._sent(client, post, attempt)
                note = await self._published(message) if self._settings.publish else ""
                return Sent(self._address(message.id), str(message.id), note)

        return attempt_once(
            write_once, lambda: _run(publish(), attempt.timeout), lambda error: self._judge_made(error, made)
        )

    def verify(self, url: str, wanted: Wanted) -> Look:
        async def read() -> Look:
            number = id_of(Found(url, ""))
            async with self._client() as client:
                await self._channel(client)
                try:
                    message = await client.http.get_message(self._channel_id, int(number))
                except library().NotFound as error:
                    if error.code != UNKNOWN_MESSAGE:
                        raise
                    return Absent()
                by = named_by(wanted, self._item(client, message))
                return Found(self._address(number), number, by) if by else Absent()

        return look_once(lambda: _run(read(), _network.LOOK_SECONDS), self._judge)

    def own(self, there: Found) -> Own:
        async def read() -> Own:
            async with self._client() as client:
                await self._channel(client)
                try:
                    message = await client.http.get_message(self._channel_id, message_id(there))
                except library().NotFound as error:
                    if error.code != UNKNOWN_MESSAGE:
                        raise
                    return Absent()
                if self._who(client, message) is not Who.ACCOUNT:
                    return NotOurs(f"@{message['author']['username']}")
                return Found(self._address(message["id"]), str(message["id"]))

        return look_once(lambda: _run(read(), _network.LOOK_SECONDS), self._judge)

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        async def remove(client: discord.Client) -> Outcome:
            try:
                await client.http.delete_message(self._channel_id, message_id(there))
            except library().NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
                return Done(was_there=False)
            return Done()

        return self._change(remove, attempt)

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:
        async def change(client: discord.Client) -> Outcome:
            embeds, file = drawn(post, attempt)
            picture: dict[str, Any] = (
                {"attachments": [file]} if file else {}
            )  # otherwise what is attached stays
            channel = client.get_partial_messageable(self._channel_id)
            await channel.get_partial_message(message_id(there)).edit(
                content=post.text or None,
                embeds=embeds,
                allowed_mentions=library().AllowedMentions.none(),
                **picture,
            )
            return Done()

        return self._change(change, attempt)

    def _change(
        self, change: Callable[[discord.Client], Coroutine[Any, Any, Outcome]], attempt: Attempt
    ) -> Outcome:
        write_once = WriteOnce(attempt, repeatable=True)  # discord.py repeats it, which does no harm

        async def changed() -> Outcome:
            async with self._client(write_once) as client:
                return await change(client)

        return attempt_once(write_once, lambda: _run(changed(), attempt.timeout), self._judge)

    def check(self) -> Sequence[CheckResult]:
        async def read() -> Sequence[CheckResult]:
            async with self._client() as client:
                channel = await self._channel(client)
                return [
                    CheckResult("token", Level.OK, f"the token belongs to {client.user}, a bot"),
                    checking.permitted(await self._permissions(client)),
                    checking.kind(channel, self._settings),
                    await checking.intent(client, self._settings),
                ]

        return checked("token", lambda: _run(read(), _network.LOOK_SECONDS), self._judge)

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    # ── the client ───────────────────────────────────────────────────────────────────────────────────

    def _client(
        self, write_once: WriteOnce | None = None, made: list[Any] | None = None
    ) -> AbstractAsyncContextManager[discord.Client]:
        """Return a client that is logged in. What Discord answers to the publishing request is put into `made`."""
        return logged_in(reveal(self._settings.bot_token, "bot_token"), self._base, write_once, made)

    async def _channel(self, client: discord.Client) -> Mapping[str, Any]:
        """Return the channel as Discord describes it, as plain JSON: a look needs less than discord.py's objects."""
        discord_py = library()
        try:
            channel: Mapping[str, Any] = dict(await client.http.get_channel(self._channel_id))
        except discord_py.NotFound as error:
            if error.code:
                raise
            return {}
        self._guild = str(channel["guild_id"]) if channel.get("guild_id") else None
        return channel

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    async def _messages(self, client: discord.Client, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what was written since the fence."""
        after = library().utils.time_snowflake(since)
        for _ in range(PAGES):
            page = await client.http.logs_from(self._channel_id, 100, after=after)
            for message in page:
                yield message
            if len(page) < 100:
                return
            after = max(int(message["id"]) for message in page)
        raise ListingTooLongError("the channel has more messages since then than a look reads")

    async def _unlisted(self, client: discord.Client, wanted: Wanted, last: int, *, empty: bool) -> Look:
        """Ask by its id for the message that the channel names as its last, and that the list lacks."""
        discord_py = library()
        try:
            message = await client.http.get_message(self._channel_id, last)
        except discord_py.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return await self._proved_absent(client, wanted) if empty else Absent()  # it was deleted
        missing = CannotLook(f"the channel's list lacks its last message ({last})", refused=False)
        return self._found(client, wanted, message) or missing

    async def _proved_absent(self, client: discord.Client, wanted: Wanted) -> Look:
        """Believe an empty list when an older message, the permissions or the channel itself bear it out."""
        if await client.http.logs_from(self._channel_id, 1):
            return Absent()
        permissions = await self._permissions(client)
        if permissions is not None:
            return Absent() if permissions.read_message_history else _UNREADABLE
        return _UNREADABLE if wanted.may_be_there else Absent()

    def _item(self, client: discord.Client, message: Mapping[str, Any]) -> Item:
        embeds = message.get("embeds") or ()
        addresses = tuple(str(embed["url"]) for embed in embeds if embed.get("url"))
        words = "\n".join([message.get("content") or "", *(embed.get("title") or "" for embed in embeds)])
        # Answers, forwarded messages and notices of what was pinned all refer to another message.
        kind = Kind.TEXT if message.get("message_reference") is None else Kind.REPLY
        at = library().utils.snowflake_time(int(message["id"]))
        return Item(words, addresses, kind, self._who(client, message), at)

    def _who(self, client: discord.Client, message: Mapping[str, Any]) -> Who:
        """Tell by the id, or by the name, which is one person's; what a webhook calls itself is nobody's."""
        author = message.get("author") or {}
        if client.user is not None and str(author.get("id")) == str(client.user.id):
            return Who.ACCOUNT
        names = {str(author.get("id"))}
        if message.get("webhook_id") is None:
            names.add(str(author.get("username")).casefold())
        listed = {name.strip().removeprefix("@").casefold() for name in self._settings.authors}
        return Who.AUTHOR if names & listed else Who.STRANGER

    async def _permissions(self, client: discord.Client) -> discord.Permissions | None:
        """Return the bot's permissions in the channel; None where Discord does not give what they follow from."""
        discord_py = library()
        if self._guild is None or client.user is None:
            return None
        try:
            guild = await client.fetch_guild(int(self._guild), with_counts=False)
            channel = await guild.fetch_channel(self._channel_id)
            member = await guild.fetch_member(client.user.id)
        except discord_py.NotFound as error:
            if error.code:
                raise
            return None
        except (KeyError, discord_py.InvalidData, discord_py.Forbidden):  # these pages only describe
            return None
        return channel.permissions_for(member)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    async def _sent(self, client: discord.Client, post: Post, attempt: Attempt) -> discord.Message:
        embeds, file = drawn(post, attempt)
        picture: dict[str, Any] = {"file": file} if file else {}
        return await client.get_partial_messageable(self._channel_id).send(
            post.text or None,
            embeds=embeds,
            nonce=attempt.key,
            allowed_mentions=library().AllowedMentions.none(),
            **picture,
        )

    async def _published(self, message: discord.Message) -> str:
        """Publish to the channels that follow. The message is there, whatever becomes of this."""
        try:
            await message.publish()
        except Exception as error:  # noqa: BLE001  # the post is sent: this can only be noted
            if getattr(error, "code", None) != CROSSPOSTED:
                return f"not published to the channels that follow: {brief(error)}"
        return ""

    def _address(self, number: object) -> str:
        return f"https://discord.com/channels/{self._guild or '@me'}/{self._channel_id}/{number}"

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────

    def _judge_made(self, error: Exception, made: Sequence[Any]) -> Outcome:
        """Take what Discord said that it made as there, whatever went wrong afterwards."""
        numbers = [answer["id"] for answer in made if isinstance(answer, Mapping) and answer.get("id")]
        return Sent(self._address(numbers[0]), str(numbers[0])) if numbers else self._judge(error)

    def _judge(self, error: Exception) -> Outcome:
        import aiohttp

        discord_py = library()
        now = self._clock()
        if isinstance(error, discord_py.LoginFailure):
            said = judged(error.__cause__, now)
            if isinstance(said, Rejected):
                return Rejected("Discord answered 401: the bot's token is not valid", Cause.ACCOUNT)
            return said
        if isinstance(error, discord_py.RateLimited):
            until = _network.after(now, error.retry_after)
            return Verdict.LATER.outcome("Discord asks to try again later", until)
        if isinstance(error, discord_py.HTTPException):
            return judged(error, now)
        if isinstance(error, _network.MovedError):
            return judged_moved(error)
        if isinstance(error, NotDiscordsError):
            return Uncertain(str(error))
        unsent = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
        proxy = _network.proxy_for(self._base)
        place = "Discord" + (f", by way of the proxy {proxy}," if proxy else "")
        return _network.unanswered(place, error, unsent, (aiohttp.ServerDisconnectedError,))


_UNREADABLE = CannotLook(
    "the bot sees no message in the channel and cannot show that it may: give it Read Message History",
    refused=True,
)


def _run(call: Coroutine[Any, Any, _T], seconds: float) -> _T:
    import asyncio

    return asyncio.run(asyncio.wait_for(call, seconds))


connect = DiscordAccount
