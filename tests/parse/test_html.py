"""Other people's HTML: its charset, and that no reader of it takes more than its share of time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosspost.parse.html import decode_html
from crosspost.platforms._html import read_html
from crosspost.watch.html import to_markdown
from tests.growth import in_proportion

TEXT = "Nürnberg – ein Café"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode("cp1252"), "text/html; charset=windows-1252"),
        (TEXT.encode("cp1252"), 'text/html; Charset = "ISO-8859-1"'),
        (TEXT.encode("cp1252"), "text/html; charset=us-ascii"),
        (b'<meta charset="windows-1252">' + TEXT.encode("cp1252"), "text/html"),
        (b'<meta http-equiv=x content="text/html; charset=cp1252">' + TEXT.encode("cp1252"), ""),
        (b"<meta charset=utf-16>" + TEXT.encode(), ""),
        (b"<meta charset=windows-1252>" + TEXT.encode(), "text/html; charset=utf-8"),
        (TEXT.encode(), ""),
        (TEXT.encode(), "text/html; charset=punycode"),
        (TEXT.encode(), "text/html; charset=no-such-thing"),
        (TEXT.encode(), "text/html; charset=undefined"),
        (TEXT.encode("cp1252"), ""),
        (TEXT.encode("utf-8-sig"), "text/html; charset=windows-1252"),
        (TEXT.encode("utf-16"), "text/html"),
        ("Привет, мир".encode("koi8-r"), "text/html; charset=KOI8-R"),
    ],
)
def test_a_page_is_read_in_the_charset_that_it_has(body: bytes, content_type: str) -> None:
    text = decode_html(body, content_type)

    assert text.endswith((TEXT, "Привет, мир"))
    assert "\ufffd" not in text


def test_bytes_that_are_not_in_the_charset_that_a_page_names_show() -> None:
    assert decode_html(TEXT.encode("cp1252"), "text/html; charset=utf-8").count("\ufffd") == 3


HOSTILE = (
    "<https://",
    "<!--",
    "<!",
    "<![CDATA[",
    "<a ",
    '<a href="',
    "<a b=",
    "<a b='x' ",
    "</",
    "<a/",
    "<x\n",
    '<span a="',
    "<?",
    "&#",
    "<script></x",
    "<textarea>",
    "<b>x",
    "<ul><li>",
    "<a href=x>",
    "<hr></b>",
    "<ol><li>x</li>",
    "<table><tr><td colspan=1000>x</td></tr>",
)


@pytest.mark.parametrize("reader", [to_markdown, read_html])
@pytest.mark.parametrize("piece", HOSTILE)
def test_html_takes_time_in_proportion_to_its_length(reader: Callable[[str], object], piece: str) -> None:
    assert in_proportion(reader, piece, 5_000)


@pytest.mark.parametrize("reader", [to_markdown, read_html])
def test_html_without_end_is_read_at_its_beginning(reader: Callable[[str], object]) -> None:
    assert len(str(reader("<p>" + "word " * 1_000_000))) < 1_000_000


@pytest.mark.parametrize("reader", [to_markdown, read_html])
@pytest.mark.parametrize("number", ["9" * 5000, "x" + "f" * 5000, "xD800"])
def test_a_number_that_no_character_has_is_shown_as_such(
    reader: Callable[[str], object], number: str
) -> None:
    assert "\ufffd" in str(reader(f"<p>a &#{number}; b</p>"))
