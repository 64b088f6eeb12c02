"""X: the app's own keys, then a PIN that the account's owner gets.

OAuth 1.0a: its tokens do not expire, and rotate nothing (docs.x.com, OAuth 1.0a, PIN-based, read 2026-07).
"""

from __future__ import annotations

import tweepy

from crosspost.errors import CrosspostError
from crosspost.platforms._login import Prompts
from crosspost.platforms.x import Settings

STEPS = """\
At https://console.x.com, in your app:
  1. User authentication settings: permission "Read and write", any callback address (required, not used).
  2. Keys and tokens: the consumer key and its secret.
"""


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Return the app's key and secret and the account's token and secret."""

    class Handler(tweepy.OAuth1UserHandler):  # type: ignore[misc]  # tweepy brings no types
        """tweepy's login handler at the configured address, for which tweepy has no setting."""

        def _get_oauth_url(self, endpoint: str) -> str:
            return f"{settings.api_base_url.rstrip('/')}/oauth/{endpoint}"

    prompts.show(STEPS)
    key = prompts.get_or_ask(settings.consumer_key, "consumer key")
    secret = prompts.get_or_ask(settings.consumer_secret, "consumer secret")
    handler = Handler(key, secret, callback="oob")
    try:
        page = handler.get_authorization_url()
        prompts.show(f"Signed in as the account that shall post, open this page and allow it:\n\n  {page}\n")
        token, token_secret = handler.get_access_token(prompts.ask("The PIN it shows"))
    except tweepy.TweepyException as error:
        raise CrosspostError(f"X did not hand out a token: {error}; run this again") from error
    return {
        "consumer_key": key,
        "consumer_secret": secret,
        "access_token": token,
        "access_token_secret": token_secret,
    }
