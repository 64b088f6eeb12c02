"""What Discord's answers mean, by code, else by status; and what discord.py and aiohttp let in between.

`WriteOnce` is asked in aiohttp's trace, when the connection stands, right before the first byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crosspost.model import Outcome, Uncertain
from crosspost.platforms import _attempt, _network
from crosspost.platforms._attempt import Verdict, WriteOnce, brief
from crosspost.platforms._bounds import LONGEST_ANSWER, TooLargeError

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 405: Verdict.ACCOUNT, 413: Verdict.CONTENT}
"""What an answer means that has no code."""

CODES: Mapping[int, Verdict] = {
    10003: Verdict.ACCOUNT,  # unknown channel
    10004: Verdict.ACCOUNT,  # unknown guild
    10008: Verdict.UNCERTAIN,  # unknown message: what this nonce made has been deleted since
    20016: Verdict.LATER,  # slow mode
    20022: Verdict.LATER,  # announcements' own limit
    20028: Verdict.LATER,  # the channel's limit of writing
    20031: Verdict.CONTENT,  # words that the guild does not allow
    40001: Verdict.ACCOUNT,
    40002: Verdict.ACCOUNT,  # the account has to be verified
    40004: Verdict.LATER,  # sending is switched off for a while
    40005: Verdict.CONTENT,  # too large
    50001: Verdict.ACCOUNT,  # missing access
    50005: Verdict.ACCOUNT,  # somebody else's message
    50006: Verdict.CONTENT,  # empty
    50008: Verdict.ACCOUNT,  # no channel for messages
    50013: Verdict.ACCOUNT,  # missing permission
    50035: Verdict.CONTENT,  # a field is invalid
    50083: Verdict.ACCOUNT,  # the thread is archived
    130000: Verdict.LATER,  # overloaded
    200000: Verdict.CONTENT,  # AutoMod
    200001: Verdict.CONTENT,
    240000: Verdict.CONTENT,  # a link that is held to be harmful
}
"""The codes of Discord's errors; they say more than the status."""


NO_CONTENT = 204


class NotDiscordsError(RuntimeError):
    """An answer that was accepted by its status, and is not in Discord's format."""


def publishes(method: str, url: str) -> bool:
    return method == "POST" and url.endswith("/messages")


def changes(method: str, url: str) -> bool:
    return method in ("PATCH", "DELETE") and url.rpartition("/")[0].endswith("/messages")


class Wire:
    """What is put between discord.py and its connection, for one client."""

    def __init__(self, write_once: WriteOnce | None) -> None:
        self._write_once = write_once
        self.status = 0
        """Of the latest answer."""

    def trace(self) -> Any:
        """For aiohttp: ask `WriteOnce` about each publishing request, discord.py's own repeats included."""
        import aiohttp

        config = aiohttp.TraceConfig()
        config.on_request_headers_sent.append(self._about_to_send)
        config.on_request_end.append(self._answered)
        return config

    async def _about_to_send(self, _session: Any, _context: Any, request: Any) -> None:
        """Called when the connection stands, before the headers are put into the first packet."""
        method, path = request.method, request.url.path
        if self._write_once is not None and (publishes(method, path) or changes(method, path)):
            self._write_once.open()

    async def _answered(self, _session: Any, _context: Any, request: Any) -> None:
        """Called with the headers of an answer, before its body is read."""
        self.status = request.response.status
        where = request.response.headers.get("location")
        if 300 <= self.status < 400 and where:
            raise _network.MovedError(self.status, where)
        request.response.content = _Bounded(request.response.content)

    def understood(self, answer: Any) -> Any:
        """Return the answer if it is JSON, or none is due: discord.py hands out any other text as it is."""
        if isinstance(answer, str) and self.status != NO_CONTENT:
            raise NotDiscordsError(_network.said_nothing("Discord", self.status, answer))
        return answer


class _Bounded:
    """An answer's stream, to be read up to a limit."""

    def __init__(self, content: Any) -> None:
        self._content = content

    async def read(self) -> bytes:
        body = bytearray()
        while chunk := await self._content.readany():
            body += chunk
            if len(body) > LONGEST_ANSWER:
                raise TooLargeError
        return bytes(body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


def without_waiting(client: Any) -> None:
    """Make discord.py read no rate limit's headers: it fails on odd ones, and sleeps after an answer that is there.

    A rate limit that is reached is a 429, which it does understand.
    """
    from discord.http import Ratelimit

    class NoWaiting(Ratelimit):
        __slots__ = ()

        def update(self, response: Any, *, use_clock: bool = False) -> None:
            """Nothing is remembered."""

    client.http.get_ratelimit = lambda _key: NoWaiting(client.http.max_ratelimit_timeout)


def judged(error: Any, now: datetime) -> Outcome:
    """Return the outcome of an answer that discord.py raised as its HTTPException."""
    response, said = error.response, str(error.text or "")
    in_json = response.headers.get("content-type", "").startswith("application/json")
    if (in_json and said) or response.status == 429:  # each error of Discord's has a message
        code = f" ({error.code})" if error.code else ""
        reason = f"Discord answered {response.status}{code}: {brief(said or response.reason)}"
        return _verdict(error).outcome(reason, _network.asked_until(response.headers, now))
    return Uncertain(_network.said_nothing("Discord", response.status, "{}" if in_json else said))


def judged_moved(error: _network.MovedError) -> Outcome:
    return STATUSES.get(error.status, Verdict.UNCERTAIN).outcome(f"Discord answered {error}")


def _verdict(error: Any) -> Verdict:
    if error.status >= 500:
        return Verdict.UNCERTAIN
    return CODES.get(error.code, STATUSES.get(error.status, Verdict.UNCERTAIN))
