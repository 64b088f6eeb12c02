"""How long it takes to say something of an issue on every platform, relative to parsing the same issue.

On the newsletter's archive where it is at hand, else on the samples of the tests. The bound is 0.5.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.parse import issue_files


@dataclass(frozen=True)
class Size:
    rounds: int
    issues: int | None = None
    """At most so many."""
    addresses: tuple[int, ...] = (4_000, 8_000)
    """Characters of the texts that are all addresses."""


FULL = Size(3)
QUICK = Size(1, issues=1, addresses=(400,))


def run(size: Size) -> None:
    from crosspost.compose import Target, compose
    from crosspost.compose.digest import digest
    from crosspost.parse import parse
    from crosspost.platforms import form_of, names
    from crosspost.platforms.x.counting import weighted_length

    texts = [path.read_text("utf-8") for path in issue_files()[: size.issues]]
    issues = [parse(text) for text in texts]
    forms = {name: form_of(name) for name in names()}

    def say(issue: Any) -> None:
        news = digest(issue)
        for name, form in forms.items():
            compose(news, Target(name, form))

    say(issues[0])  # compiles the templates, once for the life of the process
    reading, saying = _seconds(parse, texts, size.rounds), _seconds(say, issues, size.rounds)
    count = len(texts)
    print(f"{count} issues on {len(forms)} platforms")
    print(f"  parse               {reading / count * 1000:6.1f} ms an issue")
    print(f"  digest and compose  {saying / count * 1000:6.1f} ms an issue   {saying / reading:.2f} of parse")
    for length in size.addresses:
        took = _seconds(weighted_length, ["a." * (length // 2)], size.rounds)
        print(f"  X's weight of {length} characters of a.a.a.: {took * 1000:.1f} ms")


def _seconds(step: Callable[[Any], object], values: Sequence[Any], rounds: int) -> float:
    """The best of a few rounds over all values."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        for value in values:
            step(value)
        taken.append(time.perf_counter() - started)
    return min(taken)
