"""Check whether the issue's page is live.

It is when it answers 200 at its own address and its text names the issue by title and number: some sites answer 200 to
every address, or redirect unknown ones to their front page.
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
    """Return why the page is not live, after one request; empty: it is. Never raises. `name`: as for `names_issue`."""
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

    The title is enough where the number is a day, and where the title has words beside the newsletter's `name`: the
    number may be in the file's header only. An address in the text does not count: an error page repeats the address
    of the request.
    """
    text, title_words = words(html_text(page)), words(title)
    title_is_enough = is_day(number) or bool(name and set(title_words) - set(words(name)))
    has_title = bool(title_words) and f" {' '.join(title_words)} " in f" {' '.join(text)} "
    return has_title and (title_is_enough or str(number) in text)


def html_text(html: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", " ", html))


def words(text: str) -> Sequence[str]:
    """Return the words of a text in lower case, without punctuation ("665:", "Rust's")."""
    return [word for part in text.casefold().split() if (word := re.sub(r"\W+", "", part))]
