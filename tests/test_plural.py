"""One is one, and everything else is many."""

from __future__ import annotations

import pytest

from crosspost.plural import noun, quantity


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 links"), (1, "1 link"), (2, "2 links"), (1234, "1,234 links"), (0.5, "0.5 links")],
)
def test_a_number_has_the_form_of_the_noun_that_goes_with_it(number: float, said: str) -> None:
    assert quantity(number, "link") == said


def test_a_noun_that_takes_more_than_an_s_says_so() -> None:
    assert (noun(1, "entry", "entries"), quantity(2, "entry", "entries")) == ("entry", "2 entries")
