"""How the tests of the sandbox post: each platform's real client library, and one bare request for each platform."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from crosspost.sandbox import Sandbox

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
TITLE = "This Week in Rust 665"
TEXT = f"{TITLE}\n\n{ISSUE}\n\n#RustLang"


# ── the client libraries, pointed at the sandbox ──


@contextmanager
def mastodon_client(sandbox: Sandbox, token: str | None = None) -> Iterator[Any]:
    from mastodon import Mastodon

    session = requests.Session()
    with session:
        yield Mastodon(
            access_token=token or sandbox.credentials["mastodon"]["access_token"],
            api_base_url=sandbox.addresses["mastodon"],
            ratelimit_method="throw",
            request_timeout=10,
            version_check_mode="none",
            session=session,
        )


class Redirect(HTTPAdapter):
    """Sends to another address what was signed for X."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked, base = urlsplit(str(request.url)), urlsplit(self._base)
        request.url = urlunsplit((base.scheme, base.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **{**kwargs, "timeout": 10})


@contextmanager
def x_client(sandbox: Sandbox, **secrets: str) -> Iterator[Any]:
    import tweepy

    client = tweepy.Client(**{**sandbox.credentials["x"], **secrets})
    with client.session:
        client.session.mount("https://", Redirect(sandbox.addresses["x"]))
        yield client


@contextmanager
def reddit_client(sandbox: Sandbox, **settings: Any) -> Iterator[Any]:
    import praw

    keys = sandbox.credentials["reddit"]
    account = {} if "redirect_uri" in settings else {"refresh_token": keys["refresh_token"]}
    reddit: Any = praw.Reddit(
        user_agent="linux:crosspost-tests:1.0 (by /u/nobody)",
        reddit_url=sandbox.addresses["reddit"],
        oauth_url=sandbox.addresses["reddit"],
        ratelimit_seconds=-1,
        check_for_updates=False,
        check_for_async=False,
        **{"client_id": keys["client_id"], "client_secret": keys["client_secret"], **account, **settings},
    )
    try:
        yield reddit
    finally:
        reddit._core.close()


def with_bot(sandbox: Sandbox, work: Callable[[Any, Any], Awaitable[Any]], token: str | None = None) -> Any:
    """Run `work(discord, channel)` as the bot, over REST only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # discord.py imports audioop
        import discord
    keys = sandbox.credentials["discord"]
    real = discord.http.Route.BASE
    discord.http.Route.BASE = f"{sandbox.addresses['discord']}/api/v10"

    async def run() -> Any:
        async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30) as bot:
            await bot.login(token or keys["bot_token"])
            return await work(discord, await bot.fetch_channel(int(keys["channel_id"])))

    try:
        return asyncio.run(run())
    finally:
        discord.http.Route.BASE = real  # it is the whole process's


@contextmanager
def bluesky_client(sandbox: Sandbox, app_password: str | None = None) -> Iterator[Any]:
    from atproto import Client

    client = Client(base_url=sandbox.addresses["bluesky"])
    keys = sandbox.credentials["bluesky"]
    try:
        client.login(keys["handle"], app_password or keys["app_password"], fetch_bsky_profile=False)
        yield client
    finally:
        client.request.close()


# ── one bare request that publishes, for each platform ──


def publish(sandbox: Sandbox, platform: str, *, timeout: float = 10) -> requests.Response:
    """Post the issue with a new connection and no library in between that could interpret the answer."""
    return _BARE[platform](sandbox, timeout)


def _mastodon(sandbox: Sandbox, timeout: float) -> requests.Response:
    return requests.post(
        f"{sandbox.addresses['mastodon']}/api/v1/statuses",
        data={"status": TEXT},
        headers={"Authorization": f"Bearer {sandbox.credentials['mastodon']['access_token']}"},
        timeout=timeout,
    )


def _x(sandbox: Sandbox, timeout: float) -> requests.Response:
    from requests_oauthlib import OAuth1

    keys = sandbox.credentials["x"]
    signature = OAuth1(
        keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
    )
    return requests.post(
        f"{sandbox.addresses['x']}/2/tweets", json={"text": TEXT}, auth=signature, timeout=timeout
    )


def reddit_token(sandbox: Sandbox) -> str:
    keys = sandbox.credentials["reddit"]
    answer = requests.post(
        f"{sandbox.addresses['reddit']}/api/v1/access_token",
        data={"grant_type": "refresh_token", "refresh_token": keys["refresh_token"]},
        auth=(keys["client_id"], keys["client_secret"]),
        timeout=10,
    )
    return str(answer.json()["access_token"])


def _reddit(sandbox: Sandbox, timeout: float) -> requests.Response:
    form = {"api_type": "json", "kind": "link", "sr": "rust", "title": TITLE, "url": ISSUE, "text": "a"}
    headers = {"Authorization": f"bearer {reddit_token(sandbox)}"}
    address = f"{sandbox.addresses['reddit']}/api/submit/?raw_json=1"
    return requests.post(address, data=form, headers=headers, timeout=timeout)


def _discord(sandbox: Sandbox, timeout: float) -> requests.Response:
    keys = sandbox.credentials["discord"]
    return requests.post(
        f"{sandbox.addresses['discord']}/api/v10/channels/{keys['channel_id']}/messages",
        json={"embeds": [{"title": TITLE, "url": ISSUE}]},
        headers={"Authorization": f"Bot {keys['bot_token']}"},
        timeout=timeout,
    )


def bluesky_session(sandbox: Sandbox) -> dict[str, str]:
    keys = sandbox.credentials["bluesky"]
    answer = requests.post(
        f"{sandbox.addresses['bluesky']}/xrpc/com.atproto.server.createSession",
        json={"identifier": keys["handle"], "password": keys["app_password"]},
        timeout=10,
    )
    return dict(answer.json())


def _bluesky(sandbox: Sandbox, timeout: float) -> requests.Response:
    session = bluesky_session(sandbox)
    return requests.post(
        f"{sandbox.addresses['bluesky']}/xrpc/com.atproto.repo.putRecord",
        json=put_request(session["did"], RECORD),
        headers={"Authorization": f"Bearer {session['accessJwt']}"},
        timeout=timeout,
    )


RECORD = {
    "$type": "app.bsky.feed.post",
    "text": TEXT,
    "createdAt": "2026-08-20T03:00:00.000Z",
    "langs": ["en"],
}


def put_request(did: str, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "repo": did,
        "collection": "app.bsky.feed.post",
        "rkey": "3mjjjjjjjjj22",
        "record": record,
        "swapRecord": None,
        "validate": True,
    }


_BARE = {"mastodon": _mastodon, "x": _x, "reddit": _reddit, "discord": _discord, "bluesky": _bluesky}
