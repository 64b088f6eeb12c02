"""The discussion's link before the issue is published: in the editor's file, or on the pull request's branch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crosspost.model import DeliveryState
from crosspost.pages.markdown import prose
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.conftest import MovableClock
from tests.forge.conftest import DRAFT, Run
from tests.forge.standin import StandIn
from tests.newsroom import Checkout, git, issue_text, reddit
from tests.rehearsing import NIGHT, Rehearsal
from tests.web_server import Reply

ON_THE_BRANCH = ("backfill", DRAFT, "--url", reddit(), "--pull-request", "1")


def on_the_branch(editor: Checkout) -> str:
    return git(editor.remote, "show", f"issue-665:{DRAFT}")


# ── by a commit on the branch ────────────────────────────────────────────────────────────────────────


def test_the_link_goes_into_the_branch_by_one_commit(run: Run, editor: Checkout, forge: StandIn) -> None:
    assert run(*ON_THE_BRANCH) == f"link: {reddit()} is in {DRAFT} on issue-665, by a commit\n"

    assert on_the_branch(editor) == issue_text(crate=False, link=reddit())
    log = git(editor.remote, "log", "--format=%P|%an|%s", "-1", "issue-665").strip()
    assert log == f"{editor.head()}|the forge|Add the discussion link to 665"
    assert (editor.place / DRAFT).read_text() == issue_text(crate=False)
    assert run(*ON_THE_BRANCH) == f"link: {reddit()} is in {DRAFT} on issue-665 already\n"
    assert len(forge.asked("PUT")) == 1


def test_a_configuration_says_who_commits(run: Run, editor: Checkout, forge: StandIn, tmp_path: Path) -> None:
    config = tmp_path / "ours.toml"
    config.write_text(
        '[backfill]\nauthor = "Link Bot <bot@example.org>"\nmessage = "Discuss {number}"\n'
        f'api_base_url = "{forge.api}"\n'
    )
    run("-c", str(config), *ON_THE_BRANCH)

    log = git(editor.remote, "log", "--format=%an <%ae>|%cn|%s", "-1", "issue-665").strip()
    assert log == "Link Bot <bot@example.org>|Link Bot|Discuss 665"


def test_a_commit_that_came_first_is_not_overwritten(run: Run, editor: Checkout, forge: StandIn) -> None:
    def another() -> None:
        editor.commit({DRAFT: issue_text(crate=True)}, push=False)
        editor.git("push", "-q", "origin", "issue-665")

    forge.before["PUT", "/contents"] = another

    assert "changed on issue-665 meanwhile; run the command again" in run(*ON_THE_BRANCH, code=1)
    assert on_the_branch(editor) == issue_text(crate=True)
    run(*ON_THE_BRANCH)
    assert on_the_branch(editor) == issue_text(crate=True, link=reddit())


def test_a_forks_branch_is_left_to_its_editor(run: Run, editor: Checkout, forge: StandIn) -> None:
    forge.pulls[0]["head"]["repo"] = {
        "full_name": "editor/fork",
        "html_url": "https://forge.example/editor/fork",
    }

    said = run(*ON_THE_BRANCH, code=1)

    assert "is in editor/fork, where only its owner may write; in a copy of that branch run: " in said
    assert f"crosspost backfill {DRAFT} --url {reddit()}" in said
    assert forge.asked("PUT") == []


def test_a_branch_that_may_not_be_written_to_is_said(run: Run, forge: StandIn) -> None:
    forge.fails["PUT", "/contents"] = [Reply(403, '{"message": "Resource not accessible by integration"}')]

    said = run(*ON_THE_BRANCH, code=1)

    assert f"the token may not write {DRAFT} on issue-665 in rust-lang/this-week-in-rust" in said


def test_a_closed_pull_request_and_another_file_are_said(run: Run, forge: StandIn) -> None:
    assert "draft/none.md is not on issue-665" in run(
        "backfill", "draft/none.md", "--url", reddit(), "--pull-request", "1", code=1
    )
    forge.pulls[0]["state"] = "closed"
    assert "pull request 1 is closed" in run(*ON_THE_BRANCH, code=1)
    assert "takes the file's path as ISSUE, and --url" in run(
        "backfill", DRAFT, "--pull-request", "1", code=2
    )


@pytest.mark.parametrize("where", [(), ("--pull-request", "1")])
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (reddit(664), "is about 664, not about 665"),
        ("https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/", "this-week-in-rust.org"),
    ],
)
def test_a_link_that_is_not_this_issues_discussion_is_refused(
    run: Run, editor: Checkout, forge: StandIn, url: str, sentence: str, where: tuple[str, ...]
) -> None:
    assert sentence in run("backfill", DRAFT, "--url", url, *where, code=2)

    assert (editor.place / DRAFT).read_text() == on_the_branch(editor) == issue_text(crate=False)


# ── and then it is published ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path / "rehearsal", sandbox, MovableClock(NIGHT))


def test_the_announcement_adopts_that_post_and_the_comment_leads_to_all(
    run: Run, editor: Checkout, forge: StandIn, rehearsal: Rehearsal
) -> None:
    """An editor posts, writes the link into the branch, merges; the comment has what came of it."""
    run("comment", DRAFT, "--pull-request", "1")
    run("backfill", DRAFT, "--url", reddit())
    run("comment", DRAFT, "--pull-request", "1")
    (body,) = (row["body"] for row in forge.comments[1])
    assert f"The issue links to its discussion: [`{reddit()}`]" in body

    with rehearsal.app() as app:
        rehearsal.passes(app)
        rehearsal.publish(665, issue_text(link=reddit()))
        rehearsal.passes(app)
        rows = {row.account: row for row in app.store.deliveries(665)}
    config = "-c", str(rehearsal.path)
    assert run(*config, "comment", "665", "--pull-request", "1").startswith("comment: edited")

    assert (rows["reddit"].state, rows["reddit"].adopted) == (DeliveryState.SENT, True)
    assert rehearsal.sandbox.posts("reddit") == ()
    (body,) = (row["body"] for row in forge.comments[1])
    assert all(f"- `{name}`: **sent** [`{row.url}`](<{row.url}>)" in body for name, row in rows.items())
    assert rows["reddit"].url == reddit()
    assert "Post it by hand" not in body
    assert "If you post the discussion before" not in body
    assert run(*config, "comment", "665", "--pull-request", "1").startswith("comment: unchanged")
    assert len(forge.comments[1]) == 1


def test_what_went_wrong_is_in_the_comment(run: Run, forge: StandIn, rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        rehearsal.passes(app)
        rehearsal.sandbox.fail("mastodon", Fault.STATUS, status=403, on="write", times=None)
        rehearsal.publish(665)
        rehearsal.passes(app)
        (row,) = (row for row in app.store.deliveries(665) if row.account == "mastodon")

    run("-c", str(rehearsal.path), "comment", "665", "--pull-request", "1")

    assert row.state is DeliveryState.STUCK
    assert f"- `mastodon`: **stuck** – {prose(row.reason)}\n" in forge.comments[1][0]["body"]
