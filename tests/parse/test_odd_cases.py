"""The slips of thirteen years: each understood as its editors meant it, where the newsletter's site shows it at all."""

from __future__ import annotations

import pytest

from crosspost.model import FindingKind, Issue, Link
from crosspost.parse import parse

HEADER = "Title: This Week in Rust 700\nNumber: 700\nDate: 2027-04-21\nCategory: This Week in Rust\n\n"


def issue(body: str) -> Issue:
    return parse(HEADER + body)


def community(body: str) -> list[tuple[str, list[tuple[str, str]]]]:
    sections = issue(body).community
    return [(section.heading, [(link.title, link.url) for link in section.links]) for section in sections]


def links(entry: str) -> list[tuple[str, str]]:
    found = community(f"## Updates from Rust Community\n\n### Official\n\n{entry}\n")
    return found[0][1] if found else []


def quote(body: str) -> tuple[str, str | None, str | None] | None:
    found = issue(f"# Quote of the Week\n\n{body}\n").quote_of_the_week
    return (found.text, found.author, found.author_url) if found else None


# ── headings ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headings",
    [
        "## Updates from Rust Community\n\n### Official\n",
        "### Official\n",  # the main heading forgotten
        "## Updates from Rust Community\n\n## Official\n",  # one level too high
        "## Updates from the Rust Community\n\n### Official:\n",
        "##Updates from Rust Community\n\n###Official\n",  # without the space
        "## Updates from Rust Community\n\nHello and [welcome](https://x.example)!\n\n### Official\n",
        "## A welcome\n\n* [not this one](https://x.example)\n\n## Updates from Rust Community\n\n### Official\n",
    ],
)
def test_the_community_is_known_by_its_headings_words(headings: str) -> None:
    assert [links for _, links in community(headings + "* [a](https://a.example)\n")] == [
        [("a", "https://a.example")]
    ]


@pytest.mark.parametrize("apostrophe", ["'", "\N{RIGHT SINGLE QUOTATION MARK}"])
def test_a_heading_is_known_with_a_typewriters_and_with_a_printers_apostrophe(apostrophe: str) -> None:
    read = issue(f"## What{apostrophe}s Cooking on Master?\n\n* [a](https://a.example)\n")

    assert FindingKind.NO_PULL_REQUESTS not in {finding.kind for finding in read.findings}


def test_a_section_of_its_own_among_the_communitys_is_the_communitys() -> None:
    body = "## Updates from Rust Community\n\n### Official\n* [a](u)\n\n## RustConf\n* [b](v)\n\n## Jobs\n* [c](w)\n"
    assert community(body) == [("Official", [("a", "u")]), ("RustConf", [("b", "v")])]


def test_regions_of_any_level_with_a_colon_and_an_event_typed_as_a_heading_count() -> None:
    body = (
        "## Upcoming Events\n\n### Virtual\n* 2027-04-22 | [g](u)\n    * [**e**](v)\n* 2027-04-23 | [h](w)\n\n"
        "# 2027-04-24 | Virtual | [i](x)\n\n# Oceania\n* 2027-04-24 | [j](y)\n   * [**f**](z)\n\n"
        "South America:\n===\n- 2027 | k\n\n### Africa\n\nIf you are running an event, [add it](https://x.example).\n"
    )
    assert issue(body).events == {"Virtual": 3, "Oceania": 1, "South America": 1}


def test_a_report_pasted_with_its_own_heading_is_read() -> None:
    body = "### Rust Compiler Performance Triage\n\n# 2027-04-20 Triage Log\n\nQuiet.\n\nTriage done by **@a**.\n"
    performance = issue(body).performance
    assert performance is not None
    assert (performance.headline, performance.triagers) == ("Quiet.", ("a",))


# ── links ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("* [a [b] c](u)", ("a [b] c", "u")),
        ("* [[RFC] a](u)", ("[RFC] a", "u")),
        (r"* [a \[b\] \_c](u)", ("a [b] _c", "u")),
        ("* [`a[0]` *b* **c** __d__](u)", ("a[0] b c d", "u")),
        ("* [Vec<T> &amp; Vec\\<U>](u)", ("Vec<T> & Vec<U>", "u")),
        ("* [a <small>b</small>](u)", ("a b", "u")),
        ("* [a\n  b](u)", ("a b", "u")),
        ("* [a\u00a0b](u)", ("a b", "u")),
        ("* [a\u200bb\u200f](u)", ("a\u200bb\u200f", "u")),
        ("* [a](https://x.example/R_(b))", ("a", "https://x.example/R_(b)")),
        ("* [a](https://x.example/?a=1&b=ü%20#c)", ("a", "https://x.example/?a=1&b=ü%20#c")),
        ("* [a]( https://x.example )", ("a", "https://x.example")),
        ('* [a](https://x.example "title")', ("a", "https://x.example")),
        ("* [a](<https://x.example>)", ("a", "https://x.example")),
        ("* [a]((https://x.example)", ("a", "https://x.example")),
        ("* [a](https://x.example/b", ("a", "https://x.example/b")),
        ("* [a](https://x.example/R_(b)", ("a", "https://x.example/R_(b)")),
        ("* [a](https://x.example/b]", ("a", "https://x.example/b")),
        ("* [a](https://x.example/b.", ("a", "https://x.example/b")),
        ("* [**a**](https://x.example/b | 2026-09-01 | Oslo", ("a", "https://x.example/b")),
        ("* [a](https://x.example\n  'title')", ("a", "https://x.example")),
        ("* [a] (https://x.example)", ("a", "https://x.example")),
        ("* [a](https://x.example/an address)", ("a", "https://x.example/an address")),
        ("* [a](\x02https://x.example)", ("a", "https://x.example")),
        ("* [a](http®s://x.example)", ("a", "http®s://x.example")),
        ("* [a](x.example/b)", ("a", "x.example/b")),
        ("* [a]()", ("a", "")),
        ("* [a][ref]\n\n[ref]: https://x.example", ("a", "https://x.example")),
        ("* [a][]\n\n[a]: https://x.example", ("a", "https://x.example")),
        ("* [a]\n\n[a]:https://x.example", ("a", "https://x.example")),
        ("*[a](u)", ("a", "u")),
        ("- [a](u)", ("a", "u")),
        ("* [a](u) by [b](v)", ("a", "u")),
        ("* [a](u)<!-- [b](v) -->", ("a", "u")),
        ("* <!-- c --> [a](u)", ("a", "u")),
        ("<!--\n* [b](v)\n--> * [a](u)", ("a", "u")),
        ("[release] [a](u)", ("a", "u")),
        ("[a](u)", ("a", "u")),
        ("Text right above\n* [a](u)", ("a", "u")),
    ],
)
def test_a_link_is_read_as_it_was_meant(entry: str, expected: tuple[str, str]) -> None:
    assert links(entry) == [expected]


@pytest.mark.parametrize(
    "entry",
    [
        "* [a](https://a.example)* [b](https://b.example)",
        "* [a](https://a.example) * [b](https://b.example)",
        "* [a](https://a.example)*[b](https://b.example)",
        "- [a](https://a.example)- [b](https://b.example)",
        "* [a](https://a.example)* [video] [b](https://b.example)",
        "* [a](https://a.example)\n[b](https://b.example)",
        "* [a](https://a.example)\n[video] [b](https://b.example)\n",
        "[a](https://a.example)\n[b](https://b.example)",
        "[a](https://a.example)\n* [b](https://b.example)",
        "* [a](https://a.example\n* [b](https://b.example",
        "* [a](https://a.example\n[b](https://b.example",
        "* [a]https://a.example)\n* [b][https://b.example]",
        "* [a]: https://a.example\n* (b)(https://b.example)",
        "* [a(https://a.example)\n* b](https://b.example)",
        "* a (https://a.example)\n* [b [https://b.example)",
    ],
)
def test_no_entry_is_lost_by_a_slip_of_the_keyboard(entry: str) -> None:
    assert links(entry) == [("a", "https://a.example"), ("b", "https://b.example")]
    tasks = issue(f"### CFP - Projects\n\n{entry}\n").calls_for_participation.projects
    assert [(task.title, task.url) for task in tasks] == links(entry)


def test_lines_after_an_entry_that_was_two_keep_their_numbers() -> None:
    text = f"{HEADER}### Official\n* [a](https://a.example)* [b](https://b.example)\n\n* [c](d)\n"
    assert [finding.line for finding in parse(text).findings if finding.line] == [7, 9]


@pytest.mark.parametrize(
    "entry",
    [
        "We make changes, see [here](u) for more.",
        "<!-- * [a](u) -->",
        "> * [a](u)",
        "    [a](u)",
        "`[a](u)`",
        "* none",
    ],
)
def test_prose_comments_quotes_and_code_hold_no_entries(entry: str) -> None:
    assert links(entry) == []


@pytest.mark.parametrize("indent", ["  ", "   ", "    "])
@pytest.mark.parametrize("bullet", ["*", "-"])
def test_nested_entries_follow_the_one_they_stand_in(indent: str, bullet: str) -> None:
    entry = f"{bullet} [a](u)\n{indent}{bullet} [b](v)\n\n{indent}{bullet} [c](w)\n{bullet} [d](x)"
    assert links(entry) == [("a", "u"), ("b", "v"), ("c", "w"), ("d", "x")]


@pytest.mark.parametrize(
    ("entry", "tags"),
    [
        ("* [video] [a](u)", ("video",)),
        ("* [series][video] [a](u)", ("series", "video")),
        ("* [ZH | EN] [a](u)", ("ZH | EN",)),
        ("* [[FR] a](u)", ()),
        ("* [a](u) [video]", ()),
    ],
)
def test_tags_stand_in_brackets_before_the_link(entry: str, tags: tuple[str, ...]) -> None:
    assert issue(f"### Official\n{entry}\n").community[0].links[0].tags == tags


@pytest.mark.parametrize(
    ("entry", "lead"),
    [
        ("* Scaling ([english](u) / [japanese](v))", "Scaling ("),
        ("* [video] [series] [a](u)", ""),
        ("* (audio) [a](u)", ""),
        ("* **[a](u)**", ""),
    ],
)
def test_prose_before_a_link_is_kept_apart_from_its_title(entry: str, lead: str) -> None:
    assert issue(f"### Official\n{entry}\n").community[0].links[0].lead == lead


def test_an_entry_that_only_names_others_has_no_address() -> None:
    found = issue("### Official\n* [series] Walking\n    * [one](u)\n").community[0].links
    assert found == (Link("[series] Walking", "", linked=False), Link("one", "u"))


@pytest.mark.parametrize("opened", ["<!-- never closed", "```text"])
def test_what_is_opened_and_never_closed_hides_nothing(opened: str) -> None:
    assert links(f"{opened}\n\n* [a](u)") == [("a", "u")]


# ── crate, quote ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("This week's crate is [a](u), a crate for [b](v) and [c](w).", ["a"]),
        ("This week's crates are [a](u), a crate, and [b](v), another.", ["a", "b"]),
        ("This week's crate is [a](u) and [b](v), a pair.", ["a", "b"]),
        ("This week's crate is [a](u).\n\nAnother crate is [b](v).", ["a", "b"]),
        ("Sadly, we had no nominations. Still, I give you [a](u).", ["a"]),
        ("Thanks to [somebody](v)!\n\nThis week's crate is [a](u).", ["a"]),
        ("<!-- COTW goes here -->\n\n[Please submit your suggestions][s]!\n\n[s]: x", []),
        (
            "Vote at the [thread](https://users.rust-lang.org/t/crate-of-the-week/2704/1). It went to [a](u).",
            ["a"],
        ),
        ("User [kim](https://users.rust-lang.org/u/kim) suggested his own [a](u) crate.", ["a"]),
        ("Despite having no nominations, this week's crate is [a](u), a tool.", ["a"]),
        ("No crate was suggested, so I declare [a](u) the winner.", ["a"]),
        ("This week's crate is a ([docs](https://docs.rs/a)), a tool.", []),
        ("This week's crate is a, see [here](https://a.example).", []),
        ("No nominations: [submit yours](https://users.rust-lang.org/t/crate-of-the-week/2704)!", []),
        (
            "Sadly, we had no nominations. See [This Week in Rust](https://github.com/rust-lang/this-week-in-rust).",
            [],
        ),
        (
            "Sadly, no one voted. Meanwhile, read [last week's](https://this-week-in-rust.org/blog/2027/04/14/x/).",
            [],
        ),
        ("Sadly, there was no crate. Have a look at [lib.rs](https://lib.rs).", []),
        ("This week has multiple crates:\n\n* [a](u), a tool\n* [b](v), another", ["a", "b"]),
    ],
)
def test_the_crates_are_those_that_are_named(said: str, names: list[str]) -> None:
    found = issue(f"## Crate of the Week\n\n{said}\n\nThanks to [N](n) for the suggestion!\n")
    assert [crate.name for crate in found.crates_of_the_week] == names


@pytest.mark.parametrize(
    ("said", "descriptions"),
    [
        ("This week's crate is [a](u), a database with [Raft](v).", ["a database with Raft"]),
        ("This week's crate is [a](u) a `no_std` tool. Now in version 2.0!", ["a no_std tool"]),
        ("This week's crate is [a](u) from Embark, a tool (e.g. for you).", ["a tool (e.g. for you)"]),
        ("This week's crate is [a](u), which is quite unsurprisingly a mock.", ["a mock"]),
        (
            "This week's crate is [a](u), an `include!`-replacement,\nfor all.P",
            ["an include!-replacement, for all"],
        ),
        ("This week's crates are [a](u), a tool, and [b](v), another.", ["a tool", "another"]),
        ("This week's crate is [a](u), a tool Thanks to [b](v) for the suggestion!", ["a tool"]),
        ("This week's crate is [a](u), which contains a fast map.", ["which contains a fast map"]),
        ("This week's crate is [a](u).", [""]),
    ],
)
def test_a_crate_is_described_by_the_clause_behind_its_name(said: str, descriptions: list[str]) -> None:
    found = issue(f"## Crate of the Week\n\n{said}\n").crates_of_the_week
    assert [crate.description for crate in found] == descriptions


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("> a\n\n– [b](u)", ("a", "b", "u")),
        ("> a\n\n- [Nell Shamrell-Harrington](u)", ("a", "Nell Shamrell-Harrington", "u")),
        ("> a\n\n- an unknown co-author", ("a", "an unknown co-author", None)),
        ("> a\n\n– [b](u) on c\nThanks to [d](v) for the suggestion!", ("a", "b on c", "u")),
        ("> a\n\n– [b](u). Thanks to [d](v)!", ("a", "b", "u")),
        ("> a\n> \n> c\n\n— [b](u)", ("a\n\nc", "b", "u")),
        ("> a\n\n> c\n\n- [b](u)", ("a\nc", "b", "u")),
        ("> a\n– [b](u)", ("a", "b", "u")),
        ("> a\n– b", ("a", "b", None)),
        ("> * a\n– [b](u)", ("* a", "b", "u")),
        ("> a\n>\n> – [b](u)", ("a", "b", "u")),
        ("> a\n> – a dash of salt\n\n– [b](u)", ("a\n– a dash of salt", "b", "u")),
        ("> a\n\n– [b](u) on [c](v)", ("a", "b on c", "u")),
        ("> a\n\n– [b]()", ("a", "b", "")),
        ("> a\n\n– b", ("a", "b", None)),
        ("> a\n\nThanks to [c](v) for the suggestion!", ("a", None, None)),
        ("> a\n\n– [b](u)\n\n> c\n\n– [d](v)", ("a", "b", "u")),
        ("> a\n\nAnd the reply:\n\n> 1. c\n\n– [b](u)", ("a\n1. c", "b", "u")),
        ("> a<!-- really? -->\n\n– [b](u)", ("a", "b", "u")),
        ("> a `<!-- c -->`\n\n– [b](u)", ("a `<!-- c -->`", "b", "u")),
        ("> * a\n> * c\n\n– [b](u)", ("* a\n* c", "b", "u")),
        ("> ```\n> --> <!--\n> ```\n\n– [b](u)", ("```\n--> <!--\n```", "b", "u")),
        ("A poem,  \nby us  \n\n– a sorry editor", ("A poem,\nby us", "a sorry editor", None)),
        ("Alas, this week went by without any memorable quote.", None),
        ("<!-- QOTW goes here -->", None),
    ],
)
def test_a_quote_in_each_of_its_forms(body: str, expected: tuple[str, str | None, str | None] | None) -> None:
    rest = "Thanks to [T](t)!\n\n[Please submit quotes](https://u.example)\n\n*This Week in Rust is edited by: [e](f)*"
    assert quote(f"{body}\n\n{rest}") == expected


# ── performance, calls, RFCs, editors ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "text", "url"),
    [
        ("Revision range: [12ab..34cd](https://p.example)", "12ab..34cd", "https://p.example"),
        ("Revision\nrange: [12ab..34cd](https://p.example)", "12ab..34cd", "https://p.example"),
        ("[12ab...34cd](https://p.example)", "12ab...34cd", "https://p.example"),
        (
            "Triage done by **@a**. Revision range: [12ab..34cd](https://p.example)",
            "12ab..34cd",
            "https://p.example",
        ),
        ("Revision range: [12ab..34cd](https://p.example", "12ab..34cd", "https://p.example"),
        ("Revision range: [12ab..34cd](https://p.example/?start=12ab\n&end=34cd)", "12ab..34cd", None),
        ("Revision range: …", "…", None),
    ],
)
def test_a_revision_range_in_each_of_its_forms(line: str, text: str, url: str | None) -> None:
    found = issue(f"### Rust Compiler Performance Triage\n\nQuiet.\n\n{line}\n").performance
    assert found is not None
    assert found.revision_range is not None
    assert (found.revision_range.text, found.revision_range.url) == (text, url)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("1 Regression, 4 Improvements, 7 Mixed; 5 of them in rollups", (1, 4, 7)),
        ("1 Regressions; 1 Improvement; 0 Mixed", (1, 1, 0)),
        ("2 Regressions, 3 Improvements, 4 Mixed; ??? of them in rollups", (2, 3, 4)),
        ("Fewer regressions than last week.", (None, None, None)),
    ],
)
def test_counts_in_each_of_their_forms(line: str, counts: tuple[int | None, ...]) -> None:
    found = issue(
        f"### Rust Compiler Performance Triage\n\nQuiet.\n\nTriage done by **@a**.\n\n{line}\n"
    ).performance
    assert found is not None
    assert (found.regressions, found.improvements, found.mixed) == counts


@pytest.mark.parametrize(
    ("said", "headline"),
    [
        ("One,\ntwo *three* `four`.\n\nFive.", "One, two three four."),
        (
            "Of those\n3 regressions two are in the\nsummary table and the\nfull report is longer than all that.",
            None,
        ),
        ("Only one,\n#122010, which was undone.", None),
        ("Quiet.\nTriage done by **@b**.", "Quiet."),
        ("Several landed:\n\n* one\n* two", "Several landed:"),
        ("* a list", ""),
    ],
)
def test_the_headline_is_the_first_paragraph_up_to_a_line_of_fixed_form(
    said: str, headline: str | None
) -> None:
    found = issue(f"### Rust Compiler Performance Triage\n\n{said}\n\nTriage done by **@a**.\n").performance
    assert found is not None
    assert (found.headline or "") == (said.replace("\n", " ") if headline is None else headline)


@pytest.mark.parametrize(
    "said", ["", "<!-- Perf results go here -->", "*No triage report this week*", "Nobody was there to look."]
)
def test_a_week_without_a_report_has_none(said: str) -> None:
    assert issue(f"### Rust Compiler Performance Triage\n\n{said}\n\n### Approved RFCs\n").performance is None


@pytest.mark.parametrize(
    ("body", "speeches"),
    [
        ("> a\n\n– [b](u)", [("a", "b")]),
        ("> a?\n\n> c.\n\n– [b and d](u)", [("a?", None), ("c.", None)]),
        ("> a.\n\n– b\n\n> And c.\n\n– and [d](u)", [("a.", "b"), ("And c.", "d")]),
        ("> a.\n\n– b\n\nThanks to e!\n\n> c.\n\n– [d](u)", [("a.", "b")]),
        ("> a,  \n> c\n\n– b", [("a,  \nc", "b")]),
        ("A poem,  \nby us  \n\n– a sorry editor", [("A poem,  \nby us", "a sorry editor")]),
    ],
)
def test_each_speaker_of_a_quote_has_a_speech(body: str, speeches: list[tuple[str, str | None]]) -> None:
    found = issue(f"# Quote of the Week\n\n{body}\n").quote_of_the_week
    assert found is not None
    assert [(speech.text.rstrip(), speech.author) for speech in found.speeches] == speeches


@pytest.mark.parametrize(
    ("call", "for_speakers"),
    [
        ("[Call for Speakers: RustFest](https://rustfest.world/news)", True),
        ("[EuroRust Call for Papers is Open](https://e.example)", True),
        ("[RustConf 2022 CFP is Open!](https://r.example)", True),
        ("[Rust.Tokyo 2021](https://www.papercall.io/rusttokyo2021)", True),
        ("[RustLab - Call for Proposals](https://r.example)", True),
        ("[config-rs - CFP for the next implementation](https://c.example)", False),
        ("[Raccoon - Call for contributors](https://r.example)", False),
        ("[Proposal: Deprecate LocalSet](https://t.example)", False),
    ],
)
def test_a_call_for_speakers_among_the_tasks_is_marked(call: str, for_speakers: bool) -> None:
    (found,) = issue(f"### CFP - Projects\n\n* {call}\n").calls_for_participation.projects
    assert found.for_speakers is for_speakers


OTHERS = [f"* [{name} - task](v)" for name in ("matrix", "matrix", "base64", "ferris 2", "ferris 2")]


def test_the_parts_of_a_series_are_one_project() -> None:
    tasks = [f"* [Diesel: Designing `Model` Poll {part} - what?](u{part})" for part in ("I", "II", "III")]
    body = "### CFP - Projects\n\n" + "\n".join([*tasks, *OTHERS])
    found = issue(body).calls_for_participation.projects
    assert [task.series for task in found] == [*["Diesel"] * 3, *[""] * 5]


@pytest.mark.parametrize(
    "said", ["Read this first,\n[the guide](https://g.example).", "[Submit a task](https://s.example)"]
)
def test_prose_and_invitations_are_no_calls(said: str) -> None:
    assert issue(f"### CFP - Projects\n\n{said}\n").calls_for_participation.projects == ()


def test_tasks_below_a_projects_name_are_that_projects() -> None:
    body = "## Call for Participation\n\n* [x - y](a)\n\n**Ockam**\n\n* [task](b)\n\n* rama\n    * [other task](c)\n"
    assert [(call.project, call.title) for call in issue(body).calls_for_participation.projects] == [
        ("x", "x - y"),
        ("Ockam", "task"),
        ("rama", "other task"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "*No Calls for participation were submitted this week.*",
        "* *No Calls for participation [were](u) submitted.*",
        "<!-- * [ - ]() -->",
        "Please submit tasks [here](u) or [there](v).",
    ],
)
def test_a_week_without_calls_has_none(said: str) -> None:
    assert (
        issue(
            f"### CFP - Projects\n\n{said}\n\n### CFP - Events\n\n{said}\n"
        ).calls_for_participation.projects
        == ()
    )


@pytest.mark.parametrize(
    "said", ["* *No RFCs were approved this week.*", "* * *No RFCs.*", "*No [RFCs](u) this week.*"]
)
def test_a_week_without_rfcs_has_none(said: str) -> None:
    assert issue(f"### [Approved RFCs](x)\n\n{said}\n").rfcs.approved == ()


def test_entries_for_testing_are_no_rfcs() -> None:
    testing = "## Calls for Testing\n\n### [RFCs](x)\n* [b](v)\n\n### Rust\n* [c](w)\n"
    body = f"### New and Updated RFCs\n* [new] [a](u)\n\n{testing}"
    assert [link.title for link in issue(body).rfcs.new_or_updated] == ["a"]
    assert issue(body).rfcs.final_comment_period == ()


@pytest.mark.parametrize(
    "said",
    [
        "*This Week in Rust is edited by: [a](u), [b](v), and [c](w).*",
        "*This Week in Rust is edited by: [a](u), [b](v) and [c](w).*\n*Hosted by [The Foundation](x)*",
        "This Week in Rust is edited by:\n\n* [a](u)\n* [b](v)\n* [c](w)\n\n*Hosted by [The Foundation](x)*",
        "This Week in Rust is edited by:\n- [a](u)\n- [b](v)\n- [c](w)",
    ],
)
def test_the_editors_in_each_of_their_forms(said: str) -> None:
    assert issue(f"# Quote of the Week\n\n> q\n\n– x\n\n{said}\n").editors == ("a", "b", "c")
