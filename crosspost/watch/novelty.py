"""Which number is a new issue, which is an old one, and which one a person has to look at. Pure.

"A number greater than any seen" was right for every issue of the newsletter since 424 (its git
history, 2026-11): files are renamed, mended and touched in bulk; numbers are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Flawed, is_day
from crosspost.parse.header import Header, Unnumbered, inspect_header

HEADER_LIMIT = 64_000
"""Bytes: what a header may have at most, and the first heading."""


@dataclass(frozen=True, slots=True)
class New:
    """Not seen before, and the next in line."""


@dataclass(frozen=True, slots=True)
class Old:
    """Below the last number: an old file that came, or came back."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may be an issue, but only a person can say."""

    reason: str


def judge(number: int, last: int | None, largest_step: int) -> New | Old | Doubtful:
    """Judge a number that was never seen. `last` is the highest one that counts; None: there is none."""
    if last is not None and number <= last:
        return Old()
    if last is not None and is_day(number) and not is_day(last):
        return Doubtful(
            f"an issue has no number, and the last one had ({last}); "
            f"if it is one, announce it with: crosspost post {number}; if not, [source] files can leave it out"
        )
    if last is not None and number - last > largest_step and not is_day(number):
        return Doubtful(
            f"number {number} is {number - last} above the last one ({last}); "
            f"if it is right, announce it with: crosspost post {number}"
        )
    return New()


def header_of(data: bytes, *, newsletter: NewsletterConfig, path: str) -> Header | None:
    """Return what the first lines of a file say of the issue; None when they are not understood."""
    found = first_lines(data, newsletter=newsletter, path=path)
    return found if isinstance(found, Header) else None


def number_of(data: bytes, *, newsletter: NewsletterConfig, path: str) -> int | None:
    """Return the number alone, also where something else in the first lines is not understood."""
    found = first_lines(data, newsletter=newsletter, path=path)
    return None if found is None or isinstance(found, Unnumbered) else found.number


def first_lines(
    data: bytes, *, newsletter: NewsletterConfig, path: str
) -> Header | Flawed | Unnumbered | None:
    """Return the header, or what is wrong where the file looks like an issue; None when it is not one."""
    return inspect_header(data[:HEADER_LIMIT].decode("utf-8", "replace"), newsletter, path)
