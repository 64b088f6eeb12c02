"""What would have been announced of a history, and what was taken back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosspost.config.schema import GateConfig
from crosspost.errors import UsageError
from crosspost.parse import TWIR
from crosspost.watch.replay import ReplayEvent, replay
from tests.newsroom import PUBLISHED, Checkout, git, issue_text, name_of

OLD = f"content/{name_of('2026-08-12')}"
FILE = f"content/{name_of()}"
DRAFT = f"draft/{name_of()}"
NEXT = f"content/{name_of('2026-08-26')}"


def after(**delta: float) -> datetime:
    return PUBLISHED + timedelta(**delta)


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit({OLD: issue_text(664, day="2026-08-12"), DRAFT: issue_text()}, at=after(days=-7))
    return checkout


def told(editor: Checkout) -> list[tuple[str, int, str]]:
    events = replay(editor.place, gate=GateConfig(), newsletter=TWIR)
    return [(each.event, each.number, each.commit) for each in events]


def test_what_the_first_commit_holds_was_out_already(editor: Checkout) -> None:
    assert told(editor) == []


def test_a_publication_carries_the_commit_that_put_the_file_there_and_its_time(editor: Checkout) -> None:
    commit = editor.commit({FILE: issue_text(), DRAFT: None})
    editor.commit({FILE: issue_text() + "\nA fix.\n"}, at=after(minutes=4))

    events = replay(editor.place, gate=GateConfig(), newsletter=TWIR)

    assert events == (ReplayEvent("published", 665, FILE, commit, int(PUBLISHED.timestamp())),)
    assert [asdict(event) for event in events] == [
        {
            "event": "published",
            "number": 665,
            "file": FILE,
            "commit": commit,
            "time": int(PUBLISHED.timestamp()),
        }
    ]


def test_drafts_fixes_renames_and_mass_edits_are_nothing(editor: Checkout) -> None:
    commit = editor.commit(
        {FILE: issue_text(), DRAFT: None, NEXT.replace("content", "draft"): issue_text(666)}
    )
    editor.git("mv", FILE, "content/renamed.md")
    editor.commit({OLD: issue_text(664, day="2026-08-12") + "\nEdited.\n"}, at=after(days=1))
    editor.commit(
        {"content/pages/privacy.md": "# Privacy", "content/deeper/x.md": issue_text(667)}, at=after(days=2)
    )

    assert told(editor) == [("published", 665, commit)]


def test_taken_back_within_the_quiet_time_is_never_announced(editor: Checkout) -> None:
    editor.commit({FILE: issue_text()})
    editor.commit({FILE: None}, at=after(minutes=9))

    assert told(editor) == []


def test_put_back_after_that_it_is_announced_once_with_the_later_commit(editor: Checkout) -> None:
    editor.commit({FILE: issue_text()})
    editor.commit({FILE: None}, at=after(minutes=2))
    again = editor.commit({FILE: issue_text()}, at=after(hours=15))

    assert told(editor) == [("published", 665, again)]


def test_taken_back_later_is_told_and_put_back_is_not_announced_again(editor: Checkout) -> None:
    first = editor.commit({FILE: issue_text()})
    back = editor.commit({FILE: None}, at=after(minutes=15))
    editor.commit({FILE: issue_text()}, at=after(minutes=25))

    assert told(editor) == [("published", 665, first), ("withdrawn", 665, back)]


def test_a_change_begins_the_quiet_time_anew(editor: Checkout) -> None:
    editor.commit({FILE: issue_text()})
    editor.commit({FILE: issue_text() + "\nA fix.\n"}, at=after(minutes=8))
    editor.commit({FILE: None}, at=after(minutes=16))

    assert told(editor) == []


def test_moved_in_one_commit_is_not_taken_back(editor: Checkout) -> None:
    first = editor.commit({FILE: issue_text()})
    editor.git("mv", FILE, "content/elsewhere.md")
    editor.commit({}, at=after(hours=1))

    assert told(editor) == [("published", 665, first)]


def test_a_number_that_was_wrong_is_announced_when_it_is_mended(editor: Checkout) -> None:
    editor.commit({FILE: issue_text(664)})
    mended = editor.commit({FILE: issue_text(665)}, at=after(hours=1))

    assert told(editor) == [("published", 665, mended)]


def test_a_number_far_above_the_last_is_left_to_a_person_and_hides_no_later_issue(editor: Checkout) -> None:
    editor.commit({"content/typo.md": issue_text(99999)})
    commit = editor.commit({FILE: issue_text()}, at=after(hours=1))

    assert told(editor) == [("published", 665, commit)]


def test_next_weeks_draft_that_was_there_by_mistake_hides_no_issue(editor: Checkout) -> None:
    editor.commit({NEXT: issue_text(666, day="2026-08-26")})
    editor.commit({NEXT: None}, at=after(minutes=1))
    commit = editor.commit({FILE: issue_text()}, at=after(minutes=2))
    following = editor.commit({NEXT: issue_text(666, day="2026-08-26")}, at=after(days=7))

    assert told(editor) == [("published", 665, commit), ("published", 666, following)]


def test_clocks_that_are_slow_lose_nothing(editor: Checkout) -> None:
    slow = editor.commit({FILE: issue_text()}, at=after(days=-14))
    late = editor.commit({NEXT: issue_text(666, day="2026-08-26")}, at=after(days=7))

    assert told(editor) == [("published", 665, slow), ("published", 666, late)]


def test_a_merge_is_the_commit_that_publishes(editor: Checkout) -> None:
    editor.git("checkout", "-q", "-b", "publish")
    editor.commit({FILE: issue_text(), DRAFT: None}, push=False)
    editor.git("checkout", "-q", "main")
    editor.git("merge", "-q", "--no-ff", "-m", "Publish", "publish", at=after(hours=1))

    assert told(editor) == [("published", 665, editor.head())]


@pytest.mark.parametrize("form", ["bare", "head nowhere", "detached", "shallow", "without texts"])
def test_the_branch_is_found_in_every_kind_of_clone(editor: Checkout, tmp_path: Path, form: str) -> None:
    commit = editor.commit({FILE: issue_text(), DRAFT: None})
    target = tmp_path / "clone"
    git(editor.remote, "config", "uploadpack.allowFilter", "true")
    without_texts = ["--filter=blob:none", "--no-checkout"]
    forms = {"bare": ["--bare"], "shallow": ["--depth=2"], "without texts": without_texts}
    options = forms.get(form, [])
    git(tmp_path, "clone", "-q", *options, f"file://{editor.remote}", str(target))
    if form == "head nowhere":
        git(target, "symbolic-ref", "HEAD", "refs/heads/nowhere")
    elif form == "detached":
        git(target, "checkout", "-q", "--detach")

    events = replay(target, gate=GateConfig(), newsletter=TWIR)

    assert [(each.event, each.commit) for each in events] == [("published", commit)]


def test_a_branch_may_be_named_as_the_remote_has_it(editor: Checkout, tmp_path: Path) -> None:
    editor.commit({FILE: issue_text()}, push=False)
    editor.git("push", "-q", "origin", "HEAD:refs/heads/next")
    git(tmp_path, "clone", "-q", str(editor.remote), str(tmp_path / "clone"))

    def numbers(branch: str | None) -> list[int]:
        events = replay(tmp_path / "clone", branch=branch, gate=GateConfig(), newsletter=TWIR)
        return [each.number for each in events]

    assert numbers("next") == [665]
    assert numbers(None) == []


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("gone", "no such repository"), ("plain", "not a git repository"), ("empty", "no commits")],
)
def test_what_is_no_repository_is_a_sentence(tmp_path: Path, what: str, sentence: str) -> None:
    place = tmp_path / what
    if what != "gone":
        place.mkdir()
    if what == "empty":
        git(place, "init", "-q")

    with pytest.raises(UsageError, match=sentence):
        replay(place, gate=GateConfig(), newsletter=TWIR)


def test_a_branch_that_is_not_there_is_a_sentence(editor: Checkout) -> None:
    with pytest.raises(UsageError, match="has no branch elsewhere"):
        replay(editor.place, branch="elsewhere", gate=GateConfig(), newsletter=TWIR)


@pytest.mark.shared
def test_a_year_of_the_newsletter_gives_exactly_its_publications(shared: Path, tmp_path: Path) -> None:
    for bundle in sorted((shared / "history").glob("*.bundle")):
        git(tmp_path, "clone", "-q", str(bundle), str(tmp_path / bundle.stem))
        expected = json.loads(bundle.with_suffix(".json").read_text())

        events = [
            asdict(event) for event in replay(tmp_path / bundle.stem, gate=GateConfig(), newsletter=TWIR)
        ]

        assert events == [{**row, "event": "published"} for row in expected if row["event"] == "added"]


def test_a_number_that_stands_in_two_files_waits_until_one_is_gone(editor: Checkout) -> None:
    twin = "content/twin.md"
    commit = editor.commit({FILE: issue_text(), twin: issue_text() + "\nAnother.\n"})
    editor.commit({OLD: issue_text(664, day="2026-08-12") + "\nEdited.\n"}, at=after(hours=2))
    assert told(editor) == []

    editor.commit({twin: None}, at=after(hours=3))
    assert told(editor) == [("published", 665, commit)]


def test_a_folder_of_the_repository_is_the_repository(editor: Checkout) -> None:
    commit = editor.commit({FILE: issue_text()})

    events = replay(editor.place / "content", gate=GateConfig(), newsletter=TWIR)

    assert [(each.number, each.commit) for each in events] == [(665, commit)]


def test_an_issue_that_a_daemon_cannot_read_waits_until_it_is_mended(editor: Checkout) -> None:
    first = editor.commit({FILE: issue_text().replace("Date: 2026-08-19", "Date: soon")})
    editor.commit({OLD: issue_text(664, day="2026-08-12") + "\nEdited.\n"}, at=after(hours=2))
    assert told(editor) == []

    editor.commit({FILE: issue_text()}, at=after(hours=3))
    assert told(editor) == [("published", 665, first)]


def test_when_a_whole_folder_is_gone_at_once_nothing_is_taken_back(editor: Checkout) -> None:
    week = timedelta(days=7)
    names = [f"content/{number}.md" for number in range(665, 677)]
    for passed, name in enumerate(names):
        day = f"{PUBLISHED + passed * week:%Y-%m-%d}"
        editor.commit({name: issue_text(665 + passed, day=day)}, at=PUBLISHED + passed * week)
    editor.commit(dict.fromkeys([*names, OLD]), at=after(days=100))

    assert [event for event, _, _ in told(editor)] == ["published"] * len(names)


def test_a_clock_at_the_end_of_time_loses_nothing(editor: Checkout) -> None:
    commit = editor.commit({FILE: issue_text()}, at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))

    assert told(editor) == [("published", 665, commit)]


def test_conditions_of_the_gate_that_no_commit_shows_count_as_met(editor: Checkout) -> None:
    asked = GateConfig(in_feed=True, in_content=True, page_live=True, whole=True, max_age=timedelta(0))
    editor.commit({FILE: issue_text()}, at=after(days=30))

    assert [each.number for each in replay(editor.place, gate=asked, newsletter=TWIR)] == [665]


def test_a_repository_without_the_folder_says_so(editor: Checkout) -> None:
    with pytest.raises(
        UsageError, match=r"no commit .* has the folder posts; name .* `folder` in \[source\]"
    ):
        replay(editor.place, folder="posts", gate=GateConfig(), newsletter=TWIR)
