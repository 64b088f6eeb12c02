"""Discord, through discord.py: a bot that speaks REST only, without a gateway.

    post    POST /channels/ID/messages    one message, its nonce fixed and enforced for some minutes
    find    GET /channels/ID/messages     after the fence; the account's own, and those of `authors`
    image   attached to the message itself

Facts: docs.discord.com (read 2026-08), discord.py 2.7.1. A list without the channel's last message is not whole,
unless that message was deleted. A bot that may not read the history gets an empty list, too, so an empty list is
believed only where something shows that the bot may. discord.py itself repeats a message up to five times after a 500,
502, 504 or 524, with the same nonce; each repetition passes `before_write`. Webhooks have neither nonce nor listing,
and are not offered.
"""

from __future__ import annotations

import io
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import discord

from crosspost.model import Absent, CannotLook, Clock, Done, Found, Look, Outcome, Post, Sent
from crosspost.platforms import Attempt, CheckResult, HideSecret, Level, Query
from crosspost.platforms._account import NO_PICTURE, ConnectedAccount, with_note
from crosspost.platforms._attempt import UnclearError, brief, reveal
from crosspost.platforms._matching import Kind, ListedPost, PostedBy, match_announcement, post_id
from crosspost.platforms.discord import NEEDED, Settings
from crosspost.platforms.discord.answers import classify
from crosspost.platforms.discord.client import RestClient

_T = TypeVar("_T")

LAST_WITH_PICTURE = 3
"""The last attempt with the picture: it is part of the message's own request, which may fail because of it."""
UNKNOWN_MESSAGE = 10008
"""The code for a message that was deleted."""
ALREADY_PUBLISHED = 40033
"""The code for a message that was published to the channels that follow before."""
PAGES = 5
"""Pages of 100 messages that a look reads at most."""
UNREADABLE = CannotLook(
    "the bot sees no message in the channel and cannot show that it may: give it Read Message History",
    refused=True,
)


class DiscordAccount(ConnectedAccount):
    """One bot and one channel."""

    verifies_any_author = True
    _settings: Settings
    _transport: RestClient

    def __init__(self, settings: Settings, clock: Clock, hide_secret: HideSecret) -> None:
        super().__init__(settings, clock, hide_secret)
        self._base = settings.api_base_url.rstrip("/").removesuffix("/api/v10") + "/api/v10"
        self._channel_id = settings.channel_id or 0
        self._guild: str | None = None
        self._transport = RestClient(lambda: reveal(settings.bot_token, "bot_token"), self._base)

    def _find(self, query: Query, since: datetime) -> Look:
        channel = self._channel()  # before the list, which then has what is written in between
        listed = set[int]()
        for message in self._messages(since):
            listed.add(int(message["id"]))
            if (found := match_announcement(query, self._post(message), since)) is not None:
                return found
        last = str(channel.get("last_message_id"))
        fence = discord.utils.time_snowflake(since)
        if last.isdecimal() and int(last) > fence and int(last) not in listed:
            unlisted = self._message(int(last))
            if unlisted is not None:
                missing = CannotLook(f"the channel's list lacks its last message ({last})", refused=False)
                return match_announcement(query, self._post(unlisted), since) or missing
        return Absent() if listed else self._check_empty_list(query)

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        if attempt.image is None or attempt.number <= LAST_WITH_PICTURE:
            return super().send(post, attempt)
        note = f"{NO_PICTURE}: {LAST_WITH_PICTURE} attempts with it failed"
        return with_note(super().send(post, replace(attempt, image=None)), note)

    def _publish(self, post: Post, attempt: Attempt) -> Outcome:
        self._channel()
        embeds, file = _render(post, attempt)
        picture: dict[str, Any] = {"file": file} if file else {}
        channel = self._client.get_partial_messageable(self._channel_id)
        message = self._run(channel.send(post.text or None, embeds=embeds, nonce=attempt.key, **picture))
        note = self._publish_to_followers(message) if self._settings.publish else ""
        return Sent(self._address(message.id), str(message.id), note)

    def _publish_to_followers(self, message: discord.Message) -> str:
        """Publish a message to the channels that follow. Returns a note where that failed; empty otherwise."""
        try:
            self._run(message.publish())
        except Exception as error:  # noqa: BLE001 - the post is sent, whatever becomes of this
            if getattr(error, "code", None) != ALREADY_PUBLISHED:
                return f"not published to the channels that follow: {brief(error)}"
        return ""

    def _fetch(self, existing: Found) -> ListedPost | None:
        self._channel()
        message = self._message(int(post_id(existing)))
        return None if message is None else self._post(message)

    def _remove(self, existing: Found) -> Outcome:
        try:
            self._run(self._client.http.delete_message(self._channel_id, int(post_id(existing))))
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return Done(was_there=False)
        return Done()

    def edit(self, existing: Found, post: Post, attempt: Attempt) -> Outcome:
        def change() -> Outcome:
            embeds, file = _render(post, attempt)
            picture: dict[str, Any] = {"attachments": [file]} if file else {}  # else what is attached stays
            channel = self._client.get_partial_messageable(self._channel_id)
            message = channel.get_partial_message(int(post_id(existing)))
            self._run(message.edit(content=post.text or None, embeds=embeds, **picture))
            return Done()

        return self._run_write(attempt, change)

    def check(self) -> Sequence[CheckResult]:
        def read() -> Sequence[CheckResult]:
            with self._transport.reading():
                channel = self._channel()
                return [
                    CheckResult("token", Level.OK, f"the token belongs to {self._client.user}, a bot"),
                    CheckResult("permissions", *_check_permissions(self._permissions())),
                    CheckResult("channel", *self._check_channel(channel)),
                    CheckResult("message content", *self._check_intent()),
                ]

        return self._run_checks("token", read)

    def _check_channel(self, channel: Mapping[str, Any]) -> tuple[Level, str]:
        name = channel.get("name") or self._channel_id
        if self._settings.publish and channel.get("type") not in (discord.ChannelType.news.value, None):
            sentence = f"#{name} is no announcement channel, nothing can be published from it: drop `publish`"
            return Level.FAIL, sentence
        return Level.OK, f"the channel is #{name}"

    def _check_intent(self) -> tuple[Level, str]:
        application, authors = self._client.application, self._settings.authors
        if application is None:  # it could not be read at the login
            return Level.OK, "Discord does not say which intents the bot has"
        if not authors:
            sentence = (
                "only the bot's own announcements count; to count those of editors, name them in `authors`"
            )
            return Level.OK, sentence
        if application.flags.gateway_message_content or application.flags.gateway_message_content_limited:
            return Level.OK, f"the announcements of {', '.join(authors)} count, too"
        return Level.WARN, "without the message content intent no announcement of `authors` is recognised"

    def close(self) -> None:
        """Do nothing: every call closes what it opened."""

    @property
    def _client(self) -> discord.Client:
        return self._transport.client

    def _run(self, call: Coroutine[Any, Any, _T]) -> _T:
        return self._transport.run(call)

    def _none_if_missing(self, call: Coroutine[Any, Any, _T], *, code: int) -> _T | None:
        """Return what a call returns; None after a 404 with this code of Discord's, 0: without one."""
        try:
            return self._run(call)
        except discord.NotFound as error:
            if error.code != code:
                raise
            return None

    def _classify(self, error: Exception) -> Outcome:
        """Return Sent where Discord answered with a message, whatever went wrong afterwards."""
        for answer in self._transport.created:
            if isinstance(answer, Mapping) and answer.get("id"):
                return Sent(self._address(answer["id"]), str(answer["id"]))
        return classify(error, self._clock(), self._base)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def _channel(self) -> Mapping[str, Any]:
        """Return the channel in Discord's JSON, which is all that a look needs; empty for a 404 without a code."""
        found = self._none_if_missing(self._client.http.get_channel(self._channel_id), code=0)
        if found is None:
            return {}
        channel: Mapping[str, Any] = dict(found)
        self._guild = str(channel["guild_id"]) if channel.get("guild_id") else None
        return channel

    def _message(self, number: int) -> Mapping[str, Any] | None:
        """Return one message, None when it was deleted."""
        return self._none_if_missing(
            self._client.http.get_message(self._channel_id, number), code=UNKNOWN_MESSAGE
        )

    def _messages(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield the messages since the fence. Raises UnclearError where there are more than a look reads."""
        after = discord.utils.time_snowflake(since)
        for _ in range(PAGES):
            page = self._run(self._client.http.logs_from(self._channel_id, 100, after=after))
            if not isinstance(page, list):
                raise UnclearError("Discord answered with something else than a list of posts")
            yield from page
            if len(page) < 100:
                return
            after = max(int(message["id"]) for message in page)
        raise UnclearError("the channel has more messages since then than a look reads")

    def _check_empty_list(self, query: Query) -> Look:
        """Return Absent where an older message, the permissions or the channel itself show that the bot may read."""
        if self._run(self._client.http.logs_from(self._channel_id, 1)):
            return Absent()
        permissions = self._permissions()
        if permissions is not None:
            return Absent() if permissions.read_message_history else UNREADABLE
        return UNREADABLE if query.may_exist else Absent()

    def _post(self, message: Mapping[str, Any]) -> ListedPost:
        author, user = message.get("author") or {}, self._client.user
        # A user name belongs to one person. A webhook may use any, so its own does not count.
        names = {str(author.get("id"))}
        if message.get("webhook_id") is None:
            names.add(str(author.get("username")).casefold())
        listed = {name.strip().removeprefix("@").casefold() for name in self._settings.authors}
        posted_by = PostedBy.AUTHOR if names & listed else PostedBy.STRANGER
        if user is not None and str(author.get("id")) == str(user.id):
            posted_by = PostedBy.ACCOUNT
        embeds = message.get("embeds") or ()
        addresses = tuple(str(embed["url"]) for embed in embeds if embed.get("url"))
        text = "\n".join([message.get("content") or "", *(embed.get("title") or "" for embed in embeds)])
        # Replies, forwarded messages and notices of pinned ones all refer to another message.
        kind = Kind.TEXT if message.get("message_reference") is None else Kind.REPLY
        return ListedPost(
            url=self._address(message["id"]),
            id=str(message["id"]),
            text=text,
            addresses=addresses,
            kind=kind,
            posted_by=posted_by,
            at=discord.utils.snowflake_time(int(message["id"])),
            owner="" if posted_by is PostedBy.ACCOUNT else f"@{author.get('username')}",
        )

    def _address(self, number: object) -> str:
        return f"https://discord.com/channels/{self._guild or '@me'}/{self._channel_id}/{number}"

    def _permissions(self) -> discord.Permissions | None:
        """Return the bot's permissions in the channel; None where the guild, channel or member cannot be read."""
        if self._guild is None or self._client.user is None:
            return None
        try:
            guild = self._run(self._client.fetch_guild(int(self._guild), with_counts=False))
            channel = self._run(guild.fetch_channel(self._channel_id))
            member = self._run(guild.fetch_member(self._client.user.id))
        except discord.NotFound as error:
            if error.code:
                raise
            return None
        except (KeyError, discord.InvalidData, discord.Forbidden):
            return None
        return channel.permissions_for(member)


def _check_permissions(permissions: discord.Permissions | None) -> tuple[Level, str]:
    if permissions is None:
        return Level.WARN, "Discord does not say what the bot may do in the channel"
    missing = [name for key, name in NEEDED.items() if not getattr(permissions, key)]
    if missing:
        sentence = f"the bot lacks {', '.join(missing)} in the channel: give its role these permissions"
        return Level.FAIL, sentence
    return Level.OK, "the bot may post, and read what was posted"


def _render(post: Post, attempt: Attempt) -> tuple[list[discord.Embed], discord.File | None]:
    """Return the embeds, and the picture that the first of them shows."""
    embeds = [discord.Embed.from_dict(embed) for embed in post.fields.get("embeds") or ()]
    if attempt.image is None:
        return embeds, None
    name = f"card.{attempt.image.mime_type.rpartition('/')[2]}"
    for embed in embeds[:1]:
        embed.set_image(url=f"attachment://{name}")
    data = io.BytesIO(attempt.image.data)
    return embeds, discord.File(data, filename=name, description=attempt.image.alt)


connect = DiscordAccount
