"""Reddit's Atom for the tests: a feed of threads, written as Reddit writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

HOME = "https://www.reddit.com"


@dataclass(frozen=True)
class Thread:
    id: str
    title: str
    at: datetime
    link: str = ""
    """Empty: a text post."""
    by: str = "somebody"
    """Empty: deleted."""
    subreddit: str = "rust"
    text: str = ""
    """HTML, as Reddit makes it of the author's Markdown."""
    url: str = ""

    @property
    def address(self) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in self.title.lower()).split()
        return self.url or f"{HOME}/r/{self.subreddit}/comments/{self.id}/{'_'.join(words)[:50]}/"


def feed(threads: Sequence[Thread]) -> bytes:
    entries = "".join(map(_entry, threads))
    return f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def _entry(thread: Thread) -> str:
    name, at = thread.by or "[deleted]", thread.at.isoformat()
    author = f"<author><name>/u/{name}</name><uri>{HOME}/user/{name}</uri></author>" if thread.by else ""
    text = f'<!-- SC_OFF --><div class="md">{thread.text}</div><!-- SC_ON -->' if thread.text else ""
    content = (
        f'{text} &#32; submitted by &#32; <a href="{HOME}/user/{name}"> /u/{name} </a> &#32; to &#32; '
        f'<a href="{HOME}/r/{thread.subreddit}/"> r/{thread.subreddit} </a> <br/> '
        f'<span><a href="{escape(thread.link or thread.address)}">[link]</a></span> &#32; '
        f'<span><a href="{thread.address}">[comments]</a></span>'
    )
    return (
        f'<entry>{author}<category term="{thread.subreddit}" label="r/{thread.subreddit}"/>'
        f'<content type="html">{escape(content)}</content><id>t3_{thread.id}</id><link href="{thread.address}"/>'
        f"<updated>{at}</updated><published>{at}</published><title>{escape(thread.title)}</title></entry>"
    )
