"""Bluesky: an app password, made on a page and copied (bsky.app/settings/app-passwords, read 2026-07)."""

from __future__ import annotations

from crosspost.platforms._login import Prompts
from crosspost.platforms.bluesky import Settings


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Return the app password."""
    prompts.show(
        f"Signed in as {settings.handle}: https://bsky.app/settings/app-passwords, Add App Password, name it "
        '"crosspost", leave "Allow access to your direct messages" off. '
        "Never use the account's own password."
    )
    return {"app_password": prompts.ask_secret("The app password it shows")}
