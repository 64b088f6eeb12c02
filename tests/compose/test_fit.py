"""Counting as each platform counts, and making a post fit."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost.compose.counting import Limit, code_points, grapheme_count, utf8_bytes
from crosspost.compose.fit import (
    MUST,
    Line,
    Untrusted,
    dropped_names,
    fit,
    fit_with_links,
    join_lines,
    shorten,
)
from crosspost.platforms.mastodon.form import MastodonLength
from tests.growth import in_proportion

FAMILY = "👨‍👩‍👧‍👦"


def line(name: str, text: str, priority: int | None = None, paragraph: int = 0) -> Line:
    return Line(name, (Untrusted(text, str),), priority, paragraph)


def limit(most: int) -> tuple[Limit, ...]:
    return (Limit(most, grapheme_count),)


# ── counting ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "count"),
    [("abc", 3), (FAMILY, 1), ("क्ष", 1), ("e\u0301", 1), ("🇨🇭🇦🇹", 2), ("a\r\nb", 3), ("", 0)],
)
def test_a_grapheme_is_what_a_reader_takes_for_one_character(text: str, count: int) -> None:
    assert grapheme_count(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("see https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/ now", 4 + 23 + 4),
        ("https://crates.io,https://docs.rs", 47),
        ("crates.io", 9),
        ("http://localhost/", 17),
        ("hi @alice@example.com!", 10),
        ("@a.b-c@example.com.", 7),
        ("@a.@example.com", 15),
        ("x@alice@example.com", 19),
        (f"🦀{FAMILY}", 2),
    ],
)
def test_mastodon_counts_an_address_as_23_and_a_far_mention_without_its_host(text: str, count: int) -> None:
    assert MastodonLength()(text) == count


@pytest.mark.parametrize("pattern", ["a", "a.", "@a", "a@", "@a.b@", "https://a.b/@", "🦀"])
def test_counting_takes_a_time_that_grows_with_the_text(pattern: str) -> None:
    assert in_proportion(MastodonLength(), pattern, 2_000, head="@")


def test_mastodon_counts_an_address_as_the_instance_says() -> None:
    assert MastodonLength(per_url=40)("see https://example.org/") == 44


def test_a_server_that_is_not_mastodon_counts_addresses_and_mentions_in_full() -> None:
    address = f"https://example.org/{'x' * 80}"
    gotosocial = MastodonLength.from_limits({"max_characters": 5000, "addresses_in_full": 1})
    unknown = MastodonLength.from_limits({"characters_reserved_per_url": 30, "addresses_in_full": 1})

    assert gotosocial(f"see {address}") == 104
    assert unknown(f"see {address}") == 104, "the longer of the two"
    assert (gotosocial("https://a.org"), unknown("https://a.org")) == (13, 30)
    assert gotosocial("hi @alice@example.com 👩‍🔬") == len("hi @alice@example.com 👩‍🔬")
    assert MastodonLength.from_limits({"max_characters": 5000}) == MastodonLength()


def test_bytes_are_bytes() -> None:
    assert utf8_bytes("é🦀") == 6
    assert code_points("é🦀") == 2


# ── dropping ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_fits_stays_as_it_is() -> None:
    lines = (line("a", "one"), line("b", "two", 5, paragraph=1))

    fitted = fit(lines, limit(8))

    assert join_lines(fitted) == "one\n\ntwo"
    assert dropped_names(lines, fitted) == ()


def test_the_least_important_line_goes_first() -> None:
    lines = (line("head", "head"), line("low", "lower", 1), line("high", "upper", 9))

    fitted = fit(lines, limit(10))

    assert join_lines(fitted) == "head\nupper"
    assert dropped_names(lines, fitted) == ("low",)


def test_a_short_line_takes_the_room_that_a_long_one_could_not_use() -> None:
    lines = (line("head", "head"), line("long", "x" * 20, 9), line("short", "ok", 1))

    assert join_lines(fit(lines, limit(10))) == "head\nok"


def test_titles_are_shortened_only_when_nothing_is_left_to_drop() -> None:
    lines = (line("head", "a title of many words"), line("extra", "extra", 1))

    fitted = fit(lines, limit(12))

    assert join_lines(fitted) == "a title…"
    assert dropped_names(lines, fitted) == ("extra",)


def test_what_a_template_wrote_itself_is_never_cut() -> None:
    address = "https://example.org/" + "x" * 40

    fitted = fit((Line("head", (Untrusted("a long title", str), " ", address)),), limit(20))

    assert join_lines(fitted).endswith(f" {address}")


def test_paragraphs_are_set_apart_and_an_empty_one_leaves_nothing() -> None:
    lines = (line("a", "a"), line("b", "b" * 50, 1, paragraph=1), line("c", "c", 2, paragraph=2))

    assert join_lines(fit(lines, limit(10))) == "a\n\nc"


def test_every_limit_holds() -> None:
    lines = (line("a", "a"), line("b", "é" * 10, 1))

    assert join_lines(fit(lines, (Limit(100, grapheme_count), Limit(15, utf8_bytes)))) == "a"


# ── shortening ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("short", 5, "short"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one, two", 5, "one…"),
        ("a – b c", 5, "a…"),
        ("Donaudampfschifffahrt", 8, "Donauda…"),
        (f"{FAMILY * 5}", 3, f"{FAMILY * 2}…"),
        ("日本語の題名です", 5, "日本語の…"),
        ("anything", 1, "…"),
        ("A whole sentence. And another one", 22, "A whole sentence…"),
        ("What an engine is and why you should care", 22, "What an engine…"),
        ("Notes on the state of it", 17, "Notes on…"),
        ("Porting it to the web and to the desk", 26, "Porting it to the web…"),
        ("A rewrite of a regex engine | Jane's own weblog", 36, "A rewrite of a regex engine…"),
    ],
)
def test_a_title_ends_at_a_word_and_never_inside_a_grapheme(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)


@given(TEXTS, st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_a_shortened_text_is_a_beginning_in_whole_graphemes(text: str, width: int) -> None:
    short = shorten(text, width)

    assert len(regex.findall(r"\X", short)) <= max(width, 1)
    if short != text:
        assert short.endswith("…")
        pieces = regex.findall(r"\X", text)
        assert any("".join(pieces[:count]).startswith(short[:-1]) for count in range(len(pieces) + 1))
        cut = regex.findall(r"\X", short[:-1])
        assert pieces[: len(cut)] == cut


@given(
    st.lists(st.tuples(TEXTS, st.none() | st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=8),
    st.integers(10, 120),
)
@settings(max_examples=200, deadline=None)
def test_lines_keep_their_order_and_the_whole_fits(
    drawn: list[tuple[str, int | None, int]], most: int
) -> None:
    lines = [line(str(index), text, priority, group) for index, (text, priority, group) in enumerate(drawn)]

    fitted = fit(lines, limit(most))

    kept = [kept.name for kept in fitted]
    assert kept == sorted(kept, key=int)
    assert sorted([*kept, *dropped_names(lines, fitted)], key=int) == [
        str(index) for index in range(len(lines))
    ]
    assert all(kept.priority is not None for kept in lines if kept.name in dropped_names(lines, fitted))
    if len([entry for entry in drawn if entry[1] is None]) <= 2:
        assert grapheme_count(join_lines(fitted)) <= most


# ── what every post has, short forms, and enough links ───────────────────────────────────────────────


def test_a_line_is_short_until_there_is_room_for_the_whole() -> None:
    calls = Line("calls", ("6 calls, from Diesel",), MUST, short=("6 calls",), full=5)
    other = line("other", "another line", 9)

    assert join_lines(fit([calls, other], limit(40))) == "6 calls, from Diesel\nanother line"
    assert join_lines(fit([calls, other], limit(30))) == "6 calls\nanother line"
    assert join_lines(fit([calls, other], limit(15))) == "6 calls"


def test_titles_are_cut_before_a_line_goes_that_every_post_has() -> None:
    lines = [line("lead", "a title of five words"), line("performance", "2% faster", MUST)]

    assert join_lines(fit(lines, limit(22))) == "a title…\n2% faster"
    assert dropped_names(lines, fit(lines, limit(22))) == ()


def test_where_there_is_no_room_even_for_these_the_lines_go_that_may() -> None:
    lines = [Line("address", ("https://example.org/",)), Line("performance", ("2% faster",), MUST)]

    fitted = fit(lines, limit(20))
    assert (join_lines(fitted), dropped_names(lines, fitted)) == ("https://example.org/", ("performance",))


def test_long_links_give_way_to_shorter_ones_before_any_is_cut_to_pieces() -> None:
    lines = [line("lead", "lead")]
    lines += [line(f"top link {n}", f"{n} " + "word " * 12, 90 - n) for n in range(3)]
    lines += [line(f"top link {n}", f"{n} short", 50 - n) for n in range(3, 6)]

    fitted = fit_with_links(lines, limit(60), 2)
    assert [each.text for each in fitted] == ["lead", "3 short", "4 short", "5 short"]
    assert dropped_names(lines, fitted) == ("top link 0", "top link 1", "top link 2")


def test_links_are_cut_where_there_are_no_shorter_ones() -> None:
    lines = [line("lead", "lead"), *(line(f"top link {n}", f"{n} " + "word " * 12, 90 - n) for n in range(2))]

    fitted = fit_with_links(lines, limit(95), 2)
    assert len(fitted) == 3
    assert all(each.text.endswith("word…") for each in fitted[1:])
