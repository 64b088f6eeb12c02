"""Reddit's post: a link to the issue whose own text is the summary, unless the account wants none."""

from __future__ import annotations

from crosspost.compose import Draft, Form, Written, write_plain


def write_selftext(draft: Draft, form: Form) -> Written:
    """Return the summary as Markdown; nothing when the account says `body = "none"`."""
    if (draft.options or {}).get("body") == "none":
        return Written("", (), 0)
    return write_plain(draft, form)
