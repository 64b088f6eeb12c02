"""What Bluesky asks of a text."""

from __future__ import annotations

from crosspost.compose import Form
from crosspost.compose.counting import Limit, grapheme_count, utf8_bytes
from crosspost.platforms.bluesky.facets import write_with_facets
from crosspost.platforms.bluesky.text import on_bluesky

FORM = Form(
    platform="bluesky",
    least_links=3,
    limit=300,  # graphemes, and bytes (lexicon app.bsky.feed.post)
    count=grapheme_count,
    further=(Limit(3000, utf8_bytes),),
    escape=on_bluesky,
    write=write_with_facets,
)
