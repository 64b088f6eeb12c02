"""What the postbox asks of a text."""

from __future__ import annotations

from pathlib import Path

from crosspost.compose import Form

FORM = Form(
    platform="postbox",
    limit=400,
    wording=Path(__file__).with_name("post.j2"),
    escape=str.upper,
    picture=False,
)
