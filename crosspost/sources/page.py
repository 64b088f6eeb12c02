"""The issue's page: is it live, and is it this issue's?

A page counts when it answers 200 at its own address and its text names the issue by title and number. A
site that answers 200 to everything, or leads unknown addresses to its front page, does not count.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from crosspost.errors import SourceError
from crosspost.sources import _http


@dataclass(frozen=True, slots=True)
class PageState:
    """What a look at the page showed."""

    live: bool
    reason: str
    """ "page answers 404", "page does not name issue 666"; empty when it is live."""


def look(url: str, number: int, timeout: timedelta = _http.PATIENCE) -> PageState:
    """Ask for the page once. Never raises: a page that cannot be asked for is not live."""
    try:
        answer = _http.get(url, patience=timeout)
    except SourceError as error:
        return PageState(False, f"page cannot be read: {error}")
    if answer.status != 200:
        return PageState(False, f"page answers {answer.status}")
    if _place(answer.url) != _place(url):
        return PageState(False, f"page leads to {_place(answer.url)}")
    if not names(answer.body.decode("utf-8", "replace"), url, number):
        return PageState(False, f"page does not name issue {number}")
    return PageState(True, "")


def names(page: str, url: str, number: int) -> bool:
    """Whether a page's text has the issue's title: the words of its address, then its number, as words.

    An address in the text does not count: an error page repeats the address that it was asked for.
    """
    slug = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    words = [re.escape(word) for word in slug.removesuffix(f"-{number}").split("-") if word]
    title = r"\s+".join([*words, str(number)])
    text = html.unescape(re.sub(r"<[^<>]*>", " ", page))
    return re.search(rf"(?<!\w){title}(?!\w)", text, re.IGNORECASE) is not None


def _place(url: str) -> str:
    return urlsplit(url).path.rstrip("/") or "/"
