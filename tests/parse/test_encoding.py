from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.errors import IssueError
from crosspost.parse import decode, parse_bytes

TEXT = "Title: This Week in Rust 9\nDate: 2013-08-03\n\n“Nürnberg” – Łódź – 東京 – 🦀❤️…\n"
HEADER = "Title: This Week in Rust 9\nDate: 2013-08-03\n\n"


def read_as(encoding: str, text: str = TEXT) -> bytes:
    """The text's UTF-8, once taken for `encoding` and saved as UTF-8."""
    return "".join(_character(byte, encoding) for byte in text.encode()).encode()


def _character(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)  # what browsers do with the five bytes that Windows-1252 lacks


@pytest.mark.parametrize("text", [TEXT, "\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), "", "plain"])
def test_clean_text_comes_out_byte_for_byte(text: str) -> None:
    decoded = decode(text.encode())
    assert decoded.text.encode() == text.encode()
    assert decoded.damage is None


@pytest.mark.parametrize(
    ("encoding", "name"), [("mac_roman", "Mac Roman"), ("cp1252", "Windows-1252"), ("latin-1", "Latin-1")]
)
def test_utf8_that_was_read_as_something_else_is_repaired_and_said_so(encoding: str, name: str) -> None:
    decoded = decode(read_as(encoding))
    assert decoded.text == TEXT
    assert decoded.damage == f"UTF-8 read as {name}"


def test_an_emoji_survives_an_editor_that_lost_apples_logo() -> None:
    lost = read_as("mac_roman", "🦀 in Nürnberg").decode().replace("\uf8ff", "")
    assert decode(lost.encode()).text == "🦀 in Nürnberg"


def test_a_byte_order_mark_does_not_hinder_the_repair() -> None:
    decoded = decode(b"\xef\xbb\xbf" + read_as("mac_roman"))
    assert decoded.text == "\ufeff" + TEXT


def test_text_about_mojibake_is_left_alone_when_the_rest_is_sound() -> None:
    text = "“NÃ¼rnberg” is what a wrong guess makes of Nürnberg"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    "text", ["naïve café, à la Übermut – 25 € „so“ … ½ ©", "Émile et Zoë", "Smørrebrød · æ"]
)
def test_a_file_saved_in_windows_1252_is_read_as_such(text: str) -> None:
    decoded = decode(text.encode("cp1252"))
    assert decoded.text == text
    assert decoded.damage == "Windows-1252 instead of UTF-8"


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"abc\xff", 3),
        ("Nürnberg ".encode() + b"\xe9t\xe9", 10),  # sound UTF-8 elsewhere: damage
        ("🦀".encode()[:3], 0),  # cut off
        (b"ab\x81", 2),
        ("text".encode("utf-16"), 0),
        (b"\x89PNG\r\n\x1a\n\x00", 0),
        (b"\xc3(", 0),
    ],
)
def test_other_bytes_are_an_error_with_the_offset(data: bytes, offset: int) -> None:
    with pytest.raises(IssueError, match=rf"^byte {offset} \("):
        decode(data)


def test_a_repair_is_a_finding_of_the_issue() -> None:
    clean, repaired = parse_bytes(TEXT.encode()), parse_bytes(read_as("mac_roman"))
    assert clean.findings == ()
    assert [(finding.kind.value, finding.line) for finding in repaired.findings] == [
        ("repaired-encoding", None)
    ]
    assert "Mac Roman" in repaired.findings[0].message


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_our_own_error(data: bytes) -> None:
    says = ""
    try:
        decode(data)
    except IssueError as error:
        says = str(error)
    assert says == "" or says.startswith("byte ")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=200))
def test_any_sound_text_with_a_dash_and_an_umlaut_survives(text: str) -> None:
    """Both marks are in nearly every issue, and no wrong reading of UTF-8 leaves them whole."""
    marked = text + "– ü"
    assert decode(marked.encode()).text == marked
