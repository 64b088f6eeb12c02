"""Posts for people to look at before they are sent: as JSON, in the terminal, in a pipe, as a page.

Shown is the very value that is sent; nothing is rendered again here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from crosspost.errors import CrosspostError
from crosspost.model import Image, Post

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_WIDEST = 96
"""Columns; wider lines are hard to read."""
_MARKDOWN = re.compile(
    r"""\[(?P<title>(?:\\.|[^\]\\])*)\]\((?P<url>https?://[^)\s]+)\)
    | \*\*(?P<bold>(?:\\.|[^*\\])+)\*\*
    | \\(?P<escaped>[^\w\s])
    | ^(?P<mark>\*\ |>\ ?)
    """,
    re.VERBOSE | re.MULTILINE,
)
_UNESCAPED = re.compile(r"\\([^\w\s])")
_LINE_MARKS = {"* ": "• ", "> ": "│ ", ">": "│"}


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────


def to_json(number: int, url: str, posts: Sequence[Post]) -> dict[str, Any]:
    """The document of `preview --json` (docs/design.md)."""
    return {"number": number, "url": url, "posts": [_post_json(post) for post in posts]}


def _post_json(post: Post) -> dict[str, Any]:
    shown: dict[str, Any] = {"account": post.account, "platform": post.platform, "text": post.text}
    if _has_title(post):
        shown |= {"title": post.title, "url": post.url}
    if "embeds" in post.fields:
        shown["embeds"] = post.fields["embeds"]
    return shown | {"length": post.length, "limit": post.limit, "dropped": list(post.dropped)}


def _has_title(post: Post) -> bool:
    """A link post: its title and its address are the post."""
    return post.fields.get("kind") == "link"


# ── for a pipe or a file ─────────────────────────────────────────────────────────────────────────────


def plain(posts: Sequence[Post]) -> str:
    """Each post with its lines whole, as they will be sent: to be searched, compared and copied."""
    return "\n".join(map(_in_plain, posts))


def _in_plain(post: Post) -> str:
    from crosspost.compose.embed_text import as_markdown

    parts = [f"── {_name(post)} · {_length(post)} ──"]
    if _has_title(post):
        parts.append(f"{post.title}\n{post.url}")
    parts += [post.text, *(as_markdown(embed) for embed in post.fields.get("embeds") or ())]
    if post.alt:
        parts.append(f"Picture: {post.alt}")
    if post.dropped:
        parts.append(f"Left out to fit: {', '.join(post.dropped)}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _name(post: Post) -> str:
    return post.account if post.account == post.platform else f"{post.account} ({post.platform})"


# ── for the terminal ─────────────────────────────────────────────────────────────────────────────────


def show(posts: Sequence[Post], console: Console) -> None:
    """Each post in a frame as a reader will see it, how much room it takes, and what was left out."""
    from rich.panel import Panel
    from rich.text import Text

    for post in posts:
        frame = Panel(
            _body(post),
            title=Text(_name(post), style="bold"),
            title_align="left",
            subtitle=Text(_length(post), style="dim"),
            subtitle_align="right",
            padding=(1, 2),
            width=min(console.width, _WIDEST),
        )
        console.print(frame)
        if post.dropped:
            console.print(Text(f"  Left out to fit: {', '.join(post.dropped)}", style="dim"))


def _body(post: Post) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = []
    if _has_title(post):
        parts += [Text(post.title, style=f"bold link {post.url}"), Text(post.url, style="blue"), Text("")]
    if post.text:
        parts.append(_markdown(post.text) if _has_title(post) else _plain(post.text))
    for embed in post.fields.get("embeds") or ():
        parts += _embed(embed)
    if post.alt:
        parts += [Text(""), Text(f"Picture: {post.alt}", style="italic")]
    return Group(*parts)


def _plain(text: str) -> Text:
    from rich.text import Text

    shown = Text(text)
    shown.highlight_regex(r"https?://\S+", style="blue")
    shown.highlight_regex(r"(?<!\S)#\w+", style="cyan")
    return shown


def _markdown(text: str) -> Text:
    """Our own Markdown as it will look: links as their titles, which a terminal may make clickable."""
    from rich.text import Text

    shown, end = Text(), 0
    for match in _MARKDOWN.finditer(text):
        shown.append(text[end : match.start()])
        if match["title"] is not None:
            shown.append(_UNESCAPED.sub(r"\1", match["title"]), style=f"blue link {match['url']}")
        elif match["bold"] is not None:
            shown.append_text(_markdown(match["bold"]))
            shown.stylize("bold", len(shown) - len(_markdown(match["bold"])))
        else:
            shown.append(match["escaped"] or _LINE_MARKS[match["mark"]])
        end = match.end()
    return shown.append(text[end:])


def _embed(embed: Mapping[str, Any]) -> list[RenderableType]:
    from rich.text import Text

    parts: list[RenderableType] = [
        Text(str(embed.get("title", "")), style="bold"),
        Text(str(embed.get("url", "")), style="blue"),
    ]
    if embed.get("description"):
        parts.append(_markdown(str(embed["description"])))
    for field in embed.get("fields") or ():
        name = _markdown(str(field["name"]))
        name.stylize("bold")
        parts += [Text(""), name, _markdown(str(field["value"]))]
    if footer := embed.get("footer"):
        parts += [Text(""), Text(str(footer.get("text", "")), style="dim")]
    return parts


def _length(post: Post) -> str:
    return f"{post.length:,} of {post.limit:,}"


# ── for the browser ──────────────────────────────────────────────────────────────────────────────────


def page(posts: Sequence[Post]) -> str:
    """One self-contained page with every post as its platform would show it; light and dark, no script.

    The picture is in it where a post has one and Pillow is there to draw it; else its alt text stands there.
    """
    from crosspost.pages import post as drawn

    title = posts[0].title if posts else "No posts"
    lead = (
        f'<p>Exactly what would be sent. <a href="{escape(posts[0].url, quote=True)}">The issue</a></p>'
        if posts
        else "<p>There is no account to post to.</p>"
    )
    cards = "".join(_card(post, _picture(post)) for post in posts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} · preview</title><style>{_PAGE_CSS}{drawn.CSS}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{lead}"
        f'<div class="posts">{cards}</div></main></body></html>\n'
    )


def _picture(post: Post) -> Image | None:
    from crosspost.compose.card import draw_for

    try:
        return draw_for(post)
    except CrosspostError:  # without Pillow a preview is still a preview
        return None


def _card(post: Post, picture: Image | None) -> str:
    from crosspost.pages import post as drawn

    share = min(100.0, 100 * post.length / post.limit) if post.limit else 0.0
    left_out = (
        f'<p class="dropped">Left out to fit: {escape(", ".join(post.dropped))}</p>' if post.dropped else ""
    )
    return (
        f'<section class="post"><div class="facts"><b>{escape(post.account)}</b>'
        f'<span class="gauge" aria-hidden="true"><i style="width:{share:.0f}%"></i></span>'
        f"<span>{_length(post)}</span></div>"
        f"{drawn.post_html(post, picture=picture)}{left_out}</section>"
    )


_PAGE_CSS = """
:root { --bg: #eef0f3; --fg: #16181d; --dim: #5d6470; --line: #d5dae1; --mark: #b7410e }
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 56px }
h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -.01em }
main>p { margin: 6px 0 26px; color: var(--dim) }
main>p a { color: inherit }
.posts { columns: 2; column-gap: 24px }
.post { break-inside: avoid; margin: 0 0 26px }
.facts { display: flex; align-items: center; gap: 10px; margin: 0 4px 8px; font-size: 14px;
  font-variant-numeric: tabular-nums; color: var(--dim) }
.facts b { color: var(--fg) }
.gauge { flex: 1; height: 4px; border-radius: 2px; background: var(--line); overflow: hidden }
.gauge i { display: block; height: 100%; background: var(--mark); border-radius: 2px }
.dropped { margin: 8px 4px 0; font-size: 13px; color: var(--dim) }
@media (max-width: 860px) { .posts { columns: 1 } main { padding: 22px 14px 40px } h1 { font-size: 24px } }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0f1013; --fg: #e8eaee; --dim: #a0a7b3; --line: #30343c; --mark: #e8794a }
}
"""
