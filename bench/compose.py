"""How long it takes to say something of an issue on every platform, relative to parsing the same issue.

On the newsletter's archive where it is at hand, else on the samples of the tests. The bound is 0.5.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.parse import issue_files

ROUNDS = 3


def run() -> None:
    from crosspost.compose import Voice, compose
    from crosspost.digest import digest
    from crosspost.fit import weighted_length
    from crosspost.issue import parse
    from crosspost.platforms import load, names

    texts = [path.read_text("utf-8") for path in issue_files()]
    issues = [parse(text) for text in texts]
    forms = {name: load(name).FORM for name in names()}

    def say(issue: Any) -> None:
        news = digest(issue)
        for name, form in forms.items():
            compose(news, form, Voice(name))

    say(issues[0])  # compiles the templates, once for the life of the process
    reading, saying = _seconds(parse, texts), _seconds(say, issues)
    count = len(texts)
    print(f"{count} issues on {len(forms)} platforms")
    print(f"  parse               {reading / count * 1000:6.1f} ms an issue")
    print(f"  digest and compose  {saying / count * 1000:6.1f} ms an issue   {saying / reading:.2f} of parse")
    for length in (4_000, 8_000):
        took = _seconds(weighted_length, ["a." * (length // 2)])
        print(f"  X's weight of {length} characters of a.a.a.: {took * 1000:.1f} ms")


def _seconds(step: Callable[[Any], object], values: Sequence[Any]) -> float:
    """The best of a few rounds over all values."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for value in values:
            step(value)
        rounds.append(time.perf_counter() - started)
    return min(rounds)
