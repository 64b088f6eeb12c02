"""Which lines of a post the issue words otherwise by now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosspost.compose import Target, possible_lines
from crosspost.model import Post

if TYPE_CHECKING:
    from crosspost.compose.digest import Digest

SOMETHING = "text"
"""What is said to have changed where no line can be told: one was left out, or cut elsewhere."""


def says_the_same(before: Post, after: Post) -> bool:
    """Return whether readers would see no difference."""
    return (before.text, dict(before.fields), before.alt) == (after.text, dict(after.fields), after.alt)


def changed_lines(before: Post, after: Post, digest: Digest, target: Target) -> tuple[str, ...]:
    """Return the names of the lines that `after`, made of this digest, words otherwise; empty: it says the same."""
    if says_the_same(before, after):
        return ()
    old, new = _all_text(before), _all_text(after)
    names: dict[str, None] = {}
    for line in possible_lines(digest, target):
        for words in (line.text, "".join(map(str, line.short))):
            if words and words in new and words not in old:
                names[line.name] = None
    return tuple(names) or (SOMETHING,)


def _all_text(post: Post) -> str:
    return "\n".join((post.text, *_texts_in(dict(post.fields))))


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for each in inner for text in _texts_in(each)]
