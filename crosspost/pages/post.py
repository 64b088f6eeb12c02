"""One post as its platform would show it, as a piece of HTML.

The preview page, the sandbox's page and the status page all show posts; this is where they get them. Every
text is escaped, only http and https become links, and there is neither script nor anything fetched from
outside, so that a page of postcards may be opened anywhere.

`CSS` goes once into the page's <style>; every class begins with "pc". It follows the reader's light or dark
setting. A platform without a drawing of its own is shown as plain text under its name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crosspost.model import Image, Post

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SPECIAL = re.compile(r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])|(?P<tag>(?<![\w&/#])#\w*[^\W\d]\w*)")


def post_html(
    post: Post, *, permalink: str | None = None, when: datetime | None = None, picture: Image | None = None
) -> str:
    """The post as its platform would show it: one <article>, everything escaped, nothing loaded from outside.

    `permalink` makes the time a link to the real post; `picture` is shown inline where the post carries one.
    """
    body = _BODIES.get(post.platform, _plain)(post)
    return (
        f'<article class="pc pc-{_class_name(post.platform)}">'
        f"{_header(post, permalink, when)}"
        f'<div class="pc-body">{body}{_picture(post, picture)}</div>'
        f"{_footer(post)}"
        "</article>"
    )


# ── what every card has ──────────────────────────────────────────────────────────────────────────────


def _header(post: Post, permalink: str | None, when: datetime | None) -> str:
    name = _newsletter(post)
    place = _PLACES.get(post.platform, post.platform.title())
    where = place if post.account == post.platform else f"{place} · {post.account}"
    moment = escape(f"{when:%-d %b %Y, %H:%M} UTC") if when else ""
    if _is_web(permalink):
        moment = f'<a href="{escape(permalink or "", quote=True)}" rel="noopener">{moment or "open"}</a>'
    stamp = f'<time class="pc-when">{moment}</time>' if moment else ""
    return (
        '<header class="pc-head">'
        f'<span class="pc-face" aria-hidden="true">{escape(_initials(name))}</span>'
        f'<span class="pc-who"><b>{escape(name)}</b><span class="pc-place">{escape(where)}</span></span>'
        f"{stamp}</header>"
    )


def _footer(post: Post) -> str:
    actions = _ACTIONS.get(post.platform, ())
    if not actions:
        return ""
    return (
        '<footer class="pc-foot" aria-hidden="true">'
        + "".join(f"<span>{escape(action)}</span>" for action in actions)
        + "</footer>"
    )


def _picture(post: Post, picture: Image | None) -> str:
    if not post.alt:
        return ""
    alt = escape(post.alt, quote=True)
    if picture is None:
        return f'<figure class="pc-alt"><b>ALT</b> {alt}</figure>'
    data = base64.b64encode(picture.data).decode("ascii")
    source = f"data:{escape(picture.mime_type, quote=True)};base64,{data}"
    return f'<img class="pc-picture" src="{source}" alt="{alt}">'


def _newsletter(post: Post) -> str:
    """The newsletter's name: the title without its number."""
    return post.title.removesuffix(str(post.number)).strip() or post.account


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())[:3] or name[:1].upper()


def _class_name(platform: str) -> str:
    return re.sub(r"[^a-z0-9-]", "-", platform.lower())


def _is_web(url: str | None) -> bool:
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────


def _inline(text: str) -> str:
    """Plain text with its addresses and hashtags marked, as the microblogs do."""
    out, end = [], 0
    for match in _SPECIAL.finditer(text):
        out.append(escape(text[end : match.start()]))
        out.append(_link(match["url"], _short(match["url"])) if match["url"] else _tag(match["tag"]))
        end = match.end()
    out.append(escape(text[end:]))
    return "".join(out)


def _paragraphs(text: str) -> str:
    """Lines and paragraphs as they were typed."""
    blocks = (block for block in text.split("\n\n") if block.strip())
    return "".join(f"<p>{_inline(block).replace(chr(10), '<br>')}</p>" for block in blocks)


def _link(url: str, shown: str) -> str:
    return f'<a href="{escape(url, quote=True)}" rel="nofollow noopener">{escape(shown)}</a>'


def _tag(tag: str) -> str:
    return f'<span class="pc-tag">{escape(tag)}</span>'


def _short(url: str, width: int = 38) -> str:
    """An address as the microblogs show it: without the scheme, cut in the middle of its path."""
    bare = url.split("://", 1)[-1].removeprefix("www.")
    return bare if len(bare) <= width else bare[: width - 1] + "…"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    """CommonMark without raw HTML and without images: what strangers write stays text."""
    from markdown_it import MarkdownIt

    class OnlyWebLinks(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
            return _is_web(url)

    return (
        OnlyWebLinks("commonmark", {"html": False, "breaks": True}).disable("image").enable("strikethrough")
    )


def _rich(text: str) -> str:
    html: str = _markdown().render(text)
    return html


def _domain(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


# ── one drawing for each platform ────────────────────────────────────────────────────────────────────


def _plain(post: Post) -> str:
    return _paragraphs(post.text)


def _microblog(post: Post) -> str:
    """Text, and the card that the platform makes of the address unless the post brings a picture."""
    preview = post.fields.get("card")
    facts = preview if isinstance(preview, Mapping) else {}
    title = str(facts.get("title") or post.title)
    description = str(facts.get("description") or "")
    if not facts and (post.alt or not post.url):
        return _paragraphs(post.text)
    line = f'<span class="pc-note">{escape(description)}</span>' if description else ""
    return (
        f'{_paragraphs(post.text)}<div class="pc-preview"><span class="pc-domain">{escape(_domain(post.url))}'
        f"</span><b>{escape(title)}</b>{line}</div>"
    )


def _reddit(post: Post) -> str:
    heading = _link(post.url, post.title) if _is_web(post.url) else escape(post.title)
    domain = f'<span class="pc-domain">{escape(_domain(post.url))}</span>'
    return f'<h3 class="pc-title">{heading} {domain}</h3><div class="pc-md">{_rich(post.text)}</div>'


def _discord(post: Post) -> str:
    embeds = post.fields.get("embeds") or ()
    return _paragraphs(post.text) + "".join(_embed(embed) for embed in embeds if isinstance(embed, Mapping))


def _embed(embed: Mapping[str, Any]) -> str:
    colour = embed.get("color")
    edge = f' style="border-color:#{colour:06x}"' if isinstance(colour, int) and 0 <= colour < 1 << 24 else ""
    title, url = str(embed.get("title") or ""), str(embed.get("url") or "")
    heading = _link(url, title) if _is_web(url) else escape(title)
    parts = [f'<h3 class="pc-title">{heading}</h3>'] if title else []
    if embed.get("description"):
        parts.append(f'<div class="pc-md">{_rich(str(embed["description"]))}</div>')
    fields = embed.get("fields")
    parts.append(_embed_fields(fields if isinstance(fields, Sequence) else ()))
    footer = embed.get("footer")
    if isinstance(footer, Mapping) and footer.get("text"):
        facts = (str(footer["text"]), str(embed.get("timestamp") or "")[:10])
        parts.append(f'<p class="pc-note">{escape(" · ".join(filter(None, facts)))}</p>')
    return f'<div class="pc-embed"{edge}>{"".join(parts)}</div>'


def _embed_fields(fields: Sequence[Any]) -> str:
    shown = [_embed_field(field) for field in fields if isinstance(field, Mapping)]
    return f'<div class="pc-fields">{"".join(shown)}</div>' if shown else ""


def _embed_field(field: Mapping[str, Any]) -> str:
    width = " pc-inline" if field.get("inline") else ""
    name, value = escape(str(field.get("name", ""))), _rich(str(field.get("value", "")))
    return f'<div class="pc-field{width}"><b>{name}</b><div class="pc-md">{value}</div></div>'


_BODIES: Mapping[str, Callable[[Post], str]] = {
    "mastodon": _microblog,
    "x": _microblog,
    "bluesky": _microblog,
    "reddit": _reddit,
    "discord": _discord,
}
_PLACES = {"mastodon": "Mastodon", "x": "X", "bluesky": "Bluesky", "reddit": "Reddit", "discord": "Discord"}
_ACTIONS = {
    "mastodon": ("↩ Reply", "⟲ Boost", "★ Favourite"),
    "x": ("Reply", "Repost", "Like"),
    "bluesky": ("Reply", "Repost", "Like"),
    "reddit": ("↑ 1 ↓", "Comments", "Share"),
}

CSS = """
.pc { --pc-bg: #fff; --pc-fg: #16181d; --pc-dim: #5d6470; --pc-line: #dfe3e8; --pc-soft: #f4f6f8;
  --pc-link: #1b5fc1; --pc-hue: #8a8f98; background: var(--pc-bg); color: var(--pc-fg);
  border: 1px solid var(--pc-line); border-radius: 14px; padding: 16px 18px 12px;
  font: 15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
  overflow-wrap: anywhere; min-width: 0; border-top: 3px solid var(--pc-hue); box-sizing: border-box;
  text-align: left }
.pc * { box-sizing: border-box }
.pc-mastodon { --pc-hue: #6364ff; --pc-link: #5b4be0 }
.pc-x { --pc-hue: #16181d; --pc-link: #1271b8 }
.pc-bluesky { --pc-hue: #1083fe; --pc-link: #0b6fd8 }
.pc-reddit { --pc-hue: #ff4500; --pc-link: #0b5cad }
.pc-discord { --pc-hue: #5865f2; --pc-link: #006ce7 }
.pc a { color: var(--pc-link); text-decoration: none }
.pc a:hover { text-decoration: underline }
.pc-head { display: flex; gap: 10px; align-items: center; margin-bottom: 10px }
.pc-face { flex: none; width: 42px; height: 42px; border-radius: 50%; background: var(--pc-hue);
  color: #fff; display: grid; place-items: center; font-weight: 700; font-size: 13px;
  letter-spacing: .03em }
.pc-mastodon .pc-face { border-radius: 9px }
.pc-who { display: flex; flex-direction: column; line-height: 1.3; min-width: 0 }
.pc-place,.pc-when,.pc-note,.pc-domain { color: var(--pc-dim); font-size: 13px }
.pc-when { margin-left: auto; text-align: right; flex: none }
.pc-body p { margin: 0 0 .7em }
.pc-body>p:last-child { margin-bottom: 0 }
.pc-tag { color: var(--pc-link) }
.pc-preview { display: flex; flex-direction: column; gap: 2px; border: 1px solid var(--pc-line);
  border-radius: 10px; padding: 10px 12px; margin-top: 12px; background: var(--pc-soft) }
.pc-title { font-size: 17px; line-height: 1.35; margin: 0 0 8px }
.pc-title .pc-domain { font-weight: 400; white-space: nowrap }
.pc-md>:first-child { margin-top: 0 }
.pc-md>:last-child { margin-bottom: 0 }
.pc-md ul,.pc-md ol { margin: .3em 0 .7em; padding-left: 1.3em }
.pc-md li { margin: .15em 0 }
.pc-md li>p { margin: 0 }
.pc-md blockquote { margin: .4em 0 .7em; padding-left: 12px; border-left: 3px solid var(--pc-line);
  color: var(--pc-dim) }
.pc-md h1,.pc-md h2,.pc-md h3,.pc-md h4 { font-size: 15px; margin: 1em 0 .3em }
.pc-md code { font: 13px ui-monospace,Menlo,Consolas,monospace; background: var(--pc-soft);
  border-radius: 4px; padding: 1px 4px }
.pc-md pre { overflow-x: auto; background: var(--pc-soft); border-radius: 6px; padding: 8px }
.pc-embed { background: var(--pc-soft); border-left: 4px solid var(--pc-hue); border-radius: 6px;
  padding: 12px 14px; font-size: 14px }
.pc-embed .pc-title { font-size: 16px }
.pc-embed>.pc-note { margin: 10px 0 0 }
.pc-fields { display: grid; grid-template-columns: repeat(auto-fit,minmax(150px,1fr)); gap: 10px 14px }
.pc-field { grid-column: 1/-1; min-width: 0 }
.pc-field.pc-inline { grid-column: auto }
.pc-md+.pc-fields { margin-top: 10px }
.pc-alt { margin: 12px 0 0; border: 1px dashed var(--pc-line); border-radius: 10px; padding: 10px 12px;
  color: var(--pc-dim); font-size: 13px }
.pc-picture { display: block; width: 100%; height: auto; border-radius: 10px; margin-top: 12px;
  border: 1px solid var(--pc-line) }
.pc-foot { display: flex; gap: 22px; margin-top: 12px; padding-top: 9px;
  border-top: 1px solid var(--pc-line); color: var(--pc-dim); font-size: 13px }
@media (max-width: 480px) {
  .pc { padding: 14px 13px 10px; border-radius: 12px }
  .pc-fields { grid-template-columns: 1fr }
  .pc-field.pc-inline { grid-column: 1/-1 }
  .pc-head { flex-wrap: wrap }
  .pc-when { margin-left: 52px; flex-basis: calc(100% - 52px); text-align: left; margin-top: -8px }
}
@media (prefers-color-scheme: dark) {
  .pc { --pc-bg: #191b20; --pc-fg: #e8eaee; --pc-dim: #a0a7b3; --pc-line: #30343c; --pc-soft: #22252b;
    --pc-link: #7db4ff }
  .pc-x { --pc-hue: #e7e9ea }
  .pc-x .pc-face { color: #16181d }
  .pc-mastodon { --pc-link: #a5a1ff }
  .pc-bluesky { --pc-link: #5bb0ff }
}
"""
