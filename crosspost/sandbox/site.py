"""The newsletter's own site: pages that are there once they have been published, and 404 before."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from typing import ClassVar

from crosspost.sandbox.base import StandIn
from crosspost.sandbox.exchange import Answer, Call, Route
from crosspost.sandbox.memory import Memory


class Site(StandIn):
    """Whatever was put there, by path; a final slash makes no difference."""

    name: ClassVar[str] = "site"

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._pages: dict[str, Answer] = {}

    def routes(self) -> Sequence[Route]:
        return [Route(method, "/{path:.*}", "read", self._page) for method in ("GET", "HEAD")]

    def publish(self, path: str, html: str, status: int) -> None:
        """Put a page there. A name such as `rss.xml` decides its content type."""
        mime_type = mimetypes.guess_type(path.rstrip("/"))[0] or "text/html"
        self._pages[path.strip("/")] = Answer(status, html, mime_type=f"{mime_type}; charset=utf-8")

    def failure(self, status: int) -> Answer:
        return Answer(status, f"<!doctype html><title>{status}</title><h1>{status}</h1>")

    def clear(self) -> None:
        self._pages.clear()

    def _page(self, call: Call) -> Answer:
        return self._pages.get(call.path.strip("/")) or self.failure(404)
