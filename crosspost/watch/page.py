"""The issue's page: is it live, and is it this issue's?

A page counts when it answers 200 at its own address and its text names the issue by title and number. A
site that answers 200 to everything, or leads unknown addresses to its front page, does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape

from crosspost.errors import SourceError
from crosspost.model import is_day
from crosspost.network import path_of
from crosspost.parse.html import decode_html
from crosspost.watch._download import TIMEOUT, Downloader


def page_problem(
    downloader: Downloader, url: str, number: int, title: str, name: str = "", *, timeout: timedelta = TIMEOUT
) -> str:
    """Ask for the page once (`name` as in `names_issue`); return why it is not live, empty when it is. Never raises."""
    try:
        answer = downloader.get(url, timeout=timeout)
    except SourceError as error:
        return f"page cannot be read: {error}"
    if answer.status != 200:
        return f"page answers {answer.status}"
    if (path := path_of(answer.url).rstrip("/")) != path_of(url).rstrip("/"):
        return f"page redirects to {path or '/'}"
    if not names_issue(decode_html(answer.body, answer.headers.get("content-type", "")), number, title, name):
        missing = "the issue" if is_day(number) else f"issue {number}"
        return f"page does not name {missing}"
    return ""


def names_issue(page: str, number: int, title: str, name: str = "") -> bool:
    """Return whether a page's text has the words of the title one after the other, and the number as a word.

    The title alone is asked for where it has words beside the newsletter's `name`, for the number may be in the file's
    header only, and where the day is the number.
    An address in the text does not count: an error page repeats the address that it was asked for.
    """
    text, wanted = words(html_text(page)), words(title)
    tells = is_day(number) or bool(name and set(wanted) - set(words(name)))
    return (
        bool(wanted) and f" {' '.join(wanted)} " in f" {' '.join(text)} " and (tells or str(number) in text)
    )


def html_text(html: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", " ", html))


def words(text: str) -> Sequence[str]:
    """Return its words in small letters, without punctuation ("665:", "Rust's")."""
    return [word for part in text.casefold().split() if (word := re.sub(r"\W+", "", part))]
