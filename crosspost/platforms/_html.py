"""Read the links and the text of HTML, in which some platforms return posts."""

from __future__ import annotations

from html.parser import HTMLParser

from crosspost.parse.html import limit_html


class _Html(HTMLParser):
    """A parser that collects the links with their texts, and the whole text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._inside = False
        self.feed(limit_html(markup))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "br"):
            self.text.append("\n")
        if tag == "a":
            self._inside = True
            self.links.append((dict(attrs).get("href") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "a"

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._inside:
            address, text = self.links[-1]
            self.links[-1] = (address, text + data)


def read_html(markup: str) -> tuple[tuple[str, ...], str]:
    """Return the link targets and the plain text of a piece of HTML; of a very long one, of its beginning."""
    html = _Html(markup)
    return tuple(address for address, _ in html.links if address), "".join(html.text).strip()


def links_in(markup: str) -> list[tuple[str, str]]:
    """Return the address and the text of each link; of a very long piece of HTML, of its beginning."""
    return _Html(markup).links
