"""discord.py without a gateway, without waiting or redirects, at the account's own address.

`before_write` is called in aiohttp's trace: after the connection is made, right before the first byte.
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
    """A rate limit that never waits.

    discord.py's own fails on headers that it cannot read, and sleeps after a good answer. A limit that is reached is a
    429, which discord.py does understand.
    """

    __slots__ = ()

    def update(self, response: Any, *, use_clock: bool = False) -> None:
        """Do nothing."""


class RestClient(RequestBounds):
    """The requests of one bot to the API at `base`. Each look and each attempt has a loop, a client and a login."""

    repeatable = True
    client: discord.Client

    def __init__(self, token: Callable[[], str], base: str) -> None:
        self._token = token
        self._base = base
        self._status = 0
        """The status of the latest answer."""
        self.created: list[Any] = []
        """The answers to the publishing requests of the latest attempt."""

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Log `client` in, and close it at the end."""
        self.created = []
        stack = AsyncExitStack()
        with asyncio.Runner() as self._runner:
            try:
                self.client = self.run(self._logged_in(stack))
                yield
            finally:
                self._runner.run(stack.aclose())

    def run(self, call: Coroutine[Any, Any, _T]) -> _T:
        """Return what a call of discord.py returns. Raises TimeoutError at the deadline."""
        return self._runner.run(asyncio.wait_for(call, self._deadline - time.monotonic()))

    async def _logged_in(self, stack: AsyncExitStack) -> discord.Client:
        # Each client warns of voice and of gateway intents, which are not used here.
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
        # A method of this one client is replaced; its own type is narrower than what is needed of it.
        client.http.get_ratelimit = lambda _key: NoWaiting(limit)  # type: ignore[method-assign, assignment]
        send = client.http.request

        async def request(route: Any, **kwargs: Any) -> Any:
            """Send a request to the account's own address: discord.py has one for all clients of a process.

            No redirect is followed, because each request carries the token. Raises UnclearError for an answer that is
            no JSON, which discord.py returns as it is.
            """
            route.url = route.url.replace(OWN_ADDRESS, self._base, 1)
            answer = await send(route, allow_redirects=False, **kwargs)
            if answer is None or (isinstance(answer, str) and self._status != NO_CONTENT):
                raise UnclearError(
                    _network.unreadable_answer("Discord", self._status, "null" if answer is None else answer)
                )
            if _publishes(route.method, route.url):
                self.created.append(answer)
            return answer

        client.http.request = request  # type: ignore[method-assign]  # of this one client only
        await stack.enter_async_context(client)
        try:
            await client.login(self._token())
        except (discord.HTTPException, UnclearError, KeyError, TypeError):
            if client.user is None:  # else only the application could not be read, which is not needed
                raise
        return client

    async def _about_to_send(self, _session: Any, _context: Any, request: Any) -> None:
        """Call `before_write` for each request that writes, discord.py's own repetitions included.

        aiohttp calls this after the connection is made, before it sends the headers.
        """
        method, path = request.method, request.url.path
        changes = method in ("PATCH", "DELETE") and path.rpartition("/")[0].endswith("/messages")
        if changes or _publishes(method, path):
            self._before_publishing()

    async def _answered(self, _session: Any, _context: Any, request: Any) -> None:
        """Refuse a redirect, and bound the body. aiohttp calls this before the body is read."""
        self._status = request.response.status
        target = request.response.headers.get("location")
        if 300 <= self._status < 400 and target:
            raise _network.RedirectError(self._status, target)
        request.response.content = _Bounded(request.response.content)


def _publishes(method: str, url: str) -> bool:
    return method == "POST" and url.endswith("/messages")


class _Bounded:
    """An answer's stream, of which no more than LONGEST_ANSWER is read."""

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
