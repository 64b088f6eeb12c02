"""PRAW without its own patience and without files that happen to lie about. Imported only when it is used.

Two of the four settings below are private names of prawcore 4; the tests count requests, so that a release which
moves them is noticed. The transport under the session (_http.py) stops a repeated submission in any case.
"""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

# PRAW does without it, and nobody here lets it ask for updates: it would bring aiohttp, 12 MB.
sys.modules.setdefault("update_checker", None)  # type: ignore[arg-type]

import requests  # noqa: E402
from praw import Reddit  # noqa: E402
from praw.config import Config  # noqa: E402
from praw.exceptions import PRAWException  # noqa: E402
from prawcore.exceptions import PrawcoreException  # noqa: E402
from prawcore.rate_limit import RateLimiter  # noqa: E402
from prawcore.sessions import FiniteRetryStrategy  # noqa: E402

from crosspost.platforms.reddit import OWN_HOSTS, Settings  # noqa: E402

FAILURES = (PRAWException, PrawcoreException)
"""What its client raises."""


class NoRetry(FiniteRetryStrategy):
    """The usual one repeats whatever failed, a submission too."""

    def should_retry_on_failure(self) -> bool:
        return False


class NoWaiting(RateLimiter):
    """The usual one sleeps inside the call, and fails on headers that are not complete."""

    def delay(self) -> None:
        """Never: the time of the next attempt is the delivery's business."""

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Nothing is remembered."""


def reddit(session: requests.Session, settings: Settings, **keys: str | None) -> Reddit:
    """Return a client at the account's address, with these keys and no other settings."""
    _read_no_other_files()
    base = settings.api_base_url.rstrip("/")
    site, oauth = OWN_HOSTS[:2] if base in OWN_HOSTS else (base, base)
    given: dict[str, Any] = {"username": None, "password": None, "redirect_uri": None, **keys}
    client = Reddit(
        site_name="DEFAULT",
        reddit_url=site,
        oauth_url=oauth,
        user_agent=settings.user_agent,
        ratelimit_seconds=-1,  # 0 still repeats what should wait for less than a second
        check_for_updates=False,
        check_for_async=False,
        requestor_kwargs={"session": session},
        **given,
    )
    cores: tuple[Any, ...] = (client._core, client._read_only_core)
    for core in cores:
        core._retry_strategy_class = NoRetry
        core._rate_limiter = NoWaiting(window_size=600)
    return client


def _read_no_other_files() -> None:
    """Load PRAW's defaults from its package only; it would also read the working directory and ~/.config."""
    with Config.LOCK:
        if Config.CONFIG is None:
            config = configparser.ConfigParser(interpolation=None)
            config.read_string(files("praw").joinpath("praw.ini").read_text(encoding="utf-8"))
            Config.CONFIG = config
