"""Open a client of discord.py for one call: REST only, at the account's own address, without waiting or redirects.

`WriteOnce` is asked in aiohttp's trace, when the connection stands, right before the first byte.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.http import Ratelimit

from crosspost.network import host_of, proxy_for
from crosspost.platforms import _network
from crosspost.platforms._attempt import UnclearError, WriteOnce
from crosspost.platforms._bounds import LONGEST_ANSWER, TooLargeError

OWN_ADDRESS = "https://discord.com/api/v10"
NO_CONTENT = 204


class NoWaiting(Ratelimit):
    """The usual one fails on odd headers, and sleeps after an answer that is there: this one reads none.

    A rate limit that is reached is a 429, which discord.py does understand.
    """

    __slots__ = ()

    def update(self, response: Any, *, use_clock: bool = False) -> None:
        """Nothing is remembered."""


@asynccontextmanager
async def logged_in(
    token: str, base: str, write_once: WriteOnce | None = None, made: list[Any] | None = None
) -> AsyncIterator[discord.Client]:
    """Open a client at `base` and log it in. What Discord answers to the publishing request is put into `made`."""
    # Each client warns of voice and of gateway intents, which nobody here uses.
    _network.quiet("discord", level=logging.ERROR)
    _network.require_certificates(os.environ.get("SSL_CERT_FILE"), "SSL_CERT_FILE")
    proxy = proxy_for(base)
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise _network.NotSetUpError(f"the proxy {host_of(proxy)} is not one for http://")
    wire = _Wire(write_once)
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(wire.about_to_send)
    trace.on_request_end.append(wire.answered)
    client = discord.Client(
        intents=discord.Intents.none(),
        max_ratelimit_timeout=30.0,  # the least there is; beyond it RateLimited is raised
        allowed_mentions=discord.AllowedMentions.none(),
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        http_trace=trace,
        proxy=proxy,
    )
    client.http.get_ratelimit = lambda _key: NoWaiting(client.http.max_ratelimit_timeout)  # type: ignore[method-assign, assignment]
    request = client.http.request

    async def redirected(route: Any, **kwargs: Any) -> Any:
        """Send a request to the account's own address; discord.py has one for all clients of a process.

        Nothing follows a redirect: each request carries the token. discord.py hands out an answer that is no JSON as
        it is.
        """
        route.url = route.url.replace(OWN_ADDRESS, base, 1)
        answer = await request(route, allow_redirects=False, **kwargs)
        if isinstance(answer, str) and wire.status != NO_CONTENT:
            raise UnclearError(_network.said_nothing("Discord", wire.status, answer))
        if made is not None and publishes(route.method, route.url):
            made.append(answer)
        return answer

    client.http.request = redirected  # type: ignore[method-assign]  # of this one client only
    async with client:
        try:
            await client.login(token)
        except (discord.HTTPException, KeyError, TypeError):
            if client.user is None:  # otherwise only the application's page failed, which is not needed
                raise
        yield client


def publishes(method: str, url: str) -> bool:
    return method == "POST" and url.endswith("/messages")


class _Wire:
    """What is put between discord.py and its connection, for one client."""

    def __init__(self, write_once: WriteOnce | None) -> None:
        self._write_once = write_once
        self.status = 0
        """Of the latest answer."""

    async def about_to_send(self, _session: Any, _context: Any, request: Any) -> None:
        """Ask `WriteOnce` about each request that writes, discord.py's own repeats included.

        Called when the connection stands, before the headers are put into the first packet.
        """
        method, path = request.method, request.url.path
        changes = method in ("PATCH", "DELETE") and path.rpartition("/")[0].endswith("/messages")
        if self._write_once is not None and (changes or publishes(method, path)):
            self._write_once.open()

    async def answered(self, _session: Any, _context: Any, request: Any) -> None:
        """Called with the headers of an answer, before its body is read."""
        self.status = request.response.status
        where = request.response.headers.get("location")
        if 300 <= self.status < 400 and where:
            raise _network.MovedError(self.status, where)
        request.response.content = _Bounded(request.response.content)


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
