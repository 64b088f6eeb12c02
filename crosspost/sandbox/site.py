"""The newsletter's own site: pages that are there once they have been published, and 404 before."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
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
        return [_Anywhere("GET", "/", "read", self._page), _Anywhere("HEAD", "/", "read", self._page)]

    def publish(self, path: str, html: str, status: int) -> None:
        """Put a page there. A name such as `rss.xml` decides its content type."""
        mime_type = mimetypes.guess_type(path.rstrip("/"))[0] or "text/html"
        self._pages[_key(path)] = Answer(status, html, mime_type=f"{mime_type}; charset=utf-8")

    def failure(self, status: int) -> Answer:
        return Answer(status, f"<!doctype html><title>{status}</title><h1>{status}</h1>")

    def clear(self) -> None:
        super().clear()
        self._pages.clear()

    def _page(self, call: Call) -> Answer:
        page = self._pages.get(_key(call.path))
        return page if page is not None else self.failure(404)


class _Anywhere(Route):
    """A route for every path."""

    def match(self, method: str, path: str) -> Mapping[str, str] | None:  # noqa: ARG002 - every path is meant
        return {} if method == self.method else None


def _key(path: str) -> str:
    return "/" + path.strip("/")
