"""Reddit's post: a link to the issue whose own text is the summary, unless the account wants none."""

from __future__ import annotations

from dataclasses import replace

from crosspost.compose import Draft, Form, Written, write_plain

_LINK_POST = {"kind": "link"}
"""Its title and its address are the post; the text only goes with them."""


def write_selftext(draft: Draft, form: Form) -> Written:
    """The summary as Markdown; nothing when the account says `body = "none"`."""
    if (draft.options or {}).get("body") == "none":
        return Written("", (), 0, _LINK_POST)
    return replace(write_plain(draft, form), fields=_LINK_POST)
