"""What is said of an issue: ranked, and only what is true of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crosspost.compose.digest import Digest, NamedLink, digest
from crosspost.compose.performance import SEE_REPORT, sentences
from crosspost.compose.text import clean, page_key
from crosspost.config.schema import DigestConfig, NewsletterConfig
from crosspost.model import (
    CallsForParticipation,
    Crate,
    Issue,
    Link,
    Means,
    Performance,
    Project,
    Quote,
    Rfcs,
    Section,
    SpeakerCall,
    Speech,
)
from crosspost.parse import parse

URL = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"


def issue(**parts: Any) -> Issue:
    return Issue(665, "This Week in Rust 665", date(2026, 8, 19), URL, **parts)


def section(heading: str, *titles: str) -> Section:
    return Section(
        heading,
        tuple(Link(title, f"https://example.org/{title.lower().replace(' ', '-')}") for title in titles),
    )


def report(headline: str | None = None, mean: float | None = None, **parts: Any) -> Performance:
    counts = {"regressions": 1, "improvements": 4, "mixed": 7} | parts
    means = None if mean is None else Means(all_primary=mean)
    return Performance(
        headline=headline,
        triagers=(),
        revision_range=None,
        comparisons=None,
        means=means,
        report_url=None,
        **counts,
    )


def titles(news: Digest) -> list[str]:
    return [link.title for link in news.top]


# ── top links ────────────────────────────────────────────────────────────────────────────────────────

THREE = (
    section("Miscellaneous", "First of these", "Second of these"),
    section("Observations/Thoughts", "First of those", "Second of those"),
    section("Rust Walkthroughs", "How to begin"),
)


def test_each_section_has_its_turn_before_any_has_a_second() -> None:
    assert titles(digest(issue(community=THREE))) == [
        "First of those",
        "How to begin",
        "First of these",
        "Second of those",
        "Second of these",
    ]


def test_the_configuration_says_how_many_links_there_are_at_most() -> None:
    assert titles(digest(issue(community=THREE), DigestConfig(links=2))) == ["First of those", "How to begin"]
    none = digest(issue(community=THREE), DigestConfig(links=0))
    assert (none.top, none.more) == ((), ())


def test_the_configuration_says_which_sections_come_first() -> None:
    news = digest(issue(community=THREE), DigestConfig(sections=("rust walkthroughs", "Miscellaneous")))

    assert titles(news)[:3] == ["How to begin", "First of these", "First of those"]


def test_no_page_is_linked_twice_and_the_issue_itself_never() -> None:
    community = (
        Section("Official", (Link("One", "https://www.example.org/a/?utm_source=x#top"), Link("Here", URL))),
        Section(
            "Research", (Link("Again", "http://example.org/a"), Link("Two", "https://example.org/a?b=1"))
        ),
    )

    assert titles(digest(issue(community=community))) == ["One", "Two"]


def test_no_title_is_told_twice_and_none_without_a_word() -> None:
    names = ("Rust vs C", "Rust vs C++", "rust vs C.", "—", "…", "🦀", "Last one")
    community = (
        Section("Research", tuple(Link(name, f"https://example.org/{n}") for n, name in enumerate(names))),
    )

    news = digest(issue(community=community))
    assert titles(news) == ["Rust vs C", "Rust vs C++", "🦀", "Last one"]


def test_a_warning_that_needs_the_sentence_before_it_gives_way_to_that() -> None:
    assert (
        told(report("Largely a positive week. Lots of noise otherwise.", mean=-1.2))
        == "Largely a positive week."
    )


def test_a_link_that_is_none_is_left_out() -> None:
    community = (
        Section(
            "Official",
            (
                Link("Run", "javascript:alert(1)"),
                Link("Bare", "crates.io/x"),
                Link("Empty", ""),
                Link("\u200b", "https://example.org/x"),
                Link("Good", "https://example.org/y"),
            ),
        ),
    )

    assert titles(digest(issue(community=community))) == ["Good"]


@pytest.mark.parametrize(
    ("tags", "marks"),
    [
        (("video",), ("video",)),
        (("Videos",), ("video",)),
        (("video playlist",), ("video",)),
        (("podcast",), ("audio",)),
        (("series",), ()),
        (("Inside",), ()),
        (("DE",), ("DE",)),
        (("ZH-CN",), ("ZH-CN",)),
        (("BR-pt", "video"), ("BR-pt", "video")),
        (("ZH|EN",), ("ZH",)),
        (("EN",), ()),
        (("AI",), ()),
        (("video", "Video"), ("video",)),
    ],
)
def test_videos_and_languages_are_marked(tags: tuple[str, ...], marks: tuple[str, ...]) -> None:
    news = digest(issue(community=(Section("Official", (Link("A", "https://example.org/", tags),)),)))

    assert news.top[0].marks == marks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a/", "http://www.example.org/a"),
        ("https://example.org/a?utm_source=x&b=1", "https://example.org/a?b=1"),
        ("https://youtu.be/abc", "https://www.youtube.com/watch?v=abc&t=10"),
    ],
)
def test_two_addresses_of_one_page_are_the_same(one: str, other: str) -> None:
    assert page_key(one) == page_key(other)


def test_pages_that_differ_in_their_query_differ() -> None:
    assert page_key("https://example.org/post?id=1") != page_key("https://example.org/post?id=2")


# ── compiler performance ─────────────────────────────────────────────────────────────────────────────


COUNTS = "4 improvements, 1 regression, 7 mixed"


def told(performance: Performance | None) -> str | None:
    news = digest(issue(performance=performance)).performance
    return news.sentence if news else None


def test_a_table_is_told_in_numbers() -> None:
    news = digest(issue(performance=report("A good week.", mean=-2.6))).performance

    assert news
    assert (news.sentence, news.quoted) == ("2.6% fewer instructions on average", False)
    assert (news.remark, news.counts) == ("A good week.", "4 improvements, 1 regression, 7 mixed")


def test_more_instructions_are_more_and_none_are_none() -> None:
    assert told(report(mean=0.5)) == "0.5% more instructions on average"
    assert told(report(mean=-0.04)) == "as many instructions as before on average"


@pytest.mark.parametrize(
    ("improvements", "mixed", "counts"),
    [
        (0, 7, "7 mixed results"),
        (0, 1, "1 mixed result"),
        (2, 7, "2 improvements, 7 mixed"),
        (1, 0, "1 improvement"),
    ],
)
def test_mixed_ones_alone_are_called_results(improvements: int, mixed: int, counts: str) -> None:
    told = report(mean=-0.4, improvements=improvements, regressions=0, mixed=mixed)
    news = digest(issue(performance=told)).performance
    assert news
    assert news.counts == counts


def test_without_a_table_the_triagers_first_sentence_is_quoted() -> None:
    news = digest(issue(performance=report("A mixed week. Some PRs, e.g. #1, regressed."))).performance

    assert news
    assert (news.sentence, news.quoted) == ("A mixed week.", True)


def test_without_a_headline_there_are_the_counts() -> None:
    assert told(report(None, regressions=0)) == "4 improvements, 7 mixed"
    assert told(report(None, regressions=0, improvements=0, mixed=0)) == "no improvements, no regressions"


def test_without_a_report_nothing_is_said() -> None:
    assert told(None) is None
    assert told(report(None, regressions=None, improvements=None, mixed=None)) is None


@pytest.mark.parametrize(
    "prose",
    [
        "Nearly all flagged regressions are likely noise.",
        "Results are skewed by one benchmark.",
        "Large but spurious changes this week.",
        "A week dominated by new benchmarks.",
        "The numbers come from a feature that is not actually enabled by default.",
        "The results are difficult to interpret this week.",
        "It looks like a regression, but it is not one.",
        "Even though the summary might not look like it, this was quiet.",
        "Difficult week to interpret, because one change does worse here than elsewhere.",
        "It is hard to make sense of the table.",
        "This makes comparisons across pull requests virtually impossible.",
        "The mean is inflated by one tiny benchmark.",
    ],
)
def test_where_the_triager_warns_of_the_numbers_the_warning_is_quoted_and_no_number_told(prose: str) -> None:
    news = digest(issue(performance=report(f"A busy week. {prose}", mean=1.3))).performance

    assert news
    assert (news.sentence, news.quoted, news.counts) == (prose, True, "")


@pytest.mark.parametrize(
    ("prose", "mean"),
    [
        ("Overall a positive week for the compiler.", 0.8),
        ("More regressions than improvements this time.", -0.8),
        ("Improvements slightly outweigh the regressions.", 0.3),
    ],
)
def test_prose_that_says_the_opposite_of_the_mean_is_quoted_without_the_number(
    prose: str, mean: float
) -> None:
    news = digest(issue(performance=report(prose, mean=mean))).performance

    assert news
    assert (news.sentence, news.quoted, news.counts) == (prose, True, "")


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("An interesting week. A few regressions in rollups.", "A few regressions in rollups."),
        ("Busy week! Results are mixed.", "Results are mixed."),
        ("A quiet week. Nothing else.", "A quiet week."),
        ("A shorter week than normal, for once. Overall a small win.", "Overall a small win."),
        (
            "A big week, brought on by linking the library in one piece. This overshadows all other improvements.",
            "A big week, brought on by linking the library in one piece.",
        ),
        ("This week saw a few improvements. They are in docs.", "This week saw a few improvements."),
    ],
)
def test_a_sentence_without_content_is_passed_over(prose: str, said: str) -> None:
    assert told(report(prose)) == said


@pytest.mark.parametrize(
    ("prose", "short", "quoted"),
    [
        ("A mixed week, with some regressions and as many moderate improvements.", "A mixed week…", True),
        ("Some small regressions this week, but things overall improved for everyone.", COUNTS, False),
        ("Only one outright regression this week.", "Only one outright regression this week.", True),
        ("A fairly noisy week (see the many entries below that were dropped).", "A fairly noisy week…", True),
        (
            "Some of the recent noise swings have been appearing again this week.",
            SEE_REPORT,
            False,
        ),
        (
            "It looks negative in instruction counts, but that is spurious, nothing slowed down.",
            SEE_REPORT,
            False,
        ),
        (
            "A week dominated by the landing of a particular patch in the trait system.",
            "A week dominated by the landing…",
            True,
        ),
        (
            "A week with several improvements (either in hashing, or in the trait solver).",
            "A week with several improvements…",
            True,
        ),
        ("Several large improvements landed in the past week in many parts.", COUNTS, False),
        ("A quiet week, likely caused by not that many requests being merged.", "A quiet week…", True),
        ("Even though the summary does not look like it, this was a quiet week.", SEE_REPORT, False),
        ("A week dominated by one large improvement and by one large regression.", SEE_REPORT, False),
        ("We found out what was behind it, and after that it was all noise again.", SEE_REPORT, False),
    ],
)
def test_a_statement_is_cut_only_where_it_still_says_what_the_whole_says(
    prose: str, short: str, quoted: bool
) -> None:
    news = digest(issue(performance=report(prose))).performance

    assert news
    assert news.shortened(50) == (short, quoted)


def test_counts_do_not_stand_for_a_sentence_that_says_the_opposite() -> None:
    prose = "A very busy week of changes all over, and albeit with more improvements than regressions."
    news = digest(issue(performance=report(prose, improvements=2, regressions=5))).performance

    assert news
    assert news.shortened(50) == (SEE_REPORT, False)


def test_few_regressions_are_not_told_against_a_mean_for_the_better() -> None:
    prose = "Overall, this week had very few regressions and a moderate amount of improvements."
    assert told(report(prose, mean=-0.5)) == "0.5% fewer instructions on average"


def test_a_mean_beyond_all_measure_is_not_told() -> None:
    news = digest(issue(performance=report("A quiet week.", mean=162.1))).performance

    assert news
    assert (news.sentence, news.counts) == ("A quiet week.", "")


def test_a_report_that_is_not_this_weeks_is_not_told() -> None:
    assert told(replace(report("A good week.", mean=-2.0), stale=True)) is None


@pytest.mark.parametrize(
    ("prose", "sentence"),
    [
        ("A nice week: more improvements than regressions.", "A nice week: more improvements than regressions."),
        ("The only ones were 1. two PRs that slowed docs, and 2. lints. More later.",
         "The only ones were 1. two PRs that slowed docs, and 2. lints."),
        ("Noise, i.e. Nothing real (see PR #1). Rest.", "Noise, i.e. Nothing real (see PR #1)."),
        ("Several large improvements landed in the past week:", "Several large improvements landed in the past week."),
        ("Great! See below.", "Great!"),
        ("Up to 8.2% faster builds. Nice.", "Up to 8.2% faster builds."),
        ("No full stop", "No full stop."),
        ("A win thanks to [#130857](https://forge.example/rust/. Overall it was positive.", "A win thanks to #130857."),
        ("Driven by debuginfo in [#110221] and [x/y#2][]. Rest.", "Driven by debuginfo in #110221 and x/y#2."),
        ("Mostly #[expect] and &[T] and [a..b].", "Mostly #[expect] and &[T] and [a..b]."),
        ("Driven by \"MIR inliner.\" Next.", "Driven by \"MIR inliner.\""),
        ("…", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_first_sentence_is_found(prose: str, sentence: str) -> None:
    assert (*sentences(prose), "")[0] == sentence


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────


def test_calls_are_counted_and_their_projects_named_once() -> None:
    tasks = (
        Project("Diesel", "Diesel - a", "https://example.org/1"),
        Project("Ockam", "Ockam - b", ""),
        Project("Diesel", "Diesel - c", "https://example.org/3"),
    )
    calls = digest(issue(calls_for_participation=CallsForParticipation(tasks))).calls

    assert calls
    assert calls.projects == (NamedLink("Diesel", "https://example.org/1"), NamedLink("Ockam", None))
    assert (calls.count, calls.complete) == (3, True)


def test_a_task_without_a_project_makes_the_list_of_projects_incomplete() -> None:
    tasks = (Project(None, "A survey", ""), Project("Ockam", "Ockam - b", ""))
    calls = digest(issue(calls_for_participation=CallsForParticipation(tasks))).calls

    assert calls
    assert calls.complete is False


def test_a_name_is_said_even_if_its_address_is_broken() -> None:
    news = digest(
        issue(
            crates_of_the_week=(Crate("office2pdf", "office2pdf"),),
            rfcs=Rfcs((Link("RFC: let-else", "https://example.org/r"),)),
            calls_for_participation=CallsForParticipation(events=(SpeakerCall("RustWeek", ""),)),
        )
    )

    assert [(crate.name, crate.url) for crate in news.crates] == [("office2pdf", None)]
    assert [rfc.name for rfc in news.rfcs] == ["let-else"]
    assert [call.name for call in news.speaker_calls] == ["RustWeek"]


def test_what_an_issue_does_not_have_is_not_there() -> None:
    news = digest(issue())

    assert news.top == ()
    assert (news.performance, news.calls, news.quote, news.pull_requests) == (None, None, None, None)
    assert (news.crates, news.rfcs, news.speaker_calls, news.events) == ((), (), (), 0)


def test_a_link_within_a_sentence_is_no_headline() -> None:
    entries = (
        Link("english", "https://a.example/en", lead="Scaling with Rust ("),
        Link("B", "https://b.example/"),
    )
    assert titles(digest(issue(community=(Section("Official", entries),)))) == ["B"]


def test_what_is_called_for_is_no_project() -> None:
    calls = CallsForParticipation(
        (
            Project("Calls for Proposals", "x", "https://a.example/"),
            Project("rama", "y", "https://b.example/"),
        )
    )
    news = digest(issue(calls_for_participation=calls)).calls
    assert news
    assert (news.count, news.projects) == (2, (NamedLink("rama", "https://b.example/"),))
    assert news.others == (NamedLink("x", "https://a.example/"),)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("It *should* go to `bors`, **always**.", ["It should go to bors, always."]),
        (r"\[...\] there's no benefit to \<something\>;", ["[...] there's no benefit to <something>;"]),
        ("I dislike [cargo-geiger](https://a.example/b).", ["I dislike cargo-geiger."]),
        ("it\nsure will help.\nAnd more.", ["it sure will help.", "And more."]),
        ("They agree:\n> Long time no C", ["They agree:", "Long time no C"]),
        ("We have:\n\n* buffers *owned*\n* checks", ["We have:", "• buffers owned", "• checks"]),
        ('"I\'ll never!"  \n"No, never."', ['"I\'ll never!"', '"No, never."']),
        ("Vec<T> & snake_case 2 * 3", ["Vec<T> & snake_case 2 * 3"]),
        ("**So**\nit is.", ["So it is."]),
        ("<div> soup is *bad*.\n\n`<b>` too.", ["<div> soup is *bad*.", "<b> too."]),
    ],
)
def test_a_quote_is_said_without_its_markdown(written: str, shown: list[str]) -> None:
    quote = digest(issue(quote_of_the_week=Quote(written, None, None))).quote
    assert quote
    assert list(quote.paragraphs) == shown


def test_a_long_quote_ends_at_a_sentence() -> None:
    quote = digest(issue(quote_of_the_week=Quote("It compiles. " * 60, "someone", None))).quote
    assert quote
    assert quote.text.endswith("It compiles. […]")
    assert 400 < len(quote.text) <= 510


def test_a_long_quote_that_is_one_sentence_ends_at_a_word() -> None:
    quote = digest(issue(quote_of_the_week=Quote("and so on " * 60, "someone", None))).quote
    assert quote
    assert quote.text.endswith("…")
    assert len(quote.text) <= 500


def test_a_quote_with_code_in_it_is_left_out() -> None:
    written = "Surprised by clippy\n\n```text\nerror: --> src/main.rs\n```"
    assert digest(issue(quote_of_the_week=Quote(written, "someone", None))).quote is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("RFC: let-else", "let-else"),
        ("[RFC] Thread spawn hook", "Thread spawn hook"),
        ("Merge RFC 3513: Add gen blocks", "Add gen blocks"),
        ("eRFC: libtest", "eRFC: libtest"),
        ("RFC for project goals", "RFC for project goals"),
        ("RFC:", "RFC:"),
    ],
)
def test_an_approved_rfc_is_not_called_one_twice(title: str, name: str) -> None:
    rfcs = Rfcs(approved=(Link(title, "https://example.org/"),))
    assert [rfc.name for rfc in digest(issue(rfcs=rfcs)).rfcs] == [name]


def test_a_quote_keeps_its_paragraphs() -> None:
    quote = digest(issue(quote_of_the_week=Quote("One.\n\nTwo.", "someone", None))).quote

    assert quote
    assert (quote.paragraphs, quote.text, quote.author) == (("One.", "Two."), "One. Two.", "someone")


@pytest.mark.parametrize(
    ("speeches", "text", "author"),
    [
        ((Speech("A?"), Speech("it is.")), "A?\nit is.", "two"),
        (
            (Speech("Quite hard.", "Tim"), Speech("And pointy.", "Kim")),
            "Quite hard. – Tim\nAnd pointy.",
            "Kim",
        ),
        ((Speech("The problem,  \nthat it leaves  \nus."),), "The problem,\nthat it leaves\nus.", "two"),
        (
            (Speech("**Roses** are red,\ncrabs too,\nit is.", "two"),),
            "Roses are red,\ncrabs too,\nit is.",
            "two",
        ),
        ((Speech('"Never!"\n"Now!"'),), '"Never!"\n"Now!"', "two"),
        ((Speech("It was\nwrapped *by* an\neditor."),), "It was wrapped by an editor.", "two"),
        ((Speech("One.\n\nTwo."),), "One. Two.", "two"),
        ((Speech("C: buggy\n\nRust: safe"),), "C: buggy\nRust: safe", "two"),
        ((Speech("Thanks:\n\n* for `a`\n* for b"),), "Thanks:\n• for a\n• for b", "two"),
        ((Speech("Quite hard." * 30, "two"), Speech("And pointy.", "Kim")), "Quite hard." * 30, "two"),
    ],
)
def test_dialogues_and_poems_keep_their_lines(speeches: tuple[Speech, ...], text: str, author: str) -> None:
    quote = digest(issue(quote_of_the_week=Quote("…", "two", None, speeches))).quote
    assert quote
    assert (quote.text, quote.author) == (text, author)


@pytest.mark.parametrize(
    ("text", "author"), [("One.\n\nTwo.", "Kim and Tim on reddit"), ("One.\n\n----\n\nTwo.", "Kim")]
)
def test_what_two_speakers_say_stays_on_two_lines(text: str, author: str) -> None:
    quote = digest(issue(quote_of_the_week=Quote(text, author, None))).quote
    assert quote
    assert quote.text == "One.\nTwo."


def test_nothing_is_told_of_a_performance_report_of_another_week() -> None:
    assert digest(issue(performance=report(mean=-0.9))).performance
    assert digest(issue(performance=replace(report(mean=-0.9), stale=True))).performance is None


def test_a_series_is_one_project_and_a_call_for_speakers_none() -> None:
    projects = (
        Project("Diesel: Poll I", "Diesel: Poll I - what?", "https://a.example/1", series="Diesel"),
        Project("Diesel: Poll II", "Diesel: Poll II - why?", "https://a.example/2", series="Diesel"),
        Project(None, "RustConf CFP is open", "https://a.example/3", for_speakers=True),
    )
    told = digest(issue(calls_for_participation=CallsForParticipation(projects)))
    assert told.calls
    assert (told.calls.count, told.calls.projects) == (2, (NamedLink("Diesel", "https://a.example/1"),))
    assert [call.name for call in told.speaker_calls] == ["RustConf"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("RustConf 2022 CFP is Open!", "RustConf 2022"),
        ("RustConf Call for Proposals is open", "RustConf"),
        ("Call for Speakers: RustFest Global - EMEA (2022-04-23)", "RustFest Global - EMEA (2022-04-23)"),
        ("EuroRust - Call for Papers", "EuroRust"),
        ("Call for Papers", "Call for Papers"),
        ("Scientific Computing in Rust 2024", "Scientific Computing in Rust 2024"),
    ],
)
def test_a_call_for_papers_is_not_called_one_twice(written: str, name: str) -> None:
    calls = CallsForParticipation(events=(SpeakerCall(written, "https://a.example/1"),))
    assert [call.name for call in digest(issue(calls_for_participation=calls)).speaker_calls] == [name]


def test_another_issue_of_the_newsletter_is_no_article() -> None:
    links = (Link("Last week", URL.replace("665", "664")), Link("a", "https://a.example/"))
    assert [link.title for link in digest(issue(community=(Section("Official", links),))).top] == ["a"]


def test_the_newsletters_name_is_the_title_without_its_number() -> None:
    assert digest(issue()).name == "This Week in Rust"
    assert digest(Issue(7, "Gazette", date(2026, 1, 1), URL)).title == "Gazette 7"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  two\u00a0\tspaces\n", "two spaces"),
        ("a\u202eb\u202c\u200bc", "abc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u200db", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("❤\ufe0f and a\ufe0f", "❤\ufe0f and a"),
        ("e\u0301", "é"),
        ("a" + "\u0338" * 30, "a" + "\u0338" * 4),
        ("\u0301leading", "leading"),
        ("\u200b\u2060\ufeff", ""),
        ("Trojan Source｜Hiding", "Trojan Source｜Hiding"),
    ],
)
def test_text_is_made_plain(text: str, plain: str) -> None:
    assert clean(text) == plain


@pytest.mark.parametrize(
    ("title", "number", "shown"),
    [
        ("Gazette: October 2026", "issue: 12", "Gazette 12: October 2026"),
        ("Gazette, of 12 teas", "issue: 12", "Gazette, of 12 teas"),
        ("Of tea", "issue: 2", "Gazette 2: Of tea"),
        ("October 2026", "issue: 2", "Gazette 2: October 2026"),
        ("Gazette vol.12: tea", "", "Gazette vol.12: tea"),
        ("العدد ١٢: الشاي", "issue: 12", "Gazette: العدد ١٢: الشاي"),
        ("Of tea", "", "Gazette: Of tea (2026-11-18)"),
        ("Gazette", "", "Gazette 2026-11-18"),
        ("Gazette of 18 November 2026", "", "Gazette of 18 November 2026"),
    ],
)
def test_another_newsletters_title_names_it_and_says_which_issue_it_is_once(
    title: str, number: str, shown: str
) -> None:
    gazette = NewsletterConfig(name="Gazette", site="https://example.org", page="{site}/{date}/")
    issue = parse(f"---\ntitle: '{title}'\ndate: 2026-11-18\n{number}\n---\nText\n", newsletter=gazette)

    assert digest(issue).title == shown
