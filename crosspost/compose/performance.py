"""The compiler performance triage of the week in one true sentence.

Where the report has a table, the sentence is made from its numbers: the mean over the primary benchmarks
whose instruction counts changed significantly, and how many changes were for the better or the worse.
Without one it is the triager's own first sentence, marked as a quotation. Without either there is nothing
to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from crosspost.compose.text import clean, web_address
from crosspost.model import Performance
from crosspost.plural import counted, noun

_SENTENCE_END = regex.compile(
    r"""(?<! \b(?:e\.g|i\.e|vs|etc|approx|incl|resp|cf|no|ca|St|Dr|Mr|Ms)\.) # not after an abbreviation
        (?<! (?:^|[\s(])\d{1,2}\.)                                          # nor after "1." of a list
        (?<= [.!?]["”’)]?)
        \s+ (?=[\p{Lu}\d"“‘(#*])""",
    regex.VERBOSE | regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PerformanceNews:
    """What is worth saying of the triage report."""

    sentence: str
    """For every place: the numbers, or the triager's first sentence."""
    quoted: bool
    """The sentence is the triager's, and has to stand in quotation marks."""
    change: float | None
    """Mean change of instruction counts over the primary benchmarks, in per cent; None without a table."""
    change_sentence: str
    """The change alone, in words; empty without a table."""
    counts: str
    """"4 improvements, 1 regression, 7 mixed"; empty when the report has none."""
    triagers: tuple[str, ...]
    report_url: str | None


def performance_news(report: Performance | None) -> PerformanceNews | None:
    """The news in a report; None when there is no report, or nothing in it that can be said in a sentence."""
    if report is None:
        return None
    change = report.means.all_primary if report.means else None
    counts = _counts(report)
    quotation = "" if change is not None else first_sentence(report.headline or "")
    sentence = quotation or "; ".join(part for part in (_change(change), counts) if part)
    if not sentence:
        return None
    return PerformanceNews(
        sentence=sentence,
        quoted=bool(quotation),
        change=change,
        change_sentence=_change(change),
        counts=counts,
        triagers=tuple(name for name in map(clean, report.triagers) if name),
        report_url=web_address(report.report_url or ""),
    )


def first_sentence(prose: str) -> str:
    """The first sentence, with a full stop. A lead-in to a list ("… in the past week:") ends at its colon."""
    text = clean(prose)
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0] if text else ""
    if sentence.endswith((":", ";", ",")):
        sentence = sentence[:-1].rstrip()
    if not any(character.isalpha() for character in sentence):
        return ""
    ended = sentence.rstrip('"”’)').endswith((".", "!", "?", "…"))
    return sentence if ended else f"{sentence}."


def _change(mean: float | None) -> str:
    if mean is None:
        return ""
    if round(mean, 1) == 0:
        return "primary benchmarks that changed took as many instructions as before, on average"
    direction = "fewer" if mean < 0 else "more"
    return f"primary benchmarks that changed took {abs(mean):.1f}% {direction} instructions on average"


def _counts(report: Performance) -> str:
    numbers = (
        (report.improvements, "improvement", "improvements"),
        (report.regressions, "regression", "regressions"),
        (report.mixed, "mixed", "mixed"),
    )
    if all(number is None for number, _, _ in numbers):
        return ""
    told = [counted(number, one, many) for number, one, many in numbers if number]
    if report.mixed and len(told) == 1:
        return f"{told[0]} {noun(report.mixed, 'result')}"  # "7 mixed" alone: seven what?
    return ", ".join(told) or "no improvements, no regressions"
