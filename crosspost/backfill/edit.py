"""The edit of an issue's text: the discussion link and the hiring link are filled in. Pure.

Only the address between the parentheses is replaced, as editors do: 235 of 237 fills in the newsletter's git history
are this edit, the other two damaged the line (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable

from crosspost.errors import BackfillError
from crosspost.parse import discussion
from crosspost.parse.discussion import NOT_FILLED, LinkLine, LinkStatus

HiringLookup = Callable[[], str | None]
"""Returns the newest hiring thread's address, or None."""


class OtherDiscussionError(BackfillError):
    """The issue links to another discussion. `url`: that one; `right`: its slug has the issue's number, too."""

    def __init__(self, url: str, ours: str, number: int, *, right: bool) -> None:
        self.url = url
        self.right = right
        super().__init__(
            f"issue {number} links to {url}, not to {ours}; "
            f"compare the two, then: crosspost backfill {number} --url {ours} --replace"
        )


def fill(text: str, url: str, *, number: int, page_url: str, replace: bool = False) -> str:
    """Return the issue with its discussion link filled in. A second time nothing changes.

    A stale link, the issue's own page, a placeholder and an empty link are replaced; a link that may be right only with
    `replace`, else OtherDiscussionError is raised. Raise BackfillError when there is no such line, or `url` does not
    name the issue.
    """
    address = discussion.accepted_url(url, number, page_url)
    if address is None:
        raise BackfillError(f"{url or 'an empty link'} does not name issue {number}, so it is not filled in")
    line = discussion.find_discussion_line(text)
    if line is None:
        raise BackfillError(f"issue {number} has no discussion line to fill in")
    status = discussion.link_status(line.url, number, page_url)
    same_thread = discussion.thread_id(line.url) == discussion.thread_id(address)
    if line.url == address or (status is LinkStatus.RIGHT and same_thread and not replace):
        return text
    if status not in NOT_FILLED and not replace:
        raise OtherDiscussionError(line.url, address, number, right=status is LinkStatus.RIGHT)
    filled = _with_address(text, line, address, discussion.find_discussion_line)
    if filled is None:
        raise BackfillError(
            f"the discussion line of issue {number} (line {line.line}) does not show {address} after the edit; "
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
    """Return a file with both links filled in. Line ends, a byte order mark, a missing last newline stay as they are.

    The hiring thread's address replaces only a placeholder, and `hiring` is called only when there is one. Raise
    BackfillError as `fill` does, and for a file that is not UTF-8.
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
    """Return the text with the address in that line; None when `locate` does not find it there afterwards."""
    filled = discussion.fill(text, line, url)
    found = locate(filled)
    return filled if found is not None and found.url == url else None
