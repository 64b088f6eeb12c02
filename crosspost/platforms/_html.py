"""The addresses and the text in a piece of HTML, as Mastodon hands posts back. Imported when one is read."""

from __future__ import annotations

from html.parser import HTMLParser

from crosspost.parse.hypertext import bounded


class _Html(HTMLParser):
    """Collects the targets of links and the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "br"):
            self.text.append("\n")
        self.addresses += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_html(markup: str) -> tuple[tuple[str, ...], str]:
    """Return the link targets and the plain text of a piece of HTML; of a very long one, of its beginning."""
    html = _Html()
    html.feed(bounded(markup))
    html.close()
    return tuple(html.addresses), "".join(html.text).strip()
