"""The compiler performance triage of the week in one true statement, the same on every platform.

Where the report has a table, the statement is its number: the mean change of instruction counts over the
primary benchmarks that changed. Where the triager's prose says that the numbers mislead, or says the opposite
of the mean, no number is told and the prose is quoted. Without a table it is the triager's first sentence
that has content; without such a sentence the counts. The word lists were read from the reports of 2021–2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import regex

from crosspost.compose.fit import ELLIPSIS, without_hanging
from crosspost.compose.text import clean, web_address
from crosspost.model import Performance
from crosspost.plural import noun, quantity

_SENTENCE_END = regex.compile(
    r"""(?<! \b(?i:e\.g|i\.e|vs|etc|approx|incl|resp|cf|no|ca|st|dr|mr|ms)\.) # not after an abbreviation
        (?<! (?:^|[\s(])[1-9]\.)                                              # nor after "1." of a list
        (?<= [.!?]["”’)]?)
        \s+ (?=[\p{Lu}\d"“‘(#*])""",
    regex.VERBOSE,
)
_CLAUSE_END = re.compile(r"(?=[,;:](?:\s|$)|\s[(–—-]\s?)")
_LARGEST_MEAN = 25.0
"""Per cent. A larger mean is one benchmark's accident, and says nothing of the week."""
_SHORTEST = 12
"""Characters in which something can be said: "A quiet week"."""
SEE_REPORT = "see this week’s triage report"
"""Where nothing that is true can be said in the room there is."""


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_MISLEADS = _words(
    r"(?<!n[’']t )(?<!\bnot )\bspurious",
    r"\bskew(s|ed)?\b",
    r"(?<!\bnon-)\bnois(e|y)\b(?!-free|-related)",
    r"\bbimodal\w*",
    r"\bdominated by\b",
    r"\bnot\b.{0,30}\benabled by default\b",
    r"\b(difficult|hard|tricky)( \w+){0,3} to (interpret|tell|say|judge|read|make sense)\b",
    r"\bmislead\w*|\binflated\b|\bcomparisons\b.{0,60}\b(impossible|meaningless)\b",
    r"\blook(s|ed|ing)?\b.{0,100}\bbut\b",
    r"\b(even though|although|despite)\b.{0,60}\b(summary|stats|statistics|numbers?|figures?|aggregate\w*)\b",
    r"\bmore (positive|negative) than\b",
    r"n[’']t (really )?(representative|meaningful)|\bnot (really )?(representative|meaningful|real)\b",
    r"\b(artifact|artefact)s? of\b|\bgrain of salt\b|\boutliers?\b",
)
_FOR_THE_BETTER = _words(
    r"\bimprov\w*", r"\bwins?\b", r"\bgains?\b", r"\bfaster\b", r"\bspeed[ -]?ups?\b", r"\bsped up\b",
    r"\bpositive\b", r"\b(good|great|nice|awesome|amazing|excellent|impressive)\b",
)  # fmt: skip
_FOR_THE_WORSE = _words(
    r"\bregress\w*", r"\bslow(er|downs?|ed)\b", r"\bnegative\b",
    r"\bworse\b", r"\b(bad|terrible|rough)\b", r"\blosses\b", r"\bhits?\b",
)  # fmt: skip
_BETTER_OVERALL = _words(
    r"\bmore (improvements|wins|gains) than\b",
    r"\b(improvements?|wins|gains|the good) (\w+ ){0,3}outweigh",
    r"\b(overall|on average)\b[^.]{0,60}\b(positive|improv\w+|wins?|better|faster|gains?)\b",
    r"\b(slight(ly)?|net) (improvement|positive|win|gain)",
    r"\b(positive|good|great|awesome|amazing|excellent) week\b",
)
_WORSE_OVERALL = _words(
    r"\bmore (regressions|losses) than\b",
    r"\b(regressions?|losses|the bad) (\w+ ){0,3}outweigh",
    r"\b(overall|on average)\b[^.]{0,60}\b(negative|regress\w*|worse|slower|loss(es)?)\b",
    r"\b(slight(ly)?|net) (regression|negative|loss|increase|slowdown)",
    r"\b(negative|bad|terrible|rough) week\b",
)
_SAYS_SOMETHING = _words(
    _FOR_THE_BETTER.pattern, _FOR_THE_WORSE.pattern,
    r"\b(mixed|quiet|calm|neutral|noisy?|noise|smooth|uneventful|balanced|mostly flat|unchanged|stable)\b",
    r"\bchanges?\b", r"\bbenchmarks?\b", r"\b(instruction|cycle) counts?\b",
)  # fmt: skip
_HARDLY_ANY = _words(r"\b(no|few|fewer|without|zero)( \w+)? (regressions?|improvements?|wins)\b")
_REFERS_BACK = _words(
    r"^(this|that|these|those|they|it|such|both)\b(?! (past |last )?week)(?! (was|is)\b.{0,40}\bweek\b)",
    r"\b(otherwise|though|as well|too)\.$",
)
"""It needs the sentence before it."""
_PHRASE_BEGINS = (
    r"(?i)(?<!\b(is|are|was|were|be|been|has|have|had|not|to|\w+ed)) (?=(of|to|in|on|at|by|for|from|with|without|via|as"
    r"|into|over|across|through|due|than|which|that|who|where|when|while|because|and|or|this|last|\w+ly)\b)"
)
"""Behind a word that can end one. For regex: re takes no look-behind of several lengths."""
_LEFT_LINK = re.compile(
    r"\[([^\[\]]+)\]\((?:https?://\S*?)?\)?(?=[.,;:]?(?:\s|$))|(?<![\w#&])\[((?:[\w./-]+)?#\d+)\](?:\[\])?"
)
"""A link that its author did not finish: "[#1](https://…", "[#1][]"."""
_CONCEDES = _words(r"^(even though|although|though|while|despite|apart from|except for|besides)\b")
_TURNS = _words(r"\b(but|however|although|though|albeit|except|while|yet|despite|offset)\b")


class PerformanceSummary(NamedTuple):
    sentence: str
    """The statement for every platform: the number, the triager's sentence, or the counts."""
    quoted: bool
    """The sentence is the triager's, and has to stand in quotation marks."""
    remark: str
    """The triager's sentence, to be quoted beside a number where there is room; may be empty."""
    counts: str
    """"4 improvements, 1 regression, 7 mixed", for beside the sentence; empty when they are not to be told."""
    counts_agree: bool
    """They do not point the other way than the sentence, for a reader who sees one of them."""
    report_url: str | None

    def shortened(self, most: int) -> tuple[str, bool]:
        """Return the statement in about so many characters, and whether it is quoted."""
        if not self.quoted or len(self.sentence) <= most:
            return self.sentence, self.quoted
        clauses = [match.start() for match in _CLAUSE_END.finditer(self.sentence) if match.start() < most]
        if at_clause := _cut(self.sentence, reversed(clauses)):
            return at_clause, True
        if self.counts and len(self.counts) <= most and self.counts_agree:
            return self.counts, False
        phrases = [match.start() for match in regex.finditer(_PHRASE_BEGINS, self.sentence)]
        if at_phrase := _cut(self.sentence, (end for end in reversed(phrases) if most // 2 <= end < most)):
            return at_phrase, True
        return SEE_REPORT, False


def performance_summary(report: Performance | None) -> PerformanceSummary | None:
    """Return the news in a report; None when there is none of this week, or nothing in it at all."""
    if report is None or report.stale:
        return None
    prose = sentences(report.headline or "")
    mean = report.means.all_primary if report.means else None
    told = _telling(prose)
    warning = next(filter(_MISLEADS.search, prose), "")
    if told and warning and _REFERS_BACK.search(warning):
        warning = told
    contradicted = mean is not None and _contradicts(prose, mean)
    counts = "" if warning or contradicted else _counts(report)
    url = web_address(report.report_url or "")
    if not (prose or url or counts) and mean is None:
        return None
    sentence, quoted, remark = told, True, ""
    if mean is not None and not (warning or contradicted or abs(mean) > _LARGEST_MEAN):
        sentence, quoted = _change(mean), False
        remark = "" if "%" in told or _contradicts((told,), mean) else told
    elif mean is not None:  # no number, neither of the table nor of the counts
        sentence, counts = warning or told, ""
    elif not told:
        sentence, quoted, counts = counts, False, ""
    if not sentence:
        sentence, quoted, counts = SEE_REPORT, False, ""
    more = (report.improvements or 0) - (report.regressions or 0)
    return PerformanceSummary(sentence, quoted, remark, counts, more * _direction(sentence) >= 0, url)


def sentences(prose: str) -> tuple[str, ...]:
    """Split into sentences, each with a full stop. A lead-in to a list ("… in the past week:") ends at its colon."""
    found = []
    for sentence in _SENTENCE_END.split(clean(_LEFT_LINK.sub(r"\1\2", prose))):
        whole = sentence[:-1].rstrip() if sentence.endswith((":", ";", ",")) else sentence
        if any(character.isalpha() for character in whole):
            ended = whole.rstrip('"”’)').endswith((".", "!", "?", "…"))
            found.append(whole if ended else f"{whole}.")
    return tuple(found)


def _telling(prose: Iterable[str]) -> str:
    """Return the first sentence that says something of performance; else the first that is not just "A busy week."."""
    told = tuple(sentence for sentence in prose if not _REFERS_BACK.search(sentence))
    by_words = next(filter(_SAYS_SOMETHING.search, told), "")
    return by_words or next((sentence for sentence in told if len(sentence.split()) > 8), "")


def _contradicts(prose: Iterable[str], mean: float) -> bool:
    """Whether the prose says that it got better where the mean says worse, or the other way round."""
    if round(mean, 1) == 0:
        return False
    return _direction(" ".join(prose)) == (1 if mean > 0 else -1)


def _direction(prose: str) -> int:
    """Return 1: for the better, -1: for the worse; 0: both, neither, or it cannot be said."""
    prose = _HARDLY_ANY.sub("", prose)
    for better, worse in ((_BETTER_OVERALL, _WORSE_OVERALL), (_FOR_THE_BETTER, _FOR_THE_WORSE)):
        found = bool(better.search(prose)) - bool(worse.search(prose))
        if found:
            return found
    return 0


def _cut(sentence: str, ends: Iterable[int]) -> str:
    """Return the first beginning that may stand for the whole, with an ellipsis; empty when there is none."""
    for end in ends:
        head = sentence[:end].rstrip(" ,;:(–—-")
        whole = head == without_hanging(head, 0) and head.count("(") == head.count(")")
        if whole and len(head) >= _SHORTEST and _may_stand_for(head, sentence):
            return head + ELLIPSIS
    return ""


def _may_stand_for(head: str, whole: str) -> bool:
    """Whether it points where the whole points and keeps a warning, and the rest does not take it back."""
    if _CONCEDES.search(whole):
        return False
    if _MISLEADS.search(whole):
        return bool(_MISLEADS.search(head)) and _direction(head) in (0, _direction(whole))
    return (
        bool(_SAYS_SOMETHING.search(head))
        and _direction(head) == _direction(whole)
        and not _TURNS.search(whole[len(head) :])
    )


def _change(mean: float) -> str:
    if round(mean, 1) == 0:
        return "as many instructions as before on average"
    return f"{abs(mean):.1f}% {'fewer' if mean < 0 else 'more'} instructions on average"


def _counts(report: Performance) -> str:
    numbers = (
        (report.improvements, "improvement", "improvements"),
        (report.regressions, "regression", "regressions"),
        (report.mixed, "mixed", "mixed"),
    )
    if all(number is None for number, _, _ in numbers):
        return ""
    told = [quantity(number, one, many) for number, one, many in numbers if number]
    if report.mixed and len(told) == 1:
        return f"{told[0]} {noun(report.mixed, 'result')}"  # "7 mixed" alone: seven what?
    return ", ".join(told) or "no improvements, no regressions"
