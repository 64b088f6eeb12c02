"""PRAW without repetitions, without waiting, and without files that happen to be there. Imported when it is used.

Some settings below are private names of prawcore 4. The tests count requests, so a release that renames them is
noticed. The transport under the session (_http.py) stops a repeated submission in any case.
"""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import requests

from crosspost.platforms.reddit import OWN_HOSTS, Settings

# PRAW works without it, and must not ask for updates here: it would import aiohttp, 12 MB. PRAW is imported after this.
sys.modules.setdefault("update_checker", None)  # type: ignore[arg-type] # None is how Python marks what is not there

from praw import Reddit  # noqa: E402 - see above
from praw.config import Config  # noqa: E402
from praw.exceptions import PRAWException  # noqa: E402
from prawcore.exceptions import PrawcoreException  # noqa: E402
from prawcore.rate_limit import RateLimiter  # noqa: E402
from prawcore.sessions import FiniteRetryStrategy  # noqa: E402

FAILURES = (PRAWException, PrawcoreException)
"""The exceptions that PRAW's client raises."""


class NoRetry(FiniteRetryStrategy):
    """A retry strategy that never repeats a request. PRAW's own repeats whatever failed, a submission, too."""

    def should_retry_on_failure(self) -> bool:
        return False


class NoWaiting(RateLimiter):
    """A rate limiter that never waits. PRAW's own sleeps inside the call, and fails on incomplete headers."""

    def delay(self) -> None:
        """Do nothing: the delivery decides when the next attempt is."""

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Do nothing."""


def reddit(session: requests.Session, settings: Settings, **keys: str | None) -> Reddit:
    """Return a client at the account's address, with these keys and no other settings."""
    _read_no_other_files()
    base = settings.api_base_url.rstrip("/")
    site, oauth = OWN_HOSTS[:2] if base in OWN_HOSTS else (base, base)
    credentials: dict[str, Any] = {"username": None, "password": None, "redirect_uri": None, **keys}
    client = Reddit(
        site_name="DEFAULT",
        reddit_url=site,
        oauth_url=oauth,
        user_agent=settings.user_agent,
        ratelimit_seconds=-1,  # 0 still repeats what should wait for less than a second
        check_for_updates=False,
        check_for_async=False,
        requestor_kwargs={"session": session},
        **credentials,
    )
    cores: tuple[Any, ...] = (client._core, client._read_only_core)
    for core in cores:
        core._retry_strategy_class = NoRetry
        core._rate_limiter = NoWaiting(window_size=600)
    return client


def _read_no_other_files() -> None:
    """Load PRAW's defaults from its package only. It would also read a file in the working directory and ~/.config."""
    with Config.LOCK:
        if Config.CONFIG is None:
            config = configparser.ConfigParser(interpolation=None)
            config.read_string(files("praw").joinpath("praw.ini").read_text(encoding="utf-8"))
            Config.CONFIG = config
