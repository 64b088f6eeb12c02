"""Summarize the week's compiler performance report in one true statement, the same on every platform.

With a table, the statement is its number: the mean change of instruction counts over the primary benchmarks that
changed. Where the triager's prose warns of the numbers, or says the opposite of the mean, the prose is quoted in place
of a number. Without a table, the statement is the triager's first informative sentence, else the counts.
The lists of words come from the reports of 2021–2026.
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
"""Per cent. A larger mean comes from a single benchmark."""
_MIN_LENGTH = 12
"""Characters of the shortest statement: "A quiet week"."""
SEE_REPORT = "see this week’s triage report"
"""Used where no true statement has room."""


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
_INFORMATIVE = _words(
    _FOR_THE_BETTER.pattern, _FOR_THE_WORSE.pattern,
    r"\b(mixed|quiet|calm|neutral|noisy?|noise|smooth|uneventful|balanced|mostly flat|unchanged|stable)\b",
    r"\bchanges?\b", r"\bbenchmarks?\b", r"\b(instruction|cycle) counts?\b",
)  # fmt: skip
_HARDLY_ANY = _words(r"\b(no|few|fewer|without|zero)( \w+)? (regressions?|improvements?|wins)\b")
_REFERS_BACK = _words(
    r"^(this|that|these|those|they|it|such|both)\b(?! (past |last )?week)(?! (was|is)\b.{0,40}\bweek\b)",
    r"\b(otherwise|though|as well|too)\.$",
)
"""The sentence needs the one before it."""
_PHRASE_BEGINS = (
    r"(?i)(?<!\b(is|are|was|were|be|been|has|have|had|not|to|\w+ed)) (?=(of|to|in|on|at|by|for|from|with|without|via|as"
    r"|into|over|across|through|due|than|which|that|who|where|when|while|because|and|or|this|last|\w+ly)\b)"
)
"""Not after a word that cannot end a statement. For regex: re has no look-behind of several lengths."""
_LEFT_LINK = re.compile(
    r"\[([^\[\]]+)\]\((?:https?://\S*?)?\)?(?=[.,;:]?(?:\s|$))|(?<![\w#&])\[((?:[\w./-]+)?#\d+)\](?:\[\])?"
)
"""A link that its author did not finish: "[#1](https://…", "[#1][]"."""
_CONCEDES = _words(r"^(even though|although|though|while|despite|apart from|except for|besides)\b")
_CONTRASTS = _words(r"\b(but|however|although|though|albeit|except|while|yet|despite|offset)\b")


class PerformanceSummary(NamedTuple):
    sentence: str
    """The statement: the number, the triager's sentence, or the counts."""
    quoted: bool
    """The sentence is the triager's and needs quotation marks."""
    remark: str
    """The triager's sentence, to be quoted beside a number where there is room; or empty."""
    counts: str
    """"4 improvements, 1 regression, 7 mixed", beside the sentence; empty where they would mislead."""
    counts_agree: bool
    """The counts do not contradict the sentence."""
    report_url: str | None

    def shortened(self, limit: int) -> tuple[str, bool]:
        """Return the statement in about `limit` characters, and whether it is quoted."""
        if not self.quoted or len(self.sentence) <= limit:
            return self.sentence, self.quoted
        clauses = [match.start() for match in _CLAUSE_END.finditer(self.sentence) if match.start() < limit]
        if at_clause := _cut(self.sentence, reversed(clauses)):
            return at_clause, True
        if self.counts and len(self.counts) <= limit and self.counts_agree:
            return self.counts, False
        phrases = [match.start() for match in regex.finditer(_PHRASE_BEGINS, self.sentence)]
        if at_phrase := _cut(self.sentence, (end for end in reversed(phrases) if limit // 2 <= end < limit)):
            return at_phrase, True
        return SEE_REPORT, False


def performance_summary(report: Performance | None) -> PerformanceSummary | None:
    """Return the summary of a report; None for an empty report and for last week's."""
    if report is None or report.stale:
        return None
    prose = sentences(report.headline or "")
    mean = report.means.all_primary if report.means else None
    best = _first_informative(prose)
    warning = next(filter(_MISLEADS.search, prose), "")
    if best and warning and _REFERS_BACK.search(warning):
        warning = best
    contradicted = mean is not None and _contradicts(prose, mean)
    counts = "" if warning or contradicted else _counts(report)
    url = web_address(report.report_url or "")
    if not (prose or url or counts) and mean is None:
        return None
    sentence, quoted, remark = best, True, ""
    if mean is not None and not (warning or contradicted or abs(mean) > _LARGEST_MEAN):
        sentence, quoted = _describe_mean(mean), False
        remark = "" if "%" in best or _contradicts((best,), mean) else best
    elif mean is not None:  # no number, neither of the table nor of the counts
        sentence, counts = warning or best, ""
    elif not best:
        sentence, quoted, counts = counts, False, ""
    if not sentence:
        sentence, quoted, counts = SEE_REPORT, False, ""
    more = (report.improvements or 0) - (report.regressions or 0)
    return PerformanceSummary(sentence, quoted, remark, counts, more * _direction(sentence) >= 0, url)


def sentences(prose: str) -> tuple[str, ...]:
    """Split prose into sentences, each with a full stop, also in place of the colon before a list."""
    result = []
    for sentence in _SENTENCE_END.split(clean(_LEFT_LINK.sub(r"\1\2", prose))):
        text = sentence[:-1].rstrip() if sentence.endswith((":", ";", ",")) else sentence
        if any(character.isalpha() for character in text):
            has_end = text.rstrip('"”’)').endswith((".", "!", "?", "…"))
            result.append(text if has_end else f"{text}.")
    return tuple(result)


def _first_informative(prose: Iterable[str]) -> str:
    """Return the first sentence on performance, else the first of more than eight words, else nothing."""
    complete = tuple(sentence for sentence in prose if not _REFERS_BACK.search(sentence))
    by_words = next(filter(_INFORMATIVE.search, complete), "")
    return by_words or next((sentence for sentence in complete if len(sentence.split()) > 8), "")


def _contradicts(prose: Iterable[str], mean: float) -> bool:
    """Return whether prose and mean point in opposite directions."""
    if round(mean, 1) == 0:
        return False
    return _direction(" ".join(prose)) == (1 if mean > 0 else -1)


def _direction(prose: str) -> int:
    """Return 1 for better, -1 for worse, 0 for both, neither or unknown."""
    prose = _HARDLY_ANY.sub("", prose)
    for better, worse in ((_BETTER_OVERALL, _WORSE_OVERALL), (_FOR_THE_BETTER, _FOR_THE_WORSE)):
        direction = bool(better.search(prose)) - bool(worse.search(prose))
        if direction:
            return direction
    return 0


def _cut(sentence: str, ends: Iterable[int]) -> str:
    """Return the first beginning that is true to the sentence, with an ellipsis; empty: there is none."""
    for end in ends:
        head = sentence[:end].rstrip(" ,;:(–—-")
        is_complete = head == without_hanging(head, 0) and head.count("(") == head.count(")")
        if is_complete and len(head) >= _MIN_LENGTH and _is_faithful(head, sentence):
            return head + ELLIPSIS
    return ""


def _is_faithful(head: str, sentence: str) -> bool:
    """Return whether a beginning has its sentence's direction and warning, and the rest does not contradict."""
    if _CONCEDES.search(sentence):
        return False
    if _MISLEADS.search(sentence):
        return bool(_MISLEADS.search(head)) and _direction(head) in (0, _direction(sentence))
    return (
        bool(_INFORMATIVE.search(head))
        and _direction(head) == _direction(sentence)
        and not _CONTRASTS.search(sentence[len(head) :])
    )


def _describe_mean(mean: float) -> str:
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
    phrases = [quantity(number, one, many) for number, one, many in numbers if number]
    if report.mixed and len(phrases) == 1:
        return f"{phrases[0]} {noun(report.mixed, 'result')}"  # "7 mixed" alone: seven what?
    return ", ".join(phrases) or "no improvements, no regressions"
