"""What Discord's answers mean, by code, else by status; and the door in aiohttp's trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosspost.platforms._attempt import Door, Verdict

STATUSES: Mapping[int, Verdict] = {
    400: Verdict.CONTENT,
    401: Verdict.ACCOUNT,
    403: Verdict.ACCOUNT,
    404: Verdict.ACCOUNT,
    405: Verdict.ACCOUNT,
    413: Verdict.CONTENT,
    429: Verdict.LATER,
}
"""What an answer means that has no code. Every other one, and none at all: it may be there."""

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


class MovedError(Exception):
    """The publishing request was told to go elsewhere."""


def publishes(method: str, url: str) -> bool:
    return method == "POST" and url.endswith("/messages")


def trace(door: Door) -> Any:
    """Opens the door as each publishing request starts, discord.py's own repeats included."""
    import aiohttp

    async def on_start(_session: Any, _context: Any, params: Any) -> None:
        if publishes(params.method, params.url.path):
            door.open()

    async def on_redirect(_session: Any, _context: Any, params: Any) -> None:
        if publishes(params.method, params.url.path):
            raise MovedError(f"{params.response.status}")

    config = aiohttp.TraceConfig()
    config.on_request_start.append(on_start)
    config.on_request_redirect.append(on_redirect)
    return config


def verdict(error: Any) -> Verdict:
    if error.status >= 500:
        return Verdict.UNCERTAIN
    return CODES.get(error.code, STATUSES.get(error.status, Verdict.UNCERTAIN))
