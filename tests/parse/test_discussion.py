from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.parse.discussion import (
    LinkStatus,
    fill,
    find_discussion_line,
    find_hiring_line,
    link_status,
    thread_id,
)

RIGHT = "https://www.reddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_664/"
OWN = "https://this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/"

FORMS = [
    ("<small>Discuss this issue on [r/rust]()</small>", ""),
    ("<small>[Discuss on r/rust]().</small>", ""),
    ("<small>[Discuss on r/rust](https://a.example/b).</small>", "https://a.example/b"),
    ("<small>[Discuss on r/rust]()</small>", ""),
    ("<small>[Discuss on r/rust](https://a.example/b)small>", "https://a.example/b"),
    ("<small>[Discuss on r/rust]()small>", ""),
    ("<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>", "REDDIT_LINK_HERE"),
    ("<small>[Discuss on r/rust](https://a.example/(b))</small>", "https://a.example/(b)"),
    ('<small>[Discuss on r/rust](https://a.example/b "title")</small>', "https://a.example/b"),
    ("<small>[Discuss on r/rust]( https://a.example/b )</small>", "https://a.example/b"),
    ("  *[Discuss on r/rust](https://a.example/b)*", "https://a.example/b"),
]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n  \n"])
@pytest.mark.parametrize(("form", "url"), FORMS)
def test_every_form_of_the_line_is_found_to_the_character(form: str, url: str, end: str) -> None:
    text = f"# Quote of the Week\r\n\nüber 🦀\n\n{form}{end}"
    found = find_discussion_line(text)
    assert found is not None
    assert (found.url, text[found.start : found.end], found.line) == (url, url, 5)
    assert fill(text, found, RIGHT) == text[: found.start] + RIGHT + text[found.end :]


def test_an_address_in_angle_brackets_is_replaced_with_them() -> None:
    text = "<small>[Discuss on r/rust](<https://a.example/b>)</small>"
    found = find_discussion_line(text)
    assert found is not None
    assert found.url == "https://a.example/b"
    assert fill(text, found, RIGHT) == f"<small>[Discuss on r/rust]({RIGHT})</small>"


@pytest.mark.parametrize(
    ("form", "filled"),
    [
        ("<small>[Discuss on r/rust]</small>", f"<small>[Discuss on r/rust]({RIGHT})</small>"),
        (
            "<small>[Discuss on r/rust](https://old.example</small>",
            f"<small>[Discuss on r/rust]({RIGHT})</small>",
        ),
        ("[Discuss on r/rust]", f"[Discuss on r/rust]({RIGHT})"),
    ],
)
def test_filling_a_line_without_its_parentheses_makes_a_link_of_it(form: str, filled: str) -> None:
    found = find_discussion_line(form)
    assert found is not None
    assert fill(form, found, RIGHT) == filled
    again = find_discussion_line(filled)
    assert again is not None
    assert again.url == RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "* [Title](https://a.example) <small>[[discuss](https://www.reddit.com/r/rust/comments/x/y/)]</small>",
        f"* [Discuss on r/rust]({RIGHT})",
        f"> [Discuss on r/rust]({RIGHT})",
        f"<!--\n[Discuss on r/rust]({RIGHT})\n-->",
        f"```\n[Discuss on r/rust]({RIGHT})\n```",
        f"    [Discuss on r/rust]({RIGHT})",
        f"– [Somebody on r/rust]({RIGHT})",
        f"You can [discuss on r/rust]({RIGHT}).",
        "",
    ],
)
def test_what_only_looks_like_it_is_not_it(text: str) -> None:
    assert find_discussion_line(text) is None


def test_the_last_line_of_several_is_the_issues_own() -> None:
    found = find_discussion_line(
        f"[Discuss on r/rust](https://old.example/)\n\n<small>[Discuss on r/rust]({RIGHT})</small>\n"
    )
    assert found is not None
    assert (found.line, found.url) == (3, RIGHT)


@pytest.mark.parametrize("opened", ["<!-- never closed", "```text", "~~~", "`````\n```"])
def test_what_is_opened_and_never_closed_hides_nothing(opened: str) -> None:
    assert find_discussion_line(f"{opened}\n\n[Discuss on r/rust]({RIGHT})\n") is not None


def test_the_hiring_link_is_the_one_among_the_jobs() -> None:
    text = (
        "### Miscellaneous\n* [Who's Hiring, a study](https://a.example)\n\n## Jobs\n<!--\n[hiring](no)\n-->\n"
        "Please see the latest [Who's Hiring thread on r/rust](INSERT_LINK_HERE)\n\n# Quote of the Week\n"
        "> see [hiring](https://b.example)\n"
    )
    found = find_hiring_line(text)
    assert found is not None
    assert (found.line, found.url) == (8, "INSERT_LINK_HERE")
    assert find_hiring_line("## Jobs\n\n* [Engineer](https://a.example)\n") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (RIGHT, LinkStatus.RIGHT),
        (RIGHT.rstrip("/"), LinkStatus.RIGHT),
        (RIGHT + "?utm_source=x", LinkStatus.RIGHT),
        (RIGHT + "#c", LinkStatus.RIGHT),
        (RIGHT.replace("www.", "old."), LinkStatus.RIGHT),
        (RIGHT.replace("www.", ""), LinkStatus.RIGHT),
        (RIGHT.upper().replace("HTTPS", "https"), LinkStatus.RIGHT),
        (RIGHT.replace("664/", "664_this_week_in_rust/"), LinkStatus.RIGHT),
        (RIGHT.replace("664/", "0x298/"), LinkStatus.RIGHT),
        ("", LinkStatus.EMPTY),
        ("  ", LinkStatus.EMPTY),
        ("REDDIT_LINK_HERE", LinkStatus.PLACEHOLDER),
        ("https://www.reddit.com/r/rust/comments/REDDIT_LINK_HERE/", LinkStatus.PLACEHOLDER),
        ("TODO", LinkStatus.PLACEHOLDER),
        ("#", LinkStatus.PLACEHOLDER),
        ("https://", LinkStatus.PLACEHOLDER),
        (OWN, LinkStatus.OWN_PAGE),
        (OWN.replace("https", "http").replace("//", "//www.").rstrip("/"), LinkStatus.OWN_PAGE),
        (OWN.replace("/12/", "/13/"), LinkStatus.OWN_PAGE),
        ("this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/", LinkStatus.OWN_PAGE),
        (RIGHT.replace("664", "663"), LinkStatus.OTHER_ISSUE),
        (RIGHT.replace("664", "6640"), LinkStatus.OTHER_ISSUE),
        (RIGHT.replace("664", "66"), LinkStatus.OTHER_ISSUE),
        ("https://redd.it/1vn1ttk", LinkStatus.UNKNOWN),
        ("https://www.reddit.com/r/rust/comments/1vn1ttk/", LinkStatus.UNKNOWN),
        ("https://www.reddit.com/r/rust/comments/1vn1ttk/got_a_question/", LinkStatus.UNKNOWN),
        ("https://notreddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_664/", LinkStatus.UNKNOWN),
        ("www.reddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_664/", LinkStatus.UNKNOWN),
        ("https://[", LinkStatus.UNKNOWN),
    ],
)
def test_a_link_is_known_by_its_slug(url: str, expected: LinkStatus) -> None:
    assert link_status(url, 664, OWN) is expected


def test_issue_256_was_called_0x100() -> None:
    url = "https://www.reddit.com/r/rust/comments/9p9p9p/this_week_in_rust_0x100/"
    own = "https://this-week-in-rust.org/blog/2018/10/16/this-week-in-rust-256/"
    assert link_status(url, 256, own) is LinkStatus.RIGHT
    assert link_status(url, 257, own) is LinkStatus.OTHER_ISSUE


def test_another_newsletter_is_known_by_its_own_name() -> None:
    own = "https://gleamweekly.example/2026/gleam-weekly-12"
    assert (
        link_status("https://www.reddit.com/r/gleam/comments/a1/gleam_weekly_12/", 12, own)
        is LinkStatus.RIGHT
    )
    assert (
        link_status("https://www.reddit.com/r/gleam/comments/a1/gleam_weekly_11/", 12, own)
        is LinkStatus.OTHER_ISSUE
    )


def test_a_thread_is_known_by_its_id() -> None:
    assert thread_id(RIGHT) == thread_id("https://redd.it/1vn1ttk") == "1vn1ttk"
    assert thread_id(OWN) is None


@given(st.text(max_size=120), st.integers(0, 2000))
def test_any_address_has_a_standing(url: str, number: int) -> None:
    assert link_status(url, number, OWN) in LinkStatus


@given(st.text(st.sampled_from("[]()<>!-`~ \nDiscuss on r/rust.*_#x"), max_size=200))
def test_whatever_is_found_lies_inside_its_line(text: str) -> None:
    found = find_discussion_line(text)
    if found is not None:
        assert found.line <= text.count("\n") + 1
        assert "\n" not in text[found.start : found.end]
        assert found.url.strip("<>") == text[found.start : found.end].strip("<>")
