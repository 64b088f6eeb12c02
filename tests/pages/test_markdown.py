"""The document for a comment: what it says, that it fits, and that nothing of a stranger's has an effect in it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from crosspost.cli import execute
from crosspost.model import (
    Backfill,
    BackfillState,
    Delivery,
    DeliveryState,
    Finding,
    FindingKind,
    Post,
    TextBy,
)
from crosspost.pages.markdown import MAX_LENGTH, IssueReport, address, code, document, fenced, prose

FORM = "https://www.reddit.com/r/rust/submit?title=x"
LINES = "https://forge.example/o/r/blob/0123456789abcdef/draft/1.md?plain=1#L"
NOW = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)

EFFECT = re.compile(
    r"""@\w | \#\d | !\d | \w@\w | GH-\d | [0-9a-f]{7,} | https?:/ | www\. | ftp:/ | :\w+: | \[ | \] | < | > | & | \$
      | \| | (?-i:[A-Z]{2,}-\w) | _\w""",
    re.VERBOSE | re.IGNORECASE,
)
"""What GitHub, Forgejo or Gitea make something of, in text that is not code."""

PIECES = (
    "@rustbot", "@rust-lang/core", "#123", "rust-lang/rust#1", "GH-12", "!7", "0123abcd",
    "0123456789abcdef" * 2, "https://github.com/rust-lang/rust/issues/1", "www.example.org", "www.", "www",
    "a@example.org", ":tada:", "&#64;rustbot", "&commat;x", "`", "``", "```", "````", "~~~", "<!--", "-->",
    "</details>", "</code>", "<img src=x onerror=y>", "<a href=//e>", "<script>", "[x](https://evil.example)",
    "![x](https://evil.example)", "[^1]", "[ ]", "\\", "\\`", "*", "**", "_", "$`x`$", "|", "\n", "\r", "\n\n",
    "\n# ", "\n> ", "\n- ", "\n1. ", "\n    ", "\n---\n", "\u2028", "\u202e", "\u200b", "\x00",
    "GHSA-cfgh-jmpq-rvwx", "JIRA-1", "words", "don’t", "12", "1.", "20:05", "“quoted”", "(so)", "= ", "é", "日本",
    "crates.io",
)  # fmt: skip

hostile = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=12).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda between: between.join(parts))
)


def post(account: str = "masto", *, is_link: bool = False, **more: object) -> Post:
    plain = Post(
        account, "mastodon", 665, "https://example.org/665", "An issue", "The text", length=9, limit=500
    )
    return dataclasses.replace(plain, is_link=is_link, **more)  # type: ignore[arg-type]


def row(state: DeliveryState, url: str | None = None, reason: str = "") -> Delivery:
    return Delivery(
        id=1, newsletter="N", number=665, account="masto", platform="mastodon", state=state, key="k", post=post(),
        attempts=1, looks=0, adopted=False, url=url, remote_id=None, not_before=None, claimed_at=None, claim=None,
        uncertain_since=None, reason=reason, planned_at=NOW, settled_at=None,
    )  # fmt: skip


def report(*posts: Post, **more: object) -> IssueReport:
    plain = IssueReport(665, "draft/1.md", LINES, tuple((each, None) for each in posts))
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


def hostile_report(title: str, text: str, said: str, *, is_link: bool) -> IssueReport:
    """A report with these wherever a stranger's words can stand."""
    hostile_post = post(title, is_link=is_link, title=title, text=text, alt=said, dropped=(title, said))
    return report(
        blocking=(Finding(FindingKind.NO_CRATE, None, said),),
        other_reasons=(title,),
        findings=(Finding(FindingKind.SLIP, 12, title),),
        notes=(said, text),
        discussion_line=(40, text),
        state=said,
        posts=((hostile_post, FORM),),
    )


def tokens(text: str) -> Iterator[Token]:
    """Every token of the document, those within a line too."""
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or ()


def effects(text: str) -> list[str]:
    """What of the document has an effect that is not one of its own."""
    found, inside = [], False
    for token in tokens(text):
        inside = token.type == "link_open" or (inside and token.type != "link_close")
        if token.type == "link_open":
            href = str(token.attrGet("href"))
            if not href.startswith((FORM, LINES, "https://example.org/665")):
                found.append(href)
        elif token.type == "html_block":
            if not re.fullmatch(
                r"</details>\n?|<details><summary><code>[^<]*</code>[^<]*</summary>\n?", token.content
            ):
                found.append(token.content)
        elif token.type == "text":
            found += EFFECT.findall(token.content)
        elif token.type not in OWN:
            found.append(token.type)
    return found


OWN = {
    *("paragraph_open", "paragraph_close", "inline", "fence", "code_inline", "link_close", "softbreak"),
    *("heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open"),
    *("list_item_close", "strong_open", "strong_close"),
}


# ── nothing has an effect ────────────────────────────────────────────────────────────────────────────


@given(hostile)
def test_a_sentence_is_words_and_code(text: str) -> None:
    assert effects(f"- {prose(text)} (line 1)") == []


@given(hostile)
def test_a_code_span_is_one_and_shows_the_text(text: str) -> None:
    spans = [token for token in tokens(f"x {code(text)} x") if token.type != "inline"]
    shown = [token.content for token in spans if token.type == "code_inline"]

    assert len(shown) <= 1
    assert {token.type for token in spans} <= {"paragraph_open", "paragraph_close", "text", "code_inline"}
    if text.strip() and text.isascii() and text.isprintable():
        assert shown == [" ".join(text.split())]


@given(hostile)
def test_a_block_is_one_and_shows_the_text(text: str) -> None:
    blocks = list(tokens(f"before\n\n{fenced(text)}\n\nafter"))

    (fence,) = (block for block in blocks if block.type == "fence")
    assert [block.content for block in blocks if block.type == "inline"] == ["before", "after"]
    if not set(text) & set("\r\x00"):  # CommonMark itself changes these
        assert fence.content == f"{text}\n"


@given(hostile, hostile, hostile, st.booleans())
def test_nothing_of_a_title_has_an_effect_in_the_document(
    title: str, text: str, said: str, is_link: bool
) -> None:
    shown = hostile_report(title, text, said, is_link=is_link)

    assert effects(document(shown)) == []
    assert effects(document(dataclasses.replace(shown, rows=(row(DeliveryState.STUCK, reason=said),)))) == []


@given(hostile)
def test_an_address_is_a_link_only_where_it_is_plain(text: str) -> None:
    assert effects(f"- {address(text)}") == []
    assert effects(f"- {address(f'https://example.org/665{text}')}") == []


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://mastodon.social/@ThisWeekInRust/11223344", True),
        ("https://www.reddit.com/r/rust/comments/1vabc/this_week_in_rust_665/", True),
        ("https://bsky.app/profile/did:plc:abc/post/3kabc", True),
        ("https://github.com/rust-lang/rust/issues/1", False),
        ("https://codeberg.org/forgejo/forgejo/pulls/1", False),
        ("javascript:alert(1)", False),
    ],
)
def test_which_addresses_are_links(url: str, is_link: bool) -> None:
    assert address(url) == (f"[`{url}`](<{url}>)" if is_link else f"`{url}`")


def test_plain_sentences_stay_readable() -> None:
    for sentence in (
        "no crate of the week",
        "quiet until 20:05 UTC",
        "held by an editor until 2026-08-20 20:05 UTC",
        "the title says 664, the header 665",
        "“Don’t panic” – a pre-release (sort of)…",
    ):
        assert prose(sentence) == sentence
    assert prose("the link is still INSERT_LINK_HERE") == "the link is still `INSERT_LINK_HERE`"
    assert prose("thanks to @foo and #12 there") == "thanks to `@foo` and `#12` there"


def test_a_title_in_a_file_pings_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the front door: a draft whose titles, quote, crate and comments are all hostile."""
    evil = "@rustbot closes #1 <img src=x> </details> `a` ```b``` owner/repo#2 www.evil.example"
    draft = tmp_path / "2026-08-19-this-week-in-rust.md"
    draft.write_text(
        f"""Title: This Week in Rust 665
Number: 665
Date: 2026-08-19

## Updates from Rust Community

### Official
* [{evil}](https://example.org/665)
* [{evil}]()

## Crate of the Week

This week's crate is [{evil}](https://example.org/665), {evil}.

# Quote of the Week

> {evil}

– [{evil}](https://example.org/665)

<!-- crosspost: {evil} -->
<!-- crosspost: skip {evil} -->
<!-- crosspost: lead https://github.com/rust-lang/rust/issues/1 -->

<small>[Discuss on r/rust]({evil})</small>
"""
    )

    assert execute(["preview", "--markdown", str(draft)]) == 0
    text = capsys.readouterr().out

    assert "@rustbot" in text
    assert [each for each in effects(text) if "reddit.com" not in each] == []


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────


def test_each_post_has_its_counted_length_and_what_was_dropped() -> None:
    text = document(report(post(length=433, dropped=("quote of the week", "RFCs"))))

    assert (
        "<details><summary><code>masto (mastodon)</code> · 433 of 500</summary>\n\n```text\nThe text\n```"
        in text
    )
    assert (
        "Left out to fit: quote of the week, `RFCs`." in text
        or "Left out to fit: quote of the week, RFCs." in text
    )


def test_a_text_by_a_person_is_said_to_be_one() -> None:
    assert "<code>masto (mastodon) · text by a comment</code>" in document(
        report(post(text_by=TextBy.COMMENT))
    )


def test_a_post_made_by_hand_can_be_copied_part_by_part_and_has_its_form() -> None:
    text = document(report(posts=((post("r", is_link=True), FORM),)))

    for part in ("An issue", "https://example.org/665", "The text"):
        assert f"```text\n{part}\n```" in text
    assert f"[Post it by hand](<{FORM}>): the form comes with title and address." in text


def test_a_reason_leads_to_its_line_where_that_is_known() -> None:
    waits = (Finding(FindingKind.HIRING_PLACEHOLDER, 12, "the hiring link is missing"),)

    assert f"- the hiring link is missing ([line 12](<{LINES}12>))" in document(report(blocking=waits))
    assert "- the hiring link is missing (line 12)\n" in document(report(blocking=waits, line_url=None))


@pytest.mark.parametrize(
    ("state", "url", "reason", "said"),
    [
        (
            DeliveryState.SENT,
            "https://m.example/@a/1",
            "",
            "sent** [`https://m.example/@a/1`](<https://m.example/@a/1>)",
        ),
        (DeliveryState.STUCK, None, "m.example says 401", "stuck** – `m.example` says 401"),
        (DeliveryState.DUE, None, "", "due**"),
    ],
)
def test_once_it_is_planned_each_accounts_state_is_said(
    state: DeliveryState, url: str | None, reason: str, said: str
) -> None:
    text = document(report(post(), rows=(row(state, url, reason),)))

    assert text.startswith("### Issue 665: where it is announced\n\n")
    assert f"- `masto`: **{said}\n" in text


@pytest.mark.parametrize(
    ("state", "url", "reason", "said"),
    [
        (BackfillState.STUCK, None, "git says @no", "**stuck** – git says `@no`"),
        (
            BackfillState.DUE,
            "https://r.example/1",
            "another push came first",
            "**due** – another push came first",
        ),
        (
            BackfillState.PROPOSED,
            "https://f.example/pull/7",
            "",
            "**proposed** in a [pull request](<https://f.example/pull/7>)",
        ),
    ],
)
def test_how_far_the_link_is_on_its_way_is_said(
    state: BackfillState, url: str | None, reason: str, said: str
) -> None:
    link = Backfill("N", 665, state, url=url, reason=reason)
    shown = report(post(), rows=(row(DeliveryState.SENT),), backfill=link, discussion_line=(7, "the line"))

    assert f"- discussion link: {said}\n" in document(shown)
    assert "the line" not in document(shown)
    assert "discussion link:" not in document(dataclasses.replace(shown, discussion="https://r.example/1"))


# ── it fits ──────────────────────────────────────────────────────────────────────────────────────────


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("letter", ["x", "`", "🦀", "x\n"])
def test_a_long_text_is_cut_and_says_so(letter: str) -> None:
    text = document(report(post(text=letter * 40_000), post("second", text=letter * 40_000)))

    assert units(text) <= MAX_LENGTH
    assert text.count("<details>") == text.count("\n</details>") == 2
    assert "Cut here to fit into a comment; the whole: `crosspost preview draft/1.md --to second`." in text
    assert effects(text) == []


def test_a_line_of_the_file_that_is_too_long_is_not_shown() -> None:
    text = document(report(post(), discussion_line=(7, "`" * 100_000)))

    assert units(text) <= MAX_LENGTH
    assert f"put its address into [line 7](<{LINES}7>)" in text


def test_what_has_no_room_at_all_is_counted() -> None:
    text = document(
        report(*(post(f"account{number}", title="t" * 3_000, is_link=True) for number in range(50)))
    )

    assert units(text) <= MAX_LENGTH
    assert re.search(r"\n\d+ more posts: no room here; see `crosspost preview draft/1.md`\.\n", text)


def test_a_list_without_end_is_cut_and_says_so() -> None:
    findings = tuple(Finding(FindingKind.SLIP, number, "a slip `@x` " * 40) for number in range(500))
    text = document(report(post(), findings=findings, blocking=findings, notes=("a note",) * 5_000))

    assert units(text) <= MAX_LENGTH
    assert len(re.findall(r"(?m)^- and \d+ more$", text)) == 3
    assert "The text" in text
