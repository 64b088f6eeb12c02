"""The page on the sandbox's port: every post as its platform would show it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from crosspost.sandbox.values import SandboxPost


def page(posts: Sequence[SandboxPost], platform: str = "") -> str:
    """The whole page, self-contained."""
    cards = "".join(
        f"<article>{escape(post.text)}</article>" for post in posts if platform in ("", post.platform)
    )
    return f"<!doctype html><meta charset='utf-8'><title>Sandbox</title>{cards}"
