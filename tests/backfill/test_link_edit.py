"""One address changed, every other byte kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost.backfill.edit import OtherDiscussionError, fill, fill_bytes
from crosspost.errors import BackfillError
from crosspost.parse import TWIR
from crosspost.parse.header import read_header
from tests.newsroom import SITE, issue_text, reddit

PAGE = f"{SITE}/blog/2026/08/19/this-week-in-rust-665/"
STALE = reddit(664, "1vold")


def filled(text: str, url: str = reddit(), *, replace: bool = False) -> str:
    return fill(text, url, number=665, page_url=PAGE, replace=replace)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>", "<small>[Discuss on r/rust]({})</small>"),
        ("<small>[Discuss on r/rust]().</small>", "<small>[Discuss on r/rust]({}).</small>"),
        ("<small>[Discuss on r/rust]()</small>", "<small>[Discuss on r/rust]({})</small>"),
        ("<small>[Discuss on r/rust]()small>", "<small>[Discuss on r/rust]({})small>"),
        (f"<small>[Discuss on r/rust]({STALE})small>", "<small>[Discuss on r/rust]({})small>"),
        (f"<small>[Discuss on r/rust]({STALE})</small>", "<small>[Discuss on r/rust]({})</small>"),
        (f"<small>[Discuss on r/rust]({PAGE})</small>", "<small>[Discuss on r/rust]({})</small>"),
        ("<small>[Discuss on r/rust]</small>", "<small>[Discuss on r/rust]({})</small>"),
        (
            "<small>Discuss this issue on [r/rust]()</small>",
            "<small>Discuss this issue on [r/rust]({})</small>",
        ),
    ],
)
def test_every_form_of_the_line_is_filled_and_filling_twice_changes_nothing(before: str, after: str) -> None:
    line = "<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>"
    text = issue_text().replace(line, before)
    assert before in text

    once = filled(text)

    assert once == issue_text().replace(line, after.format(reddit()))
    assert filled(once) == once


def test_the_right_link_is_left_as_it_is_however_it_is_spelt() -> None:
    text = issue_text(link=reddit().rstrip("/"))

    assert filled(text) == text


def test_another_link_that_names_the_issue_stays_unless_it_is_replaced() -> None:
    theirs = reddit(665, "1vzzz")
    text = issue_text(link=theirs)

    with pytest.raises(OtherDiscussionError, match="--replace") as caught:
        filled(text)
    assert caught.value.url == theirs
    assert caught.value.right
    assert filled(text, replace=True) == issue_text(link=reddit())


def test_a_link_that_nobody_can_judge_stays_unless_it_is_replaced() -> None:
    text = issue_text(link="https://redd.it/1vabc")

    with pytest.raises(OtherDiscussionError) as caught:
        filled(text)
    assert not caught.value.right
    assert filled(text, replace=True) == issue_text(link=reddit())


@pytest.mark.parametrize(
    "url",
    [
        STALE,
        PAGE,
        "",
        "https://redd.it/1vabc",
        "REDDIT_LINK_HERE",
        "javascript:alert(1)",
        "https://www.reddit.com/r/rust/comments/1vabc/",
        "https://www.reddit.com/comments/1vabc/this_week_in_rust_665/",
        "https://reddit.com.example/r/rust/comments/1vabc/this_week_in_rust_665/",
    ],
)
@pytest.mark.parametrize("replace", [False, True])
def test_a_link_that_does_not_name_the_issue_is_never_put_in(url: str, replace: bool) -> None:
    with pytest.raises(BackfillError, match="does not name issue 665"):
        filled(issue_text(), url, replace=replace)


def test_an_issue_without_the_line_is_refused() -> None:
    with pytest.raises(BackfillError, match="no discussion line"):
        filled(issue_text().partition("<small>")[0])


@pytest.mark.parametrize(
    "address",
    [
        "http://old.reddit.com/r/rust/comments/1vabc/this_week_in_rust_665/",
        "https://np.reddit.com/r/rust/comments/1VABC/this_week_in_rust_665",
        "https://www.reddit.com/r/rust/comments/1vabc/this_week_in_rust_665/?utm_source=share#top",
        "https://reddit.com/r/rust/comments/1vabc/this_week_in_rust_665/lc0mm3nt/",
        f" {reddit()} ",
    ],
)
def test_what_is_put_in_has_one_form_however_the_address_was_given(address: str) -> None:
    assert filled(issue_text(), address) == issue_text(link=reddit())


@pytest.mark.parametrize(
    "line",
    [
        "[Discuss on r/rust](</small>]```",
        "[Discuss on r/rust](<small>>     [",
        "[Discuss on r/rust] (<small>.)",
    ],
)
def test_an_edit_that_would_not_say_the_link_is_refused(line: str) -> None:
    text = issue_text().replace("<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>", line)

    with pytest.raises(BackfillError, match=r"does not show https://www\.reddit\.com/.* after the edit"):
        filled(text)


def test_newlines_a_byte_order_mark_and_a_missing_last_newline_stay() -> None:
    before = b"\xef\xbb\xbf" + issue_text().replace("\n", "\r\n").rstrip().encode()

    after = fill_bytes(before, reddit(), number=665, page_url=PAGE)

    assert after == before.replace(b"REDDIT_LINK_HERE", reddit().encode())


def test_bytes_that_are_no_utf8_are_refused_with_their_place() -> None:
    broken = issue_text().encode().replace(b"curly", b"caf\xe9")

    with pytest.raises(BackfillError, match=f"not UTF-8 at byte {broken.index(0xE9)}"):
        fill_bytes(broken, reddit(), number=665, page_url=PAGE)


def test_the_hiring_placeholder_is_filled_in_the_same_edit() -> None:
    thread = "https://www.reddit.com/r/rust/comments/1hire/official_rrust_whos_hiring_thread/"
    before = issue_text(hiring="INSERT_LINK_HERE").encode()

    after = fill_bytes(before, reddit(), number=665, page_url=PAGE, hiring=lambda: thread)

    assert after == issue_text(hiring=thread, link=reddit()).encode()


@pytest.mark.parametrize("odd", ["https://www.reddit.com/r/rust/a) b", "https://www.reddit.com/r/rust/a b"])
def test_a_hiring_thread_that_the_line_would_not_say_leaves_the_placeholder(odd: str) -> None:
    before = issue_text(hiring="INSERT_LINK_HERE").encode()

    after = fill_bytes(before, reddit(), number=665, page_url=PAGE, hiring=lambda: odd)

    assert after == issue_text(hiring="INSERT_LINK_HERE", link=reddit()).encode()


def test_nobody_is_asked_for_the_hiring_thread_when_one_is_there_and_nothing_is_guessed() -> None:
    def unasked() -> str:
        raise AssertionError

    filled_in = fill_bytes(issue_text().encode(), reddit(), number=665, page_url=PAGE, hiring=unasked)
    unknown = issue_text(hiring="INSERT_LINK_HERE")

    assert filled_in == issue_text(link=reddit()).encode()
    assert b"INSERT_LINK_HERE" in fill_bytes(
        unknown.encode(), reddit(), number=665, page_url=PAGE, hiring=lambda: None
    )


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_stands_around_it_stays(above: str, below: str) -> None:
    """Text that opens a comment or a code block may hide the line: then the file is refused, never damaged."""
    text = issue_text().replace("Hello", f"Hello\n\n{above}\n\n") + "\n" + below
    try:
        after = filled(text)
    except BackfillError:
        return
    assert after.count(reddit()) == 1
    assert len(after) - len(text) in (
        len(reddit()) - len(there) for there in ("REDDIT_LINK_HERE", "", *below.split())
    )


@pytest.mark.shared
def test_every_edit_that_editors_made_is_made_byte_for_byte(shared: Path) -> None:
    edits = json.loads((shared / "fills" / "fills.json").read_text())
    for edit in edits:
        number = edit["number"]
        before = (shared / "fills" / f"{number}.before.md").read_bytes()
        after = (shared / "fills" / f"{number}.after.md").read_bytes()
        page = read_header(before.decode(), TWIR, "").url
        other_thread = edit["link_before"] == "ok"

        assert fill_bytes(before, edit["url"], number=number, page_url=page, replace=other_thread) == after
        assert fill_bytes(after, edit["url"], number=number, page_url=page) == after
