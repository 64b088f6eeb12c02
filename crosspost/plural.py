"""Numbers with their nouns: "1 link", "2 links"."""

from __future__ import annotations


def noun(number: float, one: str, many: str | None = None) -> str:
    """Return the form of the noun that goes with the number: "link", "links". `many` where "s" is not enough."""
    return one if number == 1 else many or f"{one}s"


def quantity(number: float, one: str, many: str | None = None) -> str:
    """Return the number and its noun: "1 link", "1,234 links"; a fraction as it is: "0.5 seconds"."""
    return f"{number:,} {noun(number, one, many)}"
