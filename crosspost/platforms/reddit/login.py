"""Reddit: an approved app, and its owner's consent, which comes back to an address of this machine.

The refresh token is permanent with `duration=permanent`
(github.com/reddit-archive/reddit/wiki/OAuth2, read 2026-07).
New apps need Reddit's approval since November 2025; without one, `mode = "manual"` is the way.
"""

from __future__ import annotations

import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
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

WAIT = 600
"""Seconds for the owner to read the page and allow it."""


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
    try:
        token = reddit.auth.authorize(_code(redirect, state, prompts))
    except _praw.FAILURES as error:
        raise CrosspostError(f"Reddit did not hand out a token: {error}; run this again") from error
    if not token:
        raise CrosspostError("Reddit handed out no permanent token; run this again")
    return {"client_id": client_id, "client_secret": client_secret, "refresh_token": str(token)}


def _code(redirect: str, state: str, prompts: Prompts) -> str:
    """Wait for the code that Reddit sends to the redirect address, through this machine or through the maintainer."""
    parts = urlsplit(redirect)
    is_local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if is_local and prompts.confirm("Does the browser run on this machine?"):
        answer = _listen(parts.hostname or "127.0.0.1", parts.port or 80)
    else:
        answer = prompts.ask("The address of the page it ends on (it may fail to load), or the code in it")
    query = parse_qs(urlsplit(answer).query)
    if not query:
        return answer.split("#")[0]
    if query.get("state") != [state]:
        raise CrosspostError("that answer belongs to another request; run this again and use the newest page")
    if "code" not in query:
        raise CrosspostError(f"Reddit says: {query.get('error', ['no code'])[0]}; run this again")
    return query["code"][0]


def _listen(host: str, port: int) -> str:
    """Wait on the redirect address for the one request that carries the answer; return its path and query."""
    answers: list[str] = []

    class Page(BaseHTTPRequestHandler):
        timeout = 10  # seconds: browsers open connections ahead of time and say nothing on them

        def do_GET(self) -> None:
            body = b"<!doctype html><title>crosspost</title><p>Close this page and go back to the terminal."
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            if "state=" in self.path:  # browsers ask for icons, too
                answers.append(self.path)

        def log_message(self, *args: Any) -> None:
            """Log nothing: the address holds the code."""

    try:
        server = ThreadingHTTPServer((host, port), Page)
    except OSError as error:
        raise CrosspostError(
            f"cannot listen on {host}:{port}: {error.strerror}; run this again and say no to the last question"
        ) from None
    with server:
        server.timeout = 0.2  # between two checks for the answer
        end = time.monotonic() + WAIT
        while not answers and time.monotonic() < end:
            server.handle_request()
    if not answers:
        raise CrosspostError("no answer came from Reddit's page in time; run this again")
    return answers[0]
