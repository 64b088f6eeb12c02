"""The page on the sandbox's port: every post as its platform would show it, and what was asked for.

Nothing is fetched from outside. The one script asks this same port whether something new has arrived, and
reloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from crosspost.plural import counted
from crosspost.sandbox.base import Platform
from crosspost.sandbox.values import SandboxPost, SandboxRequest

_SHOWN_REQUESTS = 100


def page(
    posts: Sequence[SandboxPost],
    requests: Sequence[SandboxRequest],
    addresses: Mapping[str, str],
    stand_ins: Mapping[str, Platform],
) -> str:
    """The whole page, newest post first."""
    from crosspost.pages import post as drawn

    asked = [request for request in requests if request.platform != "page"]
    return _PAGE.format(
        css=drawn.CSS + _CSS,
        summary=_summary(posts),
        posts="".join(_card(post, stand_ins) for post in reversed(posts)) or _EMPTY,
        addresses="".join(
            f"<dt>{_name(name, stand_ins)}</dt><dd><code>{escape(url)}</code></dd>"
            for name, url in addresses.items()
        ),
        count=len(asked),
        requests="".join(_row(request, stand_ins) for request in reversed(asked[-_SHOWN_REQUESTS:])),
        known=f"{len(posts)}/{len(requests)}",
    )


def _card(post: SandboxPost, stand_ins: Mapping[str, Platform]) -> str:
    from crosspost.pages import post as drawn

    received = stand_ins[post.platform].shown(post)
    return drawn.post_html(received, permalink=post.url, when=post.at, picture=post.picture)


def _summary(posts: Sequence[SandboxPost]) -> str:
    if not posts:
        return "Nothing has been posted yet."
    places = len({post.platform for post in posts})
    return f"{counted(len(posts), 'post')} on {counted(places, 'platform')}."


def _row(request: SandboxRequest, stand_ins: Mapping[str, Platform]) -> str:
    status = "–" if request.status is None else str(request.status)
    name = _name(request.platform, stand_ins)
    tone = "bad" if request.status is None or request.status >= 400 else "good"
    return (
        f"<tr><td>{request.at:%H:%M:%S}</td><td>{name}</td><td>{escape(request.method)}</td>"
        f'<td class="path">{escape(request.path)}</td><td class="{tone}">{status}</td>'
        f"<td>{escape(request.fault)}</td></tr>"
    )


def _name(name: str, stand_ins: Mapping[str, Platform]) -> str:
    """A platform's name as people write it; the newsletter's site is none."""
    return stand_ins[name].brand.name if name in stand_ins else name.title()


_EMPTY = """<p class="empty">Point an account's <code>api_base_url</code> at one of the addresses below,
with the secrets of <a href="/_sandbox/addresses">/_sandbox/addresses</a>, and post:
what arrives is shown here.</p>"""

_CSS = """
:root { color-scheme: light dark; --bg: #eef0f3; --fg: #16181d; --dim: #5d6470; --line: #d5dae1; --soft: #fff;
  --rust: #b7410e; --good: #1a7f37; --bad: #c02626 }
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif }
main,.top { max-width: 1080px; margin: 0 auto; padding: 0 20px }
.top { padding-top: 28px; padding-bottom: 18px }
.top h1 { margin: 0; font-size: 26px; line-height: 1.2; letter-spacing: -.01em }
.top h1::before { content: ""; display: inline-block; width: .62em; height: .62em; border-radius: 50%;
  background: var(--rust); margin-right: .4em }
.top p { margin: 6px 0 0; color: var(--dim) }
.posts { columns: 2 440px; column-gap: 18px; margin-bottom: 18px }
.posts>.pc { break-inside: avoid; margin: 0 0 18px }
.empty { column-span: all; background: var(--soft); border: 1px dashed var(--line); border-radius: 14px;
  padding: 36px 24px; text-align: center; color: var(--dim) }
.empty a { color: inherit }
code { font: 13px/1.5 ui-monospace,Menlo,Consolas,monospace }
.box { background: var(--soft); border: 1px solid var(--line); border-radius: 12px; padding: 12px 16px;
  margin: 0 0 14px }
.box summary { cursor: pointer; font-weight: 600 }
.box dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 12px 0 2px }
.box dt { color: var(--dim) }
.box dd { margin: 0; overflow-wrap: anywhere }
.scroll { overflow-x: auto; margin-top: 10px }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums }
td { padding: 4px 14px 4px 0; border-top: 1px solid var(--line); white-space: nowrap; vertical-align: top }
td.path { white-space: normal; overflow-wrap: anywhere; min-width: 190px; width: 100%;
  font-family: ui-monospace,Menlo,Consolas,monospace }
.good { color: var(--good) }
.bad { color: var(--bad); font-weight: 600 }
@media (max-width: 480px) { main,.top { padding-left: 12px; padding-right: 12px } .top { padding-top: 18px } }
@media (prefers-color-scheme: dark) { :root { --bg: #101216; --fg: #e8eaee; --dim: #a0a7b3; --line: #30343c;
  --soft: #191b20; --rust: #e0632a; --good: #57c26f; --bad: #ff7b72 } }
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>crosspost sandbox</title><link rel="icon" href="data:,"><style>{css}</style></head><body>
<header class="top"><h1>Sandbox</h1>
<p>{summary} Stand-ins on this machine; nothing here has left it.</p></header>
<main><section class="posts" aria-label="Posts">{posts}</section>
<details class="box"><summary>Addresses</summary><dl>{addresses}</dl></details>
<details class="box"><summary>Requests ({count})</summary>
<div class="scroll"><table>{requests}</table></div></details>
</main><script>
setInterval(async () => {{
  try {{
    const now = await (await fetch("/_sandbox/count")).json();
    const open = document.querySelector("details[open]");
    if (!open && `${{now.posts}}/${{now.requests}}` !== "{known}") location.reload();
  }} catch {{ /* the sandbox has stopped: the page stays as it is */ }}
}}, 1500);
</script></body></html>
"""
