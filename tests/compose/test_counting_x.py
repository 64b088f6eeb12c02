"""X's weights, against twitter-text's own conformance suite and against cases of ours."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost.compose.counting.addresses import addresses, bare_domains
from crosspost.platforms.x.counting import weighted_length
from tests.growth import in_proportion

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("a", 1),
        ("é", 1),
        ("e\u0301", 1),  # NFC makes one of the two
        ("日本", 4),
        ("“…”", 4),
        ("🦀", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇨🇭", 2),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2),
        ("#️⃣", 2),
        (ISSUE, 23),
        (f"A {ISSUE} b", 27),
        ("http://t.co/abc", 23),
        ("crates.io", 23),
        ("main.rs and foo.py", 23 + 5 + 23),
        ("v0.14.0", 7),
        ("std::mem", 8),
        ("e.g. this", 9),
        ("me@example.com", 14),
        ("https://crates.io,https://docs.rs", 47),
    ],
)
def test_a_text_weighs_what_x_says(text: str, weight: int) -> None:
    assert weighted_length(text) == weight


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see docs.rs.", ["docs.rs"]),
        ("docs.rs/serde/latest too", ["docs.rs/serde/latest"]),
        ("日本crates.io", ["crates.io"]),
        ("a_b.com", []),
        ("http://a_b.com", []),
        ("-crates.io", []),
        ("/crates.io", []),
        ("@crates.io", []),
        ("x.crates.io2", []),
        ("example.com.foo.org", ["example.com.foo.org"]),
        ("(https://en.wikipedia.org/wiki/Rust_(programming_language))",
         ["https://en.wikipedia.org/wiki/Rust_(programming_language)"]),
        ("https://t.co/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst", []),
        ("HTTPS://EXAMPLE.COM", ["HTTPS://EXAMPLE.COM"]),
        ("пример.рф", []),
        ("https://пример.рф/путь", ["https://пример.рф/путь"]),
        ("xn--p1ai", []),
        (f"{'a' * 64}.com", []),
        ("example.com?x=1", ["example.com"]),
        ("example.com/?x=1", ["example.com/?x=1"]),
        ("old.bl and old.um", ["old.bl", "old.um"]),  # withdrawn, and X links them all the same
    ],
)  # fmt: skip
def test_an_address_is_found_where_x_finds_one(text: str, found: list[str]) -> None:
    assert [address.text for address in addresses(text)] == found


def test_an_address_stands_where_it_is_said_to_stand() -> None:
    text = f"日本 🦀 {ISSUE} (crates.io)"

    assert [text[address.start : address.end] for address in addresses(text)] == [ISSUE, "crates.io"]
    assert [address.text for address in bare_domains(text)] == ["crates.io"]


@given(st.text(st.sampled_from("ab.-_/:@#é日 1") | st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_weight_and_its_addresses_do_not_overlap(text: str) -> None:
    found = addresses(text)

    assert all(0 <= address.start < address.end <= len(text) for address in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert 0 <= weighted_length(text) <= 23 * len(text)


@pytest.mark.parametrize("pattern", ["a.", "a.a.com", "a.com..", "http://a.com/(", "の.com", "a_", "a-b."])
def test_time_grows_with_the_text_and_not_with_its_square(pattern: str) -> None:
    assert in_proportion(weighted_length, pattern, 2_000)


# ── twitter-text's own suite ─────────────────────────────────────────────────────────────────────────


@pytest.mark.shared
@pytest.mark.parametrize(
    "group", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_the_conformance_suite_is_met(shared: Path, group: str) -> None:
    suite = _suite(shared)
    for case in suite["tests"][group]:
        expected = case["expected"]
        assert weighted_length(case["text"]) == expected["weightedLength"], case["description"]


@pytest.mark.shared
def test_the_conformance_suite_without_emoji_is_met_but_for_what_counts_emoji_otherwise(shared: Path) -> None:
    cases = _suite(shared)["tests"]["WeightedTweetsCounterTest"]
    unmet = [case for case in cases if weighted_length(case["text"]) != case["expected"]["weightedLength"]]

    # That group is for configuration v2, which counts every code point of an emoji by itself.
    assert len(cases) - len(unmet) >= 18
    assert all(any(ord(character) > 0x1F000 for character in case["text"]) for case in unmet)


@pytest.mark.shared
def test_the_weights_are_those_of_the_official_configuration(shared: Path) -> None:
    config = json.loads((shared / "conformance/twitter-text/config-v3.json").read_text(encoding="utf-8"))
    points = [
        end + step
        for entry in config["ranges"]
        for end in (entry["start"], entry["end"])
        for step in (-1, 0, 1)
    ]

    for point in points:
        if point >= 0 and chr(point).isprintable() and not chr(point).isspace():
            inside = any(entry["start"] <= point <= entry["end"] for entry in config["ranges"])
            expected = config["ranges"][0]["weight"] if inside else config["defaultWeight"]
            # An ASCII neighbour keeps a combining character from being composed with nothing.
            assert weighted_length(f"x{chr(point)}") == 1 + expected // config["scale"], hex(point)


def _suite(shared: Path) -> dict[str, Any]:
    text = (shared / "conformance/twitter-text/validate.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
