"""The edit itself. Pure.

Replacing the address between the parentheses is exactly what editors do: of 237 one-line fills in the
newsletter's history 235 are that, the other two damaged the line (its git history, 2026-11). What a link is
to its issue, and where the line is, says `parse.discussion`.
"""

from __future__ import annotations

from collections.abc import Callable

from crosspost.errors import BackfillError
from crosspost.parse import discussion
from crosspost.parse.discussion import NOT_FILLED, LinkLine, LinkStatus

HiringLookup = Callable[[], str | None]
"""Gives the newest hiring thread's address; None: nobody knows."""


class OtherDiscussion(BackfillError):  # noqa: N818 - named for what is there
    """The issue links to another discussion than the one that was to be put in.

    `url` is the one in the issue; `right`: its slug names the issue, too.
    """

    def __init__(self, url: str, ours: str, number: int, *, right: bool) -> None:
        self.url = url
        self.right = right
        super().__init__(
            f"issue {number} links to {url}, not to {ours}; "
            f"compare the two, then: crosspost backfill {number} --url {ours} --replace"
        )


def fill(text: str, url: str, *, number: int, page_url: str, replace: bool = False) -> str:
    """Return the issue with its discussion link filled in. Doing it twice changes nothing.

    A stale link, the issue's own page, a placeholder and nothing at all are replaced; another link that may
    be right only with `replace`. Raises BackfillError: no such line, `url` does not name the issue, or
    OtherDiscussion.
    """
    kept = discussion.accepted_url(url, number, page_url)
    if kept is None:
        raise BackfillError(f"{url or 'an empty link'} does not name issue {number}, so it is not filled in")
    line = discussion.find_discussion_line(text)
    if line is None:
        raise BackfillError(f"issue {number} has no discussion line to fill in")
    there = discussion.link_status(line.url, number, page_url)
    same = discussion.thread_id(line.url) == discussion.thread_id(kept)
    if line.url == kept or (there is LinkStatus.RIGHT and same and not replace):
        return text
    if there not in NOT_FILLED and not replace:
        raise OtherDiscussion(line.url, kept, number, right=there is LinkStatus.RIGHT)
    filled = _with_address(text, line, kept, discussion.find_discussion_line)
    if filled is None:
        raise BackfillError(
            f"the discussion line of issue {number} (line {line.line}) does not show {kept} after the edit; "
            "write the line by hand as [Discuss on r/rust](ADDRESS)"
        )
    return filled


def fill_bytes(
    data: bytes,
    url: str,
    *,
    number: int,
    page_url: str,
    replace: bool = False,
    hiring: HiringLookup | None = None,
) -> bytes:
    """Fill in both links of a file. Newlines, a byte order mark, a missing last newline stay as they are.

    The hiring thread's address takes the place of the placeholder; anything else there stays. `hiring` is only asked
    when there is a placeholder.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BackfillError(
            f"issue {number} is not UTF-8 at byte {error.start}; save it as UTF-8, then the link can be filled in"
        ) from error
    text = fill(text, url, number=number, page_url=page_url, replace=replace)
    line = discussion.find_hiring_line(text) if hiring else None
    if hiring and line and discussion.is_placeholder(line.url) and (newest := hiring()):
        text = _with_address(text, line, newest, discussion.find_hiring_line) or text
    return text.encode("utf-8")


def _with_address(
    text: str, line: LinkLine, url: str, locate: Callable[[str], LinkLine | None]
) -> str | None:
    """Return the text with the address in that line; None when the line does not show it then."""
    filled = discussion.fill(text, line, url)
    there = locate(filled)
    return filled if there is not None and there.url == url else None
