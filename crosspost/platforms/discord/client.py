"""Open a client of discord.py for one call: REST only, at the account's own address, without waiting or redirects."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crosspost.platforms import _network
from crosspost.platforms._attempt import WriteOnce
from crosspost.platforms.discord.answers import Wire, publishes, without_waiting

if TYPE_CHECKING:
    import discord

OWN_ADDRESS = "https://discord.com/api/v10"


def library() -> Any:
    """Return discord.py, imported without what it says about Python's own modules (audioop, on 3.12)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import discord
    # Each client it makes warns of voice and of gateway intents, which nobody here uses.
    _network.quiet("discord", level=logging.ERROR)
    return discord


@asynccontextmanager
async def logged_in(
    token: str, base: str, write_once: WriteOnce | None = None, made: list[Any] | None = None
) -> AsyncIterator[discord.Client]:
    """Open a client at `base` and log it in. What Discord answers to the publishing request is put into `made`."""
    import aiohttp

    discord_py = library()
    _network.require_certificates(os.environ.get("SSL_CERT_FILE"), "SSL_CERT_FILE")
    proxy = _network.proxy_address(base)
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise _network.NotSetUpError(f"the proxy {_network.shown(proxy)} is not one for http://")
    wire = Wire(write_once)
    client = discord_py.Client(
        intents=discord_py.Intents.none(),
        max_ratelimit_timeout=30.0,  # the least there is; beyond it RateLimited is raised
        allowed_mentions=discord_py.AllowedMentions.none(),
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        http_trace=wire.trace(),
        proxy=proxy,
    )
    without_waiting(client)
    _redirect(client, base, wire, made)
    async with client:
        try:
            await client.login(token)
        except (discord_py.HTTPException, KeyError, TypeError):
            if client.user is None:  # otherwise only the application's page failed, which is not needed
                raise
        yield client


def _redirect(client: discord.Client, base: str, wire: Wire, made: list[Any] | None) -> None:
    """Send this client's requests to its own address; discord.py has one for all clients of a process.

    Nothing follows a redirect: each request carries the token.
    """
    request = client.http.request

    async def redirected(route: Any, **kwargs: Any) -> Any:
        route.url = route.url.replace(OWN_ADDRESS, base, 1)
        answer = wire.understood(await request(route, allow_redirects=False, **kwargs))
        if made is not None and publishes(route.method, route.url):
            made.append(answer)
        return answer

    client.http.request = redirected  # type: ignore[method-assign]  # of this one client only
