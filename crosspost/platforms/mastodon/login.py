"""Mastodon: register an app, let the account's owner allow it, exchange the code.

The code is shown in the browser ("out of band"); the token does not expire
(docs.joinmastodon.org/client/token and /methods/apps, read 2026-07; the password grant went with 4.4).
"""

from __future__ import annotations

import re

from crosspost.errors import CrosspostError
from crosspost.platforms._login import Prompts
from crosspost.platforms.mastodon import Settings

SCOPES = ["read:accounts", "read:statuses", "write:statuses", "write:media"]
"""The same list in all three calls, or the instance refuses."""


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Return the access token. Raises CrosspostError when the instance gives none."""
    from mastodon import Mastodon, MastodonError

    from crosspost.platforms._http import plain_session

    base = settings.api_base_url.rstrip("/")
    plain = base.startswith("http://")  # the configuration allows that on this machine only
    try:
        session = plain_session()
        client_id, client_secret = Mastodon.create_app(
            "crosspost", scopes=SCOPES, api_base_url=base, session=session
        )
        client = Mastodon(
            client_id=client_id,
            client_secret=client_secret,
            api_base_url=base,
            version_check_mode="none",
            session=session,
        )
        page = client.auth_request_url(scopes=SCOPES, allow_http=plain)
        page = re.sub(r"&\w+=None(?=&|$)", "", page)  # the library writes "state=None"
        prompts.show(f"Signed in as the account that shall post, open this page and allow it:\n\n  {page}\n")
        token = client.log_in(code=prompts.ask("The code it shows"), scopes=SCOPES, allow_http=plain)
    except MastodonError as error:
        raise CrosspostError(f"{base} did not hand out a token: {error}; run this again") from error
    except (KeyError, TypeError) as error:  # Mastodon.py reads a refusal to register as if it were an app
        raise CrosspostError(
            f"{base} does not register an app; is it a Mastodon instance? ({error})"
        ) from error
    return {"access_token": str(token)}
