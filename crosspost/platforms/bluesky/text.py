"""Keep a stranger's characters from looking like a link on Bluesky."""

from __future__ import annotations

from crosspost.compose.safety import without_schemes


def on_bluesky(text: str) -> str:
    """No address that a reader could take for a link; no other character does anything without a facet."""
    return without_schemes(text)
