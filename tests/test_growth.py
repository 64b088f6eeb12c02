"""tests/growth.py tells a linear function from a quadratic one."""

from __future__ import annotations

from tests.growth import in_proportion


def linear(text: str) -> int:
    return sum(letter == "a" for letter in text)


def quadratic(text: str) -> int:
    return sum(1 for _ in range(len(text) ** 2 // 4))


def test_work_in_proportion_to_the_text_is_told_from_work_in_proportion_to_its_square() -> None:
    assert in_proportion(linear, "a", 5_000)
    assert not in_proportion(quadratic, "a", 200)
