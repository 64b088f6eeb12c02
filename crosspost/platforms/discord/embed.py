"""Discord's message: a line that a notification shows, and one embed with a field for each heading.

Limits: discord.com/developers/docs/resources/message#embed-object-embed-limits, read 2026-08. The form's limit is that
of the whole embed (6000). All are in code points, and lines are left out until all hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from itertools import groupby
from operator import attrgetter
from typing import Any

from crosspost.compose import Content, Draft
from crosspost.compose.counting import Limit, code_points, grapheme_count
from crosspost.compose.fit import Line, dropped_names, fit, fit_text, join_lines

_TITLE = Limit(256, code_points)
_FIELD_NAME = Limit(100, code_points)
"""256 are allowed; 25 names of that length would leave no room for their values."""
_DESCRIPTION = Limit(4096, code_points)
_FIELD_VALUE = Limit(1024, code_points)
_FIELDS = 25
_CONTENT = Limit(200, code_points)
"""2000 are allowed; a notification shows two lines."""
_MESSAGE = "message"
"""The name of the line that is the message's own text."""
_ROWS, _WIDTH = 28, 38
"""An embed on a phone: the rows of about a screen, and the letters in a row."""
_LINKED = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]\([^()\s]*\)")
_RUST = 0xCE412B
"""The colour of the embed's edge."""
_heading = attrgetter("heading")


def write_embed(draft: Draft) -> Content:
    """Make the description of the lines without a heading, and a field of those under each heading."""
    lines, digest, form = draft.lines, draft.digest, draft.target.form
    embed: dict[str, Any] = {
        "title": fit_text(digest.title, _TITLE, form.escape),
        "url": digest.url,
        "color": _RUST,
        "footer": {"text": fit_text(digest.name, _TITLE)},
        "timestamp": datetime.combine(digest.date, time(), UTC).isoformat(),
    }
    message = [line for line in lines if line.name == _MESSAGE]
    text = join_lines(fit(message, (_CONTENT,)))
    fitted = _each_within_its_own_limit([line for line in lines if line.name != _MESSAGE])
    names = {each: fit_text(each, _FIELD_NAME, form.escape) if each else "" for each in map(_heading, fitted)}
    overhead = embed_length(embed) + sum(map(len, names.values()))
    screen = Limit(_ROWS - len(names), rows)
    fitted = fit(fitted, (Limit(form.limit - overhead, form.count), screen))
    if description := [line for line in fitted if not line.heading]:
        embed["description"] = join_lines(description)
    for heading, group in groupby(filter(_heading, fitted), _heading):
        field = tuple(group)
        beside = all(line.beside for line in field)
        value = {"name": names[heading], "value": join_lines(field), "inline": beside}
        embed.setdefault("fields", []).append(value)
    dropped = dropped_names(lines, (*message, *fitted))
    return Content(text, dropped, embed_length(embed), {"embeds": [embed]})


def rows(text: str) -> int:
    """Return the rows of a text on a phone, less one, because the line break after it counts as another."""
    lines = [_LINKED.sub(r"\1", line) for line in text.split("\n")]
    return sum(max(-(-grapheme_count(line) // _WIDTH), 1) for line in lines) - 1


def embed_length(embed: dict[str, Any]) -> int:
    """Return what Discord counts of an embed: every text a reader sees."""
    texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [part for field in embed.get("fields", ()) for part in (field["name"], field["value"])]
    return sum(map(code_points, texts))


def _each_within_its_own_limit(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Fit each field and the description by itself. Of too many fields, leave out the least important."""
    groups = [list(group) for _, group in groupby(lines, _heading)]
    fields = [group for group in groups if group[0].heading]
    for group in sorted(fields, key=_importance)[: max(len(fields) - _FIELDS, 0)]:
        groups.remove(group)
    fitted = (fit(group, (_FIELD_VALUE if group[0].heading else _DESCRIPTION,)) for group in groups)
    return tuple(line for group in fitted for line in group)


def _importance(group: Sequence[Line]) -> float:
    return max(float("inf") if line.priority is None else line.priority for line in group)
