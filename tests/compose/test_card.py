"""The picture says three things, and its alt text says the same."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from crosspost.compose import Voice, compose
from crosspost.compose.card import HEIGHT, WIDTH, draw, draw_for, figures, picture_of
from crosspost.compose.digest import digest
from crosspost.model import Issue, Link, Section
from crosspost.platforms import load

ISSUE = Issue(
    665,
    "This Week in Rust 665",
    date(2026, 8, 19),
    "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
    community=(Section("Official", (Link("A", "https://example.org/a"),)),),
    pull_requests_merged=1234,
    events={"Europe": 40, "Asia": 2},
)


def test_three_figures_at_most_and_only_of_what_there_is() -> None:
    assert figures(digest(ISSUE)) == (
        ("1,234", "pull requests merged"),
        ("1", "link from the community"),
        ("42", "events ahead"),
    )
    assert figures(digest(Issue(1, "News 1", date(2026, 1, 1), "https://example.org/"))) == ()


def test_the_alt_text_says_what_the_picture_says() -> None:
    assert str(picture_of(digest(ISSUE))) == (
        "This Week in Rust 665, 19 August 2026: 1,234 pull requests merged, 1 link from the community, 42 events ahead."
    )


def test_the_picture_is_a_png_of_the_shape_that_nobody_crops() -> None:
    pillow = pytest.importorskip("PIL.Image")

    drawn = draw(ISSUE)

    assert drawn.mime_type == "image/png"
    assert drawn.alt == str(picture_of(digest(ISSUE)))
    with pillow.open(BytesIO(drawn.data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20)
    assert colours is not None
    assert len(colours) > 100  # letters with soft edges, not an empty sheet
    assert len(drawn.data) < 200_000


def test_the_same_issue_gives_the_same_picture() -> None:
    pytest.importorskip("PIL.Image")

    assert draw(ISSUE).data == draw(digest(ISSUE)).data


def test_a_kept_post_gets_the_picture_that_was_previewed() -> None:
    pytest.importorskip("PIL.Image")
    post = compose(digest(ISSUE), load("mastodon").FORM, Voice("me", card=True))

    assert draw_for(post) == draw(ISSUE)
    assert draw_for(replace(post, picture=None)) is None


def test_the_alt_text_may_be_worded_otherwise_than_the_program_would_today() -> None:
    pytest.importorskip("PIL.Image")
    post = replace(compose(digest(ISSUE), load("mastodon").FORM, Voice("m", card=True)), alt="Three figures")

    drawn = draw_for(post)

    assert drawn == replace(draw(ISSUE), alt="Three figures")


def test_an_issue_without_figures_has_a_picture_all_the_same() -> None:
    pytest.importorskip("PIL.Image")
    bare = Issue(1, "News 1", date(2026, 1, 1), "https://example.org/")
    post = compose(digest(bare), load("mastodon").FORM, Voice("me", card=True))

    assert post.alt == "News 1, 1 January 2026."
    assert draw_for(post) == draw(bare)


def test_a_name_that_is_too_long_stays_on_the_sheet() -> None:
    pytest.importorskip("PIL.Image")

    long = Issue(
        12345,
        "An Unusually Long Name of a Newsletter About Many Things 12345",
        date(2026, 1, 1),
        "https://example.org/",
    )

    assert draw(long).alt.startswith("An Unusually Long Name")


@pytest.mark.parametrize("name", ["mastodon", "x", "bluesky", "discord"])
def test_a_post_has_an_alt_text_when_its_account_wants_the_picture(name: str) -> None:
    form = load(name).FORM

    assert compose(digest(ISSUE), form, Voice(name, card=True)).alt == str(picture_of(digest(ISSUE)))
    assert compose(digest(ISSUE), form, Voice(name)).alt is None


def test_a_link_post_on_reddit_brings_no_picture() -> None:
    assert compose(digest(ISSUE), load("reddit").FORM, Voice("reddit", card=True)).alt is None


def test_without_pillow_a_sentence_says_what_to_do() -> None:
    script = (
        "import sys; sys.modules['PIL'] = None\n"
        "from datetime import date\n"
        "from crosspost.compose.card import draw\n"
        "from crosspost.errors import CrosspostError\n"
        "from crosspost.model import Issue\n"
        "try: draw(Issue(1, 'News 1', date(2026, 1, 1), 'https://example.org/'))\n"
        "except CrosspostError as error: print(error)\n"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert said == 'a picture needs Pillow: install crosspost with its extra "card", or set card = false\n'
