"""What Bluesky asks of a text, and how it looks on a page."""

from __future__ import annotations

from crosspost.compose import Form
from crosspost.compose.counting import Limit, grapheme_count, utf8_bytes
from crosspost.compose.safety import without_schemes
from crosspost.model import Post
from crosspost.pages.brand import Brand, Palette
from crosspost.pages.text import Mark
from crosspost.platforms.bluesky.facets import write_with_facets

FORM = Form(
    platform="bluesky",
    least_links=3,
    limit=300,  # graphemes, and bytes (lexicon app.bsky.feed.post)
    count=grapheme_count,
    further=(Limit(3000, utf8_bytes),),
    escape=without_schemes,  # nothing else has an effect without a facet
    write=write_with_facets,
)


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


BRAND = Brand(
    "Bluesky",
    light=Palette("#1083fe", "#0b6fd8"),
    dark=Palette("#1083fe", "#5bb0ff"),
    marks=marks_of_facets,
    actions=("Reply", "Repost", "Like"),
)
