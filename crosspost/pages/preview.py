"""Show posts before they are sent: as JSON, as text, on a terminal, as a page.

The value shown is the value that is sent: nothing is composed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crosspost.errors import CrosspostError
from crosspost.model import Image, Post

if TYPE_CHECKING:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    from crosspost.pages.brand import Brand

_WIDEST = 96
"""Columns; wider lines are hard to read."""


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────


def to_json(number: int, url: str, posts: Sequence[Post]) -> dict[str, Any]:
    """Return the document of `preview --json` (docs/documents.md)."""
    return {"number": number, "url": url, "posts": [_post_json(post) for post in posts]}


def _post_json(post: Post) -> dict[str, Any]:
    """Return the whole post: what is not in the document is not sent."""
    parts = dict(post.fields)
    languages = parts.pop("langs", ())
    language = parts.pop("language", None) or next(iter(languages), None)
    address = {"title": post.title, "url": post.url} if post.is_link else {}
    return {
        "account": post.account,
        "platform": post.platform,
        **address,
        "text": post.text,
        **parts,
        "language": language,
        "alt": post.alt,
        "length": post.length,
        "limit": post.limit,
        "dropped": list(post.dropped),
        "text_by": post.text_by,
    }


# ── for a pipe or a file ─────────────────────────────────────────────────────────────────────────────


def to_text(posts: Sequence[Post]) -> str:
    """Return the posts with unbroken lines, for a pipe or a file."""
    return "\n".join(map(_to_text, posts))


def _to_text(post: Post) -> str:
    parts = [f"── {label(post)} · {length_text(post)} ──"]
    if post.is_link:
        parts.append(f"{post.title}\n{post.url}")
    parts.append(body(post))
    if post.alt:
        parts.append(f"Picture: {post.alt}")
    if post.dropped:
        parts.append(f"Left out to fit: {', '.join(post.dropped)}")
    return "\n\n".join(filter(None, parts)) + "\n"


def body(post: Post) -> str:
    """Return text, embeds as Markdown, and the card: all of a post but a link post's title and address."""
    from crosspost.compose.post_text import embed_as_markdown

    embeds = (embed_as_markdown(embed) for embed in post.fields.get("embeds") or ())
    return "\n\n".join(filter(None, (post.text, *embeds, _card(post))))


def _card(post: Post) -> str:
    card = post.fields.get("card") or {}
    return "\n".join(filter(None, (card.get("title"), card.get("description"), card.get("uri"))))


def label(post: Post) -> str:
    """Return the account and its platform, "work (mastodon)", and who wrote a custom text."""
    where = post.account if post.account == post.platform else f"{post.account} ({post.platform})"
    return f"{where} · text by a {post.text_by}" if post.text_by else where


# ── for the terminal ─────────────────────────────────────────────────────────────────────────────────


def print_posts(posts: Sequence[Post], console: Console) -> None:
    """Print each post as a reader will see it, with its length and the names of its dropped lines."""
    from rich.padding import Padding
    from rich.text import Text

    width = min(console.width, _WIDEST)
    for post in posts:
        ends = f" {length_text(post)} ──"
        title = Text.assemble("── ", (label(post), "bold"), " ")
        console.print(title.append("─" * (width - title.cell_len)), highlight=False)
        for part in (Text(), *_body(post), Text()):
            if not isinstance(part, Text):
                console.print(Padding(part, (0, 2)), width=width)
                continue
            for line in wrapped(part, width - 4):
                shown = Text("  ").append_text(line)
                shown.rstrip()
                console.print(shown, highlight=False, soft_wrap=True)
        console.print("─" * (width - len(ends)) + ends, style="dim", highlight=False)
        if post.dropped:
            console.print(Text(f"  Left out to fit: {', '.join(post.dropped)}", style="dim"))


def wrapped(text: Text, room: int | None) -> Iterator[Text]:
    """Yield the lines of a text, broken between words to fit into `room` columns; None: not broken.

    A word that is longer, such as a link, stays whole and can be copied.
    """
    from rich.cells import cell_len

    for line in text.split(allow_blank=True):
        breaks, used = [], 0
        for word in re.finditer(r"\S+\s*", line.plain):
            if room and used and used + cell_len(word[0].rstrip()) > room:
                breaks.append(word.start())
                used = 0
            used += cell_len(word[0])
        yield from line.divide(breaks)


def _body(post: Post) -> Iterable[Text | Markdown]:
    from rich.text import Text

    from crosspost.compose.post_text import embed_as_markdown

    if post.is_link:
        yield Text.assemble((post.title, f"bold link {post.url}"), "\n", (post.url, "blue"))
        yield _markdown(post.text)
    elif post.text:
        shown = Text(post.text)
        shown.highlight_regex(r"https?://\S+", style="blue")
        shown.highlight_regex(r"(?<!\S)#\w+", style="cyan")
        yield shown
    for embed in post.fields.get("embeds") or ():
        yield Text("")
        yield _markdown(embed_as_markdown(embed))
    if card := _card(post):
        yield Text(f"\n{card}", style="dim")
    if post.alt:
        yield Text(f"\nPicture: {post.alt}", style="italic")


def _markdown(text: str) -> Markdown:
    """Return Markdown with every line break kept, and without HTML."""
    from rich.markdown import Markdown

    return Markdown(text.replace("<", r"\<").replace("\n", "  \n"))


def length_text(post: Post) -> str:
    """Return "433 of 500"."""
    return f"{post.length:,} of {post.limit:,}"


# ── for the browser ──────────────────────────────────────────────────────────────────────────────────


def to_html(posts: Sequence[Post], brand: Callable[[str], Brand]) -> str:
    """Return a self-contained page with each post as its platform would show it, without script.

    `brand` returns how a platform looks, by its name. Without Pillow a picture is shown as its alt text.
    """
    from crosspost.pages import template
    from crosspost.pages.post import post_html

    return template("preview.html").render(
        title=posts[0].title if posts else "No posts",
        url=posts[0].url if posts else "",
        posts=[(post, post_html(post, brand(post.platform), picture=_picture(post))) for post in posts],
        length=length_text,
    )


def _picture(post: Post) -> Image | None:
    from crosspost.compose.card import draw_post_picture

    try:
        return draw_post_picture(post)
    except CrosspostError:  # Pillow is not installed
        return None
