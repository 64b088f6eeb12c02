"""Say how Bluesky looks on a page."""

from __future__ import annotations

from crosspost.model import Post
from crosspost.pages.brand import Brand, Palette
from crosspost.pages.text import Mark


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
