"""What the picture says can be read on a phone, and its alt text says the same."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from io import BytesIO
from itertools import combinations
from pathlib import Path

import pytest

import crosspost
from crosspost.compose import Target, compose
from crosspost.compose.card import HEIGHT, WIDTH, draw, draw_post_picture, layout, picture_of
from crosspost.compose.digest import digest
from crosspost.model import Image, Issue, Link, Means, Performance, Section
from crosspost.platforms import form_of


def report(headline: str, mean: float | None = None, improvements: int | None = None) -> Performance:
    means = None if mean is None else Means(all_primary=mean)
    return Performance(headline, (), None, None, improvements, None, None, means, None)


ISSUE = Issue(
    665,
    "This Week in Rust 665",
    date(2026, 8, 19),
    "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
    community=(Section("Official", (Link("Announcing Rust 1.99.0", "https://example.org/a"),)),),
    pull_requests_merged=1234,
    performance=report("A good week.", -0.7),
    events={"Europe": 40, "Asia": 2},
)


def pictured(issue: Issue) -> Image:
    return draw(picture_of(digest(issue)))


def test_three_figures_at_most_and_only_of_what_there_is() -> None:
    assert picture_of(digest(ISSUE)).figures == (
        ("1,234", "pull requests merged"),
        ("1", "link from the community"),
        ("42", "events ahead"),
    )
    assert picture_of(digest(Issue(1, "News 1", date(2026, 1, 1), "https://example.org/"))).figures == ()


def test_the_alt_text_says_what_the_picture_says() -> None:
    assert str(picture_of(digest(ISSUE))) == (
        "This Week in Rust 665, 19 August 2026. Announcing Rust 1.99.0. "
        "Compiler performance: 0.7% fewer instructions on average. "
        "1,234 pull requests merged, 1 link from the community, 42 events ahead."
    )


def test_the_picture_is_a_png_of_the_shape_that_nobody_crops() -> None:
    pillow = pytest.importorskip("PIL.Image")

    drawn = pictured(ISSUE)

    assert drawn.mime_type == "image/png"
    assert drawn.alt == str(picture_of(digest(ISSUE)))
    with pillow.open(BytesIO(drawn.data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20)
    assert colours is not None
    assert len(colours) > 100  # letters with soft edges, not an empty picture_of
    assert len(drawn.data) < 200_000


def test_the_same_issue_gives_the_same_picture() -> None:
    pytest.importorskip("PIL.Image")

    assert pictured(ISSUE).data == pictured(ISSUE).data


def test_a_kept_post_gets_the_picture_that_was_previewed() -> None:
    pytest.importorskip("PIL.Image")
    post = compose(digest(ISSUE), Target("me", form_of("mastodon"), card=True))

    assert draw_post_picture(post) == pictured(ISSUE)
    assert draw_post_picture(replace(post, picture=None)) is None


def test_the_alt_text_may_be_worded_otherwise_than_the_program_would_today() -> None:
    pytest.importorskip("PIL.Image")
    post = replace(compose(digest(ISSUE), Target("m", form_of("mastodon"), card=True)), alt="Three figures")

    drawn = draw_post_picture(post)

    assert drawn == replace(pictured(ISSUE), alt="Three figures")


def titled(*titles: str, name: str = "This Week in Rust", performance: str | None = None) -> Issue:
    links = tuple(Link(title, f"https://example.org/{place}") for place, title in enumerate(titles))
    told = report(performance) if performance else None
    return replace(ISSUE, title=f"{name} 665", community=(Section("Official", links),), performance=told)


ODD = (
    titled("W" * 200, name="W" * 60),
    titled("W" * 200, performance=f"Overall positive {'W' * 200}."),
    titled("Announcing Rust 1.99.0", performance="A mixed week, with more improvements than regressions."),
    titled("W" * 200, performance=f"Improvements {'W' * 50}."),
    titled("a " * 100, performance="Regressions " + "i " * 40),
    replace(titled("Short"), number=1234567, title="News 1234567", events={"Europe": 123456}),
    titled(),
)


@pytest.mark.parametrize("issue", [ISSUE, *ODD])
def test_a_phone_shows_letters_that_can_be_read_and_none_over_another(issue: Issue) -> None:
    pytest.importorskip("PIL.Image")

    lines = [line for line in layout(picture_of(digest(issue))) if line.text]

    assert min(line.font.size for line in lines) >= 32
    for line in lines:
        left, top, right, bottom = line.box
        assert left > 16, line.text
        assert right <= WIDTH - 32, line.text
        assert 0 < top < bottom < HEIGHT
    for one, other in combinations(lines, 2):
        assert not overlap(one.box, other.box), (one.text, other.text)


def test_a_headline_gives_way_to_the_performance() -> None:
    pytest.importorskip("PIL.Image")

    lines = [line.text for line in layout(picture_of(digest(ODD[3])))]

    assert "Compiler performance" in lines
    assert any(line.startswith("“Improvements") for line in lines)
    assert any(line.endswith("W…") for line in lines)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_every_word_of_the_alt_text_stands_on_the_picture() -> None:
    pytest.importorskip("PIL.Image")

    shown = " ".join(line.text for line in layout(picture_of(digest(ISSUE)))).split()

    assert {word.rstrip(".,:") for word in str(picture_of(digest(ISSUE))).split()} <= {
        word.rstrip(",") for word in shown
    }


def test_an_issue_without_a_number_shows_its_day_in_large_and_counts_links_of_no_community() -> None:
    pytest.importorskip("PIL.Image")
    dated = Issue(
        20261115,
        "Week Ending November 15, 2026",
        date(2026, 11, 15),
        "https://orbit.example.org/15/",
        (Section("News", (Link("A story of some length", "https://news.example.org/1"),)),),
        newsletter="Orbit",
        grammar="plain",
    )
    picture = picture_of(digest(dated))

    assert str(picture) == "Orbit, 15 November 2026. A story of some length. 1 link."
    assert "15 Nov" in [line.text for line in layout(picture)]
    assert "20261115" not in f"{picture} {layout(picture)}"


def test_the_fonts_have_every_character_that_is_taken_for_theirs() -> None:
    fonts = pytest.importorskip("PIL.ImageFont")
    printable = [chr(code) for code in range(0x21, 0x2300) if chr(code).isprintable()]
    taken = [one for one in printable if one in picture_of(digest(titled(f"Rust-{one}-Rust"))).headline]

    for file in (Path(crosspost.__file__).parent / "fonts").glob("*.otf"):
        font = fonts.truetype(file, 40, layout_engine=fonts.Layout.BASIC)
        missing = font.getmask("\ufffe")
        blank = (missing.size, bytes(missing))
        drawn = [one for one in taken if (mask := font.getmask(one)) and (mask.size, bytes(mask)) != blank]
        assert drawn == taken, file.name
    assert {"e", "é", "Ł", "–", "…", "€"} <= set(taken)
    assert not {"Ж", "λ", "→"} & set(taken)


def test_what_the_fonts_cannot_write_is_not_half_written() -> None:
    cyrillic = titled("Новости", "Announcing Rust 1.99.0", performance="Улучшения improvements.")

    assert picture_of(digest(cyrillic)).headline == "Announcing Rust 1.99.0"
    assert picture_of(digest(cyrillic)).performance == ""
    assert picture_of(digest(titled("一つ"))).headline == ""
    assert str(picture_of(digest(titled("A", name="週刊")))).startswith("Issue 665, 19 August 2026. A.")


def test_a_number_that_misleads_is_not_on_the_picture() -> None:
    noisy = report("Lots of noise this week.", -4.2, improvements=9)

    assert picture_of(digest(replace(ISSUE, performance=noisy))).performance == "“Lots of noise this week.”"


def test_an_issue_without_figures_has_a_picture_all_the_same() -> None:
    pytest.importorskip("PIL.Image")
    bare = Issue(1, "News 1", date(2026, 1, 1), "https://example.org/")
    post = compose(digest(bare), Target("me", form_of("mastodon"), card=True))

    assert post.alt == "News 1, 1 January 2026."
    assert draw_post_picture(post) == pictured(bare)


def test_a_name_that_is_too_long_stays_on_the_picture_of() -> None:
    pytest.importorskip("PIL.Image")

    long = Issue(
        12345,
        "An Unusually Long Name of a Newsletter About Many Things 12345",
        date(2026, 1, 1),
        "https://example.org/",
    )

    assert pictured(long).alt.startswith("An Unusually Long Name")


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky", "discord"])
def test_a_post_has_an_alt_text_when_its_account_wants_the_picture(name: str) -> None:
    form = form_of(name)

    assert compose(digest(ISSUE), Target(name, form, card=True)).alt == str(picture_of(digest(ISSUE)))
    assert compose(digest(ISSUE), Target(name, form)).alt is None


def test_a_link_post_on_reddit_brings_no_picture() -> None:
    assert compose(digest(ISSUE), Target("reddit", form_of("reddit"), card=True)).alt is None


def test_without_pillow_a_sentence_says_what_to_do() -> None:
    script = (
        "import sys; sys.modules['PIL'] = None\n"
        "from crosspost.compose.card import draw\n"
        "from crosspost.errors import CrosspostError\n"
        "from crosspost.model import Picture\n"
        "try: draw(Picture('News', 1, '1 January 2026', ()))\n"
        "except CrosspostError as error: print(error)\n"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert said.startswith("a picture needs the extra `card`: ")
    assert "-m pip install 'pillow" in said
