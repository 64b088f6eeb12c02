"""The rules for posts on Bluesky, and how Bluesky looks on a page.

A post has text, the facets that make parts of it a link or a hashtag, and a card for the issue. A facet names a part of
the text by its UTF-8 bytes (docs.bsky.app/docs/advanced-guides/post-richtext, read 2026-08). Nothing is a link, a
mention or a hashtag unless a facet says so, so a stranger's text needs little escaping.
"""

from __future__ import annotations

from typing import Any

from crosspost.compose import Content, Draft, Form
from crosspost.compose.counting import Limit, grapheme_count, utf8_bytes
from crosspost.compose.fit import dropped_names, fit_with_links, join_lines
from crosspost.compose.safety import without_schemes
from crosspost.model import Post
from crosspost.pages.brand import Brand, Palette
from crosspost.pages.text import Mark

_KIND = "app.bsky.richtext.facet"


def write_with_facets(draft: Draft) -> Content:
    """Return the text with its `facets`, `langs` and the `card` under it.

    A line that is only the issue's address is left out: the card under the text has it, and the title leads there.
    """
    from crosspost.compose.card import picture_of

    digest, form = draft.digest, draft.target.form
    lines = [line for line in draft.lines if line.text != digest.url]
    fitted = fit_with_links(lines, form.limits, form.min_links)
    text = join_lines(fitted)
    shown = digest.url if digest.url in text else digest.title
    facets = [_facet(text, shown, {"$type": f"{_KIND}#link", "uri": digest.url})]
    facets += [_facet(text, f"#{tag}", {"$type": f"{_KIND}#tag", "tag": tag}) for tag in digest.hashtags]
    fields = {
        "facets": [facet for facet in facets if facet],
        "langs": [draft.target.language],
        "card": {"uri": digest.url, "title": digest.title, "description": picture_of(digest).summary},
    }
    return Content(text, dropped_names(lines, fitted), form.count(text), fields)


def _facet(text: str, part: str, feature: dict[str, str]) -> dict[str, Any] | None:
    """Return the facet for a part of the text; None where it was dropped. Hashtags stand last: the last is ours."""
    position = text.rfind(part)
    if position < 0:
        return None
    start = len(text[:position].encode())
    return {
        "$type": _KIND,
        "index": {"byteStart": start, "byteEnd": start + len(part.encode())},
        "features": [feature],
    }


def marks_of_facets(post: Post) -> list[Mark]:
    """Return the links and hashtags of a post's facets, which count in bytes of UTF-8."""
    written = post.text.encode()
    marks = []
    for facet in post.fields.get("facets") or ():
        start, end = (
            len(written[: facet["index"][name]].decode(errors="ignore")) for name in ("byteStart", "byteEnd")
        )
        for feature in facet["features"][:1]:
            url = str(feature.get("uri") or "")
            marks.append(Mark(start, end, "link" if url else "tag", url))
    return marks


FORM = Form(
    platform="bluesky",
    min_links=3,
    limit=300,  # graphemes, and bytes (lexicon app.bsky.feed.post)
    count=grapheme_count,
    extra_limits=(Limit(3000, utf8_bytes),),
    escape=without_schemes,  # nothing else has an effect without a facet
    write=write_with_facets,
)

BRAND = Brand(
    "Bluesky",
    light=Palette("#1083fe", "#0b6fd8"),
    dark=Palette("#1083fe", "#5bb0ff"),
    marks=marks_of_facets,
    actions=("Reply", "Repost", "Like"),
)
