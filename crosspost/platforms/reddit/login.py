"""Reddit: an approved app, and its owner's consent, whose code is in the address on which the browser ends.

The refresh token is permanent with `duration=permanent` (github.com/reddit-archive/reddit/wiki/OAuth2, read 2026-07).
New apps need Reddit's approval since November 2025. Without one, set `mode = "manual"`.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from crosspost.errors import CrosspostError
from crosspost.platforms._http import plain_session
from crosspost.platforms._login import Prompts
from crosspost.platforms.reddit import Settings, _praw

SCOPES = ["identity", "submit", "read", "history", "flair", "edit"]

STEPS = """\
You need an app of kind "web app" or "script" that Reddit has approved: https://www.reddit.com/prefs/apps
Without one: mode = "manual" in the configuration, and an editor posts with one click.
"""


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Return the app's id and secret and the account's refresh token."""
    prompts.show(STEPS)
    client_id = prompts.get_or_ask(settings.client_id, "client id")
    client_secret = prompts.get_or_ask(settings.client_secret, "client secret")
    redirect = prompts.ask(
        "The app's redirect address, exactly as it is registered, such as http://127.0.0.1:8080"
    )
    reddit = _praw.reddit(
        plain_session(), settings, client_id=client_id, client_secret=client_secret, redirect_uri=redirect
    )
    state = secrets.token_urlsafe(16)
    page = reddit.auth.url(scopes=SCOPES, state=state, duration="permanent")
    prompts.show(f"Signed in as the account that shall post, open this page and allow it:\n\n  {page}\n")
    answer = prompts.ask("The address of the page it ends on (it may fail to load), or the code in it")
    try:
        token = reddit.auth.authorize(_code(answer, state))
    except _praw.FAILURES as error:
        raise CrosspostError(f"Reddit did not hand out a token: {error}; run this again") from error
    if not token:
        raise CrosspostError("Reddit handed out no permanent token; run this again")
    return {"client_id": client_id, "client_secret": client_secret, "refresh_token": str(token)}


def _code(answer: str, state: str) -> str:
    """Return the code in the address to which Reddit sent the browser; an answer that is no address is the code."""
    query = parse_qs(urlsplit(answer).query)
    if not query:
        return answer.split("#")[0]
    if query.get("state") != [state]:
        raise CrosspostError("that answer belongs to another request; run this again and use the newest page")
    if "code" not in query:
        raise CrosspostError(f"Reddit says: {query.get('error', ['no code'])[0]}; run this again")
    return query["code"][0]
