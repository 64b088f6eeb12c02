"""What Discord's answers mean: by Discord's code for an error, else by the status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp
import discord

from crosspost.model import Cause, Outcome, Rejected, Uncertain
from crosspost.network import retry_time, time_after
from crosspost.platforms import _attempt, _network
from crosspost.platforms._attempt import Verdict, brief

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 405: Verdict.ACCOUNT, 413: Verdict.CONTENT}
"""The verdict on an answer without a code."""

CODES: Mapping[int, Verdict] = {
    10003: Verdict.ACCOUNT,  # unknown channel
    10004: Verdict.ACCOUNT,  # unknown guild
    10008: Verdict.UNCERTAIN,  # unknown message: the one under this nonce has been deleted
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
"""The verdict on an answer by Discord's code, which says more than the status."""


def classify(error: Exception, now: datetime, base: str) -> Outcome:
    """Return the outcome of a request to `base` that raised, in discord.py or aiohttp."""
    if isinstance(error, discord.LoginFailure):
        outcome = _classify_answer(error.__cause__, now)
        if isinstance(outcome, Rejected):
            return Rejected("Discord answered 401: the bot's token is not valid", Cause.ACCOUNT)
        return outcome
    if isinstance(error, discord.RateLimited):
        until = time_after(now, error.retry_after)
        return Verdict.LATER.outcome("Discord asks to try again later", until)
    if isinstance(error, discord.HTTPException):
        return _classify_answer(error, now)
    if isinstance(error, _network.RedirectError):
        return STATUSES.get(error.status, Verdict.UNCERTAIN).outcome(f"Discord answered {error}")
    unsent = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    maybe = (aiohttp.ServerDisconnectedError,)
    return _network.classify_no_answer("Discord", error, unsent, maybe, url=base)


def _classify_answer(error: Any, now: datetime) -> Outcome:
    """Return the outcome of an answer that discord.py raised as its HTTPException."""
    response, text = error.response, str(error.text or "")
    is_json = response.headers.get("content-type", "").startswith("application/json")
    if not (is_json and text) and response.status != 429:  # each error of Discord's has a message
        return Uncertain(_network.unreadable_answer("Discord", response.status, "{}" if is_json else text))
    verdict = CODES.get(error.code, STATUSES.get(error.status, Verdict.UNCERTAIN))
    if error.status >= 500:
        verdict = Verdict.UNCERTAIN
    code = f" ({error.code})" if error.code else ""
    reason = f"Discord answered {response.status}{code}: {brief(text or response.reason)}"
    return verdict.outcome(reason, retry_time(response.headers, now))
