"""discord.py for one call: REST only, at the account's own address, without waiting or redirects.

`before_write` is called in aiohttp's trace, when the connection stands, right before the first byte.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.http import Ratelimit

from crosspost.network import host_of, proxy_for
from crosspost.platforms import _network
from crosspost.platforms._attempt import RequestBounds, UnclearError
from crosspost.platforms._network import LONGEST_ANSWER, TooLargeError

OWN_ADDRESS = "https://discord.com/api/v10"
NO_CONTENT = 204

_T = TypeVar("_T")


class NoWaiting(Ratelimit):
    """The usual one fails on odd headers, and sleeps after an answer that is there: this one reads none.

    A rate limit that is reached is a 429, which discord.py does understand.
    """

    __slots__ = ()

    def update(self, response: Any, *, use_clock: bool = False) -> None:
        """Nothing is remembered."""


class Wire(RequestBounds):
    """The requests of one bot to the API at `base`: each look and each attempt has a loop, a client and a login."""

    repeatable = True
    client: discord.Client

    def __init__(self, token: Callable[[], str], base: str) -> None:
        self._token = token
        self._base = base
        self._status = 0
        """Of the latest answer."""
        self.made: list[Any] = []
        """What Discord answered to the publishing requests of the latest attempt."""

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Within it there is a client that is logged in."""
        self.made = []
        stack = AsyncExitStack()
        with asyncio.Runner() as self._runner:
            try:
                self.client = self.run(self._logged_in(stack))
                yield
            finally:
                self._runner.run(stack.aclose())

    def run(self, call: Coroutine[Any, Any, _T]) -> _T:
        """Wait for a call of discord.py, until the time is over."""
        return self._runner.run(asyncio.wait_for(call, self._deadline - time.monotonic()))

    async def _logged_in(self, stack: AsyncExitStack) -> discord.Client:
        # Each client warns of voice and of gateway intents, which nobody here uses.
        _network.limit_logging("discord", level=logging.ERROR)
        _network.require_certificates(os.environ.get("SSL_CERT_FILE"), "SSL_CERT_FILE")
        proxy = proxy_for(self._base)
        if proxy and urlsplit(proxy).scheme not in ("http", "https"):
            raise _network.LocalSetupError(f"the proxy {host_of(proxy)} is not one for http://")
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(self._about_to_send)
        trace.on_request_end.append(self._answered)
        client = discord.Client(
            intents=discord.Intents.none(),
            max_ratelimit_timeout=30.0,  # the least there is; beyond it RateLimited is raised
            allowed_mentions=discord.AllowedMentions.none(),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            http_trace=trace,
            proxy=proxy,
        )
        limit = client.http.max_ratelimit_timeout
        client.http.get_ratelimit = lambda _key: NoWaiting(limit)  # type: ignore[method-assign, assignment]
        request = client.http.request

        async def redirected(route: Any, **kwargs: Any) -> Any:
            """Send a request to the account's own address; discord.py has one for all clients of a process.

            Nothing follows a redirect: each request carries the token. discord.py hands out an answer that is no JSON
            as it is.
            """
            route.url = route.url.replace(OWN_ADDRESS, self._base, 1)
            answer = await request(route, allow_redirects=False, **kwargs)
            if answer is None or (isinstance(answer, str) and self._status != NO_CONTENT):
                raise UnclearError(
                    _network.unreadable_answer("Discord", self._status, "null" if answer is None else answer)
                )
            if _publishes(route.method, route.url):
                self.made.append(answer)
            return answer

        client.http.request = redirected  # type: ignore[method-assign]  # of this one client only
        await stack.enter_async_context(client)
        try:
            await client.login(self._token())
        except (discord.HTTPException, UnclearError, KeyError, TypeError):
            if client.user is None:  # otherwise only the application's page failed, which is not needed
                raise
        return client

    async def _about_to_send(self, _session: Any, _context: Any, request: Any) -> None:
        """Call `before_write` for each request that writes, discord.py's own repeats included.

        Called when the connection stands, before the headers are put into the first packet.
        """
        method, path = request.method, request.url.path
        changes = method in ("PATCH", "DELETE") and path.rpartition("/")[0].endswith("/messages")
        if changes or _publishes(method, path):
            self._publishing()

    async def _answered(self, _session: Any, _context: Any, request: Any) -> None:
        """Called with the headers of an answer, before its body is read."""
        self._status = request.response.status
        where = request.response.headers.get("location")
        if 300 <= self._status < 400 and where:
            raise _network.RedirectError(self._status, where)
        request.response.content = _Bounded(request.response.content)


def _publishes(method: str, url: str) -> bool:
    return method == "POST" and url.endswith("/messages")


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
